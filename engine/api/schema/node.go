package schema

import (
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// Node is a part of a custom resource's structural schema, as far as merging is concerned.
type Node struct {
	Type                 string // object, array, string, integer, number, boolean; "": anything
	Format               string
	Properties           []Property
	Items                *Node
	AdditionalProperties *Node // the schema of values of a map; nil: there is none
	AnyAdditional        bool  // additionalProperties: true
	XListType            string
	XListMapKeys         []string
	XMapType             string
	XPreserveUnknown     bool
	XIntOrString         bool
	XEmbeddedResource    bool
	Nullable             bool
	Default              any // as decoded from JSON, integers as int64
}

// Property is a named part.
type Property struct {
	Name string
	Node *Node
}

// Deduced is the type of objects without a schema: maps by key, lists as one value.
var deducedRef = ref(deducedName)

// FromNode makes the schema of a custom resource's version (apiextensions' builder adds apiVersion, kind and metadata to
// every root; so does this). A nil root has no schema at all.
func (t *Types) FromNode(root *Node) typed.ParseableType {
	if t.facts == nil {
		t.facts = Load()
	}
	b := nodes{builder{facts: t.facts, seen: map[string]bool{}, out: &smd.Schema{}}}
	atom := smd.Atom{Map: &smd.Map{ElementType: deducedRef}}
	if root != nil {
		atom = b.atom(root, root.XPreserveUnknown)
	}
	if m := atom.Map; m != nil {
		m.Fields = append(withoutMeta(m.Fields),
			smd.StructField{Name: "apiVersion", Type: smd.TypeRef{Inlined: scalar(smd.String)}},
			smd.StructField{Name: "kind", Type: smd.TypeRef{Inlined: scalar(smd.String)}},
			smd.StructField{Name: "metadata", Type: b.named(objectMeta)})
	}
	const name = "root"
	b.out.Types = append(b.out.Types, smd.TypeDef{Name: name, Atom: atom}, untypedDef(), deducedDef())
	return typed.ParseableType{Schema: b.out, TypeRef: ref(name)}
}

func withoutMeta(list []smd.StructField) []smd.StructField {
	out := list[:0:0]
	for _, f := range list {
		if f.Name != "apiVersion" && f.Name != "kind" && f.Name != "metadata" {
			out = append(out, f)
		}
	}
	return out
}

type nodes struct{ builder }

// ref describes a part inline; preserve says that an ancestor keeps unknown fields.
func (b *nodes) ref(n *Node, preserve bool) smd.TypeRef {
	preserve = preserve || n.XPreserveUnknown
	return smd.TypeRef{Inlined: b.atom(n, preserve), Nullable: n.Nullable}
}

func (b *nodes) atom(n *Node, preserve bool) smd.Atom {
	switch {
	case n.XIntOrString || n.Type == "":
		return smd.Atom{Scalar: ptr(smd.Scalar("untyped")), List: b.list(n, preserve), Map: b.object(n, preserve)}
	case n.Type == "object":
		return smd.Atom{Map: b.object(n, preserve)}
	case n.Type == "array":
		return smd.Atom{List: b.list(n, preserve)}
	case n.Type == "integer" || n.Type == "number":
		return scalar(smd.Numeric)
	case n.Type == "boolean":
		return scalar(smd.Boolean)
	case n.Type == "string" && (n.Format == "" || n.Format == "byte"):
		return scalar(smd.String)
	}
	return scalar("untyped")
}

func (b *nodes) list(n *Node, preserve bool) *smd.List {
	l := &smd.List{ElementType: ref(untypedName), ElementRelationship: smd.Atomic}
	if n.Items != nil {
		l.ElementType = b.ref(n.Items, preserve)
	}
	if n.XListType == "set" || n.XListType == "map" {
		l.ElementRelationship, l.Keys = smd.Associative, n.XListMapKeys
	}
	return l
}

func (b *nodes) object(n *Node, preserve bool) *smd.Map {
	m := &smd.Map{ElementRelationship: relationship(n.XMapType)}
	for _, p := range n.Properties {
		m.Fields = append(m.Fields, smd.StructField{Name: p.Name, Type: b.ref(p.Node, preserve), Default: p.Node.Default})
	}
	if n.XEmbeddedResource {
		m.Fields = append(withoutMeta(m.Fields),
			smd.StructField{Name: "apiVersion", Type: smd.TypeRef{Inlined: scalar(smd.String)}},
			smd.StructField{Name: "kind", Type: smd.TypeRef{Inlined: scalar(smd.String)}},
			smd.StructField{Name: "metadata", Type: b.named(objectMeta)})
	}
	switch {
	case n.AdditionalProperties != nil:
		m.ElementType = b.ref(n.AdditionalProperties, preserve)
	case n.AnyAdditional || preserve || len(n.Properties) == 0:
		m.ElementType = deducedRef
	}
	return m
}
