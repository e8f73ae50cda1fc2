package job

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// fact is one sync: a Job with its pods, and what upstream did.
type fact struct {
	Parallelism int32  `json:"par"`
	Completions int32  `json:"comp"` // -1: none
	Indexed     bool   `json:"idx,omitempty"`
	Limit       int32  `json:"limit"`
	PerIndex    int32  `json:"per,omitempty"` // limit of each index plus 1
	MaxFailed   int32  `json:"max,omitempty"` // maxFailedIndexes plus 1
	Policy      string `json:"pol,omitempty"` // letters: F fail at 42, I ignore disruptions, X fail the index at 43
	Success     string `json:"suc,omitempty"` // succeededIndexes:count, either may be missing
	Deadline    int64  `json:"dead,omitempty"`
	Suspend     bool   `json:"susp,omitempty"`
	Deleted     bool   `json:"del,omitempty"`
	OnFailure   bool   `json:"onf,omitempty"`
	FailedOnly  bool   `json:"fo,omitempty"` // podReplacementPolicy

	Started   int64    `json:"start,omitempty"` // seconds ago
	Condition string   `json:"cond,omitempty"`
	Succeeded int32    `json:"succ,omitempty"`
	Failed    int32    `json:"fail,omitempty"`
	Done      string   `json:"done,omitempty"` // completedIndexes
	Bad       string   `json:"bad,omitempty"`  // failedIndexes
	USucc     []string `json:"us,omitempty"`
	UFail     []string `json:"uf,omitempty"`
	Pods      []podIn  `json:"pods,omitempty"`

	Did    []string `json:"did,omitempty"`
	Status []string `json:"status,omitempty"`
	Events []string `json:"events,omitempty"`
}

type podIn struct {
	Index    int    `json:"i"`
	Phase    string `json:"p"`
	Free     bool   `json:"f,omitempty"` // without the finalizer
	Going    bool   `json:"g,omitempty"` // being deleted
	Ready    bool   `json:"r,omitempty"`
	Exit     int32  `json:"x,omitempty"`
	Ended    int    `json:"e,omitempty"` // seconds ago
	Restarts int32  `json:"n,omitempty"`
	Hit      bool   `json:"d,omitempty"` // DisruptionTarget
	Failures int    `json:"c,omitempty"` // of its index, before it
}

func noon() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }

func ago(s int64) *metav1.Time {
	return ptr.To(metav1.NewTime(noon().Add(-time.Duration(s) * time.Second)))
}

func (f *fact) objects() (*batchv1.Job, []*corev1.Pod) {
	l := map[string]string{"job": "j"}
	restart := corev1.RestartPolicyNever
	if f.OnFailure {
		restart = corev1.RestartPolicyOnFailure
	}
	j := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "default", UID: "job-uid"},
		Spec: batchv1.JobSpec{Parallelism: &f.Parallelism, BackoffLimit: &f.Limit, Selector: &metav1.LabelSelector{MatchLabels: l}, Suspend: &f.Suspend,
			CompletionMode: ptr.To(batchv1.NonIndexedCompletion), PodReplacementPolicy: ptr.To(batchv1.TerminatingOrFailed),
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l}, Spec: corev1.PodSpec{RestartPolicy: restart, Containers: []corev1.Container{{Name: "c"}}}}},
		Status: batchv1.JobStatus{Succeeded: f.Succeeded, Failed: f.Failed, CompletedIndexes: f.Done},
	}
	s, st := &j.Spec, &j.Status
	if f.Completions >= 0 {
		s.Completions = &f.Completions
	}
	if f.Indexed {
		s.CompletionMode = ptr.To(batchv1.IndexedCompletion)
	}
	if f.PerIndex > 0 {
		s.BackoffLimitPerIndex = ptr.To(f.PerIndex - 1)
		st.FailedIndexes = &f.Bad
	}
	if f.MaxFailed > 0 {
		s.MaxFailedIndexes = ptr.To(f.MaxFailed - 1)
	}
	if f.FailedOnly {
		s.PodReplacementPolicy = ptr.To(batchv1.Failed)
	}
	if f.Policy != "" {
		s.PodFailurePolicy = &batchv1.PodFailurePolicy{}
		codes := func(a batchv1.PodFailurePolicyAction, code int32) batchv1.PodFailurePolicyRule {
			return batchv1.PodFailurePolicyRule{Action: a, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: []int32{code}}}
		}
		for _, c := range f.Policy {
			r := codes(batchv1.PodFailurePolicyActionFailJob, 42)
			switch c {
			case 'X':
				r = codes(batchv1.PodFailurePolicyActionFailIndex, 43)
			case 'C':
				r = codes(batchv1.PodFailurePolicyActionCount, 1)
			case 'I':
				r = batchv1.PodFailurePolicyRule{Action: batchv1.PodFailurePolicyActionIgnore, OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}}}
			}
			s.PodFailurePolicy.Rules = append(s.PodFailurePolicy.Rules, r)
		}
	}
	if f.Success != "" {
		which, count, _ := strings.Cut(f.Success, ":")
		r := batchv1.SuccessPolicyRule{}
		if which != "" {
			r.SucceededIndexes = &which
		}
		if n, err := strconv.Atoi(count); err == nil {
			r.SucceededCount = ptr.To(int32(n))
		}
		s.SuccessPolicy = &batchv1.SuccessPolicy{Rules: []batchv1.SuccessPolicyRule{r}}
	}
	if f.Deadline > 0 {
		s.ActiveDeadlineSeconds = &f.Deadline
	}
	if f.Deleted {
		j.DeletionTimestamp, j.Finalizers = ago(0), []string{"x"}
	}
	if f.Started > 0 {
		st.StartTime = ago(f.Started)
	}
	if f.Condition != "" {
		st.Conditions = []batchv1.JobCondition{{Type: batchv1.JobConditionType(f.Condition), Status: corev1.ConditionTrue, Reason: "Why", Message: "because"}}
	}
	u := &batchv1.UncountedTerminatedPods{}
	for _, x := range f.USucc {
		u.Succeeded = append(u.Succeeded, types.UID(x))
	}
	for _, x := range f.UFail {
		u.Failed = append(u.Failed, types.UID(x))
	}
	st.UncountedTerminatedPods = u
	var pods []*corev1.Pod
	for n, in := range f.Pods {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", n), Namespace: "default", UID: types.UID(fmt.Sprint("u", n)), Labels: l, CreationTimestamp: *ago(int64(1000 - n)),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(j, batchv1.SchemeGroupVersion.WithKind("Job"))}, Finalizers: []string{batchv1.JobTrackingFinalizer}},
			Status: corev1.PodStatus{Phase: corev1.PodPhase(in.Phase)}}
		p.Spec.NodeName = "node-1"
		if in.Free {
			p.Finalizers = nil
		}
		if f.Indexed && in.Index >= 0 {
			p.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: strconv.Itoa(in.Index)}
			if f.PerIndex > 0 {
				p.Annotations[batchv1.JobIndexFailureCountAnnotation] = strconv.Itoa(in.Failures)
			}
		}
		if in.Going {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ago(0), ptr.To(int64(30))
		}
		if in.Ready {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: *ago(int64(500 - n))})
		}
		if in.Hit {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue})
		}
		cs := corev1.ContainerStatus{Name: "c", RestartCount: in.Restarts}
		if in.Phase == "Failed" || in.Phase == "Succeeded" {
			cs.State.Terminated = &corev1.ContainerStateTerminated{ExitCode: in.Exit, FinishedAt: *ago(int64(in.Ended))}
		}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{cs}
		pods = append(pods, p)
	}
	return j, pods
}

var podName = regexp.MustCompile(`pod default/\S+`)

// statusText is a status as facts write it, without times.
func statusText(s *batchv1.JobStatus) string {
	num := func(n *int32) string {
		if n == nil {
			return "-"
		}
		return strconv.Itoa(int(*n))
	}
	uids := func(l []types.UID) string {
		var out []string
		for _, u := range l {
			out = append(out, string(u))
		}
		slices.Sort(out)
		return strings.Join(out, ",")
	}
	text := fmt.Sprintf("active %d ready %s terminating %s succeeded %d failed %d done %q", s.Active, num(s.Ready), num(s.Terminating), s.Succeeded, s.Failed, s.CompletedIndexes)
	if s.FailedIndexes != nil {
		text += fmt.Sprintf(" bad %q", *s.FailedIndexes)
	}
	if u := s.UncountedTerminatedPods; u != nil && len(u.Succeeded)+len(u.Failed) > 0 {
		text += " uncounted " + uids(u.Succeeded) + "/" + uids(u.Failed)
	}
	if s.StartTime == nil {
		text += " not started"
	}
	if s.CompletionTime != nil {
		text += " completed"
	}
	for _, c := range s.Conditions {
		text += fmt.Sprintf(" | %s=%s %s: %s", c.Type, c.Status, c.Reason, podName.ReplaceAllString(c.Message, "pod X"))
	}
	return text
}

// createText tells of a pod that is made.
func createText(annotations map[string]string) string {
	text := "create"
	for _, k := range []string{batchv1.JobCompletionIndexAnnotation, batchv1.JobIndexFailureCountAnnotation, batchv1.JobIndexIgnoredFailureCountAnnotation} {
		if v, ok := annotations[k]; ok {
			text += " " + v
		}
	}
	return text
}
