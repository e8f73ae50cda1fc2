package realclient

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/scenarios/golden"
)

// What a real server has and this one does not: dynamic resource allocation, priority and fairness, storage version
// migration, and the certificates of pods.
var notServed = []string{"resource.k8s.io", "flowcontrol.apiserver.k8s.io", "storagemigration.k8s.io", "clustertrustbundles", "podcertificaterequests"}

// custom groups come and go with the tests.
func custom(group string) bool { return strings.Contains(group, "example.") }

func TestRecordedGroups(t *testing.T) {
	groups := func(text string) []metav1.APIGroup {
		var l metav1.APIGroupList
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		return slices.DeleteFunc(l.Groups, func(g metav1.APIGroup) bool { return custom(g.Name) || slices.Contains(notServed, g.Name) })
	}
	require.Empty(t, cmp.Diff(groups(golden.Read("discovery-apis.json")), groups(get(t, "/apis", ""))))
}

func TestRecordedResources(t *testing.T) {
	lines := func(text string) []string {
		var out []string
		for _, l := range golden.Mask(text) {
			f := strings.Fields(l)
			group, _, _ := strings.Cut(f[len(f)-3], "/")
			if !custom(group) && !slices.Contains(notServed, group) && !slices.Contains(notServed, f[0]) {
				out = append(out, l)
			}
		}
		return out
	}
	k := &kubectl{t: t, ns: "default"}
	require.Equal(t, lines(golden.Read("api-resources.txt")), lines(k.ok("api-resources")))
	for _, v := range strings.Fields(k.ok("api-versions")) {
		group, _, _ := strings.Cut(v, "/")
		require.True(t, v == "v1" || custom(group) || strings.Contains(golden.Read("discovery-apis.json"), `"`+v+`"`), v)
	}
}

func TestRecordedVersion(t *testing.T) {
	var want struct {
		ServerVersion map[string]string `json:"serverVersion"`
	}
	require.NoError(t, json.Unmarshal([]byte(golden.Read("version.json")), &want))
	var got map[string]string
	text := get(t, "/version", "")
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	for _, k := range []string{"gitCommit", "buildDate", "goVersion"} { // of another build
		require.NotEmpty(t, got[k])
		delete(got, k)
		delete(want.ServerVersion, k)
	}
	require.Equal(t, want.ServerVersion, got)
	var info version.Info
	require.NoError(t, json.Unmarshal([]byte(text), &info))
}

func TestRecordedTable(t *testing.T) {
	table := func(text string) metav1.Table {
		var out metav1.Table
		require.NoError(t, json.Unmarshal([]byte(text), &out))
		return out
	}
	want := table(golden.Read("table-pods.json"))
	got := table(get(t, "/api/v1/namespaces/kube-system/pods", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"))
	require.Equal(t, want.TypeMeta, got.TypeMeta)
	require.Empty(t, cmp.Diff(want.ColumnDefinitions, got.ColumnDefinitions))
	require.NotEmpty(t, got.Rows)
	// The recording has whole objects in its rows; what is asked for by default is their metadata.
	for _, r := range got.Rows {
		require.Len(t, r.Cells, len(want.Rows[0].Cells))
		var m metav1.PartialObjectMetadata
		require.NoError(t, json.Unmarshal(r.Object.Raw, &m))
		require.Equal(t, "PartialObjectMetadata", m.Kind)
		require.Equal(t, r.Cells[0], m.Name)
	}
}

// TestRecordedNode wants everything kwok's nodes have but for what is kwok's, and the annotation of the TTL controller,
// which this cluster does not run.
func TestRecordedNode(t *testing.T) {
	node := func(text string) corev1.Node {
		var n corev1.Node
		require.NoError(t, json.Unmarshal([]byte(text), &n))
		return n
	}
	want, got := node(golden.Read("node.get.json")), node(get(t, "/api/v1/nodes/node-1", ""))
	for k := range want.Labels {
		if k != "type" && k != "kubernetes.io/role" && !strings.HasPrefix(k, "node-role.") {
			require.Contains(t, slices.Collect(maps.Keys(got.Labels)), k)
		}
	}
	status := map[corev1.NodeConditionType]corev1.ConditionStatus{}
	for _, c := range got.Status.Conditions {
		status[c.Type] = c.Status
	}
	for _, c := range want.Status.Conditions {
		if c.Type == corev1.NodeNetworkUnavailable {
			continue // kwok plays a cloud's route controller
		}
		require.Equal(t, c.Status, status[c.Type], c.Type)
	}
	for r := range want.Status.Capacity {
		require.Contains(t, got.Status.Capacity, r)
		require.Contains(t, got.Status.Allocatable, r)
	}
	require.NotEmpty(t, got.Status.Addresses)
	require.NotZero(t, got.Status.DaemonEndpoints.KubeletEndpoint.Port)
	require.Equal(t, "v1.37.2", got.Status.NodeInfo.KubeletVersion)
}
