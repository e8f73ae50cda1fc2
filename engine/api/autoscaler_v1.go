package api

import (
	"encoding/json"
	"maps"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// autoscaling/v1 knows one target, the CPU's. What else a HorizontalPodAutoscaler says travels in annotations, so that
// a client of v1 that writes back what it read loses nothing (upstream: pkg/apis/autoscaling/v1/conversion.go).
const (
	hpaMetrics        = "autoscaling.alpha.kubernetes.io/metrics"
	hpaCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics"
	hpaConditions     = "autoscaling.alpha.kubernetes.io/conditions"
	hpaBehavior       = "autoscaling.alpha.kubernetes.io/behavior"
	hpaToleranceDown  = "autoscaling.alpha.kubernetes.io/scale-down-tolerance"
	hpaToleranceUp    = "autoscaling.alpha.kubernetes.io/scale-up-tolerance"
)

// defaultCPUUtilization is the target, in percent, of an autoscaler that names none.
const defaultCPUUtilization int32 = 80

// WithoutAutoscalerAnnotations drops the annotations in which autoscaling/v1 carries what it has no fields for. It
// never writes into in.
func WithoutAutoscalerAnnotations(in map[string]string) map[string]string {
	out, copied := in, false
	for _, k := range []string{hpaMetrics, hpaCurrentMetrics, hpaConditions, hpaBehavior, hpaToleranceDown, hpaToleranceUp} {
		if _, ok := in[k]; !ok {
			continue
		}
		if !copied {
			out, copied = maps.Clone(in), true
		}
		delete(out, k)
	}
	return out
}

// goBehavior has the shape in which upstream writes behavior into its annotation: its internal type, without JSON
// names. Reading needs no twin, because JSON names are matched without regard to case.
type goBehavior struct{ ScaleUp, ScaleDown *goRules }

type goRules struct {
	StabilizationWindowSeconds *int32
	SelectPolicy               *autoscalingv2.ScalingPolicySelect
	Policies                   []goPolicy
	Tolerance                  *resource.Quantity
}

type goPolicy struct {
	Type          autoscalingv2.HPAScalingPolicyType
	Value         int32
	PeriodSeconds int32
}

func goRulesOf(r *autoscalingv2.HPAScalingRules) *goRules {
	if r == nil {
		return nil
	}
	out := &goRules{StabilizationWindowSeconds: r.StabilizationWindowSeconds, SelectPolicy: r.SelectPolicy, Tolerance: r.Tolerance}
	if r.Policies != nil {
		out.Policies = make([]goPolicy, len(r.Policies))
	}
	for i, p := range r.Policies {
		out.Policies[i] = goPolicy(p)
	}
	return out
}

func isCPUUtilization(m *autoscalingv2.MetricSpec) bool {
	return m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource != nil && m.Resource.Name == corev1.ResourceCPU &&
		m.Resource.Target.AverageUtilization != nil
}

func autoscalerToV1(o Object) Object {
	in := o.(*autoscalingv2.HorizontalPodAutoscaler)
	out := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: in.ObjectMeta}
	out.Spec = autoscalingv1.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv1.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
		MinReplicas:    in.Spec.MinReplicas, MaxReplicas: in.Spec.MaxReplicas,
	}
	out.Status = autoscalingv1.HorizontalPodAutoscalerStatus{
		ObservedGeneration: in.Status.ObservedGeneration, LastScaleTime: in.Status.LastScaleTime,
		CurrentReplicas: in.Status.CurrentReplicas, DesiredReplicas: in.Status.DesiredReplicas,
	}
	var others []autoscalingv1.MetricSpec
	for i := range in.Spec.Metrics {
		m := &in.Spec.Metrics[i]
		if !isCPUUtilization(m) {
			others = append(others, metricToV1(m))
		} else if out.Spec.TargetCPUUtilizationPercentage == nil {
			out.Spec.TargetCPUUtilizationPercentage = m.Resource.Target.AverageUtilization
		}
	}
	var current []autoscalingv1.MetricStatus
	for i := range in.Status.CurrentMetrics {
		m := &in.Status.CurrentMetrics[i]
		current = append(current, metricStatusToV1(m))
		if m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource != nil && m.Resource.Name == corev1.ResourceCPU &&
			m.Resource.Current.AverageUtilization != nil {
			out.Status.CurrentCPUUtilizationPercentage = m.Resource.Current.AverageUtilization
		}
	}
	out.Annotations = WithoutAutoscalerAnnotations(in.Annotations)
	copied := false
	note := func(key string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			return // plain data always marshals
		}
		if !copied {
			if out.Annotations, copied = maps.Clone(out.Annotations), true; out.Annotations == nil {
				out.Annotations = map[string]string{}
			}
		}
		out.Annotations[key] = string(text)
	}
	if len(others) > 0 {
		note(hpaMetrics, others)
	}
	if len(current) > 0 {
		note(hpaCurrentMetrics, current)
	}
	if b := in.Spec.Behavior; b != nil {
		note(hpaBehavior, goBehavior{goRulesOf(b.ScaleUp), goRulesOf(b.ScaleDown)})
	}
	if len(in.Status.Conditions) > 0 {
		note(hpaConditions, in.Status.Conditions) // both versions have the same fields
	}
	return out
}

func autoscalerToV2(o Object) Object {
	in := o.(*autoscalingv1.HorizontalPodAutoscaler)
	out := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: in.ObjectMeta}
	out.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
		MinReplicas:    in.Spec.MinReplicas, MaxReplicas: in.Spec.MaxReplicas,
	}
	out.Status = autoscalingv2.HorizontalPodAutoscalerStatus{
		ObservedGeneration: in.Status.ObservedGeneration, LastScaleTime: in.Status.LastScaleTime,
		CurrentReplicas: in.Status.CurrentReplicas, DesiredReplicas: in.Status.DesiredReplicas,
	}
	// An annotation that is no JSON is dropped with the others, as if it were not there.
	decode := func(key string, into any) bool {
		text, ok := in.Annotations[key]
		return ok && json.Unmarshal([]byte(text), into) == nil
	}
	var others []autoscalingv1.MetricSpec
	if decode(hpaMetrics, &others) {
		for i := range others {
			out.Spec.Metrics = append(out.Spec.Metrics, metricToV2(&others[i]))
		}
	}
	if target := in.Spec.TargetCPUUtilizationPercentage; target != nil {
		out.Spec.Metrics = append(out.Spec.Metrics, cpuUtilization(*target))
	}
	if len(out.Spec.Metrics) == 0 {
		out.Spec.Metrics = []autoscalingv2.MetricSpec{cpuUtilization(defaultCPUUtilization)}
	}
	var behavior autoscalingv2.HorizontalPodAutoscalerBehavior
	if decode(hpaBehavior, &behavior) && behavior != (autoscalingv2.HorizontalPodAutoscalerBehavior{}) {
		out.Spec.Behavior = &behavior
	}
	if u := in.Status.CurrentCPUUtilizationPercentage; u != nil {
		out.Status.CurrentMetrics = []autoscalingv2.MetricStatus{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricStatus{
				Name: corev1.ResourceCPU, Current: autoscalingv2.MetricValueStatus{AverageUtilization: u},
			},
		}}
	}
	var current []autoscalingv1.MetricStatus
	if decode(hpaCurrentMetrics, &current) {
		// The annotation knows more than the field.
		out.Status.CurrentMetrics = make([]autoscalingv2.MetricStatus, len(current))
		for i := range current {
			out.Status.CurrentMetrics[i] = metricStatusToV2(&current[i])
		}
	}
	var conditions []autoscalingv2.HorizontalPodAutoscalerCondition
	if decode(hpaConditions, &conditions) {
		out.Status.Conditions = conditions
	}
	out.Annotations = WithoutAutoscalerAnnotations(in.Annotations)
	return out
}

func cpuUtilization(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
		},
	}
}
