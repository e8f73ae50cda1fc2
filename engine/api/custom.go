package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api/structural"
)

// Custom is an object of a kind that a CustomResourceDefinition defines. Its metadata is typed, so that everything that
// handles objects handles it at no extra cost; the rest is JSON values.
type Custom struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	// Resource is the row of its kind and version.
	Resource *Resource
	// Content are the fields besides apiVersion, kind and metadata. It is shared between copies: replace it to write.
	Content map[string]any
}

// Unknown are the errors of fields that a decoded object has and its schema does not: `unknown field "spec.x"`.
type unknownField string

func (u unknownField) Error() string { return `unknown field "` + string(u) + `"` }

// DecodeContent takes an object as it came from outside: what the schema does not know is removed and returned as errors
// one by one, defaults are filled in. content becomes the object's. An error says that it is no object of the kind.
func (c *Custom) DecodeContent(content map[string]any) (unknown []error, err error) {
	c.ObjectMeta = metav1.ObjectMeta{}
	var paths []string
	if raw, ok := content["metadata"]; ok {
		if c.ObjectMeta, paths, err = structural.ReadMeta(raw, "metadata"); err != nil {
			return nil, err
		}
	}
	c.APIVersion, _ = content["apiVersion"].(string)
	c.Kind, _ = content["kind"].(string)
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		delete(content, name)
	}
	c.Content = content
	if k := c.Resource.Custom; k != nil {
		more, err := k.fit(content)
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	for _, p := range paths {
		unknown = append(unknown, unknownField(p))
	}
	return unknown, nil
}

// fit prunes and defaults content in place.
func (k *CustomKind) fit(content map[string]any) (unknown []string, err error) {
	if !k.Preserve {
		unknown = structural.Prune(content, k.Schema, true)
		structural.DropNulls(content, k.Schema)
	}
	more, bad := structural.Coerce(content, k.Schema)
	if bad != nil {
		return nil, bad
	}
	structural.Default(content, k.Schema)
	return append(unknown, more...), nil
}

// In is the object as another row of its kind has it: another version, or the same after the definition changed.
// Conversion is by name only (strategy None): what the other schema does not know is dropped, its defaults are set.
func (c *Custom) In(r *Resource) *Custom {
	out := *c
	out.Resource, out.TypeMeta = r, metav1.TypeMeta{}
	out.Content = runtime.DeepCopyJSON(c.Content)
	if r.Custom != nil {
		_, _ = r.Custom.fit(out.Content) // it was an object of the kind before
	}
	return &out
}

// Full is the object with its apiVersion, kind and metadata, as JSON values; Content's are shared.
func (c *Custom) Full() map[string]any {
	m := maps.Clone(c.Content)
	if m == nil {
		m = map[string]any{}
	}
	gvk := c.GroupVersionKind()
	if gvk.Kind == "" && c.Resource != nil {
		gvk = c.Resource.GVK()
	}
	m["apiVersion"], m["kind"] = gvk.GroupVersion().String(), gvk.Kind
	if meta, err := structural.MetaValue(&c.ObjectMeta); err == nil {
		m["metadata"] = meta
	}
	return m
}

// Equal reports that two objects are the same but for who holds them.
func (c *Custom) Equal(o *Custom) bool {
	a, b := c.ObjectMeta, o.ObjectMeta
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) || !a.DeletionTimestamp.Equal(b.DeletionTimestamp) {
		return false
	}
	a.CreationTimestamp, b.CreationTimestamp, a.DeletionTimestamp, b.DeletionTimestamp = metav1.Time{}, metav1.Time{}, nil, nil
	if !maps.Equal(a.Labels, b.Labels) || !maps.Equal(a.Annotations, b.Annotations) || !slices.Equal(a.Finalizers, b.Finalizers) {
		return false
	}
	a.Labels, b.Labels, a.Annotations, b.Annotations, a.Finalizers, b.Finalizers = nil, nil, nil, nil, nil, nil
	if len(a.OwnerReferences)+len(b.OwnerReferences) == 0 {
		a.OwnerReferences, b.OwnerReferences = nil, nil
	}
	if len(a.ManagedFields)+len(b.ManagedFields) == 0 {
		a.ManagedFields, b.ManagedFields = nil, nil
	}
	return reflect.DeepEqual(a, b) && (len(c.Content)+len(o.Content) == 0 || reflect.DeepEqual(c.Content, o.Content))
}

// GetObjectKind implements runtime.Object.
func (c *Custom) GetObjectKind() schema.ObjectKind { return &c.TypeMeta }

// DeepCopyObject implements runtime.Object.
func (c *Custom) DeepCopyObject() runtime.Object {
	out := *c
	c.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Content = runtime.DeepCopyJSON(c.Content)
	return &out
}

// MarshalJSON implements json.Marshaler.
func (c *Custom) MarshalJSON() ([]byte, error) { return json.Marshal(c.Full()) }

// UnstructuredContent implements runtime.Unstructured.
func (c *Custom) UnstructuredContent() map[string]any { return c.Full() }

// SetUnstructuredContent implements runtime.Unstructured; what is no object of the kind is dropped.
func (c *Custom) SetUnstructuredContent(content map[string]any) { _, _ = c.DecodeContent(content) }

// NewEmptyInstance implements runtime.Unstructured.
func (c *Custom) NewEmptyInstance() runtime.Unstructured { return &Custom{Resource: c.Resource} }

// IsList implements runtime.Unstructured.
func (c *Custom) IsList() bool { return false }

// EachListItem implements runtime.Unstructured.
func (c *Custom) EachListItem(func(runtime.Object) error) error { return nil }

// EachListItemWithAlloc implements runtime.Unstructured.
func (c *Custom) EachListItemWithAlloc(func(runtime.Object) error) error { return nil }

// CustomList is a list of custom objects.
type CustomList struct {
	metav1.TypeMeta `json:""`
	metav1.ListMeta `json:"metadata"`

	Items []*Custom `json:"items"`

	kind string // listKind of the definition
}

// SetGroupVersionKind sets the group and version; the kind is the definition's.
func (l *CustomList) SetGroupVersionKind(k schema.GroupVersionKind) {
	if l.kind != "" {
		k.Kind = l.kind
	}
	l.TypeMeta.SetGroupVersionKind(k)
}

// GetObjectKind implements runtime.Object.
func (l *CustomList) GetObjectKind() schema.ObjectKind { return l }

// DeepCopyObject implements runtime.Object.
func (l *CustomList) DeepCopyObject() runtime.Object {
	out := *l
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]*Custom, len(l.Items))
	for i, c := range l.Items {
		out.Items[i] = c.DeepCopyObject().(*Custom)
	}
	return &out
}

func customList(kind string) func([]Object) runtime.Object {
	return func(items []Object) runtime.Object {
		l := &CustomList{kind: kind, Items: make([]*Custom, len(items))}
		for i, o := range items {
			l.Items[i] = o.(*Custom)
		}
		return l
	}
}
