package browsertest

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A sheet is the eight ways a view can be looked at, put together: TABERNETES_SHOTS keeps one picture of the wide ones and
// one of the narrow ones for each view.
var widths = []struct {
	name          string
	width, height int64
	columns       int
}{{"wide", 1280, 800, 2}, {"phone", 390, 844, 4}}

// clipped lists what of a page cannot be seen: text that is cut off without a sign of it, and what is outside of the window
// where nothing scrolls to it.
const clipped = `(() => {
  const out = [], seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  if (document.documentElement.scrollWidth > innerWidth) out.push("the page is wider than the window: " + document.documentElement.scrollWidth);
  // A modal dialog lies over everything else.
  const root = document.querySelector("dialog:modal") ?? document.body, scrolls = (e, axis) => /auto|scroll/.test(getComputedStyle(e)["overflow" + axis]);
  for (const e of root.querySelectorAll("*")) {
    const says = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()), asks = e.matches("button, select, input, textarea, a");
    if (!says && !asks || !seen(e) || e.closest(".sr-only, .xterm, [popover]:not(:popover-open), tab-tree, style, svg, option, datalist")) continue;
    const r = e.getBoundingClientRect(), name = e.tagName + "." + e.className + " “" + (e.textContent.trim() || e.value || e.getAttribute("aria-label") || "").slice(0, 60) + "”";
    if (!r.width || !r.height) continue;
    const style = getComputedStyle(e);
    if (says && /hidden|clip/.test(style.overflowX) && style.textOverflow !== "ellipsis" && e.scrollWidth > e.clientWidth + 1) out.push("cut off: " + name);
    let right = true, down = true;
    for (let a = e; a; a = a.parentElement) { if (scrolls(a, "X") || getComputedStyle(a).textOverflow === "ellipsis") right = false; if (scrolls(a, "Y")) down = false; }
    if (right && (r.right > innerWidth + 1 || r.left < -1)) out.push("outside: " + name + " " + Math.round(r.left) + "–" + Math.round(r.right));
    if (down && (r.bottom > innerHeight + 1 || r.top < -1)) out.push("below: " + name + " " + Math.round(r.top) + "–" + Math.round(r.bottom));
  }
  return out;
})()`

// looks shows a view in both widths, languages and themes, and requires that nothing of it is out of sight. What is laid out
// or worded when it opens is opened anew each time.
func (tb *tab) looks(name string, again ...func()) {
	tb.t.Helper()
	dir := os.Getenv("TABERNETES_SHOTS")
	for _, w := range widths {
		require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.EmulateViewport(w.width, w.height)))
		var shots []image.Image
		// Colours take no room: without pictures every second of the eight will do.
		turn := 2
		if dir == "" {
			turn = 1
		}
		for i := range 2 * turn {
			if i%turn == 0 {
				tb.do("document.querySelector('tab-header [lang]').click()")
			}
			tb.do("(async () => { document.querySelector('tab-header .round').click(); await new Promise((r) => setTimeout(r, 60)); })()")
			if len(again) > 0 {
				again[0]()
			}
			tb.do("window.tabernetes.idle()")
			require.Empty(tb.t, js[[]string](tb, clipped), "%s, %s", name, js[string](tb, "document.documentElement.lang + ' ' + document.documentElement.dataset.theme + ' ' + innerWidth"))
			if dir != "" {
				b, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
				require.NoError(tb.t, err)
				shot, err := png.Decode(bytes.NewReader(b))
				require.NoError(tb.t, err)
				shots = append(shots, shot)
			}
			if len(again) > 0 {
				again[1]()
			}
		}
		if dir == "" {
			continue
		}
		wide, high := int(w.width), int(w.height)
		sheet := image.NewRGBA(image.Rect(0, 0, wide*w.columns, high*len(shots)/w.columns))
		for i, shot := range shots {
			at := image.Pt(i%w.columns*wide, i/w.columns*high)
			draw.Draw(sheet, image.Rectangle{at, at.Add(image.Pt(wide, high))}, shot, image.Point{}, draw.Src)
		}
		require.NoError(tb.t, os.MkdirAll(dir, 0o755))
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("view-%s-%s.png", name, w.name)))
		require.NoError(tb.t, err)
		require.NoError(tb.t, png.Encode(f, sheet))
		require.NoError(tb.t, f.Close())
	}
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.EmulateViewport(1280, 800)))
}

// TestViews looks at every view of the page in both languages, both themes and both widths.
func TestViews(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=light&lang=en&masters=3", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	sheet := func(name string) { tb.do("document.querySelector('[data-sheet-tab=" + name + "]').click()") }
	tab := func(id string) { tb.do("document.querySelector('#" + id + "').click()") }
	// choose selects a thing of the stage by a part of its name, in the list that stands for it.
	choose := func(name, pane string) {
		tb.do(`(async () => { const tree = document.querySelector("tab-tree"), items = () => [...tree.querySelectorAll("[role=treeitem]")];
		  for (let n = 0; n < 300; n++) { const shut = items().find((e) => e.getAttribute("aria-expanded") === "false"); if (!shut) break; shut.focus(); shut.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true })); await tree.updateComplete; }
		  const e = items().find((e) => e.textContent.replace(/^\W*(default\/)?/, "").startsWith(` + quote(name) + `)); if (!e) throw new Error("no " + ` + quote(name) + `); e.click(); })()`)
		tb.until("document.querySelector('#right-tab-" + pane + "')")
		tab("right-tab-" + pane)
		tb.until("!/^…$/m.test(document.querySelector('tab-inspector .pane').innerText)")
		sheet("inspect")
	}

	sheet("do")
	tb.looks("first")
	sheet("inspect")
	tb.looks("first-inspect")
	tb.do("window.tabernetes.apply(" + quote(manifest(t, "own/canary-by-replicas.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 40})")
	tb.do("window.tabernetes.clock.advance(20)")
	tb.kubectl("create deployment broken --image=nginx:none")
	tb.kubectl("create deployment web --image=nginx --replicas=4")
	tb.do("window.tabernetes.clock.advance(45)")
	sheet("do")
	tb.do("document.querySelector('tab-yaml')?.dispatchEvent(new CustomEvent('open'))")
	tb.until("document.querySelector('tab-yaml .code').shadowRoot?.querySelector('.cm-content')")
	tb.looks("yaml")
	for _, name := range []string{"canary", "load"} {
		tab("left-tab-" + name)
		tb.looks(name)
	}
	for _, v := range []struct{ name, thing, pane string }{
		{"pod", "hello-stable-", "summary"}, {"pod-why", "broken-", "why"}, {"pod-yaml", "hello-stable-", "yaml"}, {"pod-events", "broken-", "events"}, {"pod-logs", "hello-stable-", "logs"},
		{"node", "node-2", "summary"}, {"master", "control-plane-2", "summary"}, {"etcd", "etcd", "summary"}, {"service", "hello:", "summary"}, {"deployment", "Deployment hello-stable", "summary"},
		{"scheduler", "kube-scheduler", "summary"},
	} {
		choose(v.thing, v.pane)
		tb.looks(v.name)
	}
	for _, name := range []string{"events", "branches"} {
		if name == "branches" {
			tb.do("window.tabernetes.undo()")
			tb.kubectl("scale deployment broken --replicas=2")
			tb.do("window.tabernetes.clock.advance(30)")
		}
		tab("bottom-tab-" + name)
		sheet("terminal")
		tb.looks(name)
	}
	// Two branches beside each other have the window for themselves.
	tb.looks("compare", func() {
		tb.do(`(async () => { [...document.querySelectorAll("tab-branches button")].find((b) => /Compare|比较/.test(b.textContent)).click() })()`)
		tb.wait("document.querySelector('tab-compare table')")
	}, func() {
		tb.do("(async () => document.querySelector('tab-compare .bar button').click())()")
		tb.until("!document.querySelector('tab-compare')")
	})
	tab("bottom-tab-terminal")
	tb.do("(async () => document.querySelector('tab-terminal .transcript')?.click())()")
	tb.kubectl("get pods -o wide")
	tb.looks("terminal")
	tb.do("window.tabernetes.seek(30)")
	tb.looks("past")
	tb.do("window.tabernetes.present()")

	sheet("do")
	tb.do("window.tabernetes.killNode('node-1')")
	tb.do("window.tabernetes.killNode('control-plane-3')")
	tb.do("window.tabernetes.run('cut node-2 * both')")
	tb.do("window.tabernetes.clock.advance(70)")
	tb.looks("faults")

	tb.looks("clock-menu", func() {
		tb.do("document.querySelector('.clock .narrow').click()")
		tb.wait("document.querySelector('.clock-menu')?.matches(':popover-open')")
	}, func() { tb.do("document.querySelector('.clock-menu').hidePopover()") })
	tb.do("document.querySelector('tab-header > header > .pill').click()")
	tb.looks("new-cluster")
	tb.do("document.querySelector('tab-new-cluster dialog').close()")
	tb.do("document.querySelector('tab-header .share').click()")
	tb.until("document.querySelector('tab-session .linkfield')?.value.includes('#s=')")
	tb.looks("share-link")
	for _, name := range []string{"sessions", "export", "import"} {
		tab("session-tab-" + name)
		tb.looks("share-" + name)
	}
	tb.do("document.querySelector('tab-session dialog').close()")
	tb.do("document.querySelector('tab-header .lessons').click()")
	tb.until(panel + "?.querySelectorAll('li').length >= 9")
	tb.looks("lessons")
	tb.do(panel + ".querySelector('li button, li a').click()")
	tb.atStep(-1)
	tb.looks("lesson-begin")
	tb.press(".next")
	tb.atStep(0)
	tb.looks("lesson-step")
	tb.noErrors()
}
