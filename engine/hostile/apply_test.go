package hostile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/hostile"
	"tabernetes/engine/sim"
)

// world is a small cluster that somebody does harm to.
type world struct {
	t testing.TB
	c *engine.Cluster
}

func begin(t testing.TB) *world {
	c, err := engine.New(engine.Config{Nodes: 2, Seed: 5})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	w := &world{t, c}
	w.run("create namespace limits", nil)
	return w
}

// run carries out a line, which must come to an end.
func (w *world) run(line string, files map[string]string) (string, int) {
	w.t.Helper()
	var out strings.Builder
	code := -1
	put := func(s string) { out.WriteString(s) }
	p, err := w.c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: files}, engine.Output{Out: put, Err: put, Done: func(c int) { code = c }})
	if err != nil {
		return err.Error(), -1
	}
	w.c.RunTo(w.c.Now().Add(5*time.Minute), p.Done, 0)
	require.NotEqual(w.t, -1, code, "does not end: %.200s\n%.500s", line, out.String())
	return out.String(), code
}

func (w *world) wait(d time.Duration) { w.c.RunTo(w.c.Now().Add(d), nil, 0) }

// TestValid: what the suite changes is accepted as it is, and there is one for each kind.
func TestValid(t *testing.T) {
	w := begin(t)
	seen := map[*api.Resource]bool{}
	for _, d := range hostile.Valid() {
		r := api.ByGVK(d.GVK)
		require.NotNil(t, r, d.GVK)
		seen[r] = true
		if r.Hub != nil {
			w.run("delete "+r.Hub.Qualified()+" x", nil) // the same object in another version
		}
		out, code := w.run("create -f x.json", map[string]string{"x.json": string(d.Raw)})
		if strings.HasSuffix(d.GVK.Kind, "AdmissionPolicy") {
			require.NotZero(t, code) // its language is not built in: refused whatever it says
			continue
		}
		require.Zero(t, code, "%s: %s", d.GVK, out)
	}
	for _, r := range api.Builtin() {
		require.True(t, seen[r] || !r.Can(api.Create), "%s has no valid object", r.Qualified())
	}
}

// TestEveryField puts payloads into every text of every kind. Each object is made or refused with a word about why;
// whatever was made, the cluster goes on with it, and everything that shows it ends.
func TestEveryField(t *testing.T) {
	made, refused := 0, 0
	for n, d := range hostile.Valid() {
		t.Run(d.GVK.Kind+"."+d.GVK.Version, func(t *testing.T) {
			r := api.ByGVK(d.GVK)
			w := begin(t)
			for _, m := range hostile.Mutants(d, n) {
				text, err := json.Marshal(m.Doc)
				require.NoError(t, err)
				out, code := w.run("create -f x.json", map[string]string{"x.json": string(text)})
				if code == 0 {
					made++
				} else {
					refused++
					require.NotEmpty(t, strings.TrimSpace(out), "%s %s", d.GVK.Kind, m.Field)
				}
				require.NotContains(t, out, "panic", "%s %s", d.GVK.Kind, m.Field)
			}
			w.wait(30 * time.Second)
			w.look(r)
			w.wait(time.Minute)
		})
	}
	t.Logf("%d made, %d refused", made, refused)
	require.Greater(t, made, 1000)
	require.Greater(t, refused, 1000)
}

// look shows everything of a kind in every way.
func (w *world) look(r *api.Resource) {
	if !r.Can(api.List) {
		return
	}
	name := r.Qualified()
	for _, line := range []string{
		"get " + name + " -A -o wide --show-labels", "get " + name + " -A -o yaml", "get " + name + " -A -o json", "get " + name + " -A --sort-by=.metadata.name",
		"get " + name + " -A -o custom-columns=A:.metadata.annotations,B:.spec", "get " + name + " -A -o jsonpath={..name}", "describe " + name + " -A", "events -A",
	} {
		out, _ := w.run(line, nil)
		if !strings.Contains(line, "json") && !strings.Contains(line, "yaml") && !strings.Contains(line, "custom") {
			if i := strings.IndexByte(out, 0x1b); i >= 0 {
				w.t.Errorf("%s: an escape sequence reaches the terminal: %q", line, out[max(0, i-200):min(len(out), i+100)])
			}
		}
	}
	w.c.Each(r.Stored(), func(key string, _ api.Object) {
		ref := r.Name + "/" + key
		_, err := w.c.Object(ref)
		require.NoError(w.t, err)
		_, _ = w.c.Why(ref)
		_ = w.c.Autoscaling(ref)
	})
	_ = w.c.Events(1000)
	text, _, err := w.c.Export()
	require.NoError(w.t, err)
	again, _, err := w.c.Import(text)
	require.NoError(w.t, err)
	require.Equal(w.t, text, again)
	for line := range strings.Lines(w.c.JournalText()) {
		require.Equal(w.t, -1, strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x202e }), line)
	}
}
