package apiserver_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

const boxes = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boxes.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: boxes, kind: Box}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {service: {namespace: default, name: hook, path: /convert}}
  versions:
  - {name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, properties: {size: {type: string}, status: {type: object, properties: {full: {type: boolean}}}}}}}
  - {name: v2, served: true, storage: false, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, properties: {w: {type: integer, maximum: 9}, h: {type: integer}, status: {type: object, properties: {full: {type: boolean}}}}}}}
`

// boxWorld has boxes: "3x4" in v1 is w: 3, h: 4 in v2.
func boxWorld(t *testing.T) (h *hookServer, v1, v2 *api.Resource) {
	h = newHookServer(t)
	h.answers["/convert"] = convertBoxes
	v1 = h.define(boxes, "v1")
	v2 = h.table().ByGVK(v1.GVK().GroupKind().WithVersion("v2"))
	h.run(3 * time.Second)
	return h, v1, v2
}

func convertBoxes(rq map[string]any) any {
	var out []any
	for _, x := range rq["objects"].([]any) {
		o := maps.Clone(x.(map[string]any))
		if size, ok := o["size"].(string); ok {
			w, h, _ := strings.Cut(size, "x")
			delete(o, "size")
			o["w"], o["h"] = w[0]-'0', h[0]-'0'
		} else if w, ok := o["w"].(float64); ok {
			o["size"] = string(rune('0'+int(w))) + "x" + string(rune('0'+int(o["h"].(float64))))
			delete(o, "w")
			delete(o, "h")
		}
		o["apiVersion"] = rq["desiredAPIVersion"]
		out = append(out, o)
	}
	return map[string]any{"result": metav1.Status{Status: "Success"}, "convertedObjects": out}
}

func (w *world) box(r *api.Resource, name, content string) *api.Response {
	w.t.Helper()
	o := decode(w.t, r, "apiVersion: "+r.APIVersion()+"\nkind: Box\nmetadata: {name: "+name+"}\n"+content)
	resp := w.do(&api.Request{Verb: api.Create, Resource: r, Namespace: "default", FieldManager: "me", Object: o})
	w.run(100 * time.Millisecond)
	return resp
}

func (w *world) getBox(r *api.Resource, name string) *api.Response {
	w.t.Helper()
	return w.do(&api.Request{Verb: api.Get, Resource: r, Namespace: "default", Name: name})
}

func content(o api.Object) map[string]any { return o.(*api.Custom).Content }

func TestConversion(t *testing.T) {
	h, v1, v2 := boxWorld(t)
	made := h.box(v2, "a", "w: 3\nh: 4\n")
	require.NoError(t, made.Err)
	assert.Equal(t, map[string]any{"w": int64(3), "h": int64(4)}, content(made.Object))
	assert.Equal(t, map[string]any{"size": "3x4"}, content(h.getBox(v1, "a").Object))
	require.Len(t, h.calls, 2, "to the stored version and back; what is stored is read as it is")
	two := h.getBox(v2, "a").Object
	assert.Equal(t, map[string]any{"w": int64(3), "h": int64(4)}, content(two))
	require.Len(t, two.GetManagedFields(), 1)
	assert.Equal(t, "example.com/v2", two.GetManagedFields()[0].APIVersion)
	assert.EqualError(t, h.box(v2, "b", "w: 10\nh: 1\n").Err, `Box.example.com "b" is invalid: w: Invalid value: 10: w in body should be less than or equal to 9`)

	h.calls = nil
	for range 2 {
		list := h.do(&api.Request{Verb: api.List, Resource: v2, Namespace: "default"})
		require.NoError(t, list.Err)
		assert.Equal(t, map[string]any{"w": int64(3), "h": int64(4)}, content(list.Items[0]))
	}
	assert.Len(t, h.calls, 1, "a list knows what was converted")

	patch := func(r *api.Resource, typ types.PatchType, text string) *api.Response {
		return h.do(&api.Request{Verb: api.Patch, Resource: r, Namespace: "default", Name: "a", PatchType: typ, Patch: []byte(text), FieldManager: "other"})
	}
	require.NoError(t, patch(v2, types.MergePatchType, `{"w":5}`).Err)
	assert.Equal(t, map[string]any{"size": "5x4"}, content(h.getBox(v1, "a").Object))
	assert.EqualValues(t, 2, h.getBox(v1, "a").Object.GetGeneration())
	require.NoError(t, patch(v2, types.ApplyYAMLPatchType, `{"apiVersion":"example.com/v2","kind":"Box","metadata":{"name":"a","labels":{"x":"y"}}}`).Err)
	assert.Equal(t, map[string]string{"x": "y"}, h.getBox(v1, "a").Object.GetLabels())
	status := h.do(&api.Request{Verb: api.Patch, Resource: v2, Subresource: "status", Namespace: "default", Name: "a", PatchType: types.MergePatchType, Patch: []byte(`{"w":7,"status":{"full":true}}`)})
	require.NoError(t, status.Err)
	assert.Equal(t, map[string]any{"size": "5x4", "status": map[string]any{"full": true}}, content(h.getBox(v1, "a").Object))
	require.NoError(t, h.do(&api.Request{Verb: api.Delete, Resource: v2, Namespace: "default", Name: "a"}).Err)
	assert.Error(t, h.getBox(v1, "a").Err)
}

// TestConversionWatch: events come in order and converted, however long the webhook takes, and end with its failure.
func TestConversionWatch(t *testing.T) {
	h, v1, v2 := boxWorld(t)
	h.delay["/convert"] = time.Second
	var got []string
	h.s.Do(func() {
		h.c.Watch(&api.Request{Verb: api.Watch, Resource: v2, Namespace: "default"}, func(events []api.WatchEvent) {
			for _, e := range events {
				got = append(got, string(e.Type)+" "+e.Object.GetName()+" "+string(rune('0'+content(e.Object)["w"].(int64))))
			}
		}, func(err error) { got = append(got, err.Error()) })
	})
	h.run(time.Second)
	require.NoError(t, h.box(v1, "a", `size: "1x1"`).Err)
	require.NoError(t, h.box(v1, "b", `size: "2x1"`).Err)
	require.NoError(t, h.do(&api.Request{Verb: api.Delete, Resource: v1, Namespace: "default", Name: "a"}).Err)
	h.run(10 * time.Second)
	assert.Equal(t, []string{"ADDED a 1", "ADDED b 2", string(watch.Deleted) + " a 1"}, got)
	h.answers["/convert"] = func(map[string]any) any { return 500 }
	require.NoError(t, h.box(v1, "c", `size: "3x1"`).Err)
	h.run(10 * time.Second)
	require.Len(t, got, 4)
	assert.Equal(t, `conversion webhook for example.com/v1, Kind=Box failed: an error on the server ("page") has prevented the request from succeeding`, got[3])
}

func TestConversionErrors(t *testing.T) {
	h, v1, v2 := boxWorld(t)
	require.NoError(t, h.box(v1, "a", `size: "1x1"`).Err)
	changed := func(edit func(o, meta map[string]any)) func(map[string]any) any {
		return func(rq map[string]any) any {
			out := convertBoxes(rq).(map[string]any)
			o := out["convertedObjects"].([]any)[0].(map[string]any)
			meta := maps.Clone(o["metadata"].(map[string]any))
			o["metadata"] = meta
			edit(o, meta)
			return out
		}
	}
	const of = "conversion webhook for example.com/v1, Kind=Box "
	for want, answer := range map[string]func(map[string]any) any{
		of + "returned 0 objects, expected 1":                           func(map[string]any) any { return map[string]any{"result": metav1.Status{Status: "Success"}} },
		of + "failed: response.result.status was '', not 'Success'":     func(map[string]any) any { return map[string]any{} },
		of + "failed: no box":                                           func(map[string]any) any { return map[string]any{"result": metav1.Status{Message: "no box"}} },
		of + `failed: no response provided`:                             func(map[string]any) any { return `{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1"}` },
		of + "returned invalid object: must have the same name: a != x": changed(func(_, meta map[string]any) { meta["name"] = "x" }),
		of + "returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)": changed(func(o, _ map[string]any) { o["apiVersion"] = "example.com/v1" }),
		of + "returned invalid object at index 0: invalid kind (expected Box, received Bag)":                               changed(func(o, _ map[string]any) { o["kind"] = "Bag" }),
		of + "returned invalid metadata: metadata.labels[x] must be a string, but is int64 in converted object":            changed(func(_, meta map[string]any) { meta["labels"] = map[string]any{"x": 1} }),
	} {
		h.answers["/convert"] = answer
		assert.EqualError(t, h.getBox(v2, "a").Err, want)
	}
	h.answers["/convert"] = changed(func(_, meta map[string]any) {
		meta["labels"], meta["generation"], meta["finalizers"] = map[string]any{"added": "yes"}, 99, []string{"x/y"}
	})
	o := h.getBox(v2, "a").Object
	assert.Equal(t, []any{map[string]string{"added": "yes"}, int64(1), 0}, []any{o.GetLabels(), o.GetGeneration(), len(o.GetFinalizers())})
	h.answers["/convert"] = func(map[string]any) any { return nil } // nobody answers
	start := h.s.Now()
	assert.EqualError(t, h.getBox(v2, "a").Err, of+`failed: Post "https://hook.default.svc:443/convert?timeout=30s": context deadline exceeded`)
	assert.InDelta(t, 30, h.s.Now().Sub(start).Seconds(), 0.1)
}

// TestConversionAndAdmission: an admission webhook for v1 hears of what is written as v2, and its patch is converted back.
func TestConversionAndAdmission(t *testing.T) {
	h, _, v2 := boxWorld(t)
	h.answers["/hook"] = patching(`[{"op":"replace","path":"/size","value":"8x8"}]`)
	h.must(mutating("hook", func(w *admissionregistrationv1.MutatingWebhook) {
		w.Rules = rules("boxes", "CREATE")
		w.Rules[0].APIVersions = []string{"v1"}
	}))
	r := h.box(v2, "a", "w: 3\nh: 4\n")
	require.NoError(t, r.Err)
	assert.Equal(t, map[string]any{"w": int64(8), "h": int64(8)}, content(r.Object))
	seen := h.seen[slices.Index(h.calls, "/hook")]
	assert.Equal(t, []any{"3x4", "v1", "v2"}, []any{seen["object"].(map[string]any)["size"], seen["kind"].(map[string]any)["version"], seen["requestKind"].(map[string]any)["version"]})
}
