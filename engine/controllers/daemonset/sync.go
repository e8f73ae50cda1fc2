package daemonset

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/sim"
)

// Reasons of the events on a DaemonSet, beside those about pods.
const (
	SelectingAll       = "SelectingAll"
	FailedDaemonPod    = "FailedDaemonPod"
	SucceededDaemonPod = "SucceededDaemonPod"
)

// errStale makes the queue try again soon: a cache has not seen the controller's own last write
// (StaleControllerConsistencyDaemonSet, on by default since v1.36).
var errStale = errors.New("the cache is behind the controller's own writes")

func (k *Controller) sync(key string, done func(error)) {
	s := k.sets[key]
	if s == nil {
		k.expect.Forget(key)
		done(nil)
		return
	}
	if k.pods.Revision() < s.wrotePods || k.daemons.Revision() < s.wroteSet {
		done(errStale)
		return
	}
	ds := s.ds
	if sel := ds.Spec.Selector; sel != nil && len(sel.MatchLabels) == 0 && len(sel.MatchExpressions) == 0 {
		k.rec.Event(ds, corev1.EventTypeWarning, SelectingAll, "This daemon set is selecting all pods. A non-empty selector is required.")
		done(nil)
		return
	}
	if ds.DeletionTimestamp != nil {
		done(nil) // what it owns may be gone already, or be going
		return
	}
	now := k.a.Wall()
	for _, name := range sorted(s.waiting) {
		s.refresh(name, now)
	}
	manage := k.expect.Satisfied(key)
	k.claimPods(s, func(err error) {
		if err != nil {
			done(err)
			return
		}
		k.history(s, ds, func(cur *appsv1.ControllerRevision, old []*appsv1.ControllerRevision, err error) {
			if err != nil {
				done(fmt.Errorf("failed to construct revisions of DaemonSet: %w", err))
				return
			}
			if !k.stands(s, ds) {
				done(nil)
				return
			}
			s.use(cur.Labels[hashLabel], k.a.Wall())
			if !manage {
				k.updateStatus(s, ds, false, done)
				return
			}
			k.update(s, ds, old, func(failure error) {
				k.updateStatus(s, ds, true, func(err error) {
					if failure == nil {
						failure = err
					}
					done(failure)
				})
			})
		})
	})
}

// stands reports that what a sync began with still holds: a newer template is the next sync's, which is queued.
func (k *Controller) stands(s *set, ds *appsv1.DaemonSet) bool {
	return k.sets[s.key] == s && s.ds.Generation == ds.Generation
}

// claimPods adopts and releases where events have shown that there may be something to.
func (k *Controller) claimPods(s *set, then func(error)) {
	if !s.claim {
		then(nil)
		return
	}
	s.claim = false
	var todo []*corev1.Pod
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(s.ds.UID)) {
		if !s.selector.Matches(labels.Set(p.Labels)) {
			todo = append(todo, p)
		}
	}
	for _, p := range k.pods.ByIndex(client.IndexOrphans, s.ds.Namespace) {
		if p.DeletionTimestamp == nil && s.selector.Matches(labels.Set(p.Labels)) {
			todo = append(todo, p)
		}
	}
	if len(todo) == 0 {
		then(nil)
		return
	}
	claims := ownership.Claims[*corev1.Pod]{Client: k.c, Owner: s.ds, OwnerRes: api.DaemonSets, Selector: s.selector, Resource: api.Pods}
	claims.Claim(todo, func(adopted []*corev1.Pod, err error) {
		for _, p := range adopted {
			s.wrotePods = max(s.wrotePods, api.Revision(p))
		}
		if err != nil {
			s.claim = true
			err = fmt.Errorf("couldn't get node to daemon pod mapping for daemon set %q: %w", s.ds.Name, err)
		} else if k.pods.Revision() < s.wrotePods {
			err = errStale // go on when the adopted pods are in their places
		}
		then(err)
	})
}

// use takes a revision as the current one.
func (s *set) use(hash string, now time.Time) {
	if s.hash != hash {
		s.hash, s.template = hash, nil
		for _, name := range sortedPlaces(s.places) {
			s.refresh(name, now)
		}
	}
	if s.template == nil {
		s.template = podTemplate(s.ds, hash)
	}
}

func (k *Controller) update(s *set, ds *appsv1.DaemonSet, old []*appsv1.ControllerRevision, done func(error)) {
	create, remove := k.manage(s)
	k.syncNodes(s, ds, create, remove, func(err error) {
		if err != nil {
			done(err)
			return
		}
		next := func(err error) {
			if err != nil {
				done(err)
				return
			}
			k.cleanup(s, ds, old, func(err error) {
				if err != nil {
					err = fmt.Errorf("failed to clean up revisions of DaemonSet: %w", err)
				}
				done(err)
			})
		}
		if !k.stands(s, ds) || !k.expect.Satisfied(s.key) || ds.Spec.UpdateStrategy.Type != appsv1.RollingUpdateDaemonSetStrategyType {
			next(nil)
			return
		}
		create, remove, err := k.roll(s)
		if err != nil {
			next(err)
			return
		}
		k.syncNodes(s, ds, create, remove, next)
	})
}

// manage decides for each place that has changed whether it needs a pod, or must lose some. A place stays on the list
// until it is found in order.
func (k *Controller) manage(s *set) (create []string, remove []*corev1.Pod) {
	for _, name := range sorted(s.dirty) {
		p := s.places[name]
		if p == nil {
			delete(s.dirty, name)
			continue
		}
		needs, victims, later := k.placeNeeds(s, name, p)
		if needs {
			create = append(create, name)
		}
		remove = append(remove, victims...)
		if !needs && len(victims) == 0 && !later {
			delete(s.dirty, name)
		}
	}
	return create, remove
}

func (k *Controller) placeNeeds(s *set, name string, p *place) (create bool, remove []*corev1.Pod, later bool) {
	switch {
	case !p.exists:
		// A pod for a node that does not exist is never bound, so that nobody else would collect it.
		for _, pod := range p.pods {
			if pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil {
				remove = append(remove, pod)
			}
		}
	case p.run && len(p.pods) == 0:
		create = true
	case p.keep:
		var running []*corev1.Pod
		running, remove, later = k.failed(s, name, p)
		if !s.surges() {
			if len(running) > 1 {
				remove = append(remove, running[1:]...)
			}
			break
		}
		if len(running) == 0 {
			create = p.run
			break
		}
		remove = append(remove, k.surplus(s, name, running)...)
	default:
		for _, pod := range p.pods {
			if pod.DeletionTimestamp == nil {
				remove = append(remove, pod)
			}
		}
	}
	return create, remove, later
}

// failed sorts the pods of a place into those that run and those that have ended and go, unless the node's back-off
// says later.
func (k *Controller) failed(s *set, name string, p *place) (running, remove []*corev1.Pod, later bool) {
	for _, pod := range p.pods {
		switch {
		case pod.DeletionTimestamp != nil:
		case pod.Status.Phase == corev1.PodFailed:
			key, now := backoffKey(s, name), k.a.Wall()
			if d := k.backoff.left(key, now); d > 0 {
				k.queue.AddAfter(s.key, d)
				later = true
				continue
			}
			k.backoff.next(key, now)
			k.rec.Event(s.ds, corev1.EventTypeWarning, FailedDaemonPod, "Found failed daemon pod "+api.KeyOf(pod)+" on node "+name+", will try to kill it")
			remove = append(remove, pod)
		case pod.Status.Phase == corev1.PodSucceeded:
			k.rec.Event(s.ds, corev1.EventTypeNormal, SucceededDaemonPod, "Found succeeded daemon pod "+api.KeyOf(pod)+" on node "+name+", will try to delete it")
			remove = append(remove, pod)
		default:
			running = append(running, pod)
		}
	}
	return running, remove, later
}

// surplus are the pods that go from a place of a set that surges: an old and a new one stay together only while the
// old one is ready and the new one is not available yet.
func (k *Controller) surplus(s *set, name string, running []*corev1.Pod) (remove []*corev1.Pod) {
	if len(running) < 2 {
		return nil
	}
	var newer, old *corev1.Pod
	for _, pod := range running {
		into := &old
		if pod.Labels[appsv1.ControllerRevisionHashLabelKey] == s.hash {
			into = &newer
		}
		if *into != nil {
			remove = append(remove, pod)
			continue
		}
		*into = pod
	}
	if newer != nil && old != nil && (!api.PodReady(old) || s.available(name, newer, k.a.Wall())) {
		remove = append(remove, old)
	}
	return remove
}

// syncNodes creates pods for nodes, in a slow start, then deletes pods.
func (k *Controller) syncNodes(s *set, ds *appsv1.DaemonSet, create []string, remove []*corev1.Pod, done func(error)) {
	create, remove = create[:min(len(create), BurstReplicas)], remove[:min(len(remove), BurstReplicas)]
	keys := make([]string, len(remove))
	for i, p := range remove {
		keys[i] = api.KeyOf(p)
	}
	k.expect.Expect(s.key, len(create), keys)
	if len(create) > 0 {
		k.decide(ds, "nodes without a daemon pod: creating "+strconv.Itoa(len(create)))
	}
	if len(remove) > 0 {
		k.decide(ds, "daemon pods to go: deleting "+strconv.Itoa(len(remove)))
	}
	k.create(s, ds, create, func(failure error) {
		left := len(remove)
		if left == 0 {
			done(failure)
			return
		}
		for i, p := range remove {
			k.ctl.Delete(ds, p, func(err error) {
				if err != nil {
					k.expect.DeletionObserved(s.key, keys[i])
					if failure == nil && !apierrors.IsNotFound(err) {
						failure = err
					}
				}
				if left--; left == 0 {
					done(failure)
				}
			})
		}
	})
}

func (k *Controller) decide(ds *appsv1.DaemonSet, what string) {
	k.a.Record(sim.KindDecision, api.Ref(api.DaemonSets, ds.Namespace, ds.Name), what)
}

// create makes pods in batches of 1, 2, 4, …, each when all of the one before succeeded.
func (k *Controller) create(s *set, ds *appsv1.DaemonSet, nodes []string, done func(error)) {
	template := s.template
	var batch func(pos, size int)
	batch = func(pos, size int) {
		if size = min(size, len(nodes)-pos); size <= 0 {
			done(nil)
			return
		}
		answers := 0
		var failure error
		for _, node := range nodes[pos : pos+size] {
			t := *template
			t.Spec.Affinity = onNode(template.Spec.Affinity, node)
			k.ctl.Create(ds, &t, s.refs, func(p *corev1.Pod, err error) {
				answers++
				switch {
				case err == nil:
					s.wrotePods = max(s.wrotePods, api.Revision(p))
				case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
				default:
					k.expect.CreationObserved(s.key)
					if failure == nil {
						failure = err
					}
				}
				if answers < size {
					return
				}
				if failure == nil {
					batch(pos+size, 2*size)
					return
				}
				for range len(nodes) - pos - size {
					k.expect.CreationObserved(s.key) // they will not be tried
				}
				done(failure)
			})
		}
	}
	batch(0, 1)
}
