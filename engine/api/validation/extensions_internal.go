package validation

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"tabernetes/engine/api/apiextensions"
)

// internalForm is how a part of a definition stands in messages: upstream validates its internal types, whose fields have
// no JSON names, so they are written by their Go names and all of them. What versions have in common is not in them.
type internalForm struct {
	v    any
	same shared
}

// MarshalJSON implements json.Marshaler.
func (f internalForm) MarshalJSON() ([]byte, error) {
	if versions, ok := f.v.([]apiextensions.CustomResourceDefinitionVersion); ok {
		own := make([]apiextensions.CustomResourceDefinitionVersion, len(versions))
		for i, v := range versions {
			if f.same.schema {
				v.Schema = nil
			}
			if f.same.subresources {
				v.Subresources = nil
			}
			if f.same.columns {
				v.AdditionalPrinterColumns = nil
			}
			if f.same.fields {
				v.SelectableFields = nil
			}
			own[i] = v
		}
		f.v = own
	}
	var b strings.Builder
	writeInternal(&b, reflect.ValueOf(f.v))
	return []byte(b.String()), nil
}

func writeInternal(b *strings.Builder, v reflect.Value) {
	if j, ok := v.Interface().(apiextensions.JSON); ok {
		if len(j.Raw) == 0 {
			b.WriteString("null")
		} else {
			b.Write(j.Raw)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("null")
		} else {
			writeInternal(b, v.Elem())
		}
	case reflect.Struct:
		b.WriteByte('{')
		n := 0
		field := func(name string, x reflect.Value) {
			if n++; n > 1 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + name + `":`)
			writeInternal(b, x)
		}
		t := v.Type()
		for i := range t.NumField() {
			if name := t.Field(i).Name; name != "Nullable" {
				field(name, v.Field(i))
				if name == "Type" && v.FieldByName("Nullable").IsValid() {
					field("Nullable", v.FieldByName("Nullable")) // it has another place there
				}
			}
		}
		b.WriteByte('}')
	case reflect.Slice:
		if v.IsNil() {
			b.WriteString("null")
			return
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			writeInternal(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Map:
		if v.IsNil() {
			b.WriteString("null")
			return
		}
		b.WriteByte('{')
		var names []string
		for _, k := range v.MapKeys() {
			names = append(names, k.String())
		}
		slices.Sort(names)
		for i, name := range names {
			if i > 0 {
				b.WriteByte(',')
			}
			key, _ := json.Marshal(name) // a string
			b.Write(key)
			b.WriteByte(':')
			writeInternal(b, v.MapIndex(reflect.ValueOf(name)))
		}
		b.WriteByte('}')
	default:
		text, err := json.Marshal(v.Interface())
		if err != nil {
			text = []byte("null")
		}
		b.Write(text)
	}
}
