package validation

import (
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The storage, quota and priority kinds. Each method reports whether the kind is one of them.
//
// Where upstream checks a field by rules generated from its type's tags, their errors come after all others, and say
// nothing of the value that would not have been allowed to change.

func (e *errs) createStorage(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		e.persistentVolume(o)
		e.mountOptions(o)
	case *corev1.PersistentVolumeClaim:
		e.claim(o, false)
	case *corev1.ResourceQuota:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.quotaSpec(&o.Spec)
		e.quotaStatus(&o.Status)
	case *corev1.LimitRange:
		e.limitRange(o)
	case *corev1.Endpoints:
		e.legacyEndpoints(o, nil)
	case *eventsv1.Event:
		e.newEvent(o)
	case *schedulingv1.PriorityClass:
		e.priorityClass(o)
	case *nodev1.RuntimeClass:
		e.runtimeClass(o)
	case *storagev1.StorageClass:
		e.storageClass(o)
		e.nonEmpty(provisionerPath, o.Provisioner)
	case *storagev1.CSIDriver:
		e.objectMeta(&o.ObjectMeta, false, subdomainName)
		e.csiDriverSpec(&o.Spec)
	case *storagev1.CSINode:
		e.csiNode(o)
	case *storagev1.CSIStorageCapacity:
		e.storageCapacity(o)
	case *storagev1.VolumeAttachment:
		e.volumeAttachment(o, false)
		e.attacher(specPath.Child("attacher"), o.Spec.Attacher)
	case *storagev1.VolumeAttributesClass:
		e.attributesClass(o)
	default:
		return false
	}
	return true
}

func (e *errs) updateStorage(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		e.persistentVolumeUpdate(o, old.(*corev1.PersistentVolume))
	case *corev1.PersistentVolumeClaim:
		e.claimUpdate(o, old.(*corev1.PersistentVolumeClaim))
	case *corev1.ResourceQuota:
		e.quotaUpdate(o, old.(*corev1.ResourceQuota))
	case *corev1.LimitRange:
		e.limitRange(o)
	case *corev1.Endpoints:
		was := old.(*corev1.Endpoints)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.legacyEndpoints(o, was)
	case *eventsv1.Event:
		e.newEventUpdate(o, old.(*eventsv1.Event))
	case *schedulingv1.PriorityClass:
		e.priorityClassUpdate(o, old.(*schedulingv1.PriorityClass))
	case *nodev1.RuntimeClass:
		e.runtimeClassUpdate(o, old.(*nodev1.RuntimeClass))
	case *storagev1.StorageClass:
		e.storageClassUpdate(o, old.(*storagev1.StorageClass))
	case *storagev1.CSIDriver:
		e.csiDriverUpdate(o, old.(*storagev1.CSIDriver))
	case *storagev1.CSINode:
		e.csiNodeUpdate(o, old.(*storagev1.CSINode))
	case *storagev1.CSIStorageCapacity:
		e.storageCapacityUpdate(o, old.(*storagev1.CSIStorageCapacity))
	case *storagev1.VolumeAttachment:
		e.volumeAttachmentUpdate(o, old.(*storagev1.VolumeAttachment))
	case *storagev1.VolumeAttributesClass:
		e.attributesClassUpdate(o, old.(*storagev1.VolumeAttributesClass))
	default:
		return false
	}
	return true
}

func (e *errs) statusStorage(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.PersistentVolume).ObjectMeta)
		e.revisionGiven(o.ResourceVersion)
	case *corev1.PersistentVolumeClaim:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.PersistentVolumeClaim).ObjectMeta)
		e.revisionGiven(o.ResourceVersion)
		e.claimStatus(o)
	case *corev1.ResourceQuota:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.ResourceQuota).ObjectMeta)
		e.revisionGiven(o.ResourceVersion)
		e.quotaStatus(&o.Status)
	case *storagev1.VolumeAttachment:
		e.volumeAttachmentUpdate(o, old.(*storagev1.VolumeAttachment))
	default:
		return false
	}
	return true
}
