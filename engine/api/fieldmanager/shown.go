package fieldmanager

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"tabernetes/engine/api"
)

// Shown is an object as a client outside sees it: with sets in the place of notes. It is the object itself when there
// are none, else a shallow copy.
func (m *Manager) Shown(r *api.Resource, obj api.Object) api.Object {
	entries := obj.GetManagedFields()
	if !slices.ContainsFunc(entries, func(e metav1.ManagedFieldsEntry) bool { return isNote(&e) }) {
		return obj
	}
	c := api.Copy(obj)
	c.SetManagedFields(m.resolve(r, obj))
	return c
}

// resolve are an object's entries with all sets known.
func (m *Manager) resolve(r *api.Resource, obj api.Object) []metav1.ManagedFieldsEntry {
	exact, lazy := split(obj.GetManagedFields())
	if len(lazy) == 0 {
		return exact
	}
	r, obj = m.inVersion(r, obj, lazy[0].APIVersion)
	if len(exact) == 0 {
		return m.unowned(r, obj, lazy)
	}
	books, err := decode(exact)
	if err != nil {
		return exact
	}
	taken := fieldpath.NewSet()
	for i := range exact {
		id := books.identify(&exact[i])
		taken = taken.Union(books.fields[id].Set())
	}
	for i := range lazy {
		set, err := m.noted(r, obj, &lazy[i])
		if err != nil {
			continue
		}
		set = set.Difference(taken)
		if lazy[i].FieldsType == lazyStatus {
			if rest, err := decodeSet(lazy[i].FieldsV1); err == nil {
				set = set.Union(rest)
			}
		}
		if set.Empty() {
			continue
		}
		id := books.identify(&lazy[i])
		if vs, ok := books.fields[id]; ok {
			set = set.Union(vs.Set())
		}
		books.put(&lazy[i], set)
	}
	return books.encode()
}

// inVersion is an object in the version that notes are about.
func (m *Manager) inVersion(r *api.Resource, obj api.Object, version string) (*api.Resource, api.Object) {
	to := converter{m, r}.rowOf(version)
	if to == nil || to == r {
		return r, obj
	}
	if r.ToHub != nil {
		obj = r.ToHub(obj)
	}
	if to.FromHub != nil {
		obj = to.FromHub(obj)
	}
	return to, obj
}

// noted is what a note stands for in an object, were nobody else there.
func (m *Manager) noted(r *api.Resource, obj api.Object, e *metav1.ManagedFieldsEntry) (*fieldpath.Set, error) {
	before, after := empty(r), bare(r, obj)
	if e.FieldsType == lazyStatus {
		before = statusBefore(r, after)
		dropEqual(before, after)
	} else {
		created(after)
	}
	a, err := m.typedOf(r, before)
	if err != nil {
		return nil, err
	}
	b, err := m.typedOf(r, after)
	if err != nil {
		return nil, err
	}
	c, err := a.Compare(b)
	if err != nil {
		return nil, err
	}
	set := c.Added.Union(c.Modified)
	if e.FieldsType == lazyCreated {
		if f := resetFields(r, ""); f != nil {
			set = f.Filter(set)
		}
		return strip(set), nil
	}
	return set.Difference(set.RecursiveDifference(statusTree)), nil
}

// created takes out of a copy of an object what its creator did not send: what deletion, binding and admission added.
func created(obj api.Object) {
	obj.SetDeletionTimestamp(nil)
	obj.SetDeletionGracePeriodSeconds(nil)
	if f := obj.GetFinalizers(); slices.ContainsFunc(f, isPropagation) {
		obj.SetFinalizers(slices.DeleteFunc(slices.Clone(f), isPropagation))
	}
	switch o := obj.(type) {
	case *corev1.Pod:
		podBeforeAdmission(o)
	case *corev1.Node:
		o.Spec.Taints = slices.DeleteFunc(slices.Clone(o.Spec.Taints), func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
		if len(o.Spec.Taints) == 0 {
			o.Spec.Taints = nil
		}
	case *corev1.Service:
		if o.Spec.ClusterIP != corev1.ClusterIPNone {
			o.Spec.ClusterIP, o.Spec.ClusterIPs = "", nil
		}
		o.Spec.IPFamilies, o.Spec.IPFamilyPolicy = nil, nil
	case *corev1.Namespace:
		o.Spec.Finalizers = nil
		delete := func(k string) bool { return k == corev1.LabelMetadataName }
		o.Labels = withoutKey(o.Labels, delete)
	}
}

func isPropagation(f string) bool {
	return f == metav1.FinalizerDeleteDependents || f == metav1.FinalizerOrphanDependents
}

func withoutKey(m map[string]string, drop func(string) bool) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		if !drop(k) {
			out[k] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
