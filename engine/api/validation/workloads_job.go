package validation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// immutableInternal is immutable for a value that upstream shows with the names of its internal type.
func immutableInternal(e *errs, p *field.Path, now, was any) {
	if !apiequality.Semantic.DeepEqual(was, now) {
		e.invalid(p, goNames{now}, msgImmutable)
	}
}

// jobFrozen: what a Job may not change once it exists.
func (e *errs) jobFrozen(spec *batchv1.JobSpec, old *batchv1.Job) {
	was := &old.Spec
	e.completionsUpdate(specPath.Child("completions"), spec, was)
	immutable(e, specPath.Child("selector"), spec.Selector, was.Selector)
	e.jobTemplateUpdate(spec, old)
	immutable(e, specPath.Child("completionMode"), spec.CompletionMode, was.CompletionMode)
	immutableInternal(e, specPath.Child("podFailurePolicy"), spec.PodFailurePolicy, was.PodFailurePolicy)
	immutable(e, specPath.Child("backoffLimitPerIndex"), spec.BackoffLimitPerIndex, was.BackoffLimitPerIndex)
	immutable(e, specPath.Child("managedBy"), spec.ManagedBy, was.ManagedBy)
	immutableInternal(e, specPath.Child("successPolicy"), spec.SuccessPolicy, was.SuccessPolicy)
}

// completionsUpdate: only an indexed Job is elastic, and only as a whole.
func (e *errs) completionsUpdate(p *field.Path, spec, was *batchv1.JobSpec) {
	if deref(spec.CompletionMode, "") != batchv1.IndexedCompletion {
		immutable(e, p, spec.Completions, was.Completions)
		return
	}
	if spec.Completions == nil || apiequality.Semantic.DeepEqual(spec.Completions, was.Completions) {
		return
	}
	if *spec.Completions != deref(spec.Parallelism, 0) {
		e.invalid(p, spec.Completions, "can only be modified in tandem with spec.parallelism")
	}
}

// jobTemplateUpdate: while a Job is suspended and has no pods, where its pods may run and what they need may change.
func (e *errs) jobTemplateUpdate(spec *batchv1.JobSpec, old *batchv1.Job) {
	suspended := deref(old.Spec.Suspend, false)
	mutable := suspended && old.Status.Active == 0 &&
		(old.Status.StartTime == nil || jobCondition(old.Status.Conditions, batchv1.JobSuspended, corev1.ConditionTrue))
	now, was := &spec.Template, &old.Spec.Template
	p := specPath.Child("template")
	if !mutable {
		immutableInternal(e, p, now, was)
		return
	}
	allowed := was.DeepCopy()
	if a := now.Spec.Affinity; a != nil {
		if allowed.Spec.Affinity == nil {
			allowed.Spec.Affinity = &corev1.Affinity{}
		}
		allowed.Spec.Affinity.NodeAffinity = a.NodeAffinity
	} else if b := allowed.Spec.Affinity; b != nil {
		if b.NodeAffinity = nil; *b == (corev1.Affinity{}) {
			allowed.Spec.Affinity = nil
		}
	}
	allowed.Annotations, allowed.Labels = now.Annotations, now.Labels
	allowed.Spec.NodeSelector, allowed.Spec.Tolerations = now.Spec.NodeSelector, now.Spec.Tolerations
	allowed.Spec.SchedulingGates = now.Spec.SchedulingGates
	takeResources(allowed.Spec.Containers, now.Spec.Containers)
	takeResources(allowed.Spec.InitContainers, now.Spec.InitContainers)
	immutableInternal(e, specPath.Child("template.spec"), now.Spec, allowed.Spec)
}

func takeResources(to, from []corev1.Container) {
	if len(to) != len(from) {
		return
	}
	for i := range to {
		if to[i].Name == from[i].Name {
			to[i].Resources = from[i].Resources
		}
	}
}

func jobCondition(list []batchv1.JobCondition, t batchv1.JobConditionType, status corev1.ConditionStatus) bool {
	for i := range list {
		if list[i].Type == t && list[i].Status == status {
			return true
		}
	}
	return false
}

// jobState is the end of a Job as its conditions tell it.
type jobState struct{ complete, failed, criteriaMet, failureTarget bool }

func stateOf(j *batchv1.Job) jobState {
	is := func(t batchv1.JobConditionType) bool {
		return jobCondition(j.Status.Conditions, t, corev1.ConditionTrue)
	}
	return jobState{is(batchv1.JobComplete), is(batchv1.JobFailed), is(batchv1.JobSuccessCriteriaMet), is(batchv1.JobFailureTarget)}
}

func (s jobState) finished() bool { return s.complete || s.failed }

// jobStatus checks a status against itself and against the one before (KEP-4368): foreign controllers write it too.
// Most rules count only if what they are about has changed, so that an old fault does not block the rest.
func (e *errs) jobStatus(j, old *batchv1.Job) {
	s, was := &j.Status, &old.Status
	now, before := stateOf(j), stateOf(old)
	e.counts(replicaCount{"active", int64(s.Active)}, replicaCount{"succeeded", int64(s.Succeeded)}, replicaCount{"failed", int64(s.Failed)})
	optionalCount(e, statusPath.Child("ready"), s.Ready)
	optionalCount(e, statusPath.Child("terminating"), s.Terminating)
	e.uncounted(statusPath.Child("uncountedTerminatedPods"), s.UncountedTerminatedPods)

	conditions := statusPath.Child("conditions")
	contradiction := func(why string) { e.invalid(conditions, field.OmitValueType{}, why) }
	completeChanged, failedChanged := now.complete != before.complete, now.failed != before.failed
	finishedChanged := now.finished() != before.finished()
	startChanged, endChanged := !sameTime(was.StartTime, s.StartTime), !sameTime(was.CompletionTime, s.CompletionTime)
	completedChanged := was.CompletedIndexes != s.CompletedIndexes
	failedIndexesChanged := !apiequality.Semantic.DeepEqual(was.FailedIndexes, s.FailedIndexes)
	activeChanged := was.Active != s.Active

	if (completeChanged || failedChanged) && now.complete && now.failed {
		contradiction("cannot set Complete=True and Failed=true conditions")
	}
	if (completeChanged || now.failureTarget != before.failureTarget) && now.complete && now.failureTarget {
		contradiction("cannot set Complete=True and FailureTarget=true conditions")
	}
	if completeChanged || endChanged {
		if s.CompletionTime != nil && !now.complete {
			e.invalid(statusPath.Child("completionTime"), s.CompletionTime, "cannot set completionTime when there is no Complete=True condition")
		}
		if s.CompletionTime == nil && now.complete {
			e.required(statusPath.Child("completionTime"), "completionTime is required for Complete jobs")
		}
	}
	if (startChanged || endChanged) && s.StartTime != nil && s.CompletionTime != nil && s.CompletionTime.Before(s.StartTime) {
		e.invalid(statusPath.Child("completionTime"), s.CompletionTime, "must be equal to or after `startTime`")
	}
	if (failedChanged || failedIndexesChanged) && now.failed && !now.failureTarget {
		contradiction("cannot set Failed=True condition without the FailureTarget=true condition")
	}
	if (completeChanged || now.criteriaMet != before.criteriaMet) && now.complete && !now.criteriaMet {
		contradiction("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
	}
	if (finishedChanged || activeChanged) && s.Active > 0 && now.finished() {
		e.invalid(statusPath.Child("active"), s.Active, "active>0 is invalid for finished job")
	}
	nothingToDo := deref(j.Spec.Suspend, false) && j.Spec.Completions != nil && *j.Spec.Completions == 0
	if (finishedChanged || startChanged) && !nothingToDo && s.StartTime == nil && now.finished() {
		e.required(statusPath.Child("startTime"), "startTime is required for finished job")
	}
	if u := s.UncountedTerminatedPods; u != nil && now.finished() && len(u.Failed)+len(u.Succeeded) > 0 &&
		(finishedChanged || !apiequality.Semantic.DeepEqual(was.UncountedTerminatedPods, u)) {
		e.invalid(statusPath.Child("uncountedTerminatedPods"), goNames{u}, "must be empty for finished job")
	}
	e.jobIndexes(j, completedChanged, failedIndexesChanged)
	if n := s.Terminating; n != nil && *n > 0 && now.finished() && (finishedChanged || !apiequality.Semantic.DeepEqual(was.Terminating, n)) {
		e.invalid(statusPath.Child("terminating"), n, "terminating>0 is invalid for finished job")
	}
	if s.Ready != nil && *s.Ready > s.Active && (activeChanged || !apiequality.Semantic.DeepEqual(was.Ready, s.Ready)) {
		e.invalid(statusPath.Child("ready"), *s.Ready, "cannot set more ready pods than active")
	}
	if now.criteriaMet && now.failed {
		contradiction("cannot set SuccessCriteriaMet=True and Failed=true conditions")
	}
	if now.criteriaMet && now.failureTarget {
		contradiction("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
	}
	if j.Spec.SuccessPolicy != nil && !now.criteriaMet && now.complete {
		contradiction("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True")
	}
	e.jobStatusSteps(j, old, now, before)
}

// jobStatusSteps: what is over stays over, and counters do not go back.
func (e *errs) jobStatusSteps(j, old *batchv1.Job, now, before jobState) {
	s, was := &j.Status, &old.Status
	conditions := statusPath.Child("conditions")
	for _, c := range []struct {
		name     batchv1.JobConditionType
		was, now bool
	}{
		{batchv1.JobFailed, before.failed, now.failed}, {batchv1.JobComplete, before.complete, now.complete},
		{batchv1.JobFailureTarget, before.failureTarget, now.failureTarget},
	} {
		if c.was && !c.now {
			e.invalid(conditions, field.OmitValueType{}, fmt.Sprintf("cannot disable the terminal %s=True condition", string(c.name)))
		}
	}
	if s.Failed < was.Failed {
		e.invalid(statusPath.Child("failed"), s.Failed, "cannot decrease the failed counter")
	}
	// An elastic Job that shrinks has fewer indexes, and so fewer that succeeded.
	elastic := deref(j.Spec.CompletionMode, "") == batchv1.IndexedCompletion && apiequality.Semantic.DeepEqual(j.Spec.Completions, j.Spec.Parallelism)
	if s.Succeeded < was.Succeeded && !elastic {
		e.invalid(statusPath.Child("succeeded"), s.Succeeded, "cannot decrease the succeeded counter")
	}
	if s.CompletionTime != nil && was.CompletionTime != nil && !sameTime(s.CompletionTime, was.CompletionTime) {
		e.invalid(statusPath.Child("completionTime"), s.CompletionTime, msgImmutable)
	}
	resuming := jobCondition(was.Conditions, batchv1.JobSuspended, corev1.ConditionTrue) && jobCondition(s.Conditions, batchv1.JobSuspended, corev1.ConditionFalse)
	if was.StartTime != nil && !sameTime(was.StartTime, s.StartTime) && !deref(j.Spec.Suspend, false) && !resuming {
		e.invalid(statusPath.Child("startTime"), s.StartTime, "field is immutable for unsuspended job once set")
	}
	if before.criteriaMet && !now.criteriaMet {
		e.invalid(conditions, field.OmitValueType{}, "cannot disable the SuccessCriteriaMet=True condition")
	}
	if before.complete && !before.criteriaMet && now.criteriaMet {
		e.invalid(conditions, field.OmitValueType{}, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions")
	}
}

func sameTime(a, b *metav1.Time) bool { return apiequality.Semantic.DeepEqual(a, b) }

func (e *errs) uncounted(p *field.Path, u *batchv1.UncountedTerminatedPods) {
	if u == nil {
		return
	}
	seen := map[string]bool{}
	for _, list := range []struct {
		name string
		uids []string
	}{{"succeeded", textsOf(u.Succeeded)}, {"failed", textsOf(u.Failed)}} {
		for i, uid := range list.uids {
			at := p.Child(list.name).Index(i)
			switch {
			case uid == "":
				e.invalid(at, uid, "must not be empty")
			case seen[uid]:
				e.duplicate(at, uid)
			}
			seen[uid] = true
		}
	}
}

func textsOf[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func (e *errs) jobIndexes(j *batchv1.Job, completedChanged, failedChanged bool) {
	s, completions := &j.Status, j.Spec.Completions
	completed, failed := statusPath.Child("completedIndexes"), statusPath.Child("failedIndexes")
	if completedChanged && completions != nil {
		if _, err := checkIndexes(s.CompletedIndexes, *completions); err != nil {
			e.invalid(completed, s.CompletedIndexes, "error parsing completedIndexes: "+err.Error())
		}
	}
	if failedChanged && completions != nil && j.Spec.BackoffLimitPerIndex != nil && s.FailedIndexes != nil {
		if _, err := checkIndexes(*s.FailedIndexes, *completions); err != nil {
			e.invalid(failed, s.FailedIndexes, "error parsing failedIndexes: "+err.Error())
		}
	}
	if completedChanged && s.CompletedIndexes != "" && deref(j.Spec.CompletionMode, "") != batchv1.IndexedCompletion {
		e.invalid(completed, s.CompletedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode")
	}
	if failedChanged && j.Spec.BackoffLimitPerIndex == nil && s.FailedIndexes != nil {
		e.invalid(failed, *s.FailedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
	}
	if (completedChanged || failedChanged) && completions != nil && s.FailedIndexes != nil {
		if index, both := overlap(s.CompletedIndexes, *s.FailedIndexes, *completions); both {
			e.invalid(failed, *s.FailedIndexes, fmt.Sprintf("failedIndexes and completedIndexes overlap at index: %d", index))
		}
	}
}

// checkIndexes reads a list such as "1,3-5" and counts what it names.
func checkIndexes(text string, completions int32) (int32, error) {
	if text == "" {
		return 0, nil
	}
	total, last := int32(0), int32(-1)
	for i, part := range strings.Split(text, ",") {
		low, high, err := interval(part, completions)
		if err != nil {
			return 0, err
		}
		if i > 0 && last >= low {
			return 0, fmt.Errorf("non-increasing order, previous: %d, current: %d", last, low)
		}
		total += high - low + 1
		last = high
	}
	return total, nil
}

func interval(text string, completions int32) (low, high int32, err error) {
	ends := strings.Split(text, "-")
	if len(ends) > 2 {
		return 0, 0, fmt.Errorf("the fragment %q violates the requirement that an index interval can have at most two parts separated by '-'", text)
	}
	var at [2]int
	for i, s := range ends {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, 0, fmt.Errorf("cannot convert string to integer for index: %q", s)
		}
		if n >= int(completions) {
			return 0, 0, fmt.Errorf("too large index: %q", s)
		}
		at[i] = n
	}
	if len(ends) == 1 {
		return int32(at[0]), int32(at[0]), nil
	}
	if at[0] >= at[1] {
		return 0, 0, errors.New("non-increasing order, previous: " + strconv.Itoa(at[0]) + ", current: " + strconv.Itoa(at[1]))
	}
	return int32(at[0]), int32(at[1]), nil
}

// overlap finds the first index that is in both lists. Parts that cannot be read are skipped: they were reported.
func overlap(a, b string, completions int32) (int32, bool) {
	if a == "" || b == "" {
		return 0, false
	}
	for _, x := range strings.Split(a, ",") {
		low, high, err := interval(x, completions)
		if err != nil {
			continue
		}
		for _, y := range strings.Split(b, ",") {
			if l, h, err := interval(y, completions); err == nil && low <= h && l <= high {
				return max(low, l), true
			}
		}
	}
	return 0, false
}
