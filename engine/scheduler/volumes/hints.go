package volumes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api/binding"
	"tabernetes/engine/scheduler/framework"
)

// Of reports one of the four plugins.
func Of(p framework.Plugin) bool {
	return p >= framework.VolumeRestrictions && p <= framework.VolumeZone
}

// Worth is the queueing hint of a plugin for a pod: whether a happening may make it accept what it rejected.
func Worth(pod *corev1.Pod, by framework.Plugin, h *framework.Happening) bool {
	const claim = framework.ClaimAdded | framework.ClaimUpdated
	switch {
	case h.Event&claim != 0:
		return uses(pod, h.New.(*corev1.PersistentVolumeClaim), by == framework.VolumeBinding || by == framework.NodeVolumeLimits)
	case h.Event&framework.AssignedPodDeleted != 0:
		return freed(pod, by, h.OldPod)
	case h.Event&framework.VolumeUpdated != 0 && by == framework.VolumeZone:
		return !equality.Semantic.DeepEqual(zonesText(h.Old.(*corev1.PersistentVolume)), zonesText(h.New.(*corev1.PersistentVolume)))
	case h.Event&framework.ClassAdded != 0 && by == framework.VolumeZone:
		return binding.Delayed(h.New.(*storagev1.StorageClass))
	case h.Event&framework.ClassUpdated != 0:
		return !equality.Semantic.DeepEqual(h.Old.(*storagev1.StorageClass).AllowedTopologies, h.New.(*storagev1.StorageClass).AllowedTopologies)
	case h.Event&framework.CSINodeUpdated != 0:
		return by == framework.NodeVolumeLimits && raised(h.Old.(*storagev1.CSINode), h.New.(*storagev1.CSINode))
	case h.Event&framework.CSIDriverUpdated != 0:
		old, new := h.Old.(*storagev1.CSIDriver), h.New.(*storagev1.CSIDriver)
		on := func(d *storagev1.CSIDriver) bool { return d.Spec.StorageCapacity != nil && *d.Spec.StorageCapacity }
		return on(old) && !on(new) && slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.CSI != nil && v.CSI.Driver == new.Name })
	case h.Event&framework.CapacityChanged != 0 && h.Old != nil:
		old, new := volumeLimit(h.Old.(*storagev1.CSIStorageCapacity)), volumeLimit(h.New.(*storagev1.CSIStorageCapacity))
		return new != nil && (old == nil || new.Value() > old.Value())
	case h.Event&framework.AttachmentDeleted != 0:
		return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil })
	}
	return true
}

func zonesText(v *corev1.PersistentVolume) (out []string) {
	for _, z := range zonesOf(v) {
		out = append(append(out, z.key), z.values...)
	}
	return out
}

func volumeLimit(o *storagev1.CSIStorageCapacity) *resource.Quantity {
	if o.MaximumVolumeSize != nil {
		return o.MaximumVolumeSize
	}
	return o.Capacity
}

func uses(pod *corev1.Pod, c *corev1.PersistentVolumeClaim, ephemeral bool) bool {
	if c.Namespace != pod.Namespace {
		return false
	}
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if binding.ClaimName(pod, v) == c.Name && (v.Ephemeral == nil || ephemeral) {
			return true
		}
	}
	return false
}

// freed reports that a pod that went had something this one waits for.
func freed(pod *corev1.Pod, by framework.Plugin, gone *corev1.Pod) bool {
	if by == framework.NodeVolumeLimits {
		return slices.ContainsFunc(gone.Spec.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil || v.Ephemeral != nil })
	}
	if gone.Namespace != pod.Namespace {
		return false
	}
	if conflict(pod, gone) {
		return true
	}
	mine := namedClaims(pod)
	return slices.ContainsFunc(namedClaims(gone), func(key string) bool { return slices.Contains(mine, key) })
}

// raised reports that a node can have more volumes of a driver than before.
func raised(old, new *storagev1.CSINode) bool {
	limit := func(n *storagev1.CSINode, driver string) int32 {
		for _, d := range n.Spec.Drivers {
			if d.Name == driver && d.Allocatable != nil && d.Allocatable.Count != nil {
				return *d.Allocatable.Count
			}
		}
		return 0
	}
	return slices.ContainsFunc(new.Spec.Drivers, func(d storagev1.CSINodeDriver) bool { return limit(new, d.Name) > limit(old, d.Name) })
}
