package persistentvolume

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/sim"
)

func (k *Controller) event(o api.Object, typ, reason, message string) {
	k.rec.Event(o, typ, reason, message)
}

const (
	normal  = corev1.EventTypeNormal
	warning = corev1.EventTypeWarning
)

func (k *Controller) class(name string) *storagev1.StorageClass {
	class, _ := k.classes.Get("", name)
	return class
}

// syncClaim decides what to do with a claim.
func (k *Controller) syncClaim(c *corev1.PersistentVolumeClaim, done func(error)) {
	switch {
	case binding.Has(c, binding.AnnBindCompleted):
		k.syncBound(c, done)
	case c.Spec.VolumeName == "":
		k.syncUnbound(c, done)
	default:
		k.syncRequested(c, done)
	}
}

// pending marks a claim as waiting.
func (k *Controller) pending(c *corev1.PersistentVolumeClaim, done func(error)) {
	k.claimStatus(c, corev1.ClaimPending, nil, func(_ *corev1.PersistentVolumeClaim, err error) { done(err) })
}

// syncUnbound looks for a volume, or a way to get one, for a claim to which any will do (syncUnboundClaim).
func (k *Controller) syncUnbound(c *corev1.PersistentVolumeClaim, done func(error)) {
	delay := binding.Delayed(k.class(binding.ClaimClass(c)))
	v, err := k.volumes.find(c, delay)
	switch {
	case err != nil:
		done(fmt.Errorf("error finding PV for claim %q: %w", api.KeyOf(c), err))
		return
	case v != nil:
		k.a.Record(sim.KindDecision, api.Ref(api.PersistentVolumeClaims, c.Namespace, c.Name), "volume "+v.Name+" suits the claim: bind them")
		k.bind(v, c, done)
		return
	}
	if class := k.defaultClass(); class != nil && !binding.HasClass(c) {
		o := api.Copy(c)
		o.Spec.StorageClassName = &class.Name
		k.updateClaim(o, func(_ *corev1.PersistentVolumeClaim, err error) { done(err) })
		return
	}
	switch {
	case delay && !binding.Has(c, binding.AnnSelectedNode):
		k.tellDelay(c)
	case binding.ClaimClass(c) != "":
		k.provision(c)
		done(nil)
		return
	default:
		k.event(c, normal, "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
	}
	k.pending(c, done)
}

// defaultClass is the class for claims that name none: of several marked the newest, then the first by name.
func (k *Controller) defaultClass() *storagev1.StorageClass {
	var best *storagev1.StorageClass
	for _, class := range k.classes.All() {
		if !binding.DefaultClass(class) {
			continue
		}
		if best == nil || class.CreationTimestamp.After(best.CreationTimestamp.Time) ||
			class.CreationTimestamp.Equal(&best.CreationTimestamp) && class.Name < best.Name {
			best = class
		}
	}
	return best
}

// tellDelay says what a claim waits for that is bound with its first consumer.
func (k *Controller) tellDelay(c *corev1.PersistentVolumeClaim) {
	var waiting []string
	for _, p := range k.pods.ByIndex(indexClaim, api.KeyOf(c)) {
		if !ended(p) && p.Spec.NodeName == "" {
			waiting = append(waiting, p.Name)
		}
	}
	slices.Sort(waiting)
	switch len(waiting) {
	case 0:
		k.event(c, normal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
	case 1:
		k.event(c, normal, "WaitForPodScheduled", "waiting for pod "+waiting[0]+" to be scheduled")
	default:
		k.event(c, normal, "WaitForPodScheduled", "waiting for pods "+strings.Join(waiting, ",")+" to be scheduled")
	}
}

func ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// syncRequested is for a claim that names its volume.
func (k *Controller) syncRequested(c *corev1.PersistentVolumeClaim, done func(error)) {
	v := k.volumes.get(c.Spec.VolumeName)
	switch {
	case v == nil:
		k.pending(c, done)
	case v.Spec.ClaimRef == nil:
		if why := unsuitable(v, c); why != "" {
			k.event(c, warning, "VolumeMismatch", fmt.Sprintf("Cannot bind to requested volume %q: %s", v.Name, why))
			k.pending(c, done)
			return
		}
		k.bind(v, c, done)
	case binding.Bound(v, c):
		k.bind(v, c, done)
	default:
		k.event(c, warning, "FailedBinding", fmt.Sprintf("volume %q already bound to a different claim.", v.Name))
		if binding.Has(c, binding.AnnBoundByController) {
			done(fmt.Errorf("invalid binding of claim %q to volume %q: volume already claimed by %q", api.KeyOf(c), v.Name, refKey(v)))
			return
		}
		k.pending(c, done)
	}
}

// unsuitable is why a volume that a claim asks for by name will not do, "" if it will (checkVolumeSatisfyClaim).
func unsuitable(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) string {
	want, have := c.Spec.Resources.Requests[corev1.ResourceStorage], v.Spec.Capacity[corev1.ResourceStorage]
	switch {
	case v.DeletionTimestamp != nil:
		return fmt.Sprintf("the volume is marked for deletion %q", v.Name)
	case have.Value() < want.Value():
		return "requested PV is too small"
	case binding.VolumeClass(v) != binding.ClaimClass(c):
		return "storageClassName does not match"
	case !binding.SameAttributes(c, v):
		return "volumeAttributesClassName does not match"
	case binding.ModeMismatch(&c.Spec, &v.Spec):
		return "incompatible volumeMode"
	case !binding.Modes(v.Spec.AccessModes, c.Spec.AccessModes):
		return "incompatible accessMode"
	}
	return ""
}

// syncBound is for a claim that was bound before (syncBoundClaim).
func (k *Controller) syncBound(c *corev1.PersistentVolumeClaim, done func(error)) {
	v := k.volumes.get(c.Spec.VolumeName)
	switch {
	case c.Spec.VolumeName == "":
		k.lost(c, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!", done)
	case v == nil:
		k.lost(c, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", done)
	case v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID == c.UID:
		k.bind(v, c, done)
	default:
		k.lost(c, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", done)
	}
}

func (k *Controller) lost(c *corev1.PersistentVolumeClaim, reason, message string, done func(error)) {
	if c.Status.Phase == corev1.ClaimLost {
		done(nil)
		return
	}
	k.claimStatus(c, corev1.ClaimLost, nil, func(o *corev1.PersistentVolumeClaim, err error) {
		if err == nil {
			k.event(o, warning, reason, message)
		}
		done(err)
	})
}
