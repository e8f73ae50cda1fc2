package validation_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
)

func newObject(t *testing.T, kind string) runtime.Object {
	t.Helper()
	objects := map[string]runtime.Object{
		"Pod": &corev1.Pod{}, "Service": &corev1.Service{}, "Node": &corev1.Node{}, "Namespace": &corev1.Namespace{},
		"ConfigMap": &corev1.ConfigMap{}, "Secret": &corev1.Secret{}, "ServiceAccount": &corev1.ServiceAccount{},
		"Event": &corev1.Event{}, "Lease": &coordinationv1.Lease{}, "EndpointSlice": &discoveryv1.EndpointSlice{},
		"Deployment": &appsv1.Deployment{}, "ReplicaSet": &appsv1.ReplicaSet{},
	}
	require.Contains(t, objects, kind)
	return objects[kind]
}

func decode(t *testing.T, text []byte) runtime.Object {
	t.Helper()
	var kind metav1.TypeMeta
	require.NoError(t, yaml.Unmarshal(text, &kind))
	obj := newObject(t, kind.Kind)
	require.NoError(t, yaml.Unmarshal(text, obj))
	defaults.Set(obj)
	return obj
}

func texts(list field.ErrorList) []string {
	var out []string
	for _, err := range list {
		out = append(out, err.Error())
	}
	return out
}

// TestRecordedManifests holds invalid manifests against what a real cluster answered.
func TestRecordedManifests(t *testing.T) {
	for name, want := range map[string][]string{
		"01-selector-mismatch": {"spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: `selector` does not match template `labels`"},
		"05-no-image-dup-container": {
			"spec.containers[0].image: Required value", `spec.containers[1].name: Duplicate value: "c"`,
		},
		"19-probe-two-handlers": {
			"spec.containers[0].livenessProbe.httpGet.port: Invalid value: 99999: must be between 1 and 65535, inclusive",
			"spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
		},
	} {
		text, err := os.ReadFile("../../../scenarios/golden/invalid/" + name + ".yaml")
		require.NoError(t, err)
		obj := decode(t, text)
		m, err := meta.Accessor(obj)
		require.NoError(t, err)
		m.SetNamespace("default")
		defaults.PrepareForCreate(obj)
		list := validation.Create(obj)
		require.Equal(t, want, texts(list), name)
		if recorded, err := os.ReadFile("../../../scenarios/golden/invalid/" + name + ".status.json"); err == nil {
			var status metav1.Status
			require.NoError(t, json.Unmarshal(recorded, &status))
			got := apierrors.NewInvalid(schema.GroupKind{Kind: status.Details.Kind}, m.GetName(), list).Status()
			got.TypeMeta = status.TypeMeta
			require.Empty(t, cmp.Diff(status, got))
		}
	}
}

// applyOp applies one replace or remove operation of JSON patch (RFC 6902).
func applyOp(t *testing.T, doc, op json.RawMessage) []byte {
	t.Helper()
	var o struct {
		Op, Path string
		Value    any
	}
	require.NoError(t, json.Unmarshal(op, &o))
	var root any
	require.NoError(t, json.Unmarshal(doc, &root))
	at, keys := root, strings.Split(o.Path, "/")[1:]
	for i, key := range keys {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		last := i == len(keys)-1
		if list, ok := at.([]any); ok {
			n, err := strconv.Atoi(key)
			require.NoError(t, err)
			if last {
				list[n] = o.Value
			}
			at = list[n]
			continue
		}
		object := at.(map[string]any)
		switch {
		case last && o.Op == "remove":
			delete(object, key)
		case last:
			object[key] = o.Value
		}
		at = object[key]
	}
	out, err := json.Marshal(root)
	require.NoError(t, err)
	return out
}

// TestUpstreamFacts replays what upstream's validation v1.37.2 said about single changes to valid objects. The file
// holds the objects, and for each fact the change as a JSON patch, the verb, and the errors in their order.
func TestUpstreamFacts(t *testing.T) {
	text, err := os.ReadFile("testdata/upstream.json")
	require.NoError(t, err)
	var file struct {
		Bases []json.RawMessage `json:"bases"`
		Facts []struct {
			Base   int             `json:"base"`
			Verb   string          `json:"verb"`
			Patch  json.RawMessage `json:"patch"`
			Errors []string        `json:"errors"`
		} `json:"facts"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Greater(t, len(file.Facts), 300)
	for _, fact := range file.Facts {
		changed := applyOp(t, file.Bases[fact.Base], fact.Patch)
		obj, old := decode(t, changed), decode(t, file.Bases[fact.Base])
		var got []string
		switch fact.Verb {
		case "create":
			got = texts(validation.Create(obj))
		default:
			m, err := meta.Accessor(obj)
			require.NoError(t, err)
			m.SetResourceVersion("7")
			if fact.Verb == "status" {
				got = texts(validation.StatusUpdate(obj, old))
			} else {
				got = texts(validation.Update(obj, old))
			}
		}
		if diff := cmp.Diff(fact.Errors, got); diff != "" {
			t.Errorf("%s of base %d with %s (-upstream +ours):\n%s", fact.Verb, fact.Base, fact.Patch, diff)
		}
	}
}
