package kubectl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
)

// TestRecordedErrors applies manifests with faults to a whole cluster, and compares with what kubectl v1.37.2 printed
// before a real control plane of that version.
func TestRecordedErrors(t *testing.T) {
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
	require.NoError(t, err)
	require.True(t, c.RunTo(c.Now().Add(5*time.Minute), c.Ready, 0))
	names, err := filepath.Glob("testdata/invalid/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		base := strings.TrimSuffix(name, ".txt") + ".yaml"
		text, err := os.ReadFile(base)
		require.NoError(t, err)
		files := map[string]string{filepath.Base(base): string(text)}
		do := func(line string) string {
			var b strings.Builder
			write := func(s string) { b.WriteString(s) }
			p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: files}, engine.Output{Out: write, Err: write,
				Done: func(code int) { fmt.Fprintf(&b, "[exit %d]\n", code) }})
			require.NoError(t, err)
			require.True(t, c.RunTo(c.Now().Add(time.Minute), p.Done, 0), line)
			return b.String()
		}
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		var got strings.Builder
		for _, line := range strings.Split(string(want), "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				got.WriteString(line + "\n" + do(command))
			}
		}
		do("kubectl delete -f " + filepath.Base(base)) // the one that --validate=false let through
		if d := cmp.Diff(strings.TrimSpace(string(want)), strings.TrimSpace(got.String())); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
