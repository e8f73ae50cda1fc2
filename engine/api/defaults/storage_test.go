package defaults

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// TestGoldenClaim holds a POST of a claim against what a real v1.37.2 API server answered, less what it adds by itself
// and by admission.
func TestGoldenClaim(t *testing.T) {
	text, err := os.ReadFile("../../../scenarios/golden/objects/pvc.yaml")
	require.NoError(t, err)
	claim := &corev1.PersistentVolumeClaim{}
	require.NoError(t, yaml.UnmarshalStrict(text, claim))
	Set(claim)
	PrepareForCreate(claim)
	answer, err := os.ReadFile("../../../scenarios/golden/objects/pvc.post.json")
	require.NoError(t, err)
	want := asMap(t, answer)
	for _, key := range []string{"namespace", "uid", "resourceVersion", "creationTimestamp", "managedFields", "finalizers"} {
		delete(want["metadata"].(map[string]any), key)
	}
	require.Empty(t, cmp.Diff(want, asMap(t, mustJSON(t, claim))))
}

// TestLimitsKeepTheirMaps: defaults of a limit are written into maps of their own, and setting twice changes nothing.
func TestLimitsKeepTheirMaps(t *testing.T) {
	given := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	l := &corev1.LimitRange{Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
		Type: corev1.LimitTypeContainer, Default: given, Max: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
		Min: corev1.ResourceList{corev1.ResourceEphemeralStorage: resource.MustParse("1Mi")},
	}}}}
	Set(l)
	assert.Len(t, given, 1)
	item := l.Spec.Limits[0]
	assert.Len(t, item.Default, 2)
	assert.Len(t, item.DefaultRequest, 3)
	again := l.DeepCopy()
	Set(again)
	assert.Equal(t, l, again)
}

func TestVolumePhaseTimeIsTheCallers(t *testing.T) {
	then := metav1.Unix(1000, 0)
	old := &corev1.PersistentVolume{Status: corev1.PersistentVolumeStatus{Phase: corev1.VolumePending, LastPhaseTransitionTime: &then}}
	now := old.DeepCopy()
	now.Status.Phase = corev1.VolumeAvailable
	PrepareForStatusUpdate(now, old)
	assert.Nil(t, now.Status.LastPhaseTransitionTime, "a new phase with the old time wants a new one")
	same := old.DeepCopy()
	same.Status.LastPhaseTransitionTime = nil
	PrepareForStatusUpdate(same, old)
	assert.Equal(t, then, *same.Status.LastPhaseTransitionTime)
	given := old.DeepCopy()
	later := metav1.Unix(2000, 0)
	given.Status.Phase, given.Status.LastPhaseTransitionTime = corev1.VolumeBound, &later
	PrepareForStatusUpdate(given, old)
	assert.Equal(t, later, *given.Status.LastPhaseTransitionTime)
}
