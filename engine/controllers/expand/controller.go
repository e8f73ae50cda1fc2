package expand

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Workers is how many claims are looked at at once.
const Workers = 10

// Controller is one run of the controller.
type Controller struct {
	c      *client.Client
	rec    *client.Recorder
	claims *client.Cache[*corev1.PersistentVolumeClaim]
	queue  *client.Queue
}

// Run starts the controller; it works once its cache is synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{c: c, rec: client.NewRecorder(c, "volume_expand", ""), claims: client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims)}
	k.queue = client.NewQueue(c.Actor(), "volume_expand", Workers, k.sync)
	k.claims.Subscribe(func(old, c *corev1.PersistentVolumeClaim) {
		if c == nil || c.Status.Phase != corev1.ClaimBound {
			return
		}
		if old == nil || grown(old.Spec.Resources.Requests, c.Spec.Resources.Requests) || grown(old.Status.Capacity, c.Status.Capacity) {
			k.queue.Add(api.KeyOf(c))
		}
	})
	client.WhenSynced(k.queue.Start, k.claims)
	return k
}

func grown(old, new corev1.ResourceList) bool {
	q := new[corev1.ResourceStorage]
	return q.Cmp(old[corev1.ResourceStorage]) > 0
}

func (k *Controller) sync(key string, done func(error)) {
	c, ok := k.claims.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	client.Get(k.c, api.PersistentVolumes, "", c.Spec.VolumeName, func(v *corev1.PersistentVolume, err error) {
		switch {
		case err != nil:
			done(fmt.Errorf("failed to get PV %q: %v", c.Spec.VolumeName, err))
			return
		case v.Spec.ClaimRef == nil || v.Spec.ClaimRef.Namespace != c.Namespace || v.Spec.ClaimRef.UID != c.UID:
			done(fmt.Errorf("persistent Volume is not bound to PVC being updated : %s", key))
			return
		case grown(c.Status.Capacity, c.Spec.Resources.Requests):
			k.rec.Event(c, corev1.EventTypeNormal, "ExternalExpanding", "waiting for an external controller to expand this PVC")
		}
		done(nil)
	})
}
