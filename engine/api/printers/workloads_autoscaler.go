package printers

import (
	"fmt"
	"strconv"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

const unknownMetric = "<unknown>"

func (c clock) autoscaler(h *autoscalingv2.HorizontalPodAutoscaler) []any {
	least := "<unset>"
	if n := h.Spec.MinReplicas; n != nil {
		least = strconv.Itoa(int(*n))
	}
	return []any{
		h.Name, h.Spec.ScaleTargetRef.Kind + "/" + h.Spec.ScaleTargetRef.Name, metricCells(h.Spec.Metrics, h.Status.CurrentMetrics),
		least, int64(h.Spec.MaxReplicas), int64(h.Status.CurrentReplicas), c.since(h.CreationTimestamp),
	}
}

// metricCells shows the first two metrics, current over target. Status and spec correspond by their places.
func metricCells(specs []autoscalingv2.MetricSpec, statuses []autoscalingv2.MetricStatus) string {
	const most = 2
	if len(specs) == 0 {
		return none
	}
	var list []string
	for i := range specs[:min(most, len(specs))] {
		var status autoscalingv2.MetricStatus
		if i < len(statuses) {
			status = statuses[i]
		}
		list = append(list, metricCell(&specs[i], &status))
	}
	text := strings.Join(list, ", ")
	if len(specs) > most {
		text += fmt.Sprintf(" + %d more...", len(specs)-most)
	}
	return text
}

func metricCell(spec *autoscalingv2.MetricSpec, status *autoscalingv2.MetricStatus) string {
	switch spec.Type {
	case autoscalingv2.ExternalMetricSourceType:
		var now autoscalingv2.MetricValueStatus
		if status.External != nil {
			now = status.External.Current
		}
		return valueCell(&spec.External.Target, &now)
	case autoscalingv2.ObjectMetricSourceType:
		var now autoscalingv2.MetricValueStatus
		if status.Object != nil {
			now = status.Object.Current
		}
		return valueCell(&spec.Object.Target, &now)
	case autoscalingv2.PodsMetricSourceType:
		current := unknownMetric
		if status.Pods != nil {
			current = quantity(status.Pods.Current.AverageValue)
		}
		return current + "/" + quantity(spec.Pods.Target.AverageValue)
	case autoscalingv2.ResourceMetricSourceType:
		var now *autoscalingv2.MetricValueStatus
		if status.Resource != nil {
			now = &status.Resource.Current
		}
		return string(spec.Resource.Name) + ": " + resourceCell(&spec.Resource.Target, now)
	case autoscalingv2.ContainerResourceMetricSourceType:
		var now *autoscalingv2.MetricValueStatus
		if status.ContainerResource != nil {
			now = &status.ContainerResource.Current
		}
		return string(spec.ContainerResource.Name) + ": " + resourceCell(&spec.ContainerResource.Target, now)
	}
	return "<unknown type>"
}

func quantity(q *resource.Quantity) string {
	if q == nil {
		return unknownMetric
	}
	return q.String()
}

func valueCell(target *autoscalingv2.MetricTarget, now *autoscalingv2.MetricValueStatus) string {
	if target.AverageValue != nil {
		return quantity(now.AverageValue) + "/" + quantity(target.AverageValue) + " (avg)"
	}
	return quantity(now.Value) + "/" + quantity(target.Value)
}

func resourceCell(target *autoscalingv2.MetricTarget, now *autoscalingv2.MetricValueStatus) string {
	if now == nil {
		now = &autoscalingv2.MetricValueStatus{}
	}
	if target.AverageValue != nil {
		return quantity(now.AverageValue) + "/" + quantity(target.AverageValue)
	}
	return percentage(now.AverageUtilization, unknownMetric) + "/" + percentage(target.AverageUtilization, "<auto>")
}

func percentage(n *int32, otherwise string) string {
	if n == nil {
		return otherwise
	}
	return strconv.Itoa(int(*n)) + "%"
}
