package jsonpath

import (
	"fmt"
	"regexp"
)

// Relaxed accepts a path with or without braces and leading dot, as --sort-by and custom-columns do.
// Upstream: k8s.io/kubectl/pkg/cmd/get, RelaxedJSONPathExpression.
func Relaxed(path string) (string, error) {
	if path == "" {
		return path, nil
	}
	m := relaxedExpression().FindStringSubmatch(path)
	if m == nil {
		return "", fmt.Errorf("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
	}
	spec := m[1]
	if m[2] != "" {
		spec = m[2]
	}
	return "{." + spec + "}", nil
}

func relaxedExpression() *regexp.Regexp {
	return regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`)
}
