package structural

import (
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api/apiextensions"
)

func compile(t *testing.T, text string) *Schema {
	t.Helper()
	p := &apiextensions.JSONSchemaProps{}
	require.NoError(t, yaml.Unmarshal([]byte(text), p))
	s, err := Compile(p)
	require.NoError(t, err)
	return s
}

func obj(kv ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	return m
}

// TestRatcheting: what an update leaves as it was is not judged again (KEP-4008).
func TestRatcheting(t *testing.T) {
	s := compile(t, `
type: object
properties:
  a: {type: integer, maximum: 3}
  b: {type: object, required: [x], properties: {x: {type: string}, w: {type: integer, minimum: 5}}}
  set: {type: array, items: {type: integer, maximum: 3}}
  map: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, properties: {k: {type: string}, v: {type: integer, maximum: 3}}}}
`)
	old := obj("a", int64(9), "b", obj("w", int64(1)), "set", []any{int64(9)}, "map", []any{obj("k", "p", "v", int64(9)), obj("k", "q", "v", int64(9))})
	require.Len(t, Validate(nil, old, s), 6)
	require.Empty(t, ValidateUpdate(nil, old, old, s))
	texts := func(new map[string]any) []string {
		var out []string
		for _, e := range ValidateUpdate(nil, new, old, s) {
			out = append(out, e.Error())
		}
		return out
	}
	require.Empty(t, texts(obj("a", int64(9), "b", obj("w", int64(1)))))
	require.Equal(t, []string{"a: Invalid value: 8: a in body should be less than or equal to 3"}, texts(obj("a", int64(8))))
	require.Equal(t, []string{"b.x: Required value"}, texts(obj("b", obj("w", int64(1), "z", int64(1)))))
	require.Equal(t, []string{"map[1].v: Invalid value: 7: map[1].v in body should be less than or equal to 3"},
		texts(obj("map", []any{obj("k", "q", "v", int64(9)), obj("k", "p", "v", int64(7))})))
	require.Len(t, texts(obj("set", []any{int64(9), int64(1)})), 1, "items of other lists have no predecessor")
}

func TestAt(t *testing.T) {
	s := compile(t, `{type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}`)
	require.Equal(t, "string", s.At(".spec.a").Type)
	require.Nil(t, s.At(".spec.b.c"))
}

func FuzzValidate(f *testing.F) {
	f.Add(`{type: object, properties: {a: {type: string, pattern: "("}}}`, `{a: x}`)
	f.Add(`{anyOf: [{type: integer}], not: {enum: [1, null]}, items: {type: array}}`, `[1, [2]]`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		p := &apiextensions.JSONSchemaProps{}
		if yaml.Unmarshal([]byte(schema), p) != nil {
			return
		}
		s, err := Compile(p)
		if err != nil || s == nil {
			return
		}
		var v any
		if yaml.Unmarshal([]byte(value), &v) != nil {
			return
		}
		Rules(nil, p)
		CheckDefaults(nil, s)
		Prune(v, s, true)
		DropNulls(v, s)
		Default(v, s)
		Validate(nil, v, s)
		ValidateLists(nil, v, s)
		ValidateEmbedded(nil, v, s)
	})
}
