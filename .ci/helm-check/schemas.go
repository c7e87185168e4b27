package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// writeSchemas turns custom resource definitions into files that kubeconform reads, and has unknown fields refused.
func writeSchemas(directory string, definitions []string) error {
	for _, file := range definitions {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var definition struct {
			Spec struct {
				Group    string
				Names    struct{ Kind string }
				Versions []struct {
					Name   string
					Schema struct{ OpenAPIV3Schema map[string]any }
				}
			}
		}
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return err
		}
		spec := definition.Spec
		for _, version := range spec.Versions {
			schema := version.Schema.OpenAPIV3Schema
			closeObjects(schema)
			out, err := json.Marshal(schema)
			if err != nil {
				return err
			}
			group, _, _ := strings.Cut(spec.Group, ".")
			name := strings.ToLower(spec.Names.Kind + "-" + group + "-" + version.Name + ".json")
			if err := os.WriteFile(filepath.Join(directory, name), out, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeObjects allows no property that a schema does not name. Metadata is the API server's own and stays open.
func closeObjects(schema map[string]any) {
	for key, value := range schema {
		switch value := value.(type) {
		case map[string]any:
			closeObjects(value)
		case []any:
			if key == "allOf" || key == "anyOf" || key == "oneOf" {
				continue // they only narrow what the properties beside them say
			}
			for _, item := range value {
				if item, ok := item.(map[string]any); ok {
					closeObjects(item)
				}
			}
		}
	}
	if _, is := schema["properties"].(map[string]any); is && schema["type"] == "object" {
		if _, open := schema["x-kubernetes-preserve-unknown-fields"]; !open && schema["additionalProperties"] == nil {
			schema["additionalProperties"] = false
		}
	}
}

// copySchemas makes a folder of Kubernetes' schemas readable from disk: as they are, they refer to each other by addresses on the internet.
func copySchemas(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: no schemas", from)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(`"/api/_definitions.json#`), []byte(`"_definitions.json#`))
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			return err
		}
		delete(schema, "$id")
		out, err := json.Marshal(schema)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), out, 0o644); err != nil {
			return err
		}
	}
	return nil
}
