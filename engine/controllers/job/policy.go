package job

import (
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// verdict is what the pod failure policy says of a failed pod (KEP-3329).
type verdict struct {
	failJob string // the message, when the Job fails for it
	counts  bool   // against the back-off limit
	action  batchv1.PodFailurePolicyAction
}

func judge(policy *batchv1.PodFailurePolicy, p *corev1.Pod) verdict {
	if policy == nil {
		return verdict{counts: true}
	}
	for i := range policy.Rules {
		r := &policy.Rules[i]
		var why string
		switch {
		case r.OnExitCodes != nil:
			s := exited(p.Status.ContainerStatuses, r.OnExitCodes)
			if s == nil {
				s = exited(p.Status.InitContainerStatuses, r.OnExitCodes)
			}
			if s == nil {
				continue
			}
			why = "Container " + s.Name + " for pod " + api.KeyOf(p) + " failed with exit code " + strconv.Itoa(int(s.State.Terminated.ExitCode))
		case r.OnPodConditions != nil:
			c := conditioned(p, r.OnPodConditions)
			if c == nil {
				continue
			}
			why = "Pod " + api.KeyOf(p) + " has condition " + string(c.Type)
		default:
			continue
		}
		switch r.Action {
		case batchv1.PodFailurePolicyActionIgnore:
			return verdict{action: r.Action}
		case batchv1.PodFailurePolicyActionFailIndex, batchv1.PodFailurePolicyActionCount:
			return verdict{counts: true, action: r.Action}
		case batchv1.PodFailurePolicyActionFailJob:
			return verdict{why + " matching " + string(r.Action) + " rule at index " + strconv.Itoa(i), true, r.Action}
		}
	}
	return verdict{counts: true}
}

func exited(list []corev1.ContainerStatus, r *batchv1.PodFailurePolicyOnExitCodesRequirement) *corev1.ContainerStatus {
	for i := range list {
		s := &list[i]
		if s.State.Terminated == nil || r.ContainerName != nil && *r.ContainerName != s.Name {
			continue
		}
		code := s.State.Terminated.ExitCode
		if code == 0 {
			continue
		}
		in := slices.Contains(r.Values, code)
		if r.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn && in || r.Operator == batchv1.PodFailurePolicyOnExitCodesOpNotIn && !in {
			return s
		}
	}
	return nil
}

func conditioned(p *corev1.Pod, patterns []batchv1.PodFailurePolicyOnPodConditionsPattern) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		for _, want := range patterns {
			if c.Type == want.Type && c.Status == want.Status {
				return c
			}
		}
	}
	return nil
}

// failJobMessage is why the policy lets the Job fail, "" if it does not.
func failJobMessage(j *batchv1.Job, pods []*corev1.Pod) string {
	if j.Spec.PodFailurePolicy == nil {
		return ""
	}
	for _, p := range pods {
		if failed(p, j) {
			if v := judge(j.Spec.PodFailurePolicy, p); v.failJob != "" {
				return v.failJob
			}
		}
	}
	return ""
}

// successMet names the rule of the success policy that the succeeded indexes satisfy, "" if there is none (KEP-3998).
func successMet(j *batchv1.Job, succeeded indexes) string {
	if j.Spec.SuccessPolicy == nil || len(succeeded) == 0 {
		return ""
	}
	for i, r := range j.Spec.SuccessPolicy.Rules {
		met := false
		switch {
		case r.SucceededIndexes != nil:
			want := parseIndexes(*r.SucceededIndexes, int(*j.Spec.Completions))
			n := want.common(succeeded)
			met = len(want) > 0 && (n == want.total() || r.SucceededCount != nil && n >= int(*r.SucceededCount))
		case r.SucceededCount != nil:
			met = succeeded.total() >= int(*r.SucceededCount)
		}
		if met {
			return "Matched rules at index " + strconv.Itoa(i)
		}
	}
	return ""
}
