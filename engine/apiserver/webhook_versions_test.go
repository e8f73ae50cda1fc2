package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// TestWebhookVersions: matchPolicy Equivalent shows the object in the version that the rule names.
func TestWebhookVersions(t *testing.T) {
	h := newHookServer(t)
	v1 := func(p admissionregistrationv1.MatchPolicyType) func(w *admissionregistrationv1.MutatingWebhook) {
		return func(w *admissionregistrationv1.MutatingWebhook) {
			w.MatchPolicy = &p
			w.Rules = rules("horizontalpodautoscalers", "CREATE")
			w.Rules[0].APIVersions = []string{"v1"}
		}
	}
	h.must(mutating("exact", v1(admissionregistrationv1.Exact)))
	h.must(mutating("hook", v1(admissionregistrationv1.Equivalent)))
	h.answers["/exact"] = allow
	h.answers["/hook"] = patching(`[{"op":"replace","path":"/spec/targetCPUUtilizationPercentage","value":33}]`)
	hpa := h.must(&autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "x"}, Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
		MaxReplicas: 3, ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "d"},
		Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: "cpu", Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: ptr[int32](50)}}}},
	}}).(*autoscalingv2.HorizontalPodAutoscaler)
	assert.EqualValues(t, 33, *hpa.Spec.Metrics[0].Resource.Target.AverageUtilization)
	require.Equal(t, []string{"/hook"}, h.calls)
	assert.Equal(t, []any{"v1", "v2"}, []any{h.seen[0]["kind"].(map[string]any)["version"], h.seen[0]["requestKind"].(map[string]any)["version"]})

	h.calls = nil
	old := api.ByGVR(autoscalingv1.SchemeGroupVersion.WithResource("horizontalpodautoscalers"))
	r := h.do(&api.Request{Verb: api.Create, Resource: old, Namespace: "default", Object: &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "y"}, Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
		MaxReplicas: 3, ScaleTargetRef: autoscalingv1.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "d"}, TargetCPUUtilizationPercentage: ptr[int32](50)}}})
	require.NoError(t, r.Err)
	assert.Equal(t, []string{"/exact", "/hook"}, h.calls)
	assert.EqualValues(t, 33, *r.Object.(*autoscalingv1.HorizontalPodAutoscaler).Spec.TargetCPUUtilizationPercentage)
}

func TestWebhookDryRunAndBeta(t *testing.T) {
	h := newHookServer(t)
	h.answers["/hook"] = allow
	h.must(validating("hook", func(w *admissionregistrationv1.ValidatingWebhook) {
		w.SideEffects, w.AdmissionReviewVersions = ptr(admissionregistrationv1.SideEffectClassNoneOnDryRun), []string{"v2", "v1beta1"}
	}))
	dry := h.do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", DryRun: true, Object: configMap("x")})
	require.NoError(t, dry.Err)
	assert.Equal(t, true, h.seen[0]["dryRun"])
	assert.Equal(t, []any{"All"}, h.seen[0]["options"].(map[string]any)["dryRun"])
}
