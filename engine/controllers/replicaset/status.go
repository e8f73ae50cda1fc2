package replicaset

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/podcontrol"
)

// statusFor is the status of a ReplicaSet that has these pods; failure is what went wrong managing them.
func statusFor(rs *appsv1.ReplicaSet, c counts, failure error, now time.Time) appsv1.ReplicaSetStatus {
	s := rs.Status
	is := slices.IndexFunc(s.Conditions, func(c appsv1.ReplicaSetCondition) bool { return c.Type == appsv1.ReplicaSetReplicaFailure })
	switch {
	case failure != nil && is < 0:
		reason := ""
		if diff := c.active - int(*rs.Spec.Replicas); diff < 0 {
			reason = podcontrol.FailedCreate
		} else if diff > 0 {
			reason = podcontrol.FailedDelete
		}
		s.Conditions = append(slices.Clone(s.Conditions), appsv1.ReplicaSetCondition{
			Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue,
			LastTransitionTime: metav1.NewTime(now.Truncate(time.Second)), Reason: reason, Message: failure.Error(),
		})
	case failure == nil && is >= 0:
		s.Conditions = slices.Delete(slices.Clone(s.Conditions), is, is+1)
		if len(s.Conditions) == 0 {
			s.Conditions = nil
		}
	}
	s.Replicas = int32(c.active)
	s.FullyLabeledReplicas = int32(c.labelled)
	s.ReadyReplicas = int32(c.ready)
	s.AvailableReplicas = int32(c.available)
	return s
}

func sameStatus(rs *appsv1.ReplicaSet, s *appsv1.ReplicaSetStatus) bool {
	o := &rs.Status
	return o.Replicas == s.Replicas && o.FullyLabeledReplicas == s.FullyLabeledReplicas &&
		o.ReadyReplicas == s.ReadyReplicas && o.AvailableReplicas == s.AvailableReplicas &&
		(s.TerminatingReplicas == nil || o.TerminatingReplicas != nil && *o.TerminatingReplicas == *s.TerminatingReplicas) &&
		rs.Generation == o.ObservedGeneration && slices.Equal(o.Conditions, s.Conditions)
}

// updateStatus writes the status if it says something new, once more from a fresh copy if the first write fails.
func (k *Controller) updateStatus(rs *appsv1.ReplicaSet, t *tally, c counts, failure error, done func(error)) {
	s := statusFor(rs, c, failure, k.a.Wall())
	if k.kind.Terminating {
		terminating := int32(c.terminating)
		s.TerminatingReplicas = &terminating
	}
	finish := func(err error) {
		if err == nil {
			err = failure
		}
		if err == nil {
			k.afterStatus(rs, c)
		}
		done(err)
	}
	if sameStatus(rs, &s) {
		finish(nil)
		return
	}
	s.ObservedGeneration = rs.Generation
	write := func(onto *appsv1.ReplicaSet, then func(error)) {
		o := api.Copy(onto)
		o.Status = s
		k.sets.UpdateStatus(o, func(revision int64, err error) {
			if err == nil {
				t.wroteSet = max(t.wroteSet, revision)
			}
			then(err)
		})
	}
	write(rs, func(err error) {
		if err == nil {
			finish(nil)
			return
		}
		k.sets.Read(rs.Namespace, rs.Name, func(fresh *appsv1.ReplicaSet, err error) {
			if err != nil {
				finish(err)
				return
			}
			write(fresh, finish)
		})
	})
}
