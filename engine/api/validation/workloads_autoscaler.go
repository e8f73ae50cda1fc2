package validation

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Bounds of pkg/apis/autoscaling/validation, in seconds.
const (
	maxPolicyPeriod  = 1800
	maxStabilization = 3600
)

// autoscalerSpec checks a HorizontalPodAutoscaler; old is nil on create. Its bounds come last: they belong to the
// second, declarative pass, which leaves alone what an update does not change.
func (e *errs) autoscalerSpec(spec, old *autoscalingv2.HorizontalPodAutoscalerSpec) {
	if n := spec.MinReplicas; n != nil && spec.MaxReplicas < *n {
		e.invalid(specPath.Child("maxReplicas"), spec.MaxReplicas, "must be greater than or equal to `minReplicas`")
	}
	target := &spec.ScaleTargetRef
	known := old != nil && old.ScaleTargetRef.APIVersion == target.APIVersion && old.ScaleTargetRef.Kind == target.Kind
	e.crossVersionRef(specPath.Child("scaleTargetRef"), target, known, target.Kind == "ReplicationController")
	metrics := specPath.Child("metrics")
	outside := false
	for i := range spec.Metrics {
		m := &spec.Metrics[i]
		e.metric(metrics.Index(i), m)
		outside = outside || m.Type == autoscalingv2.ObjectMetricSourceType || m.Type == autoscalingv2.ExternalMetricSourceType
	}
	if deref(spec.MinReplicas, 1) == 0 && !outside {
		e.forbidden(metrics, "must specify at least one Object or External metric to support scaling to zero replicas")
	}
	if b := spec.Behavior; b != nil {
		e.scalingRules(specPath.Child("behavior", "scaleUp"), b.ScaleUp)
		e.scalingRules(specPath.Child("behavior", "scaleDown"), b.ScaleDown)
	}
	if n := spec.MinReplicas; n != nil && (old == nil || old.MinReplicas == nil || *old.MinReplicas != *n) {
		e.nonNegative(specPath.Child("minReplicas"), int64(*n))
	}
	if n := spec.MaxReplicas; n <= 0 && (old == nil || old.MaxReplicas != n) {
		if n == 0 {
			e.required(specPath.Child("maxReplicas"), "")
		} else {
			e.invalid(specPath.Child("maxReplicas"), n, "must be greater than or equal to 1")
		}
	}
}

// crossVersionRef checks a reference to an object of some kind. The version of a kind outside the core group must name
// its group; known references were accepted before.
func (e *errs) crossVersionRef(p *field.Path, ref *autoscalingv2.CrossVersionObjectReference, known, core bool) {
	for _, f := range []struct{ name, value string }{{"kind", ref.Kind}, {"name", ref.Name}} {
		if e.nonEmpty(p.Child(f.name), f.value) {
			e.each(p.Child(f.name), f.value, path.IsValidPathSegmentName(f.value))
		}
	}
	if known {
		return
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		e.invalid(p.Child("apiVersion"), ref.APIVersion, err.Error())
	} else if gv.Group == "" && !core {
		e.invalid(p.Child("apiVersion"), ref.APIVersion, "apiVersion must specify API group")
	}
}

func (e *errs) metric(p *field.Path, m *autoscalingv2.MetricSpec) {
	types := []autoscalingv2.MetricSourceType{
		autoscalingv2.ContainerResourceMetricSourceType, autoscalingv2.ExternalMetricSourceType, autoscalingv2.ObjectMetricSourceType,
		autoscalingv2.PodsMetricSourceType, autoscalingv2.ResourceMetricSourceType,
	}
	if m.Type == "" {
		e.required(p.Child("type"), "must specify a metric source type")
	}
	oneOf(e, p.Child("type"), m.Type, types...)
	sources := []struct {
		kind  autoscalingv2.MetricSourceType
		name  string
		set   bool
		check func(*field.Path)
	}{
		{autoscalingv2.ObjectMetricSourceType, "object", m.Object != nil, func(p *field.Path) { e.objectMetric(p, m.Object) }},
		{autoscalingv2.ExternalMetricSourceType, "external", m.External != nil, func(p *field.Path) { e.externalMetric(p, m.External) }},
		{autoscalingv2.PodsMetricSourceType, "pods", m.Pods != nil, func(p *field.Path) { e.podsMetric(p, m.Pods) }},
		{autoscalingv2.ResourceMetricSourceType, "resource", m.Resource != nil, func(p *field.Path) {
			e.resourceMetric(p, m.Resource.Name, nil, &m.Resource.Target)
		}},
		{autoscalingv2.ContainerResourceMetricSourceType, "containerResource", m.ContainerResource != nil, func(p *field.Path) {
			e.resourceMetric(p, m.ContainerResource.Name, &m.ContainerResource.Container, &m.ContainerResource.Target)
		}},
	}
	present := 0
	for _, s := range sources {
		if s.set {
			if present++; present == 1 {
				s.check(p.Child(s.name))
			}
		}
	}
	known := false
	for _, s := range sources {
		if s.kind == m.Type {
			if known = true; !s.set {
				e.required(p.Child(s.name), "must populate information for the given metric source")
			}
		}
	}
	if !known {
		e.add(field.NotSupported(p.Child("type"), m.Type, types))
	}
	if present == 1 {
		return
	}
	for _, s := range sources {
		if s.set && s.kind != m.Type {
			e.forbidden(p.Child(s.name), "must populate the given metric source only")
		}
	}
}

func (e *errs) objectMetric(p *field.Path, s *autoscalingv2.ObjectMetricSource) {
	e.crossVersionRef(p.Child("describedObject"), &s.DescribedObject, false, true)
	e.metricName(p.Child("metric", "name"), s.Metric.Name)
	e.metricTarget(p.Child("target"), &s.Target)
	if s.Target.Value == nil && s.Target.AverageValue == nil {
		e.required(p.Child("target", "averageValue"), "must set either a target value or averageValue")
	}
}

func (e *errs) externalMetric(p *field.Path, s *autoscalingv2.ExternalMetricSource) {
	e.metricName(p.Child("metric", "name"), s.Metric.Name)
	e.metricTarget(p.Child("target"), &s.Target)
	if s.Target.Value == nil && s.Target.AverageValue == nil {
		e.required(p.Child("target", "averageValue"), "must set either a target value for metric or a per-pod target")
	}
	if s.Target.Value != nil && s.Target.AverageValue != nil {
		e.forbidden(p.Child("target", "value"), "may not set both a target value for metric and a per-pod target")
	}
}

func (e *errs) podsMetric(p *field.Path, s *autoscalingv2.PodsMetricSource) {
	e.metricName(p.Child("metric", "name"), s.Metric.Name)
	e.metricTarget(p.Child("target"), &s.Target)
	if s.Target.AverageValue == nil {
		e.required(p.Child("target", "averageValue"), "must specify a positive target averageValue")
	}
}

// resourceMetric checks the metric of a pod's resource, or of one container's.
func (e *errs) resourceMetric(p *field.Path, name corev1.ResourceName, container *string, target *autoscalingv2.MetricTarget) {
	if name == "" {
		e.required(p.Child("name"), "must specify a resource name")
	} else if container != nil {
		e.containerResourceName(p.Child("name"), name)
	}
	if container != nil {
		if *container == "" {
			e.required(p.Child("container"), "must specify a container")
		} else {
			e.label(p.Child("container"), *container)
		}
	}
	at := p.Child("target")
	e.metricTarget(at, target)
	if target.AverageUtilization == nil && target.AverageValue == nil {
		e.required(at.Child("averageUtilization"), "must set either a target raw value or a target utilization")
	}
	if target.AverageUtilization != nil && target.AverageValue != nil {
		e.forbidden(at.Child("averageValue"), "may not set both a target raw value and a target utilization")
	}
}

func (e *errs) metricTarget(p *field.Path, t *autoscalingv2.MetricTarget) {
	if t.Type == "" {
		e.required(p.Child("type"), "must specify a metric target type")
	}
	switch t.Type {
	case autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType, autoscalingv2.AverageValueMetricType:
	default:
		e.invalid(p.Child("type"), t.Type, "must be either Utilization, Value, or AverageValue")
	}
	if v := t.Value; v != nil && v.Sign() != 1 {
		e.invalid(p.Child("value"), v, "must be positive")
	}
	if v := t.AverageValue; v != nil && v.Sign() != 1 {
		e.invalid(p.Child("averageValue"), v, "must be positive")
	}
	if v := t.AverageUtilization; v != nil && *v < 1 {
		e.invalid(p.Child("averageUtilization"), v, "must be greater than 0")
	}
}

func (e *errs) metricName(p *field.Path, name string) {
	if name == "" {
		e.required(p, "must specify a metric name")
	} else {
		e.each(p, name, path.IsValidPathSegmentName(name))
	}
}

func (e *errs) scalingRules(p *field.Path, r *autoscalingv2.HPAScalingRules) {
	if r == nil {
		return
	}
	window := p.Child("stabilizationWindowSeconds")
	if n := r.StabilizationWindowSeconds; n != nil && *n < 0 {
		e.invalid(window, n, "must be greater than or equal to zero")
	} else if n != nil && *n > maxStabilization {
		e.invalid(window, n, fmt.Sprintf("must be less than or equal to %v", maxStabilization))
	}
	optionalOneOf(e, p.Child("selectPolicy"), r.SelectPolicy, autoscalingv2.DisabledPolicySelect, autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect)
	if len(r.Policies) == 0 {
		e.required(p.Child("policies"), "must specify at least one Policy")
	}
	for i := range r.Policies {
		policy, at := &r.Policies[i], p.Child("policies").Index(i)
		oneOf(e, at.Child("type"), policy.Type, autoscalingv2.PercentScalingPolicy, autoscalingv2.PodsScalingPolicy)
		e.positive(at.Child("value"), int64(policy.Value))
		e.positive(at.Child("periodSeconds"), int64(policy.PeriodSeconds))
		if policy.PeriodSeconds > maxPolicyPeriod {
			e.invalid(at.Child("periodSeconds"), policy.PeriodSeconds, fmt.Sprintf("must be less than or equal to %v", maxPolicyPeriod))
		}
	}
	if r.Tolerance != nil {
		e.nonNegativeQuantity(p.Child("tolerance"), *r.Tolerance)
	}
}
