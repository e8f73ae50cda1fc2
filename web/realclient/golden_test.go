package realclient

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"tabernetes/scenarios/golden"
)

type recorded struct{ *kubectl }

// Run tells kubectl's ages right: the server's clock runs ahead of kubectl's.
func (r recorded) Run(line string, files map[string]string) (string, int) {
	text, code := r.line(line, files)
	return strings.ReplaceAll(text, "<invalid>", "0s"), code
}

func (r recorded) Wait(seconds int) { time.Sleep(time.Duration(seconds) * time.Second / speed) }

// TestRecordedSession plays what was recorded of a real cluster with the real kubectl.
func TestRecordedSession(t *testing.T) {
	golden.PlaySession(t, recorded{&kubectl{t: t, ns: "default"}})
}

// TestRecordedErrors tries the manifests a real cluster refused.
func TestRecordedErrors(t *testing.T) {
	k := &kubectl{t: t, ns: "default"}
	k.ok("apply", "-f", file(t, golden.WidgetCRD))
	k.ok("wait", "--for=condition=Established", "crd/widgets.example.com")
	golden.PlayInvalid(t, recorded{k})
}

// plural of the kinds that were recorded.
func plural(kind string) string {
	p := strings.ToLower(kind)
	if strings.HasSuffix(p, "s") {
		return p + "es"
	}
	return p + "s"
}

// pathOf is where a recorded object's kind is served.
func pathOf(t *testing.T, manifest string) string {
	var head struct{ APIVersion, Kind string }
	require.NoError(t, yaml.Unmarshal([]byte(manifest), &head))
	path := "/api/v1"
	if strings.Contains(head.APIVersion, "/") {
		path = "/apis/" + head.APIVersion
	}
	return path + "/namespaces/default/" + plural(head.Kind)
}

// later are the objects whose later state does not depend on kwok's kubelets or on metrics.
var later = []string{"configmap", "cronjob", "deployment-minimal", "ingress", "pvc", "service-clusterip", "service-dualstack"}

// TestRecordedObjects sends what was sent to a real cluster and wants the same answers: defaults, allocations and
// managed fields, and what controllers made of them afterwards.
func TestRecordedObjects(t *testing.T) {
	same := func(t *testing.T, want, got string) {
		t.Helper()
		if diff := cmp.Diff(masked(t, want), masked(t, got)); diff != "" {
			t.Error(diff)
		}
	}
	for _, o := range golden.Objects() {
		t.Run(o.Name, func(t *testing.T) {
			resp, err := http.Post(url+pathOf(t, o.Manifest)+"?fieldManager=golden", "application/yaml", strings.NewReader(o.Manifest))
			require.NoError(t, err)
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			same(t, o.Post, string(b))
		})
	}
	k := &kubectl{t: t, ns: "default"}
	k.ok("wait", "--for=condition=Available", "deployment/dep-min", "--timeout=60s")
	time.Sleep(2 * time.Second / speed)
	for _, o := range golden.Objects() {
		if slices.Contains(later, o.Name) {
			t.Run(o.Name+"-later", func(t *testing.T) {
				var m metav1.PartialObjectMetadata
				require.NoError(t, json.Unmarshal([]byte(o.Get), &m))
				same(t, o.Get, get(t, pathOf(t, o.Manifest)+"/"+m.Name, ""))
			})
		}
	}
	want := endpointSlices(t, golden.Read("list-endpointslices.json"))
	got := endpointSlices(t, get(t, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", ""))
	// kwok's pods have no IPv6 address, a kubelet's have: they fill the second slice as they fill the first.
	first, second := want["svc-dual"][0].(map[string]any), want["svc-dual"][1].(map[string]any)
	require.Nil(t, second["endpoints"])
	second["endpoints"], second["ports"] = first["endpoints"], first["ports"]
	// The real server listened on another port; the manifests of the other Services were not kept.
	for _, service := range []string{"svc-cip", "svc-dual"} {
		if diff := cmp.Diff(want[service], got[service]); diff != "" {
			t.Error(service, diff)
		}
	}
	for _, o := range golden.Objects() {
		var m metav1.PartialObjectMetadata
		require.NoError(t, json.Unmarshal([]byte(o.Get), &m))
		k.ok("delete", plural(m.Kind), m.Name, "--wait=false")
	}
}

// endpointSlices are those of a list by their Service, the IPv4 ones first.
func endpointSlices(t *testing.T, text string) map[string][]any {
	var l discoveryv1.EndpointSliceList
	require.NoError(t, json.Unmarshal([]byte(text), &l))
	slices.SortFunc(l.Items, func(a, b discoveryv1.EndpointSlice) int {
		return strings.Compare(string(a.AddressType), string(b.AddressType))
	})
	out := map[string][]any{}
	for i := range l.Items {
		s := &l.Items[i]
		service := s.Labels[discoveryv1.LabelServiceName]
		s.APIVersion, s.Kind, s.ManagedFields, s.Generation = "", "", nil, 0
		s.Name = strings.TrimSuffix(s.Name, s.Name[max(0, len(s.Name)-5):])
		for j := range s.Endpoints {
			e := &s.Endpoints[j]
			require.Len(t, e.Addresses, 1)
			e.Addresses[0], e.NodeName, e.Zone = "IP", nil, nil // kwok's nodes are in no zone
			if e.TargetRef != nil {
				e.TargetRef.Name = e.TargetRef.Name[:len(e.TargetRef.Name)-5]
			}
		}
		b, err := json.Marshal(s)
		require.NoError(t, err)
		out[service] = append(out[service], masked(t, string(b)))
	}
	return out
}

// get reads a path; accept "" is JSON.
func get(t *testing.T, path, accept string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, nil)
	require.NoError(t, err)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(b))
	return string(b)
}

// masked is a JSON document without what differs from run to run.
func masked(t *testing.T, text string) any {
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return mask("", v)
}

var (
	accessVolume = regexp.MustCompile(`kube-api-access-\w{5}`)
	uid          = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	moment       = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
)

func mask(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = mask(k, e)
		}
	case []any:
		for i, e := range x {
			x[i] = mask(key, e)
		}
	case string:
		switch {
		case key == "resourceVersion" || key == "clusterIP" || key == "clusterIPs":
			return key
		case uid.MatchString(x):
			return "UID"
		case moment.MatchString(x):
			return "TIME"
		}
		return accessVolume.ReplaceAllString(x, "kube-api-access-XXXXX")
	}
	return v
}
