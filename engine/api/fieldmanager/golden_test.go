package fieldmanager_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/manifest"
)

func at(seconds int64) *metav1.Time {
	return &metav1.Time{Time: time.Unix(1_800_000_000+seconds, 0).UTC()}
}

// object reads a manifest.
func object(t testing.TB, text string) (*api.Resource, api.Object) {
	t.Helper()
	docs, err := manifest.Split([]byte(text))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	r := api.ByGVK(docs[0].GVK)
	require.NotNil(t, r)
	obj := r.New()
	_, err = manifest.Decode(docs[0], obj, true)
	require.NoError(t, err)
	return r, obj
}

// TestGolden holds the sets of new objects against a real API server's answers.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../../../scenarios/golden/objects/*.yaml")
	require.NoError(t, err)
	m := fieldmanager.New()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var want []metav1.ManagedFieldsEntry
			b, err := os.ReadFile("testdata/" + name + ".managed.json")
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(b, &want))
			r, obj := object(t, string(text))
			defaults.Set(obj)
			got := m.Update(r, nil, obj, fieldmanager.Writer{Manager: want[0].Manager, Now: at(0)})
			require.Len(t, got, len(want))
			for i := range want {
				require.JSONEq(t, want[i].FieldsV1.GetRawString(), got[i].FieldsV1.GetRawString())
				got[i].Time, got[i].FieldsV1, want[i].Time, want[i].FieldsV1 = nil, nil, nil, nil
			}
			require.Equal(t, want, got)
		})
	}
}
