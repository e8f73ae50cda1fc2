package podautoscaler

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/controllers/apitest"
)

func quantity(text string) *resource.Quantity {
	q := resource.MustParse(text)
	return &q
}

func average(text string) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity(text)}
}

func value(text string) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: quantity(text)}
}

// The figures are those of upstream's replica_calculator_test.go where it has the case.
func TestReplicas(t *testing.T) {
	const long, minute = 9 * time.Minute, time.Minute
	pods := func(target string) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "qps"}, Target: average(target)}}
	}
	object := func(target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "qps"}, Target: target,
			DescribedObject: autoscalingv2.CrossVersionObjectReference{APIVersion: "v1", Kind: "Service", Name: "web"}}}
	}
	external := func(target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
			Metric: autoscalingv2.MetricIdentifier{Name: "queue"}, Target: target}}
	}
	container := func(name string) autoscalingv2.MetricSpec {
		return autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType, ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
			Name: corev1.ResourceCPU, Container: name, Target: cpuTarget(50).Resource.Target}}
	}
	memory := autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceMemory, Target: average("100")}}
	for _, c := range []struct {
		name     string
		current  int32
		metric   autoscalingv2.MetricSpec
		set      func(*world)
		want     int32
		active   string // part of the condition ScalingActive
		current1 string // of the status' first metric
	}{
		{"scale up", 3, cpuTarget(30), func(w *world) { w.old(300, 500, 700) }, 5, "ValidMetricFound", "50% 500m"},
		{"scale down", 5, cpuTarget(50), func(w *world) { w.old(100, 300, 500, 250, 250) }, 3, "", "28% 280m"},
		{"tolerance up", 3, cpuTarget(46), func(w *world) { w.old(500, 500, 500) }, 3, "", "50% 500m"},
		{"tolerance down", 3, cpuTarget(54), func(w *world) { w.old(500, 500, 500) }, 3, "", ""},
		{"unready pods count nothing on the way up", 3, cpuTarget(30), func(w *world) {
			w.old(300, 500)
			w.pod(700, false, minute, minute)
		}, 3, "", "40% 400m"},
		{"a pod that got ready within the window", 3, cpuTarget(30), func(w *world) {
			w.old(500, 700)
			w.pod(300, true, minute, 5*time.Second)
		}, 4, "", "60% 600m"},
		{"a pod that was unready for long and was ready once counts", 2, cpuTarget(50), func(w *world) {
			w.old(500)
			w.pod(1500, false, long, 2*minute)
		}, 4, "", "100% 1"},
		{"a pod that never was ready does not", 2, cpuTarget(50), func(w *world) {
			w.old(500)
			w.pod(1500, false, long, long-20*time.Second)
		}, 2, "", "50% 500m"},
		{"pending pods are unready", 3, cpuTarget(30), func(w *world) {
			w.old(600, 600)
			p := w.pod(-1, false, minute, minute)
			apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending })
		}, 4, "", "60% 600m"},
		{"failed pods and those that go are ignored", 3, cpuTarget(50), func(w *world) {
			w.old(900, 900)
			p := w.pod(100, true, long, long)
			now := w.Now()
			apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.DeletionTimestamp = &now })
			p = w.pod(100, true, long, long)
			apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
		}, 4, "", "90% 900m"},
		{"missing metrics are all of the request on the way down", 4, cpuTarget(50), func(w *world) { w.old(100, 100, 100, -1) }, 3, "", "10% 100m"},
		{"missing metrics are nothing on the way up", 3, cpuTarget(30), func(w *world) { w.old(600, 600, -1) }, 4, "", "60% 600m"},
		{"missing metrics turn nothing around", 2, cpuTarget(50), func(w *world) { w.old(450, -1) }, 2, "", ""},
		{"memory by its average value", 3, memory, func(w *world) { w.old(200_000, 200_000, 200_000) }, 6, "", "200"},
		{"container", 2, container("web"), func(w *world) { w.old(1000, 1000) }, 4, "cpu container resource utilization (percentage of request)", ""},
		{"custom metric of pods", 3, pods("10"), func(w *world) { w.old(20_000, 10_000, 30_000) }, 6, "pods metric qps", "20"},
		{"custom metric of pods, missing ones are at the target", 4, pods("10"), func(w *world) { w.old(5_000, 5_000, -1, -1) }, 3, "", "5"},
		{"object by value", 2, object(value("20")), func(w *world) { w.old(0, 0); w.whole = []int64{40_000} }, 4, "Service metric qps", "40"},
		{"object per pod", 3, object(average("20")), func(w *world) { w.old(0, 0, 0); w.whole = []int64{100_000} }, 5, "external metric qps(nil)", "33334m"},
		{"external by value", 2, external(value("20")), func(w *world) { w.old(0, 0); w.whole = []int64{20_000, 20_000} }, 4, "external metric queue(nil)", "40"},
		{"external by value counts ready pods", 2, external(value("20")), func(w *world) { w.old(0); w.pod(0, false, minute, minute); w.whole = []int64{80_000} }, 4, "", ""},
		{"external per pod", 3, external(average("30")), func(w *world) { w.whole = []int64{150_000} }, 5, "", "50"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.current)
			c.set(w)
			w.hpa(1, 100, c.metric)
			// The first recommendation is the scale there is; five minutes later it counts no more.
			for range 22 {
				w.Run(15 * time.Second)
				if w.replicas() != c.current {
					break
				}
				for name, m := range w.usage {
					m.at = m.at.Add(15 * time.Second)
					w.usage[name] = m
				}
				if c.name == "a pod that got ready within the window" || c.want > c.current {
					break
				}
			}
			require.Equal(t, c.want, w.replicas())
			require.Contains(t, w.condition(autoscalingv2.ScalingActive), c.active)
			if c.current1 != "" {
				require.Equal(t, c.current1, shown(apitest.Get[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "web").Status.CurrentMetrics[0]))
			}
		})
	}
}

// shown is the current value of a metric.
func shown(m autoscalingv2.MetricStatus) string {
	var v autoscalingv2.MetricValueStatus
	switch {
	case m.Resource != nil:
		v = m.Resource.Current
	case m.ContainerResource != nil:
		v = m.ContainerResource.Current
	case m.Pods != nil:
		v = m.Pods.Current
	case m.Object != nil:
		v = m.Object.Current
	case m.External != nil:
		v = m.External.Current
	}
	switch {
	case v.AverageUtilization != nil:
		return resource.NewQuantity(int64(*v.AverageUtilization), resource.DecimalSI).String() + "% " + v.AverageValue.String()
	case v.AverageValue != nil:
		return v.AverageValue.String()
	}
	return v.Value.String()
}

// What cannot be computed is told in event, condition and the error of the whole, each in its own words.
func TestFailures(t *testing.T) {
	boom := errors.New("boom")
	object := &autoscalingv2.ObjectMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: "qps"}, Target: average("1"),
		DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "web"}}
	external := &autoscalingv2.ExternalMetricSource{Target: average("1"),
		Metric: autoscalingv2.MetricIdentifier{Name: "queue", Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"q": "work"}}}}
	for _, c := range []struct {
		name   string
		metric autoscalingv2.MetricSpec
		set    func(*world)
		reason string
		event  string
		whole  string
	}{
		{"no metrics", cpuTarget(50), func(w *world) { w.old(100); w.failed = boom }, "FailedGetResourceMetric",
			"failed to get cpu utilization: unable to get metrics for resource cpu: boom",
			"failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: boom"},
		{"no pods", cpuTarget(50), func(*world) {}, "FailedGetResourceMetric",
			"failed to get cpu utilization: no pods returned by selector while calculating replica count",
			"failed to get cpu resource metric value: failed to get cpu utilization: no pods returned by selector while calculating replica count"},
		{"only unready pods", cpuTarget(50), func(w *world) { w.pod(100, false, time.Minute, time.Minute) }, "FailedGetResourceMetric",
			"failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)", ""},
		{"no request", cpuTarget(50), func(w *world) {
			w.old(100)
			apitest.Edit(w.Server, "default", "web-1", func(p *corev1.Pod) { p.Spec.Containers[0].Resources.Requests = nil })
		}, "FailedGetResourceMetric", "failed to get cpu utilization: missing request for cpu in container web of Pod web-1", ""},
		{"no such container", autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: "cpu", Container: "sidecar", Target: cpuTarget(50).Resource.Target}},
			func(w *world) { w.old(100) }, "FailedGetContainerResourceMetric", "failed to get cpu utilization: container sidecar not found in Pod web-1",
			"failed to get sidecar container metric value: failed to get cpu utilization: container sidecar not found in Pod web-1"},
		{"pods metric", autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: "qps"}, Target: average("1")}},
			func(w *world) { w.old(100); w.failed = boom }, "FailedGetPodsMetric", "unable to get metric qps: boom", "failed to get pods metric value: unable to get metric qps: boom"},
		{"object metric", autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: object}, func(w *world) { w.failed = boom },
			"FailedGetObjectMetric", "unable to get metric qps on Service default/web: boom",
			"failed to get object metric value: failed to get qps object metric: unable to get metric qps on Service default/web: boom"},
		{"external metric", autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: external}, func(w *world) { w.failed = boom }, "FailedGetExternalMetric",
			"unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{q: work,},MatchExpressions:[]LabelSelectorRequirement{},}: boom",
			"failed to get queue external metric value: failed to get queue external metric: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{q: work,},MatchExpressions:[]LabelSelectorRequirement{},}: boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			c.set(w)
			w.hpa(1, 10, c.metric)
			w.Run(5 * time.Second)
			require.EqualValues(t, 1, w.replicas())
			require.Equal(t, "False "+c.reason+": the HPA was unable to compute the replica count: "+c.event, w.condition(autoscalingv2.ScalingActive))
			require.Contains(t, w.Events(), c.reason+": "+c.event)
			if c.whole != "" {
				require.Contains(t, w.Events(), "FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: "+c.whole)
			}
		})
	}
}
