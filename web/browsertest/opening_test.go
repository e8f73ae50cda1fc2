package browsertest

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/session"
)

// recorded is a session that takes a while to replay.
func recorded(t testing.TB, nodes int, long time.Duration) string {
	s, err := session.New(engine.Config{Nodes: nodes, Masters: 1, Seed: 3, Addons: true})
	require.NoError(t, err)
	run := func(d time.Duration) {
		_, err := s.RunTo(s.Cluster().Now().Add(d), nil, 0)
		require.NoError(t, err)
	}
	run(time.Minute)
	_, err = s.Start(engine.Command{Op: engine.OpKubectl, Line: "kubectl create deployment theirs --image=nginx --replicas=3"}, engine.Output{})
	require.NoError(t, err)
	run(long)
	text, err := s.Encode(-1)
	require.NoError(t, err)
	return text
}

// TestOpeningCanBeStopped: whoever opens a long session over the one that is shown, and thinks better of it, has lost nothing.
func TestOpeningCanBeStopped(t *testing.T) {
	needBrowser(t, env)
	long := recorded(t, 3, 20*time.Hour)
	link := fragment(t, []byte(long))
	for _, x := range []struct{ query, stop, opening, open string }{
		{"?lang=en&theme=light", "Stop", "Opening a session…", "Open"}, {"?lang=zh&theme=dark", "停止", "正在打开会话…", "打开"},
	} {
		name := x.query[6:8]
		tb := open(t, x.query, 1280, 800)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		tb.kubectl("create deployment mine --image=nginx --replicas=2")
		tb.do("window.tabernetes.clock.advance(60)")
		tb.do("window.tabernetes.seek(30)")
		tb.do(`(async () => { const t = document.querySelector("tab-tree"); t.open.add("nodes"); t.requestUpdate(); await t.updateComplete; [...t.querySelectorAll("[role=treeitem]")].find((e) => e.textContent.includes("node-1")).click() })()`)
		tb.kept()
		hash, at, branches, record := tb.hash(), tb.totals(), tb.branches(), js[string](tb, "sessionStorage.getItem('tabernetes.session')")
		same := func() {
			t.Helper()
			tb.until("!document.querySelector('.tl-notice') && !document.querySelector('.tl-progress')")
			require.Equal(t, hash, tb.hash())
			require.Equal(t, at, tb.totals())
			require.Equal(t, branches, tb.branches())
			require.Equal(t, record, js[string](tb, "sessionStorage.getItem('tabernetes.session')"))
			require.Equal(t, "node-1", js[string](tb, "document.querySelector('tab-inspector h2')?.innerText"))
			require.False(t, js[bool](tb, "!!document.querySelector('.banner')"))
		}

		// From the address.
		tb.do("(async () => { location.hash = " + quote(link) + " })()")
		tb.wait("document.querySelector('.tl-progress')?.value > 0")
		require.Equal(t, x.opening+x.stop, js[string](tb, "[...document.querySelector('.tl-notice').children].map((e) => e.innerText).join('')"))
		require.Equal(t, hash, tb.hash(), "what is shown stays meanwhile")
		tb.axe()
		tb.shot("opening-" + name)
		tb.do("(async () => document.querySelector('.tl-notice button').click())()")
		same()
		require.False(t, js[bool](tb, "!!location.hash"), "a reload does not open it after all")

		// From a file.
		tb.do("(async () => document.querySelector('tab-header .share').click())()")
		tb.until("document.querySelector('#session-tab-import')")
		tb.do("(async () => document.querySelector('#session-tab-import').click())()")
		tb.until("document.querySelector('tab-session .drop')")
		tb.do("(async () => { const d = new DataTransfer(); d.items.add(new File([" + quote(long) + "], 'a.json')); document.querySelector('tab-session .drop').dispatchEvent(new DragEvent('drop', { dataTransfer: d, bubbles: true, cancelable: true })) })()")
		tb.until("document.querySelector('tab-session .split button.primary:not(:disabled)')")
		tb.do("(async () => document.querySelector('tab-session .split button.primary').click())()")
		tb.wait("document.querySelector('tab-session .split progress')?.value > 0")
		tb.axe()
		tb.shot("opening-file-" + name)
		tb.do("(async () => [...document.querySelectorAll('tab-session .split button')].find((b) => b.innerText === " + quote(x.stop) + ").click())()")
		tb.until("document.querySelector('tab-session .split button.primary:not(:disabled)')")
		require.False(t, js[bool](tb, "!!document.querySelector('tab-session .bad')"))
		same()

		// From the list, where another tab shows it: the copy that was made to be opened goes too.
		two := tb.another(link)
		two.kept()
		tb.do("(async () => document.querySelector('#session-tab-sessions').click())()")
		tb.until("document.querySelectorAll('tab-session .kept > li').length === 2")
		const theirs = `[...document.querySelectorAll("tab-session .kept > li")].find((li) => li.innerText.includes("theirs"))`
		tb.do("(async () => " + theirs + ".querySelector('button').click())()")
		tb.wait(theirs + "?.querySelector('progress')?.value > 0")
		tb.axe()
		tb.shot("opening-list-" + name)
		tb.do("(async () => [..." + theirs + ".querySelectorAll('button')].find((b) => b.innerText === " + quote(x.stop) + ").click())()")
		tb.until(theirs + "?.querySelector('button:not(:disabled)')?.innerText === " + quote(x.open))
		same()
		tb.do("(async () => { document.querySelector('#session-tab-export').click(); document.querySelector('#session-tab-sessions').click() })()")
		tb.until("document.querySelectorAll('tab-session .kept > li').length === 2")
		two.close()

		// And it goes on.
		tb.do("(async () => document.querySelector('tab-session dialog').close())()")
		tb.do("window.tabernetes.present()")
		tb.kubectl("scale deployment/mine --replicas=3")
		tb.do("window.tabernetes.clock.advance(30)")
		require.Equal(t, 3, tb.totals().Ready)
		tb.kept()
		tb.noErrors()
		tb.close()
	}
}

// TestOpeningOfALargeOneCanBeStopped: where the two are not there at once, the one before is made again from what was kept.
func TestOpeningOfALargeOneCanBeStopped(t *testing.T) {
	needBrowser(t, env)
	large := recorded(t, 500, 5*time.Minute)
	tb := open(t, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment mine --image=nginx --replicas=2")
	tb.do("window.tabernetes.clock.advance(60)")
	tb.kept()
	hash, at, record := tb.hash(), tb.totals(), js[string](tb, "sessionStorage.getItem('tabernetes.session')")
	tb.do("(async () => { location.hash = " + quote(fragment(t, []byte(large))) + " })()")
	tb.wait("document.querySelector('.tl-progress')?.value > 0")
	tb.do("(async () => document.querySelector('.tl-notice button').click())()")
	tb.wait("window.tabernetes.totals().ready === 2 && !document.querySelector('.tl-notice')")
	tb.ready()
	require.Equal(t, hash, tb.hash())
	require.Equal(t, at, tb.totals())
	require.Equal(t, record, js[string](tb, "sessionStorage.getItem('tabernetes.session')"))
	require.False(t, js[bool](tb, "!!location.hash"))
	require.False(t, js[bool](tb, "!!document.querySelector('.banner')"))
	tb.noErrors()
}

// TestReloadDoesNotApplyAgain: what an address asks for is done once; a tab that goes on with its session goes on with that.
func TestReloadDoesNotApplyAgain(t *testing.T) {
	needBrowser(t, env)
	for name, query := range map[string]string{"scenario": "?scenario=hello", "manifest": "#manifest=" + url.QueryEscape(example(t, "hello.yaml"))} {
		tb := open(t, query, 1280, 800)
		tb.ready()
		applied := func(tb *tab) bool {
			return js[bool](tb, "[...document.querySelectorAll('tab-terminal .command')].some((e) => e.innerText.includes('kubectl apply -f'))")
		}
		tb.until("[...document.querySelectorAll('tab-terminal .stdout')].some((e) => e.innerText.includes('deployment.apps/hello created'))")
		require.True(t, applied(tb))
		tb.do("window.tabernetes.clock.pause()")
		tb.kubectl("delete deployment hello")
		tb.do("window.tabernetes.clock.advance(60)")
		hash, at := tb.hash(), tb.totals()
		require.Zero(t, at.Pods)
		tb.kept()
		tb.again()
		// Whatever the page does when it opens comes before this line's answer.
		require.NotContains(t, tb.kubectl("get deployments"), "hello", name)
		tb.do("window.tabernetes.idle()")
		require.False(t, applied(tb), name)
		require.Contains(t, js[string](tb, "location.href"), name, "the address stays as it is")
		// Nothing but that look is new: without it the session is the one that was left.
		tb.do("window.tabernetes.seek(" + quote(at.Moment) + ")")
		require.Equal(t, hash, tb.hash(), name)

		// A tab that has no session does what the address says.
		two := tb.another(query)
		two.until("[...document.querySelectorAll('tab-terminal .stdout')].some((e) => e.innerText.includes('deployment.apps/hello created'))")
		two.close()
		tb.noErrors()
		tb.close()
	}
}
