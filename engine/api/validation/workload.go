package validation

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) deploymentSpec(spec *appsv1.DeploymentSpec) {
	e.nonNegative(specPath.Child("replicas"), int64(deref(spec.Replicas, 0)))
	e.selectorAndTemplate(spec.Selector, &spec.Template)
	e.deploymentStrategy(specPath.Child("strategy"), &spec.Strategy)
	e.nonNegative(specPath.Child("minReadySeconds"), int64(spec.MinReadySeconds))
	e.nonNegative(specPath.Child("revisionHistoryLimit"), int64(deref(spec.RevisionHistoryLimit, 0)))
	if deadline := spec.ProgressDeadlineSeconds; deadline != nil {
		p := specPath.Child("progressDeadlineSeconds")
		e.nonNegative(p, int64(*deadline))
		if *deadline <= spec.MinReadySeconds {
			e.invalid(p, deadline, "must be greater than minReadySeconds")
		}
	}
}

func (e *errs) replicaSetSpec(spec *appsv1.ReplicaSetSpec) {
	e.nonNegative(specPath.Child("replicas"), int64(deref(spec.Replicas, 0)))
	e.nonNegative(specPath.Child("minReadySeconds"), int64(spec.MinReadySeconds))
	e.selectorAndTemplate(spec.Selector, &spec.Template)
}

// selectorAndTemplate: the selector must select what the template makes, and only running pods can be replicated.
// Upstream says "deployment" for a ReplicaSet too.
func (e *errs) selectorAndTemplate(s *metav1.LabelSelector, t *corev1.PodTemplateSpec) {
	p := specPath.Child("selector")
	if s == nil {
		e.required(p, "")
	} else {
		e.labelSelector(p, s)
		if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
			e.invalid(p, s, "empty selector is invalid for deployment")
		}
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		e.invalid(p, s, "invalid label selector")
		return
	}
	template := specPath.Child("template")
	if !selector.Empty() && !selector.Matches(labels.Set(t.Labels)) {
		e.invalid(template.Child("metadata", "labels"), t.Labels, "`selector` does not match template `labels`")
	}
	e.podTemplate(t, template)
	oneOf(e, template.Child("spec", "restartPolicy"), t.Spec.RestartPolicy, corev1.RestartPolicyAlways)
	if t.Spec.ActiveDeadlineSeconds != nil {
		e.forbidden(template.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicaSet is not Supported")
	}
}

func (e *errs) deploymentStrategy(p *field.Path, s *appsv1.DeploymentStrategy) {
	rolling := p.Child("rollingUpdate")
	switch s.Type {
	case appsv1.RecreateDeploymentStrategyType:
		if s.RollingUpdate != nil {
			e.forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")
		}
	case appsv1.RollingUpdateDeploymentStrategyType:
		if s.RollingUpdate == nil {
			e.required(rolling, "this should be defaulted and never be nil")
			return
		}
		unavailable := deref(s.RollingUpdate.MaxUnavailable, intstr.FromInt32(0))
		surge := deref(s.RollingUpdate.MaxSurge, intstr.FromInt32(0))
		e.countOrPercent(rolling.Child("maxUnavailable"), unavailable)
		e.countOrPercent(rolling.Child("maxSurge"), surge)
		if amount(unavailable) == 0 && amount(surge) == 0 {
			e.invalid(rolling.Child("maxUnavailable"), unavailable, "may not be 0 when `maxSurge` is 0")
		}
		e.atMostAll(rolling.Child("maxUnavailable"), unavailable)
	default:
		e.add(field.NotSupported(p, goNames{s}, []string{string(appsv1.RecreateDeploymentStrategyType), string(appsv1.RollingUpdateDeploymentStrategyType)}))
	}
}

func (e *errs) countOrPercent(p *field.Path, v intstr.IntOrString) {
	if v.Type == intstr.String {
		e.each(p, v, validation.IsValidPercent(v.StrVal))
	} else {
		e.nonNegative(p, int64(v.IntValue()))
	}
}

func percent(v intstr.IntOrString) (int, bool) {
	if v.Type != intstr.String || len(validation.IsValidPercent(v.StrVal)) > 0 {
		return 0, false
	}
	n, _ := strconv.Atoi(v.StrVal[:len(v.StrVal)-1])
	return n, true
}

// amount is only compared with zero, so that a percentage and a count need not be told apart.
func amount(v intstr.IntOrString) int {
	if n, ok := percent(v); ok {
		return n
	}
	return v.IntValue()
}

func (e *errs) atMostAll(p *field.Path, v intstr.IntOrString) {
	if n, ok := percent(v); ok && n > 100 {
		e.invalid(p, v, "must not be greater than 100%")
	}
}

// replicaCount is one counter of a workload's status.
type replicaCount struct {
	name  string
	value int64
}

func (e *errs) counts(list ...replicaCount) {
	for _, c := range list {
		e.nonNegative(statusPath.Child(c.name), c.value)
	}
}

func (e *errs) notAbove(total int32, list ...replicaCount) {
	for _, c := range list {
		if c.value > int64(total) {
			e.invalid(statusPath.Child(c.name), int32(c.value), "cannot be greater than status.replicas")
		}
	}
}

func (e *errs) availableAreReady(available, ready int32) {
	if available > ready {
		e.invalid(statusPath.Child("availableReplicas"), available, "cannot be greater than readyReplicas")
	}
}

func (e *errs) deploymentStatusUpdate(d, old *appsv1.Deployment) {
	e.objectMetaUpdate(&d.ObjectMeta, &old.ObjectMeta)
	s := &d.Status
	updated := replicaCount{"updatedReplicas", int64(s.UpdatedReplicas)}
	ready := replicaCount{"readyReplicas", int64(s.ReadyReplicas)}
	available := replicaCount{"availableReplicas", int64(s.AvailableReplicas)}
	e.counts(replicaCount{"observedGeneration", s.ObservedGeneration}, replicaCount{"replicas", int64(s.Replicas)},
		updated, ready, available, replicaCount{"unavailableReplicas", int64(s.UnavailableReplicas)},
		replicaCount{"terminatingReplicas", int64(deref(s.TerminatingReplicas, 0))},
		replicaCount{"collisionCount", int64(deref(s.CollisionCount, 0))})
	e.notAbove(s.Replicas, updated, ready, available)
	e.availableAreReady(s.AvailableReplicas, s.ReadyReplicas)
	if was := old.Status.CollisionCount; was != nil && (s.CollisionCount == nil || *s.CollisionCount < *was) {
		e.invalid(statusPath.Child("collisionCount"), deref(s.CollisionCount, 0), "cannot be decremented")
	}
}

func (e *errs) replicaSetStatusUpdate(rs, old *appsv1.ReplicaSet) {
	e.objectMetaUpdate(&rs.ObjectMeta, &old.ObjectMeta)
	s := &rs.Status
	labeled := replicaCount{"fullyLabeledReplicas", int64(s.FullyLabeledReplicas)}
	ready := replicaCount{"readyReplicas", int64(s.ReadyReplicas)}
	available := replicaCount{"availableReplicas", int64(s.AvailableReplicas)}
	e.counts(replicaCount{"replicas", int64(s.Replicas)}, labeled, ready, available,
		replicaCount{"observedGeneration", s.ObservedGeneration},
		replicaCount{"terminatingReplicas", int64(deref(s.TerminatingReplicas, 0))})
	e.notAbove(s.Replicas, labeled, ready, available)
	e.availableAreReady(s.AvailableReplicas, s.ReadyReplicas)
}
