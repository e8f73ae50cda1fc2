package resourcequota

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/api"
	"tabernetes/engine/api/quota"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

const (
	// Period is how often everything is counted anew (--resource-quota-sync-period).
	Period = 5 * time.Minute
	// Workers is how many quotas are counted at once (--concurrent-resource-quota-syncs).
	Workers = 5

	// gather is how long what ends is collected before its quota is counted: one count for many pods that go together.
	gather = 10 * time.Millisecond

	indexNamespace = "namespace"
)

// Controller is one running resource quota controller.
type Controller struct {
	f      *client.Informers
	a      *sim.Actor
	quotas *client.Cache[*corev1.ResourceQuota]
	queue  *client.Queue

	tracked map[*api.Resource]source
	rows    []*api.Resource // that can be tracked, in the table's order
	custom  []*api.Resource // custom ones, as discovered last
	ahead   bool            // the next discovery is planned
}

// source is a cache of a tracked resource.
type source struct {
	stop   func() // of a custom resource
	quiet  bool   // no count follows when it is synced
	synced func() bool
	each   func(namespace string, fn func(api.Object))
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{f: f, a: c.Actor(), quotas: client.Shared[*corev1.ResourceQuota](f, api.ResourceQuotas), tracked: map[*api.Resource]source{}}
	for _, r := range api.Builtin() {
		if r.Namespaced && r.Kept() && r != api.Events {
			k.rows = append(k.rows, r)
		}
	}
	k.quotas.AddIndex(indexNamespace, client.ByNamespace[*corev1.ResourceQuota])
	k.queue = client.NewQueue(k.a, "resourcequota", Workers, k.sync)
	k.quotas.Subscribe(func(old, q *corev1.ResourceQuota) {
		switch {
		case q == nil:
		case old == nil || !quota.Equal(old.Spec.Hard, q.Spec.Hard) || len(old.Spec.Hard) != len(q.Spec.Hard):
			k.track(q)
			k.queue.Add(api.KeyOf(q))
			if k.countsCustom(q) {
				k.discover(true)
			}
		}
	})
	client.WhenSynced(func() {
		k.queue.Start()
		k.a.Periodic(Period, "recount quotas", k.recount)
	}, k.quotas)
	return k
}

func (k *Controller) recount() {
	for _, q := range k.quotas.All() {
		k.queue.Add(api.KeyOf(q))
	}
	k.a.Periodic(Period, "recount quotas", k.recount)
}

// track begins to watch what a quota limits.
func (k *Controller) track(q *corev1.ResourceQuota) {
	for _, r := range k.rows {
		if _, ok := k.tracked[r]; ok || !tracks(q, r) {
			continue
		}
		switch r {
		case api.Pods:
			watch(k, r, client.Shared[*corev1.Pod](k.f, r), false)
		case api.Services:
			watch(k, r, client.Shared[*corev1.Service](k.f, r), false)
		case api.PersistentVolumeClaims:
			watch(k, r, client.Shared[*corev1.PersistentVolumeClaim](k.f, r), false)
		case api.ResourceQuotas:
			watch(k, r, k.quotas, false)
		default:
			watch(k, r, client.NewCache[api.Object](k.f.Client(), r, client.Selection{}), false)
		}
	}
}

func tracks(q *corev1.ResourceQuota, r *api.Resource) bool {
	for name := range q.Spec.Hard {
		if quota.Tracks(r, name) {
			return true
		}
	}
	return false
}

func watch[T client.Typed](k *Controller, r *api.Resource, cache *client.Cache[T], quiet bool) {
	k.tracked[r] = source{
		synced: cache.Synced,
		each: func(namespace string, fn func(api.Object)) {
			for _, o := range cache.All() {
				if o.GetNamespace() == namespace {
					fn(o)
				}
			}
		},
	}
	cache.Subscribe(func(old, now T) {
		var ns string
		switch {
		case any(now) == nil || isNil(now):
			ns = old.GetNamespace()
		case isNil(old) || !quota.Ended(old, now, k.a.Wall()):
			return // what is new has been charged
		default:
			ns = now.GetNamespace()
		}
		for _, q := range k.quotas.ByIndex(indexNamespace, ns) {
			if tracks(q, r) {
				k.queue.AddAfter(api.KeyOf(q), gather)
			}
		}
	})
	if quiet {
		return
	}
	cache.OnSynced(func() {
		for _, q := range k.quotas.All() {
			if tracks(q, r) {
				k.queue.Add(api.KeyOf(q))
			}
		}
	})
}

func isNil[T client.Typed](o T) bool {
	var none T
	return client.Same(o, none)
}

// sync counts what falls under a quota.
func (k *Controller) sync(key string, done func(error)) {
	q, ok := k.quotas.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	used := quota.Add(nil, q.Status.Used)
	now := k.a.Wall()
	for _, r := range slices.Concat(k.rows, k.custom) {
		src, ok := k.tracked[r]
		if !ok || !tracks(q, r) || src.quiet && !src.synced() {
			continue
		}
		if !src.synced() {
			done(nil) // the cache calls again when it is
			return
		}
		fresh := quota.List{}
		for name := range q.Spec.Hard {
			if quota.Tracks(r, name) {
				fresh[name] = quota.Zero()
			}
		}
		src.each(q.Namespace, func(o api.Object) {
			if quota.InScope(q, o) {
				quota.AddTracked(fresh, quota.Usage(r, o, now))
			}
		})
		maps.Copy(used, fresh)
	}
	used = quota.Mask(used, slices.Sorted(maps.Keys(q.Spec.Hard)))
	if q.Status.Used != nil && quota.Equal(used, q.Status.Used) && equality.Semantic.DeepEqual(q.Spec.Hard, q.Status.Hard) {
		done(nil)
		return
	}
	next := q.DeepCopy()
	next.Status = corev1.ResourceQuotaStatus{Hard: quota.Add(nil, q.Spec.Hard), Used: used}
	client.Update(k.f.Client(), api.ResourceQuotas, "status", next, func(_ *corev1.ResourceQuota, err error) { done(err) })
}
