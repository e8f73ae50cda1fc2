package structural

import (
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
)

// meta are the fields of an object that no schema needs to name.
func meta(name string) bool { return name == "apiVersion" || name == "kind" || name == "metadata" }

// Prune removes the fields of an object that the schema does not know, and returns their paths, sorted. root says that
// the value is an object of the API itself. obj is changed.
func Prune(obj any, s *Schema, root bool) []string {
	p := &pruner{}
	if root {
		p.prune(obj, s, "", true)
	} else {
		p.prune(obj, s, "", s != nil && s.Embedded)
	}
	slices.Sort(p.unknown)
	return p.unknown
}

type pruner struct{ unknown []string }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// known says what a map's schema says of a field: its schema, and whether the field may stay.
func (s *Schema) known(name string) (*Schema, bool) {
	if x, ok := s.Properties[name]; ok {
		return x, true
	}
	if s.additional {
		return s.Additional, true
	}
	return nil, false
}

func (p *pruner) prune(v any, s *Schema, path string, embedded bool) {
	if s != nil && s.Preserve {
		p.skip(v, s, path, embedded)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if embedded && meta(name) {
				continue
			}
			var sub *Schema
			ok := false
			if s != nil {
				sub, ok = s.known(name)
			}
			if !ok {
				if s == nil || !meta(name) || path != "" {
					p.unknown = append(p.unknown, join(path, name))
				}
				delete(v, name)
				continue
			}
			p.prune(x, sub, join(path, name), sub != nil && sub.Embedded)
		}
	case []any:
		var items *Schema
		if s != nil {
			items = s.Items
		}
		for i, x := range v {
			p.prune(x, items, item(path, i), items != nil && items.Embedded)
		}
	}
}

// skip leaves what is unknown but prunes below what is named.
func (p *pruner) skip(v any, s *Schema, path string, embedded bool) {
	if s == nil {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if embedded && meta(name) {
				continue
			}
			if sub, ok := s.known(name); ok {
				p.prune(x, sub, join(path, name), sub != nil && sub.Embedded)
			}
		}
	case []any:
		for i, x := range v {
			p.skip(x, s.Items, item(path, i), s.Items != nil && s.Items.Embedded)
		}
	}
}

// field is the schema of a map's field, if any.
func (s *Schema) field(name string) *Schema {
	if s == nil {
		return nil
	}
	x, _ := s.known(name)
	return x
}

// DropNulls removes nulls where the schema allows none and has no default to put there. obj is changed.
func DropNulls(obj any, s *Schema) {
	switch v := obj.(type) {
	case map[string]any:
		for name, x := range v {
			sub := s.field(name)
			if x == nil && sub != nil && !sub.Nullable && sub.Default == nil {
				delete(v, name)
				continue
			}
			DropNulls(x, sub)
		}
	case []any:
		if s != nil {
			for _, x := range v {
				DropNulls(x, s.Items)
			}
		}
	}
}

// Default fills in defaults. obj is changed.
func Default(obj any, s *Schema) {
	if s == nil {
		return
	}
	switch v := obj.(type) {
	case map[string]any:
		for _, name := range s.names {
			prop := s.Properties[name]
			if prop.Default == nil {
				continue
			}
			if x, ok := v[name]; !ok || x == nil && !prop.Nullable {
				v[name] = runtime.DeepCopyJSONValue(prop.Default)
			}
		}
		for name, x := range v {
			if prop, ok := s.Properties[name]; ok {
				Default(x, prop)
			} else if s.Additional != nil {
				if x == nil && !s.Additional.Nullable {
					x = runtime.DeepCopyJSONValue(s.Additional.Default)
					v[name] = x
				}
				Default(x, s.Additional)
			}
		}
	case []any:
		for i, x := range v {
			if x == nil && s.Items != nil && !s.Items.Nullable {
				x = runtime.DeepCopyJSONValue(s.Items.Default)
				v[i] = x
			}
			Default(x, s.Items)
		}
	}
}
