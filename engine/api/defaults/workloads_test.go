package defaults

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// TestGoldenWorkloads holds a POST of each manifest against what a real v1.37.2 API server answered, less managed
// fields and resourceVersion.
func TestGoldenWorkloads(t *testing.T) {
	for name, obj := range map[string]runtime.Object{
		"job": &batchv1.Job{}, "cronjob": &batchv1.CronJob{}, "statefulset": &appsv1.StatefulSet{},
		"daemonset": &appsv1.DaemonSet{}, "hpa-minimal": &autoscalingv2.HorizontalPodAutoscaler{},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := os.ReadFile("../../../scenarios/golden/objects/" + name + ".post.json")
			require.NoError(t, err)
			want := asMap(t, answer)
			var recorded metav1.PartialObjectMetadata
			require.NoError(t, json.Unmarshal(answer, &recorded))
			delete(want["metadata"].(map[string]any), "managedFields")
			delete(want["metadata"].(map[string]any), "resourceVersion")

			text, err := os.ReadFile("../../../scenarios/golden/objects/" + name + ".yaml")
			require.NoError(t, err)
			require.NoError(t, yaml.UnmarshalStrict(text, obj))
			m, err := meta.Accessor(obj)
			require.NoError(t, err)
			m.SetNamespace("default")
			m.SetUID(recorded.UID)
			m.SetCreationTimestamp(recorded.CreationTimestamp)
			Set(obj)
			PrepareForCreate(obj)
			require.Empty(t, cmp.Diff(want, asMap(t, mustJSON(t, obj))))
			before := mustJSON(t, obj)
			Set(obj) // as whoever reads it from the store does
			require.Equal(t, string(before), string(mustJSON(t, obj)))
		})
	}
}

func TestJobSharesNoLabelsItDidNotMake(t *testing.T) {
	mine := map[string]string{"app": "x"}
	job := &batchv1.Job{}
	job.Name, job.UID, job.Labels = "pi", types.UID("u"), map[string]string{"own": "label"}
	job.Spec.Template.Labels = mine
	Set(job)
	PrepareForCreate(job)
	require.Equal(t, map[string]string{"app": "x"}, mine, "the caller's map is not written")
	require.Equal(t, map[string]string{"own": "label"}, job.Labels)
	require.Equal(t, "pi", job.Spec.Template.Labels["job-name"])
	require.Equal(t, map[string]string{batchv1.ControllerUidLabel: "u"}, job.Spec.Selector.MatchLabels)
}
