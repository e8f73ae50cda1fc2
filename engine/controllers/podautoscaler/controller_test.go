package podautoscaler

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

const (
	able    = autoscalingv2.AbleToScale
	active  = autoscalingv2.ScalingActive
	limited = autoscalingv2.ScalingLimited
)

func TestBounds(t *testing.T) {
	w := newWorld(t, 3)
	w.old(5000, 5000, 5000)
	w.hpa(2, 4, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(4, "True TooManyReplicas: the desired replica count is more than the maximum replica count")
	require.Equal(t, "True SucceededRescale: the HPA controller was able to update the target scale to 4", w.condition(able))
	require.Equal(t, "False NotScaledToZero: the HPA controller did not scale the workload to zero", w.condition(autoscalingv2.ScaledToZero))
	require.Contains(t, w.Events(), "SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target")
	h := apitest.Get[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "web")
	require.EqualValues(t, 3, h.Status.CurrentReplicas)
	require.EqualValues(t, 4, h.Status.DesiredReplicas)
	require.NotNil(t, h.Status.LastScaleTime)

	w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 3 })
	w.Run(2 * time.Second)
	w.wants(3, "")
	require.Contains(t, w.Events(), "SuccessfulRescale: New size: 3; reason: Current number of replicas above Spec.MaxReplicas")
	least := int32(6)
	w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MinReplicas, h.Spec.MaxReplicas = &least, 9 })
	w.Run(2 * time.Second)
	w.wants(6, "")
	require.Contains(t, w.Events(), "SuccessfulRescale: New size: 6; reason: Current number of replicas below Spec.MinReplicas")
}

// Without spec.behavior a scale doubles at most, or grows to 4, each 15 s; and goes down only when the highest
// recommendation of five minutes allows it.
func TestWithoutBehavior(t *testing.T) {
	w := newWorld(t, 1)
	w.follow(5000)
	w.hpa(1, 100, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(4, "True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate")
	w.follow(1250)
	w.Run(15 * time.Second)
	w.wants(8, "ScaleUpLimit")
	w.follow(625)
	w.Run(15 * time.Second)
	w.wants(10, "False DesiredWithinRange: the desired count is within the acceptable range")
	w.follow(100)
	w.Run(4 * time.Minute)
	w.wants(10, "")
	require.Equal(t, "True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation", w.condition(able))
	w.Run(90 * time.Second)
	w.wants(2, "")
	require.Contains(t, w.Events(), "SuccessfulRescale: New size: 2; reason: All metrics below target")
}

func policy(typ autoscalingv2.HPAScalingPolicyType, value, seconds int32) autoscalingv2.HPAScalingPolicy {
	return autoscalingv2.HPAScalingPolicy{Type: typ, Value: value, PeriodSeconds: seconds}
}

func rules(window int32, sel autoscalingv2.ScalingPolicySelect, policies ...autoscalingv2.HPAScalingPolicy) *autoscalingv2.HPAScalingRules {
	return &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window, SelectPolicy: &sel, Policies: policies}
}

func TestBehavior(t *testing.T) {
	const (
		most  = autoscalingv2.MaxChangePolicySelect
		least = autoscalingv2.MinChangePolicySelect
		never = autoscalingv2.DisabledPolicySelect
		pods  = autoscalingv2.PodsScalingPolicy
		share = autoscalingv2.PercentScalingPolicy
	)
	free := rules(0, most, policy(share, 1000, 15))
	for _, c := range []struct {
		name     string
		start    int32
		use      int64 // of each pod, forever, so that the scale runs away
		up, down *autoscalingv2.HPAScalingRules
		want     []int32 // every 15 s
		limited  string  // at the end
	}{
		{"pods a period", 10, 2000, rules(0, most, policy(pods, 4, 60)), free, []int32{14, 14, 14, 14, 18}, ""},
		{"percent a period", 10, 2000, rules(0, most, policy(share, 10, 30)), free, []int32{11, 11, 13, 13}, "True ScaleUpLimit"},
		{"the larger of two", 10, 2000, rules(0, most, policy(pods, 4, 15), policy(share, 100, 15)), free, []int32{20, 40}, ""},
		{"the smaller of two", 10, 2000, rules(0, least, policy(pods, 4, 15), policy(share, 100, 15)), free, []int32{14, 18}, ""},
		{"no scaling up", 10, 2000, rules(0, never), free, []int32{10, 10}, "True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate"},
		{"pods a period down", 20, 100, free, rules(0, most, policy(pods, 3, 60)), []int32{17, 17, 17, 17, 14}, ""},
		{"percent a period down", 20, 100, free, rules(0, most, policy(share, 10, 15)), []int32{18, 16, 14}, "True ScaleDownLimit: the desired replica count is decreasing faster than the maximum scale rate"},
		{"the smaller of two down", 20, 100, free, rules(0, least, policy(pods, 1, 15), policy(share, 50, 15)), []int32{19, 18}, ""},
		{"no scaling down", 20, 100, free, rules(0, never), []int32{20, 20}, "True ScaleDownLimit"},
		{"a window before going up", 2, 2000, rules(40, most, policy(share, 1000, 15)), free, []int32{2, 2, 2, 8}, ""},
		{"a window before going down", 8, 100, free, rules(30, most, policy(share, 100, 15)), []int32{8, 8, 2}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.start)
			w.follow(c.use)
			w.hpa(1, 1000, cpuTarget(50))
			w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) {
				h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: c.up, ScaleDown: c.down}
			})
			w.Run(5 * time.Second)
			for i, n := range c.want {
				require.Equal(t, n, w.replicas(), "sync %d: %s", i, w.condition(limited))
				w.follow(c.use)
				if i < len(c.want)-1 {
					w.Run(15 * time.Second)
				}
			}
			require.Contains(t, w.condition(limited), c.limited)
		})
	}
}

func TestTolerance(t *testing.T) {
	w := newWorld(t, 10)
	w.follow(530)
	w.hpa(1, 100, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(10, "")
	up := rules(0, autoscalingv2.MaxChangePolicySelect, policy(autoscalingv2.PercentScalingPolicy, 100, 15))
	up.Tolerance = quantity("0.05")
	w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) {
		h.Spec.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: up, ScaleDown: rules(0, autoscalingv2.MaxChangePolicySelect, policy(autoscalingv2.PercentScalingPolicy, 100, 15))}
	})
	w.Run(5 * time.Second)
	w.wants(11, "")
	w.follow(460)
	w.Run(15 * time.Second)
	w.wants(11, "") // 8 % below is within the tolerance downwards
}

func TestZero(t *testing.T) {
	w := newWorld(t, 0)
	w.hpa(1, 10, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(0, "")
	require.Equal(t, "False ScalingDisabled: scaling is disabled since the replica count of the target is zero", w.condition(active))

	// With a metric from outside the autoscaler itself may go to zero, and come back.
	w = newWorld(t, 2)
	w.old(0, 0)
	w.whole = []int64{0}
	w.hpa(0, 10, autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: "queue"}, Target: value("10")}})
	w.Run(6 * time.Minute)
	w.wants(0, "")
	require.Equal(t, "True ScaledToZero: the HPA controller scaled the workload to zero", w.condition(autoscalingv2.ScaledToZero))
	w.follow(0)
	w.whole = []int64{35_000}
	w.Run(15 * time.Second)
	w.wants(4, "")
	require.Equal(t, "False NotScaledToZero: the HPA controller did not scale the workload to zero", w.condition(autoscalingv2.ScaledToZero))
}

// One metric that works may scale up, and not down, while another fails.
func TestSomeMetricsFail(t *testing.T) {
	bad := autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType,
		ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: "cpu", Container: "missing", Target: cpuTarget(50).Resource.Target}}
	w := newWorld(t, 2)
	w.old(1000, 1000)
	w.hpa(1, 10, bad, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(4, "")
	require.Contains(t, w.condition(active), "True ValidMetricFound")

	w = newWorld(t, 2)
	w.old(10, 10)
	w.hpa(1, 10, cpuTarget(50), bad)
	w.Run(7 * time.Minute)
	w.wants(2, "")
	require.Contains(t, w.condition(active), "False FailedGetContainerResourceMetric")
	require.Contains(t, w.Events(), "FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get missing container metric value: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics")
}

func TestTargets(t *testing.T) {
	retarget := func(w *world, version, kind, name string) {
		w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) {
			h.Spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{APIVersion: version, Kind: kind, Name: name}
		})
		w.Run(5 * time.Second)
	}
	w := newWorld(t, 1)
	w.hpa(1, 10, cpuTarget(50))
	const unable = "False FailedGetScale: the HPA controller was unable to get the target's current scale: "
	retarget(w, "apps/v1", "Deployment", "nothing")
	require.Equal(t, unable+`deployments.apps "nothing" not found`, w.condition(able))
	require.Contains(t, w.Events(), `FailedGetScale: deployments.apps "nothing" not found`)
	retarget(w, "apps/v1", "Gadget", "web")
	require.Equal(t, unable+`no matches for kind "Gadget" in group "apps"`, w.condition(able))
	retarget(w, "apps/v1", "DaemonSet", "web")
	require.Equal(t, unable+"the server could not find the requested resource", w.condition(able))
	retarget(w, "a/b/c", "Deployment", "web")
	require.Equal(t, unable+"unexpected GroupVersion string: a/b/c", w.condition(able))

	two := int32(2)
	labels := map[string]string{"app": "web"}
	w.old(1000, 1000)
	apitest.Put(w.Server, &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "rc"}, Spec: corev1.ReplicationControllerSpec{Replicas: &two, Selector: labels}})
	apitest.Put(w.Server, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "set"},
		Spec: appsv1.StatefulSetSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels}}})
	retarget(w, "v1", "ReplicationController", "rc")
	require.EqualValues(t, 4, *apitest.Get[*corev1.ReplicationController](w.Server, "default", "rc").Spec.Replicas)
	retarget(w, "apps/v1", "StatefulSet", "set")
	require.EqualValues(t, 4, *apitest.Get[*appsv1.StatefulSet](w.Server, "default", "set").Spec.Replicas)
}

func TestSelectors(t *testing.T) {
	w := newWorld(t, 1)
	w.old(1000)
	w.hpa(1, 10, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(2, "")
	other := apitest.Get[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "web").DeepCopy()
	other.Name, other.UID, other.Status = "another", "", autoscalingv2.HorizontalPodAutoscalerStatus{}
	apitest.Put(w.Server, other)
	w.Run(20 * time.Second)
	const text = "pods by selector app=web are controlled by more than one HPA (e.g. [{another default} {web default}])"
	require.Equal(t, "False AmbiguousSelector: "+text, w.condition(active))
	require.Contains(t, w.Events(), "AmbiguousSelector: "+text)
	apitest.Remove[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "another")
	w.Run(20 * time.Second)
	require.Contains(t, w.condition(active), "True ValidMetricFound")

	apitest.Edit(w.Server, "default", "web", func(d *appsv1.Deployment) { d.Spec.Selector = &metav1.LabelSelector{} })
	w.Run(20 * time.Second)
	require.Contains(t, w.condition(active), "False InvalidSelector")
}

// A conflict is retried with the newest scale; another error is told.
func TestRescaleErrors(t *testing.T) {
	w := newWorld(t, 1)
	w.old(1000)
	tries := 0
	w.Before = func(r *api.Request) error {
		if r.Subresource != "scale" || r.Verb != api.Update {
			return nil
		}
		if tries++; tries < 3 {
			return apierrors.NewConflict(r.Resource.GR(), r.Name, errors.New("changed"))
		}
		return nil
	}
	w.hpa(1, 10, cpuTarget(50))
	w.Run(5 * time.Second)
	require.Equal(t, 3, tries)
	w.wants(2, "")

	w = newWorld(t, 1)
	w.old(1000)
	w.Before = func(r *api.Request) error {
		if r.Subresource == "scale" && r.Verb == api.Update {
			return errors.New("quota")
		}
		return nil
	}
	w.hpa(1, 10, cpuTarget(50))
	w.Run(5 * time.Second)
	w.wants(1, "")
	require.Equal(t, "False FailedUpdateScale: the HPA controller was unable to update the target scale: quota", w.condition(able))
	require.Contains(t, w.Events(), "FailedRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target; error: quota")
}

// Each autoscaler is looked at every 15 s, and at once when its spec changes; that is periodic work, and a cluster without
// autoscalers has none.
func TestPeriod(t *testing.T) {
	w := newWorld(t, 1)
	before := w.Sim.Executed()
	w.Run(time.Hour)
	require.Equal(t, before, w.Sim.Executed(), "nothing happens without autoscalers")
	w.old(500)
	gets := 0
	w.Before = func(r *api.Request) error {
		if r.Subresource == "scale" {
			gets++
		}
		return nil
	}
	w.hpa(1, 10, cpuTarget(50))
	w.Run(151 * time.Second)
	require.Equal(t, 11, gets)
	require.True(t, w.Sim.Settled())
	w.edit(func(h *autoscalingv2.HorizontalPodAutoscaler) { h.Spec.MaxReplicas = 11 })
	w.Run(time.Second)
	require.Equal(t, 12, gets)
	apitest.Remove[*autoscalingv2.HorizontalPodAutoscaler](w.Server, "default", "web")
	w.Run(time.Hour)
	require.LessOrEqual(t, gets, 13)
	require.Empty(t, w.k.memory)
	require.Empty(t, w.k.selectors)
}
