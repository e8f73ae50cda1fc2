package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// keptNowhere: an embedded page keeps nothing, in no storage that there is.
func (tb *tab) keptNowhere() {
	tb.t.Helper()
	require.Equal(tb.t, "0 0 0", js[string](tb, "(async () => `${localStorage.length} ${sessionStorage.length} ${(await indexedDB.databases()).length}`)()"), "an embedded page keeps nothing")
}

func lessonNamed(t testing.TB, id string) lessonEntry {
	for _, l := range lessons(t) {
		if l.ID == id {
			return l
		}
	}
	require.Fail(t, "there is no lesson "+id)
	return lessonEntry{}
}

// TestEmbeddedLesson takes a lesson in a frame, as large and as small as frames are.
func TestEmbeddedLesson(t *testing.T) {
	needBrowser(t, env)
	srv := serveDir(t, dist)
	for _, v := range []struct {
		name, query   string
		width, height int64
	}{
		{"wide-en-light", "?lesson=self-healing&lang=en&theme=light", 1000, 640},
		{"wide-zh-dark", "?scenario=self-healing&lang=zh&theme=dark", 1000, 640},
		{"narrow-zh-dark", "?lesson=self-healing&lang=zh&theme=dark&panels=stage,inspector,terminal", 360, 560},
		{"low-zh-light", "?lesson=self-healing&lang=zh&theme=light&panels=lesson,terminal", 360, 400},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			tb := openURL(t, srv.URL, "embed.html"+v.query, v.width, v.height, chromedp.Flag("force-prefers-reduced-motion", true))
			tb.ready()
			tb.atStep(-1)
			tb.shot("embed-lesson-" + v.name + "-intro")
			inside := func(when string) {
				require.True(t, js[bool](tb, `document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll("tab-lesson .lfoot button, .foot a, .choice button")].every(e => { const r = e.getBoundingClientRect(); return !r.width || (r.left >= 0 && r.right <= innerWidth + 1 && r.bottom <= innerHeight + 1) })`), "%s: everything is within the frame", when)
				require.Greater(t, js[float64](tb, panel+".querySelector('.lbody').clientHeight"), 90.0, "%s: there is room to read in", when)
			}
			inside("the introduction")
			tb.press(".next")
			tb.atStep(0)
			tb.axe()
			tb.still("embed-lesson-" + v.name + "-step")
			inside("a step")
			lang := "en"
			if strings.Contains(v.query, "zh") {
				lang = "zh"
			}
			// From the beginning: the panel's menu does that.
			tb.do("(async () => { const m = " + panel + ".querySelector('.menu'); m.open = true; m.querySelector('button').click() })()")
			tb.press(".menu .danger")
			tb.goThrough(lessonNamed(t, "self-healing"), lang)
			tb.shot("embed-lesson-" + v.name + "-end")
			tb.keptNowhere()
			// The list knows what was done as long as the page is there.
			tb.press(".ltop .link")
			tb.until(panel + ".querySelector('.cards')?.innerText.includes('✓') && !" + panel + ".reading")
			tb.do("(async () => [..." + panel + ".querySelectorAll('.card')].find(c => c.innerText.includes('✓')).querySelector('button').click())()")
			tb.atStep(-1)
			tb.keptNowhere()
			tb.noErrors()
			tb.close()
		})
	}
}

// TestTagOpensALesson: the tag says which lesson it is before anybody asks for it, and opens that one.
func TestTagOpensALesson(t *testing.T) {
	needBrowser(t, env)
	n := embedding(t, map[string]string{
		"/":     `<tabernetes-playground lesson="canary" lang="zh"></tabernetes-playground><tabernetes-playground id="named" scenario="self-healing"></tabernetes-playground><tabernetes-playground id="example" scenario="canary"></tabernetes-playground><script src="PLAY/embed.js"></script>`,
		"/away": `<tabernetes-playground lesson="https://elsewhere.example/lesson/" panels="lesson"></tabernetes-playground><tabernetes-playground id="both" lesson="canary" scenario="hello"></tabernetes-playground><tabernetes-playground id="nobody" lesson="pods"></tabernetes-playground><script src="PLAY/embed.js"></script>`,
	})
	canary := lessonNamed(t, "canary")
	tb := openURL(t, n.docs, "", 1000, 800)
	title := func(e string) string { return js[string](tb, e+".shadowRoot.querySelector('.title').textContent") }
	require.Equal(t, "课程："+canary.Title.ZH, title(tag))
	require.Equal(t, "Lesson: "+lessonNamed(t, "self-healing").Title.EN, title("named"))
	require.Equal(t, "Canary by replicas", title("example"), "an example goes before a lesson of its name")
	require.Zero(t, n.count("/lessons/index.json"))
	tb.do("(async () => { named.scrollIntoView(); for (const e of [" + tag + ", named, example]) e.open(); await Promise.all([" + tag + ".ready, named.ready, example.ready]) })()")
	// Each has the cluster of its lesson, with what its setup made; the example is applied to a fresh one. A cluster that was
	// made this moment answers nobody yet.
	tb.waits(tag + ".api.kubectl('get deployment hello-stable').then(r => r.code === 0, () => false)")
	tb.waits("named.api.kubectl('get nodes').then(r => !r.stdout.includes('node-3'), () => false)")
	tb.waits("example.api.kubectl('get deployment hello-canary').then(r => r.code === 0)")
	require.Contains(t, js[string](tb, "example.api.kubectl('get nodes').then(r => r.stdout)"), "node-3")
	tb.noErrors()

	tb = openURL(t, n.docs, "away", 1000, 800)
	tb.do("(async () => { window.heard = {}; for (const e of document.querySelectorAll('tabernetes-playground')) { e.addEventListener('error', (x) => { heard[e.id] = x.detail.message }); e.open() } })()")
	tb.waits("heard.both")
	require.Contains(t, js[string](tb, "heard.both"), "only one of them")
	// The others say it where the lesson would be: see below.
	for query, want := range map[string]string{
		"lesson=https://elsewhere.example/lesson/": "Only files of", "lesson=//elsewhere.example/lesson/": "Only files of", "lesson=javascript:alert(1)": "Only files of",
		"lesson=pods": "no lesson", "lesson=../icon.svg": "404", "lesson=own:": "no longer kept",
	} {
		require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(n.play+"/embed.html?lang=en&"+query)))
		tb.waits("/* " + query + " */ " + panel + "?.querySelector?.('.trouble')?.innerText")
		require.Contains(t, js[string](tb, panel+".querySelector('.trouble').innerText"), want, query)
		tb.ready()
		tb.keptNowhere()
	}
	// A lesson of this host by its address.
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate(n.play+"/embed.html?panels=lesson,stage&lesson=lessons/self-healing/scenario.yaml")))
	tb.waits(panel + "?.play?.lesson.id === 'self-healing'")
}

// TestEmbeddedLessonPoints: what a step points at is ringed where it is, the way to it is where it is hidden, and what its
// author left out is said.
func TestEmbeddedLessonPoints(t *testing.T) {
	needBrowser(t, env)
	srv := serveDir(t, dist)
	step := func(query string, width, height int64) *tab {
		tb := openURL(t, srv.URL, "embed.html?lang=en&theme=light&lesson=canary&"+query, width, height)
		tb.ready()
		tb.atStep(-1)
		tb.press(".next")
		tb.atStep(0)
		tb.do("window.tabernetes.clock.settle(60)")
		return tb
	}
	// points shows other points than the step's own, and waits for so many rings.
	points := func(tb *tab, rings int, list ...string) {
		tb.do("(async () => { const p = " + panel + "; p.play.current.point = " + quote(list) + "; p.requestUpdate(); await p.updateComplete })()")
		tb.waits("document.querySelectorAll('.lesson-rings i').length === " + quote(rings) + " && " + panel + ".rings.points.join() === " + quote(strings.Join(list, ",")))
	}
	list := func(tb *tab) string { return js[string](tb, panel+".querySelector('.points').innerText") }
	ringed := func(tb *tab, element string) {
		t.Helper()
		require.True(t, js[bool](tb, "(() => { const r = document.querySelector('.lesson-rings i').getBoundingClientRect(), e = "+element+".getBoundingClientRect(); return r.x + r.width / 2 > e.x && r.x + r.width / 2 < e.right && r.y + r.height / 2 > e.y && r.y + r.height / 2 < e.bottom })()"), element)
	}
	const stage, stageTab = "document.querySelector('tab-stage')", `document.querySelector('[data-sheet-tab="stage"]')`

	tb := step("", 1000, 640)
	points(tb, 1, "services/default/hello")
	ringed(tb, stage)
	points(tb, 1, "panel:traffic")
	ringed(tb, "document.querySelector('#left-tab-load')")
	tb.press(".points button")
	tb.waits("document.querySelector('tab-load')")
	tb.do("(async () => document.querySelector('#left-tab-lesson').click())()")
	points(tb, 0, "panel:timeline", "panel:inspector", "panel:why", "button:undo")
	require.Equal(t, 4, strings.Count(list(tb), "(not "), list(tb))
	require.Equal(t, 1, js[int](tb, panel+".querySelectorAll('.points button').length"), "a button may still come, a panel does not")
	tb.axe()
	tb.shot("embed-lesson-points")
	tb.noErrors()
	tb.close()

	// A low frame has one of them at a time.
	tb = step("", 360, 400)
	points(tb, 1, "nodes/node-1")
	require.False(t, js[bool](tb, stage+".checkVisibility()"))
	ringed(tb, stageTab)
	tb.press(".points button")
	tb.waits(stage + ".checkVisibility() && document.querySelector('.lesson-rings .thing')")
	ringed(tb, stage)
	tb.axe()
	tb.still("embed-lesson-low-stage")
	tb.do(`(async () => document.querySelector('[data-sheet-tab="lesson"]').click())()`)
	points(tb, 1, "panel:terminal")
	tb.press(".points button")
	tb.waits("document.querySelector('tab-terminal').checkVisibility() && document.querySelectorAll('.lesson-rings i').length")
	tb.still("embed-lesson-low-terminal")
	tb.noErrors()
	tb.close()

	// No stage, no terminal: lines run all the same, and what they print stands below them.
	tb = step("panels=lesson", 500, 500)
	points(tb, 0, "nodes/node-1", "panel:stage", "panel:terminal")
	require.Contains(t, list(tb), "shows no stage")
	require.Equal(t, 2, strings.Count(list(tb), "not part of this page"))
	require.Zero(t, js[int](tb, panel+".querySelectorAll('.points button').length"))
	tb.do("(async () => { " + panel + ".play.current.text = {en: '```sh\\nkubectl get deployments\\n```', zh: ''}; " + panel + ".requestUpdate() })()")
	tb.press("[data-do=run]")
	tb.waits(panel + ".querySelector('.codeblock output')?.textContent.includes('hello-stable')")
	require.Zero(t, js[int](tb, panel+".querySelectorAll('[data-do=put], [data-do=edit]').length"))
	tb.axe()
	tb.shot("embed-lesson-alone")
	tb.noErrors()
}
