package runtime

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// review asks an agnhost with arguments a question and gives its response; nil if it gave none.
func review(t *testing.T, args []string, path, kind, request string) map[string]any {
	t.Helper()
	group := "admission.k8s.io/v1"
	if kind == "ConversionReview" {
		group = "apiextensions.k8s.io/v1beta1"
	}
	r := agnhostApp.Args(args).Handle(nil, Request{Method: "POST", Path: path, Body: []byte(`{"kind":"` + kind + `","apiVersion":"` + group + `","request":` + request + `}`)})
	if r.Never || r.Status == 0 {
		return nil
	}
	require.Equal(t, 200, r.Status, string(r.Body))
	var out struct {
		Kind, APIVersion string
		Response         map[string]any
	}
	require.NoError(t, json.Unmarshal(r.Body, &out))
	assert.Equal(t, []string{kind, group}, []string{out.Kind, out.APIVersion})
	assert.Equal(t, "u", out.Response["uid"])
	delete(out.Response, "uid")
	return out.Response
}

// TestAgnhostWebhook holds the answers against those of upstream's test/images/agnhost/webhook.
func TestAgnhostWebhook(t *testing.T) {
	const pods, crds = `"resource":{"version":"v1","resource":"pods"}`, `"resource":{"group":"apiextensions.k8s.io","version":"v1","resource":"customresourcedefinitions"}`
	denied := func(message string) map[string]any {
		return map[string]any{"allowed": false, "status": map[string]any{"metadata": map[string]any{}, "message": message}}
	}
	yes := map[string]any{"allowed": true}
	for _, c := range []struct {
		path, request string
		want          map[string]any
	}{
		{"/always-deny", `{"uid":"u"}`, denied("this webhook denies all requests")},
		{"/pods", `{"uid":"u",` + pods + `,"object":{"metadata":{"labels":{"webhook-e2e-test":"webhook-disallow"}},"spec":{"containers":[{"name":"a-webhook-disallow"}]}}}`,
			denied("the pod contains unwanted label; the pod contains unwanted container name;")},
		{"/pods", `{"uid":"u",` + pods + `,"object":{"metadata":{"labels":{"webhook-e2e-test":"wait-forever"}}}}`, nil},
		{"/pods", `{"uid":"u",` + pods + `,"object":{}}`, yes},
		{"/pods", `{"uid":"u",` + pods + `,"operation":"DELETE","object":null}`, denied("couldn't get version/kind; json parse error: unexpected end of JSON input")},
		{"/pods", `{"uid":"u","object":{}}`, denied("expect resource to be { v1 pods}")},
		{"/mutating-pods", `{"uid":"u","object":{}}`, nil},
		{"/mutating-pods-sidecar", `{"uid":"u",` + pods + `,"object":{}}`,
			map[string]any{"allowed": false, "status": map[string]any{"metadata": map[string]any{}, "status": "Failure", "message": "No image specified by the sidecar-image parameter", "code": 500.0}}},
		{"/pods/attach", `{"uid":"u",` + pods + `,"name":"to-be-attached-pod","subResource":"attach","object":{"stdin":true,"container":"container1"}}`,
			denied("attaching to pod 'to-be-attached-pod' is not allowed")},
		{"/pods/attach", `{"uid":"u",` + pods + `,"name":"other"}`, yes},
		{"/configmaps", `{"uid":"u",` + pods + `}`, nil},
		{"/custom-resource", `{"uid":"u","operation":"DELETE","oldObject":{"data":{"webhook-e2e-test":"webhook-nondeletable"}}}`,
			map[string]any{"allowed": false, "status": map[string]any{"metadata": map[string]any{}, "reason": "the custom resource cannot be deleted because it contains unwanted key and value"}}},
		{"/custom-resource", `{"uid":"u","operation":"CREATE","object":{"data":{"webhook-e2e-test":"webhook-disallow"}}}`,
			map[string]any{"allowed": false, "status": map[string]any{"metadata": map[string]any{}, "reason": "the custom resource contains unwanted data"}}},
		{"/crd", `{"uid":"u",` + crds + `,"object":{"metadata":{"labels":{"webhook-e2e-test":"webhook-disallow"}}}}`, denied("the crd contains unwanted label")},
		{"/crd", `{"uid":"u",` + pods + `,"object":{}}`, denied("expect resource to be one of [{apiextensions.k8s.io v1beta1 customresourcedefinitions}, {apiextensions.k8s.io v1 customresourcedefinitions}] but got { v1 pods}")},
	} {
		assert.Equal(t, c.want, review(t, []string{"webhook"}, c.path, "AdmissionReview", c.request), "%s %s", c.path, c.request)
	}
	patch := func(path, request string, args ...string) string {
		r := review(t, append([]string{"webhook"}, args...), path, "AdmissionReview", request)
		if r["patch"] == nil {
			return ""
		}
		assert.Equal(t, "JSONPatch", r["patchType"])
		var text []byte
		b, _ := json.Marshal(r["patch"])
		require.NoError(t, json.Unmarshal(b, &text))
		return string(text)
	}
	assert.Equal(t, `[{"op":"add","path":"/metadata/labels","value":{"added-label":"yes"}}]`, patch("/add-label", `{"uid":"u","object":{}}`))
	assert.Equal(t, `[{"op":"replace","path":"/metadata/labels/added-label","value":"yes"}]`, patch("/add-label", `{"uid":"u","object":{"metadata":{"labels":{"added-label":"no"}}}}`))
	assert.Empty(t, patch("/add-label", `{"uid":"u","object":{"metadata":{"labels":{"added-label":"yes"}}}}`))
	assert.Contains(t, patch("/mutating-pods", `{"uid":"u",`+pods+`,"object":{"metadata":{"name":"webhook-to-be-mutated"}}}`), "webhook-added-init-container")
	assert.Empty(t, patch("/mutating-pods", `{"uid":"u",`+pods+`,"object":{"metadata":{"name":"other"}}}`))
	assert.Contains(t, patch("/mutating-pods-sidecar", `{"uid":"u",`+pods+`,"object":{}}`, "--sidecar-image", "x/y:1"), `"image":"x/y:1"`)
	assert.Contains(t, patch("/mutating-custom-resource", `{"uid":"u","object":{"data":{"mutation-start":"yes"}}}`), "mutation-stage-1")
	assert.Contains(t, patch("/mutating-custom-resource", `{"uid":"u","object":{"data":{"mutation-start":"yes","mutation-stage-1":"yes"}}}`), "mutation-stage-2")

	app := agnhostApp.Args([]string{"webhook", "--port=8444", "--tls-cert-file=/a"})
	assert.Equal(t, []int32{8444}, app.Ports)
	assert.Equal(t, "/a", app.Files.Cert)
	assert.Equal(t, 404, app.Handle(nil, Request{Method: "GET", Path: "/nothing"}).Status)
	assert.Equal(t, 200, app.Handle(nil, Request{Method: "GET", Path: "/readyz"}).Status)
	assert.Equal(t, 400, app.Handle(nil, Request{Method: "POST", Path: "/pods", Body: []byte(`{"kind":"Pod","apiVersion":"v1"}`)}).Status)
}

func TestAgnhostConversion(t *testing.T) {
	ask := func(desired, object string) map[string]any {
		return review(t, []string{"crd-conversion-webhook"}, "/crdconvert", "ConversionReview", `{"uid":"u","desiredAPIVersion":"stable.example.com/`+desired+`","objects":[`+object+`]}`)
	}
	first := func(r map[string]any) map[string]any { return r["convertedObjects"].([]any)[0].(map[string]any) }
	assert.Equal(t, map[string]any{"apiVersion": "stable.example.com/v2", "host": "h", "port": "80", "n": 12345678901.0}, first(ask("v2", `{"apiVersion":"stable.example.com/v1","hostPort":"h:80","n":12345678901}`)))
	assert.Equal(t, map[string]any{"apiVersion": "stable.example.com/v1", "hostPort": "h:"}, first(ask("v1", `{"apiVersion":"stable.example.com/v2","host":"h"}`)))
	for object, want := range map[string]string{
		`{"apiVersion":"stable.example.com/v1","hostPort":"h"}`: "invalid hostPort value `h`",
		`{"apiVersion":"stable.example.com/v2"}`:                "conversion from a version to itself should not call the webhook: stable.example.com/v2",
		`{"apiVersion":"stable.example.com/v3"}`:                `unexpected conversion version "stable.example.com/v3"`,
	} {
		r := ask("v2", object)
		assert.Equal(t, "Failure", r["result"].(map[string]any)["status"])
		assert.Equal(t, want, r["result"].(map[string]any)["message"])
	}
}
