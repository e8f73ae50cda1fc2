package kubectl

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

func (p *page) autoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	p.line(0, "Name:\t%s", h.Name)
	p.line(0, "Namespace:\t%s", h.Namespace)
	p.labels("Labels", h.Labels)
	p.annotations("Annotations", h.Annotations)
	p.line(0, "CreationTimestamp:\t%s", stamp(h.CreationTimestamp))
	p.line(0, "Reference:\t%s/%s", h.Spec.ScaleTargetRef.Kind, h.Spec.ScaleTargetRef.Name)
	p.line(0, "Metrics:\t( current / target )")
	for i := range h.Spec.Metrics {
		var status autoscalingv2.MetricStatus // specs and statuses correspond by their places
		if i < len(h.Status.CurrentMetrics) {
			status = h.Status.CurrentMetrics[i]
		}
		p.metric(&h.Spec.Metrics[i], &status)
	}
	p.line(0, "Min replicas:\t%s", orUnset(h.Spec.MinReplicas))
	p.line(0, "Max replicas:\t%d", h.Spec.MaxReplicas)
	if b := h.Spec.Behavior; b != nil {
		p.line(0, "Behavior:")
		p.scaling("Scale Up", b.ScaleUp)
		p.scaling("Scale Down", b.ScaleDown)
	}
	p.line(0, "%s pods:\t%d current / %d desired", h.Spec.ScaleTargetRef.Kind, h.Status.CurrentReplicas, h.Status.DesiredReplicas)
	if len(h.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tReason\tMessage")
		p.line(1, "----\t------\t------\t-------")
		for i := range h.Status.Conditions {
			c := &h.Status.Conditions[i]
			p.line(1, "%s\t%s\t%s\t%s", c.Type, c.Status, c.Reason, c.Message)
		}
	}
}

func amountText(q *resource.Quantity) string {
	if q == nil {
		return "<unknown>"
	}
	return q.String()
}

func (p *page) metric(m *autoscalingv2.MetricSpec, s *autoscalingv2.MetricStatus) {
	var now autoscalingv2.MetricValueStatus
	switch m.Type {
	case autoscalingv2.ExternalMetricSourceType:
		if s.External != nil {
			now = s.External.Current
		}
		if t := &m.External.Target; t.AverageValue != nil {
			p.line(1, "%q (target average value):\t%s / %s", m.External.Metric.Name, amountText(now.AverageValue), amountText(t.AverageValue))
		} else {
			p.line(1, "%q (target value):\t%s / %s", m.External.Metric.Name, amountText(now.Value), amountText(t.Value))
		}
	case autoscalingv2.PodsMetricSourceType:
		if s.Pods != nil {
			now = s.Pods.Current
		}
		p.line(1, "%q on pods:\t%s / %s", m.Pods.Metric.Name, amountText(now.AverageValue), amountText(m.Pods.Target.AverageValue))
	case autoscalingv2.ObjectMetricSourceType:
		if s.Object != nil {
			now = s.Object.Current
		}
		on := fmt.Sprintf("\"%s\" on %s/%s", m.Object.Metric.Name, m.Object.DescribedObject.Kind, m.Object.DescribedObject.Name)
		if t := &m.Object.Target; t.Type == autoscalingv2.AverageValueMetricType {
			p.line(1, "%s (target average value):\t%s / %s", on, amountText(now.AverageValue), amountText(t.AverageValue))
		} else {
			p.line(1, "%s (target value):\t%s / %s", on, amountText(now.Value), amountText(t.Value))
		}
	case autoscalingv2.ResourceMetricSourceType:
		if s.Resource != nil {
			now = s.Resource.Current
		}
		p.resourceMetric(fmt.Sprintf("resource %s on pods", m.Resource.Name), &m.Resource.Target, &now)
	case autoscalingv2.ContainerResourceMetricSourceType:
		if s.ContainerResource != nil {
			now = s.ContainerResource.Current
		}
		p.resourceMetric(fmt.Sprintf("resource %s of container \"%s\" on pods", m.ContainerResource.Name, m.ContainerResource.Container), &m.ContainerResource.Target, &now)
	default:
		p.line(1, "<unknown metric type %q>", string(m.Type))
	}
}

func (p *page) resourceMetric(what string, t *autoscalingv2.MetricTarget, now *autoscalingv2.MetricValueStatus) {
	if t.AverageValue != nil {
		p.line(1, "%s:\t%s / %s", what, amountText(now.AverageValue), amountText(t.AverageValue))
		return
	}
	current, target := "<unknown>", "<auto>"
	if n := now.AverageUtilization; n != nil {
		current = fmt.Sprintf("%d%% (%s)", *n, amountText(now.AverageValue))
	}
	if n := t.AverageUtilization; n != nil {
		target = fmt.Sprintf("%d%%", *n)
	}
	p.line(1, "%s  (as a percentage of request):\t%s / %s", what, current, target)
}

func (p *page) scaling(direction string, r *autoscalingv2.HPAScalingRules) {
	if r == nil {
		return
	}
	p.line(1, "%s:", direction)
	if n := r.StabilizationWindowSeconds; n != nil {
		p.line(2, "Stabilization Window: %d seconds", *n)
	}
	if len(r.Policies) == 0 {
		return
	}
	choose := autoscalingv2.MaxChangePolicySelect
	if r.SelectPolicy != nil {
		choose = *r.SelectPolicy
	}
	p.line(2, "Select Policy: %s", choose)
	p.line(2, "Policies:")
	for _, policy := range r.Policies {
		p.line(3, "- Type: %s\tValue: %d\tPeriod: %d seconds", policy.Type, policy.Value, policy.PeriodSeconds)
	}
}
