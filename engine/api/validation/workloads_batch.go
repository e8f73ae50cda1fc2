package validation

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api/cron"
)

// Bounds of pkg/apis/batch/validation.
const (
	maxCronJobName           = 52 // what the controller appends makes 63
	maxIndexedParallelism    = 100_000
	maxFailedIndexes         = 100_000
	manyCompletions          = 100_000 // above this, less of the rest
	maxParallelismOfMany     = 10_000
	maxFailedIndexesOfMany   = 10_000
	maxFailureRules          = 20
	maxExitCodes             = 255
	maxConditionPatterns     = 20
	maxManagedBy             = 63
	maxSuccessRules          = 20
	maxSucceededIndexesBytes = 64 << 10
)

// ownSelector: a generated selector must be the one that was generated, and the template must carry its labels.
func (e *errs) ownSelector(j *batchv1.Job, prefixed bool) {
	if deref(j.Spec.ManualSelector, false) || j.Spec.Selector == nil {
		return
	}
	uid := string(j.UID)
	if uid == "" {
		e.required(metaPath.Child("uid"), "")
	}
	want := []struct{ key, value string }{{"controller-uid", uid}, {"job-name", j.Name}}
	if prefixed {
		want = append(want, struct{ key, value string }{batchv1.ControllerUidLabel, uid}, struct{ key, value string }{batchv1.JobNameLabel, j.Name})
	}
	own := labels.Set{}
	for _, w := range want {
		own[w.key] = w.value
		p := specPath.Child("template", "metadata", "labels").Key(w.key)
		if v, ok := j.Spec.Template.Labels[w.key]; !ok {
			e.required(p, fmt.Sprintf("must be '%s'", w.value))
		} else if v != w.value {
			e.invalid(p, j.Spec.Template.Labels, fmt.Sprintf("must be '%s'", w.value))
		}
	}
	if s, err := metav1.LabelSelectorAsSelector(j.Spec.Selector); err == nil && !s.Matches(own) {
		e.invalid(specPath.Child("selector"), j.Spec.Selector, "`selector` not auto-generated")
	}
}

// onlyOwnLabels: the labels of a Job are those that its template got with the generated selector, and no others.
func onlyOwnLabels(j *batchv1.Job) bool {
	for _, key := range []string{"controller-uid", "job-name", batchv1.ControllerUidLabel, batchv1.JobNameLabel} {
		if v, ok := j.Labels[key]; !ok || v != j.Spec.Template.Labels[key] {
			return false
		}
	}
	return len(j.Labels) == 4 && len(j.Spec.Template.Labels) == 4
}

// indexedHostnames: the pods of an indexed Job are named after it and their index.
func (e *errs) indexedHostnames(j *batchv1.Job) {
	n := deref(j.Spec.Completions, 0)
	if deref(j.Spec.CompletionMode, "") != batchv1.IndexedCompletion || n <= 0 {
		return
	}
	last := fmt.Sprintf("%s-%d", j.Name, n-1)
	if len(validation.IsDNS1123Label(last)) > 0 {
		e.invalid(metaPath.Child("name"), j.Name, "will not able to create pod with invalid DNS label: "+last)
	}
}

func (e *errs) jobSelector(spec *batchv1.JobSpec) {
	if spec.Selector == nil {
		e.required(specPath.Child("selector"), "")
	} else {
		e.labelSelector(specPath.Child("selector"), spec.Selector)
	}
	if s, err := metav1.LabelSelectorAsSelector(spec.Selector); err == nil && !s.Matches(labels.Set(spec.Template.Labels)) {
		e.invalid(specPath.Child("template", "metadata", "labels"), spec.Template.Labels, msgTemplateLabels)
	}
}

// optionalCount checks a number that may be left out.
func optionalCount[T ~int32 | ~int64](e *errs, p *field.Path, n *T) {
	if n != nil {
		e.nonNegative(p, int64(*n))
	}
}

// jobSpec checks what a Job and the template of a CronJob have in common.
func (e *errs) jobSpec(spec *batchv1.JobSpec, p *field.Path) {
	optionalCount(e, p.Child("parallelism"), spec.Parallelism)
	optionalCount(e, p.Child("completions"), spec.Completions)
	optionalCount(e, p.Child("activeDeadlineSeconds"), spec.ActiveDeadlineSeconds)
	optionalCount(e, p.Child("backoffLimit"), spec.BackoffLimit)
	optionalCount(e, p.Child("ttlSecondsAfterFinished"), spec.TTLSecondsAfterFinished)
	optionalCount(e, p.Child("backoffLimitPerIndex"), spec.BackoffLimitPerIndex)
	if spec.MaxFailedIndexes != nil {
		optionalCount(e, p.Child("maxFailedIndexes"), spec.MaxFailedIndexes)
		if spec.BackoffLimitPerIndex == nil {
			e.required(p.Child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
		}
	}
	if spec.ManagedBy != nil {
		e.addAll(validation.IsDomainPrefixedPath(p.Child("managedBy"), *spec.ManagedBy))
		if len(*spec.ManagedBy) > maxManagedBy {
			e.tooLong(p.Child("managedBy"), maxManagedBy)
		}
	}
	e.completionMode(spec, p)
	if spec.PodFailurePolicy != nil {
		e.failurePolicy(spec, p.Child("podFailurePolicy", "rules"))
	}
	indexed := deref(spec.CompletionMode, batchv1.NonIndexedCompletion) == batchv1.IndexedCompletion
	switch {
	case spec.SuccessPolicy == nil:
	case !indexed:
		e.invalid(p.Child("successPolicy"), goNames{spec.SuccessPolicy}, "requires indexed completion mode")
	default:
		e.successPolicy(spec, p.Child("successPolicy", "rules"))
	}
	if v := spec.PodReplacementPolicy; v != nil {
		if spec.PodFailurePolicy != nil {
			oneOf(e, p.Child("podReplacementPolicy"), *v, batchv1.Failed)
		} else {
			oneOf(e, p.Child("podReplacementPolicy"), *v, batchv1.Failed, batchv1.TerminatingOrFailed)
		}
	}
	e.podTemplate(&spec.Template, p.Child("template"))
	restart := spec.Template.Spec.RestartPolicy
	switch at := p.Child("template", "spec", "restartPolicy"); {
	case restart == corev1.RestartPolicyAlways || restart == "":
		e.required(at, `valid values: "OnFailure", "Never"`)
	case restart != corev1.RestartPolicyOnFailure && restart != corev1.RestartPolicyNever:
		oneOf(e, at, restart, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	case spec.PodFailurePolicy != nil && restart != corev1.RestartPolicyNever:
		e.invalid(at, restart, `only "Never" is supported when podFailurePolicy is specified`)
	}
}

func (e *errs) completionMode(spec *batchv1.JobSpec, p *field.Path) {
	mode, parallelism, completions, failed := spec.CompletionMode, spec.Parallelism, spec.Completions, spec.MaxFailedIndexes
	optionalOneOf(e, p.Child("completionMode"), mode, batchv1.NonIndexedCompletion, batchv1.IndexedCompletion)
	if mode == nil || *mode == batchv1.NonIndexedCompletion {
		if n := spec.BackoffLimitPerIndex; n != nil {
			e.invalid(p.Child("backoffLimitPerIndex"), *n, "requires indexed completion mode")
		}
		if failed != nil {
			e.invalid(p.Child("maxFailedIndexes"), *failed, "requires indexed completion mode")
		}
		return
	}
	if *mode != batchv1.IndexedCompletion {
		return
	}
	if completions == nil {
		e.required(p.Child("completions"), "when completion mode is Indexed")
	}
	if parallelism != nil && *parallelism > maxIndexedParallelism {
		e.invalid(p.Child("parallelism"), *parallelism, fmt.Sprintf("must be less than or equal to %d when completion mode is Indexed", maxIndexedParallelism))
	}
	if completions != nil && failed != nil && *failed > *completions {
		e.invalid(p.Child("maxFailedIndexes"), *failed, "must be less than or equal to completions")
	}
	if failed != nil && *failed > maxFailedIndexes {
		e.invalid(p.Child("maxFailedIndexes"), *failed, fmt.Sprintf("must be less than or equal to %d", maxFailedIndexes))
	}
	if completions == nil || *completions <= manyCompletions || spec.BackoffLimitPerIndex == nil {
		return
	}
	if failed == nil {
		e.required(p.Child("maxFailedIndexes"), fmt.Sprintf("must be specified when completions is above %d", manyCompletions))
	}
	const many = "must be less than or equal to %d when completions are above %d and used with backoff limit per index"
	if parallelism != nil && *parallelism > maxParallelismOfMany {
		e.invalid(p.Child("parallelism"), *parallelism, fmt.Sprintf(many, maxParallelismOfMany, manyCompletions))
	}
	if failed != nil && *failed > maxFailedIndexesOfMany {
		e.invalid(p.Child("maxFailedIndexes"), *failed, fmt.Sprintf(many, maxFailedIndexesOfMany, manyCompletions))
	}
}

func (e *errs) failurePolicy(spec *batchv1.JobSpec, p *field.Path) {
	rules := spec.PodFailurePolicy.Rules
	if len(rules) > maxFailureRules {
		e.tooMany(p, len(rules), maxFailureRules)
	}
	for i := range rules {
		rule, at := &rules[i], p.Index(i)
		action := at.Child("action")
		switch rule.Action {
		case "":
			e.required(action, `valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`)
		case batchv1.PodFailurePolicyActionFailIndex:
			if spec.BackoffLimitPerIndex == nil {
				e.invalid(action, rule.Action, "requires the backoffLimitPerIndex to be set")
			}
		default:
			oneOf(e, action, rule.Action, batchv1.PodFailurePolicyActionCount, batchv1.PodFailurePolicyActionFailIndex, batchv1.PodFailurePolicyActionFailJob, batchv1.PodFailurePolicyActionIgnore)
		}
		if rule.OnExitCodes != nil {
			e.exitCodes(rule.OnExitCodes, at.Child("onExitCodes"), &spec.Template.Spec)
		}
		e.conditionPatterns(rule.OnPodConditions, at.Child("onPodConditions"))
		if byCode, byCondition := rule.OnExitCodes != nil, len(rule.OnPodConditions) > 0; byCode && byCondition {
			e.invalid(at, field.OmitValueType{}, "specifying both OnExitCodes and OnPodConditions is not supported")
		} else if !byCode && !byCondition {
			e.invalid(at, field.OmitValueType{}, "specifying one of OnExitCodes and OnPodConditions is required")
		}
	}
}

func (e *errs) conditionPatterns(list []batchv1.PodFailurePolicyOnPodConditionsPattern, p *field.Path) {
	if len(list) > maxConditionPatterns {
		e.tooMany(p, len(list), maxConditionPatterns)
	}
	for i := range list {
		e.qualified(p.Index(i).Child("type"), string(list[i].Type))
		status := p.Index(i).Child("status")
		if list[i].Status == "" {
			e.required(status, `valid values: ["False" "True" "Unknown"]`)
		} else {
			oneOf(e, status, list[i].Status, corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown)
		}
	}
}

func (e *errs) exitCodes(r *batchv1.PodFailurePolicyOnExitCodesRequirement, p *field.Path, pod *corev1.PodSpec) {
	if r.Operator == "" {
		e.required(p.Child("operator"), `valid values: ["In" "NotIn"]`)
	} else {
		oneOf(e, p.Child("operator"), r.Operator, batchv1.PodFailurePolicyOnExitCodesOpIn, batchv1.PodFailurePolicyOnExitCodesOpNotIn)
	}
	named := func(c corev1.Container) bool { return c.Name == *r.ContainerName }
	if r.ContainerName != nil && !slices.ContainsFunc(pod.Containers, named) && !slices.ContainsFunc(pod.InitContainers, named) {
		e.invalid(p.Child("containerName"), *r.ContainerName, "must be one of the container or initContainer names in the pod template")
	}
	values := p.Child("values")
	if len(r.Values) == 0 {
		e.invalid(values, r.Values, "at least one value is required")
	} else if len(r.Values) > maxExitCodes {
		e.tooMany(values, len(r.Values), maxExitCodes)
	}
	for i, v := range r.Values {
		if v == 0 && r.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn {
			e.invalid(values.Index(i), v, "must not be 0 for the In operator")
		}
		if slices.Contains(r.Values[:i], v) {
			e.duplicate(values.Index(i), v)
		}
	}
	if !slices.IsSorted(r.Values) {
		e.invalid(values, r.Values, "must be ordered")
	}
}

func (e *errs) successPolicy(spec *batchv1.JobSpec, p *field.Path) {
	rules, completions := spec.SuccessPolicy.Rules, deref(spec.Completions, 0)
	if len(rules) == 0 {
		e.required(p, "at least one rules must be specified when the successPolicy is specified")
	}
	if len(rules) > maxSuccessRules {
		e.tooMany(p, len(rules), maxSuccessRules)
	}
	for i := range rules {
		count, indexes, at := rules[i].SucceededCount, rules[i].SucceededIndexes, p.Index(i)
		if count == nil && indexes == nil {
			e.required(at, "at least one of succeededCount or succeededIndexes must be specified")
		}
		var total int32
		if indexes != nil {
			if len(*indexes) > maxSucceededIndexesBytes {
				e.tooLong(at.Child("succeededIndexes"), maxSucceededIndexesBytes)
			}
			var err error
			if total, err = checkIndexes(*indexes, completions); err != nil {
				e.invalid(at.Child("succeededIndexes"), *indexes, "error parsing succeededIndexes: "+err.Error())
			}
		}
		if count == nil {
			continue
		}
		at = at.Child("succeededCount")
		e.nonNegative(at, int64(*count))
		if *count > completions {
			e.invalid(at, *count, fmt.Sprintf("must be less than or equal to %d (the number of specified completions)", completions))
		}
		if indexes != nil && *count > total {
			e.invalid(at, *count, fmt.Sprintf("must be less than or equal to %d (the number of indexes in the specified succeededIndexes field)", total))
		}
	}
}

func (e *errs) cronJobSpec(spec, old *batchv1.CronJobSpec) {
	if spec.Schedule != "" {
		p := specPath.Child("schedule")
		if _, err := cron.Parse(spec.Schedule); err != nil {
			e.invalid(p, spec.Schedule, err.Error())
		}
		// One that was stored with a zone in its schedule may keep it.
		if strings.Contains(spec.Schedule, "TZ") {
			if old == nil || !strings.Contains(old.Schedule, "TZ") {
				e.invalid(p, spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
			} else if spec.TimeZone != nil {
				e.invalid(p, spec.Schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")
			}
		}
	}
	optionalCount(e, specPath.Child("startingDeadlineSeconds"), spec.StartingDeadlineSeconds)
	if old == nil || (old.TimeZone == nil) != (spec.TimeZone == nil) || deref(old.TimeZone, "") != deref(spec.TimeZone, "") {
		e.timeZone(specPath.Child("timeZone"), spec.TimeZone)
	}
	someOf(e, specPath.Child("concurrencyPolicy"), spec.ConcurrencyPolicy, batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)
	template := specPath.Child("jobTemplate", "spec")
	e.jobSpec(&spec.JobTemplate.Spec, template)
	if s := spec.JobTemplate.Spec.Selector; s != nil {
		e.invalid(template.Child("selector"), s, "`selector` will be auto-generated")
	}
	if m := spec.JobTemplate.Spec.ManualSelector; deref(m, false) {
		e.add(field.NotSupported(template.Child("manualSelector"), m, []string{"nil", "false"}))
	}
	optionalCount(e, specPath.Child("successfulJobsHistoryLimit"), spec.SuccessfulJobsHistoryLimit)
	optionalCount(e, specPath.Child("failedJobsHistoryLimit"), spec.FailedJobsHistoryLimit)
}

// scheduleDeclared is the second pass: a rule that stands beside the field of the type.
func (e *errs) scheduleDeclared(spec *batchv1.CronJobSpec) {
	e.nonEmpty(specPath.Child("schedule"), spec.Schedule)
}

// maxZonePart bounds each part of a time zone's name.
const maxZonePart = 14

func (e *errs) timeZone(p *field.Path, name *string) {
	if name == nil {
		return
	}
	if *name == "" {
		e.invalid(p, name, "timeZone must be nil or non-empty string")
		return
	}
	for _, part := range strings.Split(*name, "/") {
		if part == "" || part == "." || part == ".." || part[0] == '-' || len(part) > maxZonePart || strings.ContainsFunc(part, notInZoneName) {
			e.invalid(p, name, "unknown time zone "+*name)
			return
		}
	}
	if strings.EqualFold(*name, "Local") {
		e.invalid(p, name, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
	}
	if *name == "Local" {
		return // a name that Go knows
	}
	if _, err := cron.Location(*name); err != nil {
		e.invalid(p, name, err.Error())
	}
}

func notInZoneName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' || r == '+')
}
