package printers

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

// TestStorageRows holds columns and rows against those that kube-apiserver v1.37.2 makes of the same objects; ages are
// left out.
func TestStorageRows(t *testing.T) {
	text, err := os.ReadFile("testdata/storage.json")
	require.NoError(t, err)
	var cases []struct {
		Object  json.RawMessage
		Cells   []any
		Columns []metav1.TableColumnDefinition
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	for _, c := range cases {
		var kind metav1.TypeMeta
		require.NoError(t, json.Unmarshal(c.Object, &kind))
		r := api.ByGVK(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
		obj := r.New()
		require.NoError(t, json.Unmarshal(c.Object, obj))
		columns := Columns(r.GVK().GroupKind())
		if c.Columns != nil {
			assert.Empty(t, cmp.Diff(c.Columns, columns))
		}
		cells := Row(obj, time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)).Cells
		require.Len(t, cells, len(columns))
		for i := range columns {
			switch columns[i].Name {
			case "Age", "Last Seen", "First Seen":
				cells[i], c.Cells[i] = "", ""
			}
		}
		got, err := json.Marshal(cells)
		require.NoError(t, err)
		want, err := json.Marshal(c.Cells)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), kind.Kind)
	}
}

func TestEndpointsAndStatusRows(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	created := metav1.NewTime(now.Add(-time.Minute))
	bound := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "c", CreationTimestamp: created, DeletionTimestamp: &created},
		Spec:       corev1.PersistentVolumeClaimSpec{VolumeName: "pv"},
		Status:     corev1.PersistentVolumeClaimStatus{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany, corev1.ReadWriteOnce}},
	}
	assert.Equal(t, []any{"c", "Terminating", "pv", "0", "RWO,RWX", "", "<unset>", "60s", "<unset>"}, Row(bound, now).Cells)
	cs := &corev1.ComponentStatus{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0"}, Conditions: []corev1.ComponentCondition{{Type: corev1.ComponentHealthy, Status: corev1.ConditionTrue, Message: "ok"}}}
	assert.Equal(t, []any{"etcd-0", "Healthy", "ok", ""}, Row(cs, now).Cells)
	assert.Equal(t, []any{"x", "Unknown", "", ""}, Row(&corev1.ComponentStatus{ObjectMeta: metav1.ObjectMeta{Name: "x"}}, now).Cells)
	assert.Equal(t, []any{"e", "<none>", "60s"}, Row(&corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "e", CreationTimestamp: created}}, now).Cells)
}
