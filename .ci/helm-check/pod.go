package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// mounted is where the chart mounts files.
const mounted = "/etc/threadstore"

// preparePod lays out below a directory what a pod's container would find, and prints its environment. Secrets are the files
// DIRECTORY/secrets/NAME/KEY; what would be in /etc/threadstore is in DIRECTORY/KIND.
func preparePod(in io.Reader, kind, directory string) error {
	c := &chart{names: map[string]bool{}}
	if err := c.read(in); err != nil {
		return err
	}
	var pod core.PodSpec
	switch {
	case kind == "Deployment" && c.deployment != nil:
		pod = c.deployment.Spec.Template.Spec
	case kind == "Job" && c.job != nil:
		pod = c.job.Spec.Template.Spec
	default:
		return fmt.Errorf("there is no %s", kind)
	}
	secret := func(name, key string) ([]byte, error) {
		return os.ReadFile(filepath.Join(directory, "secrets", name, key))
	}
	container := pod.Containers[0]
	for _, mount := range container.VolumeMounts {
		below, is := strings.CutPrefix(mount.MountPath, mounted)
		if !is {
			continue
		}
		files, err := c.files(pod.Volumes, mount.Name, secret)
		if err != nil {
			return err
		}
		target := filepath.Join(directory, kind, below)
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(target, name), content, 0o644); err != nil {
				return err
			}
		}
	}
	for _, variable := range container.Env {
		value := variable.Value
		if from := variable.ValueFrom; from != nil {
			content, err := secret(from.SecretKeyRef.Name, from.SecretKeyRef.Key)
			if err != nil {
				return err
			}
			value = string(content)
		}
		fmt.Printf("%s=%s\n", variable.Name, strings.ReplaceAll(value, mounted, filepath.Join(directory, kind)))
	}
	return nil
}

func (c *chart) files(volumes []core.Volume, name string, secret func(name, key string) ([]byte, error)) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, volume := range volumes {
		if volume.Name != name {
			continue
		}
		var source string
		var items []core.KeyToPath
		switch {
		case volume.Secret != nil:
			source, items = volume.Secret.SecretName, volume.Secret.Items
		case volume.ConfigMap != nil:
			source, items = volume.ConfigMap.Name, volume.ConfigMap.Items
			for _, object := range c.objects {
				if made, is := object.(*core.ConfigMap); is && made.Name == source {
					for key, text := range made.Data {
						files[key] = []byte(text)
					}
					return files, nil
				}
			}
		}
		if len(items) == 0 { // the certificate and its key
			items = []core.KeyToPath{{Key: core.TLSCertKey, Path: core.TLSCertKey}, {Key: core.TLSPrivateKeyKey, Path: core.TLSPrivateKeyKey}}
		}
		for _, item := range items {
			content, err := secret(source, item.Key)
			if err != nil {
				return nil, err
			}
			files[item.Path] = content
		}
	}
	return files, nil
}

// probe asks what the kubelet would ask, of 127.0.0.1, once it can be asked.
func probe(in io.Reader) (findings, error) {
	c := &chart{names: map[string]bool{}}
	if err := c.read(in); err != nil {
		return nil, err
	}
	var found findings
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // as the kubelet does
	container := c.deployment.Spec.Template.Spec.Containers[0]
	for name, probe := range map[string]*core.Probe{"startup": container.StartupProbe, "liveness": container.LivenessProbe, "readiness": container.ReadinessProbe} {
		get := probe.HTTPGet
		url := fmt.Sprintf("%s://127.0.0.1:%d%s", strings.ToLower(string(get.Scheme)), number(container, get.Port), get.Path)
		client.Timeout = time.Duration(probe.TimeoutSeconds) * time.Second
		response, err := client.Get(url)
		if err != nil {
			found.add("%s: %v", name, err)
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			found.add("%s: %s answers %d", name, url, response.StatusCode)
		}
	}
	return found, nil
}

func number(container core.Container, port intstr.IntOrString) int32 {
	for _, named := range container.Ports {
		if port.Type == intstr.String && named.Name == port.StrVal {
			return named.ContainerPort
		}
	}
	return port.IntVal
}
