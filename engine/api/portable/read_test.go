package portable_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
	"tabernetes/engine/api/portable"
)

var here = portable.Target{Table: api.BuiltinTable()}

// docs are the documents of a text by kind, namespace and name.
func docs(t testing.TB, text string) map[string]map[string]any {
	t.Helper()
	list, err := manifest.Split([]byte(text))
	require.NoError(t, err, text)
	out := map[string]map[string]any{}
	for _, d := range list {
		doc := map[string]any{}
		require.NoError(t, json.Unmarshal(d.Raw, &doc))
		out[d.GVK.Kind+" "+d.Namespace+"/"+d.Name] = doc
	}
	return out
}

// TestReadGolden: what a real API server answered becomes what had been sent to it, field for field, with the books of
// who owns what and, as kubectl shows objects, without.
func TestReadGolden(t *testing.T) {
	files, err := filepath.Glob("../../../scenarios/golden/objects/*.get.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 10)
	var c portable.Cleaner
	for _, file := range files {
		for _, books := range []bool{true, false} {
			name := strings.TrimSuffix(filepath.Base(file), ".get.json")
			t.Run(fmt.Sprintf("%s/books=%v", name, books), func(t *testing.T) {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				if !books {
					var m map[string]any
					require.NoError(t, json.Unmarshal(text, &m))
					delete(m["metadata"].(map[string]any), "managedFields")
					text, err = json.Marshal(m)
					require.NoError(t, err)
				}
				got, left, err := c.Read(string(text), here)
				require.NoError(t, err)
				if name == "node" {
					require.Equal(t, []portable.Left{{Why: portable.Machine, Count: 1, What: []string{"Node node-00000"}}}, left)
					require.Empty(t, got)
					return
				}
				require.Empty(t, left)
				sent, err := os.ReadFile(strings.TrimSuffix(file, ".get.json") + ".yaml")
				require.NoError(t, err)
				want := docs(t, string(sent))
				for key, doc := range docs(t, got) {
					assert.Equal(t, "default", doc["metadata"].(map[string]any)["namespace"])
					delete(doc["metadata"].(map[string]any), "namespace")
					assert.Equal(t, want[strings.Replace(key, "default/", "/", 1)], doc)
				}
				again, left, err := c.Read(got, here)
				require.NoError(t, err)
				require.Empty(t, left)
				require.Equal(t, got, again, "what was cleaned is clean")
			})
		}
	}
}

// TestReadUnchanged: a text that people wrote comes back as it is.
func TestReadUnchanged(t *testing.T) {
	var c portable.Cleaner
	for _, text := range []string{
		"", "# nothing\n",
		"# a pod that chose its node\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  creationTimestamp: null\nspec:\n  nodeName: node-1 # here\n  containers: [{name: c, image: nginx}]\nstatus: {}\n",
		"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"clusterIP":"10.96.0.44","ports":[{"port":80,"nodePort":30080}]}}`,
	} {
		got, left, err := c.Read(text, here)
		require.NoError(t, err)
		require.Empty(t, left)
		require.Equal(t, text, got)
	}
}

// TestReadErrors: what is wrong is said with document and line, and nothing comes back.
func TestReadErrors(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	var many strings.Builder
	for i := range portable.MaxObjects + 1 {
		fmt.Fprintf(&many, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", i)
	}
	var c portable.Cleaner
	for _, x := range []struct{ name, text, want string }{
		{"syntax", pod + "---\n" + pod + "spec:\n  a: b: c\n", "document 2, line 9, column 7: mapping values are not allowed in this context"},
		{"type", pod + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: three}\n",
			`document 2, line 5: Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`},
		{"no kind", pod + "---\na: b\n", `document 2, line 5: Object 'Kind' is missing in '{"a":"b"}'`},
		{"big", strings.Repeat("#", portable.MaxText+1), "the text has 4194305 bytes, the limit is 4194304"},
		{"big document", pod + "x: " + strings.Repeat("y", 3<<20), "document 1, line 1: the document expands to 3145"},
		{"many", many.String(), "document 5001, line 20002: the text has 5001 objects, the limit is 5000"},
		{"deep", pod + "x: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "document 1, line 1: the document is nested 201 levels deep, the limit is 100"},
		{"JSON", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":3}}`, "document 1, line 1: Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, left, err := c.Read(x.text, here)
			require.ErrorContains(t, err, x.want)
			require.Empty(t, got)
			require.Nil(t, left)
		})
	}
}

// TestReadLeaves: what cannot be applied is left out, with the reason; definitions that come along count as served.
func TestReadLeaves(t *testing.T) {
	const live = "resourceVersion: '1', uid: u"
	text := `
{apiVersion: v1, kind: Node, metadata: {name: one, ` + live + `}}
---
{apiVersion: v1, kind: Event, metadata: {name: e, namespace: a, ` + live + `}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, annotations: {pv.kubernetes.io/provisioned-by: x}, ` + live + `}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a, deletionTimestamp: "2026-01-01T00:00:00Z", ` + live + `}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "system:node", ` + live + `}}
---
{apiVersion: x.example.com/v1, kind: Gone, metadata: {name: g}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {group: example.com, scope: Namespaced, names: {plural: widgets, kind: Widget}, versions: [{name: v1, served: true, storage: true}]}}
---
{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: a, ` + live + `, finalizers: [mine.example.com/x, kubernetes.io/y]}, spec: {size: 3, nothing: null}, status: {phase: Up}}
`
	var c portable.Cleaner
	got, left, err := c.Read(text, here)
	require.NoError(t, err)
	require.Equal(t, []portable.Left{
		{Why: portable.Cluster, Count: 1, What: []string{"ClusterRole system:node"}},
		{Why: portable.Machine, Count: 1, What: []string{"Node one"}},
		{Why: portable.Provisioned, Count: 1, What: []string{"PersistentVolume v"}},
		{Why: portable.Passing, Count: 1, What: []string{"Event a/e"}},
		{Why: portable.Deleting, Count: 1, What: []string{"Pod a/p"}},
		{Why: portable.Unserved, Count: 1, What: []string{"Gone g"}},
	}, left)
	require.Equal(t, "# "+portable.DefinedLate+`
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names:
    kind: Widget
    plural: widgets
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
---
apiVersion: example.com/v1
kind: Widget
metadata:
  finalizers:
  - mine.example.com/x
  name: w
  namespace: a
spec:
  nothing: null
  size: 3
`, got)
}

// FuzzRead: no text breaks the reader, and what it gives can be read again, with nothing left to clean.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"../../../scenarios/golden/objects/*.get.json", "../../../scenarios/manifests/import/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(string(text))
		}
	}
	f.Add("{apiVersion: v1, kind: Pod, metadata: {uid: u, managedFields: [{manager: x, operation: Update, apiVersion: v1, fieldsV1: {'f:spec': {'f:containers': {'k:{\"name\":\"c\"}': {}}}}}]}, spec: {containers: [1, {name: c}]}}")
	f.Add("{apiVersion: v1, kind: Service, metadata: {uid: u, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"spec\":[1]}'}}, spec: {ports: [{port: 80}, {port: 80}]}}")
	var c portable.Cleaner
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := c.Read(text, here)
		if err != nil {
			return
		}
		again, left, err := c.Read(got, here)
		require.NoError(t, err, got)
		require.Empty(t, left)
		require.Equal(t, got, again)
	})
}
