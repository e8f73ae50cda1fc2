package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// timeLink is a time in a list that leads to its moment.
type timeLink struct{ Text, Name string }

func (tb *tab) timeLinks(within string) []timeLink {
	tb.t.Helper()
	return js[[]timeLink](tb, "[...document.querySelectorAll("+quote(within+" button.link.mono")+")].map((b) => ({Text: b.innerText, Name: b.ariaLabel}))")
}

// TestTimesAreLinks: the times of events and of causes lead to their moments, by mouse and by keyboard, in both languages.
func TestTimesAreLinks(t *testing.T) {
	needBrowser(t, env)
	for lang, x := range map[string]struct{ to, why, theme string }{"en": {"go to ", "Why", "light"}, "zh": {"跳到 ", "为什么", "dark"}} {
		tb := open(t, "?lang="+lang+"&theme="+x.theme, 1280, 900)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		tb.kubectl("create deployment web --image=nginx --replicas=2")
		tb.do("window.tabernetes.clock.advance(60)")
		tb.kubectl("scale deployment/web --replicas=5")
		tb.do("window.tabernetes.clock.advance(60)")
		hash := tb.hash()

		// An Event tells the second; its link leads to where it is there.
		const rows = "[...document.querySelectorAll('tab-events tbody tr')]"
		tb.do("(async () => document.querySelector('#bottom-tab-events').click())()")
		tb.until(rows + ".length > 10")
		tb.axe()
		tb.shot("times-events-" + lang)
		links := tb.timeLinks("tab-events")
		require.Len(t, links, js[int](tb, rows+".length"), "every one has a moment")
		for _, l := range links {
			require.Regexp(t, `^\d\d:\d\d:\d\d$`, l.Text)
			require.Regexp(t, "^("+l.Text+", )?"+x.to+`\d\d:\d\d:\d\d\.\d\d\d$`, l.Name)
		}
		const scaled = "ScalingReplicaSet"
		of := rows + ".filter((r) => r.innerText.includes('" + scaled + "') && r.innerText.includes('deployment/web'))"
		require.Equal(t, 2, js[int](tb, of+".length"))
		tb.do("(async () => " + of + "[1].querySelector('button').focus())()")
		tb.keys(kb.Enter)
		tb.until("window.tabernetes.totals().past && " + of + ".length === 1")
		require.Contains(t, js[string](tb, rows+"[0].innerText"), scaled, "nothing newer has happened there")
		require.True(t, js[bool](tb, "document.activeElement.matches('.tl-handle')"), "arrow keys go on from there")
		require.Positive(t, js[int](tb, "document.querySelectorAll('.mark.ahead').length"), "what came of it stays in sight")
		at := tb.totals().Now
		tb.keys(kb.ArrowRight)
		tb.until("window.tabernetes.totals().now > " + quote(at))
		tb.do("window.tabernetes.present()")
		require.Equal(t, hash, tb.hash())

		// The causes of a pod, and since when it is as it is.
		pod := js[string](tb, "window.tabernetes.kubectl('get pods -o name').then((r) => r.stdout.split('\\n').pop() || r.stdout.trim().split('\\n').pop())")
		pod = pod[len("pod/"):]
		tb.why(pod, x.why, "kubectl scale deployment/web --replicas=5")
		links = tb.timeLinks("tab-inspector ol.why")
		require.Greater(t, len(links), 4)
		tb.axe()
		tb.shot("times-why-" + lang)
		last := links[len(links)-1]
		require.Equal(t, x.to+last.Text, last.Name)
		tb.do("(async () => [...document.querySelectorAll('tab-inspector ol.why button.link.mono')].at(-1).click())()")
		tb.until("window.tabernetes.totals().past && document.querySelector('.tl-handle').getAttribute('aria-valuetext') === " + quote(last.Text))
		tb.do("window.tabernetes.present()")
		tb.do("(async () => document.querySelector('#right-tab-summary').click())()")
		tb.until("document.querySelectorAll('tab-inspector .facts button.link.mono').length === 1")
		tb.do("(async () => document.querySelector('#right-tab-events').click())()")
		tb.until("document.querySelectorAll('tab-inspector .events button.link.mono').length > 2")
		tb.shot("times-of-a-pod-" + lang)

		// What is not in the record leads nowhere.
		tb.do(`(async () => { const e = document.querySelector("tab-events"), x = e.list[0]; clearInterval(e.poll); e.list = [{ ...x, moment: -1 }, { ...x, moment: 1e9 }, x]; e.requestUpdate(); await e.updateComplete })()`)
		require.Len(t, tb.timeLinks("tab-events"), 1)
		require.Equal(t, 3, js[int](tb, rows+".length"))
		tb.noErrors()
		tb.close()
	}
}

// TestTimesOfAClockThatIsOff: the link goes to when it was, whatever the writer's clock said.
func TestTimesOfAClockThatIsOff(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?nodes=1", 1280, 900)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	require.Zero(t, js[struct{ Code int }](tb, "window.tabernetes.run('clock node-1 3600s')").Code)
	tb.kubectl("run web --image=nginx")
	tb.do("window.tabernetes.clock.advance(30)")
	tb.do("(async () => document.querySelector('#bottom-tab-events').click())()")
	const row = "[...document.querySelectorAll('tab-events tbody tr')].find((r) => /Started/.test(r.innerText) && /pod.web/.test(r.innerText))"
	tb.until(row)
	require.Regexp(t, `^01:00:\d\d, go to 00:00:\d\d\.\d\d\d$`, js[string](tb, row+".querySelector('button').ariaLabel"))
	tb.do("(async () => " + row + ".querySelector('button').click())()")
	tb.until("window.tabernetes.totals().past")
	require.Less(t, tb.totals().Now, 60.0)
	tb.until(row)
	tb.noErrors()
}

// TestTimesWithoutATimeline: where nothing leads back, a time is a time.
func TestTimesWithoutATimeline(t *testing.T) {
	needBrowser(t, env)
	for _, x := range []struct {
		panels string
		width  int64
		links  bool
	}{{"stage,inspector,terminal", 1280, false}, {"stage,inspector,terminal,timeline", 1280, true}, {"stage,inspector,terminal,timeline", 600, false}} {
		tb := open(t, "embed.html?panels="+x.panels, x.width, 800)
		tb.wait("window.tabernetes")
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		tb.kubectl("create deployment web --image=nginx")
		tb.do("window.tabernetes.clock.advance(30)")
		tb.do("(async () => document.querySelector('#bottom-tab-events').click())()")
		tb.until("document.querySelectorAll('tab-events tbody tr').length > 3")
		require.Equal(t, x.links, len(tb.timeLinks("tab-events")) > 0, x)
		tb.noErrors()
		tb.close()
	}
}

// TestMarksToComeAfterAReload: whoever reloads in the past, or opens a link that stands there, sees what will be done.
func TestMarksToComeAfterAReload(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=dark", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment web --image=nginx --replicas=2")
	tb.do("window.tabernetes.clock.advance(100)")
	tb.kubectl("scale deployment/web --replicas=4")
	tb.do("window.tabernetes.clock.advance(100)")
	tb.do("window.tabernetes.killNode('node-2')")
	tb.do("window.tabernetes.clock.advance(400)")
	hash, end := tb.hash(), tb.totals().Now
	type mark struct {
		Text  string
		Ahead bool
	}
	marks := func(tb *tab) []mark {
		t.Helper()
		return js[[]mark](tb, "[...document.querySelectorAll('.mark')].filter((m) => !m.classList.contains('notice')).map((m) => ({Text: m.ariaLabel.replace(/,.*/, ''), Ahead: m.classList.contains('ahead')}))")
	}
	tb.do("window.tabernetes.seek(50)")
	tb.kept()
	tb.again()
	require.Equal(t, 50.0, tb.totals().Now)
	require.Equal(t, []mark{{"create deployment web --image=nginx → 2", false}, {"scale web → 4", true}, {"kill node-2", true}}, marks(tb))
	require.InDelta(t, end*1000, js[float64](tb, "Number(document.querySelector('.tl-handle').getAttribute('aria-valuemax'))"), 1)
	tb.axe()
	tb.shot("marks-to-come")

	// A mark leads there, and says why once it has happened.
	tb.do("(async () => document.querySelectorAll('.mark.ahead')[0].click())()")
	tb.until("window.tabernetes.totals().now > 100 && document.querySelector('tab-inspector .say')?.innerText.includes('kubectl scale deployment/web --replicas=4')")
	require.True(t, tb.totals().Past)
	require.Equal(t, []mark{{"create deployment web --image=nginx → 2", false}, {"scale web → 4", false}, {"kill node-2", true}}, marks(tb))
	// Along the record it becomes what it was, at its place.
	tb.do("window.tabernetes.clock.advance(120)")
	tb.until("!document.querySelector('.mark.fault.ahead')")
	require.Contains(t, marks(tb)[2].Text, "lost power")
	require.Len(t, marks(tb), 3)
	tb.do("window.tabernetes.present()")
	require.Equal(t, hash, tb.hash())

	// Another way has other commands.
	tb.do("window.tabernetes.seek(50)")
	tb.kubectl("scale deployment/web --replicas=1")
	tb.until("document.querySelectorAll('.mark:not(.notice)').length === 2")

	// A link to a moment, in a page that has seen nothing of it.
	link := js[string](tb, "window.tabernetes.link({start: true})")
	other := openURL(t, tb.url, link[len(tb.url)+1:], 1280, 800)
	other.wait("window.tabernetes")
	other.ready()
	require.Equal(t, []mark{{"create deployment web --image=nginx → 2", true}, {"scale web → 1", true}}, marks(other))
	other.noErrors()
	tb.noErrors()
}
