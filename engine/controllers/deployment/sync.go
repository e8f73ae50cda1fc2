package deployment

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/sim"
)

// sync is one pass over one Deployment. Its steps are those of upstream, each going on when the write before it is
// answered; done ends the pass.
type sync struct {
	*Controller
	key  string
	d    *appsv1.Deployment // a copy whose status and annotations may be changed
	done func(error)

	sets  []*appsv1.ReplicaSet // the Deployment's own, oldest first
	found bool
	match *appsv1.ReplicaSet // of the current template, as the cache has it
}

func newSync(k *Controller, key string, d *appsv1.Deployment, done func(error)) *sync {
	return &sync{Controller: k, key: key, d: editable(d), done: done}
}

// editable is a copy of a Deployment to which conditions and annotations can be written.
func editable(d *appsv1.Deployment) *appsv1.Deployment {
	d = api.Copy(d)
	d.Status.Conditions = slices.Clone(d.Status.Conditions)
	d.Annotations = cloneMap(d.Annotations)
	return d
}

func (s *sync) run() {
	d := s.d
	if sel := d.Spec.Selector; sel != nil && len(sel.MatchLabels) == 0 && len(sel.MatchExpressions) == 0 {
		s.rec.Event(d, corev1.EventTypeWarning, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.")
		if d.Status.ObservedGeneration < d.Generation {
			d.Status.ObservedGeneration = d.Generation
			s.writeStatus(func(error) { s.done(nil) })
			return
		}
		s.done(nil)
		return
	}
	s.claim(func() {
		if d.DeletionTimestamp != nil {
			s.statusOnly()
			return
		}
		s.checkPaused(func() {
			switch {
			case d.Spec.Paused:
				s.scaleOnly()
			case rollbackTo(d) != nil:
				s.rollback()
			default:
				s.rollout()
			}
		})
	})
}

// claim lists the ReplicaSets of the Deployment, adopting and releasing as its selector says.
func (s *sync) claim(then func()) {
	selector, err := metav1.LabelSelectorAsSelector(s.d.Spec.Selector)
	if err != nil {
		s.done(fmt.Errorf("deployment %s has invalid label selector: %w", s.key, err))
		return
	}
	list := slices.Clone(s.Controller.sets.ByIndex(client.IndexOwner, string(s.d.UID)))
	for _, rs := range s.Controller.sets.ByIndex(client.IndexOrphans, s.d.Namespace) {
		if selector.Matches(labels.Set(rs.Labels)) {
			list = append(list, rs)
		}
	}
	slices.SortFunc(list, byCreation)
	claims := ownership.Claims[*appsv1.ReplicaSet]{Client: s.c, Owner: s.d, OwnerRes: api.Deployments, Selector: selector, Resource: api.ReplicaSets}
	claims.Claim(list, func(own []*appsv1.ReplicaSet, err error) {
		if err != nil {
			s.done(err)
			return
		}
		s.sets = own
		then()
	})
}

// rollout goes on with a rollout, or with a change of scale if that is what happened since.
func (s *sync) rollout() {
	s.revision(false, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
		for _, rs := range active(with(old, newRS)) {
			if n, ok := annotated(rs, DesiredReplicasAnnotation); ok && n != *s.d.Spec.Replicas {
				s.scaleOnly()
				return
			}
		}
		switch s.d.Spec.Strategy.Type {
		case appsv1.RecreateDeploymentStrategyType:
			s.recreate()
		case appsv1.RollingUpdateDeploymentStrategyType:
			s.rolling()
		default:
			s.done(fmt.Errorf("unexpected deployment strategy type: %s", s.d.Spec.Strategy.Type))
		}
	})
}

func (s *sync) statusOnly() {
	s.revision(false, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) { s.syncStatus(with(old, newRS), newRS) })
}

// scaleOnly is what a pass does when the number of replicas changed or the Deployment is paused: no rollout step.
func (s *sync) scaleOnly() {
	s.revision(false, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
		s.scale(newRS, old, func() {
			finish := func() { s.syncStatus(with(old, newRS), newRS) }
			if s.d.Spec.Paused && rollbackTo(s.d) == nil {
				s.cleanup(old, finish)
				return
			}
			finish()
		})
	})
}

// try goes on with then unless there is an error, which ends the pass.
func (s *sync) try(then func()) func(error) {
	return func(err error) {
		if err != nil {
			s.done(err)
			return
		}
		then()
	}
}

// writeStatus sends the copy's status and annotations. The copy keeps its resourceVersion: a second such write in one
// pass conflicts, and the pass is repeated, as upstream.
func (s *sync) writeStatus(then func(error)) {
	// The copy is written to again in this pass, so that the server gets one of its own.
	client.Update(s.c, api.Deployments, "status", editable(s.d), func(_ *appsv1.Deployment, err error) { then(err) })
}

func (s *sync) decide(rs, text string) {
	s.a.Record(sim.KindDecision, api.Ref(api.Deployments, s.d.Namespace, s.d.Name), text+" "+rs)
}

// cleanup deletes the oldest ReplicaSets beyond the history limit, unless they still have something to do.
func (s *sync) cleanup(old []*appsv1.ReplicaSet, then func()) {
	if !hasHistoryLimit(s.d) {
		then()
		return
	}
	alive := slices.DeleteFunc(slices.Clone(old), func(rs *appsv1.ReplicaSet) bool { return rs == nil || rs.DeletionTimestamp != nil })
	surplus := len(alive) - int(*s.d.Spec.RevisionHistoryLimit)
	if surplus <= 0 {
		then()
		return
	}
	slices.SortFunc(alive, byRevision)
	var step func(i int)
	step = func(i int) {
		for ; i < surplus; i++ {
			rs := alive[i]
			if rs.Status.Replicas != 0 || *rs.Spec.Replicas != 0 || rs.Generation > rs.Status.ObservedGeneration {
				continue
			}
			s.decide(rs.Name, fmt.Sprintf("beyond revisionHistoryLimit %d: delete ReplicaSet", *s.d.Spec.RevisionHistoryLimit))
			s.c.Delete(api.ReplicaSets, rs.Namespace, rs.Name, client.DeleteOptions{}, func(err error) {
				ignoreNotFound(s.try(func() { step(i + 1) }))(err)
			})
			return
		}
		then()
	}
	step(0)
}
