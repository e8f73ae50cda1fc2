package browsertest

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// keys types where the cursor is.
func (tb *tab) keys(text string, opts ...chromedp.KeyOption) {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.KeyEvent(text, opts...)))
}

// until waits for an expression to be true.
func (tb *tab) until(expr string) {
	tb.t.Helper()
	ok := false
	for range 200 {
		if ok = js[bool](tb, "!!("+expr+")"); ok {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.True(tb.t, ok, "%s\nthe terminal shows:\n%s", expr, tb.screen())
}

// screen is what the terminal shows, row by row.
func (tb *tab) screen() string {
	tb.t.Helper()
	return js[string](tb, "[...document.querySelectorAll('tab-terminal .xterm-accessibility-tree > div, tab-terminal .transcript')].map(r => r.textContent.replace(/\\u00a0/g, ' ').trimEnd()).join('\\n').trimEnd()")
}

func (tb *tab) screenHas(pattern string) {
	tb.t.Helper()
	re := regexp.MustCompile(pattern)
	for range 200 {
		if re.MatchString(tb.screen()) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Regexp(tb.t, re, tb.screen())
}

const (
	editorText  = "document.querySelector('tab-edit .code')?.shadowRoot?.querySelector('.cm-content')"
	editorFocus = "document.activeElement === document.querySelector('tab-edit .code') && document.querySelector('tab-edit .code').shadowRoot.activeElement"
)

// axe requires that axe finds nothing.
func (tb *tab) axe() {
	tb.t.Helper()
	axe, err := os.ReadFile("../../static/node_modules/axe-core/axe.min.js")
	require.NoError(tb.t, err)
	_ = js[any](tb, "if (!window.axe) {"+string(axe)+"}; null")
	require.Empty(tb.t, js[[]string](tb, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" ")))`))
}

// TestEditAndExecInTheTerminal scales a Deployment in kubectl's editor and types into a pod.
func TestEditAndExecInTheTerminal(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=light", 1440, 900)
	tb.ready()
	r := js[struct{ Stderr string }](tb, "window.tabernetes.apply("+quote(manifest(t, "own/canary-by-replicas.yaml"))+").then(() => window.tabernetes.kubectl('edit deployment hello-stable'))")
	require.Contains(t, r.Stderr, "unable to launch the editor", "a script has no editor")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.do("(async () => document.querySelector('tab-terminal .transcript').click())()")
	tb.until("document.activeElement?.classList.contains('xterm-helper-textarea')")

	tb.keys("kubectl edit deployment/hello-stable\r")
	tb.until(editorText)
	tb.until(editorFocus)
	require.Equal(t, "kubectl edit deployment/hello-stable", js[string](tb, "document.querySelector('tab-edit h2').textContent"))
	require.Contains(t, js[string](tb, editorText+".textContent"), "# Please edit the object below.")
	tb.axe()
	require.NotContains(t, js[string](tb, "document.querySelector('tab-tree').textContent"), "is on its way", "nothing is, while the editor is open")
	tb.shot("edit-light")

	// Other panels may be looked at meanwhile; what was typed stays. Escape asks before it is lost.
	tb.keys("spoilt: [\r")
	tb.do("(async () => document.querySelector('#left-tab-load').click())()")
	tb.until("document.querySelector('tab-load')")
	tb.do("(async () => document.querySelector('#left-tab-edit').click())()")
	tb.do("(async () => document.querySelector('tab-edit .code').shadowRoot.querySelector('.cm-content').focus({preventScroll: true}))()")
	require.Contains(t, js[string](tb, editorText+".textContent"), "spoilt: [")
	tb.keys(kb.Escape)
	tb.until("document.querySelector('tab-edit dialog').open")
	tb.axe()
	tb.keys(kb.Escape)
	tb.until("!document.querySelector('tab-edit dialog').open")
	tb.until(editorFocus)

	// kubectl cannot read it and shows it again.
	tb.keys("s", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.until(editorText + ".textContent.includes('failed validation')")
	tb.until(editorFocus)
	require.Contains(t, js[string](tb, editorText+".textContent"), "spoilt: [")
	tb.shot("edit-again")

	// The rest is done in the text itself: CodeMirror draws only the rows in sight.
	tb.do(`(async () => {
	  const content = ` + editorText + `, view = content.cmTile?.view ?? content.cmView?.view ?? content.cmView?.rootView?.view;
	  const text = view.state.doc.toString();
	  view.dispatch({changes: {from: 0, to: text.length, insert: text.replace("spoilt: [\n", "").replace("replicas: 9", "replicas: 4")}});
	})()`)
	tb.keys("s", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.until("!document.querySelector('tab-edit') && document.activeElement?.classList.contains('xterm-helper-textarea')")
	tb.screenHas(`deployment.apps/hello-stable edited`)
	require.Equal(t, "yaml", js[string](tb, "document.querySelector('aside.left [aria-selected=true]').id.replace('left-tab-', '')"))
	tb.do("window.tabernetes.clock.settle(300)")
	require.Equal(t, 4, strings.Count(tb.kubectl("get pods -l track=stable"), "Running"))

	// Cancelled without a change: kubectl says so.
	tb.keys("kubectl edit deployment/hello-stable\r")
	tb.until(editorFocus)
	tb.keys(kb.Escape)
	tb.screenHas(`Edit cancelled, no changes made`)

	// Keys: a shell in a pod, at the clock's own pace and with a stopped clock.
	const pod = "shell"
	tb.kubectl("run " + pod + " --image=nginx")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.keys("clear\r")
	tb.keys("kubectl exec -it " + pod + " -- sh\r")
	tb.screenHas(`(?m)^/ #$`)
	tb.keys("hostnome")
	tb.screenHas(`(?m)^/ # hostnome$`)
	tb.keys(kb.Backspace + kb.Backspace + kb.Backspace + "ame\r")
	tb.screenHas(`(?m)^/ # hostname\n` + pod + `\n/ #$`)
	tb.do("window.tabernetes.clock.pause()")
	tb.keys("cd /tmp\r")
	tb.screenHas(`(?m)^/tmp #$`)
	tb.keys(kb.ArrowUp + kb.ArrowUp + "\r")
	tb.screenHas(`(?m)^/tmp # hostname\n` + pod + `\n/tmp #$`)
	tb.shot("exec")
	tb.keys("exit\r")
	tb.screenHas(`(?m)^/tmp # exit\n~ \$$`)

	// Ctrl-D ends it too, Ctrl-C what runs in it.
	tb.keys("clear\rkubectl exec -it " + pod + " -- sh\r")
	tb.screenHas(`(?m)^/ #$`)
	tb.keys("d", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.screenHas(`(?m)^/ #\n~ \$$`)
	tb.keys("kubectl exec -it " + pod + " -- sh\r")
	tb.screenHas(`(?m)^/ #$\n*\z`)
	tb.keys("sleep 1000\r")
	tb.screenHas(`sleep 1000\n*\z`)
	tb.keys("c", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.screenHas(`(?m)\^C\n/ #$`)
	tb.keys("d", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.screenHas(`(?m)^command terminated with exit code 130\n~ \$$`)

	// A forwarded port: lines typed meanwhile are the workstation's, until Ctrl-C.
	tb.keys("clear\rkubectl port-forward " + pod + " 8080:80\r")
	tb.screenHas(`Forwarding from 127\.0\.0\.1:8080 -> 80`)
	tb.keys("curl -s localhost:8080\r")
	tb.screenHas(`<h1>Welcome to nginx!</h1>`) // its head has left the screen
	tb.keys("c", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.screenHas(`(?m)^~ \$$`)
	tb.axe()
	tb.noErrors()
}

// TestEditOnAPhone: the editor takes the sheet, a stopped clock does not hold it up, Ctrl-C in the terminal leaves what was
// typed to be copied.
func TestEditOnAPhone(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=dark&lang=zh", 390, 844)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create configmap settings --from-literal=color=blue")
	sheet := func(n string) {
		tb.do("(async () => { document.querySelector('[data-sheet-tab=" + n + "]').click(); await new Promise(r => setTimeout(r, 100)) })()")
	}
	sheet("terminal")
	tb.do("(async () => document.querySelector('tab-terminal .transcript').click())()")
	tb.until("document.activeElement?.classList.contains('xterm-helper-textarea')")
	tb.keys("k edit cm settings\r")
	tb.until(editorFocus)
	require.Equal(t, "do", js[string](tb, "document.querySelector('.body').dataset.sheet"))
	tb.keys("# mine\r")
	tb.axe()
	tb.shot("edit-phone")
	sheet("terminal")
	tb.do("(async () => document.querySelector('.xterm-helper-textarea').focus())()")
	tb.keys("c", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.until("document.querySelector('tab-edit [role=status]')")
	require.Contains(t, js[string](tb, editorText+".textContent"), "# mine")
	sheet("do")
	tb.axe()
	tb.do("(async () => { document.querySelector('tab-edit .actions button').click(); await new Promise(r => setTimeout(r, 100)); document.querySelector('tab-edit dialog button').click() })()")
	tb.until("!document.querySelector('tab-edit')")
	tb.screenHas(`~ \$$`)
	tb.noErrors()
}
