package clouddisk

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Growing a disk: external-resizer, pkg/controller (expand_and_recover.go, resize_status.go).

// small reports a claim that asks for more than its disk has, and whose growth is the controller's to go on with.
func (d *disks) small(c *corev1.PersistentVolumeClaim) bool {
	if c.Status.Phase != corev1.ClaimBound {
		return false
	}
	want, have := c.Spec.Resources.Requests[corev1.ResourceStorage], c.Status.Capacity[corev1.ResourceStorage]
	v, ok := d.volumes.Get("", c.Spec.VolumeName)
	if want.Cmp(have) <= 0 || !ok || v.Spec.CSI == nil || v.Spec.CSI.Driver != Driver {
		return false
	}
	switch c.Status.AllocatedResourceStatuses[corev1.ResourceStorage] {
	case corev1.PersistentVolumeClaimNodeResizePending, corev1.PersistentVolumeClaimNodeResizeInProgress:
		size := v.Spec.Capacity[corev1.ResourceStorage]
		return want.Cmp(size) > 0
	}
	return true
}

func (d *disks) syncClaim(key string, done func(error)) {
	c, ok := d.claims.GetKey(key)
	if !ok || !d.small(c) {
		done(nil)
		return
	}
	size := c.Spec.Resources.Requests[corev1.ResourceStorage]
	d.status(c, size, corev1.PersistentVolumeClaimControllerResizeInProgress, corev1.PersistentVolumeClaimResizing, "", func(err error) {
		if err != nil {
			done(err)
			return
		}
		d.rec.Event(c, corev1.EventTypeNormal, "Resizing", "External resizer is resizing volume "+c.Spec.VolumeName)
		d.a.After(resizeTime, "resize disk", func() { d.resized(c, size, done) })
	})
}

// resized: the disk has its size; what is left is the file system, which the node grows.
func (d *disks) resized(c *corev1.PersistentVolumeClaim, size resource.Quantity, done func(error)) {
	client.Mutate(d.c, api.PersistentVolumes, "", "", c.Spec.VolumeName, func(v *corev1.PersistentVolume) bool {
		v.Spec.Capacity = maps.Clone(v.Spec.Capacity)
		v.Spec.Capacity[corev1.ResourceStorage] = size
		return true
	}, func(_ *corev1.PersistentVolume, err error) {
		if err != nil {
			done(err)
			return
		}
		const text = "Waiting for user to (re-)start a pod to finish file system resize of volume on node."
		d.status(c, size, corev1.PersistentVolumeClaimNodeResizePending, corev1.PersistentVolumeClaimFileSystemResizePending, text, func(err error) {
			if err == nil {
				d.rec.Event(c, corev1.EventTypeNormal, "FileSystemResizeRequired", "Require file system resize of volume on node")
			}
			done(err)
		})
	})
}

// status writes how far the growth of a claim is.
func (d *disks) status(c *corev1.PersistentVolumeClaim, size resource.Quantity, state corev1.ClaimResourceStatus, condition corev1.PersistentVolumeClaimConditionType, message string, done func(error)) {
	now := metav1.NewTime(d.a.Wall())
	client.Mutate(d.c, api.PersistentVolumeClaims, "status", c.Namespace, c.Name, func(c *corev1.PersistentVolumeClaim) bool {
		st := &c.Status
		st.AllocatedResources = corev1.ResourceList{corev1.ResourceStorage: size}
		st.AllocatedResourceStatuses = map[corev1.ResourceName]corev1.ClaimResourceStatus{corev1.ResourceStorage: state}
		st.Conditions = append(slices.DeleteFunc(slices.Clone(st.Conditions), func(x corev1.PersistentVolumeClaimCondition) bool {
			return x.Type == corev1.PersistentVolumeClaimResizing || x.Type == corev1.PersistentVolumeClaimFileSystemResizePending
		}), corev1.PersistentVolumeClaimCondition{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: now, Message: message})
		return true
	}, func(_ *corev1.PersistentVolumeClaim, err error) { done(err) })
}
