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

var rewrite = flag.Bool("rewrite", false, "write the outputs in testdata/custom anew")

// varies is what differs from run to run of other versions of the engine.
var varies = regexp.MustCompile(`\b\d+(\.\d+)?(s|m\d*s?)\b|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|resourceVersion: "\d+"|Resource Version: +\d+`)

// TestCustomScripts plays the scripts of testdata/custom before a whole cluster; times, uids and revisions are masked.
// "-- NAME --" begins a file that -f can read.
func TestCustomScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/custom/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			script, archive, _ := strings.Cut(string(text), "\n-- ")
			files := map[string]string{}
			for _, part := range strings.Split(archive, "\n-- ") {
				head, body, _ := strings.Cut(part, " --\n")
				files[head] = body + "\n"
			}
			c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
			require.NoError(t, err)
			require.True(t, c.RunTo(c.Now().Add(5*time.Minute), c.Ready, 0))
			var got strings.Builder
			for _, line := range strings.Split(script, "\n") {
				if wait, ok := strings.CutPrefix(line, "@ "); ok {
					d, err := time.ParseDuration(wait)
					require.NoError(t, err)
					c.RunTo(c.Now().Add(d), func() bool { return false }, 0)
					got.WriteString(line + "\n")
					continue
				}
				if strings.HasPrefix(line, "#") {
					got.WriteString(line + "\n")
					continue
				}
				command, ok := strings.CutPrefix(line, "$ ")
				if !ok {
					continue
				}
				got.WriteString(line + "\n")
				code := 0
				var out strings.Builder
				write := func(s string) { out.WriteString(s) }
				p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: command, Files: files}, engine.Output{Out: write, Err: write, Done: func(n int) { code = n }})
				require.NoError(t, err)
				require.True(t, c.RunTo(c.Now().Add(time.Minute), p.Done, 0), line)
				text := varies.ReplaceAllString(out.String(), "<v>")
				if got.WriteString(text); text != "" && !strings.HasSuffix(text, "\n") {
					got.WriteString("\n")
				}
				if code != 0 {
					fmt.Fprintf(&got, "[exit %d]\n", code)
				}
			}
			if *rewrite {
				require.NoError(t, os.WriteFile(name, []byte(got.String()+"\n-- "+archive), 0o644))
				return
			}
			if d := cmp.Diff(strings.TrimSpace(script), strings.TrimSpace(got.String())); d != "" {
				t.Error(d)
			}
		})
	}
}

// session is a cluster with the widgets of testdata/custom/crd.txt.
type session struct {
	t     *testing.T
	c     *engine.Cluster
	files map[string]string
}

func newSession(t *testing.T, conf engine.Config) *session {
	text, err := os.ReadFile("testdata/custom/crd.txt")
	require.NoError(t, err)
	s := &session{t: t, files: map[string]string{}}
	for _, part := range strings.Split(string(text), "\n-- ")[1:] {
		head, body, _ := strings.Cut(part, " --\n")
		s.files[head] = body + "\n"
	}
	s.c, err = engine.New(conf)
	require.NoError(t, err)
	require.True(t, s.c.RunTo(s.c.Now().Add(5*time.Minute), s.c.Ready, 0))
	require.Contains(t, s.do("kubectl apply -f crd.yaml"), "created")
	s.run(15 * time.Second)
	return s
}

func (s *session) run(d time.Duration) {
	s.c.RunTo(s.c.Now().Add(d), func() bool { return false }, 0)
}

func (s *session) do(line string) string {
	s.t.Helper()
	var out strings.Builder
	write := func(text string) { out.WriteString(text) }
	p, err := s.c.Start(engine.Command{Op: engine.OpKubectl, Line: line, Files: s.files}, engine.Output{Out: write, Err: write})
	require.NoError(s.t, err)
	require.True(s.t, s.c.RunTo(s.c.Now().Add(time.Minute), p.Done, 0), line)
	return out.String()
}

// TestCustomOwners: the garbage collector follows custom kinds, as owners and as dependents.
func TestCustomOwners(t *testing.T) {
	s := newSession(t, engine.Config{Nodes: 1, Seed: 1})
	require.Contains(t, s.do("kubectl apply -f widget.yaml"), "created")
	owned := func(apiVersion, kind, name, ownerKind, ownerVersion, ownerName, uid string) string {
		return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n  ownerReferences:\n  - {apiVersion: " + ownerVersion +
			", kind: " + ownerKind + ", name: " + ownerName + ", uid: " + uid + "}\nspec: {size: 1}\n"
	}
	uid := s.do("kubectl get widget w -o jsonpath={.metadata.uid}")
	s.files["cm.yaml"] = strings.Replace(owned("v1", "ConfigMap", "c", "Widget", "example.com/v1", "w", uid), "spec: {size: 1}\n", "", 1)
	require.Contains(t, s.do("kubectl apply -f cm.yaml"), "created")
	uid = s.do("kubectl get configmap c -o jsonpath={.metadata.uid}")
	s.files["dependent.yaml"] = owned("example.com/v1", "Widget", "d", "ConfigMap", "v1", "c", uid)
	require.Contains(t, s.do("kubectl apply -f dependent.yaml"), "created")
	s.run(5 * time.Second)
	require.Contains(t, s.do("kubectl get widgets -o name"), "widget.example.com/d")
	require.Contains(t, s.do("kubectl delete widget w"), "deleted")
	s.run(10 * time.Second)
	require.Equal(t, "", s.do("kubectl get widgets -o name"))
	require.Contains(t, s.do("kubectl get configmap c"), "NotFound")
}

// TestCustomKindsOfSeveralMasters: every API server serves what a definition defines.
func TestCustomKindsOfSeveralMasters(t *testing.T) {
	s := newSession(t, engine.Config{Nodes: 1, Seed: 1, Masters: 3})
	for i := range 6 {
		s.files["widget.yaml"] = fmt.Sprintf("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w%d}\nspec: {size: %d}\n", i, i)
		require.Contains(t, s.do("kubectl apply -f widget.yaml"), "created")
		require.Contains(t, s.do(fmt.Sprintf("kubectl patch widget w%d --type=merge -p '{\"spec\":{\"note\":\"abc\"}}'", i)), "patched")
	}
	require.Equal(t, 6, strings.Count(s.do("kubectl get widgets -o name"), "widget.example.com/w"))
	require.Contains(t, s.do("kubectl patch crd widgets.example.com --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/note\"}]'"), "patched")
	s.run(2 * time.Second)
	for range 4 {
		require.NotContains(t, s.do("kubectl get widgets -o yaml"), "note: abc")
	}
	require.Contains(t, s.do("kubectl delete crd widgets.example.com"), "deleted")
	s.run(10 * time.Second)
	require.Contains(t, s.do("kubectl get widgets"), "the server doesn't have a resource type")
	require.Equal(t, "No resources found\n", s.do("kubectl get crd"))
}

// TestCustomKindsSurviveRestart: an API server that comes back knows what was defined, and nothing is lost meanwhile.
func TestCustomKindsSurviveRestart(t *testing.T) {
	s := newSession(t, engine.Config{Nodes: 1, Seed: 1})
	require.Contains(t, s.do("kubectl apply -f widget.yaml"), "created")
	uid := s.do("kubectl get widget w -o jsonpath={.metadata.uid}")
	s.files["cm.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: w, uid: " + uid + "}]\n"
	require.Contains(t, s.do("kubectl apply -f cm.yaml"), "created")
	s.run(5 * time.Second)
	for _, op := range []string{engine.OpKill, engine.OpRestart} {
		_, err := s.c.Start(engine.Command{Op: op, Name: "kube-apiserver@control-plane-1"}, engine.Output{})
		require.NoError(t, err)
		s.run(20 * time.Second)
	}
	s.run(time.Minute)
	require.Equal(t, "widget.example.com/w\nconfigmap/c\n", s.do("kubectl get widget/w configmap/c -o name"))
	require.Contains(t, s.do("kubectl patch widget w --type=merge -p '{\"spec\":{\"size\":77}}'"), "less than or equal to 10")
	require.Contains(t, s.do("kubectl delete widget w"), "deleted")
	s.run(time.Minute)
	require.Contains(t, s.do("kubectl get configmap c"), "NotFound")
}
