package daemonset

import (
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/expectations"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

const (
	// BurstReplicas bounds the creations and the deletions of one sync.
	BurstReplicas = 250
	// Workers is how many sets are synced at once (--concurrent-daemonset-syncs).
	Workers = 2
)

// Controller is one running DaemonSet controller.
type Controller struct {
	a         *sim.Actor
	c         *client.Client
	rec       *client.Recorder
	ctl       *podcontrol.Control
	pods      *client.Cache[*corev1.Pod]
	nodes     *client.Cache[*corev1.Node]
	daemons   *client.Cache[*appsv1.DaemonSet]
	revisions *client.Cache[*appsv1.ControllerRevision]
	queue     *client.Queue
	expect    *expectations.Tracker
	backoff   backoff

	sets      map[string]*set    // by key
	byUID     map[types.UID]*set // the same
	order     []*set             // the same, by the time they were seen first
	selectors selectorindex.Index
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "daemonset-controller", ""), expect: expectations.New(c.Actor()), backoff: backoff{},
		pods: client.Shared[*corev1.Pod](f, api.Pods), nodes: client.Shared[*corev1.Node](f, api.Nodes),
		daemons: client.Shared[*appsv1.DaemonSet](f, api.DaemonSets), revisions: client.Shared[*appsv1.ControllerRevision](f, api.ControllerRevisions),
		sets: map[string]*set{}, byUID: map[types.UID]*set{},
	}
	k.ctl = podcontrol.New(c, k.rec)
	k.queue = client.NewQueue(k.a, "daemonset", Workers, k.sync)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.pods.AddIndex(client.IndexOrphans, client.Orphans[*corev1.Pod])
	k.revisions.AddIndex(client.IndexOwner, client.ByOwner[*appsv1.ControllerRevision])
	k.revisions.AddIndex(client.IndexOrphans, client.Orphans[*appsv1.ControllerRevision])
	k.daemons.Subscribe(k.onSet)
	k.nodes.Subscribe(k.onNode)
	k.pods.Subscribe(k.onPod)
	k.revisions.Subscribe(k.onRevision)
	client.WhenSynced(k.queue.Start, k.pods, k.nodes, k.daemons, k.revisions)
	return k
}

func (k *Controller) onSet(old, ds *appsv1.DaemonSet) {
	if old != nil && (ds == nil || ds.UID != old.UID) {
		key := api.KeyOf(old)
		k.order = slices.DeleteFunc(k.order, func(s *set) bool { return s.key == key })
		delete(k.sets, key)
		delete(k.byUID, old.UID)
		k.selectors.Delete(key)
		k.expect.Forget(key)
		k.queue.Add(key)
	}
	if ds == nil {
		return
	}
	key := api.KeyOf(ds)
	s := k.sets[key]
	if s == nil {
		s = newSet(ds)
		s.refs = ownership.Refs(ds, api.DaemonSets)
		k.sets[key], k.byUID[ds.UID] = s, s
		k.order = append(k.order, s)
	}
	if s.adopt(ds) {
		s.claim = true
		k.selectors.Set(key, ds.Namespace, s.selector)
		k.populate(s)
	}
	k.queue.Add(key)
}

// populate looks at all nodes and pods of a set anew.
func (k *Controller) populate(s *set) {
	fresh := newSet(s.ds)
	s.places, s.dirty, s.waiting, s.rolling, s.counts = fresh.places, fresh.dirty, fresh.waiting, fresh.rolling, counts{}
	now := k.a.Wall()
	for _, n := range k.nodes.All() {
		s.node(n.Name, n, now)
	}
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(s.ds.UID)) {
		if s.selector.Matches(labels.Set(p.Labels)) {
			s.pod(nil, p, now)
		}
	}
}

// onNode: a node that is gone makes no sync; the collection of its pods will.
func (k *Controller) onNode(old, n *corev1.Node) {
	if old != nil && n != nil && maps.Equal(old.Labels, n.Labels) && equality.Semantic.DeepEqual(old.Spec.Taints, n.Spec.Taints) {
		return
	}
	name := ""
	if n != nil {
		name = n.Name
	} else {
		name = old.Name
	}
	now := k.a.Wall()
	for _, s := range k.order {
		s.node(name, n, now)
		p := s.places[name]
		if n == nil || p == nil {
			continue
		}
		here := len(p.pods) > 0
		if p.run && !here || !p.keep && here || here && s.ds.Status.NumberMisscheduled > 0 {
			k.queue.Add(s.key)
		}
	}
}

func (k *Controller) owner(ref *metav1.OwnerReference) *set {
	if ref == nil || ref.Kind != api.DaemonSets.Kind {
		return nil
	}
	return k.byUID[ref.UID]
}

func (k *Controller) onPod(old, pod *corev1.Pod) {
	var wasRef, isRef *metav1.OwnerReference
	if old != nil {
		wasRef = metav1.GetControllerOfNoCopy(old)
	}
	if pod != nil {
		isRef = metav1.GetControllerOfNoCopy(pod)
	}
	was, is := k.owner(wasRef), k.owner(isRef)
	k.place(was, is, old, pod)
	moved := (wasRef == nil) != (isRef == nil) || wasRef != nil && wasRef.UID != isRef.UID
	switch {
	case pod == nil:
		k.podDeleted(old, was)
	case pod.DeletionTimestamp != nil:
		k.podDeleted(pod, is)
	case old == nil && is != nil:
		k.expect.CreationObserved(is.key)
		k.queue.Add(is.key)
	case old != nil && moved && was != nil:
		k.queue.Add(was.key)
		fallthrough
	default:
		switch {
		case is != nil:
			k.queue.Add(is.key)
			if d := is.ds.Spec.MinReadySeconds; d > 0 && old != nil && !api.PodReady(old) && api.PodReady(pod) {
				k.queue.AddAfter(is.key, time.Duration(d)*time.Second+time.Second)
			}
		case isRef == nil && (old == nil || moved || !maps.Equal(old.Labels, pod.Labels)):
			for _, key := range k.selectors.Match(pod.Namespace, pod.Labels) {
				k.sets[key].claim = true
				k.queue.Add(key)
			}
		}
	}
}

// place keeps the places of the sets that own a pod, or did, current.
func (k *Controller) place(was, is *set, old, pod *corev1.Pod) {
	if was == nil && is == nil {
		return
	}
	now := k.a.Wall()
	counted := func(s *set, p *corev1.Pod) *corev1.Pod {
		if s == nil || p == nil || !s.selector.Matches(labels.Set(p.Labels)) {
			return nil
		}
		return p
	}
	if was == is {
		was.pod(counted(was, old), counted(is, pod), now)
	} else {
		if was != nil {
			was.pod(counted(was, old), nil, now)
		}
		if is != nil {
			is.pod(nil, counted(is, pod), now)
		}
	}
	if is != nil && pod != nil && counted(is, pod) == nil {
		is.claim = true // it is to be released
	}
}

func (k *Controller) podDeleted(p *corev1.Pod, s *set) {
	if s != nil {
		k.expect.DeletionObserved(s.key, api.KeyOf(p))
		k.queue.Add(s.key)
	}
}

func (k *Controller) onRevision(old, r *appsv1.ControllerRevision) {
	var was, is *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
	}
	if r != nil && r.DeletionTimestamp == nil {
		is = metav1.GetControllerOfNoCopy(r)
	}
	if s := k.owner(was); s != nil {
		k.queue.Add(s.key)
	}
	if s := k.owner(is); s != nil && old != nil {
		k.queue.Add(s.key)
	}
	if r == nil || is != nil || r.DeletionTimestamp != nil {
		return
	}
	if old == nil || was != nil || !maps.Equal(old.Labels, r.Labels) {
		for _, key := range k.selectors.Match(r.Namespace, r.Labels) {
			k.queue.Add(key)
		}
	}
}
