package portable

import (
	"encoding/json"

	kjson "sigs.k8s.io/json"
)

// JSON values: map[string]any, []any, string, int64, float64, bool, nil.

// values reads JSON.
func values(text []byte) map[string]any {
	m := map[string]any{}
	if kjson.UnmarshalCaseSensitivePreserveInts(text, &m) != nil {
		return map[string]any{}
	}
	return m
}

// valuesOf are those of an object.
func valuesOf(obj any) map[string]any {
	text, err := json.Marshal(obj)
	if err != nil {
		return map[string]any{}
	}
	return values(text)
}

// copied is a deep copy, without the nulls of objects whose types are Go's: they say nothing there.
func copied(v any, nulls bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if x != nil || nulls {
				out[k] = copied(x, nulls)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = copied(x, nulls)
		}
		return out
	}
	return v
}

func mapAt(m map[string]any, path ...string) map[string]any {
	for _, name := range path {
		m, _ = m[name].(map[string]any)
	}
	return m
}

func listAt(m map[string]any, path ...string) []map[string]any {
	list, _ := mapAt(m, path[:len(path)-1]...)[path[len(path)-1]].([]any)
	var out []map[string]any
	for _, x := range list {
		if item, ok := x.(map[string]any); ok {
			out = append(out, item)
		}
	}
	return out
}

func stringAt(m map[string]any, path ...string) string {
	s, _ := mapAt(m, path[:len(path)-1]...)[path[len(path)-1]].(string)
	return s
}

// drop removes keys of a map at a path, and the map itself when nothing is left in it.
func drop(m map[string]any, path []string, keys ...string) {
	in := mapAt(m, path...)
	if in == nil {
		return
	}
	had := len(in)
	for _, k := range keys {
		delete(in, k)
	}
	if n := len(path); n > 0 && len(in) == 0 && had > 0 {
		delete(mapAt(m, path[:n-1]...), path[n-1])
	}
}

// dropItems removes items of a list, and the list itself when none is left.
func dropItems(m map[string]any, name string, gone func(item any) bool) {
	list, ok := m[name].([]any)
	if !ok {
		return
	}
	kept := []any{}
	for _, item := range list {
		if !gone(item) {
			kept = append(kept, item)
		}
	}
	switch {
	case len(kept) == len(list):
	case len(kept) == 0:
		delete(m, name)
	default:
		m[name] = kept
	}
}

// itemLike finds in another list the item that stands for one of this: by what lists of the API are keyed by, or by place.
func itemLike(item any, i int, list []any) any {
	m, ok := item.(map[string]any)
	if !ok {
		return nil
	}
	for _, key := range []string{"name", "key", "mountPath", "port", "containerPort", "type", "host", "ip"} {
		v, has := m[key]
		if !has {
			continue
		}
		for _, x := range list {
			if o, ok := x.(map[string]any); ok && o[key] == v && sameProtocol(m, o) {
				return o
			}
		}
	}
	if i < len(list) {
		return list[i]
	}
	return nil
}

func sameProtocol(a, b map[string]any) bool {
	p, q := a["protocol"], b["protocol"]
	if p == nil {
		p = "TCP"
	}
	if q == nil {
		q = "TCP"
	}
	return p == q
}
