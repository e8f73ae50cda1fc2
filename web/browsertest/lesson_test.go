package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// lessonEntry is what a test needs of lessons/index.json.
type lessonEntry struct {
	ID    string
	Title struct{ EN, ZH string }
}

func lessons(t testing.TB) []lessonEntry {
	b, err := os.ReadFile(dist + "/lessons/index.json")
	require.NoError(t, err)
	var list []lessonEntry
	require.NoError(t, json.Unmarshal(b, &list))
	require.NotEmpty(t, list)
	return list
}

// panel is the lessons' panel, and what it plays.
const panel = "document.querySelector('tab-lesson')"

// press clicks what a selector finds in the panel.
func (tb *tab) press(selector string) {
	tb.t.Helper()
	tb.until(panel + "?.querySelector(" + quote(selector) + ")?.disabled === false")
	tb.do("(async () => " + panel + ".querySelector(" + quote(selector) + ").click())()")
}

// atStep waits until the panel shows a step and nothing is under way; -1 is the introduction.
func (tb *tab) atStep(n int) {
	tb.t.Helper()
	tb.until(fmt.Sprintf("%s?.play?.view === %d && !%s.play.busy && (%d < 0 || !%s.play.states[%d] || %s.play.states[%d].since)", panel, n, panel, n, panel, n, panel, n))
}

// TestEveryLessonInThePage takes every lesson in both languages: what each step asks for does not hold at first, "show me"
// does it, and then it holds.
func TestEveryLessonInThePage(t *testing.T) {
	needBrowser(t, env)
	for _, l := range lessons(t) {
		for _, lang := range []string{"en", "zh"} {
			t.Run(l.ID+"/"+lang, func(t *testing.T) {
				t.Parallel()
				// Who wants less motion does not wait between the lines that are shown.
				tb := open(t, "?lesson="+l.ID+"&lang="+lang+"&theme=light", 1280, 800, chromedp.Flag("force-prefers-reduced-motion", true))
				tb.takeLesson(l, lang)
				tb.noErrors()
				tb.close()
			})
		}
	}
}

// takeLesson takes one from its introduction to its end; the page remembers that.
func (tb *tab) takeLesson(l lessonEntry, lang string) {
	tb.t.Helper()
	tb.goThrough(l, lang)
	require.Contains(tb.t, js[string](tb, "localStorage.getItem('tabernetes.lesson."+l.ID+"')"), `"finished":true`)
}

func (tb *tab) goThrough(l lessonEntry, lang string) {
	t := tb.t
	t.Helper()
	tb.ready()
	tb.atStep(-1)
	title := l.Title.EN
	if lang == "zh" {
		title = l.Title.ZH
	}
	require.Equal(t, title, js[string](tb, panel+".querySelector('h2').textContent"))
	tb.axe()
	type step struct {
		ID, Title string
		Read      bool
		Predict   bool
		Checks    int
		Speed     float64
	}
	steps := js[[]step](tb, panel+".play.lesson.steps.map(s => ({ID: s.id, Title: s.title."+lang+", Read: s.read, Predict: !!s.predict, Checks: s.checks.length, Speed: s.speed}))")
	tb.press(".next")
	for i, s := range steps {
		tb.atStep(i)
		head := js[string](tb, panel+".querySelector('.stephead').textContent")
		require.Equal(t, s.Title, head)
		if s.Predict {
			require.True(t, js[bool](tb, panel+".querySelector('.next')?.disabled !== false"), "%s: the question comes first", s.ID)
			require.True(t, s.Read || js[bool](tb, panel+".querySelector('.showme').disabled"), "%s: the question comes first", s.ID)
			tb.do("(async () => " + panel + ".querySelector('.predict input').click())()")
			tb.press(".predict button")
			tb.until("!" + panel + ".querySelector('form.predict')")
		}
		if !s.Read {
			tb.until(fmt.Sprintf("%s.play.results.length === %d", panel, s.Checks))
			require.Zero(t, js[int](tb, panel+".querySelectorAll('.checks li.ok').length"), "%s: nothing was done yet", s.ID)
			require.Equal(t, s.Checks, js[int](tb, panel+".querySelectorAll('.checks li').length"))
			require.True(t, js[bool](tb, "!"+panel+".querySelector('.next')"), s.ID)
			if s.Speed > 0 {
				tb.until(fmt.Sprintf("document.querySelector('tab-clock select').value === '%v'", s.Speed))
			}
			tb.press(".showme")
			tb.until(fmt.Sprintf("%s.play.states[%d].done || %s.play.trouble", panel, i, panel))
			require.Empty(t, js[string](tb, panel+".play.trouble?.text ?? ''"), s.ID)
			tb.until(fmt.Sprintf("%s.querySelectorAll('.checks li.ok').length === %d", panel, s.Checks))
			if s.Speed > 1 {
				// A step that hurries gives the clock back: nobody reads at thirty times the speed.
				tb.until("document.querySelector('tab-clock select').value === '1' && window.tabernetes.clock.now() > 0 && !" + panel + ".play.pace.lent")
				require.Contains(t, js[string](tb, panel+".querySelector('.pace').innerText"), "1×", s.ID)
				tb.still("pace-" + l.ID + "-" + s.ID + "-" + lang)
			}
		}
		if lang == "en" {
			tb.axe() // both languages have the same structure: lint sees to it
		}
		tb.press(".next")
	}
	tb.atStep(len(steps))
	require.True(t, js[bool](tb, panel+".play.finished"))
	tb.axe()
	require.False(t, strings.Contains(js[string](tb, panel+".innerText"), "undefined"))
}

// TestLessonLooks shows the list and a lesson as people see it: both languages, by day and by night, on a desk and on a phone.
func TestLessonLooks(t *testing.T) {
	needBrowser(t, env)
	list, shots := lessons(t), os.Getenv("TABERNETES_SHOTS") != ""
	if !shots {
		list = list[:1] // TestViews looks at one in all eight ways
	}
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"desk", 1280, 800}, {"phone", 390, 844}} {
		for _, lang := range []string{"en", "zh"} {
			for _, theme := range []string{"light", "dark"} {
				if !shots && (lang == "en") != (theme == "light") {
					continue
				}
				name := "-" + size.name + "-" + lang + "-" + theme
				tb := open(t, "?lang="+lang+"&theme="+theme, size.width, size.height)
				tb.ready()
				tb.do("(async () => document.querySelector('header .lessons').click())()")
				tb.until(panel + "?.querySelector('.card button')")
				tb.axe()
				tb.shot("lessons" + name)
				for _, l := range list {
					tb.do(panel + ".open(" + quote(l.ID) + ")")
					tb.until(panel + "?.play?.lesson.id === " + quote(l.ID))
					tb.atStep(-1)
					tb.still("intro-" + l.ID + name)
					tb.press(".next")
					tb.atStep(0)
					tb.until(panel + ".play.current.read || " + panel + ".play.results.length")
					tb.axe()
					tb.still("first-" + l.ID + name)
				}
				tb.noErrors()
				tb.close()
			}
		}
	}
}
