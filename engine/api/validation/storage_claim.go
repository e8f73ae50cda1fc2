package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// claim checks a PersistentVolumeClaim. anyGroup lets a source keep an API group that would not pass today.
func (e *errs) claim(c *corev1.PersistentVolumeClaim, anyGroup bool) {
	e.objectMeta(&c.ObjectMeta, true, subdomainName)
	e.claimSpecOf(specPath, &c.Spec, anyGroup)
}

// claimSpec checks what a PersistentVolumeClaim, or a template of one, asks for.
func (e *errs) claimSpec(p *field.Path, spec *corev1.PersistentVolumeClaimSpec) {
	e.claimSpecOf(p, spec, false)
}

func (e *errs) claimSpecOf(p *field.Path, spec *corev1.PersistentVolumeClaimSpec, anyGroup bool) {
	if len(spec.AccessModes) == 0 {
		e.required(p.Child("accessModes"), "at least 1 access mode is required")
	}
	e.labelSelector(p.Child("selector"), spec.Selector)
	e.accessModes(p.Child("accessModes"), spec.AccessModes)
	storage := p.Child("resources").Key(string(corev1.ResourceStorage))
	if q, ok := spec.Resources.Requests[corev1.ResourceStorage]; !ok {
		e.required(storage, "")
	} else {
		e.positiveQuantity(storage, q)
	}
	if class := deref(spec.StorageClassName, ""); class != "" {
		e.subdomain(p.Child("storageClassName"), class)
	}
	optionalOneOf(e, p.Child("volumeMode"), spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)
	from, ref := spec.DataSource, spec.DataSourceRef
	if from != nil {
		e.dataSource(p.Child("dataSource"), from.APIGroup, from.Kind, from.Name, anyGroup)
	}
	foreign := false
	if ref != nil {
		at := p.Child("dataSourceRef")
		e.dataSource(at, ref.APIGroup, ref.Kind, ref.Name, anyGroup)
		if ns := deref(ref.Namespace, ""); ns != "" {
			foreign = true
			e.label(at.Child("namespace"), ns)
		}
	}
	if from != nil && ref != nil {
		if foreign {
			e.invalid(p, p.Child("dataSource"), "may not be specified when dataSourceRef.namespace is specified")
		} else if !apiequality.Semantic.DeepEqual(from.APIGroup, ref.APIGroup) || from.Kind != ref.Kind || from.Name != ref.Name {
			e.invalid(p, p.Child("dataSource"), "must match dataSourceRef")
		}
	}
	if class := deref(spec.VolumeAttributesClassName, ""); class != "" {
		e.subdomain(p.Child("volumeAttributesClassName"), class)
	}
}

func (e *errs) dataSource(p *field.Path, group *string, kind, name string, anyGroup bool) {
	e.nonEmpty(p.Child("name"), name)
	e.nonEmpty(p.Child("kind"), kind)
	switch g := deref(group, ""); {
	case g == "" && kind != "PersistentVolumeClaim":
		e.invalid(p, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
	case g != "" && !anyGroup:
		e.subdomain(p.Child("apiGroup"), g)
	}
}

// claimUpdate: a claim's spec is settled once it exists, but for the volume it is bound to, a class it had none of, and,
// when bound, its size and attributes.
func (e *errs) claimUpdate(c, old *corev1.PersistentVolumeClaim) {
	e.objectMetaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	hadGroup := old.Spec.DataSource != nil && old.Spec.DataSource.APIGroup != nil || old.Spec.DataSourceRef != nil && old.Spec.DataSourceRef.APIGroup != nil
	e.claim(c, hadGroup)

	now, was := c.Spec.DeepCopy(), old.Spec.DeepCopy()
	if was.VolumeName == "" {
		was.VolumeName = now.VolumeName
	}
	oldClass, annotated := old.Annotations[corev1.BetaStorageClassAnnotation]
	newClass, stillAnnotated := c.Annotations[corev1.BetaStorageClassAnnotation]
	if annotated && was.StorageClassName == nil && now.StorageClassName != nil && *now.StorageClassName == oldClass && (!stillAnnotated || newClass == oldClass) {
		now.StorageClassName = nil // from the annotation to the field
	} else {
		if oldClass != newClass {
			e.invalid(metaPath.Child("annotations", corev1.BetaStorageClassAnnotation), newClass, msgImmutable)
		}
		if now.StorageClassName != nil && was.StorageClassName == nil && (!annotated || *now.StorageClassName == oldClass) {
			now.StorageClassName = was.StorageClassName // a default that came late
		}
	}
	if c.Status.Phase == corev1.ClaimBound {
		if now.Resources.Requests != nil {
			now.Resources.Requests[corev1.ResourceStorage] = was.Resources.Requests[corev1.ResourceStorage]
		}
		now.VolumeAttributesClassName = was.VolumeAttributesClassName
	}
	if !apiequality.Semantic.DeepEqual(now, was) {
		e.forbidden(specPath, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+specDiff(*was, *now))
	}
	oldSize, newSize := old.Spec.Resources.Requests[corev1.ResourceStorage], c.Spec.Resources.Requests[corev1.ResourceStorage]
	if capacity := old.Status.Capacity[corev1.ResourceStorage]; newSize.Cmp(oldSize) < 0 && newSize.Cmp(capacity) <= 0 {
		e.forbidden(specPath.Child("resources", "requests", "storage"), "field can not be less than status.capacity")
	}
	immutable(e, field.NewPath("volumeMode"), c.Spec.VolumeMode, old.Spec.VolumeMode)
	if old.Status.CurrentVolumeAttributesClassName != nil && !apiequality.Semantic.DeepEqual(old.Spec.VolumeAttributesClassName, c.Spec.VolumeAttributesClassName) {
		at := specPath.Child("volumeAttributesClassName")
		switch class := c.Spec.VolumeAttributesClassName; {
		case class == nil:
			e.forbidden(at, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil")
		case *class == "":
			e.forbidden(at, "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil")
		}
	}
}

var resizeStatuses = []corev1.ClaimResourceStatus{
	corev1.PersistentVolumeClaimControllerResizeInProgress, corev1.PersistentVolumeClaimControllerResizeInfeasible,
	corev1.PersistentVolumeClaimNodeResizePending, corev1.PersistentVolumeClaimNodeResizeInProgress, corev1.PersistentVolumeClaimNodeResizeInfeasible,
}

func (e *errs) claimStatus(c *corev1.PersistentVolumeClaim) {
	if len(c.Spec.AccessModes) == 0 {
		e.required(field.NewPath("Spec", "accessModes"), "")
	}
	for _, name := range sortedKeys(c.Status.Capacity) {
		e.validQuantity(statusPath.Child("capacity").Key(string(name)), c.Status.Capacity[name])
	}
	at := statusPath.Child("allocatedResourceStatuses")
	for _, name := range sortedKeys(c.Status.AllocatedResourceStatuses) {
		e.claimResource(at, name)
		if !slices.Contains(resizeStatuses, c.Status.AllocatedResourceStatuses[name]) {
			sorted := slices.Clone(resizeStatuses)
			slices.Sort(sorted)
			e.add(field.NotSupported(at, name, sorted))
		}
	}
	at = statusPath.Child("allocatedResources")
	for _, name := range sortedKeys(c.Status.AllocatedResources) {
		q := c.Status.AllocatedResources[name]
		if e.claimResource(at, name) && e.validQuantity(at.Key(string(name)), q) {
			e.nonNegativeQuantity(at.Key(string(name)), q)
		}
	}
}

// claimResource: of Kubernetes' own resources a claim has storage only.
func (e *errs) claimResource(p *field.Path, name corev1.ResourceName) bool {
	if wrong := validation.IsQualifiedName(string(name)); len(wrong) > 0 {
		e.each(p, string(name), wrong)
		return false
	}
	if isNative(name) && name != corev1.ResourceStorage {
		e.add(field.NotSupported(p, string(name), []corev1.ResourceName{corev1.ResourceStorage}))
		return false
	}
	return true
}
