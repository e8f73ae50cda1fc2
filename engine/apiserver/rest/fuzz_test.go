package rest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzHandler sends anything to the handler: it must answer, and every refusal must be a Status or plain text.
func FuzzHandler(f *testing.F) {
	f.Add("GET", "/api/v1/namespaces/ns/pods/a", "", "", "")
	f.Add("GET", "/api/v1/pods?watch=1&timeoutSeconds=1&fieldSelector=a", "", "", tableType[8:])
	f.Add("POST", "/api/v1/namespaces/ns/pods?fieldValidation=Strict", `{"kind":"Pod","spec":{}}`, "application/json", "")
	f.Add("POST", "/api/v1/namespaces/ns/pods", "a: [&x {}, *x]", "application/yaml", "application/yaml")
	f.Add("POST", "/api/v1/namespaces/ns/pods", "k8s\x00\n\x09\n\x02v1\x12\x03Pod\x12\x00", "application/vnd.kubernetes.protobuf", "")
	f.Add("DELETE", "/apis/apps/v1/namespaces/ns/deployments?labelSelector=%21a", `{"dryRun":["All"]}`, "", "*/*;q=x")
	f.Add("PATCH", "/apis/apps/v1/namespaces/ns/deployments/x/scale", "[]", "application/json-patch+json", "")
	f.Add("GET", "/openapi/v3/api/v1?hash=", "", "", "")
	f.Add("GET", "/api/v1/namespaces/ns/pods/a/log?tailLines=-1&sinceTime=x&follow=true", "", "", "")
	f.Fuzz(func(t *testing.T, method, target, body, contentType, accept string) {
		r, err := http.NewRequest(method, "http://host", strings.NewReader(body))
		if err != nil {
			return
		}
		path, query, _ := strings.Cut(target, "?")
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", accept)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, h := newFake()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(ctx))
		if w.Code >= 400 && strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
			require.NotEmpty(t, status(t, w).Message)
		}
	})
}
