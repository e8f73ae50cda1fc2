package browsertest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/hostile"
	"tabernetes/engine/sim"
)

// watching notes what a page must not do: run what it was given, ask a person, leave, ask another host.
const watching = `(() => {
	window.broken = [];
	const note = (what) => { window.broken.push(what); };
	addEventListener("securitypolicyviolation", (e) => note("policy: " + e.violatedDirective + " " + e.blockedURI));
	for (const f of ["alert", "confirm", "prompt", "open", "print"]) window[f] = () => { note(f); return null; };
	addEventListener("beforeunload", () => note("left"));
	if (navigator.clipboard) navigator.clipboard.writeText = navigator.clipboard.write = async () => note("clipboard");
	document.execCommand = () => { note("execCommand"); return false; };
	return true;
})()`

// accepted are objects with page payloads in every text that the API server lets them stand in, a few of each field.
func accepted(t testing.TB, kinds ...string) []json.RawMessage {
	c, err := engine.New(engine.Config{Nodes: 1, Seed: 1})
	require.NoError(t, err)
	require.True(t, c.RunTo(sim.Time(time.Minute), c.Ready, 0))
	var out []json.RawMessage
	for _, d := range hostile.Valid() {
		if !slices.Contains(kinds, d.GVK.Kind) {
			continue
		}
		for i, m := range hostile.Mutants(d, 0) {
			if i%2 == 1 {
				continue // not the worst of all
			}
			text, err := json.Marshal(m.Doc)
			require.NoError(t, err)
			code := -1
			p, err := c.Start(engine.Command{Op: engine.OpKubectl, Line: "create -f x.json", Files: map[string]string{"x.json": string(text)}}, engine.Output{Done: func(n int) { code = n }})
			require.NoError(t, err)
			c.RunTo(c.Now().Add(time.Minute), p.Done, 0)
			if code == 0 {
				out = append(out, text)
			}
		}
	}
	return out
}

// harmless requires that nothing was executed, nobody asked, and the page is still there.
func (tb *tab) harmless(where string) {
	tb.t.Helper()
	require.Empty(tb.t, js[[]string](tb, "window.broken"), where)
	require.True(tb.t, js[bool](tb, "window."+hostile.Canary+" === undefined"), "%s: a payload was executed", where)
	require.Equal(tb.t, "Tabernetes", js[string](tb, "document.title"), where)
	require.Zero(tb.t, js[int](tb, `document.querySelectorAll("tab-app script, tab-app iframe, tab-app object, tab-app embed, tab-app img, tab-app [onerror], tab-app [onload], tab-app a[href^='javascript:'], tab-app a[href*='hostile.invalid'], [srcdoc]").length`), where)
}

// TestHostileObjects shows objects that were made to do harm in every panel, and what their programs print in the terminal.
func TestHostileObjects(t *testing.T) {
	needBrowser(t, env)
	docs := accepted(t, "Pod", "Deployment", "Service", "Node", "Event", "ConfigMap", "PersistentVolumeClaim", "HorizontalPodAutoscaler", "Job", "CustomResourceDefinition", "PriorityClass", "Namespace")
	require.Greater(t, len(docs), 200)
	tb := open(t, "", 1280, 800)
	tb.ready()
	require.True(t, js[bool](tb, watching))
	tb.do("window.tabernetes.clock.play(20)")
	var text strings.Builder
	for _, d := range docs {
		text.WriteString("---\n" + string(d) + "\n")
	}
	_ = js[any](tb, "window.tabernetes.apply("+quote(text.String())+").then(() => null)")
	tb.do("window.tabernetes.clock.advance(20)")
	tb.do("window.tabernetes.clock.pause()")
	tb.do("window.tabernetes.idle()")
	tb.harmless("stage and tree")
	tb.shot("hostile-stage")

	// Everything the tree has is looked at in every tab of the inspector.
	tb.do(`(async () => { const t = document.querySelector("tab-tree"); t.open.add("tray").add("workloads"); for (const k of ["services", "nodes", "node-1", "node-2", "node-3"]) t.open.add(k).add("nodes/" + k); t.requestUpdate(); await t.updateComplete; })()`)
	items := js[int](tb, "document.querySelectorAll('tab-tree [role=treeitem]').length")
	require.Greater(t, items, 60)
	for i := 0; i < items; i += 1 + items/40 {
		tb.do("(async () => document.querySelectorAll('tab-tree [role=treeitem]')[" + quote(i) + "]?.click())()")
		for _, panel := range []string{"summary", "why", "yaml", "events", "logs"} {
			tb.do("(async () => { document.querySelector('#right-tab-" + panel + "')?.click(); await new Promise(r => setTimeout(r, 60)); for (const d of document.querySelectorAll('tab-inspector details')) d.open = true; })()")
		}
		tb.harmless(js[string](tb, "document.querySelector('tab-inspector h2')?.textContent ?? ''"))
	}
	tb.shot("hostile-inspector")

	for _, line := range []string{"get all -A --show-labels", "get events -A", "describe pods", "get pods -o yaml", "get pods -o json", "get configmaps -o jsonpath={..}", "<script>" + hostile.Canary + "=1</script>", "get pods '<img src=x onerror=" + hostile.Canary + "=1>'", "get pods " + hostile.Payloads[7]} {
		_ = js[any](tb, "window.tabernetes.kubectl("+quote(line)+").then(() => null, () => null)")
		tb.harmless(line)
	}
	tb.noErrors()
}

// TestHostileTerminal: what a container prints is shown, and does nothing to the terminal: no title, no clipboard, no answer
// that would be typed at the prompt, no link, no other screen.
func TestHostileTerminal(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 800)
	tb.ready()
	require.True(t, js[bool](tb, watching))
	said := ""
	for _, p := range hostile.Payloads[:13] {
		said += strings.ReplaceAll(p, "\x00", "") + "\n"
	}
	said += "\x1b]4;1;?\x07\x1b]10;?\x07\x1b[>c\x1b[?6n\x1b[5n\x1b[18t\x1b[?25$p\x1b[?1004h\x1b[?1000h\x1b[?2004h\x1b[?47h\x1b[m\n"
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p"}, "spec": map[string]any{
		"containers": []any{map[string]any{"name": "c", "image": "busybox:1.36", "command": []any{"sh", "-c", `echo "$P"; echo the end; sleep 1d`},
			"env": []any{map[string]any{"name": "P", "value": said}}}},
	}}
	tb.do("window.tabernetes.apply(" + quote(quote(pod)) + ")")
	tb.do("window.tabernetes.clock.settle(60)")
	tb.do("(async () => document.querySelector('tab-terminal .transcript').click())()")
	tb.until("document.activeElement?.classList.contains('xterm-helper-textarea')")
	tb.keys("kubectl logs p\r")
	tb.screenHas(`the end\n`)
	tb.keys("kubectl get pod p -o name\r") // an answer of the terminal would stand before it
	tb.screenHas(`\$ kubectl get pod p -o name\npod/p\n`)
	tb.harmless("terminal")
	require.False(t, js[bool](tb, "!!document.querySelector('tab-terminal .enable-mouse-events')"), "the mouse is ours")
	tb.shot("hostile-terminal")
	tb.noErrors()
}

// TestEndlessPrograms: programs that never end and print for ever take virtual time; the page answers meanwhile.
func TestEndlessPrograms(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 800)
	tb.ready()
	require.True(t, js[bool](tb, watching))
	for i, program := range []string{"while true; do :; done", "while :; do echo x; done", "while :; do sleep 0; done", "a=x; while :; do a=$a$a; done", "f() { f; }; f", "yes | cat"} {
		name := string(rune('a' + i))
		tb.do("window.tabernetes.kubectl('run ' + " + quote(name) + " + ' --image=busybox:1.36 --restart=Never -- sh -c \"' + " + quote(strings.ReplaceAll(program, "$", `\$`)) + " + '\"')")
	}
	tb.do("window.tabernetes.clock.play(100)")
	at := js[float64](tb, "window.tabernetes.clock.now()")
	for range 20 {
		require.Contains(t, tb.kubectl("get pods"), "NAME")
	}
	tb.until("window.tabernetes.clock.now() > " + quote(at+20))
	tb.harmless("endless")
	tb.noErrors()
}
