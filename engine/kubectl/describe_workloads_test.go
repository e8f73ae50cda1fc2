package kubectl

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// TestUpstreamWorkloadPages holds pages against what kubectl v0.37.2 wrote of the same objects, without events.
func TestUpstreamWorkloadPages(t *testing.T) {
	text, err := os.ReadFile("testdata/describe_workloads.json")
	require.NoError(t, err)
	var facts []struct {
		Object json.RawMessage
		Pods   []*corev1.Pod
		Text   string
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Greater(t, len(facts), 12)
	for _, fact := range facts {
		var kind metav1.TypeMeta
		require.NoError(t, json.Unmarshal(fact.Object, &kind))
		obj := api.ByGVK(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)).New()
		require.NoError(t, json.Unmarshal(fact.Object, obj))
		p := &page{}
		switch o := obj.(type) {
		case *corev1.ReplicationController:
			p.replicationController(o, fact.Pods)
		case *appsv1.StatefulSet:
			p.statefulSet(o, fact.Pods)
		case *appsv1.DaemonSet:
			p.daemonSet(o, fact.Pods)
		case *batchv1.Job:
			p.job(o)
		case *batchv1.CronJob:
			p.cronJob(o)
		case *autoscalingv2.HorizontalPodAutoscaler:
			p.autoscaler(o)
		case *policyv1.PodDisruptionBudget:
			p.disruptionBudget(o)
		default:
			t.Fatalf("%s", kind.Kind)
		}
		if diff := cmp.Diff(fact.Text, aligned(p.b.String())); diff != "" {
			t.Errorf("%s (-upstream +ours):\n%s", kind.Kind, diff)
		}
	}
}
