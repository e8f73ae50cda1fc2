package podautoscaler

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// world is an API server with a Deployment "web", its pods, and an autoscaler whose metrics the test sets.
type world struct {
	*apitest.Server
	t *testing.T
	k *Controller

	usage  podMetrics // by pod, for resources and custom metrics of pods; nil: an error
	whole  []int64    // object and external metrics
	failed error
	pods   int
}

func newWorld(t *testing.T, replicas int32) *world {
	t.Helper()
	w := &world{Server: apitest.New(), t: t, usage: podMetrics{}}
	apitest.Put(w.Server, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec:   appsv1.DeploymentSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status: appsv1.DeploymentStatus{Replicas: replicas}})
	w.Start("hpa", func(f *client.Informers) { w.k = run(f, w) })
	w.Run(10 * time.Minute) // so that pods can be old
	return w
}

// pod adds a pod that requests 1000m, and what it uses in thousandths; -1 is no metric. It started so long ago and has been
// ready, or not ready, since then.
func (w *world) pod(use int64, ready bool, age, since time.Duration) *corev1.Pod {
	w.pods++
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	now := w.Now()
	start := metav1.Time{Time: now.Add(-age)}
	p := apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprint("web-", w.pods), Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &start, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: status, LastTransitionTime: metav1.Time{Time: now.Add(-since)}}}}})
	if use >= 0 {
		w.usage[p.Name] = podMetric{at: now.Time, window: 15 * time.Second, value: use}
	}
	return p
}

// old adds pods that have been ready for long.
func (w *world) old(uses ...int64) {
	for _, u := range uses {
		w.pod(u, true, 9*time.Minute, 8*time.Minute)
	}
}

func (w *world) set(use int64) {
	for name, m := range w.usage {
		m.value, m.at = use, w.Now().Time
		w.usage[name] = m
	}
}

func cpuTarget(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU,
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}}}
}

// hpa makes the autoscaler.
func (w *world) hpa(least, most int32, metrics ...autoscalingv2.MetricSpec) *autoscalingv2.HorizontalPodAutoscaler {
	return apitest.Put(w.Server, &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{MinReplicas: &least, MaxReplicas: most, Metrics: metrics,
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}}})
}

func (w *world) edit(fn func(*autoscalingv2.HorizontalPodAutoscaler)) {
	apitest.Edit(w.Server, "default", "web", func(h *autoscalingv2.HorizontalPodAutoscaler) {
		h.Generation++
		fn(h)
	})
}

func (w *world) replicas() int32 {
	return *apitest.Get[*appsv1.Deployment](w.Server, "default", "web").Spec.Replicas
}

// follow makes the pods as many as the scale asks for, each using as much as the others.
func (w *world) follow(use int64) {
	n := int(w.replicas())
	for w.pods < n {
		w.old(use)
	}
	for ; w.pods > n; w.pods-- {
		name := fmt.Sprint("web-", w.pods)
		apitest.Remove[*corev1.Pod](w.Server, "default", name)
		delete(w.usage, name)
	}
	w.set(use)
	apitest.Edit(w.Server, "default", "web", func(d *appsv1.Deployment) { d.Status.Replicas = int32(n) })
}

func (w *world) condition(typ autoscalingv2.HorizontalPodAutoscalerConditionType) string {
	for _, c := range apitest.Get[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "web").Status.Conditions {
		if c.Type == typ {
			return string(c.Status) + " " + c.Reason + ": " + c.Message
		}
	}
	return ""
}

func (w *world) wants(n int32, limited string) {
	w.t.Helper()
	require.Equal(w.t, n, w.replicas())
	if limited != "" {
		require.Contains(w.t, w.condition(autoscalingv2.ScalingLimited), limited)
	}
}

func (w *world) metrics() (podMetrics, error) {
	if w.failed != nil {
		return nil, w.failed
	}
	out := podMetrics{}
	for k, v := range w.usage {
		out[k] = v
	}
	return out, nil
}

func (w *world) resource(_ corev1.ResourceName, _ string, _ labels.Selector, container string, then func(podMetrics, error)) {
	if container == "missing" {
		then(nil, errors.New("no metrics"))
		return
	}
	then(w.metrics())
}

func (w *world) raw(_, _ string, _, _ labels.Selector, then func(podMetrics, error)) {
	then(w.metrics())
}

func (w *world) object(_, _ string, _ *autoscalingv2.CrossVersionObjectReference, _ labels.Selector, then func(int64, error)) {
	if w.failed != nil {
		then(0, w.failed)
		return
	}
	then(w.whole[0], nil)
}

func (w *world) external(_, _ string, _ labels.Selector, then func([]int64, error)) {
	then(w.whole, w.failed)
}
