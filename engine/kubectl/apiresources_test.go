package kubectl

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPIResources compares api-resources with that of a recorded cluster, but for what this one does not serve.
func TestAPIResources(t *testing.T) {
	text, err := os.ReadFile("../../scenarios/golden/objects/api-resources.txt")
	require.NoError(t, err)
	missing := []string{"resource.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1", "storagemigration.k8s.io/v1", "example.com/v1", "ClusterTrustBundle", "PodCertificateRequest"}
	fields := func(text string) (out []string) {
		for _, line := range strings.Split(text, "\n") {
			f := strings.Fields(line)
			if len(f) > 3 && !slices.ContainsFunc(f, func(s string) bool { return slices.Contains(missing, s) }) {
				out = append(out, strings.Join(f, " "))
			}
		}
		return out
	}
	require.Equal(t, fields(string(text)), fields(newWorld(t).command("kubectl api-resources")))
}
