package api

import (
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
)

// Resource is one row of the resource table: everything about a kind that is data.
type Resource struct {
	Group, Version, Kind string
	Name                 string // plural, lower case, as in URLs
	Singular             string
	ShortNames           []string
	Categories           []string // "all"
	Namespaced           bool
	Subresources         []string // "status", "scale", "binding", ...

	// Verbs are what can be asked of the resource itself; nil means everything. Kinds with few are not stored: reviews
	// answer a question, ComponentStatus is a view.
	Verbs []Verb
	// Hub is the stored version of a kind that this row serves in another version; nil for the stored version itself.
	// ToHub and FromHub convert, always into a new object that may share parts with the old.
	Hub            *Resource
	ToHub, FromHub func(Object) Object

	// Remote kinds are served by another API server, to which the aggregator forwards requests.
	Remote bool

	// Custom is what a CustomResourceDefinition says besides; nil for built-in kinds.
	Custom *CustomKind

	// New makes an empty object; NewList wraps items into the kind's list type.
	New     func() Object
	NewList func(items []Object) runtime.Object

	// FieldNames are the selectable fields beyond metadata.name and metadata.namespace; Field reads one of them.
	FieldNames []string
	Field      func(o Object, name string) string
	// Index is the selectable field by which watches are indexed ("spec.nodeName"), and its value.
	IndexField string
	Index      func(Object) string

	// Quiet resources leave no records in the journal: their writes pass their cause on.
	Quiet bool
	// Heartbeat reports that an update only says "still there": it changes nothing that anybody waits for.
	Heartbeat func(old, new Object) bool
	// Describe tells in a few words what a write changed, for the journal; old is nil on create.
	Describe func(old, new Object) string
}

// Stored is the row under which the kind's objects are kept: Hub, or the row itself.
func (r *Resource) Stored() *Resource {
	if r.Hub != nil {
		return r.Hub
	}
	return r
}

// Kept reports that objects of the row are stored under it: it is no other version of a kind and no mere view.
func (r *Resource) Kept() bool { return r.Hub == nil && r.Verbs == nil }

// Can reports that a verb may be asked of the resource itself.
func (r *Resource) Can(v Verb) bool { return r.Verbs == nil || slices.Contains(r.Verbs, v) }

// GVK is the kind's group, version and kind.
func (r *Resource) GVK() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// GVR is the resource's group, version and name.
func (r *Resource) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Name}
}

// GR is the group and name, as errors print it.
func (r *Resource) GR() schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Name}
}

// APIVersion is "v1" or "apps/v1".
func (r *Resource) APIVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

// Qualified is the name kubectl prints: "pods", "deployments.apps".
func (r *Resource) Qualified() string {
	if r.Group == "" {
		return r.Name
	}
	return r.Name + "." + r.Group
}

// FieldValue reads a selectable field; ok is false for a field the resource does not offer.
func (r *Resource) FieldValue(o Object, name string) (value string, ok bool) {
	switch name {
	case "metadata.name":
		return o.GetName(), true
	case "metadata.namespace":
		return o.GetNamespace(), r.Namespaced
	}
	if !slices.Contains(r.FieldNames, name) {
		return "", false
	}
	return r.Field(o, name), true
}

// MatchesFields evaluates a field selector without building a set.
func (r *Resource) MatchesFields(o Object, sel fields.Selector) bool {
	if sel == nil || sel.Empty() {
		return true
	}
	for _, q := range sel.Requirements() {
		v, ok := r.FieldValue(o, q.Field)
		if !ok {
			return false
		}
		if (v == q.Value) == (q.Operator == selection.NotEquals) {
			return false
		}
	}
	return true
}
