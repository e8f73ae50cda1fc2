package ephemeral

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
)

// Workers is how many pods are looked at at once (--concurrent-ephemeralvolume-syncs).
const Workers = 5

const indexEphemeral = "ephemeral" // namespace/name of the claims a pod brings along

// Controller is one run of the controller.
type Controller struct {
	c      *client.Client
	rec    *client.Recorder
	pods   *client.Cache[*corev1.Pod]
	claims *client.Cache[*corev1.PersistentVolumeClaim]
	queue  *client.Queue
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{c: c, rec: client.NewRecorder(c, "ephemeral_volume", ""),
		pods: client.Shared[*corev1.Pod](f, api.Pods), claims: client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims)}
	k.queue = client.NewQueue(c.Actor(), "ephemeral_volume", Workers, k.sync)
	k.pods.AddIndex(indexEphemeral, claimsOf)
	k.pods.Subscribe(func(old, p *corev1.Pod) {
		// A pod's volumes never change: it is looked at when it comes.
		if old == nil && p.DeletionTimestamp == nil && len(claimsOf(p)) > 0 {
			k.queue.Add(api.KeyOf(p))
		}
	})
	k.claims.Subscribe(func(old, c *corev1.PersistentVolumeClaim) {
		if c == nil { // somebody deleted it: the pod still needs it
			for _, p := range k.pods.ByIndex(indexEphemeral, api.KeyOf(old)) {
				k.queue.Add(api.KeyOf(p))
			}
		}
	})
	client.WhenSynced(k.queue.Start, k.pods, k.claims)
	return k
}

func claimsOf(p *corev1.Pod) (out []string) {
	for i := range p.Spec.Volumes {
		if v := &p.Spec.Volumes[i]; v.Ephemeral != nil {
			out = append(out, api.Key(p.Namespace, binding.ClaimName(p, v)))
		}
	}
	return out
}

func (k *Controller) sync(key string, done func(error)) {
	p, ok := k.pods.GetKey(key)
	if !ok || p.DeletionTimestamp != nil {
		done(nil)
		return
	}
	var next func(i int)
	next = func(i int) {
		for i < len(p.Spec.Volumes) && p.Spec.Volumes[i].Ephemeral == nil {
			i++
		}
		if i == len(p.Spec.Volumes) {
			done(nil)
			return
		}
		v := &p.Spec.Volumes[i]
		k.ensure(p, v, func(err error) {
			if err != nil {
				err = fmt.Errorf("ephemeral volume %s: %v", v.Name, err)
				k.rec.Event(p, corev1.EventTypeWarning, "FailedBinding", err.Error())
				done(fmt.Errorf("pod %s, %v", key, err))
				return
			}
			next(i + 1)
		})
	}
	next(0)
}

// ensure makes the claim of a volume unless it is there.
func (k *Controller) ensure(p *corev1.Pod, v *corev1.Volume, done func(error)) {
	name := binding.ClaimName(p, v)
	if c, ok := k.claims.Get(p.Namespace, name); ok {
		if o := api.ControllerOf(c); o == nil || o.UID != p.UID {
			done(fmt.Errorf("PVC %s/%s was not created for pod %s/%s (pod is not owner)", c.Namespace, c.Name, p.Namespace, p.Name))
			return
		}
		done(nil)
		return
	}
	if v.Ephemeral.VolumeClaimTemplate == nil {
		done(nil)
		return
	}
	t, yes := v.Ephemeral.VolumeClaimTemplate, true
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.Namespace, Annotations: t.Annotations, Labels: t.Labels,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID, Controller: &yes, BlockOwnerDeletion: &yes}}}, Spec: *t.Spec.DeepCopy()}
	client.Create(k.c, api.PersistentVolumeClaims, claim, func(_ *corev1.PersistentVolumeClaim, err error) {
		if err != nil {
			err = fmt.Errorf("create PVC %s: %v", name, err)
		}
		done(err)
	})
}
