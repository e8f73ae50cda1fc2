package rest

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// refOf makes sure that a resource's kind is described and points at it.
func (m *models) refOf(r *api.Resource) map[string]any {
	if r.Custom == nil {
		return m.ref(r.New())
	}
	name := customName(r, r.Kind)
	if _, ok := m.schemas[name]; !ok {
		m.schemas[name] = nil
		m.schemas[name] = m.custom(r)
		m.schemas[customName(r, r.Custom.ListKind)] = m.customList(r, name)
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

// customName is the name of a custom kind's model: the group backwards, the version, the kind.
func customName(r *api.Resource, kind string) string {
	parts := strings.Split(r.Group, ".")
	slices.Reverse(parts)
	return strings.Join(append(parts, r.Version, kind), ".")
}

// custom is the schema of a definition with what every object has besides
// (apiextensions-apiserver/pkg/controller/openapi/builder).
func (m *models) custom(r *api.Resource) map[string]any {
	out := map[string]any{"type": "object"}
	if s := r.Custom.Schema; s != nil && !r.Custom.Preserve {
		if b, err := json.Marshal(s.Props); err == nil {
			_ = json.Unmarshal(b, &out) // it was a moment ago a map with names
		}
	} else {
		out["x-kubernetes-preserve-unknown-fields"] = true
	}
	props, _ := out["properties"].(map[string]any)
	if props == nil {
		props = map[string]any{}
		out["properties"] = props
	}
	m.typeMeta(props, metav1.ObjectMeta{})
	out["x-kubernetes-group-version-kind"] = []any{gvkExtension(r.GVK())}
	return out
}

func (m *models) typeMeta(props map[string]any, of any) {
	doc := metav1.TypeMeta{}.SwaggerDoc()
	for _, name := range []string{"apiVersion", "kind"} {
		props[name] = map[string]any{"type": "string", "description": doc[name]}
	}
	meta := map[string]any{"allOf": []any{m.typeRef(reflectType(of))}}
	if _, list := of.(metav1.ListMeta); list {
		meta["description"] = "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds"
	} else {
		meta["description"] = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
	}
	props["metadata"] = meta
}

func (m *models) customList(r *api.Resource, item string) map[string]any {
	props := map[string]any{"items": map[string]any{
		"type": "array", "items": map[string]any{"$ref": "#/components/schemas/" + item},
		"description": "List of " + r.Name + ". More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md",
	}}
	m.typeMeta(props, metav1.ListMeta{})
	gvk := r.GVK()
	gvk.Kind = r.Custom.ListKind
	return map[string]any{
		"type": "object", "description": r.Custom.ListKind + " is a list of " + r.Kind, "required": []any{"items"}, "properties": props,
		"x-kubernetes-group-version-kind": []any{gvkExtension(gvk)},
	}
}

// listOf points at the model of a resource's lists.
func (m *models) listOf(r *api.Resource) map[string]any {
	if r.Custom != nil {
		m.refOf(r)
		return map[string]any{"$ref": "#/components/schemas/" + customName(r, r.Custom.ListKind)}
	}
	if r.NewList == nil {
		return m.refOf(r)
	}
	t := reflectType(r.NewList(nil)).Elem()
	ref := m.typeRef(t)
	gvk := r.GVK()
	gvk.Kind += "List"
	m.schemas[modelName(t)].(map[string]any)["x-kubernetes-group-version-kind"] = []any{gvkExtension(gvk)}
	return ref
}
