package engine

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// Limits of what is remembered of autoscalers.
const (
	maxAutoscalers     = 200
	maxAutoscalerSteps = 400 // of each, the newest
)

// Autoscaling is what an autoscaler has seen and done, for a chart: columns of equal length, a step for every write of the
// autoscaler or of its target that changed something in them. Numbers that were not known are -1.
type Autoscaling struct {
	Ref    string `json:"ref"`
	Target string `json:"target"` // a reference
	Min    int32  `json:"min"`
	Max    int32  `json:"max"`
	Metric string `json:"metric"` // the first of its metrics
	Unit   string `json:"unit"`   // "%" of the request, "B", or "" for a plain number

	At      []float64 `json:"at"`      // milliseconds of virtual time
	Value   []float64 `json:"value"`   // of the metric
	Goal    []float64 `json:"goal"`    // what the metric should be
	Desired []int32   `json:"desired"` // replicas the autoscaler asks for
	Actual  []int32   `json:"actual"`  // pods of the target
	Ready   []int32   `json:"ready"`   // of them
}

// autoscaling remembers autoscalers by their references, and which scales a target.
type autoscaling struct {
	all      map[string]*Autoscaling
	byTarget map[string]string
}

// committed takes a write in.
func (s *autoscaling) committed(at float64, r *api.Resource, old, new api.Object) {
	if r == api.HorizontalPodAutoscalers {
		if old != nil && new == nil {
			if x := s.all[api.Ref(r, old.GetNamespace(), old.GetName())]; x != nil {
				s.forget(x)
			}
		}
		if h, ok := new.(*autoscalingv2.HorizontalPodAutoscaler); ok {
			s.autoscaler(at, h)
		}
		return
	}
	if len(s.byTarget) == 0 || new == nil {
		return
	}
	actual, ready, ok := podsOf(new)
	if !ok {
		return
	}
	if x := s.all[s.byTarget[api.Ref(r, new.GetNamespace(), new.GetName())]]; x != nil {
		step := x.last()
		step.actual, step.ready = actual, ready
		x.add(at, step)
	}
}

// podsOf counts the pods of what can be scaled.
func podsOf(o api.Object) (actual, ready int32, ok bool) {
	switch x := o.(type) {
	case *appsv1.Deployment:
		return x.Status.Replicas, x.Status.ReadyReplicas, true
	case *appsv1.ReplicaSet:
		return x.Status.Replicas, x.Status.ReadyReplicas, true
	case *appsv1.StatefulSet:
		return x.Status.Replicas, x.Status.ReadyReplicas, true
	case *corev1.ReplicationController:
		return x.Status.Replicas, x.Status.ReadyReplicas, true
	}
	return -1, -1, false
}

func (s *autoscaling) forget(x *Autoscaling) {
	delete(s.all, x.Ref)
	if s.byTarget[x.Target] == x.Ref {
		delete(s.byTarget, x.Target)
	}
}

func (s *autoscaling) autoscaler(at float64, h *autoscalingv2.HorizontalPodAutoscaler) {
	ref := api.Ref(api.HorizontalPodAutoscalers, h.Namespace, h.Name)
	x := s.all[ref]
	if x == nil {
		if len(s.all) >= maxAutoscalers {
			return
		}
		if s.all == nil {
			s.all, s.byTarget = map[string]*Autoscaling{}, map[string]string{}
		}
		x = &Autoscaling{Ref: ref}
		s.all[ref] = x
	}
	target := ""
	gv, _ := schema.ParseGroupVersion(h.Spec.ScaleTargetRef.APIVersion)
	if r := api.ByGVK(gv.WithKind(h.Spec.ScaleTargetRef.Kind)); r != nil {
		target = api.Ref(r, h.Namespace, h.Spec.ScaleTargetRef.Name)
	}
	if x.Target != target {
		if s.byTarget[x.Target] == ref {
			delete(s.byTarget, x.Target)
		}
		if x.Target = target; target != "" {
			s.byTarget[target] = ref
		}
	}
	x.Min, x.Max = 1, h.Spec.MaxReplicas
	if n := h.Spec.MinReplicas; n != nil {
		x.Min = *n
	}
	step := x.last()
	step.desired = h.Status.DesiredReplicas
	if step.actual < 0 {
		step.actual = h.Status.CurrentReplicas
	}
	step.value, step.goal = -1, -1
	if len(h.Spec.Metrics) > 0 {
		var now autoscalingv2.MetricStatus
		if len(h.Status.CurrentMetrics) > 0 {
			now = h.Status.CurrentMetrics[0]
		}
		x.Metric, x.Unit, step.value, step.goal = metricOf(&h.Spec.Metrics[0], &now)
	}
	x.add(at, step)
}

// metricOf is a metric's name, unit, value and target.
func metricOf(m *autoscalingv2.MetricSpec, s *autoscalingv2.MetricStatus) (name, unit string, value, goal float64) {
	var target autoscalingv2.MetricTarget
	var now autoscalingv2.MetricValueStatus
	switch {
	case m.Resource != nil:
		name, target = string(m.Resource.Name), m.Resource.Target
		if s.Resource != nil {
			now = s.Resource.Current
		}
	case m.ContainerResource != nil:
		name, target = string(m.ContainerResource.Name), m.ContainerResource.Target
		if s.ContainerResource != nil {
			now = s.ContainerResource.Current
		}
	case m.Pods != nil:
		name, target = m.Pods.Metric.Name, m.Pods.Target
		if s.Pods != nil {
			now = s.Pods.Current
		}
	case m.Object != nil:
		name, target = m.Object.Metric.Name, m.Object.Target
		if s.Object != nil {
			now = s.Object.Current
		}
	case m.External != nil:
		name, target = m.External.Metric.Name, m.External.Target
		if s.External != nil {
			now = s.External.Current
		}
	}
	amount := func(q *resource.Quantity) float64 {
		if q == nil {
			return -1
		}
		return q.AsApproximateFloat64()
	}
	switch {
	case target.AverageUtilization != nil:
		value = -1
		if now.AverageUtilization != nil {
			value = float64(*now.AverageUtilization)
		}
		return name, "%", value, float64(*target.AverageUtilization)
	case target.AverageValue != nil:
		value, goal = amount(now.AverageValue), amount(target.AverageValue)
	default:
		value, goal = amount(now.Value), amount(target.Value)
	}
	if name == string(corev1.ResourceMemory) {
		unit = "B"
	}
	return name, unit, value, goal
}

type autoscalerStep struct {
	value, goal            float64
	desired, actual, ready int32
}

func (x *Autoscaling) last() autoscalerStep {
	n := len(x.At) - 1
	if n < 0 {
		return autoscalerStep{value: -1, goal: -1, actual: -1, ready: -1}
	}
	return autoscalerStep{x.Value[n], x.Goal[n], x.Desired[n], x.Actual[n], x.Ready[n]}
}

func (x *Autoscaling) add(at float64, s autoscalerStep) {
	n := len(x.At)
	if n > 0 && s == x.last() {
		return
	}
	if n > 0 && x.At[n-1] == at {
		x.At, x.Value, x.Goal, x.Desired, x.Actual, x.Ready = x.At[:n-1], x.Value[:n-1], x.Goal[:n-1], x.Desired[:n-1], x.Actual[:n-1], x.Ready[:n-1]
	}
	x.At, x.Value, x.Goal = newest(x.At, at), newest(x.Value, s.value), newest(x.Goal, s.goal)
	x.Desired, x.Actual, x.Ready = newest(x.Desired, s.desired), newest(x.Actual, s.actual), newest(x.Ready, s.ready)
}

// newest appends, and lets go of the older half when there is no room.
func newest[T any](list []T, v T) []T {
	if len(list) >= maxAutoscalerSteps {
		list = append(list[:0], list[len(list)-maxAutoscalerSteps/2:]...)
	}
	return append(list, v)
}

// Autoscaling is what is known of an autoscaler, by its own reference or that of what it scales; nil if there is none.
func (c *Cluster) Autoscaling(ref string) *Autoscaling {
	kind, key, _ := strings.Cut(ref, "/")
	if r := c.Resource(kind); r != nil && key != "" {
		if r.Namespaced && !strings.Contains(key, "/") {
			key = "default/" + key
		}
		ref = r.Name + "/" + key
	}
	if x := c.autoscaling.all[ref]; x != nil {
		return x
	}
	return c.autoscaling.all[c.autoscaling.byTarget[ref]]
}
