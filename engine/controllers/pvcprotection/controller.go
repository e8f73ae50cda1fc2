package pvcprotection

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Finalizer is what keeps a claim.
const Finalizer = "kubernetes.io/pvc-protection"

const indexClaim = "pvc" // namespace/name of the claims a pod's volumes use

// Controller is one run of the controller.
type Controller struct {
	a      *sim.Actor
	c      *client.Client
	claims *client.Cache[*corev1.PersistentVolumeClaim]
	pods   *client.Cache[*corev1.Pod]
	queue  *client.Queue
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, claims: client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims), pods: client.Shared[*corev1.Pod](f, api.Pods)}
	k.queue = client.NewQueue(k.a, "pvcprotection", 1, k.sync)
	k.pods.AddIndex(indexClaim, binding.Claims)
	k.claims.Subscribe(func(_, claim *corev1.PersistentVolumeClaim) {
		if claim != nil && (deleted(claim) || claim.DeletionTimestamp == nil && !protected(claim)) {
			k.queue.Add(api.KeyOf(claim))
		}
	})
	k.pods.Subscribe(func(old, p *corev1.Pod) {
		// What a pod that went, was replaced under its name, or has ended leaves behind may go now.
		if old != nil && (p == nil || p.UID != old.UID || ended(p) && !ended(old)) {
			for _, key := range binding.Claims(old) {
				if claim, ok := k.claims.GetKey(key); ok && deleted(claim) {
					k.queue.Add(key)
				}
			}
		}
	})
	client.WhenSynced(k.queue.Start, k.claims, k.pods)
	return k
}

func protected(c *corev1.PersistentVolumeClaim) bool { return slices.Contains(c.Finalizers, Finalizer) }

func deleted(c *corev1.PersistentVolumeClaim) bool { return c.DeletionTimestamp != nil && protected(c) }

func ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// uses reports that a pod keeps a claim.
func uses(p *corev1.Pod, claim *corev1.PersistentVolumeClaim) bool {
	if p.Spec.NodeName == "" {
		return false
	}
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		if v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim.Name {
			return true
		}
		if v.Ephemeral != nil && !ended(p) && binding.ClaimName(p, v) == claim.Name {
			if o := api.ControllerOf(claim); o != nil && o.UID == p.UID {
				return true
			}
		}
	}
	return false
}

func (k *Controller) sync(key string, done func(error)) {
	claim, ok := k.claims.GetKey(key)
	switch {
	case !ok:
		done(nil)
	case deleted(claim):
		if k.used(claim) {
			done(nil)
			return
		}
		// The cache may not know a pod yet: only the server's list says for certain that there is none.
		client.List(k.c, api.Pods, claim.Namespace, nil, func(pods []*corev1.Pod, err error) {
			if err != nil || slices.ContainsFunc(pods, func(p *corev1.Pod) bool { return uses(p, claim) }) {
				done(err)
				return
			}
			k.a.Record(sim.KindDecision, api.Ref(api.PersistentVolumeClaims, claim.Namespace, claim.Name), "no pod uses the claim any more: remove its finalizer")
			k.write(claim, func(list []string) []string {
				return slices.DeleteFunc(list, func(f string) bool { return f == Finalizer })
			}, done)
		})
	case claim.DeletionTimestamp == nil && !protected(claim):
		k.write(claim, func(list []string) []string { return append(list, Finalizer) }, done)
	default:
		done(nil)
	}
}

func (k *Controller) used(claim *corev1.PersistentVolumeClaim) bool {
	return slices.ContainsFunc(k.pods.ByIndex(indexClaim, api.KeyOf(claim)), func(p *corev1.Pod) bool { return uses(p, claim) })
}

func (k *Controller) write(claim *corev1.PersistentVolumeClaim, edit func([]string) []string, done func(error)) {
	o := api.Copy(claim)
	o.Finalizers = edit(slices.Clone(claim.Finalizers))
	client.Update(k.c, api.PersistentVolumeClaims, "", o, func(_ *corev1.PersistentVolumeClaim, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}
