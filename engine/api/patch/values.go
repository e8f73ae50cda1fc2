package patch

import (
	"fmt"
	"reflect"
	"sort"
)

// sortedKeys makes walks over a JSON object repeatable.
func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// same compares two JSON scalars. Objects and lists are never the same: a
// merge key cannot be one, and == on them would panic.
func same(a, b any) bool {
	switch a.(type) {
	case map[string]any, []any:
		return false
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func contains(list []any, v any) bool {
	for _, w := range list {
		if same(w, v) {
			return true
		}
	}
	return false
}

// elementKind tells what the elements of lists are: all of them must have the
// same JSON type, and not be lists.
func elementKind(lists ...[]any) (reflect.Kind, error) {
	var first reflect.Type
	seen := false
	for _, list := range lists {
		for _, v := range list {
			t := reflect.TypeOf(v)
			if !seen {
				first, seen = t, true
				if t != nil && t.Kind() == reflect.Slice {
					return reflect.Invalid, errListOfLists
				}
				continue
			}
			if t != first {
				return reflect.Invalid, fmt.Errorf("list element types are not identical: %v", fmt.Sprint(lists))
			}
		}
	}
	if !seen {
		return reflect.Invalid, fmt.Errorf("no elements in any of the given slices")
	}
	if first == nil {
		return reflect.Invalid, fmt.Errorf("list elements are null: %v", fmt.Sprint(lists))
	}
	return first.Kind(), nil
}

// sortScalars sorts in place by the printed form, as upstream does.
func sortScalars(list []any) []any {
	sort.Slice(list, func(i, j int) bool {
		return fmt.Sprint(list[i]) <= fmt.Sprint(list[j])
	})
	return list
}

// dedupe removes repeated scalars. The last element moves into the gap, which
// upstream's callers see and so ours do.
func dedupe(list []any) []any {
	out := append(make([]any, 0, len(list)), list...)
	for i := 0; i < len(out); i++ {
		for j := i + 1; j < len(out); j++ {
			if same(out[i], out[j]) {
				out[j] = out[len(out)-1]
				out = out[:len(out)-1]
				j--
			}
		}
	}
	return out
}

// findByKey finds the object in list whose mergeKey has this value; -1 if none.
func findByKey(list []any, mergeKey string, value any) (map[string]any, int, error) {
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, -1, fmt.Errorf("value for key %v is not a map", i)
		}
		if have, ok := m[mergeKey]; ok && same(have, value) {
			return m, i, nil
		}
	}
	return nil, -1, nil
}
