package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// checkValues compares the values with their schema, both ways, and looks for the comment above each.
func checkValues(valuesFile, schemaFile string) (findings, error) {
	text, err := os.ReadFile(valuesFile)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	text, err = os.ReadFile(schemaFile)
	if err != nil {
		return nil, err
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, err
	}
	var found findings
	walkValues(&found, "", document.Content[0], schema, schema)
	return found, nil
}

// optional are properties that the schema knows and the values do not set: Kubernetes has its own defaults for them.
var optional = []string{"podSecurityContext.", "securityContext.", "gatewayAPI.httpRoute.timeouts."}

func walkValues(found *findings, path string, node *yaml.Node, schema, root map[string]any) {
	if node.Kind != yaml.MappingNode {
		return
	}
	if reference, is := schema["$ref"].(string); is {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	}
	properties, _ := schema["properties"].(map[string]any)
	if properties != nil && schema["additionalProperties"] != false {
		found.add("%q: the schema takes keys that it does not know", path)
	}
	var keys []string
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		keys = append(keys, key.Value)
		child := strings.TrimPrefix(path+"."+key.Value, ".")
		if properties == nil {
			continue // free-form, such as labels: what is in it are examples or defaults
		}
		if key.HeadComment == "" {
			found.add("values.yaml: %s has no comment above it", child)
		}
		rule, is := properties[key.Value].(map[string]any)
		if !is {
			found.add("values.schema.json does not know %s", child)
			continue
		}
		walkValues(found, child, value, rule, root)
	}
	for name := range properties {
		child := strings.TrimPrefix(path+"."+name, ".")
		isOptional := slices.ContainsFunc(optional, func(prefix string) bool { return strings.HasPrefix(child, prefix) })
		if !slices.Contains(keys, name) && !isOptional {
			found.add("values.schema.json knows %s, which values.yaml does not have", child)
		}
	}
}
