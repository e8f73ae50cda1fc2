package realclient

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// text gives the server a line that prints something, and returns what it printed.
func (s *host) text(t *testing.T, line string) string {
	_, err := io.WriteString(s.in, line+"\n")
	require.NoError(t, err)
	var b strings.Builder
	for {
		next, err := s.out.ReadString('\n')
		require.NoError(t, err)
		require.False(t, strings.HasPrefix(next, "error: "), next)
		if next == "ok: "+line+"\n" {
			return b.String()
		}
		if !strings.HasPrefix(next, "# left out") {
			b.WriteString(next)
		}
	}
}

// TestExport: real kubectl makes objects in its different ways; a fresh cluster takes their export from real kubectl, checked
// strictly by both sides, finds no difference afterwards, and exports the same. What real kubectl shows of the first cluster
// is imported into a third as if it were the export.
func TestExport(t *testing.T) {
	server := func() (*host, *kubectl) {
		s, err := startServer("-speed=100")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.stop()) })
		return s, &kubectl{t: t, ns: "default", url: s.url}
	}
	manifests := filepath.Join("..", "..", "scenarios", "manifests")
	a, k := server()
	k.ok("create", "namespace", "shop")
	k.ok("apply", "-f", mustAbs(t, manifests, "website/application/guestbook"))
	k.ok("apply", "--server-side", "-f", mustAbs(t, manifests, "own/stateful-web.yaml"))
	k.ok("create", "-f", mustAbs(t, manifests, "dualstack.yaml"))
	k.ok("create", "-n", "shop", "deployment", "hello", "--image=nginx:1.27", "--replicas=2")
	k.ok("expose", "-n", "shop", "deployment", "hello", "--port=80", "--type=LoadBalancer")
	k.ok("scale", "-n", "shop", "deployment", "hello", "--replicas=3")
	k.ok("autoscale", "-n", "shop", "deployment", "hello", "--max=5", "--cpu=50%")
	k.ok("create", "job", "once", "--image=busybox", "--", "true")
	k.ok("create", "secret", "generic", "s", "--from-literal=a=b")
	k.ok("create", "role", "r", "--verb=get", "--resource=pods")
	k.ok("rollout", "status", "deployment/frontend", "--timeout=5m")
	export := a.text(t, "export")
	require.Contains(t, export, "kind: HorizontalPodAutoscaler")

	b, l := server()
	name := file(t, export)
	out := l.ok("apply", "-f", name, "--validate=strict")
	for line := range strings.Lines(out) {
		require.True(t, strings.HasSuffix(line, " created\n"), line)
	}
	require.Empty(t, l.ok("diff", "-f", name))
	require.Equal(t, export, b.text(t, "export"))

	kinds := "deployments,replicasets,statefulsets,pods,services,endpointslices,configmaps,serviceaccounts,secrets,persistentvolumeclaims,jobs,hpa,roles,nodes,events"
	c, m := server()
	imported := c.text(t, "import "+file(t, k.ok("get", kinds, "-A", "-o", "yaml", "--show-managed-fields")))
	m.ok("apply", "-f", file(t, imported), "--validate=strict")
	require.Equal(t, export, c.text(t, "export"))
	imported = c.text(t, "import "+file(t, k.ok("get", kinds, "-A", "-o", "yaml")))
	m.ok("apply", "-f", file(t, imported), "--validate=strict")
}

func mustAbs(t *testing.T, parts ...string) string {
	path, err := filepath.Abs(filepath.Join(parts...))
	require.NoError(t, err)
	return path
}
