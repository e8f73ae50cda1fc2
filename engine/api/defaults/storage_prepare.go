package defaults

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func createStorage(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		o.Status = corev1.PersistentVolumeStatus{Phase: corev1.VolumePending}
		if !o.CreationTimestamp.IsZero() {
			created := o.CreationTimestamp
			o.Status.LastPhaseTransitionTime = &created
		}
	case *corev1.PersistentVolumeClaim:
		o.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
		dropForeignSource(&o.Spec, nil)
		dropUnknownSource(&o.Spec, nil)
		linkDataSources(&o.Spec)
	case *corev1.ResourceQuota:
		o.Status = corev1.ResourceQuotaStatus{}
	case *corev1.LimitRange:
		if o.Name == "" {
			o.Name = string(o.UID) // any unique name will do
		}
	case *storagev1.CSINode:
		o.Status = storagev1.CSINodeStatus{}
	case *storagev1.VolumeAttachment:
		o.Status = storagev1.VolumeAttachmentStatus{}
	case *schedulingv1.PriorityClass:
		o.Generation = 1
	default:
		return false
	}
	return true
}

func updateStorage(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		o.Status = old.(*corev1.PersistentVolume).Status
	case *corev1.PersistentVolumeClaim:
		was := old.(*corev1.PersistentVolumeClaim)
		o.Status = was.Status
		dropForeignSource(&o.Spec, &was.Spec)
		dropUnknownSource(&o.Spec, &was.Spec)
		linkDataSources(&o.Spec)
	case *corev1.ResourceQuota:
		o.Status = old.(*corev1.ResourceQuota).Status
	case *storagev1.CSINode:
		o.Status = old.(*storagev1.CSINode).Status
	case *storagev1.CSIDriver:
		if !apiequality.Semantic.DeepEqual(&o.Spec, &old.(*storagev1.CSIDriver).Spec) {
			o.Generation++
		}
	case *storagev1.VolumeAttachment:
		o.Status = old.(*storagev1.VolumeAttachment).Status
	default:
		return false
	}
	return true
}

func statusStorage(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		was := old.(*corev1.PersistentVolume)
		o.Spec = was.Spec
		keepPhaseTime(&o.Status, &was.Status)
	case *corev1.PersistentVolumeClaim:
		was := old.(*corev1.PersistentVolumeClaim)
		o.Spec = was.Spec
		if was.Status.HealthStatus == nil {
			o.Status.HealthStatus = nil // behind a gate that is off (CSIVolumeHealth)
		}
	case *corev1.ResourceQuota:
		o.Spec = old.(*corev1.ResourceQuota).Spec
	case *storagev1.VolumeAttachment:
		was := old.(*storagev1.VolumeAttachment)
		o.Spec = was.Spec
		keepMeta(&o.ObjectMeta, &was.ObjectMeta)
	default:
		return false
	}
	return true
}

// keepPhaseTime: a phase that stays keeps its time; of one that changed the time is left empty unless the client gave a
// new one. The caller fills it: this package has no clock.
func keepPhaseTime(s, was *corev1.PersistentVolumeStatus) {
	if s.Phase == was.Phase {
		if s.LastPhaseTransitionTime == nil {
			s.LastPhaseTransitionTime = was.LastPhaseTransitionTime
		}
		return
	}
	if s.LastPhaseTransitionTime.Equal(was.LastPhaseTransitionTime) {
		s.LastPhaseTransitionTime = nil
	}
}

// keepMeta: kinds of newer groups let a status update touch no metadata at all.
func keepMeta(m, was *metav1.ObjectMeta) {
	m.DeletionTimestamp, m.Generation = was.DeletionTimestamp, was.Generation
	m.Labels, m.Annotations = was.Labels, was.Annotations
	m.Finalizers, m.OwnerReferences = was.Finalizers, was.OwnerReferences
}

// dropForeignSource: a source in another namespace is behind a gate that is off (CrossNamespaceVolumeDataSource).
func dropForeignSource(spec, was *corev1.PersistentVolumeClaimSpec) {
	if ref := spec.DataSourceRef; ref != nil && ref.Namespace != nil && *ref.Namespace != "" && (was == nil || was.DataSourceRef == nil) {
		spec.DataSourceRef = nil
	}
}

// dropUnknownSource: the old field dataSource takes claims and snapshots only, and forgets anything else (KEP-1495).
func dropUnknownSource(spec, was *corev1.PersistentVolumeClaimSpec) {
	if was != nil && (was.DataSource != nil || was.DataSourceRef != nil) || spec.DataSourceRef != nil || spec.DataSource == nil {
		return
	}
	group := ""
	if spec.DataSource.APIGroup != nil {
		group = *spec.DataSource.APIGroup
	}
	switch {
	case group == "" && spec.DataSource.Kind == "PersistentVolumeClaim":
	case group == "snapshot.storage.k8s.io" && spec.DataSource.Kind == "VolumeSnapshot":
	default:
		spec.DataSource = nil
	}
}

// linkDataSources keeps the old and the new field for a claim's source together.
func linkDataSources(spec *corev1.PersistentVolumeClaimSpec) {
	switch from, ref := spec.DataSource, spec.DataSourceRef; {
	case from != nil && ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: from.APIGroup, Kind: from.Kind, Name: from.Name}
	case from == nil && ref != nil && (ref.Namespace == nil || *ref.Namespace == ""):
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: ref.APIGroup, Kind: ref.Kind, Name: ref.Name}
	}
}
