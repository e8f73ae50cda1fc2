package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// breakable stands before the worker's own script: told so, the JSON.parse that the engine posts its next answer with throws,
// and the engine panics in whatever it is doing then.
const breakable = `(() => {
  const parse = JSON.parse;
  let broken = false;
  JSON.parse = (...given) => { if (broken) { broken = false; throw new Error("a defect") } return parse(...given) };
  addEventListener("message", (e) => { if (e.data?.op === "break") { broken = true; e.stopImmediatePropagation() } });
})();
`

// withBreakableEngine is the built page with a worker that can be told to break its engine.
func withBreakableEngine(t testing.TB) string {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(dist)))
	found, err := filepath.Glob(filepath.Join(dir, "worker-*.js"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	script, err := os.ReadFile(found[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(found[0], append([]byte(breakable), script...), 0o644))
	reachableWorker(t, dir)
	return dir
}

// TestPanicLosesNothing: an engine that panics is restored where it was, in the present and in the past, and says so.
func TestPanicLosesNothing(t *testing.T) {
	needBrowser(t, env)
	dir := withBreakableEngine(t)
	for _, x := range []struct{ query, stopped, restoring, restored string }{
		{"?lang=en&theme=light", "The engine stopped at an error", "Restoring the session from its 2 commands…", "The session is restored."},
		{"?lang=zh&theme=dark", "引擎因错误而停止", "正在用 2 条命令恢复会话…", "会话已恢复。"},
	} {
		tb := openDir(t, dir, x.query, 1280, 800)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		tb.kubectl("create deployment web --image=nginx --replicas=3")
		tb.do("window.tabernetes.clock.advance(100)")
		tb.do("window.tabernetes.seek(50)")
		tb.kubectl("scale deployment/web --replicas=7")
		tb.do("window.tabernetes.clock.advance(60)")
		const marks = "[...document.querySelectorAll('.mark')].map((m) => m.ariaLabel)"
		hash, at, branches, marked := tb.hash(), tb.totals(), tb.branches(), js[[]string](tb, marks)
		require.Len(t, branches, 2)

		// What is shown on the way is gone in a moment.
		tb.do(`(async () => { window.told = []; new MutationObserver(() => window.told.push(document.querySelector(".banner")?.innerText ?? "")).observe(document.querySelector("tab-banner"), { childList: true, subtree: true, characterData: true }) })()`)
		broken := func() {
			t.Helper()
			tb.do(`(async () => { document.querySelector('.banner button')?.click(); window.told.length = 0; window.lastWorker.postMessage({ op: 'break' });
			  // Something for the engine to answer, before anything else can ask it.
			  window.answer = window.tabernetes.stats().then(() => '', (e) => e.message) })()`)
			require.Contains(t, js[string](tb, "window.answer"), "the engine broke: JavaScript error: a defect")
			tb.until("document.querySelector('.banner')?.innerText.includes(" + quote(x.restored) + ")")
			tb.until("document.querySelector('tab-clock button:not(:disabled)')")
		}
		broken()
		told := js[string](tb, "window.told.join('\\n')")
		require.Contains(t, told, x.stopped)
		require.Contains(t, told, x.restoring)
		require.Contains(t, js[string](tb, "document.querySelector('.banner').innerText"), "a defect", "what it was")
		tb.axe()
		tb.shot("panic-" + x.query[6:8])
		same := func() {
			t.Helper()
			require.Equal(t, hash, tb.hash())
			require.Equal(t, at, tb.totals())
			require.Equal(t, branches, tb.branches())
			require.Equal(t, marked, js[[]string](tb, marks))
		}
		same()

		// Its moments are there, and one of them is as safe as the present.
		tb.do("window.tabernetes.seek(20)")
		past, there := tb.hash(), tb.totals()
		require.True(t, there.Past)
		broken()
		require.Equal(t, past, tb.hash())
		require.Equal(t, there, tb.totals())
		require.Positive(t, js[int](tb, "document.querySelectorAll('.mark.ahead').length"))
		tb.do("window.tabernetes.present()")
		same()
		tb.do("window.tabernetes.checkout(0)")
		require.Equal(t, 3, tb.totals().Ready)
		tb.do("window.tabernetes.checkout(1)")
		same()

		// A line that was running is told; time and commands go on, and what was done is kept.
		tb.do("(async () => { window.waiting = window.tabernetes.run('kubectl wait --for=delete deployment/web --timeout=1h').then(() => 'it ended', (e) => e.message) })()")
		broken()
		require.Contains(t, js[string](tb, "window.waiting"), "the session was restored: run it again")
		tb.do("(async () => document.querySelector('.banner button').click())()")
		tb.until("!document.querySelector('.banner')")
		tb.kubectl("scale deployment/web --replicas=2")
		tb.do("window.tabernetes.clock.advance(30)")
		require.Equal(t, 2, tb.totals().Ready)
		hash, at = tb.hash(), tb.totals()
		tb.kept()
		tb.again()
		require.Equal(t, hash, tb.hash())
		require.Equal(t, at, tb.totals())
		tb.noErrors()
		tb.close()
	}
}
