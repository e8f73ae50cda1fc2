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
