package podautoscaler

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// result is what one metric asks for.
type result struct {
	replicas int32
	name     string // of the metric, for the reason of an event
	status   autoscalingv2.MetricStatus
	err      error
	before   string // goes before err in the error of the whole, but not in event and condition
	// reason and message are the condition's where there is an error.
	reason, message string
}

// compute asks every metric; the highest number of replicas counts. wanted -1 says that err leaves nothing to go by: all
// metrics failed, or some did and the others would scale down.
func (s *pass) compute(then func(wanted int32, metric string, statuses []autoscalingv2.MetricStatus, err error)) {
	if err := s.pickPods(); err != nil {
		then(-1, "", nil, err)
		return
	}
	specs := s.hpa.Spec.Metrics
	statuses := make([]autoscalingv2.MetricStatus, len(specs))
	wanted, metric, failed := int32(0), "", 0
	var first result
	var next func(i int)
	next = func(i int) {
		if i < len(specs) {
			s.metric(&specs[i], func(r result) {
				switch {
				case r.err != nil:
					if failed++; failed == 1 {
						first = r
					}
				default:
					statuses[i] = r.status
					if wanted == 0 || r.replicas > wanted {
						wanted, metric = r.replicas, r.name
					}
				}
				next(i + 1)
			})
			return
		}
		var err error
		if failed > 0 {
			err = fmt.Errorf("invalid metrics (%v invalid out of %v), first error is: %w", failed, len(specs), first.err)
		}
		if failed >= len(specs) || failed > 0 && wanted < s.scale.Spec.Replicas {
			s.condition(autoscalingv2.ScalingActive, corev1.ConditionFalse, first.reason, first.message)
			then(-1, "", statuses, err)
			return
		}
		s.condition(autoscalingv2.ScalingActive, corev1.ConditionTrue, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from "+metric)
		then(wanted, metric, statuses, err)
	}
	next(0)
}

// pickPods reads the target's selector. Its pods must belong to no other autoscaler.
func (s *pass) pickPods() error {
	fail := func(event, reason, text, condition string) error {
		s.warn(event, text)
		s.condition(autoscalingv2.ScalingActive, corev1.ConditionFalse, reason, condition)
		return errors.New(text)
	}
	text := s.scale.Status.Selector
	if text == "" {
		return fail("SelectorRequired", "InvalidSelector", "selector is required", "the HPA target's scale is missing a selector")
	}
	sel, err := labels.Parse(text)
	if err != nil {
		message := "couldn't convert selector into a corresponding internal selector object: " + err.Error()
		return fail("InvalidSelector", "InvalidSelector", message, message)
	}
	ns := s.k.selectors[s.hpa.Namespace]
	if ns[s.hpa.Name] == nil {
		return fmt.Errorf("HPA %s/%s was deleted during reconciliation", s.hpa.Namespace, s.hpa.Name)
	}
	ns[s.hpa.Name], s.selector = sel, sel
	if both := s.k.selecting(s.hpa.Namespace, s.podList()); len(both) > 1 {
		message := fmt.Sprintf("pods by selector %v are controlled by more than one HPA (e.g. [%s])", text, strings.Join(both, " "))
		return fail("AmbiguousSelector", "AmbiguousSelector", message, message)
	}
	return nil
}

// selecting lists up to two autoscalers whose selectors match some of the pods.
func (k *Controller) selecting(namespace string, pods []*corev1.Pod) []string {
	seen := map[string]bool{}
	var sets []labels.Set
	for _, p := range pods {
		if text := labels.Set(p.Labels).String(); !seen[text] {
			seen[text] = true
			sets = append(sets, p.Labels)
		}
	}
	var out []string
	for name, sel := range k.selectors[namespace] {
		if slices.ContainsFunc(sets, func(set labels.Set) bool { return sel.Matches(set) }) {
			out = append(out, "{"+name+" "+namespace+"}")
		}
	}
	slices.Sort(out)
	return out[:min(len(out), 2)]
}

// metric asks one metric.
func (s *pass) metric(m *autoscalingv2.MetricSpec, then func(result)) {
	// fail makes an error into a result, with an event and a condition of a reason.
	fail := func(reason, before string, r result) {
		err := r.err
		s.warn(reason, err.Error())
		if r.before != "" {
			before += ": " + r.before
		}
		then(result{err: fmt.Errorf("%s: %w", before, err), reason: reason, message: "the HPA was unable to compute the replica count: " + err.Error()})
	}
	switch m.Type {
	case autoscalingv2.ResourceMetricSourceType:
		name := m.Resource.Name
		s.resourceMetric(name, "", &m.Resource.Target, func(v autoscalingv2.MetricValueStatus, r result) {
			if r.err != nil {
				fail("FailedGetResourceMetric", "failed to get "+string(name)+" resource metric value", r)
				return
			}
			r.status = autoscalingv2.MetricStatus{Type: m.Type, Resource: &autoscalingv2.ResourceMetricStatus{Name: name, Current: v}}
			then(r)
		})
	case autoscalingv2.ContainerResourceMetricSourceType:
		c := m.ContainerResource
		s.resourceMetric(c.Name, c.Container, &c.Target, func(v autoscalingv2.MetricValueStatus, r result) {
			if r.err != nil {
				fail("FailedGetContainerResourceMetric", "failed to get "+c.Container+" container metric value", r)
				return
			}
			r.status = autoscalingv2.MetricStatus{Type: m.Type, ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{Name: c.Name, Container: c.Container, Current: v}}
			then(r)
		})
	case autoscalingv2.PodsMetricSourceType:
		s.podsMetric(m.Pods, func(r result) {
			if r.err != nil {
				fail("FailedGetPodsMetric", "failed to get pods metric value", r)
				return
			}
			then(r)
		})
	case autoscalingv2.ObjectMetricSourceType:
		s.objectMetric(m.Object, func(r result) {
			if r.err != nil {
				fail("FailedGetObjectMetric", "failed to get object metric value", r)
				return
			}
			then(r)
		})
	case autoscalingv2.ExternalMetricSourceType:
		s.externalMetric(m.External, func(r result) {
			if r.err != nil {
				fail("FailedGetExternalMetric", "failed to get "+m.External.Metric.Name+" external metric value", r)
				return
			}
			then(r)
		})
	default:
		err := fmt.Errorf("unknown metric source type %q", string(m.Type))
		s.warn("InvalidMetricSourceType", err.Error())
		then(result{err: err, reason: "InvalidMetricSourceType", message: "the HPA was unable to compute the replica count: " + err.Error()})
	}
}

// amount writes a value as metrics-server does: memory in binary units.
func amount(name corev1.ResourceName, milli int64) *resource.Quantity {
	if name == corev1.ResourceMemory {
		return resource.NewMilliQuantity(milli, resource.BinarySI)
	}
	return resource.NewMilliQuantity(milli, resource.DecimalSI)
}

// resourceMetric plans by what pods, or one container of each, use of a resource.
func (s *pass) resourceMetric(name corev1.ResourceName, container string, target *autoscalingv2.MetricTarget, then func(autoscalingv2.MetricValueStatus, result)) {
	var none autoscalingv2.MetricValueStatus
	if target.AverageValue == nil && target.AverageUtilization == nil {
		then(none, result{err: errors.New("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set")})
		return
	}
	s.k.source.resource(name, s.hpa.Namespace, s.selector, container, func(m podMetrics, err error) {
		if err != nil {
			err = fmt.Errorf("unable to get metrics for resource %s: %w", name, err)
		}
		if target.AverageValue != nil {
			r := result{name: string(name) + " resource", err: err}
			var average int64
			if err == nil {
				r.replicas, average, r.err = s.plain(m, target.AverageValue.MilliValue(), name)
			}
			if r.err != nil {
				r.err = fmt.Errorf("failed to get %s usage: %w", name, r.err)
			}
			then(autoscalingv2.MetricValueStatus{AverageValue: amount(name, average)}, r)
			return
		}
		r := result{name: string(name) + " resource utilization (percentage of request)", err: err}
		if container != "" {
			r.name = string(name) + " container resource utilization (percentage of request)"
		}
		var percent int32
		var average int64
		if err == nil {
			r.replicas, percent, average, r.err = s.utilization(m, *target.AverageUtilization, name, container)
		}
		if r.err != nil {
			r.err = fmt.Errorf("failed to get %s utilization: %w", name, r.err)
		}
		then(autoscalingv2.MetricValueStatus{AverageUtilization: &percent, AverageValue: amount(name, average)}, r)
	})
}

func (s *pass) podsMetric(m *autoscalingv2.PodsMetricSource, then func(result)) {
	sel, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		then(result{err: err})
		return
	}
	s.k.source.raw(m.Metric.Name, s.hpa.Namespace, s.selector, sel, func(values podMetrics, err error) {
		if err != nil {
			then(result{err: fmt.Errorf("unable to get metric %s: %w", m.Metric.Name, err)})
			return
		}
		r := result{name: "pods metric " + m.Metric.Name}
		var average int64
		r.replicas, average, r.err = s.plain(values, m.Target.AverageValue.MilliValue(), "")
		r.status = autoscalingv2.MetricStatus{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricStatus{
			Metric: m.Metric, Current: autoscalingv2.MetricValueStatus{AverageValue: amount("", average)}}}
		then(r)
	})
}

func (s *pass) objectMetric(m *autoscalingv2.ObjectMetricSource, then func(result)) {
	sel, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		then(result{err: err})
		return
	}
	t := &m.Target
	whole := t.Type == autoscalingv2.ValueMetricType && t.Value != nil
	if !whole && !(t.Type == autoscalingv2.AverageValueMetricType && t.AverageValue != nil) {
		then(result{err: errors.New("invalid object metric source: neither a value target nor an average value target was set")})
		return
	}
	of := &m.DescribedObject
	r := result{name: of.Kind + " metric " + m.Metric.Name}
	if !whole {
		r.name = externalName(&m.Metric) // so upstream calls it
		r.before = "failed to get " + m.Metric.Name + " object metric"
	}
	s.k.source.object(m.Metric.Name, s.hpa.Namespace, of, sel, func(usage int64, err error) {
		if err != nil {
			r.err = fmt.Errorf("unable to get metric %s on %s %s/%s: %w", m.Metric.Name, of.Kind, s.hpa.Namespace, of.Name, err)
			then(r)
			return
		}
		r.status = autoscalingv2.MetricStatus{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricStatus{
			DescribedObject: *of, Metric: m.Metric, Current: s.whole(usage, t, whole, &r)}}
		then(r)
	})
}

func externalName(m *autoscalingv2.MetricIdentifier) string {
	return "external metric " + m.Name + "(" + api.SelectorText(m.Selector) + ")"
}

// whole plans by a value that is not one pod's: against one for all pods, or one that each should bear.
func (s *pass) whole(usage int64, t *autoscalingv2.MetricTarget, forAll bool, r *result) (now autoscalingv2.MetricValueStatus) {
	if forAll {
		r.replicas, r.err = s.byRatio(float64(usage) / float64(t.Value.MilliValue()))
		now.Value = amount("", usage)
		return now
	}
	var average int64
	r.replicas, average = s.perPod(usage, t.AverageValue.MilliValue())
	now.AverageValue = amount("", average)
	return now
}

func (s *pass) externalMetric(m *autoscalingv2.ExternalMetricSource, then func(result)) {
	t := &m.Target
	if t.AverageValue == nil && t.Value == nil {
		then(result{err: errors.New("invalid external metric source: neither a value target nor an average value target was set")})
		return
	}
	r := result{name: externalName(&m.Metric), before: "failed to get external metric " + m.Metric.Name}
	if t.AverageValue != nil {
		r.before = "failed to get " + m.Metric.Name + " external metric"
	}
	sel, err := metav1.LabelSelectorAsSelector(m.Metric.Selector)
	if err != nil {
		r.err = err
		then(r)
		return
	}
	s.k.source.external(m.Metric.Name, s.hpa.Namespace, sel, func(values []int64, err error) {
		if err != nil {
			r.err = fmt.Errorf("unable to get external metric %s/%s/%s: %w", s.hpa.Namespace, m.Metric.Name, api.SelectorText(m.Metric.Selector), err)
			then(r)
			return
		}
		usage := int64(0)
		for _, v := range values {
			if v > 0 && usage > math.MaxInt64-v {
				usage = math.MaxInt64
				break
			}
			usage += v
		}
		r.status = autoscalingv2.MetricStatus{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricStatus{
			Metric: m.Metric, Current: s.whole(usage, t, t.AverageValue == nil, &r)}}
		then(r)
	})
}
