package kubectl

import (
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/schema"
	"tabernetes/engine/api/structural"
	"tabernetes/engine/order"
)

// model is what explain knows of a value: what an OpenAPI document would say of it. Models of Go types are looked into
// only as deep as is asked.
type model struct {
	typ         string // as explain shows it: "string", "[]Container", "Object"
	ref         string // the type behind it, to see cycles; "" if it has no name
	description string
	enum        []any
	fields      func() []modelField
	below       *model // items of a list, values of a map
}

type modelField struct {
	name        string
	description string
	required    bool
	model       *model
}

// modelOf is the model of a resource's kind.
func modelOf(r *api.Resource) *model {
	if r.Custom != nil {
		return customModel(r)
	}
	return typeModel(reflect.TypeOf(r.New()).Elem())
}

// schemaTyped are Go types with a form of their own in JSON.
type schemaTyped interface{ OpenAPISchemaType() []string }

func typeModel(t reflect.Type) *model {
	if t.Kind() == reflect.Pointer {
		return typeModel(t.Elem())
	}
	if s, ok := reflect.Zero(t).Interface().(schemaTyped); ok && t.Name() != "" {
		m := &model{typ: t.Name(), ref: t.PkgPath() + "." + t.Name(), description: docOf(t)[""], fields: noFields}
		_, several := reflect.Zero(t).Interface().(interface{ OpenAPIV3OneOfTypes() []string })
		if types := s.OpenAPISchemaType(); len(types) > 0 && types[0] != "object" && !several {
			m.typ = types[0]
		}
		return m
	}
	switch t.Kind() {
	case reflect.Struct:
		m := &model{typ: t.Name(), ref: t.PkgPath() + "." + t.Name(), description: docOf(t)[""]}
		if t.Name() == "RawExtension" || t.Name() == "FieldsV1" {
			m.fields = noFields
			return m
		}
		m.fields = func() []modelField {
			var out []modelField
			structFields(t, docOf(t), &out)
			order.By(out, func(a, b modelField) int { return strings.Compare(a.name, b.name) })
			return out
		}
		return m
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return &model{typ: "string", fields: noFields}
		}
		b := typeModel(t.Elem())
		return &model{typ: "[]" + b.typ, below: b, fields: noFields}
	case reflect.Map:
		b := typeModel(t.Elem())
		return &model{typ: "map[string]" + b.typ, below: b, fields: noFields}
	case reflect.Bool:
		return &model{typ: "boolean", fields: noFields}
	case reflect.Int32, reflect.Int64, reflect.Int:
		return &model{typ: "integer", fields: noFields}
	case reflect.Float32, reflect.Float64:
		return &model{typ: "number", fields: noFields}
	case reflect.String:
		return &model{typ: "string", fields: noFields}
	}
	return &model{typ: "Object", fields: noFields}
}

func noFields() []modelField { return nil }

// structFields lists the fields of a struct and of those embedded in it.
func structFields(t reflect.Type, doc map[string]string, out *[]modelField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			ft := f.Type
			if ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			inner := doc
			if d := docOf(ft); d != nil {
				inner = d
			}
			structFields(ft, inner, out)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		*out = append(*out, modelField{name: name, description: doc[name], required: schema.Required(t, name, opts), model: typeModel(f.Type)})
	}
}

// customModel is the model of a custom resource: its schema, and what every object has.
func customModel(r *api.Resource) *model {
	var m *model
	if s := r.Custom.Schema; s != nil {
		m = schemaModel(s)
	} else {
		m = &model{typ: "Object", fields: noFields}
	}
	own := m.fields
	m.fields = func() []modelField {
		doc := docOf(reflect.TypeOf(metav1.TypeMeta{}))
		out := []modelField{
			{name: "apiVersion", description: doc["apiVersion"], model: &model{typ: "string", fields: noFields}},
			{name: "kind", description: doc["kind"], model: &model{typ: "string", fields: noFields}},
			{name: "metadata", model: typeModel(reflect.TypeOf(metav1.ObjectMeta{})),
				description: "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"},
		}
		for _, f := range own() {
			if f.name != "apiVersion" && f.name != "kind" && f.name != "metadata" {
				out = append(out, f)
			}
		}
		return out
	}
	return m
}

func schemaModel(s *structural.Schema) *model {
	m := &model{typ: s.Type, description: s.Props.Description, fields: noFields}
	if m.typ == "object" || m.typ == "" {
		m.typ = "Object"
	}
	for i := range s.Props.Enum {
		m.enum = append(m.enum, strings.Trim(string(s.Props.Enum[i].Raw), `"`))
	}
	switch {
	case s.Items != nil:
		m.below = schemaModel(s.Items)
		m.typ = "[]" + m.below.typ
	case s.Additional != nil:
		m.below = schemaModel(s.Additional)
		m.typ = "map[string]" + m.below.typ
	}
	if len(s.Properties) > 0 {
		m.fields = func() []modelField {
			var out []modelField
			for _, name := range apiextensions.SortedKeys(s.Properties) {
				x := schemaModel(s.Properties[name])
				d := x.description
				x.description = "" // what the field says is what its schema says
				out = append(out, modelField{name: name, description: d, required: slices.Contains(s.Props.Required, name), model: x})
			}
			return out
		}
	}
	return m
}
