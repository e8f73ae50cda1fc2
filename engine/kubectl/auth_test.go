package kubectl_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
)

// secrets of a script's output: whatever is drawn by lot.
var secrets = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`), "<token>"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<uid>"},
}

// TestAuth runs the scripts of testdata/auth in a whole cluster. A word $TOKEN in a line is the last token printed.
func TestAuth(t *testing.T) {
	names, err := filepath.Glob("testdata/auth/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	files := map[string]string{}
	manifests, err := filepath.Glob("testdata/auth/*.yaml")
	require.NoError(t, err)
	for _, name := range manifests {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		files[filepath.Base(name)] = string(b)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
			require.NoError(t, err)
			require.True(t, c.RunTo(c.Now().Add(5*time.Minute), c.Ready, 0))
			c.RunTo(c.Now().Add(10*time.Second), nil, 0)
			want, err := os.ReadFile(name)
			require.NoError(t, err)
			token := ""
			var got strings.Builder
			for _, line := range strings.Split(string(want), "\n") {
				if strings.HasPrefix(line, "#") {
					got.WriteString(line + "\n")
				}
				command, ok := strings.CutPrefix(line, "$ ")
				if !ok {
					continue
				}
				var b strings.Builder
				write := func(s string) { b.WriteString(s) }
				p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: strings.ReplaceAll(command, "$TOKEN", token), Files: files},
					engine.Output{Out: write, Err: write, Done: func(code int) { fmt.Fprintf(&b, "[exit %d]\n", code) }})
				require.NoError(t, err)
				require.True(t, c.RunTo(c.Now().Add(2*time.Hour), p.Done, 0), command)
				out := b.String()
				if found := secrets[0].re.FindString(out); found != "" {
					token = found
				}
				for _, s := range secrets {
					out = s.re.ReplaceAllString(out, s.with)
				}
				got.WriteString(line + "\n" + out)
			}
			if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
				require.NoError(t, os.WriteFile(name, []byte(got.String()), 0o644))
				return
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Error(d)
			}
		})
	}
}
