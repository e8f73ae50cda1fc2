package printers

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
)

// TestUpstreamWorkloadTables holds columns and rows against what upstream's printers v1.37.2 gave for the same objects.
func TestUpstreamWorkloadTables(t *testing.T) {
	text, err := os.ReadFile("testdata/workloads.json")
	require.NoError(t, err)
	var facts []struct {
		Object  json.RawMessage
		Columns []metav1.TableColumnDefinition
		Cells   []any
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Greater(t, len(facts), 25)
	for _, fact := range facts {
		var kind metav1.TypeMeta
		require.NoError(t, json.Unmarshal(fact.Object, &kind))
		gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
		obj := api.ByGVK(gvk).New()
		require.NoError(t, json.Unmarshal(fact.Object, obj))
		defaults.Set(obj)
		if fact.Columns != nil {
			require.Empty(t, cmp.Diff(fact.Columns, Columns(gvk.GroupKind())), kind.Kind)
		}
		cells, err := json.Marshal(Row(obj, now).Cells)
		require.NoError(t, err)
		var got []any
		require.NoError(t, json.Unmarshal(cells, &got))
		require.Empty(t, cmp.Diff(fact.Cells, got), string(fact.Object))
	}
}

func TestRunningJobCountsItsDuration(t *testing.T) {
	obj := api.Jobs.New()
	require.NoError(t, json.Unmarshal([]byte(`{"metadata":{"name":"pi"},"spec":{"completions":3,"template":{}},"status":{"succeeded":1}}`), obj))
	obj.SetCreationTimestamp(ago(90 * time.Second))
	require.Equal(t, "", Row(obj, now).Cells[3])
	require.NoError(t, json.Unmarshal([]byte(`{"status":{"startTime":"2026-11-22T22:40:12Z"}}`), obj))
	require.Equal(t, []any{"pi", "Running", "1/3", "60s", "90s"}, Row(obj, now).Cells[:5])
}
