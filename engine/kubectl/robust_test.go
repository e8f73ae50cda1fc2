package kubectl

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryCommandEnds runs each command with arguments that make no sense for most of them: all must say something or
// do something, and end.
func TestEveryCommandEnds(t *testing.T) {
	var paths []string
	var walk func(prefix string, table []*command)
	walk = func(prefix string, table []*command) {
		for _, c := range table {
			paths = append(paths, prefix+c.name)
			walk(prefix+c.name+" ", c.subs)
		}
	}
	walk("kubectl ", commandTable())
	require.Greater(t, len(paths), 40)
	args := []string{"", "pods", "pods a", "pod/a b", "pod/", "/", "all", "nodes n1 --all", "-f none.yaml", "-f a.yaml", "-f -", "deploy/web", "deploy web",
		"a=b", "pods a a=b", "node n1 k=v:NoSchedule", "-l a=b", "-l a=", "pods -l ,", "pods --field-selector x", "a --image=x -o yaml --dry-run=client",
		"a --image=x", "deploy/web --replicas=2", "deploy/web web=nginx:3", "svc/none -o jsonpath=", "pods -o custom-columns=x", "deploy -o yaml --for=delete",
		"deploy/web -p {}", "deploy/web -p [", "--help", "-- a", "pods -A", "cm,deploy -o name", "deploy/web --port=80", "x --tcp=1:2", "--timeout=1s deploy/web"}
	lines := 0
	for _, path := range paths {
		w := newWorld(t)
		w.files["a.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
		w.command("kubectl create deployment web --image=nginx")
		w.command("kubectl apply -f a.yaml")
		for _, a := range args {
			line := strings.TrimSpace(path + " " + a)
			out := w.command(line)
			require.NotContains(t, out, "%!", line)
			require.Contains(t, out, "[exit ", line)
			lines++
		}
	}
	require.Greater(t, lines, 1000)
}
