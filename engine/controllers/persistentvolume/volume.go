package persistentvolume

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// syncVolume decides what to do with a volume.
func (k *Controller) syncVolume(v *corev1.PersistentVolume, done func(error)) {
	ref := v.Spec.ClaimRef
	if ref == nil || ref.UID == "" { // unused, or set aside: the claim's sync will bind it
		k.volumePhase(v, corev1.VolumeAvailable, "", func(_ *corev1.PersistentVolume, err error) { done(err) })
		return
	}
	key := refKey(v)
	c := k.claims[key]
	if c == nil {
		c, _ = k.claimCache.GetKey(key)
	}
	lost := v.Status.Phase == corev1.VolumeReleased || v.Status.Phase == corev1.VolumeFailed
	if c != nil && c.UID != ref.UID || c == nil && !lost {
		// The caches may lag behind whoever made the volume: only the server knows that the claim is gone.
		client.Get(k.c, api.PersistentVolumeClaims, ref.Namespace, ref.Name, func(c *corev1.PersistentVolumeClaim, err error) {
			switch {
			case apierrors.IsNotFound(err):
				k.syncVolumeOf(v, nil, done)
			case err != nil:
				done(err)
			case c.UID != ref.UID:
				k.syncVolumeOf(v, nil, done)
			default:
				k.syncVolumeOf(v, c, done)
			}
		})
		return
	}
	k.syncVolumeOf(v, c, done)
}

// syncVolumeOf goes on with the claim that a volume is bound to; nil says that it is gone.
func (k *Controller) syncVolumeOf(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim, done func(error)) {
	switch {
	case c == nil:
		k.release(v, done)
	case c.Spec.VolumeName == "":
		if binding.ModeMismatch(&c.Spec, &v.Spec) {
			k.event(v, warning, "VolumeMismatch", fmt.Sprintf("Cannot bind PersistentVolume to requested PersistentVolumeClaim %q due to incompatible volumeMode.", c.Name))
			k.event(c, warning, "VolumeMismatch", fmt.Sprintf("Cannot bind PersistentVolume %q to requested PersistentVolumeClaim due to incompatible volumeMode.", v.Name))
			done(nil)
			return
		}
		k.claimQueue.Add(api.KeyOf(c)) // its sync completes the binding
		done(nil)
	case c.Spec.VolumeName == v.Name:
		k.volumePhase(v, corev1.VolumeBound, "", func(_ *corev1.PersistentVolume, err error) { done(err) })
	case binding.Has(v, binding.AnnDynamicallyProvisioned) && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
		k.release(v, done) // made for a claim that found another
	default:
		k.unbind(v, done)
	}
}

// release marks a volume whose claim is gone, and reclaims it. A volume that failed stays so for all to see.
func (k *Controller) release(v *corev1.PersistentVolume, done func(error)) {
	if v.Status.Phase == corev1.VolumeReleased || v.Status.Phase == corev1.VolumeFailed {
		k.reclaim(v, done)
		return
	}
	k.a.Record(sim.KindDecision, api.Ref(api.PersistentVolumes, "", v.Name), "the claim "+refKey(v)+" is gone: release the volume, reclaim policy "+string(v.Spec.PersistentVolumeReclaimPolicy))
	k.volumePhase(v, corev1.VolumeReleased, "", func(v *corev1.PersistentVolume, err error) {
		if err != nil {
			done(err)
			return
		}
		k.reclaim(v, done)
	})
}

// reclaim starts what the reclaim policy says.
func (k *Controller) reclaim(v *corev1.PersistentVolume, done func(error)) {
	if v.Annotations[binding.AnnMigratedTo] != "" {
		done(nil)
		return
	}
	switch v.Spec.PersistentVolumeReclaimPolicy {
	case corev1.PersistentVolumeReclaimRetain:
	case corev1.PersistentVolumeReclaimRecycle:
		k.operate("recycle-"+v.Name+"["+string(v.UID)+"]", func(done func(error)) { k.recycle(v, done) })
	case corev1.PersistentVolumeReclaimDelete:
		k.operate("delete-"+v.Name+"["+string(v.UID)+"]", func(done func(error)) { k.delete(v, done) })
	default:
		k.failVolume(v, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy", done)
		return
	}
	done(nil)
}

// released reports that nobody is bound to a volume any more.
func (k *Controller) released(v *corev1.PersistentVolume) bool {
	if v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID == "" {
		return false
	}
	c := k.claims[refKey(v)]
	return c == nil || c.UID != v.Spec.ClaimRef.UID || c.Spec.VolumeName != "" && c.Spec.VolumeName != v.Name
}
