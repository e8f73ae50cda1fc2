package disruption

import (
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

// Workers is how many budgets are synced at once (--concurrent-disruption-syncs).
const Workers = 1

// Controller is one running disruption controller.
type Controller struct {
	a       *sim.Actor
	c       *client.Client
	rec     *client.Recorder
	pods    *client.Cache[*corev1.Pod]
	budgets *client.Cache[*policyv1.PodDisruptionBudget]
	owners  owners
	queue   *client.Queue

	tallies   map[string]*tally // by the key of their budget
	selectors selectorindex.Index

	stale       *client.Queue        // pods whose DisruptionTarget is to be reset
	staleTimers map[string]sim.Timer // by pod key
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "controllermanager", ""),
		pods: client.Shared[*corev1.Pod](f, api.Pods), budgets: client.Shared[*policyv1.PodDisruptionBudget](f, api.PodDisruptionBudgets),
		owners: owners{
			c: c, controllers: client.Shared[*corev1.ReplicationController](f, api.ReplicationControllers),
			sets: client.Shared[*appsv1.ReplicaSet](f, api.ReplicaSets), deployments: client.Shared[*appsv1.Deployment](f, api.Deployments),
			stateful: client.Shared[*appsv1.StatefulSet](f, api.StatefulSets),
		},
		tallies: map[string]*tally{}, staleTimers: map[string]sim.Timer{},
	}
	k.queue = client.NewQueue(k.a, "disruption", Workers, k.sync)
	k.stale = client.NewQueue(k.a, "stale_pod_disruption", 1, k.syncStale)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.pods.AddIndex(client.IndexNamespace, client.ByNamespace[*corev1.Pod])
	k.budgets.Subscribe(k.onBudget)
	k.pods.Subscribe(k.onPod)
	o := &k.owners
	client.WhenSynced(func() {
		k.queue.Start()
		k.stale.Start()
	}, k.pods, k.budgets, o.controllers, o.sets, o.deployments, o.stateful)
	return k
}

func (k *Controller) onBudget(old, b *policyv1.PodDisruptionBudget) {
	if b == nil || old != nil && b.UID != old.UID {
		key := api.KeyOf(old)
		if t := k.tallies[key]; t != nil {
			t.recheck.Stop()
		}
		delete(k.tallies, key)
		k.selectors.Delete(key)
		old = nil
	}
	if b == nil {
		return
	}
	key := api.KeyOf(b)
	if old == nil || old.Generation != b.Generation {
		t := newTally(b)
		if was := k.tallies[key]; was != nil {
			t.recheck = was.recheck
		}
		k.tallies[key] = t
		k.selectors.Set(key, b.Namespace, t.selector)
		for _, p := range k.pods.ByIndex(client.IndexNamespace, b.Namespace) {
			if t.selector.Matches(labelSet(p)) {
				t.count(p, 1)
			}
		}
	}
	k.queue.Add(key)
}

func (k *Controller) onPod(old, pod *corev1.Pod) {
	now := pod
	if pod == nil {
		now = old
	}
	keys := k.selectors.Match(now.Namespace, now.Labels)
	for _, key := range keys {
		if pod != nil {
			k.tallies[key].count(pod, 1)
		}
		k.queue.Add(key)
	}
	if old != nil {
		before := keys
		if pod != nil && !maps.Equal(old.Labels, pod.Labels) {
			before = k.selectors.Match(old.Namespace, old.Labels)
		}
		for _, key := range before {
			k.tallies[key].count(old, -1)
			if !slices.Contains(keys, key) {
				// Upstream asks for the budget of the new labels only, so that the old one learns of the loss with the
				// next event of its pods. Nobody depends on that delay.
				k.queue.Add(key)
			}
		}
	}
	if len(keys) > 1 {
		_, name := api.SplitKey(keys[0])
		k.rec.Event(now, corev1.EventTypeWarning, "MultiplePodDisruptionBudgets", "Pod "+strconv.Quote(now.Namespace)+"/"+strconv.Quote(now.Name)+
			" matches multiple PodDisruptionBudgets.  Chose "+strconv.Quote(name)+" arbitrarily.")
	}
	k.watchCondition(old, pod)
}
