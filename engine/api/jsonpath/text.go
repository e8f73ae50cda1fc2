package jsonpath

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Plain is a value as text: strings as they are, compound values as JSON.
func Plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "<nil>"
	case string:
		return v
	case map[string]any, []any:
		b, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	return fmt.Sprint(v)
}

// Print evaluates the template for an object.
func (j *Path) Print(root any, template string, allowMissing bool) (string, error) {
	var b strings.Builder
	e := evaluator{root: root, allowMissing: allowMissing}
	if err := e.print(j.nodes, root, &b); err != nil {
		return "", fmt.Errorf("error executing jsonpath %q: Error executing template: %v. Printing more information for debugging the template:\n\ttemplate was:\n\t\t%v\n\tobject given to jsonpath engine was:\n\t\t%#v\n\n\n", template, err, template, root)
	}
	return b.String(), nil
}

// Values are all results of the template's expressions.
func (j *Path) Values(root any, allowMissing bool) ([]any, error) {
	e := evaluator{root: root, allowMissing: allowMissing}
	out := []any{}
	err := e.collect(j.nodes, root, &out)
	return out, err
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
