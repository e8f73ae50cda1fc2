package rest_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// notServed are groups and kinds of the recorded cluster that this one does not have, and its custom resource.
var notServed = []string{"resource.k8s.io", "flowcontrol.apiserver.k8s.io", "storagemigration.k8s.io", "example.com", "ClusterTrustBundle", "PodCertificateRequest"}

// TestDiscoveryAsRecorded holds discovery against that of a real v1.37.2.
func TestDiscoveryAsRecorded(t *testing.T) {
	_, h := newFake()
	text, err := os.ReadFile("../../../scenarios/golden/objects/discovery-apis.json")
	require.NoError(t, err)
	var want metav1.APIGroupList
	require.NoError(t, json.Unmarshal(text, &want))
	want.Groups = slices.DeleteFunc(want.Groups, func(g metav1.APIGroup) bool { return slices.Contains(notServed, g.Name) })
	got := into[metav1.APIGroupList](t, ask(t, h, "GET", "/apis", ""))
	require.Empty(t, cmp.Diff(want.Groups, got.Groups))

	text, err = os.ReadFile("../../../scenarios/golden/objects/api-resources.txt")
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Fields(line)
		kind, namespaced, version := f[len(f)-1], f[len(f)-2], f[len(f)-3]
		group, _, _ := strings.Cut(version, "/")
		if slices.Contains(notServed, group) || slices.Contains(notServed, kind) {
			continue
		}
		path := "/apis/" + version
		if version == "v1" {
			path = "/api/v1"
		}
		var short []string
		if len(f) == 5 {
			short = strings.Split(f[1], ",")
		}
		list := into[metav1.APIResourceList](t, ask(t, h, "GET", path, ""))
		i := slices.IndexFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == f[0] })
		require.GreaterOrEqual(t, i, 0, line)
		r := list.APIResources[i]
		require.Equal(t, kind, r.Kind, line)
		require.Equal(t, namespaced, strconv.FormatBool(r.Namespaced), line)
		require.Equal(t, short, r.ShortNames, line)
	}
}
