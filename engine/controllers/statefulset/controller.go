package statefulset

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/selectorindex"
	"tabernetes/engine/sim"
)

// Workers is how many sets are synced at once (--concurrent-statefulset-syncs).
const Workers = 5

// Controller is one running StatefulSet controller.
type Controller struct {
	a         *sim.Actor
	c         *client.Client
	rec       *client.Recorder
	pods      *client.Cache[*corev1.Pod]
	sets      *client.Cache[*appsv1.StatefulSet]
	claims    *client.Cache[*corev1.PersistentVolumeClaim]
	revisions *client.Cache[*appsv1.ControllerRevision]
	queue     *client.Queue

	states    map[types.UID]*state
	selectors selectorindex.Index
}

// state is what the controller remembers of a set between syncs.
type state struct {
	selector labels.Selector // nil: it cannot be understood
	refs     []metav1.OwnerReference
	claim    bool   // there may be pods to adopt or to release
	waiting  string // for what the set waited last
	// The newest of the controller's own writes about the set.
	wrotePods, wroteClaims, wroteSet int64

	generation int64  // of which
	patch      []byte // is the patch of the template
	// same is the revision, by UID and resourceVersion, that says the same as patch in other bytes.
	same     string
	restored map[types.UID]*corev1.PodTemplateSpec // templates of other revisions
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "statefulset-controller", ""),
		pods: client.Shared[*corev1.Pod](f, api.Pods), sets: client.Shared[*appsv1.StatefulSet](f, api.StatefulSets),
		claims:    client.Shared[*corev1.PersistentVolumeClaim](f, api.PersistentVolumeClaims),
		revisions: client.Shared[*appsv1.ControllerRevision](f, api.ControllerRevisions),
		states:    map[types.UID]*state{},
	}
	k.queue = client.NewQueue(k.a, "statefulset", Workers, k.sync)
	k.pods.AddIndex(client.IndexOwner, client.ByOwner[*corev1.Pod])
	k.pods.AddIndex(client.IndexOrphans, client.Orphans[*corev1.Pod])
	k.revisions.AddIndex(client.IndexOwner, client.ByOwner[*appsv1.ControllerRevision])
	k.revisions.AddIndex(client.IndexOrphans, client.Orphans[*appsv1.ControllerRevision])
	k.sets.Subscribe(k.onSet)
	k.pods.Subscribe(k.onPod)
	client.WhenSynced(k.queue.Start, k.pods, k.sets, k.claims, k.revisions)
	return k
}

func (k *Controller) onSet(old, set *appsv1.StatefulSet) {
	if old != nil && (set == nil || set.UID != old.UID) {
		delete(k.states, old.UID)
		k.selectors.Delete(api.KeyOf(old))
		old = nil
	}
	if set == nil {
		return
	}
	key := api.KeyOf(set)
	if old == nil {
		s := &state{refs: ownership.Refs(set, api.StatefulSets), claim: true}
		// The selector of a set does not change.
		if sel, err := metav1.LabelSelectorAsSelector(set.Spec.Selector); err == nil {
			s.selector = sel
			k.selectors.Set(key, set.Namespace, sel)
		}
		k.states[set.UID] = s
	}
	k.queue.Add(key)
}

// resolve finds the set of a controller reference, nil if it is of another kind or gone.
func (k *Controller) resolve(namespace string, ref *metav1.OwnerReference) *appsv1.StatefulSet {
	if ref == nil || ref.Kind != api.StatefulSets.Kind {
		return nil
	}
	set, ok := k.sets.Get(namespace, ref.Name)
	if !ok || set.UID != ref.UID {
		return nil
	}
	return set
}

func (k *Controller) onPod(old, pod *corev1.Pod) {
	var was, is *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
	}
	if pod == nil {
		if set := k.resolve(old.Namespace, was); set != nil {
			k.queue.Add(api.KeyOf(set))
		}
		return
	}
	is = metav1.GetControllerOfNoCopy(pod)
	moved := old != nil && ((was == nil) != (is == nil) || was != nil && was.UID != is.UID)
	if moved {
		if set := k.resolve(old.Namespace, was); set != nil {
			k.queue.Add(api.KeyOf(set))
		}
	}
	if is == nil {
		if pod.DeletionTimestamp == nil && (old == nil || moved || !maps.Equal(old.Labels, pod.Labels)) {
			for _, key := range k.selectors.Match(pod.Namespace, pod.Labels) {
				if set, ok := k.sets.GetKey(key); ok {
					k.states[set.UID].claim = true
					k.queue.Add(key)
				}
			}
		}
		return
	}
	set := k.resolve(pod.Namespace, is)
	if set == nil {
		return
	}
	key := api.KeyOf(set)
	if s := k.states[set.UID]; s.selector != nil && !k.member(s, set, pod) {
		s.claim = true // it is to be released
	}
	k.queue.Add(key)
	if d := set.Spec.MinReadySeconds; d > 0 && old != nil && !api.PodReady(old) && api.PodReady(pod) {
		k.queue.AddAfter(key, time.Duration(d)*time.Second)
	}
}

// member reports a pod that the set would adopt: of its labels, and of its name.
func (k *Controller) member(s *state, set *appsv1.StatefulSet, p *corev1.Pod) bool {
	parent, _ := parentAndOrdinal(p.Name)
	return parent == set.Name && s.selector.Matches(labels.Set(p.Labels))
}

// errStale makes the queue try again soon: a cache has not seen the controller's own last write
// (StaleControllerConsistencyStatefulSet, on by default since v1.36).
var errStale = errors.New("the cache is behind the controller's own writes")

func (k *Controller) sync(key string, done func(error)) {
	set, ok := k.sets.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	s := k.states[set.UID]
	switch {
	case s.selector == nil:
		done(nil) // no later sync would understand it either
		return
	case k.pods.Revision() < s.wrotePods, k.claims.Revision() < s.wroteClaims, k.sets.Revision() < s.wroteSet:
		done(errStale)
		return
	}
	k.adoptRevisions(s, set, func(err error) {
		if err != nil {
			done(err)
			return
		}
		k.claimPods(s, set, func(pods []*corev1.Pod, err error) {
			if err != nil {
				done(err)
				return
			}
			p := &pass{k: k, s: s, set: set, pods: pods, now: k.a.Wall()}
			p.run(func(err error) {
				if err == nil && p.counted {
					k.plan(p)
				}
				done(err)
			})
		})
	})
}

// claimPods are the pods of a set, adopted and released where events have shown that there may be something to.
func (k *Controller) claimPods(s *state, set *appsv1.StatefulSet, then func([]*corev1.Pod, error)) {
	pods := slices.Clone(k.pods.ByIndex(client.IndexOwner, string(set.UID)))
	if !s.claim {
		then(pods, nil)
		return
	}
	s.claim = false
	for _, p := range k.pods.ByIndex(client.IndexOrphans, set.Namespace) {
		if k.member(s, set, p) {
			pods = append(pods, p)
		}
	}
	claims := ownership.Claims[*corev1.Pod]{Client: k.c, Owner: set, OwnerRes: api.StatefulSets, Selector: s.selector, Resource: api.Pods,
		Filter: func(p *corev1.Pod) bool { return k.member(s, set, p) }}
	claims.Claim(pods, func(claimed []*corev1.Pod, err error) {
		for _, p := range claimed {
			s.wrotePods = max(s.wrotePods, api.Revision(p))
		}
		s.claim = err != nil || len(claimed) < len(pods)
		then(claimed, err)
	})
}

// adoptRevisions adopts the revisions that match the set's selector and have no owner.
func (k *Controller) adoptRevisions(s *state, set *appsv1.StatefulSet, then func(error)) {
	var todo []*appsv1.ControllerRevision
	for _, r := range k.revisions.ByIndex(client.IndexOrphans, set.Namespace) {
		if s.selector.Matches(labels.Set(r.Labels)) {
			todo = append(todo, r)
		}
	}
	if len(todo) == 0 {
		then(nil)
		return
	}
	claims := ownership.Claims[*appsv1.ControllerRevision]{Client: k.c, Owner: set, OwnerRes: api.StatefulSets, Selector: s.selector, Resource: api.ControllerRevisions}
	claims.Claim(todo, func(_ []*appsv1.ControllerRevision, err error) {
		if err != nil {
			err = fmt.Errorf("can't adopt ControllerRevisions: %w", err)
		}
		then(err)
	})
}

// plan queues the set for the time at which its next pod will have been ready for minReadySeconds: nothing happens then
// that would.
func (k *Controller) plan(p *pass) {
	if p.set.Spec.MinReadySeconds == 0 || p.status.ReadyReplicas == p.status.AvailableReplicas {
		return
	}
	next := time.Duration(p.set.Spec.MinReadySeconds) * time.Second
	first := true
	for _, pod := range p.pods {
		if d, ok := availableIn(pod, p.set, p.now); ok && d > 0 && (first || d < next) {
			next, first = d, false
		}
	}
	k.queue.AddAfter(api.KeyOf(p.set), max(0, next-k.a.Wall().Sub(p.now)))
}
