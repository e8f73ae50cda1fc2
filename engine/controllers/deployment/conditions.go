package deployment

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reasons of the conditions Progressing and Available.
const (
	ReplicaSetUpdatedReason    = "ReplicaSetUpdated"
	FailedRSCreateReason       = "ReplicaSetCreateError"
	NewReplicaSetReason        = "NewReplicaSetCreated"
	FoundNewRSReason           = "FoundNewReplicaSet"
	NewRSAvailableReason       = "NewReplicaSetAvailable"
	TimedOutReason             = "ProgressDeadlineExceeded"
	PausedDeployReason         = "DeploymentPaused"
	ResumedDeployReason        = "DeploymentResumed"
	MinimumReplicasAvailable   = "MinimumReplicasAvailable"
	MinimumReplicasUnavailable = "MinimumReplicasUnavailable"
)

// now is the time as objects carry it: in whole seconds.
func (s *sync) now() metav1.Time { return metav1.NewTime(s.a.Wall().Truncate(time.Second)) }

// condition is a copy of the condition of a type, or nil.
func condition(st *appsv1.DeploymentStatus, typ appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range st.Conditions {
		if st.Conditions[i].Type == typ {
			c := st.Conditions[i]
			return &c
		}
	}
	return nil
}

// set makes a condition current, now.
func (s *sync) set(st *appsv1.DeploymentStatus, typ appsv1.DeploymentConditionType, status corev1.ConditionStatus, reason, message string) {
	now := s.now()
	setCondition(st, appsv1.DeploymentCondition{
		Type: typ, Status: status, LastUpdateTime: now, LastTransitionTime: now, Reason: reason, Message: message,
	})
}

// setCondition puts a condition at the end of the list, unless one of the same status and reason is there. The moment
// of the last transition stays if the status does.
func setCondition(st *appsv1.DeploymentStatus, c appsv1.DeploymentCondition) {
	if was := condition(st, c.Type); was != nil && was.Status == c.Status {
		if was.Reason == c.Reason {
			return
		}
		c.LastTransitionTime = was.LastTransitionTime
	}
	removeCondition(st, c.Type)
	st.Conditions = append(st.Conditions, c)
}

// removeCondition replaces the list by one without the type.
func removeCondition(st *appsv1.DeploymentStatus, typ appsv1.DeploymentConditionType) {
	st.Conditions = slices.DeleteFunc(slices.Clone(st.Conditions), func(c appsv1.DeploymentCondition) bool { return c.Type == typ })
	if len(st.Conditions) == 0 {
		st.Conditions = nil
	}
}

// checkPaused notes pausing and resuming as a Progressing condition, so that the time on pause does not count against
// the deadline.
func (s *sync) checkPaused(then func()) {
	if !hasDeadline(s.d) {
		then()
		return
	}
	c := condition(&s.d.Status, appsv1.DeploymentProgressing)
	if c != nil && c.Reason == TimedOutReason {
		then()
		return
	}
	noted := c != nil && c.Reason == PausedDeployReason
	switch {
	case s.d.Spec.Paused && !noted:
		s.set(&s.d.Status, appsv1.DeploymentProgressing, corev1.ConditionUnknown, PausedDeployReason, "Deployment is paused")
	case !s.d.Spec.Paused && noted:
		s.set(&s.d.Status, appsv1.DeploymentProgressing, corev1.ConditionUnknown, ResumedDeployReason, "Deployment is resumed")
	default:
		then()
		return
	}
	s.writeStatus(s.try(then))
}
