package browsertest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pod that waits is told in the inspector what would let it in, in the language of the page, and the scores of one that
// got a node are there raw, normalised and weighted.
func TestWhyAPodWaits(t *testing.T) {
	needBrowser(t, env)
	for lang, x := range map[string]struct{ why, fits, said string }{"en": {"Why", "on node-1, uncordoned", "found no node: 0/4 nodes"}, "zh": {"为什么", "把 node-1 设为可调度", "没有合适的节点：0/4 nodes"}} {
		tb := open(t, "?lang="+lang, 1280, 900)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		for _, line := range []string{"kubectl run early --image=nginx", "kubectl cordon node-1", "kubectl taint nodes node-2 node-3 team=red:NoSchedule", "kubectl run stuck --image=nginx"} {
			tb.kubectl(line)
			tb.do("window.tabernetes.clock.advance(20)")
		}
		text := tb.why("stuck", x.why, x.fits)
		require.Contains(t, text, "team=red:NoSchedule")
		require.Contains(t, text, x.said)
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

// The Chinese page says the journal's sentences in Chinese: why a request failed, why a pod left a dead node, the marks on the
// timeline. What Kubernetes calls its own stays, and so does the journal.
func TestJournalInChinese(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?lang=zh", 1280, 900)
	defer tb.close()
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("kubectl create deployment web --image=nginx --replicas=3")
	tb.kubectl("kubectl expose deployment web --port=80")
	tb.do("window.tabernetes.clock.settle(120)")
	pod, node, ok := strings.Cut(tb.kubectl(`kubectl get pods -l app=web -o jsonpath={.items[0].metadata.name}/{.items[0].spec.nodeName}`), "/")
	require.True(t, ok)
	tb.do(`window.tabernetes.traffic.start({ service: "web", rps: 50 })`)
	tb.do("window.tabernetes.clock.advance(2)")
	tb.do("window.tabernetes.killNode(" + quote(node) + ")")
	tb.do("window.tabernetes.clock.advance(4)")
	said := func(selector string) string {
		return js[string](tb, "[...document.querySelectorAll("+quote(selector)+")].map((e) => e.title || e.innerText).join(' | ')")
	}
	says := func(selector, text string) {
		t.Helper()
		var got string
		assert.Eventually(t, func() bool { got = said(selector); return strings.Contains(got, text) }, 5*time.Second, 50*time.Millisecond)
		require.Contains(t, got, text)
	}

	tb.do(`(async () => [...document.querySelectorAll("tab-left [role=tab]")].find((e) => e.textContent.includes("流量")).click())()`)
	says("tab-load .reasons", "超时")
	tb.shot("say-load")
	tb.do(`(async () => [...document.querySelectorAll("tab-load .reasons li")].find((e) => e.textContent.includes("超时")).querySelector("button").click())()`)
	says("tab-inspector", "请求 #")
	says("tab-inspector .say", "Pod 所在的节点 "+node+" 已断电")
	require.Contains(t, said("tab-inspector .say"), "，起因是 "+node+" 断电")
	require.Contains(t, said("tab-inspector .advice"), "等节点生命周期控制器把节点标为不可达")
	tb.shot("say-request")

	tb.do("window.tabernetes.clock.advance(400)")
	text := tb.why(pod, "为什么", "的容忍已满 300 秒")
	require.Contains(t, text, "标记为删除，宽限期 30 秒")
	require.Contains(t, text, "秒没有续约（宽限 50 秒）：节点的状态记为 Unknown")
	require.Contains(t, text, "node.kubernetes.io/unreachable:NoExecute")
	for _, line := range strings.Split(said("tab-inspector ol.why"), "\n") {
		if !strings.HasPrefix(line, "kubectl ") {
			require.NotRegexp(t, `[a-z]{2,} [a-z]{2,} [a-z]{2,}`, line, "English is left")
		}
	}
	tb.shot("say-pod")
	for _, mark := range []string{node + " 断电", node + "：Ready True → Unknown", "kubectl create deployment web --image=nginx"} {
		says("tab-timeline .mark", mark)
	}
	require.Contains(t, js[string](tb, "window.tabernetes.why("+quote("nodes/"+node)+").then((w) => JSON.stringify(w))"), node+" lost power", "the journal is English")

	// The language changes under what is shown, and back.
	for _, want := range []string{"toleration of 300 s for", "的容忍已满 300 秒"} {
		tb.do(`(async () => document.querySelector("tab-header button[lang]").click())()`)
		says("tab-inspector", want)
	}
	says("tab-timeline .mark", node+" 断电")
	tb.noErrors()
}
