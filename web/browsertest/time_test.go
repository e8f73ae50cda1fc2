package browsertest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"tabernetes/engine"
	"tabernetes/engine/session"
	"tabernetes/engine/sim"
)

// totals is what window.tabernetes.totals() answers.
type totals struct {
	Now                 float64
	Past                bool
	Pods, Ready, Failed int
	Moment              struct {
		Ms       float64
		After    uint64
		Commands int
	}
}

type branchView struct {
	ID, Parent, Commands int
	Name                 string
	Current              bool
	Fork, End            struct{ Ms float64 }
	Lines                []string
}

func (tb *tab) totals() totals         { return js[totals](tb, "window.tabernetes.totals()") }
func (tb *tab) hash() string           { return js[stats](tb, "window.tabernetes.stats()").JournalHash }
func (tb *tab) branches() []branchView { return js[[]branchView](tb, "window.tabernetes.branches()") }

// panels is what every panel says: the stage as a list, the legend, the clock, the inspector about several things, the events.
func (tb *tab) panels() map[string]string {
	tb.t.Helper()
	tb.do("window.tabernetes.idle()")
	return js[map[string]string](tb, `(async () => {
	  const out = {}, wait = (ms) => new Promise((r) => setTimeout(r, ms)), text = (s) => document.querySelector(s)?.innerText ?? "";
	  // A panel has what it asked for when it says the same for a while.
	  const settled = async (s) => { for (let was, same = 0, n = 0; same < 3 && n < 200; n++) { await wait(40); const is = text(s); same = is === was && !/^…$|Looking back/m.test(is) ? same + 1 : 0; was = is; } return text(s); };
	  const tree = document.querySelector("tab-tree");
	  const items = () => [...tree.querySelectorAll("[role=treeitem]")];
	  for (let n = 0; n < 200; n++) {
	    const shut = items().find((e) => e.getAttribute("aria-expanded") === "false");
	    if (!shut) break;
	    shut.focus();
	    shut.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
	    await tree.updateComplete;
	  }
	  out.tree = items().map((e) => e.textContent.trim()).join("\n");
	  out.clock = text("tab-clock .time");
	  out.legend = await settled("tab-legend");
	  for (const name of ["hello", "node-2"]) {
	    const item = items().find((e) => e.textContent.includes(name));
	    if (!item) continue;
	    item.click();
	    await wait(50);
	    for (const tab of ["summary", "why", "yaml", "events"]) {
	      const button = document.querySelector("#right-tab-" + tab);
	      if (!button) continue;
	      button.click();
	      out[name + " " + tab] = await settled("tab-inspector .pane");
	    }
	  }
	  document.querySelector("#bottom-tab-events").click();
	  out.events = await settled("tab-events");
	  return out;
	})()`)
}

// recordAnHour gives a cluster an hour of life with a bit of everything.
func recordAnHour(tb *tab) {
	tb.do("window.tabernetes.reset({nodes: 3, masters: 1, seed: 11})")
	tb.do("window.tabernetes.clock.pause()")
	advance := func(seconds int) { tb.do(fmt.Sprintf("window.tabernetes.clock.advance(%d)", seconds)) }
	tb.do("window.tabernetes.apply(" + quote(manifest(tb.t, "own/canary-by-replicas.yaml")) + ")")
	advance(300)
	tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 3})")
	advance(200)
	tb.kubectl("scale deployment/hello-stable --replicas=6")
	advance(400)
	tb.do("window.tabernetes.killNode('node-2')")
	advance(700)
	tb.do("window.tabernetes.restartNode('node-2')")
	advance(300)
	tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 0})")
	tb.kubectl("set image deployment/hello-stable hello=gcr.io/google-samples/hello-app:2.0")
	advance(600)
	tb.kubectl("create deployment web --image=nginx --replicas=4")
	advance(500)
	tb.kubectl("delete deployment web")
	tb.do("(async () => { const s = await window.tabernetes.stats(); await window.tabernetes.clock.advance(3600 - s.now) })()")
}

// TestScrubToAnyMoment goes to ten random moments of an hour. The journal is that of a native replay to the moment, and what
// the panels say is what another page says that replays the session to it from the start.
func TestScrubToAnyMoment(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 900)
	tb.ready()
	recordAnHour(tb)
	end, text := tb.hash(), js[string](tb, "window.tabernetes.session()")
	require.Equal(t, 3600.0, tb.totals().Now)
	r, err := session.Decode(text)
	require.NoError(t, err)
	s, _, err := r.Open()
	require.NoError(t, err)
	conf, log := s.Config(), s.Current().Log()
	native := func(log []engine.Command, at sim.Time) string {
		t.Helper()
		n := 0
		for n < len(log) && log[n].At <= at {
			n++
		}
		c, err := engine.Replay(conf, log[:n], at)
		require.NoError(t, err)
		return c.Stats().JournalHash
	}

	fresh := open(t, "", 1280, 900)
	fresh.ready()
	rnd := rand.New(rand.NewPCG(20, 26))
	for i := range 10 {
		at := sim.Time(rnd.Int64N(3600_000)+1) * 1e6
		tb.do(fmt.Sprintf("window.tabernetes.seek(%v)", float64(at)/1e9))
		x := tb.totals()
		require.InDelta(t, float64(at)/1e9, x.Now, 1e-9)
		require.True(t, x.Past)
		require.Equal(t, native(log, at), tb.hash(), "moment %d: %v", i, at)
		var there map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &there))
		there["at"], there["hash"] = fmt.Sprintf("%s %d %d", strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.6f", x.Moment.Ms), "0"), "."), x.Moment.After, x.Moment.Commands), strings.TrimLeft(tb.hash(), "0")
		b, err := json.Marshal(there)
		require.NoError(t, err)
		fresh.do("(async () => { window.opening = window.tabernetes.open(" + quote(string(b)) + ") })()")
		a := tb.panels() // while the other replays
		o := js[struct {
			Exact bool
			Why   string
		}](fresh, "window.opening")
		require.True(t, o.Exact, "moment %d: %v: %s", i, x.Moment, o.Why)
		y := fresh.totals()
		require.Equal(t, x, y)
		f := fresh.panels()
		require.Greater(t, len(a), 8)
		for name := range a {
			require.Equal(t, f[name], a[name], "%s at %v", name, at)
		}
		if i == 3 {
			tb.shot("past")
		}
	}

	// Back, another way, and both are as they should be.
	tb.do("window.tabernetes.seek(1000)")
	tb.kubectl("scale deployment/hello-stable --replicas=2")
	tb.do("(async () => { const s = await window.tabernetes.stats(); await window.tabernetes.clock.advance(1500 - s.now) })()")
	all, other := tb.branches(), tb.hash()
	require.Len(t, all, 2)
	require.True(t, all[1].Current)
	require.Equal(t, 1_000_000.0, all[1].Fork.Ms)
	require.Equal(t, []string{"kubectl scale deployment/hello-stable --replicas=2"}, all[1].Lines)
	one, err := session.Decode(js[string](tb, "window.tabernetes.session(1)"))
	require.NoError(t, err)
	s, _, err = one.Open()
	require.NoError(t, err)
	require.Equal(t, native(s.Current().Log(), sim.Time(1500e9)), other)
	for range 2 {
		tb.do("window.tabernetes.checkout(0)")
		require.Equal(t, end, tb.hash())
		tb.do("window.tabernetes.checkout(1)")
		require.Equal(t, other, tb.hash())
	}
	tb.shot("branches")
	tb.noErrors()
	fresh.noErrors()
}

// TestTimelineByHand drags, types and clicks on the timeline, undoes and does again.
func TestTimelineByHand(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment web --image=nginx --replicas=2")
	tb.do("window.tabernetes.clock.advance(60)")
	tb.kubectl("scale deployment/web --replicas=5")
	tb.do("window.tabernetes.clock.advance(60)")
	before, hash := tb.totals(), tb.hash()
	require.Equal(t, 5, before.Ready)

	rail := js[struct{ X, Y, W float64 }](tb, "(() => { const r = document.querySelector('.tl-rail').getBoundingClientRect(); return {X: r.left, Y: r.top + 20, W: r.width} })()")
	mouse := func(typ string, share float64) {
		tb.do(fmt.Sprintf(`(() => { const e = document.querySelector(".tl-rail"); e.setPointerCapture = () => {}; e.dispatchEvent(new PointerEvent(%q, { pointerId: 7, clientX: %v, clientY: %v, bubbles: true, isPrimary: true })) })()`, typ, rail.X+share*rail.W, rail.Y))
	}
	mouse("pointerdown", 1)
	for i := range 10 {
		mouse("pointermove", 1-float64(i)*0.07)
	}
	mouse("pointerup", 0.37)
	// The last place that was dragged to is what is shown, whatever was asked on the way.
	tb.until("window.tabernetes.totals().past && !document.querySelector('.tl-handle output')")
	want := before.Now * 0.37
	require.InDelta(t, want, tb.totals().Now, before.Now*0.005)
	require.Contains(t, js[string](tb, "document.querySelector('.past').innerText"), "You are looking at the past")
	tb.until("document.querySelectorAll('.mark.ahead').length > 0") // what comes stays in sight
	tb.axe()

	tb.do("(async () => document.querySelector('.tl-handle').focus())()")
	at := tb.totals().Now
	tb.keys(kb.ArrowLeft)
	tb.until(fmt.Sprintf("window.tabernetes.totals().now < %v && window.tabernetes.totals().now > %v", at, at-10))
	tb.keys(kb.Home)
	tb.until("window.tabernetes.totals().now === 0")
	tb.keys(kb.PageDown)
	tb.until("window.tabernetes.totals().now > 0 && !document.querySelector('.tl-handle output')")
	require.Equal(t, fmt.Sprint(int(tb.totals().Now*1000+0.5)), js[string](tb, "document.querySelector('.tl-handle').getAttribute('aria-valuenow')"))
	tb.keys(kb.End)
	tb.until("!window.tabernetes.totals().past && !document.querySelector('.past')")
	require.Equal(t, hash, tb.hash())

	// Undo takes back the last command and says which; redo brings back the very same cluster.
	tb.do("(async () => document.body.focus())()")
	tb.keys("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.until("document.querySelector('.tl-notice')?.innerText.includes('Undone: kubectl scale deployment/web --replicas=5')")
	require.Equal(t, 2, tb.totals().Ready)
	tb.keys("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	tb.until("document.querySelector('.tl-notice')?.innerText.includes('Undone: kubectl create deployment web')")
	require.Zero(t, tb.totals().Ready)
	for _, text := range []string{"Done again: kubectl create deployment web", "Done again: kubectl scale deployment/web"} {
		tb.keys("Z", chromedp.KeyModifiers(chromedp.ModifierCtrl|chromedp.ModifierShift))
		tb.until("document.querySelector('.tl-notice')?.innerText.includes('" + text + "')")
	}
	require.Equal(t, hash, tb.hash())
	require.True(t, js[bool](tb, "document.querySelectorAll('.tl-side button')[1].disabled"), "there is nothing more to do again")

	// In a text field Ctrl+Z belongs to the text.
	tb.do("(async () => document.querySelector('tab-yaml').dispatchEvent(new CustomEvent('open')))()")
	tb.until("document.querySelector('.code').shadowRoot?.activeElement")
	tb.keys("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	require.Equal(t, hash, tb.hash())

	// Continue from here, act, and the branch is there beside the other.
	tb.do(fmt.Sprintf("window.tabernetes.seek(%v)", before.Now-30))
	tb.do("(async () => document.querySelector('.past button').click())()")
	tb.until("!window.tabernetes.totals().past")
	tb.kubectl("scale deployment/web --replicas=1")
	tb.do("window.tabernetes.clock.advance(60)")
	require.Equal(t, 1, tb.totals().Ready)
	tb.do("(async () => document.querySelector('.tl-branch').click())()")
	tb.until("document.querySelectorAll('tab-branches tbody tr').length === 2")
	tb.do(`(async () => { [...document.querySelectorAll("tab-branches tr.now button")].find((b) => b.textContent === "Rename").click() })()`)
	tb.until("document.activeElement?.name === 'name'")
	tb.keys("small\r")
	tb.until("document.querySelector('.tl-branch').innerText.includes('small')")
	tb.axe()
	tb.shot("branches-panel")
	tb.do(`(async () => { document.querySelector("tab-branches tbody tr button").click() })()`) // to the first
	tb.until("window.tabernetes.totals().ready === 5")
	require.Equal(t, hash, tb.hash())
	tb.noErrors()
}

// TestStepsAndUntil steps to a change of what is selected, and runs until a condition holds.
func TestStepsAndUntil(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment web --image=nginx")
	tb.do("(async () => document.querySelector('.clock .narrow').click())()")
	tb.wait("document.querySelector('.clock-menu')?.matches(':popover-open')")
	tb.axe()
	tb.shot("clock-menu")
	require.Contains(t, js[string](tb, "document.querySelector('.clock-menu input').value"), "deployment/web")
	tb.do("(async () => document.querySelector('.clock-menu form').requestSubmit())()")
	tb.until("document.querySelector('.tl-notice')?.innerText.includes('successfully rolled out')")
	require.Contains(t, tb.kubectl("get deployment web"), "1/1")
	require.Equal(t, 1, tb.totals().Ready)

	r := js[struct {
		Code   int
		Stderr string
	}](tb, "window.tabernetes.until('kubectl wait --for=condition=Ready pod/none --timeout=5s')")
	require.NotZero(t, r.Code)
	require.Contains(t, r.Stderr, `pods "none" not found`)

	// Nothing but an hour that passes: it can be stopped.
	tb.do("(async () => { window.over = window.tabernetes.until('kubectl wait --for=delete deployment/web --timeout=8000h').catch((e) => ({code: -1})) })()")
	tb.until("document.querySelector('.tl-notice button')?.innerText === 'Stop'")
	tb.do("(async () => document.querySelector('.tl-notice button').click())()")
	require.NotZero(t, js[struct{ Code int }](tb, "window.over").Code)

	// By event: the clock moves by one.
	tb.do("(async () => document.querySelector('.clock .narrow').click())()")
	tb.until("document.querySelector('.clock-menu .steps3 button')")
	was := js[struct{ Events int }](tb, "window.tabernetes.stats()").Events
	tb.do("(async () => document.querySelector('.clock-menu .steps3 button').click())()")
	tb.until("document.querySelector('.tl-notice')?.innerText.includes(': ')")
	require.Equal(t, was+1, js[struct{ Events int }](tb, "window.tabernetes.stats()").Events)
	tb.noErrors()
}

// TestCompareBranches: a rollout with and without readiness probes under load, side by side.
func TestCompareBranches(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	const rollout = "set image deployment/hello hello=gcr.io/google-samples/hello-app:2.0"
	tb.do("window.tabernetes.apply(" + quote(example(t, "hello.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 30})")
	tb.do("window.tabernetes.clock.advance(10)")
	tb.kubectl(rollout)
	tb.do("window.tabernetes.clock.advance(60)")
	tb.do("window.tabernetes.undo()")
	tb.do("window.tabernetes.apply(" + quote(example(t, "hello-no-probes.yaml")) + ")")
	tb.do("window.tabernetes.clock.advance(30)")
	tb.kubectl(rollout)
	tb.do("window.tabernetes.clock.advance(60)")
	tb.do("(async () => document.querySelector('#bottom-tab-branches').click())()")
	tb.until("document.querySelectorAll('tab-branches tbody tr').length === 2")
	tb.do(`(async () => { [...document.querySelectorAll("tab-branches button")].find((b) => b.textContent === "Compare…").click() })()`)
	tb.wait("document.querySelector('tab-compare table')")
	require.Equal(t, 2, js[int](tb, "document.querySelectorAll('tab-compare iframe').length"))
	tb.axe()

	// To the end of both, with the one clock.
	tb.do(`(async () => { const r = document.querySelector("tab-compare input[type=range]"); r.value = r.max; r.dispatchEvent(new Event("input")) })()`)
	tb.wait("document.querySelector('tab-compare input').value === document.querySelector('tab-compare input').max && [...document.querySelectorAll('tab-compare tr')].some((r) => r.innerText.startsWith('Failed requests\\t0\\t') && !/\\t0\\tthe same/.test(r.innerText))")
	moments := js[[]float64](tb, "Promise.all([...document.querySelectorAll('tab-compare iframe')].map((f) => f.contentWindow.tabernetes.stats().then((s) => s.now)))")
	require.Equal(t, moments[0], moments[1])
	hashes := js[[]string](tb, "Promise.all([...document.querySelectorAll('tab-compare iframe')].map((f) => f.contentWindow.tabernetes.stats().then((s) => s.journalHash)))")
	require.Equal(t, tb.hash(), hashes[1], "the second is the branch that the page shows")
	tb.shot("compare")
	tb.do("(async () => document.querySelector('tab-compare .bar button').click())()")
	tb.until("!document.querySelector('tab-compare')")
	tb.noErrors()
}

// example is one of the page's examples.
func example(t testing.TB, name string) string {
	b, err := os.ReadFile("../../static/examples/" + name)
	require.NoError(t, err)
	return string(b)
}

// wait waits for an expression to be true, longer than until: for what starts another engine.
func (tb *tab) wait(expr string) {
	tb.t.Helper()
	tb.do(`(async () => { for (let i = 0; i < 1200; i++) { if (` + expr + `) return; await new Promise((r) => setTimeout(r, 50)) } throw new Error("not within a minute: " + ` + quote(expr) + `) })()`)
}
