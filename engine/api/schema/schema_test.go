package schema_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/schema"
)

func TestFactsOfFields(t *testing.T) {
	f := schema.Load()
	require.Equal(t, schema.Fact{ListType: "map", MapKeys: []string{"containerPort", "protocol"}}, f.OfField(reflect.TypeFor[corev1.Container](), "ports"))
	require.Equal(t, schema.Fact{ListType: "atomic"}, f.OfField(reflect.TypeFor[corev1.Container](), "args"))
	require.Equal(t, schema.Fact{MapType: "atomic"}, f.OfType(reflect.TypeFor[corev1.LocalObjectReference]()))
	require.Equal(t, schema.Fact{MapType: "granular"}, f.OfField(reflect.TypeFor[corev1.PersistentVolumeSpec](), "claimRef"))
	require.Equal(t, "TCP", *f.OfField(reflect.TypeFor[corev1.ServicePort](), "protocol").Default)
	require.Zero(t, f.OfField(reflect.TypeFor[corev1.Container](), "image"))
}

// TestEveryKindHasASchema: empty objects fit the schemas of their types.
func TestEveryKindHasASchema(t *testing.T) {
	types := schema.NewTypes()
	for _, r := range api.Builtin() {
		p := types.Of(reflect.TypeOf(r.New()).Elem())
		require.True(t, p.IsValid(), r.Qualified())
		_, err := p.FromStructured(r.New())
		require.NoError(t, err, r.Qualified())
		_, err = p.FromUnstructured(map[string]any{"nonsense": "x"})
		require.ErrorContains(t, err, ".nonsense: field not declared in schema", r.Qualified())
	}
}

func TestFromNode(t *testing.T) {
	str, num := &schema.Node{Type: "string"}, &schema.Node{Type: "integer"}
	root := &schema.Node{Type: "object", Properties: []schema.Property{
		{Name: "spec", Node: &schema.Node{Type: "object", Properties: []schema.Property{
			{Name: "size", Node: num},
			{Name: "ports", Node: &schema.Node{Type: "array", XListType: "map", XListMapKeys: []string{"name"}, Items: &schema.Node{Type: "object", Properties: []schema.Property{{Name: "name", Node: str}, {Name: "port", Node: num}}}}},
			{Name: "tags", Node: &schema.Node{Type: "array", XListType: "set", Items: str}},
			{Name: "free", Node: &schema.Node{Type: "object", XPreserveUnknown: true}},
			{Name: "atom", Node: &schema.Node{Type: "object", XMapType: "atomic", AdditionalProperties: str}},
			{Name: "either", Node: &schema.Node{XIntOrString: true}},
		}}},
	}}
	p := schema.NewTypes().FromNode(root)
	doc := map[string]any{
		"apiVersion": "x/v1", "kind": "X", "metadata": map[string]any{"name": "a", "labels": map[string]any{"a": "b"}},
		"spec": map[string]any{"size": int64(1), "tags": []any{"a", "b"}, "free": map[string]any{"x": map[string]any{"y": int64(1)}},
			"ports": []any{map[string]any{"name": "a", "port": int64(1)}}, "atom": map[string]any{"k": "v"}, "either": "10%"},
	}
	v, err := p.FromUnstructured(doc)
	require.NoError(t, err)
	set, err := v.ToFieldSet()
	require.NoError(t, err)
	require.Equal(t, `.apiVersion
.kind
.metadata.name
.metadata.labels.a
.spec.atom
.spec.either
.spec.size
.spec.free.x
.spec.free.x.y
.spec.ports[name="a"]
.spec.ports[name="a"].name
.spec.ports[name="a"].port
.spec.tags[="a"]
.spec.tags[="b"]`, set.String())
	doc["spec"].(map[string]any)["nope"] = "x"
	_, err = p.FromUnstructured(doc)
	require.EqualError(t, err, ".spec.nope: field not declared in schema")
	p = schema.NewTypes().FromNode(nil)
	_, err = p.FromUnstructured(doc)
	require.NoError(t, err, "without a schema everything goes")
}
