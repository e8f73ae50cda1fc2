package podautoscaler

import (
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// begin reads the target's scale (horizontal.go, reconcileAutoscaler).
func (s *pass) begin() {
	ref := &s.hpa.Spec.ScaleTargetRef
	noScale := func(err error) {
		s.warn("FailedGetScale", err.Error())
		s.condition(autoscalingv2.AbleToScale, corev1.ConditionFalse, "FailedGetScale", "the HPA controller was unable to get the target's current scale: "+err.Error())
		s.updateStatus()
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		noScale(err)
		return
	}
	s.k.mappings(schema.GroupKind{Group: gv.Group, Kind: ref.Kind}, func(of []*api.Resource, err error) {
		if err != nil {
			noScale(err)
			return
		}
		s.k.getScale(s.hpa.Namespace, ref.Name, of, func(sc *scale, err error) {
			if err != nil {
				noScale(err)
				return
			}
			s.scale = sc
			s.condition(autoscalingv2.AbleToScale, corev1.ConditionTrue, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
			s.decide()
		})
	})
}

// decide finds out how many replicas there should be.
func (s *pass) decide() {
	h := s.hpa
	current := s.scale.Spec.Replicas
	if m := s.memory(); m.recommendations == nil {
		m.recommendations = []recommendation{{current, s.k.a.Wall()}}
	}
	s.least = 1
	if h.Spec.MinReplicas != nil {
		s.least = *h.Spec.MinReplicas
	}
	toZero := scaledToZero(h)
	switch {
	case current == 0 && !(toZero && (s.least != 0 || hasOutsideMetric(h))):
		s.condition(autoscalingv2.ScalingActive, corev1.ConditionFalse, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
		s.settle(0, "", nil, false)
	case current == 0:
		s.measure(toZero)
	case current > h.Spec.MaxReplicas:
		s.settle(h.Spec.MaxReplicas, "Current number of replicas above Spec.MaxReplicas", nil, true)
	case current < s.least:
		s.settle(s.least, "Current number of replicas below Spec.MinReplicas", nil, true)
	default:
		s.measure(toZero)
	}
}

func hasOutsideMetric(h *autoscalingv2.HorizontalPodAutoscaler) bool {
	for i := range h.Spec.Metrics {
		if t := h.Spec.Metrics[i].Type; t == autoscalingv2.ObjectMetricSourceType || t == autoscalingv2.ExternalMetricSourceType {
			return true
		}
	}
	return false
}

func scaledToZero(h *autoscalingv2.HorizontalPodAutoscaler) bool {
	for i := range h.Status.Conditions {
		if c := &h.Status.Conditions[i]; c.Type == autoscalingv2.ScaledToZero {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// measure decides by metrics.
func (s *pass) measure(toZero bool) {
	current := s.scale.Spec.Replicas
	s.compute(func(wanted int32, metric string, statuses []autoscalingv2.MetricStatus, err error) {
		if err != nil && wanted == -1 {
			s.setStatus(current, s.hpa.Status.DesiredReplicas, statuses, false)
			s.warn("FailedComputeMetricsReplicas", err.Error())
			s.updateStatus()
			return
		}
		// With some metrics failing the others may still scale up.
		desired, reason := max(wanted, 0), ""
		switch {
		case desired > current:
			reason = metric + " above target"
		case desired < current:
			reason = "All metrics below target"
		}
		if s.hpa.Spec.Behavior == nil {
			desired = s.normalize(desired)
		} else {
			desired = s.normalizeWithBehavior(desired)
		}
		if current == 0 && s.least != 0 && toZero && desired < s.least {
			desired = s.least
			if reason == "" {
				reason = "Current number of replicas below Spec.MinReplicas"
			}
		}
		s.settle(desired, reason, statuses, desired != current)
	})
}

// settle carries the decision out.
func (s *pass) settle(desired int32, reason string, statuses []autoscalingv2.MetricStatus, rescale bool) {
	current := s.scale.Spec.Replicas
	if !rescale {
		s.setStatus(current, current, statuses, false)
		s.updateStatus()
		return
	}
	// What follows is because of this decision.
	decision := s.k.a.Record(sim.KindDecision, "horizontalpodautoscalers/"+s.key, fmt.Sprintf("%s/%s: %d to %d replicas: %s", s.hpa.Spec.ScaleTargetRef.Kind, s.hpa.Spec.ScaleTargetRef.Name, current, desired, reason))
	s.k.a.Sim().In(sim.Context{Cause: decision.ID}, func() { s.rescale(current, desired, reason, statuses) })
}

func (s *pass) rescale(current, desired int32, reason string, statuses []autoscalingv2.MetricStatus) {
	s.setScale(desired, conflictRetries, func(err error) {
		if err != nil {
			s.warn("FailedRescale", fmt.Sprintf("New size: %d; reason: %s; error: %v", desired, reason, err))
			s.condition(autoscalingv2.AbleToScale, corev1.ConditionFalse, "FailedUpdateScale", "the HPA controller was unable to update the target scale: "+err.Error())
			s.setStatus(current, s.hpa.Status.DesiredReplicas, statuses, false)
			s.updateStatus()
			return
		}
		s.condition(autoscalingv2.AbleToScale, corev1.ConditionTrue, "SucceededRescale", fmt.Sprintf("the HPA controller was able to update the target scale to %d", desired))
		s.k.rec.Event(s.was, corev1.EventTypeNormal, "SuccessfulRescale", fmt.Sprintf("New size: %d; reason: %s", desired, reason))
		s.remember(current, desired)
		if current > 0 && desired == 0 && s.least == 0 && hasOutsideMetric(s.hpa) {
			s.condition(autoscalingv2.ScaledToZero, corev1.ConditionTrue, "ScaledToZero", "the HPA controller scaled the workload to zero")
		} else {
			s.condition(autoscalingv2.ScaledToZero, corev1.ConditionFalse, "NotScaledToZero", "the HPA controller did not scale the workload to zero")
		}
		s.setStatus(current, desired, statuses, true)
		s.updateStatus()
	})
}

func (s *pass) setStatus(current, desired int32, statuses []autoscalingv2.MetricStatus, rescaled bool) {
	st := &s.hpa.Status
	st.CurrentReplicas, st.DesiredReplicas, st.CurrentMetrics = current, desired, statuses
	generation := s.hpa.Generation
	st.ObservedGeneration = &generation
	if rescaled {
		now := s.stamp()
		st.LastScaleTime = &now
	}
}

// updateStatus writes the status if it changed, and ends the pass.
func (s *pass) updateStatus() {
	if apiequality.Semantic.DeepEqual(&s.was.Status, &s.hpa.Status) {
		s.done()
		return
	}
	client.Update(s.k.c, api.HorizontalPodAutoscalers, "status", s.hpa, func(_ *autoscalingv2.HorizontalPodAutoscaler, err error) {
		if err != nil {
			s.warn("FailedUpdateStatus", err.Error())
		}
		s.done()
	})
}
