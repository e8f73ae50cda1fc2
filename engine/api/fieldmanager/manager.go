package fieldmanager

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/api/schema"
)

// Manager does the books of one server. It keeps schemas it made and entries it shared, nothing else; it is not for
// use by several goroutines at once.
type Manager struct {
	types *schema.Types
	// Versions finds the row that serves a kind in another version.
	Versions func(kschema.GroupVersionKind) *api.Resource

	custom map[string]typed.ParseableType // by api.CustomKind.ID
	notes  notes
	memos  map[types.UID]*memo
}

// New makes a Manager for the kinds every cluster has.
func New() *Manager { return &Manager{types: schema.NewTypes(), Versions: api.ByGVK} }

// Writer is who writes, by which path of the API, and when.
type Writer struct {
	Manager     string // "": unknown
	Subresource string
	Now         *metav1.Time // whole seconds; it is kept in entries and must not be changed
}

func (w *Writer) entry(r *api.Resource, op metav1.ManagedFieldsOperationType) metav1.ManagedFieldsEntry {
	e := metav1.ManagedFieldsEntry{Manager: w.Manager, Operation: op, APIVersion: r.APIVersion(), Subresource: w.Subresource}
	if e.Manager == "" {
		e.Manager = "unknown"
	}
	return e
}

func (m *Manager) typeOf(r *api.Resource) typed.ParseableType {
	if r.Custom == nil {
		return m.types.Of(reflect.TypeOf(r.New()).Elem())
	}
	k := r.Custom
	if k.ID == "" {
		return m.types.FromNode(nodeOf(k.Schema, k.Preserve))
	}
	t, ok := m.custom[k.ID]
	if !ok {
		if m.custom == nil || len(m.custom) > maxCustom {
			m.custom = map[string]typed.ParseableType{}
		}
		t = m.types.FromNode(nodeOf(k.Schema, k.Preserve))
		m.custom[k.ID] = t
	}
	return t
}

// maxCustom bounds the schemas of custom resources that are kept; definitions change.
const maxCustom = 500

// bare is a shallow copy of an object that says of what kind it is and has no managed fields.
func bare(r *api.Resource, obj api.Object) api.Object {
	c := api.Copy(obj)
	c.GetObjectKind().SetGroupVersionKind(r.GVK())
	c.SetManagedFields(nil)
	return c
}

// converted makes a bare object what upstream's trip through the internal version makes of it.
func converted(obj api.Object) api.Object {
	if d, ok := obj.(*appsv1.DaemonSet); ok && d.Annotations[appsv1.DeprecatedTemplateGeneration] == "" {
		// A field of its own there, which is written into every version.
		notes := map[string]string{appsv1.DeprecatedTemplateGeneration: "0"}
		maps.Copy(notes, d.Annotations)
		d.Annotations = notes
	}
	return obj
}

// valueOf is a bare object as structured-merge-diff reads it.
func valueOf(obj api.Object) (value.Value, error) {
	if u, ok := obj.(runtime.Unstructured); ok {
		return value.NewValueInterface(u.UnstructuredContent()), nil
	}
	return value.NewValueReflect(obj)
}

// typedOf is an object of the store; it is taken to fit its schema.
func (m *Manager) typedOf(r *api.Resource, obj api.Object) (*typed.TypedValue, error) {
	v, err := valueOf(obj)
	if err != nil {
		return nil, err
	}
	t := m.typeOf(r)
	return typed.AsTypedUnvalidated(v, t.Schema, t.TypeRef), nil
}

// objectOf turns a merged document into an object.
func (m *Manager) objectOf(r *api.Resource, v *typed.TypedValue) (api.Object, error) {
	doc, ok := v.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("failed to convert value to unstructured for type %T", v.AsValue().Unstructured())
	}
	obj := r.New()
	if c, ok := obj.(*api.Custom); ok {
		_, err := c.DecodeContent(runtime.DeepCopyJSON(doc)) // it may share parts with the live object
		return obj, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	_, err = manifest.Decode(manifest.Document{Raw: text}, obj, false)
	return obj, err
}

// empty is what a new object is compared with.
func empty(r *api.Resource) api.Object {
	obj := r.New()
	obj.GetObjectKind().SetGroupVersionKind(r.GVK())
	return obj
}

// converter makes one version of an object from another for structured-merge-diff.
type converter struct {
	m *Manager
	r *api.Resource
}

type missingVersion struct{ version string }

func (e missingVersion) Error() string { return "no kind is registered for version " + e.version }

// IsMissingVersionError implements merge.Converter.
func (c converter) IsMissingVersionError(err error) bool {
	_, ok := err.(missingVersion)
	return ok
}

// Convert implements merge.Converter.
func (c converter) Convert(v *typed.TypedValue, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	from := c.rowOf(string(apiVersionOf(v)))
	to := c.rowOf(string(version))
	if to == nil {
		return v, missingVersion{string(version)}
	}
	if from == to || from == nil {
		return v, nil
	}
	obj, err := c.m.objectOf(from, v)
	if err != nil {
		return v, err
	}
	if from.ToHub != nil {
		obj = from.ToHub(obj)
	}
	if to.FromHub != nil {
		obj = to.FromHub(obj)
	}
	return c.m.typedOf(to, bare(to, obj))
}

func apiVersionOf(v *typed.TypedValue) string {
	if val := v.AsValue(); val != nil && val.IsMap() {
		if x, ok := val.AsMap().Get("apiVersion"); ok && x.IsString() {
			return x.AsString()
		}
	}
	return ""
}

// rowOf is the row of the kind in a version; nil if it is not served.
func (c converter) rowOf(version string) *api.Resource {
	if version == "" || version == c.r.APIVersion() {
		return c.r
	}
	if h := c.r.Hub; h != nil && version == h.APIVersion() {
		return h
	}
	gv, err := kschema.ParseGroupVersion(version)
	if err != nil || c.m.Versions == nil {
		return nil
	}
	return c.m.Versions(gv.WithKind(c.r.Kind))
}
