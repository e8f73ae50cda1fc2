package lesson

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a step can point at stands in points.json; the guide names the same.
func TestPoints(t *testing.T) {
	guide, err := os.ReadFile("../AUTHORING.md")
	require.NoError(t, err)
	said := 0
	for _, what := range []string{"panel", "button"} {
		_, row, ok := strings.Cut(string(guide), "| `"+what+":NAME` | ")
		require.True(t, ok)
		row, _, _ = strings.Cut(row, " |\n")
		for _, name := range strings.Split(row, ", ") {
			require.Contains(t, Points(), what+":"+strings.Trim(name, "`"))
			said++
		}
	}
	require.Len(t, Points(), said)
	for _, p := range append(Points(), "pods/default/web-*", "nodes/node-1", "component:kubelet@node-1") {
		require.Empty(t, badPoint(p), p)
	}
	require.Equal(t, "there are apply, pause, play, speed, step, undo", badPoint("button:stage"))
	for _, p := range []string{"panel:", "panel:Stage", "window:stage", "pods", "a/b/c/d", "component:a@b@c"} {
		require.NotEmpty(t, badPoint(p), p)
	}
}
