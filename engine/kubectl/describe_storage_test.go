package kubectl

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// TestDescribeStorage holds the pages of the storage, quota and priority kinds against what the describers of
// k8s.io/kubectl v0.37.2 write about the same objects.
func TestDescribeStorage(t *testing.T) {
	text, err := os.ReadFile("testdata/describe_storage.json")
	require.NoError(t, err)
	var cases []struct {
		Object json.RawMessage
		Text   string
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	w := newWorld(t)
	for _, name := range []string{"b", "a"} {
		w.f.put(api.Pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{Volumes: []corev1.Volume{
			{Name: "v", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "c1"}}},
		}}})
	}
	for _, c := range cases {
		var kind metav1.TypeMeta
		require.NoError(t, json.Unmarshal(c.Object, &kind))
		r := api.ByGVK(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
		obj := r.New()
		require.NoError(t, json.Unmarshal(c.Object, obj))
		w.f.put(r, obj)
		line := "kubectl describe " + r.Qualified() + " " + obj.GetName()
		if ns := obj.GetNamespace(); ns != "" {
			line += " -n " + ns
		}
		got := strings.TrimSuffix(w.command(line), "[exit 0]\n")
		assert.Empty(t, cmp.Diff(c.Text, got), "%s", c.Object)
		if obj.GetNamespace() != "full" { // whose namespace is described at last
			w.f.remove(r, api.KeyOf(obj))
		}
	}
}
