package replicaset

import (
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/expectations"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

// Limits and concurrency of kube-controller-manager.
const (
	BurstReplicas = 500 // creations or deletions in one sync
	Workers       = 5   // --concurrent-replicaset-syncs
)

// Controller is one running ReplicaSet controller.
type Controller struct {
	a      *sim.Actor
	c      *client.Client
	kind   Kind
	pods   *client.Cache[*corev1.Pod]
	sets   Sets
	queue  *client.Queue
	expect *expectations.Tracker
	ctl    *podcontrol.Control

	tallies   map[types.UID]*tally
	selectors selectorindex.Index
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	return RunFor(f, Kind{Resource: api.ReplicaSets, Queue: "replicaset", Component: "replicaset-controller", Terminating: true}, newStored(f))
}

// RunFor starts the controller for objects of a kind that can be seen as ReplicaSets.
func RunFor(f *client.Informers, kind Kind, sets Sets) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, kind: kind, pods: client.Shared[*corev1.Pod](f, api.Pods), sets: sets,
		expect: expectations.New(c.Actor()), tallies: map[types.UID]*tally{},
	}
	k.ctl = podcontrol.New(c, client.NewRecorder(c, kind.Component, ""))
	k.queue = client.NewQueue(k.a, kind.Queue, Workers, k.sync)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.pods.AddIndex(client.IndexOrphans, client.Orphans[*corev1.Pod])
	k.sets.Subscribe(k.onSet)
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(k.queue.Start, k.pods, k.sets)
	return k
}

func (k *Controller) onSet(old, rs *appsv1.ReplicaSet) {
	if old != nil && (rs == nil || rs.UID != old.UID) {
		delete(k.tallies, old.UID)
		k.selectors.Delete(api.KeyOf(old))
		k.expect.Forget(api.KeyOf(old))
		old = nil
		if rs == nil {
			return
		}
	}
	if rs == nil {
		return
	}
	if old == nil || rs.Spec.MinReadySeconds != old.Spec.MinReadySeconds ||
		!maps.Equal(rs.Spec.Template.Labels, old.Spec.Template.Labels) || !equalSelectors(rs.Spec.Selector, old.Spec.Selector) {
		k.recount(rs)
	}
	k.queue.Add(api.KeyOf(rs))
}

func equalSelectors(a, b *metav1.LabelSelector) bool {
	return a == b || a != nil && b != nil && maps.Equal(a.MatchLabels, b.MatchLabels) &&
		slices.EqualFunc(a.MatchExpressions, b.MatchExpressions, func(a, b metav1.LabelSelectorRequirement) bool {
			return a.Key == b.Key && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
		})
}

// recount makes the tally of a ReplicaSet anew from all its pods.
func (k *Controller) recount(rs *appsv1.ReplicaSet) {
	t := newTally(rs, ownership.Refs(k.sets.Object(rs), k.kind.Resource))
	t.asOf = k.a.Wall()
	if old := k.tallies[rs.UID]; old != nil {
		t.wrotePods, t.wroteSet = old.wrotePods, old.wroteSet
	}
	k.tallies[rs.UID] = t
	k.selectors.Set(api.KeyOf(rs), rs.Namespace, t.selector)
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(rs.UID)) {
		t.count(p, 1)
	}
}

func (k *Controller) onPod(old, pod *corev1.Pod) {
	var was, is *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
		if was != nil {
			if t := k.tallies[was.UID]; t != nil {
				t.count(old, -1)
			}
		}
	}
	if pod != nil {
		is = metav1.GetControllerOfNoCopy(pod)
		if is != nil {
			if t := k.tallies[is.UID]; t != nil {
				t.count(pod, 1)
			}
		}
	}
	switch {
	case pod == nil:
		k.podDeleted(old, was)
	case pod.DeletionTimestamp != nil:
		k.podDeleted(pod, is)
		if old != nil && was != nil && (is == nil || is.UID != was.UID) {
			k.podDeleted(old, was)
		}
	case old == nil:
		k.podAdded(pod, is)
	default:
		k.podUpdated(old, pod, was, is)
	}
}

// resolve finds the ReplicaSet of a controller reference, nil if it is of another kind or gone.
func (k *Controller) resolve(namespace string, ref *metav1.OwnerReference) *appsv1.ReplicaSet {
	if ref == nil || ref.Kind != k.kind.Resource.Kind {
		return nil
	}
	rs, ok := k.sets.Get(namespace, ref.Name)
	if !ok || rs.UID != ref.UID {
		return nil
	}
	return rs
}

func (k *Controller) podAdded(pod *corev1.Pod, ref *metav1.OwnerReference) {
	if ref == nil {
		k.orphan(pod)
		return
	}
	if rs := k.resolve(pod.Namespace, ref); rs != nil {
		key := api.KeyOf(rs)
		k.expect.CreationObserved(key)
		k.queue.Add(key)
	}
}

func (k *Controller) podDeleted(pod *corev1.Pod, ref *metav1.OwnerReference) {
	if rs := k.resolve(pod.Namespace, ref); rs != nil {
		key := api.KeyOf(rs)
		k.expect.DeletionObserved(key, api.KeyOf(pod))
		k.queue.Add(key)
	}
}

func (k *Controller) podUpdated(old, pod *corev1.Pod, was, is *metav1.OwnerReference) {
	moved := (was == nil) != (is == nil) || was != nil && was.UID != is.UID
	if moved {
		if rs := k.resolve(old.Namespace, was); rs != nil {
			k.queue.Add(api.KeyOf(rs))
		}
	}
	if is == nil {
		if moved || !maps.Equal(old.Labels, pod.Labels) {
			k.orphan(pod)
		}
		return
	}
	rs := k.resolve(pod.Namespace, is)
	if rs == nil {
		return
	}
	key := api.KeyOf(rs)
	k.queue.Add(key)
	if rs.Spec.MinReadySeconds > 0 && !api.PodReady(old) && api.PodReady(pod) {
		k.queue.AddAfter(key, time.Duration(rs.Spec.MinReadySeconds)*time.Second)
	}
}

// orphan wakes the ReplicaSets that could adopt a pod.
func (k *Controller) orphan(pod *corev1.Pod) {
	for _, key := range k.selectors.Match(pod.Namespace, pod.Labels) {
		if rs, ok := k.sets.GetKey(key); ok {
			k.tallies[rs.UID].orphans = true
			k.queue.Add(key)
		}
	}
}
