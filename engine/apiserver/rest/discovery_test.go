package rest_test

import (
	"net/http"
	"strings"
	"testing"

	openapiv2 "github.com/google/gnostic-models/openapiv2"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	discoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDiscovery(t *testing.T) {
	_, h := newFake()
	require.Equal(t, []string{"v1"}, into[metav1.APIVersions](t, ask(t, h, "GET", "/api", "")).Versions)
	var names []string
	for _, g := range into[metav1.APIGroupList](t, ask(t, h, "GET", "/apis", "")).Groups {
		names = append(names, g.PreferredVersion.GroupVersion)
	}
	require.Len(t, names, 18)
	require.Equal(t, "apps", into[metav1.APIGroup](t, ask(t, h, "GET", "/apis/apps", "")).Name)
	for _, a := range into[metav1.APIResourceList](t, ask(t, h, "GET", "/api/v1", "")).APIResources {
		switch a.Name {
		case "pods":
			require.Equal(t, metav1.APIResource{
				Name: "pods", SingularName: "pod", Namespaced: true, Kind: "Pod", ShortNames: []string{"po"}, Categories: []string{"all"},
				Verbs: []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}, StorageVersionHash: "xPOwRZ+Yhw8=",
			}, a)
		case "pods/eviction":
			require.Equal(t, metav1.APIResource{Name: a.Name, Namespaced: true, Group: "policy", Version: "v1", Kind: "Eviction", Verbs: []string{"create"}}, a)
		}
	}
	w := ask(t, h, "GET", "/apis", "", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json")
	require.Equal(t, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", w.Header().Get("Content-Type"))
	l := into[discoveryv2.APIGroupDiscoveryList](t, w)
	require.Equal(t, "apps", l.Items[1].Name)
	d := l.Items[1].Versions[0].Resources[2]
	require.Equal(t, "deployments", d.Resource)
	require.Equal(t, []string{"scale", "status"}, []string{d.Subresources[0].Subresource, d.Subresources[1].Subresource})
	require.Equal(t, 304, ask(t, h, "GET", "/apis", "", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "If-None-Match: "+w.Header().Get("ETag")).Code)
	require.Contains(t, ask(t, h, "GET", "/", "").Body.String(), `"/apis/apps/v1"`)
	require.Contains(t, ask(t, h, "GET", "/version", "").Body.String(), `"gitVersion":"v1.37.2"`)
	require.Equal(t, "answer to /readyz?verbose", ask(t, h, "GET", "/readyz?verbose", "").Body.String())
	require.Equal(t, http.StatusInternalServerError, ask(t, h, "GET", "/livez/etcd", "").Code)
}

func TestOpenAPI(t *testing.T) {
	_, h := newFake()
	root := into[struct {
		Paths map[string]struct {
			ServerRelativeURL string `json:"serverRelativeURL"`
		} `json:"paths"`
	}](t, ask(t, h, "GET", "/openapi/v3", ""))
	for _, p := range []string{"api/v1", "apis/apps/v1"} {
		w := ask(t, h, "GET", root.Paths[p].ServerRelativeURL, "")
		require.Equal(t, 200, w.Code, p)
		require.Equal(t, "public, immutable", w.Header().Get("Cache-Control"))
		doc := into[map[string]any](t, w)
		schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
		require.NoError(t, refsResolve(doc, schemas))
	}
	w := ask(t, h, "GET", "/openapi/v3/api/v1", "")
	require.Contains(t, w.Body.String(), `"x-kubernetes-patch-merge-key":"name"`)
	require.Contains(t, w.Body.String(), `"name":"fieldValidation"`)
	w = ask(t, h, "GET", "/openapi/v2", "", "Accept: application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
	doc := &openapiv2.Document{}
	require.NoError(t, proto.Unmarshal(w.Body.Bytes(), doc))
	names := map[string]bool{}
	for _, d := range doc.Definitions.AdditionalProperties {
		names[d.Name] = true
	}
	require.True(t, names["io.k8s.api.apps.v1.Deployment"] && names["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition"])
	second := into[map[string]any](t, ask(t, h, "GET", "/openapi/v2", ""))
	require.Contains(t, second["paths"], "/api/v1/namespaces/{namespace}/pods/{name}")
}

// refsResolve checks that every reference of a document leads somewhere.
func refsResolve(v any, schemas map[string]any) error {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if s, ok := e.(string); ok && k == "$ref" {
				if _, ok := schemas[strings.TrimPrefix(s, "#/components/schemas/")].(map[string]any); !ok {
					return &missing{s}
				}
			}
			if err := refsResolve(e, schemas); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range x {
			if err := refsResolve(e, schemas); err != nil {
				return err
			}
		}
	}
	return nil
}

type missing struct{ ref string }

func (m *missing) Error() string { return "nothing at " + m.ref }
