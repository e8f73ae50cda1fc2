package fieldmanager

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Owners are the managers that own a field by an operation.
func Owners(entries []metav1.ManagedFieldsEntry, op metav1.ManagedFieldsOperationType, field ...string) []string {
	var out []string
	p := path(field...)
	for i := range entries {
		if e := &entries[i]; e.Operation == op {
			if set, err := decodeSet(e.FieldsV1); err == nil && set.Has(p) && !slices.Contains(out, e.Manager) {
				out = append(out, e.Manager)
			}
		}
	}
	return out
}

// Migrate gives what managers of client-side apply own to a manager of server-side apply, as kubectl does when it
// changes over. It returns a new list, or nil if there is nothing to do.
//
// Upstream: k8s.io/client-go/util/csaupgrade.
func Migrate(entries []metav1.ManagedFieldsEntry, from []string, to string) ([]metav1.ManagedFieldsEntry, error) {
	out, changed := slices.Clone(entries), false
	for _, csa := range from {
		old := func(e metav1.ManagedFieldsEntry) bool {
			return e.Manager == csa && e.Operation == metav1.ManagedFieldsOperationUpdate && e.Subresource == ""
		}
		target := slices.IndexFunc(out, func(e metav1.ManagedFieldsEntry) bool {
			return e.Manager == to && e.Operation == metav1.ManagedFieldsOperationApply && e.Subresource == ""
		})
		if target < 0 {
			if target = slices.IndexFunc(out, old); target < 0 {
				continue
			}
			changed = true
			out[target].Operation, out[target].Manager = metav1.ManagedFieldsOperationApply, to
		}
		set, err := decodeSet(out[target].FieldsV1)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(e metav1.ManagedFieldsEntry) bool { return old(e) && e.APIVersion == out[target].APIVersion }); i >= 0 {
			var more *fieldpath.Set
			if more, err = decodeSet(out[i].FieldsV1); err != nil {
				return nil, err
			}
			set = set.Union(more)
		}
		out[target].FieldsV1 = encodeSet(set)
		n := len(out)
		out = slices.DeleteFunc(out, old)
		changed = changed || len(out) != n
	}
	if !changed {
		return nil, nil
	}
	return out, nil
}
