package job

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Finished reports a Job that is complete or has failed.
func Finished(j *batchv1.Job) bool {
	return isTrue(j, batchv1.JobComplete) != nil || isTrue(j, batchv1.JobFailed) != nil
}

// isTrue is a condition that holds, or nil.
func isTrue(j *batchv1.Job, t batchv1.JobConditionType) *batchv1.JobCondition {
	if c := find(j.Status.Conditions, t); c != nil && c.Status == corev1.ConditionTrue {
		return c
	}
	return nil
}

func find(list []batchv1.JobCondition, t batchv1.JobConditionType) *batchv1.JobCondition {
	for i := range list {
		if list[i].Type == t {
			return &list[i]
		}
	}
	return nil
}

func condition(t batchv1.JobConditionType, status corev1.ConditionStatus, reason, message string, now metav1.Time) *batchv1.JobCondition {
	return &batchv1.JobCondition{Type: t, Status: status, LastProbeTime: now, LastTransitionTime: now, Reason: reason, Message: message}
}

// ensure brings a condition about and reports whether that changed anything. One that is not there need not be False.
func ensure(j *batchv1.Job, t batchv1.JobConditionType, status corev1.ConditionStatus, reason, message string, now metav1.Time) bool {
	if c := find(j.Status.Conditions, t); c != nil {
		if c.Status == status && c.Reason == reason && c.Message == message {
			return false
		}
		*c = *condition(t, status, reason, message, now)
		return true
	}
	if status == corev1.ConditionFalse {
		return false
	}
	j.Status.Conditions = append(j.Status.Conditions, *condition(t, status, reason, message, now))
	return true
}

func (k *Controller) failing(reason, message string) *batchv1.JobCondition {
	return condition(batchv1.JobFailureTarget, corev1.ConditionTrue, reason, message, k.now())
}

// now is the wall clock as objects carry it.
func (k *Controller) now() metav1.Time { return metav1.NewTime(k.a.Wall().Truncate(time.Second)) }

func suspended(j *batchv1.Job) bool { return j.Spec.Suspend != nil && *j.Spec.Suspend }

func indexed(j *batchv1.Job) bool {
	return j.Spec.CompletionMode != nil && *j.Spec.CompletionMode == batchv1.IndexedCompletion
}

// replacesFailedOnly reports a Job that waits for a terminating pod to end before it replaces it (KEP-3939).
func replacesFailedOnly(j *batchv1.Job) bool {
	return j.Spec.PodReplacementPolicy != nil && *j.Spec.PodReplacementPolicy == batchv1.Failed
}

// failed reports a pod that counts as failed: one that is being deleted does, unless the Job waits for its end.
func failed(p *corev1.Pod, j *batchv1.Job) bool {
	if p.Status.Phase == corev1.PodFailed {
		return true
	}
	return !replacesFailedOnly(j) && p.DeletionTimestamp != nil && p.Status.Phase != corev1.PodSucceeded
}

// pastBackoffLimitOnFailure counts the restarts of containers in pods that restart in place.
func pastBackoffLimitOnFailure(j *batchv1.Job, pods []*corev1.Pod) bool {
	if j.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		return false
	}
	n := int32(0)
	for _, p := range pods {
		if p.Status.Phase != corev1.PodRunning && p.Status.Phase != corev1.PodPending {
			continue
		}
		for i := range p.Status.InitContainerStatuses {
			n += p.Status.InitContainerStatuses[i].RestartCount
		}
		for i := range p.Status.ContainerStatuses {
			n += p.Status.ContainerStatuses[i].RestartCount
		}
	}
	if *j.Spec.BackoffLimit == 0 {
		return n > 0
	}
	return n >= *j.Spec.BackoffLimit
}

// deadlineIn is the time until the Job's deadline; ok is false if it has none now.
func deadlineIn(j *batchv1.Job, now time.Time) (left time.Duration, ok bool) {
	if j.Spec.ActiveDeadlineSeconds == nil || j.Status.StartTime == nil || suspended(j) {
		return 0, false
	}
	return time.Duration(*j.Spec.ActiveDeadlineSeconds)*time.Second - now.Sub(j.Status.StartTime.Time), true
}
