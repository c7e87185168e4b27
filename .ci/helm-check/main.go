// What .ci/helm checks beyond helm and kubeconform.
//
//	helm-check objects docs/configuration.md thread_store.proto <rendered.yaml    what a chart rendered
//	helm-check values values.yaml values.schema.json                              that each value has a comment and a rule
//	helm-check schemas DIRECTORY CRD.yaml...                                      JSON schemas for kubeconform, of custom resources
//	helm-check copy-schemas FROM TO                                               the same of Kubernetes' own kinds
//	helm-check pod Deployment|Job DIRECTORY <rendered.yaml                        a pod's environment and files, to run it without a cluster
//	helm-check probe <rendered.yaml                                               the Deployment's probes, asked of 127.0.0.1
package main

import (
	"fmt"
	"os"
)

// findings are sentences about what is wrong.
type findings []string

func (f *findings) add(format string, arguments ...any) {
	*f = append(*f, fmt.Sprintf(format, arguments...))
}

func main() {
	found, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, finding := range found {
		fmt.Fprintln(os.Stderr, finding)
	}
	if len(found) > 0 {
		os.Exit(1)
	}
}

func run(arguments []string) (findings, error) {
	switch {
	case len(arguments) == 3 && arguments[0] == "objects":
		return checkObjects(os.Stdin, arguments[1], arguments[2])
	case len(arguments) == 3 && arguments[0] == "values":
		return checkValues(arguments[1], arguments[2])
	case len(arguments) > 2 && arguments[0] == "schemas":
		return nil, writeSchemas(arguments[1], arguments[2:])
	case len(arguments) == 3 && arguments[0] == "copy-schemas":
		return nil, copySchemas(arguments[1], arguments[2])
	case len(arguments) == 3 && arguments[0] == "pod":
		return nil, preparePod(os.Stdin, arguments[1], arguments[2])
	case len(arguments) == 1 && arguments[0] == "probe":
		return probe(os.Stdin)
	}
	return nil, fmt.Errorf("usage: helm-check objects|values|schemas|copy-schemas|pod|probe ARGUMENT...")
}
