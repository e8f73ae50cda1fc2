package schema

import (
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// Types makes schemas of Go types and keeps them. One serves all kinds of a server; it is not for use by several
// goroutines at once.
type Types struct {
	facts Facts
	types map[reflect.Type]typed.ParseableType
}

// NewTypes makes an empty Types.
func NewTypes() *Types { return &Types{types: map[reflect.Type]typed.ParseableType{}} }

// Of is the schema of a struct type, e.g. corev1.Pod. Values of one type share one schema, as comparing them needs.
func (t *Types) Of(root reflect.Type) typed.ParseableType {
	if p, ok := t.types[root]; ok {
		return p
	}
	if t.facts == nil {
		t.facts = Load()
	}
	b := builder{facts: t.facts, seen: map[string]bool{}, out: &smd.Schema{}}
	ref := b.named(root)
	b.out.Types = append(b.out.Types, untypedDef(), deducedDef())
	p := typed.ParseableType{Schema: b.out, TypeRef: ref}
	t.types[root] = p
	return p
}

const (
	untypedName = "__untyped_atomic_"
	deducedName = "__untyped_deduced_"
)

func ptr[T any](v T) *T { return &v }

func scalar(s smd.Scalar) smd.Atom { return smd.Atom{Scalar: ptr(s)} }

func ref(name string) smd.TypeRef { return smd.TypeRef{NamedType: &name} }

// untypedDef and deducedDef are the types of what no schema describes (schemaconv/smd.go): one value, or maps whose
// keys are owned one by one.
func untypedDef() smd.TypeDef {
	return smd.TypeDef{Name: untypedName, Atom: smd.Atom{
		Scalar: ptr(smd.Scalar("untyped")),
		List:   &smd.List{ElementType: ref(untypedName), ElementRelationship: smd.Atomic},
		Map:    &smd.Map{ElementType: ref(untypedName), ElementRelationship: smd.Atomic},
	}}
}

func deducedDef() smd.TypeDef {
	return smd.TypeDef{Name: deducedName, Atom: smd.Atom{
		Scalar: ptr(smd.Scalar("untyped")),
		List:   &smd.List{ElementType: ref(untypedName), ElementRelationship: smd.Atomic},
		Map:    &smd.Map{ElementType: ref(deducedName), ElementRelationship: smd.Separable},
	}}
}

type builder struct {
	facts Facts
	seen  map[string]bool
	out   *smd.Schema
}

// named makes sure that a struct type is defined, and refers to it.
func (b *builder) named(t reflect.Type) smd.TypeRef {
	name := t.PkgPath() + "." + t.Name()
	if b.seen[name] {
		return ref(name)
	}
	b.seen[name] = true
	i := len(b.out.Types)
	b.out.Types = append(b.out.Types, smd.TypeDef{Name: name}) // types may contain themselves
	atom := b.structOf(t)
	b.out.Types[i].Atom = atom
	return ref(name)
}

// structOf describes a struct. Types with their own form in JSON are as kube-openapi describes those.
func (b *builder) structOf(t reflect.Type) smd.Atom {
	switch t.Name() {
	case "Time", "MicroTime", "Quantity":
		return scalar("untyped")
	case "Duration":
		return scalar(smd.String)
	case "IntOrString", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray":
		return smd.Atom{
			Scalar: ptr(smd.Scalar("untyped")),
			List:   &smd.List{ElementType: ref(untypedName), ElementRelationship: smd.Atomic},
			Map:    &smd.Map{ElementType: ref(deducedName)},
		}
	case "RawExtension", "JSON":
		return untypedDef().Atom
	case "FieldsV1":
		return smd.Atom{Map: &smd.Map{ElementType: ref(deducedName)}}
	}
	m := &smd.Map{ElementRelationship: relationship(b.facts.OfType(t).MapType)}
	b.fields(t, m)
	if len(m.Fields) == 0 {
		m.ElementType = ref(deducedName)
	}
	return smd.Atom{Map: m}
}

func relationship(mapType string) smd.ElementRelationship {
	switch mapType {
	case "atomic":
		return smd.Atomic
	case "granular":
		return smd.Separable
	}
	return ""
}

// fields adds the fields of a struct and of those embedded in it.
func (b *builder) fields(t reflect.Type, m *smd.Map) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" && f.Anonymous {
			ft := f.Type
			if ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			b.fields(ft, m)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		fact := b.facts.OfField(t, name)
		if fact.ListType == "" {
			// What upstream's generator falls back to: the tags of strategic merge patches.
			strategy := f.Tag.Get("patchStrategy")
			if strategy == "merge" || strategy == "merge,retainKeys" {
				fact.ListType = "set"
				if k := f.Tag.Get("patchMergeKey"); k != "" {
					fact.ListType, fact.MapKeys = "map", []string{k}
				}
			}
		}
		sf := smd.StructField{Name: name, Type: b.typeOf(f.Type, fact)}
		switch {
		case fact.Default != nil:
			sf.Default = *fact.Default
		case !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero"):
			sf.Default = zeroOf(f.Type)
		}
		m.Fields = append(m.Fields, sf)
	}
}

// zeroOf is the default the generator gives to a field that is always written (kube-openapi/pkg/generators).
func zeroOf(t reflect.Type) any {
	switch t.Kind() {
	case reflect.String:
		return ""
	case reflect.Bool:
		return false
	case reflect.Int, reflect.Int32, reflect.Int64:
		return int64(0)
	case reflect.Float32, reflect.Float64:
		return float64(0)
	}
	return nil
}

// typeOf describes a field's type; pointers are transparent.
func (b *builder) typeOf(t reflect.Type, fact Fact) smd.TypeRef {
	switch t.Kind() {
	case reflect.Pointer:
		return b.typeOf(t.Elem(), fact)
	case reflect.Struct:
		r := b.named(t)
		if rel := relationship(fact.MapType); rel != "" {
			r.ElementRelationship = &rel
		}
		return r
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return smd.TypeRef{Inlined: scalar(smd.String)}
		}
		l := &smd.List{ElementType: b.typeOf(t.Elem(), Fact{}), ElementRelationship: smd.Atomic}
		if fact.ListType == "set" || fact.ListType == "map" {
			l.ElementRelationship, l.Keys = smd.Associative, fact.MapKeys
		}
		return smd.TypeRef{Inlined: smd.Atom{List: l}}
	case reflect.Map:
		return smd.TypeRef{Inlined: smd.Atom{Map: &smd.Map{ElementType: b.typeOf(t.Elem(), Fact{}), ElementRelationship: relationship(fact.MapType)}}}
	case reflect.Bool:
		return smd.TypeRef{Inlined: scalar(smd.Boolean)}
	case reflect.String:
		return smd.TypeRef{Inlined: scalar(smd.String)}
	case reflect.Interface:
		return ref(untypedName)
	}
	return smd.TypeRef{Inlined: scalar(smd.Numeric)}
}

var objectMeta = reflect.TypeFor[metav1.ObjectMeta]()
