package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The configuration of kube-scheduler is read, refused and changed in its inspector, and pods go by it.
func TestSchedulerConfiguration(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=light", 1280, 900)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.do(`(async () => { const t = document.querySelector("tab-tree"); for (const k of ["hq", "nodes/control-plane-1"]) t.open.add(k); t.requestUpdate(); await t.updateComplete;
	  const e = [...document.querySelectorAll("tab-tree [role=treeitem]")].find(e => e.textContent.includes("kube-scheduler")); e.click(); })()`)
	const area = "document.querySelector('scheduler-config textarea')"
	tb.until(area + "?.value.includes('LeastAllocated')")
	tb.axe()
	tb.shot("scheduler-config")
	set := func(js string) {
		tb.do("(async () => { const a = " + area + "; a.value = " + js + "; a.dispatchEvent(new Event('input')); await document.querySelector('scheduler-config').updateComplete; document.querySelector('scheduler-config .primary').click(); })()")
	}
	set(`a.value.replace("type: LeastAllocated", "type: Strange")`)
	tb.until("document.querySelector('scheduler-config [role=alert]').textContent.includes('Strange')")
	tb.shot("scheduler-config-refused")
	set(`a.value.replace("type: Strange", "type: MostAllocated")`)
	tb.do("window.tabernetes.clock.advance(60)")
	tb.until("!document.querySelector('scheduler-config .primary').disabled || document.querySelector('scheduler-config [role=alert]').textContent === ''")
	// Pods of no workload: those of one spread over nodes first of all.
	for _, name := range []string{"one", "two", "three", "four"} {
		tb.kubectl("run " + name + ` --image=nginx -l app=packed --overrides='{"spec":{"containers":[{"name":"c","image":"nginx","resources":{"requests":{"cpu":"200m","memory":"400Mi"}}}]}}'`)
		tb.do("window.tabernetes.clock.advance(20)")
	}
	nodes := map[string]bool{}
	for _, n := range strings.Fields(tb.kubectl("get pods -l app=packed -o jsonpath={.items[*].spec.nodeName}")) {
		nodes[n] = true
	}
	require.Len(t, nodes, 1, "MostAllocated packs them")
	tb.noErrors()
}
