package fieldmanager

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"tabernetes/engine/api"
)

// scales is the row of what the scale subresource shows; it is in no table.
var scales = &api.Resource{
	Group: "autoscaling", Version: "v1", Kind: "Scale", Name: "scales",
	New: func() api.Object { return &autoscalingv1.Scale{} },
}

// ScaleUpdate is Update of an object through its scale subresource: old and sc are the scales before and after,
// replicas is where the object keeps what they show (nil: spec.replicas). It returns the object's entries.
//
// Upstream: managedfields.ScaleHandler. As there, an updater's entry has no time.
func (m *Manager) ScaleUpdate(r *api.Resource, live api.Object, old, sc *autoscalingv1.Scale, w Writer, replicas []string) []metav1.ManagedFieldsEntry {
	h, err := m.scaleHandler(r, live, replicas)
	if err != nil {
		return live.GetManagedFields()
	}
	before := *old
	before.ManagedFields = h.toScale()
	w.Subresource = "scale"
	return h.toParent(m.Update(scales, &before, sc, w))
}

// ScaleApply is Apply of a Scale; see ScaleUpdate.
func (m *Manager) ScaleApply(r *api.Resource, live api.Object, old *autoscalingv1.Scale, patch map[string]any, w Writer, force bool, replicas []string) (*autoscalingv1.Scale, []metav1.ManagedFieldsEntry, error) {
	h, err := m.scaleHandler(r, live, replicas)
	if err != nil {
		return nil, nil, err
	}
	before := *old
	before.ManagedFields = h.toScale()
	w.Subresource = "scale"
	obj, err := m.Apply(scales, &before, patch, w, force)
	if err != nil {
		return nil, nil, err
	}
	sc := obj.(*autoscalingv1.Scale)
	return sc, h.toParent(sc.ManagedFields), nil
}

type scaleHandler struct {
	r      *api.Resource
	parent *managed
	path   fieldpath.Path
}

var replicasInScale = path("spec", "replicas")

func (m *Manager) scaleHandler(r *api.Resource, live api.Object, replicas []string) (*scaleHandler, error) {
	books, err := decode(m.resolve(r, live))
	if len(replicas) == 0 {
		replicas = []string{"spec", "replicas"}
	}
	return &scaleHandler{r: r, parent: books, path: path(replicas...)}, err
}

// toScale are the entries of those who own the number.
func (h *scaleHandler) toScale() []metav1.ManagedFieldsEntry {
	out := newManaged()
	out.ids = h.parent.ids
	for id, vs := range h.parent.fields {
		if vs.Set().Has(h.path) {
			out.fields[id] = fieldpath.NewVersionedSet(fieldpath.NewSet(replicasInScale), fieldpath.APIVersion(scales.APIVersion()), vs.Applied())
			out.times[id] = h.parent.times[id]
		}
	}
	return out.encode()
}

// toParent puts what became of those entries back among the object's.
func (h *scaleHandler) toParent(entries []metav1.ManagedFieldsEntry) []metav1.ManagedFieldsEntry {
	now, err := decode(entries)
	if err != nil {
		now = newManaged()
	}
	out := newManaged()
	for id, vs := range h.parent.fields {
		out.ids[id] = h.parent.ids[id]
		switch _, still := now.fields[id]; {
		case !vs.Set().Has(h.path):
			out.fields[id] = vs
		case still:
			out.fields[id] = vs
			delete(now.fields, id)
		default: // somebody took it
			rest := vs.Set().Difference(fieldpath.NewSet(h.path))
			if rest.Empty() {
				continue
			}
			out.fields[id] = fieldpath.NewVersionedSet(rest, vs.APIVersion(), vs.Applied())
		}
		out.times[id] = h.parent.times[id]
	}
	for id, vs := range now.fields {
		if vs.Set().Has(replicasInScale) {
			out.ids[id] = now.ids[id]
			out.fields[id] = fieldpath.NewVersionedSet(fieldpath.NewSet(h.path), fieldpath.APIVersion(h.r.APIVersion()), vs.Applied())
			out.times[id] = h.parent.times[id]
		}
	}
	return out.encode()
}
