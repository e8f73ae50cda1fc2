package patch

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// typeInfo is the Go type that describes a JSON value; its struct tags say how
// the value's lists merge.
type typeInfo struct{ t reflect.Type }

// strategy is what a field's tags say: `patchStrategy:"merge,retainKeys"
// patchMergeKey:"name"`.
type strategy struct {
	// kind is "", "merge" or "replace".
	kind string
	// retainKeys asks that keys which a patch does not list are removed: for
	// unions like a volume, where setting one member must unset the other.
	retainKeys bool
	mergeKey   string
}

func typeOf(sample any) (typeInfo, error) {
	if sample == nil {
		return typeInfo{}, errors.New("expected a struct, but received a nil")
	}
	t := reflect.TypeOf(sample)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return typeInfo{}, fmt.Errorf("expected a struct, but received a %s", reflect.TypeOf(sample).Kind())
	}
	return typeInfo{t}, nil
}

// object looks up the type and strategy of the field that JSON calls key.
func (ti typeInfo) object(key string) (typeInfo, strategy, error) {
	t := ti.t
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return typeInfo{}, strategy{}, fmt.Errorf("merging an object in json but data type is not struct, instead is: %s", t.Kind())
	}
	field, ok := findField(t, key)
	if !ok {
		return typeInfo{}, strategy{}, fmt.Errorf("unable to find api field in struct %s for the json field %q", t.Name(), key)
	}
	s, err := parseStrategy(field.Tag)
	return typeInfo{field.Type}, s, err
}

// list is like object for a field that holds a list; the type is that of the
// list's elements.
func (ti typeInfo) list(key string) (typeInfo, strategy, error) {
	of, s, err := ti.object(key)
	if err != nil {
		return typeInfo{}, strategy{}, err
	}
	switch t := of.t; t.Kind() {
	case reflect.Slice, reflect.Array:
		if k := t.Elem().Kind(); k == reflect.Slice || k == reflect.Array {
			return typeInfo{}, strategy{}, errors.New("unexpected slice of slice")
		}
		return typeInfo{t.Elem()}, s, nil
	case reflect.Pointer:
		t = t.Elem()
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			t = t.Elem()
		}
		return typeInfo{t}, s, nil
	}
	return typeInfo{}, strategy{}, fmt.Errorf("expected slice or array type, but got: %s", ti.t.Kind())
}

func parseStrategy(tag reflect.StructTag) (strategy, error) {
	s := strategy{mergeKey: tag.Get("patchMergeKey")}
	parts := strings.Split(tag.Get("patchStrategy"), ",")
	switch {
	case len(parts) == 1 && parts[0] == directiveRetainKeys:
		s.retainKeys = true
	case len(parts) == 1:
		s.kind = parts[0]
	case len(parts) == 2 && parts[0] == directiveRetainKeys:
		s.retainKeys, s.kind = true, parts[1]
	case len(parts) == 2 && parts[1] == directiveRetainKeys:
		s.retainKeys, s.kind = true, parts[0]
	default:
		return s, fmt.Errorf("unexpected patch strategy: %v", parts)
	}
	return s, nil
}

// findField finds the struct field that encoding/json would fill from key. An
// exact name wins over one in another case, and an outer struct's field over
// an embedded struct's.
func findField(t reflect.Type, key string) (reflect.StructField, bool) {
	var folded *reflect.StructField
	for level := []reflect.Type{t}; len(level) > 0; {
		var next []reflect.Type
		for _, st := range level {
			for i := 0; i < st.NumField(); i++ {
				f := st.Field(i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name == "-" {
					continue
				}
				if f.Anonymous && name == "" {
					inner := f.Type
					if inner.Kind() == reflect.Pointer {
						inner = inner.Elem()
					}
					if inner.Kind() == reflect.Struct {
						next = append(next, inner)
						continue
					}
				}
				if !f.IsExported() {
					continue
				}
				if name == "" {
					name = f.Name
				}
				if name == key {
					return f, true
				}
				if folded == nil && strings.EqualFold(name, key) {
					folded = &f
				}
			}
		}
		level = next
	}
	if folded != nil {
		return *folded, true
	}
	return reflect.StructField{}, false
}
