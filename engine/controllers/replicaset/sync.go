package replicaset

import (
	"errors"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/sim"
)

// errStale makes the queue try again soon: a cache has not seen the controller's own last write
// (StaleControllerConsistencyReplicaSet, on by default since v1.36).
var errStale = errors.New("the cache is behind the controller's own writes")

func (k *Controller) sync(key string, done func(error)) {
	rs, ok := k.sets.GetKey(key)
	if !ok {
		k.expect.Forget(key)
		done(nil)
		return
	}
	t := k.tallies[rs.UID]
	if k.pods.Revision() < t.wrotePods || k.sets.Revision() < t.wroteSet {
		done(errStale)
		return
	}
	// Whether the set may be managed is decided before anything else: what arrives while pods are adopted or created
	// belongs to the next sync.
	manage := k.expect.Satisfied(key) && rs.DeletionTimestamp == nil
	k.claim(rs, t, func(err error) {
		if err != nil {
			done(err)
			return
		}
		before := t.at(k.a.Wall())
		finish := func(failure error) { k.updateStatus(rs, t, before, failure, done) }
		if !manage {
			finish(nil)
			return
		}
		k.manage(key, rs, t, before.active-int(*rs.Spec.Replicas), finish)
	})
}

// claim adopts and releases where the pod events have shown that there may be something to.
func (k *Controller) claim(rs *appsv1.ReplicaSet, t *tally, then func(error)) {
	if !t.orphans && len(t.strangers) == 0 {
		then(nil)
		return
	}
	t.orphans = false
	var todo []*corev1.Pod
	if len(t.strangers) > 0 {
		for _, p := range k.pods.ByIndex(client.IndexOwner, string(rs.UID)) {
			if podcontrol.Active(p) && t.strangers[api.KeyOf(p)] {
				todo = append(todo, p)
			}
		}
	}
	for _, p := range k.pods.ByIndex(client.IndexOrphans, rs.Namespace) {
		if podcontrol.Active(p) && t.selector.Matches(labels.Set(p.Labels)) {
			todo = append(todo, p)
		}
	}
	if len(todo) == 0 || rs.DeletionTimestamp != nil {
		then(nil)
		return
	}
	claims := ownership.Claims[*corev1.Pod]{Client: k.c, Owner: k.sets.Object(rs), OwnerRes: k.kind.Resource, Selector: t.selector, Resource: api.Pods}
	claims.Claim(todo, func(adopted []*corev1.Pod, err error) {
		for _, p := range adopted {
			t.wrotePods = max(t.wrotePods, api.Revision(p))
		}
		if err != nil {
			t.orphans = true
		} else if len(todo) > 0 && (k.pods.Revision() < t.wrotePods) {
			// The tally counts what the cache holds: go on when the adopted pods are in it.
			err = errStale
		}
		then(err)
	})
}

func (k *Controller) manage(key string, rs *appsv1.ReplicaSet, t *tally, diff int, done func(error)) {
	switch {
	case diff < 0:
		n := min(-diff, BurstReplicas)
		k.expect.ExpectCreations(key, n)
		k.decide(rs, "too few replicas: creating", n, diff)
		k.create(key, rs, t, n, done)
	case diff > 0:
		n := min(diff, BurstReplicas)
		k.decide(rs, "too many replicas: deleting", n, diff)
		k.remove(key, rs, t, n, done)
	default:
		done(nil)
	}
}

func (k *Controller) decide(rs *appsv1.ReplicaSet, what string, n, diff int) {
	want := int(*rs.Spec.Replicas)
	text := what + " " + strconv.Itoa(n) + " (has " + strconv.Itoa(want+diff) + ", wants " + strconv.Itoa(want) + ")"
	k.a.Record(sim.KindDecision, api.Ref(k.kind.Resource, rs.Namespace, rs.Name), text)
}

// create makes n pods in a slow start: batches of 1, 2, 4, …, each when all of the one before succeeded, so that a
// ReplicaSet whose pods are all refused costs one refused request.
func (k *Controller) create(key string, rs *appsv1.ReplicaSet, t *tally, n int, done func(error)) {
	owner := k.sets.Object(rs)
	var batch func(size, left int)
	batch = func(size, left int) {
		if size = min(size, left); size == 0 {
			done(nil)
			return
		}
		answers, made := 0, 0
		var failure error
		for range size {
			k.ctl.Create(owner, &rs.Spec.Template, t.refs, func(p *corev1.Pod, err error) {
				answers++
				switch {
				case err == nil:
					made++
					t.wrotePods = max(t.wrotePods, api.Revision(p))
				case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
					made++ // nothing can be created there any more; that is no failure of this set
				case failure == nil:
					failure = err
				}
				if answers < size {
					return
				}
				if failure == nil {
					batch(2*size, left-size)
					return
				}
				for range left - made {
					k.expect.CreationObserved(key) // they will not come
				}
				done(failure)
			})
		}
	}
	batch(1, n)
}

func (k *Controller) remove(key string, rs *appsv1.ReplicaSet, t *tally, n int, done func(error)) {
	victims := k.owned(rs, t)
	if n < len(victims) {
		victims = podcontrol.Rank(victims, n, k.related(rs), k.a.Wall())
	}
	n = len(victims)
	keys := make([]string, n)
	for i, p := range victims {
		keys[i] = api.KeyOf(p)
	}
	k.expect.ExpectDeletions(key, keys)
	if n == 0 {
		done(nil)
		return
	}
	answers := 0
	owner := k.sets.Object(rs)
	var failure error
	for i, p := range victims {
		k.ctl.Delete(owner, p, func(err error) {
			if err != nil {
				k.expect.DeletionObserved(key, keys[i])
				if failure == nil && !apierrors.IsNotFound(err) {
					failure = err
				}
			}
			if answers++; answers == n {
				done(failure)
			}
		})
	}
}

// owned are the active pods of a ReplicaSet.
func (k *Controller) owned(rs *appsv1.ReplicaSet, t *tally) []*corev1.Pod {
	var out []*corev1.Pod
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(rs.UID)) {
		if podcontrol.Active(p) && t.selector.Matches(labels.Set(p.Labels)) {
			out = append(out, p)
		}
	}
	return out
}

// related are the pods of all ReplicaSets with the same controller.
func (k *Controller) related(rs *appsv1.ReplicaSet) []*corev1.Pod {
	var out []*corev1.Pod
	for _, owner := range client.ByOwner(rs) {
		if owner == "" {
			return nil
		}
		for _, other := range k.sets.ByOwner(owner) {
			out = append(out, k.pods.ByIndex(client.IndexOwner, string(other.UID))...)
		}
	}
	return out
}

// afterStatus plans the next look at availability: nothing happens when a pod has been ready for long enough.
func (k *Controller) afterStatus(rs *appsv1.ReplicaSet, c counts) {
	if rs.Spec.MinReadySeconds <= 0 || c.ready == c.available {
		return
	}
	d := time.Duration(rs.Spec.MinReadySeconds) * time.Second
	if c.nextAvailable > 0 {
		d = c.nextAvailable
	}
	k.queue.AddAfter(api.KeyOf(rs), d)
}
