package api

import (
	"encoding/json"
	"strings"

	kjson "sigs.k8s.io/json"

	"tabernetes/engine/api/jsonpath"
)

// Content is an object as JSON values, as a client sees it: what JSONPath looks at. r gives it apiVersion and kind; it may
// be nil.
func Content(r *Resource, obj Object) map[string]any {
	text, err := json.Marshal(obj)
	if err != nil {
		return map[string]any{}
	}
	m := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &m); err != nil {
		return map[string]any{}
	}
	if r != nil {
		m["apiVersion"], m["kind"] = r.APIVersion(), r.Kind
	}
	return m
}

// ConditionIn is a condition of status.conditions, nil if there is none of the type. It is not current where its controller
// has yet to see the newest spec: then it says nothing (kubectl wait, ConditionalWait.checkCondition).
func ConditionIn(content map[string]any, name string) (cond map[string]any, current bool) {
	status, _ := content["status"].(map[string]any)
	list, _ := status["conditions"].([]any)
	for _, item := range list {
		cond, _ := item.(map[string]any)
		kind, _ := cond["type"].(string)
		if _, ok := cond["status"].(string); !ok || !strings.EqualFold(kind, name) {
			continue
		}
		meta, _ := content["metadata"].(map[string]any)
		observed, has := jsonpath.Number(cond["observedGeneration"])
		if !has {
			observed, has = jsonpath.Number(status["observedGeneration"])
		}
		generation, ok := jsonpath.Number(meta["generation"])
		return cond, !ok || !has || observed >= generation
	}
	return nil, false
}
