package patch

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

func deployment(t testing.TB) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{}
	require.NoError(t, yaml.Unmarshal([]byte(`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
  labels: {app: web, tier: front}
  finalizers: [a, b, c]
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1.26", ports: [{containerPort: 80, protocol: TCP}], env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      - {name: side, image: "busybox:1"}
      tolerations: [{key: k, operator: Exists}]
      volumes:
      - {name: v, emptyDir: {}}
`), d))
	return d
}

// TestApply: each patch and what it does, as the difference in YAML.
func TestApply(t *testing.T) {
	cases := map[string]struct {
		kind  types.PatchType
		patch string
		want  func(d *appsv1.Deployment)
	}{
		"strategic merges containers by name": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.27"}]}}}}`,
			func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = "nginx:1.27" }},
		"strategic puts a new container first": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"containers":[{"name":"new","image":"x"}]}}}}`,
			func(d *appsv1.Deployment) {
				s := &d.Spec.Template.Spec
				s.Containers = append([]corev1.Container{{Name: "new", Image: "x"}}, s.Containers...)
			}},
		"strategic deletes an element": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}`,
			func(d *appsv1.Deployment) {
				d.Spec.Template.Spec.Containers = d.Spec.Template.Spec.Containers[:1]
			}},
		"strategic replaces a list": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"containers":[{"$patch":"replace"},{"name":"n","image":"i"}]}}}}`,
			func(d *appsv1.Deployment) {
				d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "n", Image: "i"}}
			}},
		"strategic replaces atomic lists": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"tolerations":[{"key":"z","operator":"Exists"}]}}}}`,
			func(d *appsv1.Deployment) { d.Spec.Template.Spec.Tolerations[0].Key = "z" }},
		"strategic deletes scalars": {types.StrategicMergePatchType,
			`{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}`,
			func(d *appsv1.Deployment) { d.Finalizers = []string{"a", "c"} }},
		"strategic null and replace": {types.StrategicMergePatchType,
			`{"metadata":{"labels":{"tier":null}},"spec":{"selector":{"$patch":"replace","matchLabels":{"x":"y"}}}}`,
			func(d *appsv1.Deployment) {
				delete(d.Labels, "tier")
				d.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"x": "y"}}
			}},
		"strategic retainKeys": {types.StrategicMergePatchType,
			`{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}`,
			func(d *appsv1.Deployment) {
				d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
			}},
		"strategic setElementOrder": {types.StrategicMergePatchType,
			`{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"side"},{"name":"web"}],"containers":[{"name":"side","image":"busybox:2"}]}}}}`,
			func(d *appsv1.Deployment) {
				c := d.Spec.Template.Spec.Containers
				c[0], c[1] = c[1], c[0]
				c[0].Image = "busybox:2"
			}},
		"strategic keeps the kind": {types.StrategicMergePatchType, `{"kind":"Pod","spec":{"replicas":1}}`,
			func(d *appsv1.Deployment) { *d.Spec.Replicas = 1 }},
		"merge replaces lists": {types.MergePatchType,
			`{"metadata":{"labels":{"tier":null,"n":"1"}},"spec":{"template":{"spec":{"containers":[{"name":"x","image":"y"}]}}}}`,
			func(d *appsv1.Deployment) {
				d.Labels = map[string]string{"app": "web", "n": "1"}
				d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "x", Image: "y"}}
			}},
		"json": {types.JSONPatchType, `[
			{"op":"test","path":"/kind","value":"Deployment"},
			{"op":"replace","path":"/spec/replicas","value":5},
			{"op":"add","path":"/metadata/labels/a~1b","value":"c"},
			{"op":"remove","path":"/metadata/finalizers/1"},
			{"op":"add","path":"/metadata/finalizers/-","value":"z"},
			{"op":"add","path":"/metadata/finalizers/0","value":"first"},
			{"op":"copy","from":"/metadata/labels/app","path":"/metadata/labels/copy"},
			{"op":"move","from":"/metadata/labels/tier","path":"/metadata/labels/moved"},
			{"op":"test","path":"/metadata/nothing","value":null}]`,
			func(d *appsv1.Deployment) {
				*d.Spec.Replicas = 5
				d.Finalizers = []string{"first", "a", "c", "z"}
				d.Labels = map[string]string{"app": "web", "a/b": "c", "copy": "web", "moved": "front"}
			}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := deployment(t)
			got, warnings, err := Apply(c.kind, d, []byte(c.patch), metav1.FieldValidationStrict)
			require.NoError(t, err)
			assert.Empty(t, warnings)
			assert.Empty(t, cmp.Diff(deployment(t), d), "the original changed")
			want := deployment(t)
			c.want(want)
			assert.Empty(t, cmp.Diff(want, got))
		})
	}
}

func TestApplyErrors(t *testing.T) {
	const rejected = "the server rejected our request due to an error in our request"
	cases := []struct {
		kind       types.PatchType
		patch      string
		validation string
		code       int32
		message    string
	}{
		{types.StrategicMergePatchType, `{"spec":`, "", 400, "unexpected end of JSON input"},
		{types.StrategicMergePatchType, `{"spec":{"replicas":"x"}}`, "", 422,
			` "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32`},
		{types.StrategicMergePatchType, `{"spec":{"replica":1}}`, "Strict", 422,
			` "" is invalid: patch: Invalid value: "map[spec:map[replica:1]]": strict decoding error: unknown field "spec.replica"`},
		{types.StrategicMergePatchType, `{"metadata":{"$deleteFromPrimitiveListfinalizers":["a"]}}`, "", 400, "invalid patch format of primitive list"},
		{types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}`, "", 0,
			"map: map[image:x] does not contain declared merge key: name"},
		{types.MergePatchType, `{"spec":{"replicas":"x"}}`, "", 422, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"},
		{types.MergePatchType, `{"kind":"Pod"}`, "", 422, "unable to decode apps/v1, Kind=Pod into *v1.Deployment"},
		{types.MergePatchType, `[]`, "", 400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"},
		{types.MergePatchType, `null`, "", 400, "Invalid JSON Patch"},
		{types.JSONPatchType, `{}`, "", 400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"},
		{types.JSONPatchType, `{}`, "Ignore", 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch"},
		{types.JSONPatchType, `[{"op":"test","path":"/spec/replicas","value":4}]`, "", 422, rejected},
		{types.JSONPatchType, `[{"op":"nop","path":"/spec/replicas","value":4}]`, "", 422, rejected},
	}
	for _, c := range cases {
		t.Run(c.patch, func(t *testing.T) {
			_, _, err := Apply(c.kind, deployment(t), []byte(c.patch), c.validation)
			require.ErrorContains(t, err, c.message)
			if status, ok := err.(apierrors.APIStatus); ok {
				assert.Equal(t, c.code, status.Status().Code)
			} else {
				assert.Zero(t, c.code)
			}
		})
	}
}

// TestJSONPatchCauses: what goes wrong inside; the API server, ours and
// upstream's, tells clients only that the request was rejected.
func TestJSONPatchCauses(t *testing.T) {
	for patch, want := range map[string]string{
		`[{"op":"test","path":"/spec/replicas","value":4}]`:  "testing value /spec/replicas failed: test failed",
		`[{"op":"remove","path":"/spec/x"}]`:                 "error in remove for path: '/spec/x': Unable to remove nonexistent key: x: missing value",
		`[{"op":"add","path":"/a/b","value":1}]`:             `add operation does not apply: doc is missing path: "/a/b": missing value`,
		`[{"op":"add","path":"","value":1}]`:                 `add operation does not apply: doc is missing path: "": missing value`,
		`[{"op":"replace","path":"/a/b","value":1}]`:         "replace operation does not apply: doc is missing path: /a/b: missing value",
		`[{"op":"replace","path":"/metadata/finalizers/9"}]`: "replace operation does not apply: doc is missing key: /metadata/finalizers/9: missing value",
		`[{"op":"add","path":"/metadata/finalizers/9"}]`:     "error in add for path: '/metadata/finalizers/9': Unable to access invalid index: 9: invalid index referenced",
		`[{"op":"move","from":"/q/q","path":"/x"}]`:          "move operation does not apply: doc is missing from path: /q/q: missing value",
		`[{"op":"copy","from":"/spec","path":"/q/q"}]`:       "copy operation does not apply: doc is missing destination path: /q/q: missing value",
		`[{"op":"add"}]`: "add operation failed to decode path: missing value",
		`[{"op":"x"}]`:   "Unexpected kind: x",
	} {
		var ops []operation
		require.NoError(t, json.Unmarshal([]byte(patch), &ops))
		doc, err := runtime.DefaultUnstructuredConverter.ToUnstructured(deployment(t))
		require.NoError(t, err)
		assert.EqualError(t, (&jsonPatch{doc: doc}).apply(ops[0]), want, patch)
	}
}

func TestWarnings(t *testing.T) {
	got, warnings, err := Apply(types.MergePatchType, deployment(t), []byte(`{"spec":{"replicas":1,"replicas":2,"replica":1}}`), "")
	require.NoError(t, err)
	assert.Equal(t, []string{`duplicate field "spec.replicas"`, `unknown field "spec.replica"`}, warnings)
	assert.Equal(t, int32(2), *got.(*appsv1.Deployment).Spec.Replicas)
	_, warnings, err = Apply(types.MergePatchType, deployment(t), []byte(`{"spec":{"replica":1}}`), metav1.FieldValidationIgnore)
	require.NoError(t, err)
	assert.Empty(t, warnings)
}

func TestUnstructured(t *testing.T) {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "x/v1", "kind": "W", "spec": map[string]any{"a": int64(1), "b": int64(2)}}}
	got, err := Merge(u, []byte(`{"spec":{"a":null,"c":3}}`))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"b": int64(2), "c": int64(3)}, got.(*unstructured.Unstructured).Object["spec"])
	assert.Equal(t, map[string]any{"a": int64(1), "b": int64(2)}, u.Object["spec"])
	_, err = Strategic(u, []byte(`{}`))
	assert.EqualError(t, err, "strategic merge patch format is not supported")
}

// TestThreeWay is the story of kubectl apply: the manifest drops a field and a
// container and changes the image; an autoscaler and an injector were there too.
func TestThreeWay(t *testing.T) {
	original := `{"spec":{"replicas":3,"paused":true,"template":{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}}}`
	modified := `{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"2"}]}}}}`
	current := `{"spec":{"replicas":7,"paused":true,"template":{"spec":{"containers":[{"name":"a","image":"1","env":[{"name":"X"}]},{"name":"b","image":"1"},{"name":"injected","image":"i"}]}}}}`
	patch, err := ThreeWayStrategic([]byte(original), []byte(modified), []byte(current), &appsv1.Deployment{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"spec":{"paused":null,"replicas":null,"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],
		"containers":[{"name":"a","image":"2"},{"$patch":"delete","name":"b"}]}}}}`, string(patch))

	patch, err = ThreeWayStrategic([]byte(modified), []byte(modified), []byte(current), &appsv1.Deployment{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","image":"2"}]}}}}`, string(patch))

	patch, err = ThreeWayStrategic([]byte(original), []byte(original), []byte(current), &appsv1.Deployment{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"spec":{"replicas":3,"template":{"spec":{"$setElementOrder/containers":[{"name":"a"},{"name":"b"}]}}}}`, string(patch))

	patch, err = ThreeWayStrategic([]byte(original), []byte(original), []byte(original), &appsv1.Deployment{})
	require.NoError(t, err)
	assert.Equal(t, `{}`, string(patch))
}

// TestThreeWayMerge has results of jsonmergepatch.CreateThreeWayJSONMergePatch.
func TestThreeWayMerge(t *testing.T) {
	const big = `{"a":1,"b":{"c":[1],"d":"x"}}`
	for _, c := range []struct{ original, modified, current, want string }{
		{``, ``, ``, `{}`},
		{``, big, `{}`, big},
		{big, big, big, `{}`},
		{big, `{}`, big, `{"a":null,"b":null}`},
		{big, `{"b":{"c":[2],"e":{}}}`, big, `{"a":null,"b":{"c":[2],"d":null,"e":{}}}`},
		{``, `{"a":2}`, big, `{"a":2}`},
		{big, `{"a":{"z":1}}`, big, `{"a":{"z":1},"b":null}`},
		{`{"b":{"c":1}}`, `{"b":{"d":1}}`, `{"b":{"x":1}}`, `{"b":{"c":null,"d":1}}`},
	} {
		got, err := ThreeWayMerge([]byte(c.original), []byte(c.modified), []byte(c.current))
		require.NoError(t, err)
		assert.JSONEq(t, c.want, string(got), fmt.Sprint(c))
	}
	two, err := TwoWayMerge([]byte(big), []byte(`{"b":{"d":"y"}}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":null,"b":{"c":null,"d":"y"}}`, string(two))
	_, err = ThreeWayMerge(nil, []byte(`{"metadata":{"name":"a"}}`), []byte(`{"metadata":{"name":"b"}}`))
	assert.Equal(t, ErrPreconditionFailed, err)
	_, err = ThreeWayMerge([]byte(`{`), nil, nil)
	assert.EqualError(t, err, "invalid JSON document")
}

func FuzzApply(f *testing.F) {
	for _, s := range []string{`{"spec":{"template":{"spec":{"containers":[null]}}}}`, `{"metadata":{"finalizers":[{}]}}`, `[{"op":"replace","path":""}]`,
		`{"metadata":{"$setElementOrder/finalizers":[[]],"finalizers":[[]]}}`, `{"$patch":{}}`, `{"$retainKeys":[{}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		d := deployment(t)
		for _, kind := range []types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType} {
			out, _, err := Apply(kind, d, patch, "")
			require.Equal(t, err == nil, out != nil)
		}
		_, _ = ThreeWayStrategic(patch, patch, patch, d)
		_, _ = ThreeWayStrategic(nil, patch, []byte(`{"metadata":{"finalizers":["a"]}}`), d)
		require.Empty(t, cmp.Diff(runtime.Object(deployment(t)), runtime.Object(d)))
	})
}
