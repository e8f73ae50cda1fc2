package browsertest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pod that waits is told in the inspector what would let it in, in the language of the page, and the scores of one that
// got a node are there raw, normalised and weighted.
func TestWhyAPodWaits(t *testing.T) {
	needBrowser(t, env)
	for lang, x := range map[string]struct{ why, fits string }{"en": {"Why", "on node-1, uncordoned"}, "zh": {"为什么", "把 node-1 设为可调度"}} {
		tb := open(t, "?lang="+lang, 1280, 900)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		for _, line := range []string{"kubectl run early --image=nginx", "kubectl cordon node-1", "kubectl taint nodes node-2 node-3 team=red:NoSchedule", "kubectl run stuck --image=nginx"} {
			tb.kubectl(line)
			tb.do("window.tabernetes.clock.advance(20)")
		}
		text := tb.why("stuck", x.why, x.fits)
		require.Contains(t, text, "team=red:NoSchedule")
		tb.shot("why-waits-" + lang)
		text = tb.why("early", x.why, "NodeResourcesFit")
		require.Contains(t, text, "TaintToleration\t0\t100\t300")
		tb.do("(async () => document.querySelector('tab-inspector .sched').scrollIntoView())()")
		tb.shot("why-scores-" + lang)
		tb.noErrors()
		tb.close()
	}
}

// why selects a pod in the tree, opens the inspector's tab of that name and returns what it says, once it says want.
func (tb *tab) why(pod, tabName, want string) string {
	tb.t.Helper()
	click := func(within, text string) {
		tb.do(`(async () => { const e = [...document.querySelectorAll(` + quote(within) + `)].find(e => e.textContent.includes(` + quote(text) + `)); if (!e) throw new Error("nothing says " + ` + quote(text) + `); e.click(); })()`)
	}
	tb.do(`(async () => { const t = document.querySelector("tab-tree"); for (const k of ["tray", "nodes", "nodes/node-1", "nodes/node-2", "nodes/node-3"]) t.open.add(k); t.requestUpdate(); await t.updateComplete; })()`)
	click("tab-tree [role=treeitem]", "default/"+pod)
	click("tab-inspector [role=tab]", tabName)
	text := ""
	require.Eventually(tb.t, func() bool {
		tb.do("(async () => { for (const d of document.querySelectorAll('tab-inspector details')) d.open = true })()")
		text = js[string](tb, "document.querySelector('tab-inspector').innerText")
		return strings.Contains(text, want)
	}, 5*time.Second, 50*time.Millisecond, "%q in %q", want, &text)
	return text
}
