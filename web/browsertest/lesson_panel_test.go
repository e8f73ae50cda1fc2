package browsertest

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/scenarios/lesson"
)

// ownLesson is a lesson as one text, with everything that the panel can show in it.
func ownLesson(t testing.TB) string {
	b, err := os.ReadFile("testdata/lesson.txtar")
	require.NoError(t, err)
	return string(b)
}

// paste opens a lesson from a text, as somebody does who was sent one.
func (tb *tab) paste(text string) {
	tb.t.Helper()
	tb.do("(async () => document.querySelector('header .lessons').click())()")
	tb.until(panel + "?.querySelector('.opening textarea')")
	tb.do(`(async () => { const d = ` + panel + `.querySelector('.opening'); d.open = true; d.querySelector('textarea').value = ` + quote(text) + `; d.querySelector('form button').click(); })()`)
	tb.until("!" + panel + ".reading && (" + panel + ".problems || " + panel + ".play)")
	tb.do(panel + ".updateComplete")
}

// still keeps a picture with the clock stopped: while it runs the stage is never at rest.
func (tb *tab) still(name string) {
	tb.t.Helper()
	if os.Getenv("TABERNETES_SHOTS") != "" {
		tb.do("window.tabernetes.clock.pause()")
		tb.shot(name)
	}
}

// TestLessonByHand is a learner who guesses wrong, needs hints, breaks the step, goes back, reloads, and goes on.
func TestLessonByHand(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?lang=en&theme=light", 1280, 800)
	tb.ready()
	tb.kubectl("create deployment mine --image=nginx")
	tb.paste(ownLesson(t))
	tb.atStep(-1)
	require.Contains(t, js[string](tb, "location.search"), "lesson=own")
	require.NotContains(t, tb.kubectl("get deployments"), "mine", "a lesson has a cluster of its own")
	require.Contains(t, tb.kubectl("get deployments"), "hello")
	require.NotContains(t, tb.kubectl("get pods -A"), "metrics-server", "without the addons, as the lesson says")

	// Text: a table, code, a link; the names of files open the editor.
	tb.press(".next")
	tb.atStep(0)
	require.Equal(t, "https://kubernetes.io/docs/concepts/workloads/pods/ _blank noopener noreferrer", js[string](tb, "(a => `${a.href} ${a.target} ${a.rel}`)("+panel+".querySelector('.md a[target]'))"))
	require.Equal(t, 2, js[int](tb, panel+".querySelectorAll('.md table tbody tr').length"))
	require.Equal(t, 1, js[int](tb, panel+".querySelectorAll('.md thead td').length"), "an empty cell heads nothing")
	tb.axe()
	tb.press(".filename")
	tb.until("document.querySelector('tab-yaml .code')?.shadowRoot?.textContent.includes('hello-app:1.0')")
	require.True(t, js[bool](tb, panel+".hidden"), "the editor is where the lesson was")
	tb.do("(async () => document.querySelector('#left-tab-lesson').click())()")
	tb.press("[data-do=edit]")
	tb.until("document.querySelector('tab-yaml .code')?.shadowRoot?.textContent.includes('kind: ConfigMap')")
	tb.do("(async () => document.querySelector('#left-tab-lesson').click())()")
	// What it points at is ringed, and moves with the stage.
	tb.until("document.querySelectorAll('.lesson-rings .thing').length === 1")
	before := js[string](tb, "document.querySelector('.lesson-rings .thing').style.transform")
	tb.do("(async () => document.querySelector('tab-stage').zoom(1.3))()")
	tb.until("document.querySelector('.lesson-rings .thing')?.style.transform !== " + quote(before))
	tb.do("(async () => document.querySelector('tab-stage').fit())()")
	tb.press(".points button")
	tb.until("document.querySelector('tab-inspector h2')?.textContent.includes('hello')")
	tb.press(".next")

	// A step: a check, in words what is the case instead, hints one at a time.
	tb.atStep(1)
	tb.until(panel + ".querySelector('.got')?.textContent.includes('1')")
	require.Equal(t, "lesson-points-here", js[string](tb, "document.querySelector('tab-terminal').getAttribute('aria-describedby') ?? ''"))
	require.Zero(t, js[int](tb, panel+".querySelectorAll('.hint').length"))
	tb.press(".hintbutton")
	tb.until(panel + ".querySelectorAll('.hint').length === 1")
	tb.press(".hintbutton")
	tb.until(panel + ".querySelectorAll('.hint').length === 2 && " + panel + ".querySelector('.hintbutton').disabled")
	// The block's line, by its button; the check holds by and by.
	tb.press("[data-do=put]")
	tb.until("document.activeElement?.classList.contains('xterm-helper-textarea')")
	tb.screenHas(`~ \$ kubectl scale deployment hello --replicas=3$`)
	tb.keys("\r")
	tb.do("window.tabernetes.clock.settle(60)")
	tb.until(panel + ".querySelectorAll('.checks li.ok').length === 1 && " + panel + ".querySelector('.after')")
	require.Contains(t, js[string](tb, panel+".querySelector('.after').innerText"), "You changed one number")
	tb.axe()
	tb.still("lesson-done")
	tb.press(".next")

	// A prediction: nothing can be done before, the clock stands; afterwards it is beside what happened.
	tb.atStep(2)
	require.True(t, js[bool](tb, panel+".querySelector('[data-do=run]').disabled && "+panel+".querySelector('.showme').disabled"))
	tb.until("!document.querySelector('tab-clock .on')")
	tb.axe()
	tb.still("lesson-question")
	tb.do("(async () => " + panel + ".querySelectorAll('.predict input')[0].click())()")
	tb.press(".predict button")
	tb.until("document.querySelector('tab-clock .on') && !" + panel + ".querySelector('[data-do=run]').disabled")
	require.NotContains(t, js[string](tb, panel+".innerText"), "makes another one", "the outcome comes later")
	tb.until(panel + ".play.results.length === 1")
	// Something that should not have happened, and the way back.
	tb.line("kubectl delete deployment hello")
	tb.do("window.tabernetes.clock.settle(60)")
	tb.until(panel + ".querySelector('.again')")
	tb.press(".again")
	tb.until("!" + panel + ".play.busy && !" + panel + ".querySelector('.again')")
	require.Contains(t, tb.kubectl("get deployments"), "3/3")
	// It goes on in a branch: the clock runs there, and what was undone does not happen again.
	tb.do("window.tabernetes.clock.settle(60)")
	require.Contains(t, tb.kubectl("get deployments"), "3/3")

	// A reload goes on where it stopped.
	tb.until("JSON.parse(localStorage.getItem('tabernetes.lesson.own:')).steps['delete-one'].since.branch > 0")
	tb.do("(async () => { window.old = true; setTimeout(() => location.reload(), 0) })()")
	tb.until("!window.old && document.readyState === 'complete' && window.tabernetes")
	tb.ready()
	tb.until("!window.old && document.readyState === 'complete' && " + panel + "?.play?.view === 2 && !" + panel + ".play.busy")
	tb.until(panel + ".querySelector('.predict.said .mine')?.textContent.includes('Two pods')")
	require.Contains(t, tb.kubectl("get deployments"), "3/3")
	require.False(t, js[bool](tb, panel+".play.remade"))
	require.Contains(t, js[string](tb, panel+".querySelector('.dots button:nth-child(1)').ariaLabel"), "done")
	tb.press(".showme")
	tb.until(panel + ".play.states[2].done")
	text := js[string](tb, panel+".innerText")
	require.Contains(t, text, "makes another one")
	require.Contains(t, text, "differently than you expected")
	require.Contains(t, text, "Show me", "who was shown is told so")
	require.Regexp(t, `kubectl delete pod hello-[0-9a-z]+-[0-9a-z]+`, js[string](tb, "[...document.querySelectorAll('tab-terminal .transcript')].map(e => e.textContent).join('')"), "the line that really ran")
	tb.still("lesson-predicted")

	// An earlier step can be read again, and gone back to.
	tb.do("(async () => " + panel + ".querySelectorAll('.dots button')[1].click())()")
	tb.until(panel + ".querySelector('.stephead').textContent === 'Three pods'")
	tb.press(".again")
	tb.press(".confirm .primary")
	tb.until(panel + ".play.step === 1 && !" + panel + ".play.busy && " + panel + ".querySelectorAll('.checks li.ok').length === 0")
	require.Contains(t, tb.kubectl("get deployments"), "1/1")

	// The playground is as it was.
	tb.press(".ltop .link")
	tb.until("!" + panel + ".play && !" + panel + ".querySelector('.underway')")
	tb.until("document.querySelector('tab-header .pill').textContent.includes('3 workers')")
	require.Contains(t, tb.kubectl("get deployments"), "mine")
	require.NotContains(t, js[string](tb, "location.search"), "lesson")
	require.Contains(t, js[string](tb, panel+".querySelector('.card').innerText"), "step 2 of 4", "and the lesson remembers")
	require.Zero(t, js[int](tb, "document.querySelectorAll('.lesson-rings i').length"))
	tb.noErrors()
}

// TestTeacher sees the notes and jumps to a step, which makes those before it.
func TestTeacher(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?teacher&lang=zh&theme=dark", 1280, 800)
	tb.ready()
	tb.paste(ownLesson(t))
	tb.atStep(-1)
	require.Contains(t, js[string](tb, panel+".querySelector('.tnote').innerText"), "学生")
	tb.press(".next")
	tb.atStep(0)
	tb.do("(async () => " + panel + ".querySelectorAll('.dots button')[3].click())()")
	tb.atStep(3)
	require.Contains(t, tb.kubectl("get deployments"), "3/3")
	require.Contains(t, js[string](tb, panel+".querySelector('.tnote').innerText"), "五分钟")
	tb.axe()
	tb.still("lesson-teacher")
	// Somebody makes another cluster meanwhile: it is said, and the lesson's can be had back.
	tb.do("window.tabernetes.reset({nodes: 2})")
	tb.until(panel + ".querySelector('.trouble')")
	require.NotContains(t, tb.kubectl("get deployments -A"), "hello")
	tb.press(".trouble .primary")
	tb.until("!" + panel + ".play.lost && !" + panel + ".play.busy && " + panel + ".play.step === 3")
	require.Contains(t, tb.kubectl("get deployments"), "3/3")
	tb.noErrors()
}

// TestPointsMeanSomething: every panel and button that a lesson may point at is found, and every kind of thing on the stage.
func TestPointsMeanSomething(t *testing.T) {
	needBrowser(t, env)
	for _, width := range []int64{1280, 390} {
		tb := open(t, "?lang=zh", width, 844)
		tb.ready()
		tb.do("(async () => { for (const b of document.querySelectorAll('header .lessons')) b.click() })()")
		tb.until(panel + "?.querySelector('.card button')")
		tb.do(panel + ".open('canary')")
		tb.until(panel + "?.play?.lesson.id === 'canary'")
		tb.atStep(-1)
		tb.press(".next")
		tb.atStep(0)
		// From now on the test says where the rings are, not the panel.
		tb.do("(async () => " + panel + ".updated = () => {})()")
		things := append(lesson.Points(),
			"nodes/node-1", "nodes/node-*", "nodes/control-plane-1", "services/default/hello", "services/default/hel*", "deployments/default/hello-stable",
			"replicasets/default/hello-stable-*", "pods/default/hello-stable-*", "component:etcd", "component:kube-scheduler@control-plane-1", "component:kubelet", "component:kube-proxy@node-2")
		if width <= 760 { // a phone has no timeline
			things = slices.DeleteFunc(things, func(p string) bool { return p == "panel:timeline" })
		}
		for _, p := range things {
			tb.do("(async () => " + panel + ".rings.show([" + quote(p) + "], 'here'))()")
			tb.until("document.querySelectorAll('.lesson-rings i').length > 0 && " + panel + ".rings.points[0] === " + quote(p) + " || console.log(" + quote(p) + ")")
			box := js[struct{ X, Y, W, H, VW, VH float64 }](tb, "(r => ({X: r.x, Y: r.y, W: r.width, H: r.height, VW: innerWidth, VH: innerHeight}))(document.querySelector('.lesson-rings i').getBoundingClientRect())")
			require.True(t, box.W >= 8 && box.H >= 8 && box.X+box.W/2 > 0 && box.X+box.W/2 < box.VW && box.Y+box.H/2 > 0 && box.Y+box.H/2 < box.VH, "%s at %d: %+v", p, width, box)
			tb.do("(async () => { " + panel + ".rings.show([], ''); await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))) })()")
			require.Zero(t, js[int](tb, "document.querySelectorAll('.lesson-rings i').length"), p)
		}
		tb.noErrors()
		tb.close()
	}
}

// hostileLesson has something in every text that would like to be more than text.
var hostileLesson = func() string {
	const evil = `<img src=x onerror="window.pwned++"> <script>window.pwned++</script> [x](javascript:window.pwned++) ![x](http://evil.example/x.png)`
	text := "# " + evil + "\n\n" + evil + "\n\n" + evil + "\n\n:::teacher\n" + evil + "\n:::\n\n## " + evil + " {#one}\n\n" + evil + "\n\n```sh\n" + evil + "\n```\n\n" +
		":::predict\n" + evil + "\n\n- [x] " + evil + "\n- [ ] " + evil + "\n\n" + evil + "\n:::\n\n:::check there\n" + evil + "\n:::\n\n:::hint\n" + evil + "\n:::\n\n:::after\n" + evil + "\n:::\n\n## " + evil + " {#end}\n\n" + evil + "\n"
	return "-- scenario.yaml --\nid: evil\norder: 1\nminutes: 1\nsteps:\n- id: one\n  speed: 1\n  checks:\n  - id: there\n    object: pod/there\n  solution:\n  - kubectl run there --image=nginx\n-- en.md --\n" + text + "-- zh.md --\n" + text
}()

// TestHostileLessons: what is in a lesson is text, whatever it says, and what is wrong with one is said.
func TestHostileLessons(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?lang=en", 1280, 800)
	tb.ready()
	tb.do("(async () => { window.pwned = 0; document.querySelector('header .lessons').click() })()")
	tb.until(panel + "?.querySelector('.card button')")
	// The panel's own reader of Markdown, with what the engine would have refused.
	for _, text := range []string{
		`<script>window.pwned++</script>`, `<img src=x onerror="window.pwned++">`, `<svg/onload=window.pwned++>`, `<iframe srcdoc="<script>parent.pwned++</script>"></iframe>`,
		`[x](javascript:window.pwned++)`, `[x](data:text/html,<script>window.pwned++</script>)`, "[x][r]\n\n[r]: javascript:window.pwned++", `<javascript:window.pwned++>`, `[x](&#106;avascript:window.pwned++)`,
		`![x](https://example.com/x.png)`, `<style>body{display:none}</style>`, `**<b onclick=window.pwned++>x</b>**`, "```sh\n<img src=x onerror=window.pwned++>\n```", "`<img src=x onerror=window.pwned++>`", `&lt;script&gt;window.pwned++&lt;/script&gt;`,
		`| <img src=x onerror=window.pwned++> |` + "\n|---|\n| <script>window.pwned++</script> |", `<a href="https://example.com" onclick="window.pwned++">x</a>`, `[x](https://example.com "a\" onmouseover=\"window.pwned++")`, `<base href="https://evil.example/">`, `<form action="https://evil.example"><button>x</button></form>`,
	} {
		found := js[[]string](tb, `(() => {
			const e = `+panel+`.texts.at("probe", {en: `+quote(text)+`, zh: ""});
			document.body.append(e);
			const bad = [];
			for (const x of e.querySelectorAll("*")) {
				if (/^(SCRIPT|IMG|SVG|IFRAME|STYLE|FORM|OBJECT|EMBED|BASE|LINK|META|INPUT)$/i.test(x.tagName)) bad.push(x.tagName);
				for (const a of x.attributes) if (/^on|^style$|^src/.test(a.name) || (a.name === "href" && !/^(https:|#)/.test(a.value))) bad.push(x.tagName + " " + a.name + "=" + a.value);
				if (x.tagName !== "A" || !x.href) x.click?.();
			}
			e.remove();
			return bad;
		})()`)
		require.Empty(t, found, text)
	}
	tb.do("(async () => await new Promise(r => setTimeout(r, 50)))()")
	require.Zero(t, js[int](tb, "window.pwned"))

	// Lessons that are wrong: each tells why, nothing is opened, the page goes on.
	good := ownLesson(t)
	for text, want := range map[string]string{
		"": "No file was found", "id: x": "No file was found",
		"-- scenario.yaml --\n<script>window.pwned++</script>\n-- en.md --\n# X\n-- zh.md --\n# X\n": "scenario.yaml",
		"-- scenario.yaml --\nid: x\nminutes: 1\nscript: alert(1)\n":                                 "script",
		good + "\n-- evil.js --\nalert(1)\n":                                                         "evil.js",
	} {
		tb.paste(text)
		require.Contains(t, js[string](tb, panel+".querySelector('.trouble')?.innerText ?? ''"), want, text)
		require.False(t, js[bool](tb, "!!"+panel+".play"))
		require.Zero(t, js[int](tb, panel+".querySelectorAll('.trouble script').length"))
	}
	// One whose texts are hostile is taken, and every text of it is text.
	tb.paste(hostileLesson)
	tb.atStep(-1)
	harmless := func() {
		t.Helper()
		tb.do("(async () => await new Promise(r => setTimeout(r, 20)))()")
		require.Empty(t, js[[]string](tb, `[...`+panel+`.querySelectorAll("*")].flatMap(x => [...(/^(SCRIPT|IMG|SVG|IFRAME|STYLE|OBJECT|EMBED|BASE|LINK|META)$/i.test(x.tagName) ? [x.tagName] : []), ...[...x.attributes].filter(a => /^on|^src/.test(a.name) || (a.name === "href" && !/^(https:|#)/.test(a.value))).map(a => a.name + "=" + a.value)])`))
		require.Contains(t, js[string](tb, panel+".innerText"), "onerror", "it is there to be read")
		require.Zero(t, js[int](tb, "window.pwned"))
	}
	harmless()
	tb.press(".next")
	tb.atStep(0)
	tb.press(".predict input")
	tb.press(".predict button")
	tb.press(".hintbutton")
	tb.until(panel + ".querySelector('.hint')")
	harmless()
	tb.press(".showme")
	tb.until(panel + ".play.states[0].done && " + panel + ".querySelector('.after')")
	harmless()
	tb.press(".next")
	tb.atStep(1)
	harmless()
	require.Zero(t, js[int](tb, panel+".querySelectorAll('[href*=evil]').length"))
	tb.press(".lfoot button")
	tb.until("!" + panel + ".reading && !" + panel + ".play")
	for wish, want := range map[string]string{
		"https://evil.example/lesson/": "Only files of 127.0.0.1", "//evil.example/l": "Only files of 127.0.0.1", "javascript:alert(1)": "Only files of 127.0.0.1", "nothing": "no lesson", "./lessons/nothing/": "404", "own-": "no lesson",
	} {
		tb.do(panel + ".open(" + quote(wish) + ")")
		tb.do(panel + ".updateComplete")
		require.Contains(t, js[string](tb, panel+".querySelector('.trouble')?.innerText ?? ''"), want, wish)
	}
	require.Zero(t, js[int](tb, "window.pwned"))
	require.Contains(t, tb.kubectl("get nodes"), "node-3")
	tb.mu.Lock()
	for _, e := range tb.errors {
		require.Contains(t, e, "404", "the console says nothing but that a folder is not there")
	}
	tb.mu.Unlock()
	// From an address of this host.
	tb.do(panel + ".open('./lessons/self-healing/')")
	tb.atStep(-1)
	require.Contains(t, js[string](tb, "decodeURIComponent(location.search)"), "lesson=/lessons/self-healing/")
}
