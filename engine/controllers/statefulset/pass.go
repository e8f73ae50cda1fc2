package statefulset

import (
	"cmp"
	"errors"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// UnknownStrategy is the reason of the event about a strategy that needs a feature gate.
const UnknownStrategy = "UnknownStrategy"

// pass is one sync of a set (stateful_set_control.go, UpdateStatefulSet).
type pass struct {
	k    *Controller
	s    *state
	set  *appsv1.StatefulSet
	pods []*corev1.Pod
	now  time.Time

	revisions        []*appsv1.ControllerRevision
	current, update  *appsv1.ControllerRevision
	collisions       int32
	status           appsv1.StatefulSetStatus
	counted          bool          // status tells of this pass
	replicas         []*corev1.Pod // by ordinal; nil for one that does not exist and is not planned yet
	condemned        []*corev1.Pod // out of the range of ordinals, highest first
	firstUnavailable *corev1.Pod

	currentTemplate, updateTemplate *corev1.PodTemplateSpec
}

func (p *pass) run(done func(error)) {
	finish := func(err error) {
		p.truncate(func(also error) {
			if err != nil && also != nil {
				err = aggregate([]error{err, also})
			} else if err == nil {
				err = also
			}
			done(err)
		})
	}
	p.history(func(err error) {
		if err != nil {
			finish(err)
			return
		}
		if p.currentTemplate, err = p.template(p.current); err == nil {
			p.updateTemplate, err = p.template(p.update)
		}
		if err != nil {
			finish(err)
			return
		}
		if p.set.Spec.UpdateStrategy.Type == "Recreate" {
			text := "statefulset " + api.KeyOf(p.set) + " uses Recreate strategy but feature gate StatefulSetRecreateStrategy is disabled"
			p.k.rec.Event(p.set, corev1.EventTypeWarning, UnknownStrategy, text)
			finish(errors.New(text))
			return
		}
		p.partition()
		p.counted = true
		p.reconcile(func(failure error) {
			p.writeStatus(func(err error) {
				if failure == nil {
					failure = err
				}
				finish(failure)
			})
		})
	})
}

// partition sorts the pods into those the set wants and those it does not.
func (p *pass) partition() {
	set, start := p.set, startOrdinal(p.set)
	p.replicas = make([]*corev1.Pod, *set.Spec.Replicas)
	for _, pod := range p.pods {
		switch n := ordinalOf(pod); {
		case n >= start && n < start+len(p.replicas):
			p.replicas[n-start] = pod
		case n >= 0:
			p.condemned = append(p.condemned, pod)
		}
	}
	slices.SortFunc(p.condemned, func(a, b *corev1.Pod) int { return cmp.Compare(ordinalOf(b), ordinalOf(a)) })
	for _, pod := range p.replicas {
		if pod == nil {
			p.firstUnavailable = &corev1.Pod{} // none of those that exist
		} else if unavailable(pod, set, p.now) {
			p.firstUnavailable = pod
		}
		if p.firstUnavailable != nil {
			return
		}
	}
	for _, pod := range slices.Backward(p.condemned) {
		if unavailable(pod, set, p.now) {
			p.firstUnavailable = pod
			return
		}
	}
}

// plan is the pod that is missing at a place, to be made.
func (p *pass) plan(i int) *corev1.Pod {
	template, revision := p.updateTemplate, p.update.Name
	if i < p.keepCurrent() {
		template, revision = p.currentTemplate, p.current.Name
	}
	return newPod(p.set, p.s.refs, template, revision, startOrdinal(p.set)+i)
}

// keepCurrent is the number of replicas, from the first, that are made anew from the current revision.
func (p *pass) keepCurrent() int {
	u := &p.set.Spec.UpdateStrategy
	switch {
	case u.RollingUpdate != nil:
		return int(*u.RollingUpdate.Partition)
	case u.Type == appsv1.RollingUpdateStatefulSetStrategyType:
		return int(p.set.Status.CurrentReplicas)
	}
	return 0
}

func (p *pass) monotonic() bool {
	return p.set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
}

// reconcile does what this sync can do: replicas first, then what is condemned, then the update.
func (p *pass) reconcile(done func(error)) {
	if p.set.DeletionTimestamp != nil {
		p.count()
		done(nil)
		return
	}
	each(len(p.replicas), p.monotonic(), p.replica, func(exit bool, err error) {
		if exit || err != nil {
			p.count()
			done(err)
			return
		}
		each(len(p.condemned), p.monotonic(), p.fixClaims, func(exit bool, err error) {
			if exit || err != nil {
				p.count()
				done(err)
				return
			}
			each(len(p.condemned), p.monotonic(), p.condemn, func(exit bool, err error) {
				p.count()
				if exit || err != nil || p.set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
					done(err)
					return
				}
				p.roll(done)
			})
		})
	})
}

// verdict ends work on one pod; exit ends the pass of a monotonic set.
type verdict func(exit bool, err error)

// maxBatch bounds the pods that a parallel set works on at once.
const maxBatch = 500

// each works on n pods: one after the other until one says exit if monotonic, else in batches of 1, 2, 4, … until one
// fails. decide gives what there is to do for the i-th, nil for nothing.
func each(n int, monotonic bool, decide func(i int) func(verdict), done verdict) {
	if monotonic {
		var from func(i int)
		from = func(i int) {
			for ; i < n; i++ {
				if act := decide(i); act != nil {
					act(func(exit bool, err error) {
						if exit || err != nil {
							done(true, err)
							return
						}
						from(i + 1)
					})
					return
				}
			}
			done(false, nil)
		}
		from(0)
		return
	}
	var batch func(from, size int)
	batch = func(from, size int) {
		if size = min(size, n-from, maxBatch); size <= 0 {
			done(false, nil)
			return
		}
		left := size
		var errs []error
		answer := func(_ bool, err error) {
			if err != nil {
				errs = append(errs, err)
			}
			if left--; left > 0 {
				return
			}
			if len(errs) > 0 {
				done(true, aggregate(errs))
				return
			}
			batch(from+size, 2*size)
		}
		for i := from; i < from+size; i++ {
			if act := decide(i); act != nil {
				act(answer)
			} else {
				answer(false, nil)
			}
		}
	}
	batch(0, 1)
}

// count takes the figures of the status from the pods as this pass found them.
func (p *pass) count() {
	st, collisions := &p.status, p.collisions
	*st = appsv1.StatefulSetStatus{
		ObservedGeneration: p.set.Generation, CurrentRevision: p.current.Name, UpdateRevision: p.update.Name,
		CollisionCount: &collisions, Conditions: p.set.Status.Conditions,
	}
	for _, list := range [][]*corev1.Pod{p.replicas, p.condemned} {
		for _, pod := range list {
			if pod == nil {
				continue
			}
			if runningAndReady(pod) {
				st.ReadyReplicas++
				if available(pod, p.set, p.now) {
					st.AvailableReplicas++
				}
			}
			if !created(pod) {
				continue
			}
			st.Replicas++
			if terminating(pod) {
				continue
			}
			revision := revisionOf(pod)
			if revision == p.current.Name {
				st.CurrentReplicas++
			}
			if revision == p.update.Name {
				st.UpdatedReplicas++
			}
		}
	}
}

// Retries of a status write that meets a newer version of the set (client-go/util/retry, DefaultRetry).
const (
	statusTries = 5
	statusRetry = 10 * time.Millisecond
)

// writeStatus writes the status if it says something new. An update that is complete makes its revision the current one.
func (p *pass) writeStatus(done func(error)) {
	st, was, want := &p.status, &p.set.Status, *p.set.Spec.Replicas
	if st.UpdatedReplicas == want && st.ReadyReplicas == want && st.Replicas == want {
		st.CurrentReplicas, st.CurrentRevision = st.UpdatedReplicas, st.UpdateRevision
	}
	if st.ObservedGeneration <= was.ObservedGeneration && st.Replicas == was.Replicas && st.CurrentReplicas == was.CurrentReplicas &&
		st.ReadyReplicas == was.ReadyReplicas && st.UpdatedReplicas == was.UpdatedReplicas && st.CurrentRevision == was.CurrentRevision &&
		st.AvailableReplicas == was.AvailableReplicas && st.UpdateRevision == was.UpdateRevision && equality.Semantic.DeepEqual(st.Conditions, was.Conditions) {
		done(nil)
		return
	}
	k := p.k
	tries := 0
	var write func(onto *appsv1.StatefulSet)
	write = func(onto *appsv1.StatefulSet) {
		o := api.Copy(onto)
		o.Status = *st
		client.Update(k.c, api.StatefulSets, "status", o, func(now *appsv1.StatefulSet, err error) {
			if tries++; err == nil {
				p.s.wroteSet = max(p.s.wroteSet, api.Revision(now))
			} else if apierrors.IsConflict(err) && tries < statusTries {
				k.a.After(statusRetry, "retry status", func() {
					if fresh, ok := k.sets.GetKey(api.KeyOf(onto)); ok {
						onto = fresh
					}
					write(onto)
				})
				return
			}
			done(err)
		})
	}
	write(p.set)
}
