package persistentvolume

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
)

// preResize is what a volume that was grown says of the size its file system still has (pkg/volume/util).
const preResize = "volume.alpha.kubernetes.io/pre-resize-capacity"

func (k *Controller) updateClaim(o *corev1.PersistentVolumeClaim, then func(*corev1.PersistentVolumeClaim, error)) {
	client.Update(k.c, api.PersistentVolumeClaims, "", o, k.wroteClaim(then))
}

func (k *Controller) wroteClaim(then func(*corev1.PersistentVolumeClaim, error)) func(*corev1.PersistentVolumeClaim, error) {
	return func(o *corev1.PersistentVolumeClaim, err error) {
		if err == nil {
			k.keepClaim(o)
		}
		then(o, err)
	}
}

func (k *Controller) wroteVolume(then func(*corev1.PersistentVolume, error)) func(*corev1.PersistentVolume, error) {
	return func(o *corev1.PersistentVolume, err error) {
		if err == nil {
			k.volumes.put(o)
		}
		then(o, err)
	}
}

func (k *Controller) updateVolume(o *corev1.PersistentVolume, then func(*corev1.PersistentVolume, error)) {
	client.Update(k.c, api.PersistentVolumes, "", o, k.wroteVolume(then))
}

// claimStatus writes a claim's phase and, of the volume it is bound to (nil: none), access modes and capacity
// (updateClaimStatus).
func (k *Controller) claimStatus(c *corev1.PersistentVolumeClaim, phase corev1.PersistentVolumeClaimPhase, v *corev1.PersistentVolume, then func(*corev1.PersistentVolumeClaim, error)) {
	o := api.Copy(c)
	st := &o.Status
	dirty := st.Phase != phase
	if v == nil {
		dirty = dirty || st.AccessModes != nil || st.Capacity != nil || st.CurrentVolumeAttributesClassName != nil
		st.AccessModes, st.Capacity, st.CurrentVolumeAttributesClassName = nil, nil, nil
	} else {
		if !slices.Equal(st.AccessModes, v.Spec.AccessModes) {
			st.AccessModes = v.Spec.AccessModes
			dirty = true
		}
		// Only while it is becoming bound: afterwards a difference may mean that the file system is still to grow.
		if st.Phase != phase {
			size, ok := v.Spec.Capacity[corev1.ResourceStorage]
			if !ok {
				then(c, fmt.Errorf("PersistentVolume %q is without a storage capacity", v.Name))
				return
			}
			have, ok := st.Capacity[corev1.ResourceStorage]
			if text, resized := v.Annotations[preResize]; resized {
				if q, err := resource.ParseQuantity(text); err == nil {
					size = q
				}
				st.Capacity = maps.Clone(st.Capacity)
				if st.Capacity == nil {
					st.Capacity = corev1.ResourceList{}
				}
				st.Capacity[corev1.ResourceStorage] = size
			} else if !ok || size.Cmp(have) != 0 {
				st.Capacity = v.Spec.Capacity
			}
			if st.Phase == corev1.ClaimPending && phase == corev1.ClaimBound {
				st.CurrentVolumeAttributesClassName = v.Spec.VolumeAttributesClassName
			}
		}
	}
	if !dirty {
		then(c, nil)
		return
	}
	st.Phase = phase
	client.Update(k.c, api.PersistentVolumeClaims, "status", o, k.wroteClaim(then))
}

// volumePhase writes a volume's phase.
func (k *Controller) volumePhase(v *corev1.PersistentVolume, phase corev1.PersistentVolumePhase, message string, then func(*corev1.PersistentVolume, error)) {
	if v.Status.Phase == phase {
		then(v, nil)
		return
	}
	o := api.Copy(v)
	o.Status.Phase, o.Status.Message = phase, message
	client.Update(k.c, api.PersistentVolumes, "status", o, k.wroteVolume(then))
}

// failVolume writes the phase Failed with its reason, and tells so the first time.
func (k *Controller) failVolume(v *corev1.PersistentVolume, reason, message string, done func(error)) {
	if v.Status.Phase == corev1.VolumeFailed {
		done(nil)
		return
	}
	k.volumePhase(v, corev1.VolumeFailed, message, func(o *corev1.PersistentVolume, err error) {
		if err == nil {
			k.event(o, warning, reason, message)
		}
		done(err)
	})
}

// bind writes a binding: the volume, its phase, the claim, its phase. What is there already is not written again, so
// the next call goes on where an error stopped this one.
func (k *Controller) bind(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim, done func(error)) {
	status := func(c *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) {
		k.claimStatus(c, corev1.ClaimBound, v, func(_ *corev1.PersistentVolumeClaim, err error) { done(err) })
	}
	claim := func(v *corev1.PersistentVolume, err error) {
		if err != nil {
			done(err)
			return
		}
		o, dirty := api.Copy(c), false
		if c.Spec.VolumeName != v.Name {
			dirty = true
			o.Spec.VolumeName = v.Name
			if !binding.Has(o, binding.AnnBoundByController) {
				o.Annotations = binding.Annotated(o, binding.AnnBoundByController, "yes")
			}
		}
		if !binding.Has(o, binding.AnnBindCompleted) {
			dirty = true
			o.Annotations = binding.Annotated(o, binding.AnnBindCompleted, "yes")
		}
		if !dirty {
			status(c, v)
			return
		}
		k.updateClaim(o, func(o *corev1.PersistentVolumeClaim, err error) {
			if err != nil {
				done(err)
				return
			}
			status(o, v)
		})
	}
	phase := func(v *corev1.PersistentVolume, err error) {
		if err != nil {
			done(err)
			return
		}
		k.volumePhase(v, corev1.VolumeBound, "", claim)
	}
	if o, changed := binding.Bind(v, c); changed {
		k.updateVolume(o, phase)
		return
	}
	phase(v, nil)
}

// unbind takes a binding back on the volume's side: what the controller bound is free again, what its maker had set aside
// stays so.
func (k *Controller) unbind(v *corev1.PersistentVolume, done func(error)) {
	o := api.Copy(v)
	if binding.Has(v, binding.AnnBoundByController) {
		o.Spec.ClaimRef = nil
		o.Annotations = maps.Clone(v.Annotations)
		if delete(o.Annotations, binding.AnnBoundByController); len(o.Annotations) == 0 {
			o.Annotations = nil
		}
	} else {
		ref := *v.Spec.ClaimRef
		ref.UID = ""
		o.Spec.ClaimRef = &ref
	}
	k.updateVolume(o, func(v *corev1.PersistentVolume, err error) {
		if err != nil {
			done(err)
			return
		}
		k.volumePhase(v, corev1.VolumeAvailable, "", func(_ *corev1.PersistentVolume, err error) { done(err) })
	})
}
