package validation

import (
	"fmt"
	"slices"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) csiDriverSpec(spec *storagev1.CSIDriverSpec) {
	given := func(name string, set bool) {
		if !set {
			e.required(specPath.Child(name), "")
		}
	}
	given("attachedRequired", spec.AttachRequired != nil) // misspelt as upstream has it
	given("podInfoOnMount", spec.PodInfoOnMount != nil)
	given("storageCapacity", spec.StorageCapacity != nil)
	optionalOneOf(e, specPath.Child("fsGroupPolicy"), spec.FSGroupPolicy, storagev1.FileFSGroupPolicy, storagev1.NoneFSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
	e.tokenRequests(specPath.Child("tokenRequests"), spec.TokenRequests)
	for _, mode := range spec.VolumeLifecycleModes {
		oneOf(e, specPath.Child("volumeLifecycleModes"), mode, storagev1.VolumeLifecyclePersistent, storagev1.VolumeLifecycleEphemeral)
	}
	given("seLinuxMount", spec.SELinuxMount != nil)
	if period := spec.NodeAllocatableUpdatePeriodSeconds; period != nil && *period < 10 {
		e.invalid(specPath.Child("nodeAllocatableUpdatePeriodSeconds"), *period, "must be greater than or equal to 10 seconds")
	}
	if spec.ServiceAccountTokenInSecrets != nil && len(spec.TokenRequests) == 0 {
		e.invalid(specPath.Child("serviceAccountTokenInSecrets"), spec.ServiceAccountTokenInSecrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified")
	}
	given("preventPodSchedulingIfMissing", spec.PreventPodSchedulingIfMissing != nil)
}

func (e *errs) tokenRequests(p *field.Path, requests []storagev1.TokenRequest) {
	audiences := map[string]bool{}
	for i, r := range requests {
		if audiences[r.Audience] {
			e.duplicate(p.Index(i).Child("audience"), r.Audience)
			continue
		}
		audiences[r.Audience] = true
		at := p.Index(i).Child("expirationSeconds")
		switch exp := r.ExpirationSeconds; {
		case exp == nil:
		case *exp < minTokenSeconds:
			e.invalid(at, *exp, "may not specify a duration less than 10 minutes")
		case *exp > maxTokenRequestSeconds:
			e.invalid(at, *exp, "may not specify a duration larger than 2^32 seconds")
		}
	}
}

func (e *errs) csiDriverUpdate(d, old *storagev1.CSIDriver) {
	e.objectMetaUpdate(&d.ObjectMeta, &old.ObjectMeta)
	e.csiDriverSpec(&d.Spec)
	immutable(e, specPath.Child("attachedRequired"), d.Spec.AttachRequired, old.Spec.AttachRequired)
	immutable(e, specPath.Child("volumeLifecycleModes"), d.Spec.VolumeLifecycleModes, old.Spec.VolumeLifecycleModes)
}

const maxNodeIDBytes = 256

func (e *errs) csiNode(n *storagev1.CSINode) {
	e.objectMeta(&n.ObjectMeta, false, subdomainName)
	names := map[string]bool{}
	for i := range n.Spec.Drivers {
		d, at := &n.Spec.Drivers[i], specPath.Child("drivers").Index(i)
		e.driverName(at.Child("name"), d.Name)
		if id := at.Child("nodeID"); e.nonEmpty(id, d.NodeID) && len(d.NodeID) > maxNodeIDBytes {
			e.invalid(id, d.NodeID, fmt.Sprintf("must be %d characters or less", maxNodeIDBytes))
		}
		if d.Allocatable != nil && d.Allocatable.Count != nil {
			e.nonNegative(at.Child("allocatable", "count"), int64(*d.Allocatable.Count))
		}
		if names[d.Name] {
			e.duplicate(at.Child("name"), d.Name)
		}
		names[d.Name] = true
		for j, key := range d.TopologyKeys {
			e.nonEmpty(at, key)
			if slices.Contains(d.TopologyKeys[:j], key) {
				e.duplicate(at, key)
			}
			e.qualified(at, key)
		}
	}
}

// csiNodeUpdate: of a driver that stays only the number of volumes may change.
func (e *errs) csiNodeUpdate(n, old *storagev1.CSINode) {
	e.csiNode(n)
	for i := range old.Spec.Drivers {
		for j := range n.Spec.Drivers {
			was, now := old.Spec.Drivers[i], n.Spec.Drivers[j]
			if was.Name != now.Name {
				continue
			}
			was.Allocatable, now.Allocatable = nil, nil
			if !sameDriver(&was, &now) {
				e.invalid(specPath.Child("drivers"), goNames{now}, msgImmutable)
			}
		}
	}
}

func sameDriver(a, b *storagev1.CSINodeDriver) bool {
	return a.NodeID == b.NodeID && slices.Equal(a.TopologyKeys, b.TopologyKeys)
}
