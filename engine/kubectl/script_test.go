package kubectl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

var update = flag.Bool("update", false, "rewrite the outputs in testdata")

// world is a workstation and a fake API server.
type world struct {
	t     *testing.T
	s     *sim.Sim
	f     *fake
	sh    *Shell
	files map[string]string
	job   *job
	edits []string // what the user does in the editors to come
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1}), files: map[string]string{}}
	server := w.s.AddHost("cp-1")
	server.Install("kube-apiserver", func(a *sim.Actor) {
		w.f = &fake{a: a, objects: map[*api.Resource]map[string]api.Object{}, logs: map[string]string{}}
		a.Listen(api.Service, func(c *sim.Conn) { c.Handler = w.f })
	})
	w.s.AddHost("laptop").Install("kubectl", func(a *sim.Actor) {
		w.sh = New(a, client.New(a, client.Config{Servers: []*sim.Host{server}, User: "kubernetes-admin"}), Options{})
	})
	w.run(time.Second)
	for _, ns := range []string{"default", "kube-system"} {
		w.f.put(api.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, CreationTimestamp: w.now()}, Status: corev1.NamespaceStatus{Phase: "Active"}})
	}
	return w
}

func (w *world) now() metav1.Time { return metav1.NewTime(w.s.Wall(w.s.Now()).Truncate(time.Second)) }

func (w *world) run(d time.Duration) { w.s.RunUntil(w.s.Now().Add(d), 0) }

// deploy finishes a deployment as its controllers would.
func (w *world) deploy(name string, updated, total, available int32) {
	d := api.Copy(w.f.objects[api.Deployments]["default/"+name].(*appsv1.Deployment))
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, UpdatedReplicas: updated, Replicas: total, AvailableReplicas: available, ReadyReplicas: available}
	w.f.put(api.Deployments, d)
}

// command does one line of a script and gives what it printed. Lines beginning with @ talk to the fake.
func (w *world) command(line string) string {
	var b strings.Builder
	args := strings.Fields(line)
	switch args[0] {
	case "@deploy":
		var n [3]int32
		for i := range n {
			v, err := strconv.Atoi(args[2+i])
			require.NoError(w.t, err)
			n[i] = int32(v)
		}
		w.deploy(args[1], n[0], n[1], n[2])
	case "@run":
		d, err := time.ParseDuration(args[1])
		require.NoError(w.t, err)
		w.run(d)
	case "@edit": // s/OLD/NEW/ in the next editor, "quit" leaves it; "show" before it prints the text
		w.edits = append(w.edits, strings.TrimPrefix(line, "@edit "))
	case "@linger":
		w.f.linger = true
	case "@refuse":
		w.f.refuse = len(args[1])
	case "@remove":
		w.f.remove(api.ByName(args[1]), args[2])
	case "@own": // RESOURCE KEY RESOURCE KEY: the first gets the second's UID into its owner reference
		o := w.f.objects[api.ByName(args[1])][args[2]].DeepCopyObject().(api.Object)
		refs := o.GetOwnerReferences()
		refs[0].UID = w.f.objects[api.ByName(args[3])][args[4]].GetUID()
		o.SetOwnerReferences(refs)
		w.f.put(api.ByName(args[1]), o)
	case "@log":
		w.f.logs[args[1]] = strings.ReplaceAll(strings.Join(args[2:], " "), `\n`, "\n")
	case "@observe":
		o := api.Copy(w.f.objects[api.ByName(args[1])][args[2]].(*corev1.Pod))
		o.Status.Phase = corev1.PodPhase(args[3])
		o.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		o.Spec.NodeName = "node-1"
		w.f.put(api.Pods, o)
	default:
		background := strings.HasSuffix(line, " &")
		code := -1
		p := w.sh.Run(strings.TrimSuffix(line, " &"), Env{Files: w.files, Edit: w.editor(&b), Out: func(s string) { b.WriteString(s) }, Err: func(s string) { b.WriteString(s) }},
			func(c int) { code = c })
		if background {
			w.run(100 * time.Millisecond)
			w.job = &job{p, &b, &code, b.Len()}
			return b.String()
		}
		for i := 0; i < 10000 && code < 0; i++ {
			if _, ok := w.s.Step(); !ok {
				break
			}
		}
		if code < 0 {
			p.Cancel()
		}
		if w.edits != nil {
			w.edits = []string{}
		}
		fmt.Fprintf(&b, "[exit %d]\n", code)
	}
	return b.String()
}

// editor does what the script told of.
func (w *world) editor(b *strings.Builder) func(string, string, func(string, bool)) {
	if w.edits == nil {
		return nil
	}
	return func(name, text string, done func(string, bool)) {
		edit := "quit"
		if len(w.edits) > 0 {
			edit, w.edits = w.edits[0], w.edits[1:]
		}
		edit, shown := strings.CutPrefix(edit, "show ")
		if shown {
			b.WriteString("[" + name + "]\n| " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n| ") + "\n")
		}
		if edit == "quit" {
			done("", false)
			return
		}
		part := strings.Split(edit, edit[1:2])
		done(strings.ReplaceAll(text, strings.ReplaceAll(part[1], `\n`, "\n"), strings.ReplaceAll(part[2], `\n`, "\n")), true)
	}
}

// job is a line that goes on while others run.
type job struct {
	p    *Process
	b    *strings.Builder
	code *int
	from int
}

// TestScripts runs the files of testdata: lines that begin with "$ " are commands, "-- NAME --" begins a file that -f
// can read, everything else is expected output.
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			w := newWorld(t)
			script, archive := splitFiles(string(text))
			for n, body := range archive {
				w.files[n] = body
			}
			var out strings.Builder
			inOutput := false
			for _, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
				switch {
				case strings.HasPrefix(line, "$ fg"):
					j := w.job
					out.WriteString(line + "\n" + j.b.String()[j.from:] + fmt.Sprintf("[exit %d]\n", *j.code))
					inOutput = true
				case strings.HasPrefix(line, "$ ^C"):
					j := w.job
					j.p.Cancel()
					out.WriteString(line + "\n" + j.b.String()[j.from:] + fmt.Sprintf("[exit %d]\n", *j.code))
					inOutput = true
				case strings.HasPrefix(line, "$ "):
					out.WriteString(line + "\n" + w.command(line[2:]))
					inOutput = true
				case !inOutput || strings.HasPrefix(line, "# "):
					out.WriteString(line + "\n")
				}
			}
			got := out.String()
			if *update {
				tail := string(text)[len(script):]
				require.NoError(t, os.WriteFile(name, []byte(got+tail), 0o644))
				return
			}
			if d := cmp.Diff(script, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func splitFiles(text string) (script string, files map[string]string) {
	files = map[string]string{}
	i := strings.Index(text, "\n-- ")
	if i < 0 {
		return text, files
	}
	script, rest := text[:i+1], text[i+1:]
	name := ""
	for _, line := range strings.SplitAfter(rest, "\n") {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(n, " --") {
			name = strings.TrimSuffix(n, " --")
			continue
		}
		files[name] += line
	}
	return script, files
}
