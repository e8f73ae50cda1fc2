package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
)

// running creates a pod and reports it running, ready or not.
func (w *world) running(name string, ready bool) {
	w.t.Helper()
	p := pod(name)
	p.Spec.NodeName = "node-1"
	require.NoError(w.t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: p}).Err)
	state := corev1.ConditionFalse
	if ready {
		state = corev1.ConditionTrue
	}
	require.NoError(w.t, w.do(&api.Request{
		Verb: api.Patch, Resource: api.Pods, Subresource: "status", Namespace: "default", Name: name, PatchType: api.TypedPatch,
		Mutate: func(o api.Object) bool {
			s := &o.(*corev1.Pod).Status
			s.Phase, s.Conditions = corev1.PodRunning, []corev1.PodCondition{{Type: corev1.PodReady, Status: state}}
			return true
		},
	}).Err)
}

func (w *world) budget(name string, status policyv1.PodDisruptionBudgetStatus, policy policyv1.UnhealthyPodEvictionPolicyType) {
	w.t.Helper()
	one := intstr.FromInt32(1)
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: policyv1.PodDisruptionBudgetSpec{
		MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
	}}
	if policy != "" {
		b.Spec.UnhealthyPodEvictionPolicy = &policy
	}
	require.NoError(w.t, w.do(&api.Request{Verb: api.Create, Resource: api.PodDisruptionBudgets, Namespace: "default", Object: b}).Err)
	require.NoError(w.t, w.do(&api.Request{
		Verb: api.Patch, Resource: api.PodDisruptionBudgets, Subresource: "status", Namespace: "default", Name: name, PatchType: api.TypedPatch,
		Mutate: func(o api.Object) bool {
			o.(*policyv1.PodDisruptionBudget).Status = status
			return true
		},
	}).Err)
}

func (w *world) evict(name string, options *metav1.DeleteOptions) error {
	w.t.Helper()
	ev := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, DeleteOptions: options}
	return w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "eviction", Namespace: "default", Name: name, Object: ev}).Err
}

func (w *world) get(r *api.Resource, name string) api.Object {
	w.t.Helper()
	resp := w.do(&api.Request{Verb: api.Get, Resource: r, Namespace: "default", Name: name})
	require.NoError(w.t, resp.Err)
	return resp.Object
}

func status(t *testing.T, err error) metav1.Status {
	t.Helper()
	st, ok := err.(apierrors.APIStatus)
	require.True(t, ok, "%v", err)
	return st.Status()
}

func TestEvictionRefusedByBudget(t *testing.T) {
	w := newWorld(t)
	w.running("web-1", true)
	w.budget("web", policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DesiredHealthy: 1, CurrentHealthy: 1}, "")
	st := status(t, w.evict("web-1", nil))
	require.EqualValues(t, 429, st.Code)
	require.Equal(t, metav1.StatusReasonTooManyRequests, st.Reason)
	require.Equal(t, "Cannot evict pod as it would violate the pod's disruption budget.", st.Message)
	require.Zero(t, st.Details.RetryAfterSeconds)
	require.Equal(t, []metav1.StatusCause{{
		Type: policyv1.DisruptionBudgetCause, Message: "The disruption budget web needs 1 healthy pods and has 1 currently",
	}}, st.Details.Causes)
	require.Nil(t, w.get(api.Pods, "web-1").GetDeletionTimestamp())
}

func TestEvictionWaitsForTheController(t *testing.T) {
	w := newWorld(t)
	w.running("web-1", true)
	w.budget("web", policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: 1}, "")
	st := status(t, w.evict("web-1", nil))
	require.EqualValues(t, 429, st.Code)
	require.EqualValues(t, 10, st.Details.RetryAfterSeconds)
	require.Equal(t, "The disruption budget web is still being processed by the server.", st.Details.Causes[0].Message)
}

func TestEvictionSpendsTheBudget(t *testing.T) {
	w := newWorld(t)
	w.running("web-1", true)
	w.running("web-2", true)
	w.budget("web", policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DesiredHealthy: 1, CurrentHealthy: 2, DisruptionsAllowed: 1}, "")
	require.NoError(t, w.evict("web-1", &metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}))
	require.EqualValues(t, 1, w.get(api.PodDisruptionBudgets, "web").(*policyv1.PodDisruptionBudget).Status.DisruptionsAllowed)

	require.NoError(t, w.evict("web-1", nil))
	p := w.get(api.Pods, "web-1").(*corev1.Pod)
	require.NotNil(t, p.DeletionTimestamp)
	last := p.Status.Conditions[len(p.Status.Conditions)-1]
	require.Equal(t, corev1.DisruptionTarget, last.Type)
	require.Equal(t, "EvictionByEvictionAPI", last.Reason)
	b := w.get(api.PodDisruptionBudgets, "web").(*policyv1.PodDisruptionBudget)
	require.Zero(t, b.Status.DisruptionsAllowed)
	require.Contains(t, b.Status.DisruptedPods, "web-1")
	require.Len(t, b.Status.Conditions, 1)
	require.Equal(t, "InsufficientPods", b.Status.Conditions[0].Reason)

	st := status(t, w.evict("web-2", nil))
	require.EqualValues(t, 429, st.Code)
	require.Equal(t, "The disruption budget web does not allow evicting pods currently", st.Details.Causes[0].Message)
}

func TestEvictionOfUnhealthyPods(t *testing.T) {
	blocked := policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DesiredHealthy: 1, CurrentHealthy: 0}
	t.Run("IfHealthyBudget", func(t *testing.T) {
		w := newWorld(t)
		w.running("web-1", false)
		w.budget("web", blocked, "")
		require.True(t, apierrors.IsTooManyRequests(w.evict("web-1", nil)))
	})
	t.Run("AlwaysAllow", func(t *testing.T) {
		w := newWorld(t)
		w.running("web-1", false)
		w.budget("web", blocked, policyv1.AlwaysAllow)
		require.NoError(t, w.evict("web-1", nil))
		require.Empty(t, w.get(api.PodDisruptionBudgets, "web").(*policyv1.PodDisruptionBudget).Status.DisruptedPods)
	})
	t.Run("enough others", func(t *testing.T) {
		w := newWorld(t)
		w.running("web-1", false)
		w.budget("web", policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DesiredHealthy: 1, CurrentHealthy: 1}, "")
		require.NoError(t, w.evict("web-1", nil))
	})
	t.Run("pending", func(t *testing.T) {
		w := newWorld(t)
		require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: pod("web-1")}).Err)
		w.budget("web", blocked, "")
		require.NoError(t, w.evict("web-1", nil))
	})
}

func TestEvictionWithTwoBudgets(t *testing.T) {
	w := newWorld(t)
	w.running("web-1", true)
	w.budget("a", policyv1.PodDisruptionBudgetStatus{}, "")
	w.budget("b", policyv1.PodDisruptionBudgetStatus{}, "")
	st := status(t, w.evict("web-1", nil))
	require.EqualValues(t, 500, st.Code)
	require.Equal(t, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", st.Message)
}

func TestEvictionNamesItsPod(t *testing.T) {
	w := newWorld(t)
	w.running("web-1", true)
	resp := w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "eviction", Namespace: "default", Name: "web-1", Object: &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: "other"}}})
	require.EqualError(t, resp.Err, "name in URL does not match name in Eviction object")
	uid := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("other")}
	require.True(t, apierrors.IsConflict(w.evict("web-1", &uid)))
	require.True(t, apierrors.IsNotFound(w.evict("nobody", nil)))
}

func TestScaleOfStatefulSetAndReplicationController(t *testing.T) {
	w := newWorld(t)
	labels := map[string]string{"app": "db", "tier": "x"}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod("x").Spec}
	sts := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Spec: appsv1.StatefulSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template}}
	rc := &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Spec: corev1.ReplicationControllerSpec{Template: &template}}
	for _, c := range []struct {
		r   *api.Resource
		obj api.Object
	}{{api.StatefulSets, sts}, {api.ReplicationControllers, rc}} {
		require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: c.r, Namespace: "default", Object: c.obj}).Err)
		resp := w.do(&api.Request{Verb: api.Get, Resource: c.r, Subresource: "scale", Namespace: "default", Name: "db"})
		require.NoError(t, resp.Err)
		sc := resp.Object.(*autoscalingv1.Scale)
		require.EqualValues(t, 1, sc.Spec.Replicas)
		require.Equal(t, "app=db,tier=x", sc.Status.Selector)
		sc = sc.DeepCopy()
		sc.Spec.Replicas = 4
		resp = w.do(&api.Request{Verb: api.Update, Resource: c.r, Subresource: "scale", Namespace: "default", Name: "db", Object: sc})
		require.NoError(t, resp.Err)
		require.EqualValues(t, 4, resp.Object.(*autoscalingv1.Scale).Spec.Replicas)
		require.EqualValues(t, 2, w.get(c.r, "db").GetGeneration())
	}
}

func TestAutoscalerInBothVersions(t *testing.T) {
	w := newWorld(t)
	cpu := int32(50)
	v1 := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
		MaxReplicas: 5, TargetCPUUtilizationPercentage: &cpu,
		ScaleTargetRef: autoscalingv1.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
	}}
	resp := w.do(&api.Request{Verb: api.Create, Resource: api.HorizontalPodAutoscalersV1, Namespace: "default", Object: v1})
	require.NoError(t, resp.Err)
	require.EqualValues(t, 50, *resp.Object.(*autoscalingv1.HorizontalPodAutoscaler).Spec.TargetCPUUtilizationPercentage)
	h := w.get(api.HorizontalPodAutoscalers, "web").(*autoscalingv2.HorizontalPodAutoscaler)
	require.EqualValues(t, 50, *h.Spec.Metrics[0].Resource.Target.AverageUtilization)
	require.EqualValues(t, 1, *h.Spec.MinReplicas)
	require.Empty(t, h.Annotations)
}

// TestOldControllersOrphanByDefault: a bare DELETE of a Job or ReplicationController leaves its pods alone.
func TestOldControllersOrphanByDefault(t *testing.T) {
	w := newWorld(t)
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}}, Spec: pod("x").Spec}
	rc := &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Name: "old"}, Spec: corev1.ReplicationControllerSpec{Template: &template}}
	require.NoError(t, w.do(&api.Request{Verb: api.Create, Resource: api.ReplicationControllers, Namespace: "default", Object: rc}).Err)
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.ReplicationControllers, Namespace: "default", Name: "old"}).Err)
	require.Equal(t, []string{metav1.FinalizerOrphanDependents}, w.get(api.ReplicationControllers, "old").GetFinalizers())
	background := metav1.DeletePropagationBackground
	require.NoError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.ReplicationControllers, Namespace: "default", Name: "old", Propagation: &background}).Err)
}
