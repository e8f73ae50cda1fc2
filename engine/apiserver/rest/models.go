package rest

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	merging "tabernetes/engine/api/schema"
)

// models makes the schemas of OpenAPI documents from the Go types: their JSON names, their documentation, and how
// lists merge, which fields are required and what is their default. Enums, which upstream's generator reads from comments
// as well, are left out.
type models struct {
	gv      schema.GroupVersion
	schemas map[string]any
	merging merging.Facts
}

// facts of how lists and maps merge.
func (m *models) facts() merging.Facts {
	if m.merging == nil {
		m.merging = merging.Load()
	}
	return m.merging
}

// addFact writes a fact as OpenAPI has it.
func addFact(s map[string]any, f merging.Fact) {
	if f.ListType != "" {
		s["x-kubernetes-list-type"] = f.ListType
	}
	if len(f.MapKeys) > 0 {
		s["x-kubernetes-list-map-keys"] = f.MapKeys
	}
	if f.MapType != "" {
		s["x-kubernetes-map-type"] = f.MapType
	}
}

type (
	modelNamer interface{ OpenAPIModelName() string }
	documented interface{ SwaggerDoc() map[string]string }
	schemaType interface {
		OpenAPISchemaType() []string
		OpenAPISchemaFormat() string
	}
)

// ref makes sure that an object's type is described and points at it.
func (m *models) ref(obj api.Object) map[string]any {
	t := reflect.TypeOf(obj).Elem()
	ref := m.typeRef(t)
	for _, r := range api.Builtin() {
		if reflect.TypeOf(r.New()).Elem() == t {
			m.schemas[modelName(t)].(map[string]any)["x-kubernetes-group-version-kind"] = []any{gvkExtension(r.GVK())}
		}
	}
	return ref
}

func modelName(t reflect.Type) string {
	if n, ok := reflect.Zero(t).Interface().(modelNamer); ok {
		return n.OpenAPIModelName()
	}
	switch t.PkgPath() {
	case "tabernetes/engine/api/apiextensions":
		return "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1." + t.Name()
	case "tabernetes/engine/api/apiregistration":
		return "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1." + t.Name()
	}
	return strings.NewReplacer("k8s.io/", "io.k8s.", "/", ".").Replace(t.PkgPath()) + "." + t.Name()
}

func (m *models) typeRef(t reflect.Type) map[string]any {
	name := modelName(t)
	if _, ok := m.schemas[name]; !ok {
		m.schemas[name] = nil // types may contain themselves
		if st, ok := reflect.Zero(t).Interface().(schemaType); ok {
			m.schemas[name] = scalar(st)
		} else {
			m.schemas[name] = m.structOf(t)
		}
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func reflectType(v any) reflect.Type { return reflect.TypeOf(v) }

// schemaOf describes a field's type; pointers are transparent.
func (m *models) schemaOf(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return m.schemaOf(t.Elem())
	}
	if _, ok := reflect.Zero(t).Interface().(schemaType); ok && t.Name() != "" {
		return m.typeRef(t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return m.typeRef(t)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "format": "byte"}
		}
		return map[string]any{"type": "array", "items": m.schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.schemaOf(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int32:
		return map[string]any{"type": "integer", "format": "int32"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "format": "int64"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number", "format": "double"}
	case reflect.String:
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": "object"}
}

// scalar is the schema of a type that has its own form in JSON.
func scalar(t schemaType) map[string]any {
	s := map[string]any{}
	if f := t.OpenAPISchemaFormat(); f != "" {
		s["format"] = f
	}
	if o, ok := t.(interface{ OpenAPIV3OneOfTypes() []string }); ok {
		var one []any
		for _, n := range o.OpenAPIV3OneOfTypes() {
			one = append(one, map[string]any{"type": n})
		}
		s["oneOf"] = one
	} else if n := t.OpenAPISchemaType(); len(n) > 0 {
		s["type"] = n[0]
	} else {
		s["type"] = "object"
	}
	return s
}

func (m *models) structOf(t reflect.Type) map[string]any {
	var doc map[string]string
	if d, ok := reflect.Zero(t).Interface().(documented); ok {
		doc = d.SwaggerDoc()
	}
	out := map[string]any{"type": "object"}
	if d := doc[""]; d != "" {
		out["description"] = d
	}
	if t.Name() == "FieldsV1" || t.Name() == "RawExtension" {
		return out
	}
	addFact(out, m.facts().OfType(t))
	props := map[string]any{}
	var required []string
	m.fields(t, doc, props, &required)
	if len(props) > 0 {
		out["properties"] = props
	}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// fields adds the fields of a struct and of those embedded in it.
func (m *models) fields(t reflect.Type, doc map[string]string, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			ft := f.Type
			if ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			inner := doc
			if d, ok := reflect.Zero(ft).Interface().(documented); ok {
				inner = d.SwaggerDoc()
			}
			m.fields(ft, inner, props, required)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		s := m.schemaOf(f.Type)
		def := defaultOf(t, name, f.Type, strings.Contains(opts, "omitempty"))
		if _, isRef := s["$ref"]; isRef {
			s = map[string]any{"allOf": []any{s}}
		}
		if d := doc[name]; d != "" {
			s["description"] = d
		}
		if def != nil {
			s["default"] = def
		}
		if v := f.Tag.Get("patchStrategy"); v != "" {
			s["x-kubernetes-patch-strategy"] = v
		}
		if v := f.Tag.Get("patchMergeKey"); v != "" {
			s["x-kubernetes-patch-merge-key"] = v
		}
		addFact(s, m.facts().OfField(t, name))
		props[name] = s
		if merging.Required(t, name, opts) {
			*required = append(*required, name)
		}
	}
}
