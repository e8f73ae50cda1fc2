package rest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type openAPISchema struct {
	Required   []string                  `json:"required"`
	Properties map[string]map[string]any `json:"properties"`
}

func openAPISchemas(t *testing.T, h http.Handler, path string) map[string]openAPISchema {
	t.Helper()
	var doc struct {
		Components  struct{ Schemas map[string]openAPISchema }
		Definitions map[string]openAPISchema
	}
	require.NoError(t, json.Unmarshal(ask(t, h, "GET", path, "").Body.Bytes(), &doc))
	if doc.Definitions != nil {
		return doc.Definitions
	}
	return doc.Components.Schemas
}

// TestOpenAPIFields: which fields are required and what an absent one means is what k8s.io/kubernetes publishes in
// api/openapi-spec.
func TestOpenAPIFields(t *testing.T) {
	_, h := newFake()
	core := openAPISchemas(t, h, "/openapi/v3/api/v1")
	port := core["io.k8s.api.core.v1.ContainerPort"]
	assert.Equal(t, []string{"containerPort"}, port.Required)
	assert.EqualValues(t, 0, port.Properties["containerPort"]["default"])
	assert.Equal(t, "TCP", port.Properties["protocol"]["default"])
	assert.NotContains(t, port.Properties["hostPort"], "default")
	pod := core["io.k8s.api.core.v1.Pod"]
	assert.Empty(t, pod.Required)
	assert.Equal(t, map[string]any{}, pod.Properties["spec"]["default"])
	assert.Equal(t, "ReadWrite", core["io.k8s.api.core.v1.AzureDiskVolumeSource"].Properties["cachingMode"]["default"])
	assert.NotContains(t, core["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"].Properties["creationTimestamp"], "default")
	assert.Empty(t, core["io.k8s.api.authentication.v1.TokenRequest"].Required, "+optional counts more than a tag without omitempty")

	policies := openAPISchemas(t, h, "/openapi/v3/apis/admissionregistration.k8s.io/v1")
	assert.Equal(t, []string{"spec"}, policies["io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding"].Required, "+required counts more than a tag with omitempty")
	assert.Equal(t, []string{"name", "clientConfig", "sideEffects", "admissionReviewVersions"}, policies["io.k8s.api.admissionregistration.v1.ValidatingWebhook"].Required)

	second := openAPISchemas(t, h, "/openapi/v2")
	assert.NotContains(t, second["io.k8s.api.core.v1.ContainerPort"].Properties["protocol"], "default", "version 2 shows none")
}
