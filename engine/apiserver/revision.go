package apiserver

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// mustNameRevision reports kinds whose updates must say which version they are made from: their strategies forbid
// unconditional updates. Custom resources and their definitions belong to them.
func mustNameRevision(r *api.Resource) bool {
	switch r.Group {
	case "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io":
		return true
	}
	switch r {
	case api.Leases, api.PodDisruptionBudgets, api.RuntimeClasses, api.CSIDrivers, api.CSINodes, api.CSIStorageCapacities, api.VolumeAttachments:
		return true
	}
	return r.Stored().Kept() && api.ByGVR(r.GVR()) == nil
}

// revisionMissing is the error of an update that should have named a revision (registry/generic/registry/store.go).
func revisionMissing(r *api.Resource, name string) error {
	// Upstream puts the resource where the kind belongs (registry/store.go).
	return apierrors.NewInvalid(schema.GroupKind{Group: r.Group, Kind: r.Name}, name, field.ErrorList{field.Invalid(field.NewPath("metadata", "resourceVersion"), uint64(0), "must be specified for an update")})
}
