package validation

import (
	"regexp"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) disruptionBudgetSpec(spec *policyv1.PodDisruptionBudgetSpec) {
	if spec.MinAvailable != nil && spec.MaxUnavailable != nil {
		e.invalid(specPath, goNames{spec}, "minAvailable and maxUnavailable cannot be both set")
	}
	if v := spec.MinAvailable; v != nil {
		e.countOrPercent(specPath.Child("minAvailable"), *v)
		e.atMostAll(specPath.Child("minAvailable"), *v)
	}
	if v := spec.MaxUnavailable; v != nil {
		e.countOrPercent(specPath.Child("maxUnavailable"), *v)
		e.atMostAll(specPath.Child("maxUnavailable"), *v)
	}
	e.labelSelector(specPath.Child("selector"), spec.Selector)
	optionalOneOf(e, specPath.Child("unhealthyPodEvictionPolicy"), spec.UnhealthyPodEvictionPolicy, policyv1.AlwaysAllow, policyv1.IfHealthyBudget)
}

const (
	maxReasonBytes  = 1 << 10
	maxMessageBytes = 32 << 10
)

const conditionReason = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"

// metaConditions checks conditions of the type that kinds share, metav1.Condition.
func (e *errs) metaConditions(p *field.Path, list []metav1.Condition) {
	seen := map[string]bool{}
	for i := range list {
		c, at := &list[i], p.Index(i)
		if seen[c.Type] {
			e.duplicate(at, c.Type)
		}
		seen[c.Type] = true
		if c.Type == "" {
			e.required(at.Child("type"), "is required")
		} else {
			e.qualified(at.Child("type"), c.Type)
		}
		someOf(e, at.Child("status"), c.Status, metav1.ConditionFalse, metav1.ConditionTrue, metav1.ConditionUnknown)
		if c.ObservedGeneration < 0 {
			e.invalid(at.Child("observedGeneration"), c.ObservedGeneration, "must be greater than or equal to zero")
		}
		if c.LastTransitionTime.IsZero() {
			e.required(at.Child("lastTransitionTime"), "")
		}
		reason := at.Child("reason")
		if c.Reason == "" {
			e.required(reason, "")
		} else {
			if !regexp.MustCompile("^" + conditionReason + "$").MatchString(c.Reason) {
				e.invalid(reason, c.Reason, validation.RegexError("a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
					conditionReason, "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"))
			}
			if len(c.Reason) > maxReasonBytes {
				e.tooLong(reason, maxReasonBytes)
			}
		}
		if len(c.Message) > maxMessageBytes {
			e.tooLong(at.Child("message"), maxMessageBytes)
		}
	}
}
