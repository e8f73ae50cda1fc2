package defaults

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// The storage, quota and priority kinds. Each function reports whether the kind is one of them.

func setStorage(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.PersistentVolume:
		orValue(&o.Status.Phase, corev1.VolumePending)
		orValue(&o.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
		orElse(&o.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
		setVolumeSpec(&o.Spec)
	case *corev1.PersistentVolumeClaim:
		orValue(&o.Status.Phase, corev1.ClaimPending)
		setClaimSpec(&o.Spec)
		roundToMilli(o.Status.Capacity)
		roundToMilli(o.Status.AllocatedResources)
	case *corev1.Endpoints:
		for i := range o.Subsets {
			for j := range o.Subsets[i].Ports {
				orValue(&o.Subsets[i].Ports[j].Protocol, corev1.ProtocolTCP)
			}
		}
	case *corev1.ResourceQuota:
		roundToMilli(o.Spec.Hard)
		roundToMilli(o.Status.Hard)
		roundToMilli(o.Status.Used)
	case *corev1.LimitRange:
		for i := range o.Spec.Limits {
			setLimit(&o.Spec.Limits[i])
		}
	case *storagev1.StorageClass:
		orElse(&o.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
		orElse(&o.VolumeBindingMode, storagev1.VolumeBindingImmediate)
	case *storagev1.CSIDriver:
		setCSIDriver(&o.Spec)
	case *storagev1.VolumeAttachment:
		if inline := o.Spec.Source.InlineVolumeSpec; inline != nil {
			setVolumeSpec(inline)
		}
	case *schedulingv1.PriorityClass:
		orElse(&o.PreemptionPolicy, corev1.PreemptLowerPriority)
	default:
		return false
	}
	return true
}

func setClaimSpec(spec *corev1.PersistentVolumeClaimSpec) {
	orElse(&spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundToMilli(spec.Resources.Limits)
	roundToMilli(spec.Resources.Requests)
}

// setVolumeSpec gives the source of a PersistentVolume its defaults, alone or inside a VolumeAttachment.
func setVolumeSpec(spec *corev1.PersistentVolumeSpec) {
	roundToMilli(spec.Capacity)
	src := &spec.PersistentVolumeSource
	if src.HostPath != nil {
		orElse(&src.HostPath.Type, corev1.HostPathUnset)
	}
	if src.ISCSI != nil {
		orValue(&src.ISCSI.ISCSIInterface, "default")
	}
	if src.RBD != nil {
		orValue(&src.RBD.RBDPool, "rbd")
		orValue(&src.RBD.RadosUser, "admin")
		orValue(&src.RBD.Keyring, "/etc/ceph/keyring")
	}
	setAzureDisk(src.AzureDisk)
	if src.ScaleIO != nil {
		orValue(&src.ScaleIO.StorageMode, "ThinProvisioned")
		orValue(&src.ScaleIO.FSType, "xfs")
	}
}

// setLimit completes the limits of containers: the limit from the maximum, the request from the limit, else from the
// minimum.
func setLimit(item *corev1.LimitRangeItem) {
	if item.Type == corev1.LimitTypeContainer {
		item.Default = withMissing(item.Default, item.Max)
		item.DefaultRequest = withMissing(item.DefaultRequest, item.Default)
		item.DefaultRequest = withMissing(item.DefaultRequest, item.Min)
	}
	for _, list := range []corev1.ResourceList{item.Max, item.Min, item.Default, item.DefaultRequest, item.MaxLimitRequestRatio} {
		roundToMilli(list)
	}
}

// withMissing is list with what only more has, in a map of its own if that is anything.
func withMissing(list, more corev1.ResourceList) corev1.ResourceList {
	own := false
	for name, quantity := range more {
		if _, has := list[name]; has {
			continue
		}
		if !own {
			own = true
			fuller := make(corev1.ResourceList, len(list)+len(more))
			for k, v := range list {
				fuller[k] = v
			}
			list = fuller
		}
		list[name] = quantity.DeepCopy()
	}
	return list
}

func setCSIDriver(spec *storagev1.CSIDriverSpec) {
	orElse(&spec.AttachRequired, true)
	orElse(&spec.PodInfoOnMount, false)
	orElse(&spec.StorageCapacity, false)
	orElse(&spec.FSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
	if len(spec.VolumeLifecycleModes) == 0 {
		spec.VolumeLifecycleModes = []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent}
	}
	orElse(&spec.RequiresRepublish, false)
	orElse(&spec.SELinuxMount, false)
	orElse(&spec.PreventPodSchedulingIfMissing, false)
}
