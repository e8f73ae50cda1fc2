package apiserver

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// dropOwnersTwice removes owner references that are there twice, and warns of them (endpoints/handlers/rest.go,
// dedupOwnerReferencesAndAddWarning). For a patch, upstream looks only after mutating admission, and says so.
func dropOwnersTwice(a *attributes) {
	refs := a.obj.GetOwnerReferences()
	if len(refs) < 2 {
		return
	}
	var keep []metav1.OwnerReference
	var twice []string
	for i := range refs {
		if slices.ContainsFunc(keep, func(r metav1.OwnerReference) bool { return sameOwner(&r, &refs[i]) }) {
			twice = append(twice, string(refs[i].UID))
		} else {
			keep = append(keep, refs[i])
		}
	}
	if len(twice) == 0 {
		return
	}
	a.obj.SetOwnerReferences(keep)
	when := ""
	if a.req.Verb == api.Patch {
		when = " after mutating admission happens"
	}
	a.warn(".metadata.ownerReferences contains duplicate entries" + when + "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: " +
		strings.Join(twice, ", "))
}

func sameOwner(a, b *metav1.OwnerReference) bool {
	return a.UID == b.UID && a.Name == b.Name && a.Kind == b.Kind && a.APIVersion == b.APIVersion && equalPtr(a.Controller, b.Controller) && equalPtr(a.BlockOwnerDeletion, b.BlockOwnerDeletion)
}
