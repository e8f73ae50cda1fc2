package defaults

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// TestGolden holds a POST of each manifest against what a real v1.37.2 API server answered, less what it adds by itself
// (uid, times, versions, managed fields), by admission, and by allocation.
func TestGolden(t *testing.T) {
	for name, obj := range map[string]runtime.Object{
		"configmap": &corev1.ConfigMap{}, "deployment-minimal": &appsv1.Deployment{}, "pod-minimal": &corev1.Pod{},
		"service-clusterip": &corev1.Service{}, "service-dualstack": &corev1.Service{},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("../../../scenarios/golden/objects/" + name + ".yaml")
			require.NoError(t, err)
			require.NoError(t, yaml.UnmarshalStrict(text, obj))
			Set(obj)
			PrepareForCreate(obj)
			got := asMap(t, mustJSON(t, obj))
			answer, err := os.ReadFile("../../../scenarios/golden/objects/" + name + ".post.json")
			require.NoError(t, err)
			want := asMap(t, answer)
			for _, key := range []string{"namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields"} {
				delete(want["metadata"].(map[string]any), key)
			}
			if spec, ok := want["spec"].(map[string]any); ok {
				for _, key := range []string{"clusterIP", "clusterIPs", "ipFamilies"} {
					delete(spec, key)
				}
				if name == "service-clusterip" {
					delete(spec, "ipFamilyPolicy")
				}
				if want["kind"] == "Pod" {
					for _, key := range []string{"volumes", "serviceAccountName", "serviceAccount", "tolerations", "priority", "preemptionPolicy"} {
						delete(spec, key)
					}
					delete(spec["containers"].([]any)[0].(map[string]any), "volumeMounts")
				}
			}
			require.Empty(t, cmp.Diff(want, got))
		})
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

func asMap(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	return m
}
