package validation_test

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
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/api/warnings"
)

// storageCase is one write, and what kube-apiserver v1.37.2 made of it: upstream's own strategies were asked. object is
// absent when the write was refused.
type storageCase struct {
	Verb   string          `json:"verb"` // create, update, status
	Obj    json.RawMessage `json:"obj"`
	Old    json.RawMessage `json:"old"`
	Errors []string        `json:"errors"`
	Object json.RawMessage `json:"object"`

	Warnings []string `json:"warnings"`
}

func decodeRow(t *testing.T, text []byte) api.Object {
	t.Helper()
	var kind metav1.TypeMeta
	require.NoError(t, json.Unmarshal(text, &kind))
	r := api.ByGVK(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind))
	require.NotNil(t, r, kind.Kind)
	obj := r.New()
	require.NoError(t, json.Unmarshal(text, obj))
	obj.SetUID("uid-1")
	obj.SetCreationTimestamp(metav1.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	defaults.Set(obj)
	return obj
}

// once drops what is reported again, as errors are shown.
func once(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}

// TestStorageKinds holds defaults, strategies and validation of the storage, quota and priority kinds against upstream:
// the messages of what it refuses, in its order, and the objects of what it stores.
func TestStorageKinds(t *testing.T) {
	text, err := os.ReadFile("testdata/storage.json")
	require.NoError(t, err)
	var cases []storageCase
	require.NoError(t, json.Unmarshal(text, &cases))
	refused := 0
	for _, c := range cases {
		obj := decodeRow(t, c.Obj)
		var got, warned []string
		if c.Verb == "create" {
			defaults.PrepareForCreate(obj)
			got, warned = texts(validation.Create(obj)), warnings.Create(obj)
		} else {
			old := decodeRow(t, c.Old)
			old.SetResourceVersion("7")
			obj.SetResourceVersion("7")
			if c.Verb == "status" {
				defaults.PrepareForStatusUpdate(obj, old)
				if pv, ok := obj.(*corev1.PersistentVolume); ok && pv.Status.LastPhaseTransitionTime == nil {
					now := pv.CreationTimestamp // the server's clock
					pv.Status.LastPhaseTransitionTime = &now
				}
				got, warned = texts(validation.StatusUpdate(obj, old)), warnings.StatusUpdate(obj)
			} else {
				defaults.PrepareForUpdate(obj, old)
				got, warned = texts(validation.Update(obj, old)), warnings.Update(obj, old)
			}
		}
		if len(c.Errors) > 0 {
			refused++
		}
		assert.Empty(t, cmp.Diff(once(c.Errors), once(got)), "%s %s", c.Verb, c.Obj)
		if len(c.Object) == 0 {
			continue
		}
		assert.Equal(t, c.Warnings, warned, "%s %s", c.Verb, c.Obj)
		stored, err := json.Marshal(obj)
		require.NoError(t, err)
		read, err := json.Marshal(decodeRow(t, c.Object)) // what is stored gets defaults when it is read
		require.NoError(t, err)
		assert.Empty(t, cmp.Diff(jsonMap(t, read), jsonMap(t, stored)), "%s %s", c.Verb, c.Obj)
	}
	require.Greater(t, refused, 150)
}

func jsonMap(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	delete(m["metadata"].(map[string]any), "creationTimestamp")
	return m
}
