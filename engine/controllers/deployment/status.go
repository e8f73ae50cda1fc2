package deployment

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// status is what the ReplicaSets say the Deployment's status is, the progress aside.
func (s *sync) status(all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) appsv1.DeploymentStatus {
	available := sum(all, availableReplicas)
	st := appsv1.DeploymentStatus{
		ObservedGeneration:  s.d.Generation,
		Replicas:            sum(all, actualReplicas),
		ReadyReplicas:       sum(all, readyReplicas),
		AvailableReplicas:   available,
		UnavailableReplicas: max(0, sum(all, specReplicas)-available),
		CollisionCount:      s.d.Status.CollisionCount,
		TerminatingReplicas: terminatingReplicas(all),
		Conditions:          slices.Clone(s.d.Status.Conditions),
	}
	if newRS != nil {
		st.UpdatedReplicas = newRS.Status.Replicas
	}
	if available >= *s.d.Spec.Replicas-maxUnavailable(s.d) {
		s.set(&st, appsv1.DeploymentAvailable, corev1.ConditionTrue, MinimumReplicasAvailable, "Deployment has minimum availability.")
	} else {
		s.set(&st, appsv1.DeploymentAvailable, corev1.ConditionFalse, MinimumReplicasUnavailable, "Deployment does not have minimum availability.")
	}
	return st
}

// syncStatus ends a pass that was no rollout step.
func (s *sync) syncStatus(all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) {
	st := s.status(all, newRS)
	if reflect.DeepEqual(s.d.Status, st) {
		s.done(nil)
		return
	}
	s.d.Status = st
	s.writeStatus(s.done)
}

// syncRollout ends a pass of a rollout: besides the counts it judges the progress.
func (s *sync) syncRollout(all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) {
	st := s.status(all, newRS)
	if !hasDeadline(s.d) {
		removeCondition(&st, appsv1.DeploymentProgressing)
	} else {
		s.progress(&st, newRS)
	}
	if c := failureOf(all, newRS); c != nil {
		setCondition(&st, *c)
	} else {
		removeCondition(&st, appsv1.DeploymentReplicaFailure)
	}
	if isComplete(s.d, &st) {
		s.noDeadline(s.key)
	}
	if reflect.DeepEqual(s.d.Status, st) {
		s.planDeadline(&st)
		s.done(nil)
		return
	}
	s.d.Status = st
	s.writeStatus(s.done)
}

func (s *sync) progress(st *appsv1.DeploymentStatus, newRS *appsv1.ReplicaSet) {
	current := condition(&s.d.Status, appsv1.DeploymentProgressing)
	if st.Replicas == st.UpdatedReplicas && current != nil && current.Reason == NewRSAvailableReason {
		return // the last rollout is over; this is a resync
	}
	who := fmt.Sprintf("Deployment %q", s.d.Name)
	if newRS != nil {
		who = fmt.Sprintf("ReplicaSet %q", newRS.Name)
	}
	switch {
	case isComplete(s.d, st):
		s.set(st, appsv1.DeploymentProgressing, corev1.ConditionTrue, NewRSAvailableReason, who+" has successfully progressed.")
	case isProgressing(s.d, st):
		now := s.now()
		c := appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: ReplicaSetUpdatedReason,
			Message: who + " is progressing.", LastUpdateTime: now, LastTransitionTime: now}
		// Unlike any other condition this one is renewed with the same reason: its lastUpdateTime is the clock of the
		// deadline.
		if current != nil {
			if current.Status == corev1.ConditionTrue {
				c.LastTransitionTime = current.LastTransitionTime
			}
			removeCondition(st, appsv1.DeploymentProgressing)
		}
		setCondition(st, c)
	case s.timedOut(st):
		s.set(st, appsv1.DeploymentProgressing, corev1.ConditionFalse, TimedOutReason, who+" has timed out progressing.")
	}
}

func (s *sync) timedOut(st *appsv1.DeploymentStatus) bool {
	c := condition(st, appsv1.DeploymentProgressing)
	switch {
	case c == nil || c.Reason == NewRSAvailableReason:
		return false
	case c.Reason == TimedOutReason:
		return true
	}
	return c.LastUpdateTime.Add(s.deadline()).Before(s.a.Wall())
}

func (s *sync) deadline() time.Duration {
	return time.Duration(*s.d.Spec.ProgressDeadlineSeconds) * time.Second
}

// planDeadline sees to it that a rollout in which nothing happens any more is looked at when its deadline is over.
func (s *sync) planDeadline(st *appsv1.DeploymentStatus) {
	c := condition(&s.d.Status, appsv1.DeploymentProgressing)
	if !hasDeadline(s.d) || c == nil || c.Reason == TimedOutReason || isComplete(s.d, st) {
		return
	}
	d := c.LastUpdateTime.Add(s.deadline()).Sub(s.a.Wall())
	if d < time.Second {
		// Upstream looks again and again, ten times a second. Between two looks only the clock moves, and it decides
		// nothing but that the deadline is over; a rollout that succeeded once never times out, so that nothing is
		// left to look for.
		if c.Reason != NewRSAvailableReason {
			s.after(s.key, max(d, 0)+5*time.Millisecond) // the first step of the queue's back-off
		}
		return
	}
	s.after(s.key, d+time.Second)
}

// failureOf is the ReplicaFailure of the new ReplicaSet, or else of any.
func failureOf(all []*appsv1.ReplicaSet, newRS *appsv1.ReplicaSet) *appsv1.DeploymentCondition {
	if newRS != nil {
		all = append([]*appsv1.ReplicaSet{newRS}, all...)
	}
	for _, rs := range all {
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				return &appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: c.Status, Reason: c.Reason,
					Message: c.Message, LastTransitionTime: c.LastTransitionTime, LastUpdateTime: c.LastTransitionTime}
			}
		}
	}
	return nil
}
