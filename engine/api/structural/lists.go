package structural

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/apiextensions"
)

// ValidateLists checks that lists which are sets or maps have nothing twice
// (apiextensions-apiserver/pkg/apiserver/schema/listtype).
func ValidateLists(p *field.Path, v any, s *Schema) field.ErrorList {
	if s == nil || !s.hasLists {
		return nil
	}
	var errs field.ErrorList
	switch v := v.(type) {
	case map[string]any:
		for _, name := range apiextensions.SortedKeys(v) {
			if sub, ok := s.Properties[name]; ok {
				errs = append(errs, ValidateLists(p.Child(name), v[name], sub)...)
			} else if s.Additional != nil {
				errs = append(errs, ValidateLists(p.Key(name), v[name], s.Additional)...)
			}
		}
	case []any:
		switch s.ListType {
		case "set":
			for _, i := range twice(v) {
				errs = append(errs, field.Duplicate(p.Index(i), v[i]))
			}
		case "map":
			errs = append(errs, listMap(p, v, s)...)
		}
		for i, x := range v {
			errs = append(errs, ValidateLists(p.Index(i), x, s.Items)...)
		}
	}
	return errs
}

// twice are the places where a value comes for the second time.
func twice(list []any) []int {
	if len(list) < 2 {
		return nil
	}
	seen := make(map[any]int, len(list))
	var out []int
	for i, x := range list {
		key := x
		switch x.(type) {
		case map[string]any, []any:
			b, _ := json.Marshal(x) // JSON values
			key = "json " + string(b)
		case string:
			key = "text " + x.(string)
		}
		if seen[key]++; seen[key] == 2 {
			out = append(out, i)
		}
	}
	return out
}

func listMap(p *field.Path, list []any, s *Schema) field.ErrorList {
	keys := make([]any, len(list))
	for i, x := range list {
		m, ok := x.(map[string]any)
		if x != nil && !ok {
			return field.ErrorList{field.Invalid(p.Index(i), x, "must be an object for an array of list-type map")}
		}
		key := map[string]any{}
		for _, k := range s.ListMapKeys {
			if v, ok := m[k]; ok {
				key[k] = v
			}
		}
		keys[i] = key
	}
	var errs field.ErrorList
	for _, i := range twice(keys) {
		errs = append(errs, field.Duplicate(p.Index(i), keys[i]))
	}
	return errs
}
