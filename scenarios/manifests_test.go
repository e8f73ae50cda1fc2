package scenarios

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabernetes/engine/api/manifest"
)

// TestPublishedManifests applies manifests as their authors published them, each file in a namespace of its own. One
// needs a definition that is not there, and one is too old.
func TestPublishedManifests(t *testing.T) {
	refused := map[string]string{
		"website/application/job/cronjob.yaml": `error: resource mapping not found for name: "hello" namespace: "" from "cronjob.yaml": no matches for kind "CronJob" in version "batch/v1beta1"
ensure CRDs are installed first
`,
		"own/canary-by-weight.yaml": `service/hello-stable created
service/hello-canary created
error: resource mapping not found for name: "hello" namespace: "" from "canary-by-weight.yaml": no matches for kind "HTTPRoute" in version "gateway.networking.k8s.io/v1"
ensure CRDs are installed first
`,
	}
	p := newPage(t)
	n, kyaml := 0, 0
	for _, dir := range []string{"website", "examples", "own"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("manifests", dir), func(path string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			if d.IsDir() {
				return nil
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			docs, err := manifest.Split(text)
			require.NoError(t, err, path)
			require.NotEmpty(t, docs, path)
			if strings.Contains("\n"+string(text), "\n{") {
				kyaml++ // flow style with comments, unquoted keys and trailing commas
			}
			n++
			flag, ns := "", docs[0].Namespace
			if ns == "" {
				ns = "m" + strconv.Itoa(n)
				flag = " -n " + ns
			}
			p.Run("create namespace "+ns, nil) // some are there
			p.Wait(1)                          // for its service account
			base := filepath.Base(path)
			out, code := p.Run("apply -f "+base+flag, map[string]string{base: string(text)})
			name, err := filepath.Rel("manifests", path)
			require.NoError(t, err)
			if want, ok := refused[filepath.ToSlash(name)]; ok {
				assert.Equal(t, 1, code, name)
				assert.Equal(t, want, out, name)
				return nil
			}
			assert.Zero(t, code, "%s: %s", name, out)
			return nil
		}))
	}
	assert.GreaterOrEqual(t, n, 66)
	assert.GreaterOrEqual(t, kyaml, 22)
}
