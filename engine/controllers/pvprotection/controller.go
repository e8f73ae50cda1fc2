package pvprotection

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Finalizer is what keeps a volume.
const Finalizer = "kubernetes.io/pv-protection"

// Controller is one run of the controller.
type Controller struct {
	a       *sim.Actor
	c       *client.Client
	volumes *client.Cache[*corev1.PersistentVolume]
	queue   *client.Queue
}

// Run starts the controller; it works once its cache is synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, volumes: client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes)}
	k.queue = client.NewQueue(k.a, "pvprotection", 1, k.sync)
	k.volumes.Subscribe(func(_, v *corev1.PersistentVolume) {
		if v != nil && (free(v) || unprotected(v)) {
			k.queue.Add(v.Name)
		}
	})
	client.WhenSynced(k.queue.Start, k.volumes)
	return k
}

func unprotected(v *corev1.PersistentVolume) bool {
	return v.DeletionTimestamp == nil && !slices.Contains(v.Finalizers, Finalizer)
}

// free reports a volume that is to go and that nobody is bound to.
func free(v *corev1.PersistentVolume) bool {
	return v.DeletionTimestamp != nil && slices.Contains(v.Finalizers, Finalizer) && v.Status.Phase != corev1.VolumeBound
}

func (k *Controller) sync(name string, done func(error)) {
	v, ok := k.volumes.Get("", name)
	if !ok || !free(v) && !unprotected(v) {
		done(nil)
		return
	}
	o := api.Copy(v)
	if free(v) {
		k.a.Record(sim.KindDecision, api.Ref(api.PersistentVolumes, "", name), "no claim is bound to the volume any more: remove its finalizer")
		o.Finalizers = slices.DeleteFunc(slices.Clone(v.Finalizers), func(f string) bool { return f == Finalizer })
	} else {
		o.Finalizers = append(slices.Clone(v.Finalizers), Finalizer)
	}
	client.Update(k.c, api.PersistentVolumes, "", o, func(_ *corev1.PersistentVolume, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}
