package api_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
)

// TestAutoscalerConversion holds both directions, annotations included, against what upstream v1.37.2 made.
func TestAutoscalerConversion(t *testing.T) {
	text, err := os.ReadFile("testdata/autoscaler.json")
	require.NoError(t, err)
	var facts []struct{ From, To json.RawMessage }
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Greater(t, len(facts), 10)
	for _, fact := range facts {
		var kind metav1.TypeMeta
		require.NoError(t, json.Unmarshal(fact.From, &kind))
		from, to, convert := api.HorizontalPodAutoscalers, api.HorizontalPodAutoscalersV1, api.HorizontalPodAutoscalersV1.FromHub
		if kind.APIVersion == "autoscaling/v1" {
			from, to, convert = to, from, api.HorizontalPodAutoscalersV1.ToHub
		}
		obj := from.New()
		require.NoError(t, json.Unmarshal(fact.From, obj))
		defaults.Set(obj)
		before, err := json.Marshal(obj)
		require.NoError(t, err)
		out := convert(obj)
		out.GetObjectKind().SetGroupVersionKind(to.GVK())
		got, err := json.Marshal(out)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(fields(t, fact.To), fields(t, got)), string(fact.From))
		after, err := json.Marshal(obj)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), "what is converted stays as it is")
	}
}

// fields is a JSON object with the JSON inside its annotations read as well.
func fields(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	annotations, _ := m["metadata"].(map[string]any)["annotations"].(map[string]any)
	for k, v := range annotations {
		var inner any
		if json.Unmarshal([]byte(v.(string)), &inner) == nil {
			annotations[k] = inner
		}
	}
	return m
}
