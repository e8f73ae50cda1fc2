package persistentvolume

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// Period is how often everything that is not in order is looked at again (PVClaimBinderSyncPeriod).
	Period = 15 * time.Second

	indexClaim = "pvc" // namespace/name of the claims a pod's volumes use
)

// Controller is one run of the controller.
type Controller struct {
	a   *sim.Actor
	c   *client.Client
	rec *client.Recorder

	volumeCache *client.Cache[*corev1.PersistentVolume]
	claimCache  *client.Cache[*corev1.PersistentVolumeClaim]
	classes     *client.Cache[*storagev1.StorageClass]
	pods        *client.Cache[*corev1.Pod]

	// What it knows of volumes and claims: what the caches said, or what it wrote itself since.
	volumes *index
	claims  map[string]*corev1.PersistentVolumeClaim

	claimQueue, volumeQueue *client.Queue
	operations              map[string]*operation
	resync                  sim.Timer
	synced                  bool
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, rec: client.NewRecorder(c, "persistentvolume-controller", ""),
		volumeCache: client.Shared[*corev1.PersistentVolume](f, api.PersistentVolumes),
		claimCache:  client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		classes:     client.Shared[*storagev1.StorageClass](f, api.StorageClasses),
		pods:        client.Shared[*corev1.Pod](f, api.Pods),
		volumes:     newIndex(), claims: map[string]*corev1.PersistentVolumeClaim{}, operations: map[string]*operation{}}
	k.claimQueue = client.NewQueue(k.a, "claims", 1, k.syncClaimKey)
	k.volumeQueue = client.NewQueue(k.a, "volumes", 1, k.syncVolumeKey)
	k.pods.AddIndex(indexClaim, binding.Claims)
	k.volumeCache.Subscribe(func(old, v *corev1.PersistentVolume) {
		if v == nil {
			v = old
		}
		k.volumeQueue.Add(v.Name)
		k.armResync()
	})
	k.claimCache.Subscribe(func(old, c *corev1.PersistentVolumeClaim) {
		if c == nil {
			c = old
		}
		k.claimQueue.Add(api.KeyOf(c))
		k.armResync()
	})
	client.WhenSynced(func() {
		k.synced = true
		for _, v := range k.volumeCache.All() {
			k.volumes.put(v)
		}
		for _, c := range k.claimCache.All() {
			k.claims[api.KeyOf(c)] = c
		}
		k.claimQueue.Start()
		k.volumeQueue.Start()
		k.armResync()
	}, k.volumeCache, k.claimCache, k.classes, k.pods)
	return k
}

// armResync looks at all that is not in order once a period, as long as there is anything at all.
func (k *Controller) armResync() {
	if !k.synced || k.resync.Pending() || k.volumeCache.Len()+k.claimCache.Len() == 0 {
		return
	}
	k.resync = k.a.Periodic(Period, "resync claims and volumes", func() {
		for _, c := range k.claimCache.All() {
			if !k.claimInOrder(c) {
				k.claimQueue.Add(api.KeyOf(c))
			}
		}
		for _, v := range k.volumeCache.All() {
			if !k.volumeInOrder(v) {
				k.volumeQueue.Add(v.Name)
			}
		}
		k.armResync()
	})
}

// claimInOrder reports that a sync of the claim would change nothing.
func (k *Controller) claimInOrder(c *corev1.PersistentVolumeClaim) bool {
	if c.Status.Phase != corev1.ClaimBound || !binding.Complete(c) {
		return false
	}
	v := k.volumes.get(c.Spec.VolumeName)
	return v != nil && v.Status.Phase == corev1.VolumeBound && v.Spec.ClaimRef != nil && v.Spec.ClaimRef.UID == c.UID
}

// volumeInOrder reports that a sync of the volume would change nothing.
func (k *Controller) volumeInOrder(v *corev1.PersistentVolume) bool {
	if v.Spec.ClaimRef == nil {
		return v.Status.Phase == corev1.VolumeAvailable
	}
	c := k.claims[refKey(v)]
	return v.Status.Phase == corev1.VolumeBound && c != nil && c.UID == v.Spec.ClaimRef.UID && c.Spec.VolumeName == v.Name
}

// refKey is the key of the claim a volume is bound to or set aside for.
func refKey(v *corev1.PersistentVolume) string {
	return api.Key(v.Spec.ClaimRef.Namespace, v.Spec.ClaimRef.Name)
}

// keepClaim takes in a version of a claim; false says that a newer one is known.
func (k *Controller) keepClaim(c *corev1.PersistentVolumeClaim) bool {
	key := api.KeyOf(c)
	if old := k.claims[key]; old != nil && api.Revision(old) > api.Revision(c) {
		return false
	}
	k.claims[key] = c
	return true
}

func (k *Controller) syncClaimKey(key string, done func(error)) {
	if c, ok := k.claimCache.GetKey(key); ok {
		if !k.keepClaim(c) {
			done(nil)
			return
		}
		k.syncClaim(c, done)
		return
	}
	if c := k.claims[key]; c != nil {
		delete(k.claims, key)
		if c.Spec.VolumeName != "" {
			k.volumeQueue.Add(c.Spec.VolumeName) // to be released
		}
	}
	done(nil)
}

func (k *Controller) syncVolumeKey(name string, done func(error)) {
	if v, ok := k.volumeCache.Get("", name); ok {
		if !k.volumes.put(v) {
			done(nil)
			return
		}
		k.syncVolume(v, done)
		return
	}
	if v := k.volumes.get(name); v != nil {
		k.volumes.remove(name)
		if v.Spec.ClaimRef != nil {
			k.claimQueue.Add(refKey(v)) // which has lost it
		}
	}
	done(nil)
}
