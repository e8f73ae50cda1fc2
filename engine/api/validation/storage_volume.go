package validation

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const msgOneVolume = "may not specify more than 1 volume type"

func (e *errs) revisionGiven(revision string) { e.nonEmpty(field.NewPath("resourceVersion"), revision) }

func (e *errs) persistentVolume(pv *corev1.PersistentVolume) {
	e.objectMeta(&pv.ObjectMeta, false, subdomainName)
	e.volumeSpec(specPath, &pv.Spec, pv.Name, false)
}

// mountOptions: only some kinds of volumes can be mounted with options by the old annotation.
func (e *errs) mountOptions(pv *corev1.PersistentVolume) {
	src := &pv.Spec.PersistentVolumeSource
	if src.GCEPersistentDisk != nil || src.AWSElasticBlockStore != nil || src.Glusterfs != nil || src.NFS != nil || src.RBD != nil ||
		src.Quobyte != nil || src.ISCSI != nil || src.Cinder != nil || src.CephFS != nil || src.AzureFile != nil ||
		src.VsphereVolume != nil || src.AzureDisk != nil || src.PhotonPersistentDisk != nil {
		return
	}
	if _, has := pv.Annotations[corev1.MountOptionAnnotation]; has {
		e.forbidden(metaPath.Child("annotations", corev1.MountOptionAnnotation), "may not specify mount options for this volume type")
	}
}

// volumeSpec checks a PersistentVolume's spec, or the one that stands inline in a VolumeAttachment, where most of it has
// no place.
func (e *errs) volumeSpec(p *field.Path, spec *corev1.PersistentVolumeSpec, name string, inline bool) {
	notInline := func(child string) {
		e.forbidden(p.Child(child), "may not be specified in the context of inline volumes")
	}
	if inline {
		if spec.ClaimRef != nil {
			notInline("claimRef")
		}
		if len(spec.Capacity) != 0 {
			notInline("capacity")
		}
		if spec.CSI == nil {
			e.required(p.Child("csi"), "has to be specified in the context of inline volumes")
		}
	}
	if len(spec.AccessModes) == 0 {
		e.required(p.Child("accessModes"), "")
	}
	e.accessModes(p.Child("accessModes"), spec.AccessModes)
	if !inline {
		e.volumeCapacity(p.Child("capacity"), spec.Capacity)
	}
	if policy := spec.PersistentVolumeReclaimPolicy; policy != "" {
		at := p.Child("persistentVolumeReclaimPolicy")
		if !inline {
			oneOf(e, at, policy, corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRecycle, corev1.PersistentVolumeReclaimRetain)
		} else if policy != corev1.PersistentVolumeReclaimRetain {
			e.forbidden(at, "may only be "+string(corev1.PersistentVolumeReclaimRetain)+" in the context of inline volumes")
		}
	}
	affinity := false
	if spec.NodeAffinity != nil {
		if at := p.Child("nodeAffinity"); inline {
			notInline("nodeAffinity")
		} else if affinity = true; spec.NodeAffinity.Required != nil {
			e.nodeSelector(at.Child("required"), spec.NodeAffinity.Required)
		} else {
			e.required(at.Child("required"), "must specify required node constraints")
		}
	}
	e.persistentSource(p, &spec.PersistentVolumeSource, name, affinity)
	if spec.HostPath != nil && path.Clean(spec.HostPath.Path) == "/" && spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		e.forbidden(p.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'")
	}
	if class := spec.StorageClassName; class != "" {
		if inline {
			notInline("storageClassName")
		} else {
			e.subdomain(p.Child("storageClassName"), class)
		}
	}
	if mode := spec.VolumeMode; mode != nil {
		if at := p.Child("volumeMode"); !inline {
			oneOf(e, at, *mode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)
		} else if *mode != corev1.PersistentVolumeFilesystem {
			e.forbidden(at, "may not specify volumeMode other than "+string(corev1.PersistentVolumeFilesystem)+" in the context of inline volumes")
		}
	}
	if class := spec.VolumeAttributesClassName; class != nil && !inline {
		if at := p.Child("volumeAttributesClassName"); *class == "" {
			e.required(at, "an empty string is disallowed")
		} else {
			e.subdomain(at, *class)
		}
		if spec.CSI == nil {
			e.required(p.Child("csi"), "has to be specified when using volumeAttributesClassName")
		}
	}
}

func (e *errs) accessModes(p *field.Path, modes []corev1.PersistentVolumeAccessMode) {
	alone, shared := false, false
	for _, mode := range modes {
		oneOf(e, p, mode, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod)
		switch mode {
		case corev1.ReadWriteOncePod:
			alone = true
		case corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce:
			shared = true
		}
	}
	if alone && shared {
		e.forbidden(p, "may not use ReadWriteOncePod with other access modes")
	}
}

func (e *errs) volumeCapacity(p *field.Path, capacity corev1.ResourceList) {
	if len(capacity) == 0 {
		e.required(p, "")
	}
	if _, ok := capacity[corev1.ResourceStorage]; !ok || len(capacity) > 1 {
		e.add(field.NotSupported(p, capacity, []corev1.ResourceName{corev1.ResourceStorage}))
	}
	for _, name := range sortedKeys(capacity) {
		q := capacity[name]
		e.validQuantity(p.Key(string(name)), q)
		e.positiveQuantity(p.Key(string(name)), q)
	}
}

func (e *errs) validQuantity(p *field.Path, q resource.Quantity) bool {
	if q.Value() < 0 {
		e.invalid(p, q.Value(), "must be a valid resource quantity")
		return false
	}
	return true
}

func (e *errs) positiveQuantity(p *field.Path, q resource.Quantity) bool {
	if q.Sign() <= 0 {
		e.invalid(p, q.String(), msgNotPositive)
		return false
	}
	return true
}

func (e *errs) persistentVolumeUpdate(pv, old *corev1.PersistentVolume) {
	e.persistentVolume(pv)
	e.mountOptions(pv)
	e.persistentVolume(pv) // upstream's strategy and its update rule both ask for it
	now, was := &pv.Spec, &old.Spec
	source := now.PersistentVolumeSource
	if was.CSI != nil && was.CSI.ControllerExpandSecretRef == nil && now.CSI != nil && now.CSI.ControllerExpandSecretRef != nil {
		csi := *now.CSI
		csi.ControllerExpandSecretRef = nil // may be added later
		source.CSI = &csi
	}
	if !apiequality.Semantic.DeepEqual(source, was.PersistentVolumeSource) {
		e.forbidden(specPath.Child("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation\n"+specDiff(was.PersistentVolumeSource, source))
	}
	immutable(e, field.NewPath("volumeMode"), now.VolumeMode, was.VolumeMode)
	if was.NodeAffinity != nil && !apiequality.Semantic.DeepEqual(now.NodeAffinity, withStableLabels(was.NodeAffinity, now.NodeAffinity)) {
		e.invalid(field.NewPath("nodeAffinity"), goNames{now.NodeAffinity}, msgImmutable+", except for updating from beta label to GA")
	}
	if was.VolumeAttributesClassName != nil && now.VolumeAttributesClassName == nil {
		e.forbidden(specPath.Child("volumeAttributesClassName"), "update from non-nil value to nil is forbidden")
	}
}

// stableLabel gives the name a node label of Kubernetes' first years has today.
func stableLabel(key string) string {
	switch key {
	case corev1.LabelFailureDomainBetaZone:
		return corev1.LabelTopologyZone
	case corev1.LabelFailureDomainBetaRegion:
		return corev1.LabelTopologyRegion
	case "beta.kubernetes.io/os":
		return corev1.LabelOSStable
	case "beta.kubernetes.io/arch":
		return corev1.LabelArchStable
	case corev1.LabelInstanceType:
		return corev1.LabelInstanceTypeStable
	}
	return ""
}

// withStableLabels is was with today's label names where now has them at the same place.
func withStableLabels(was, now *corev1.VolumeNodeAffinity) *corev1.VolumeNodeAffinity {
	if was.Required == nil || now == nil || now.Required == nil {
		return was
	}
	was = was.DeepCopy()
	rename := func(was, now []corev1.NodeSelectorRequirement) {
		for i := range was {
			if i < len(now) && now[i].Key != was[i].Key && stableLabel(was[i].Key) == now[i].Key {
				was[i].Key = now[i].Key
			}
		}
	}
	for i := range was.Required.NodeSelectorTerms {
		if i < len(now.Required.NodeSelectorTerms) {
			rename(was.Required.NodeSelectorTerms[i].MatchExpressions, now.Required.NodeSelectorTerms[i].MatchExpressions)
			rename(was.Required.NodeSelectorTerms[i].MatchFields, now.Required.NodeSelectorTerms[i].MatchFields)
		}
	}
	return was
}
