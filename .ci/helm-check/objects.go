package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policies "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/intstr"
	yamlreader "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// chart is what was rendered.
type chart struct {
	found       findings
	variables   map[string]bool
	grpcService string
	evaluator   policy.Evaluator

	deployment *apps.Deployment
	job        *batch.Job
	service    *core.Service
	management *core.Service // null where nothing scrapes
	objects    []runtime.Object
	names      map[string]bool // Kind/name
}

func checkObjects(in io.Reader, configuration, proto string) (findings, error) {
	variables, err := documentedVariables(configuration)
	if err != nil {
		return nil, err
	}
	grpcService, err := serviceOf(proto)
	if err != nil {
		return nil, err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	c := &chart{variables: variables, grpcService: grpcService, evaluator: evaluator, names: map[string]bool{}}
	if err := c.read(in); err != nil {
		return nil, err
	}
	c.check()
	return c.found, nil
}

// read decodes strictly: fields that Kubernetes' own types don't have, and keys that come twice, are errors.
func (c *chart) read(in io.Reader) error {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, monitoring.AddToScheme, gateway.Install} {
		if err := add(known); err != nil {
			return err
		}
	}
	decoder := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, known, known,
		serializer.SerializerOptions{Yaml: true, Strict: true})
	documents := yamlreader.NewYAMLReader(bufio.NewReader(in))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if isEmpty(document) {
			continue
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			return fmt.Errorf("%w in\n%s", err, document)
		}
		c.objects = append(c.objects, object)
		accessor := object.(meta.Object)
		name := kind.Kind + "/" + accessor.GetName()
		if c.names[name] {
			c.found.add("%s is there twice", name)
		}
		c.names[name] = true
		if accessor.GetNamespace() == "" {
			c.found.add("%s has no namespace", name)
		}
		switch object := object.(type) {
		case *apps.Deployment:
			c.deployment = object
		case *batch.Job:
			c.job = object
		case *core.Service:
			if strings.HasSuffix(object.Name, "-"+managementPort) {
				c.management = object
			} else {
				c.service = object
			}
		case *core.Secret:
			c.found.add("%s: secrets are referred to, never made", name)
		}
	}
}

func isEmpty(document []byte) bool {
	for _, line := range bytes.Split(document, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

func (c *chart) check() {
	if c.deployment == nil || c.service == nil {
		c.found.add("there is no Deployment or no Service")
		return
	}
	c.checkDeployment()
	c.checkPod("Deployment", c.deployment.Spec.Template)
	if c.job != nil {
		c.checkPod("Job", c.job.Spec.Template)
		if c.variable(c.job.Spec.Template, "QUARKUS_INIT_AND_EXIT") != "true" {
			c.found.add("Job: it would go on as a service")
		}
		if c.variable(c.deployment.Spec.Template, "QUARKUS_FLYWAY_MIGRATE_AT_START") != "false" {
			c.found.add("Deployment: pods migrate although a Job does")
		}
	}
	c.checkService()
	policies := 0
	for _, object := range c.objects {
		c.checkReferences(object)
		if policy, is := object.(*networking.NetworkPolicy); is && selects(&policy.Spec.PodSelector, c.deployment.Spec.Template.Labels) {
			policies++
		}
	}
	if policies != 1 {
		c.found.add("Deployment: %d NetworkPolicies limit its connections, not one", policies)
	}
}

func (c *chart) checkDeployment() {
	spec := c.deployment.Spec
	pod := spec.Template.Spec
	if !selects(spec.Selector, spec.Template.Labels) {
		c.found.add("Deployment: its selector does not select its pods")
	}
	if len(pod.TopologySpreadConstraints) == 0 {
		c.found.add("Deployment: pods are not spread")
	}
	for _, constraint := range pod.TopologySpreadConstraints {
		if !selects(constraint.LabelSelector, spec.Template.Labels) {
			c.found.add("Deployment: the spread over %s selects other pods", constraint.TopologyKey)
		}
	}
	container := pod.Containers[0]
	if !hasPort(container, intstr.FromString(managementPort)) {
		c.found.add("Deployment: there is no management port")
	}
	for path, probe := range map[string]*core.Probe{
		"/q/health/started": container.StartupProbe,
		"/q/health/live":    container.LivenessProbe,
		"/q/health/ready":   container.ReadinessProbe,
	} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != managementPort {
			c.found.add("Deployment: no probe asks %s on the management port", path)
		}
	}
	sleep := int64(0)
	if container.Lifecycle != nil && container.Lifecycle.PreStop != nil && container.Lifecycle.PreStop.Sleep != nil {
		sleep = container.Lifecycle.PreStop.Sleep.Seconds
	}
	shutdown, err := time.ParseDuration(strings.ToLower(c.variable(spec.Template, "QUARKUS_SHUTDOWN_TIMEOUT")))
	if err != nil || pod.TerminationGracePeriodSeconds == nil ||
		*pod.TerminationGracePeriodSeconds <= sleep+int64(shutdown.Seconds()) {
		c.found.add("Deployment: pods are killed before the service has ended by itself")
	}
}

// checkPod looks at what pods of all kinds must have.
func (c *chart) checkPod(kind string, template core.PodTemplateSpec) {
	pod := template.Spec
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(c.evaluator.EvaluatePod(restricted, &template.ObjectMeta, &pod))
	if !result.Allowed {
		c.found.add("%s: Pod Security \"restricted\" forbids it: %s", kind, result.ForbiddenDetail())
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		c.found.add("%s: pods get a token for the cluster", kind)
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		c.found.add("%s: other Services' variables get into the configuration", kind)
	}
	volumes := map[string]core.Volume{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = volume
	}
	container := pod.Containers[0]
	security := container.SecurityContext
	if security == nil || security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		c.found.add("%s: the root file system can be written to", kind)
	}
	if container.Resources.Requests.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() ||
		container.Resources.Limits.Memory().IsZero() {
		c.found.add("%s: no processor time or memory is set aside, or no memory limit set", kind)
	}
	for _, mount := range container.VolumeMounts {
		volume, exists := volumes[mount.Name]
		if !exists {
			c.found.add("%s: %s is mounted, but is no volume", kind, mount.Name)
		}
		if isScratch := volume.EmptyDir != nil || volume.Ephemeral != nil; mount.ReadOnly == isScratch {
			c.found.add("%s: %s is to be read-only, or is not", kind, mount.MountPath)
		}
	}
	named := map[string]bool{}
	for _, variable := range container.Env {
		if named[variable.Name] {
			c.found.add("%s: %s is set twice", kind, variable.Name)
		}
		named[variable.Name] = true
		if !c.variables[spelled(variable.Name)] {
			c.found.add("%s: %s is no property that docs/configuration.md knows", kind, variable.Name)
		}
		isSecret := strings.Contains(variable.Name, "PASSWORD") || strings.HasSuffix(variable.Name, "_HEADERS")
		if isSecret && (variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil) {
			c.found.add("%s: %s does not come out of a Secret", kind, variable.Name)
		}
	}
}

func (c *chart) variable(template core.PodTemplateSpec, name string) string {
	for _, variable := range template.Spec.Containers[0].Env {
		if variable.Name == name {
			return variable.Value
		}
	}
	return ""
}

func (c *chart) checkService() {
	if leadsTo(c.service, managementPort) || c.management != nil && len(c.management.Spec.Ports) != 1 {
		c.found.add("Service: a Service leads to the API and to the management port")
	}
	c.checkPorts(c.service)
	if c.management != nil {
		c.checkPorts(c.management)
		if c.management.Spec.Type != "" && c.management.Spec.Type != core.ServiceTypeClusterIP {
			c.found.add("Service: the management port is open to the outside")
		}
	}
}

func (c *chart) checkPorts(service *core.Service) {
	selector := labels.SelectorFromSet(service.Spec.Selector)
	if !selector.Matches(labels.Set(c.deployment.Spec.Template.Labels)) {
		c.found.add("Service: it does not select the Deployment's pods")
	}
	if c.job != nil && selector.Matches(labels.Set(c.job.Spec.Template.Labels)) {
		c.found.add("Service: it selects the migration's pods")
	}
	for _, port := range service.Spec.Ports {
		if !hasPort(c.deployment.Spec.Template.Spec.Containers[0], port.TargetPort) {
			c.found.add("Service: %s leads to no port of the pods'", port.Name)
		}
	}
}

// checkReferences follows what an object says of the others, and whom it lets in.
func (c *chart) checkReferences(object runtime.Object) {
	pods := c.deployment.Spec.Template.Labels
	switch object := object.(type) {
	case *policies.PodDisruptionBudget:
		if !selects(object.Spec.Selector, pods) {
			c.found.add("PodDisruptionBudget: it does not select the pods")
		}
	case *autoscaling.HorizontalPodAutoscaler:
		target := object.Spec.ScaleTargetRef
		if !c.names[target.Kind+"/"+target.Name] || c.deployment.Spec.Replicas != nil {
			c.found.add("HorizontalPodAutoscaler: its target is not there, or has a number of its own")
		}
	case *networking.NetworkPolicy:
		selector := object.Spec.PodSelector
		if !selects(&selector, pods) && (c.job == nil || !selects(&selector, c.job.Spec.Template.Labels)) {
			c.found.add("NetworkPolicy: it selects no pods of the chart's")
		}
		if len(object.Spec.PolicyTypes) != 2 {
			c.found.add("NetworkPolicy: it does not limit both directions")
		}
		for _, rule := range object.Spec.Ingress {
			if len(rule.From) == 0 && (len(rule.Ports) == 0 || opens(rule, managementPort)) {
				c.found.add("NetworkPolicy: anybody reaches the management port")
			}
			for _, port := range rule.Ports {
				if port.Port.Type == intstr.String && !hasPort(c.deployment.Spec.Template.Spec.Containers[0], *port.Port) {
					c.found.add("NetworkPolicy: it opens %s, which the pods don't have", port.Port.String())
				}
			}
		}
	case *networking.Ingress:
		for _, rule := range object.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				backend := path.Backend.Service
				if backend.Name != c.service.Name || !c.hasServicePort(backend.Port.Name, 0) {
					c.found.add("Ingress: its backend is no port of the Service")
				}
				if path.Path != "/v1" && path.Path != "/"+c.grpcService {
					c.found.add("Ingress: %s leads to more than the API", path.Path)
				}
			}
		}
	case *gateway.HTTPRoute:
		for _, rule := range object.Spec.Rules {
			for _, backend := range rule.BackendRefs {
				if string(backend.Name) != c.service.Name || !c.hasServicePort("", int32(*backend.Port)) {
					c.found.add("HTTPRoute: its backend is no port of the Service")
				}
			}
			for _, match := range rule.Matches {
				if match.Path == nil || *match.Path.Value != "/v1" {
					c.found.add("HTTPRoute: it leads to more than the API")
				}
			}
		}
	case *gateway.GRPCRoute:
		for _, rule := range object.Spec.Rules {
			for _, backend := range rule.BackendRefs {
				if string(backend.Name) != c.service.Name || !c.hasServicePort("", int32(*backend.Port)) {
					c.found.add("GRPCRoute: its backend is no port of the Service")
				}
			}
			for _, match := range rule.Matches {
				if match.Method == nil || *match.Method.Service != c.grpcService {
					c.found.add("GRPCRoute: it does not lead to %s alone", c.grpcService)
				}
			}
		}
	case *monitoring.ServiceMonitor:
		if c.management == nil || !selects(&object.Spec.Selector, c.management.Labels) || selects(&object.Spec.Selector, c.service.Labels) {
			c.found.add("ServiceMonitor: it does not select the Service of the management port alone")
		}
		for _, endpoint := range object.Spec.Endpoints {
			if endpoint.Port != managementPort || endpoint.Path != "/q/metrics" {
				c.found.add("ServiceMonitor: %s%s is no metrics of the Service's", endpoint.Port, endpoint.Path)
			}
		}
	case *monitoring.PrometheusRule:
		if len(object.Spec.Groups) == 0 {
			c.found.add("PrometheusRule: it has no rules")
		}
	}
}

// managementPort is the name of the pods' port for health, metrics and the API document.
const managementPort = "management"

func leadsTo(service *core.Service, port string) bool {
	return slices.ContainsFunc(service.Spec.Ports, func(p core.ServicePort) bool {
		return p.TargetPort.StrVal == port || p.TargetPort.IntVal == 9000
	})
}

func opens(rule networking.NetworkPolicyIngressRule, port string) bool {
	return slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool {
		return p.Port == nil || p.Port.StrVal == port || p.Port.IntVal == 9000
	})
}

func (c *chart) hasServicePort(name string, number int32) bool {
	return slices.ContainsFunc(c.service.Spec.Ports, func(port core.ServicePort) bool {
		return port.Name == name || port.Port == number
	})
}

func hasPort(container core.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(container.Ports, func(p core.ContainerPort) bool {
		return port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal
	})
}

func selects(selector *meta.LabelSelector, of map[string]string) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && !parsed.Empty() && parsed.Matches(labels.Set(of))
}

// outside are variables that are no property of the service's: those of the JVM.
var outside = []string{"JAVA_TOOL_OPTIONS"}

var (
	quoted    = regexp.MustCompile("`([^`]+)`")
	property  = regexp.MustCompile(`^(threadstore|quarkus|smallrye)(\.[a-z0-9-]+|\."[^"]+")+$`)
	remainder = regexp.MustCompile(`^(\.[a-z0-9-]+)+$`)
	unspelled = regexp.MustCompile(`[^A-Za-z0-9]+`)
)

// documentedVariables are the properties of the document's tables, as environment variables. In their first column `.b` after `x.a` is `x.b`.
func documentedVariables(file string) (map[string]bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, name := range outside {
		found[name] = true
	}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		last := ""
		for _, match := range quoted.FindAllStringSubmatch(cells[1], -1) {
			name := match[1]
			switch {
			case property.MatchString(name):
				last = name
			case remainder.MatchString(name) && last != "":
				name = last[:strings.LastIndex(last, ".")] + name
			default:
				continue
			}
			found[spelled(name)] = true
		}
	}
	if len(found) < 40 {
		return nil, fmt.Errorf("%s: only %d properties found: %v", file, len(found), slices.Sorted(maps.Keys(found)))
	}
	return found, nil
}

// spelled is the variable of a property. Underscores that set off a map's key count as one.
func spelled(name string) string {
	return strings.ToUpper(unspelled.ReplaceAllString(name, "_"))
}

func serviceOf(proto string) (string, error) {
	text, err := os.ReadFile(proto)
	if err != nil {
		return "", err
	}
	pack := regexp.MustCompile(`(?m)^package ([\w.]+);`).FindSubmatch(text)
	service := regexp.MustCompile(`(?m)^service (\w+)`).FindSubmatch(text)
	if pack == nil || service == nil {
		return "", fmt.Errorf("%s: no package or no service", proto)
	}
	return string(pack[1]) + "." + string(service[1]), nil
}
