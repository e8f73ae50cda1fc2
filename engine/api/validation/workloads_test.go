package validation_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/validation"
)

func newWorkload(t *testing.T, text []byte) runtime.Object {
	t.Helper()
	var kind metav1.TypeMeta
	require.NoError(t, yaml.Unmarshal(text, &kind))
	objects := map[string]runtime.Object{
		"ReplicationController": &corev1.ReplicationController{}, "PodTemplate": &corev1.PodTemplate{},
		"StatefulSet": &appsv1.StatefulSet{}, "DaemonSet": &appsv1.DaemonSet{}, "ControllerRevision": &appsv1.ControllerRevision{},
		"Job": &batchv1.Job{}, "CronJob": &batchv1.CronJob{},
		"HorizontalPodAutoscaler": &autoscalingv2.HorizontalPodAutoscaler{}, "PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
	}
	require.Contains(t, objects, kind.Kind)
	require.NoError(t, yaml.Unmarshal(text, objects[kind.Kind]))
	return objects[kind.Kind]
}

// setAt puts a value at a dotted path, or removes what is there.
func setAt(t *testing.T, root any, path string, value any, remove bool) {
	t.Helper()
	keys := strings.Split(path, ".")
	for i, key := range keys {
		last := i == len(keys)-1
		if list, ok := root.([]any); ok {
			n, err := strconv.Atoi(key)
			require.NoError(t, err)
			if last {
				list[n] = value
			}
			root = list[n]
			continue
		}
		object := root.(map[string]any)
		switch {
		case last && remove:
			delete(object, key)
		case last:
			object[key] = value
		case object[key] == nil:
			object[key] = map[string]any{}
		}
		root = object[key]
	}
}

func changed(t *testing.T, base json.RawMessage, ops [][]json.RawMessage) []byte {
	t.Helper()
	var root any
	require.NoError(t, json.Unmarshal(base, &root))
	for _, op := range ops {
		var path string
		var value any
		require.NoError(t, json.Unmarshal(op[0], &path))
		if len(op) > 1 {
			require.NoError(t, json.Unmarshal(op[1], &value))
		}
		setAt(t, root, path, value, len(op) == 1)
	}
	out, err := json.Marshal(root)
	require.NoError(t, err)
	return out
}

// TestUpstreamWorkloads replays what the strategies of an upstream v1.37.2 API server made of changed manifests and of
// changes to what they had stored: the errors in their order, and where there were none, the object itself.
func TestUpstreamWorkloads(t *testing.T) {
	text, err := os.ReadFile("testdata/workloads.json")
	require.NoError(t, err)
	var file struct {
		Bases, Stored map[string]json.RawMessage
		Facts         []struct {
			Base, Verb string
			Ops        [][]json.RawMessage
			Errors     []string
			Object     json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Greater(t, len(file.Facts), 300)
	for _, fact := range file.Facts {
		from := file.Stored[fact.Base]
		if fact.Verb == "create" {
			from = file.Bases[fact.Base]
		}
		obj := newWorkload(t, changed(t, from, fact.Ops))
		defaults.Set(obj)
		m, err := meta.Accessor(obj)
		require.NoError(t, err)
		var got []string
		if fact.Verb == "create" {
			m.SetUID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")
			m.SetCreationTimestamp(metav1.Unix(1700000000, 0))
			defaults.PrepareForCreate(obj)
			got = texts(validation.Create(obj))
		} else {
			old := newWorkload(t, from)
			m.SetResourceVersion("7")
			if fact.Verb == "status" {
				defaults.PrepareForStatusUpdate(obj, old)
				got = texts(validation.StatusUpdate(obj, old))
			} else {
				defaults.PrepareForUpdate(obj, old)
				got = texts(validation.Update(obj, old))
			}
		}
		name := fact.Verb + " of " + fact.Base + " with " + string(workloadJSON(t, fact.Ops))
		if diff := cmp.Diff(fact.Errors, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-upstream +ours):\n%s", name, diff)
			continue
		}
		if len(fact.Errors) > 0 {
			continue
		}
		want := workloadFields(t, fact.Object)
		if job, ok := obj.(*batchv1.Job); ok && fact.Verb == "create" && want["metadata"].(map[string]any)["labels"] == nil {
			// Upstream adds them when the Job is read back from its storage.
			want["metadata"].(map[string]any)["labels"] = workloadFields(t, workloadJSON(t, job.Spec.Template.Labels))
		}
		if diff := cmp.Diff(want, workloadFields(t, workloadJSON(t, obj))); diff != "" {
			t.Errorf("object after %s (-upstream +ours):\n%s", name, diff)
		}
	}
}

// TestRecordedWorkloads holds invalid manifests against what a real cluster answered.
func TestRecordedWorkloads(t *testing.T) {
	for name, want := range map[string]string{
		"13-job-restartpolicy": `spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`,
		"15-hpa-min-gt-max":    "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
		"17-pdb-both":          `spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"a":"b"}},"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
	} {
		text, err := os.ReadFile("../../../scenarios/golden/invalid/" + name + ".yaml")
		require.NoError(t, err)
		obj := newWorkload(t, text)
		m, err := meta.Accessor(obj)
		require.NoError(t, err)
		m.SetNamespace("default")
		m.SetUID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")
		defaults.Set(obj)
		defaults.PrepareForCreate(obj)
		require.Equal(t, []string{want}, texts(validation.Create(obj)), name)
	}
}

func workloadJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

func workloadFields(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal(text, &m))
	return m
}
