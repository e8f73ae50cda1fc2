package rest_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		method, path string
		code         int
		want         string // verb resource/subresource namespace name, or nothing when the core is not asked
	}{
		{"GET", "/api/v1/pods", 200, "list pods  "},
		{"GET", "/api/v1/pods/", 200, "list pods  "},
		{"GET", "/api/v1/namespaces/ns/pods", 200, "list pods ns "},
		{"GET", "/api/v1/namespaces/ns/pods/a", 200, "get pods ns a"},
		{"GET", "/api/v1/namespaces/ns/pods/a/status", 200, "get pods/status ns a"},
		{"GET", "/api/v1/namespaces/ns/pods/a/log", 200, "get pods/log ns a"},
		{"DELETE", "/api/v1/namespaces/ns/pods/a", 200, "delete pods ns a"},
		{"DELETE", "/api/v1/namespaces/ns/pods", 200, "deletecollection pods ns "},
		{"GET", "/apis/apps/v1/deployments", 200, "list deployments  "},
		{"GET", "/apis/apps/v1/namespaces/ns/deployments/x/scale", 404, "get deployments/scale ns x"},
		{"GET", "/api/v1/namespaces/ns", 404, "get namespaces  ns"},
		{"GET", "/api/v1/namespaces/ns/status", 404, "get namespaces/status  ns"},
		{"GET", "/api/v1/nodes/n/status", 404, "get nodes/status  n"},

		{"POST", "/api/v1/pods", 405, ""},
		{"DELETE", "/api/v1/pods", 405, ""},
		{"DELETE", "/api/v1/namespaces", 405, ""},
		{"POST", "/api/v1/namespaces/ns/pods/a", 405, ""},
		{"GET", "/api/v1/namespaces/ns/pods/a/eviction", 405, ""},
		{"DELETE", "/api/v1/namespaces/ns/pods/a/status", 405, ""},
		{"OPTIONS", "/api/v1/namespaces/ns/pods/a", 405, ""},
		{"GET", "/api/v1/pods/a", 404, ""},
		{"GET", "/api/v1/foos", 404, ""},
		{"GET", "/api/v1/namespaces/ns/nodes", 404, ""},
		{"GET", "/api/v1/namespaces/ns/pods/a/exec", 400, ""},
		{"DELETE", "/api/v1/namespaces/ns/pods/a/exec", 405, ""},
		{"GET", "/api/v1/namespaces//pods", 404, ""},
		{"GET", "/api/v1/namespaces/ns/pods/a/log/b", 404, ""},
		{"GET", "/api/v1/watch", 404, ""},
		{"GET", "/apis/apps/v1/namespaces/ns", 404, ""},
	} {
		f, h := newFake()
		w := ask(t, h, c.method, c.path, "")
		require.Equal(t, c.code, w.Code, "%s %s: %s", c.method, c.path, w.Body)
		got := ""
		if r := f.last; r != nil {
			sub := ""
			if r.Subresource != "" {
				sub = "/" + r.Subresource
			}
			got = string(r.Verb) + " " + r.Resource.Name + sub + " " + r.Namespace + " " + r.Name
		}
		require.Equal(t, c.want, got, "%s %s", c.method, c.path)
		if c.want == "" {
			st := status(t, w)
			require.Equal(t, map[int]string{
				400: "Upgrade request required", 404: "the server could not find the requested resource", 405: "the server does not allow this method on the requested resource",
			}[c.code], st.Message)
		}
	}
	for _, p := range []string{"/foo", "/apis/nope", "/apis/apps/v2/deployments", "/api/v2", "/apis//v1", "/version/x", "/openapi/v4"} {
		_, h := newFake()
		w := ask(t, h, "GET", p, "")
		require.Equal(t, 404, w.Code, p)
		require.Equal(t, "404 page not found\n", w.Body.String(), p)
	}
}

func TestObjectsNameTheirKind(t *testing.T) {
	f, h := newFake()
	p := into[corev1.Pod](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", ""))
	require.Equal(t, metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, p.TypeMeta)
	require.Empty(t, f.objects["pods/ns/a"].(*corev1.Pod).Kind, "the core's object is shared and must stay as it is")
	l := into[corev1.PodList](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods", ""))
	require.Equal(t, "PodList", l.Kind)
	require.Equal(t, "7", l.ResourceVersion)
	require.Len(t, l.Items, 2)
	require.Contains(t, ask(t, h, "GET", "/apis/apps/v1/deployments", "").Body.String(), `"items":[]`)
	sc := into[autoscalingv1.Scale](t, func() *httptest.ResponseRecorder {
		f.objects["deployments/ns/a"] = api.Deployments.New()
		return ask(t, h, "GET", "/apis/apps/v1/namespaces/ns/deployments/a/scale", "")
	}())
	require.Equal(t, metav1.TypeMeta{APIVersion: "autoscaling/v1", Kind: "Scale"}, sc.TypeMeta)
	w := ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", "", "Accept: application/yaml")
	require.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	require.Contains(t, w.Body.String(), "kind: Pod\n")
	require.Contains(t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a?pretty=true", "").Body.String(), "{\n  \"kind\": \"Pod\",\n")
	st := status(t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", "", "Accept: application/cbor"))
	require.Equal(t, metav1.StatusReasonNotAcceptable, st.Reason)
}

// envelope opens an answer in protobuf.
func envelope(t *testing.T, b []byte) (u runtime.Unknown) {
	require.Equal(t, "k8s\x00", string(b[:4]))
	require.NoError(t, u.Unmarshal(b[4:]))
	return u
}

// TestProtobuf: client-go's typed clients prefer protobuf; what has no such form they take as JSON.
func TestProtobuf(t *testing.T) {
	_, h := newFake()
	const accept = "Accept: application/vnd.kubernetes.protobuf,application/json"
	w := ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", "", accept)
	require.Equal(t, "application/vnd.kubernetes.protobuf", w.Header().Get("Content-Type"))
	u := envelope(t, w.Body.Bytes())
	require.Equal(t, runtime.TypeMeta{APIVersion: "v1", Kind: "Pod"}, u.TypeMeta)
	var p corev1.Pod
	require.NoError(t, p.Unmarshal(u.Raw))
	require.Equal(t, "a", p.Name)
	u = envelope(t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods", "", accept).Body.Bytes())
	var l corev1.PodList
	require.NoError(t, l.Unmarshal(u.Raw))
	require.Len(t, l.Items, 2)
	require.Equal(t, "7", l.ResourceVersion)
	w = ask(t, h, "GET", "/api/v1/namespaces/ns/pods", "", "Accept: application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
}

// TestProtobufWatch reads a stream's frames as client-go does.
func TestProtobufWatch(t *testing.T) {
	f, h := newFake()
	f.watch = func(send func([]api.WatchEvent)) {
		send([]api.WatchEvent{{Type: watch.Added, Object: f.objects["pods/ns/a"]}, {Type: watch.Error, Err: io.EOF}})
	}
	w := ask(t, h, "GET", "/api/v1/pods?watch=1", "", "Accept: application/vnd.kubernetes.protobuf")
	require.Equal(t, "application/vnd.kubernetes.protobuf;stream=watch", w.Header().Get("Content-Type"))
	b := w.Body.Bytes()
	n := binary.BigEndian.Uint32(b)
	require.Len(t, b, 4+int(n))
	var e metav1.WatchEvent
	require.NoError(t, e.Unmarshal(b[4:]))
	require.Equal(t, "ADDED", e.Type)
	u := envelope(t, e.Object.Raw)
	require.Equal(t, "Pod", u.Kind)
}

const tableType = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

func TestTable(t *testing.T) {
	_, h := newFake()
	tb := into[metav1.Table](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods", "", tableType))
	require.Equal(t, metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "Table"}, tb.TypeMeta)
	require.Equal(t, "7", tb.ResourceVersion)
	require.Equal(t, "Name", tb.ColumnDefinitions[0].Name)
	require.Len(t, tb.Rows, 2)
	require.Equal(t, []any{"a", "0/1", "Running", "0", "60s"}, tb.Rows[0].Cells[:5])
	var row metav1.PartialObjectMetadata
	require.NoError(t, json.Unmarshal(tb.Rows[0].Object.Raw, &row))
	require.Equal(t, "PartialObjectMetadata", row.Kind)
	require.Equal(t, "a", row.Name)
	tb = into[metav1.Table](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a?includeObject=Object", "", tableType))
	require.Contains(t, string(tb.Rows[0].Object.Raw), `"nodeName":"node-1"`)
	require.Equal(t, "5", tb.ResourceVersion)
	tb = into[metav1.Table](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods?includeObject=None", "", tableType))
	require.Contains(t, []string{"", "null"}, string(tb.Rows[0].Object.Raw))
	require.Equal(t, 400, ask(t, h, "GET", "/api/v1/namespaces/ns/pods?includeObject=x", "", tableType).Code)
	l := into[metav1.PartialObjectMetadataList](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods", "", "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"))
	require.Len(t, l.Items, 2)
	require.Equal(t, "PartialObjectMetadata", l.Items[0].Kind)
}

// TestTableOfEmptyObjects: bookmarks are empty objects, and come as tables too.
func TestTableOfEmptyObjects(t *testing.T) {
	for _, r := range api.Builtin() {
		if !r.Can(api.Get) {
			continue
		}
		f, h := newFake()
		f.watch = func(send func([]api.WatchEvent)) {
			send([]api.WatchEvent{{Type: watch.Bookmark, Object: r.New()}, {Type: watch.Error, Err: io.EOF}})
		}
		path := "/apis/" + r.APIVersion()
		if r.Group == "" {
			path = "/api/v1"
		}
		w := ask(t, h, "GET", path+"/"+r.Name+"?watch=true", "", tableType)
		require.Equal(t, 200, w.Code)
		require.Equal(t, 1, strings.Count(w.Body.String(), "\n"), "%s: io.EOF ends the stream without a word: %s", r.Name, w.Body)
		require.Contains(t, w.Body.String(), `"BOOKMARK"`)
	}
}

func TestLogs(t *testing.T) {
	f, h := newFake()
	const path = "/api/v1/namespaces/ns/pods/a/log"
	w := ask(t, h, "GET", path+"?container=c&tailLines=5&previous=true&timestamps=1&sinceTime=2026-01-02T03:04:05Z", "")
	require.Equal(t, "line\n", w.Body.String())
	require.Equal(t, "text/plain", w.Header().Get("Content-Type"))
	o := f.last.Log
	require.Equal(t, "c", o.Container)
	require.EqualValues(t, 5, *o.TailLines)
	require.True(t, o.Previous && o.Timestamps && !o.Follow)
	require.Equal(t, 2026, o.SinceTime.Year())
	require.Equal(t, `PodLogOptions "a" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0`, status(t, ask(t, h, "GET", path+"?tailLines=-1", "")).Message)
	require.Equal(t, 400, ask(t, h, "GET", path+"?tailLines=x", "").Code)
	f.watch = func(send func([]api.WatchEvent)) {
		send([]api.WatchEvent{{Object: &api.LogText{Text: "one\n"}}, {Object: &api.LogText{Text: "two\n"}}})
		send([]api.WatchEvent{{Type: watch.Error, Err: io.EOF}})
	}
	w = ask(t, h, "GET", path+"?follow=true", "")
	require.Equal(t, "one\ntwo\n", w.Body.String())
	f, h = newFake()
	f.watch = func(send func([]api.WatchEvent)) {
		send([]api.WatchEvent{{Type: watch.Error, Err: apierrors.NewBadRequest("waiting to start")}})
	}
	require.Equal(t, "waiting to start", status(t, ask(t, h, "GET", path+"?follow=true", "")).Message)
}

func TestListOptions(t *testing.T) {
	f, h := newFake()
	w := ask(t, h, "GET", "/api/v1/namespaces/ns/pods?limit=1&labelSelector=a%3Db,c&fieldSelector=spec.nodeName%3Dn&resourceVersion=0", "")
	require.Equal(t, 200, w.Code)
	require.Equal(t, "a=b,c", f.last.LabelSelector.String())
	require.Equal(t, "spec.nodeName=n", f.last.FieldSelector.String())
	require.Equal(t, "0", f.last.ResourceVersion)
	l := into[corev1.PodList](t, w)
	require.Equal(t, "more", l.Continue)
	require.Nil(t, l.RemainingItemCount, "unknown where a selector is in play")
	l = into[corev1.PodList](t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods?limit=1", ""))
	require.EqualValues(t, 1, *l.RemainingItemCount)
	for q, want := range map[string]string{
		"fieldSelector=spec.color%3Dred":      "field label not supported: spec.color",
		"fieldSelector=x":                     `invalid selector: 'x'; can't understand 'x'`,
		"labelSelector=%3D%3D":                `found '==', expected: !, identifier, or 'end of string'`,
		"limit=many":                          `strconv.ParseInt: parsing "many": invalid syntax`,
		"resourceVersionMatch=Exact":          `resourceVersionMatch is forbidden unless resourceVersion is provided`,
		"sendInitialEvents=true":              `sendInitialEvents is forbidden for list`,
		"labelSelector=%zz":                   `invalid URL escape "%zz"`,
		"watch=1&resourceVersionMatch=Exact":  `resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`,
		"resourceVersion=1&continue=x&limit=": ``,
	} {
		w := ask(t, h, "GET", "/api/v1/namespaces/ns/pods?"+q, "")
		if want == "" {
			continue
		}
		require.Contains(t, status(t, w).Message, want, q)
		require.Contains(t, []int{400, 422}, w.Code, q)
	}
}

func TestCreate(t *testing.T) {
	f, h := newFake()
	const path = "/api/v1/namespaces/ns/pods"
	w := ask(t, h, "POST", path+"?fieldManager=me&dryRun=All", `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"},"spec":{"colour":1}}`)
	require.Equal(t, 201, w.Code, w.Body)
	require.Equal(t, []string{`299 - "unknown field \"spec.colour\""`, `299 - "spec.x: deprecated since v1.2"`}, w.Header().Values("Warning"))
	require.Equal(t, "me", f.last.FieldManager)
	require.True(t, f.last.DryRun)
	require.Empty(t, f.last.Object.(*corev1.Pod).Kind)
	require.Equal(t, "Pod", into[corev1.Pod](t, w).Kind)
	w = ask(t, h, "POST", path, "metadata: {name: yes-1}\n", "Content-Type: application/yaml")
	require.Equal(t, 201, w.Code, w.Body)
	require.Equal(t, "yes-1", into[corev1.Pod](t, w).Name)

	for _, c := range []struct {
		path, body, typ string
		code            int
		want            string
	}{
		{path + "?fieldValidation=Strict", `{"spec":{"a":1}}`, "", 400, `Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.a"`},
		{path + "?fieldValidation=Strictly", `{}`, "", 422, `CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Strictly": supported values: "", "Ignore", "Strict", "Warn"`},
		{path + "?dryRun=Some", `{}`, "", 422, `CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"`},
		{path, `{"spec":{"containers":{}}}`, "", 400, `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container`},
		{path, `{"kind":"ConfigMap","apiVersion":"v1"}`, "", 400, `ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): unknown conversion`},
		{path, `{"kind":"Pod","apiVersion":"v2"}`, "", 400, `the API version in the data (v2) does not match the expected API version (v1)`},
		{path, `{"kind":"Pot","apiVersion":"v1"}`, "", 400, `Pot in version "v1" cannot be handled as a Pod: no kind "Pot" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"`},
		{path, ``, "", 400, `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`},
		{path, `nonsense`, "", 400, `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') (6e6f6e73656e7365)`},
		{path, `{}`, "text/plain", 415, `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`},
		{path, `k8s`, "application/vnd.kubernetes.protobuf", 400, `the object provided is unrecognized (must be of type Pod): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (6b3873)`},
		{path, `"` + strings.Repeat("x", 3<<20) + `"`, "", 413, `Request entity too large: limit is 3145728`},
		{path + "/a/binding", `{"metadata":{"namespace":"other"}}`, "", 400, `the namespace of the provided object does not match the namespace sent on the request`},
		{path + "/a/eviction", `{"metadata":{"name":"b"}}`, "", 400, `the name of the object (b) does not match the name on the URL (a)`},
	} {
		w := ask(t, h, "POST", c.path, c.body, "Content-Type: "+c.typ)
		require.Equal(t, c.code, w.Code, w.Body)
		require.Equal(t, c.want, status(t, w).Message)
	}
	w = ask(t, h, "POST", path+"/a/eviction", `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a"},"deleteOptions":{"gracePeriodSeconds":3}}`)
	require.Equal(t, 201, w.Code)
	require.Equal(t, metav1.StatusSuccess, status(t, w).Status)
	require.EqualValues(t, 3, *f.last.Object.(*policyv1.Eviction).DeleteOptions.GracePeriodSeconds)
	w = ask(t, h, "POST", "/api/v1/namespaces/ns/bindings", `{"metadata":{"name":"a"},"target":{"name":"n"}}`)
	require.Equal(t, 201, w.Code, w.Body)
	require.Equal(t, "binding a", f.last.Subresource+" "+f.last.Name)
}

// packed is an object as typed clients send it.
func packed(t *testing.T, kind string, obj interface{ Marshal() ([]byte, error) }) string {
	raw, err := obj.Marshal()
	require.NoError(t, err)
	u := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: kind}, Raw: raw}
	b, err := u.Marshal()
	require.NoError(t, err)
	return "k8s\x00" + string(b)
}

func TestProtobufBodies(t *testing.T) {
	f, h := newFake()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "ns"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
	w := ask(t, h, "POST", "/api/v1/namespaces/ns/pods", packed(t, "Pod", pod), "Content-Type: application/vnd.kubernetes.protobuf")
	require.Equal(t, 201, w.Code, w.Body)
	require.Empty(t, cmp.Diff(pod.Spec, f.last.Object.(*corev1.Pod).Spec))
	seconds := int64(4)
	w = ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a", packed(t, "DeleteOptions", &metav1.DeleteOptions{GracePeriodSeconds: &seconds}), "Content-Type: application/vnd.kubernetes.protobuf")
	require.Equal(t, 200, w.Code, w.Body)
	require.Equal(t, &seconds, f.last.GracePeriodSeconds)
}

func TestPatch(t *testing.T) {
	f, h := newFake()
	const path = "/api/v1/namespaces/ns/pods/a"
	for _, typ := range []types.PatchType{types.JSONPatchType, types.MergePatchType, types.StrategicMergePatchType} {
		w := ask(t, h, "PATCH", path+"?fieldValidation=Strict", "{}", "Content-Type: "+string(typ)+"; charset=utf-8")
		require.Equal(t, 200, w.Code, w.Body)
		require.Equal(t, typ, f.last.PatchType)
		require.Equal(t, "{}", string(f.last.Patch))
		require.Equal(t, "Strict", f.last.FieldValidation)
	}
	for _, typ := range []string{"application/apply-patch+cbor", "application/json", ""} {
		st := status(t, ask(t, h, "PATCH", path, "{}", "Content-Type: "+typ))
		require.EqualValues(t, 415, st.Code)
		require.Equal(t, "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml", st.Message)
	}
}

func TestApplyPatch(t *testing.T) {
	f, h := newFake()
	const path, typ = "/api/v1/namespaces/ns/pods/a", "Content-Type: application/apply-patch+yaml"
	st := status(t, ask(t, h, "PATCH", path, "{}", typ))
	require.EqualValues(t, 422, st.Code)
	require.Equal(t, `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`, st.Message)
	w := ask(t, h, "PATCH", path+"?fieldManager=me&force=true", "apiVersion: v1\nkind: Pod # text\n", typ)
	require.Equal(t, 200, w.Code, w.Body)
	require.Equal(t, `{"apiVersion":"v1","kind":"Pod"}`, string(f.last.Patch))
	require.True(t, f.last.Force)
	require.Equal(t, "me", f.last.FieldManager)
	st = status(t, ask(t, h, "PATCH", path+"?fieldManager=me&fieldValidation=Strict", "a: 1\na: 2\n", typ))
	require.EqualValues(t, 400, st.Code)
	require.Contains(t, st.Message, "error strict decoding patch: error converting YAML to JSON: yaml: ")
	w = ask(t, h, "PATCH", path+"?fieldManager=me", "a: 1\na: 2\n", typ)
	require.Equal(t, 200, w.Code, w.Body)
	st = status(t, ask(t, h, "PATCH", path+"?fieldManager=me", "{", typ))
	require.Contains(t, st.Message, "error decoding patch: error converting YAML to JSON: yaml: ")
	st = status(t, ask(t, h, "PATCH", path+"?force=true", "{}", "Content-Type: application/merge-patch+json"))
	require.Contains(t, st.Message, "force: Forbidden: may not be specified for non-apply patch")
}

func TestDelete(t *testing.T) {
	f, h := newFake()
	w := ask(t, h, "DELETE", "/api/v1/namespaces/ns/configmaps/a", "")
	st := status2(t, w)
	require.Equal(t, &metav1.StatusDetails{Name: "a", Kind: "configmaps", UID: "u-2"}, st.Details)
	require.Equal(t, metav1.StatusSuccess, st.Status)
	require.Equal(t, "Pod", into[corev1.Pod](t, ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a", "")).Kind)
	ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a?gracePeriodSeconds=0&propagationPolicy=Foreground", "")
	require.Zero(t, *f.last.GracePeriodSeconds)
	require.Equal(t, metav1.DeletePropagationForeground, *f.last.Propagation)
	ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a", `{"kind":"DeleteOptions","apiVersion":"v1","orphanDependents":true,"preconditions":{"uid":"u"}}`)
	require.Equal(t, metav1.DeletePropagationOrphan, *f.last.Propagation)
	require.EqualValues(t, "u", *f.last.Preconditions.UID)
	require.Equal(t, 422, ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a?propagationPolicy=Sideways", "").Code)
	require.Equal(t, 400, ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods/a", "{").Code)
	w = ask(t, h, "DELETE", "/api/v1/namespaces/ns/pods?labelSelector=a", "")
	require.Equal(t, 200, w.Code, w.Body)
	require.Equal(t, "PodList", into[corev1.PodList](t, w).Kind)
}

// status2 is a Status without a code.
func status2(t *testing.T, w *httptest.ResponseRecorder) metav1.Status {
	require.Equal(t, 200, w.Code, w.Body)
	return into[metav1.Status](t, w)
}

func TestErrorsOfTheCore(t *testing.T) {
	f, h := newFake()
	for _, c := range []struct {
		err  error
		code int
	}{
		{apierrors.NewConflict(api.Pods.GR(), "a", context.Canceled), 409},
		{apierrors.NewServiceUnavailable("no quorum"), 503},
		{context.Canceled, 500},
	} {
		f.answer = func(*api.Request) *api.Response { return &api.Response{Err: c.err} }
		st := status(t, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", ""))
		require.EqualValues(t, c.code, st.Code)
		require.Contains(t, st.Message, c.err.Error())
	}
	f.answer = func(*api.Request) *api.Response { return nil }
	require.Equal(t, 500, ask(t, h, "GET", "/api/v1/namespaces/ns/pods/a", "").Code)
}
