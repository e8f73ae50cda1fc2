package defaults

import (
	"maps"
	"math"
	"reflect"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func setJob(j *batchv1.Job) {
	spec := &j.Spec
	if spec.Completions == nil && spec.Parallelism == nil {
		orElse(&spec.Completions, 1)
	}
	orElse(&spec.Parallelism, 1)
	if spec.BackoffLimitPerIndex != nil {
		orElse(&spec.BackoffLimit, math.MaxInt32) // the limit of each index is the one that counts
	}
	orElse(&spec.BackoffLimit, 6)
	if spec.Template.Labels != nil && len(j.Labels) == 0 {
		j.Labels = spec.Template.Labels
	}
	orElse(&spec.CompletionMode, batchv1.NonIndexedCompletion)
	orElse(&spec.Suspend, false)
	if spec.PodFailurePolicy != nil {
		orElse(&spec.PodReplacementPolicy, batchv1.Failed)
	}
	orElse(&spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
	orElse(&spec.ManualSelector, false)
	setJobSpec(spec)
}

// setJobSpec applies what a JobSpec gets in a CronJob's template too.
func setJobSpec(spec *batchv1.JobSpec) {
	if p := spec.PodFailurePolicy; p != nil {
		for i := range p.Rules {
			for j := range p.Rules[i].OnPodConditions {
				orValue(&p.Rules[i].OnPodConditions[j].Status, corev1.ConditionTrue)
			}
		}
	}
	PodTemplate(&spec.Template)
}

func setCronJob(c *batchv1.CronJob) {
	spec := &c.Spec
	orValue(&spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	orElse(&spec.Suspend, false)
	orElse(&spec.SuccessfulJobsHistoryLimit, 3)
	orElse(&spec.FailedJobsHistoryLimit, 1)
	setJobSpec(&spec.JobTemplate.Spec)
}

// selectOwnPods gives a Job the selector that nobody else can have, and its template the labels to match
// (registry/batch/job, generateSelector). What the user wrote himself stays, for validation to judge.
func selectOwnPods(j *batchv1.Job) {
	// Labels that defaulting took from the template are one map with them, and get what the template gets.
	shared := len(j.Labels) == 0 || reflect.ValueOf(j.Labels).Pointer() == reflect.ValueOf(j.Spec.Template.Labels).Pointer()
	labels := maps.Clone(j.Spec.Template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	uid := string(j.UID)
	for _, l := range [][2]string{
		{"job-name", j.Name}, {batchv1.JobNameLabel, j.Name}, {"controller-uid", uid}, {batchv1.ControllerUidLabel, uid},
	} {
		if _, ok := labels[l[0]]; !ok {
			labels[l[0]] = l[1]
		}
	}
	j.Spec.Template.Labels = labels
	selector := j.Spec.Selector.DeepCopy()
	if selector == nil {
		selector = &metav1.LabelSelector{}
	}
	if selector.MatchLabels == nil {
		selector.MatchLabels = map[string]string{}
	}
	if _, ok := selector.MatchLabels[batchv1.ControllerUidLabel]; !ok {
		selector.MatchLabels[batchv1.ControllerUidLabel] = uid
	}
	j.Spec.Selector = selector
	if shared {
		j.Labels = labels
	}
}
