package browsertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const envPictures = "TABERNETES_PICTURES"

// TestPictures makes the pictures of the README: make screenshots.
func TestPictures(t *testing.T) {
	needBrowser(t, envPictures)
	dir := os.Getenv(envPictures)
	picture := func(tb *tab, name string) {
		tb.do("window.tabernetes.idle()")
		png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
		tb.close()
	}
	// canary is a cluster in which two versions answer requests; it stands.
	canary := func(query string, width, height int64) *tab {
		tb := open(t, query, width, height)
		tb.ready()
		tb.do("window.tabernetes.clock.pause()")
		tb.do("window.tabernetes.apply(" + quote(manifest(t, "own/canary-by-replicas.yaml")) + ")")
		tb.do("window.tabernetes.clock.settle(300)")
		tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 50})")
		tb.do("window.tabernetes.clock.advance(30)")
		return tb
	}
	press := func(tb *tab, selector, text string) {
		tb.do(`(() => { const b = [...document.querySelectorAll(` + quote(selector) + `)].find((e) => e.textContent.includes(` + quote(text) + `)); if (!b) throw new Error("no " + ` + quote(text) + `); b.click(); })()`)
	}

	tb := canary("?lang=en&theme=light&nodes=4", 1280, 800)
	picture(tb, "stage-light")

	tb = canary("?lang=en&theme=dark", 1280, 800)
	tb.do("window.tabernetes.killNode('node-2')")
	tb.do("window.tabernetes.clock.advance(70)")
	picture(tb, "node-loss-dark")

	tb = canary("?lang=zh&theme=light", 1280, 800)
	press(tb, "tab-left [role=tab]", "金丝雀")
	picture(tb, "canary-zh")

	tb = canary("?lang=en&theme=light", 390, 844)
	picture(tb, "phone")

	tb = canary("?lang=en&theme=light&masters=3", 1280, 800)
	tb.do("window.tabernetes.killNode('control-plane-2')")
	tb.do("window.tabernetes.killNode('control-plane-3')")
	tb.do("window.tabernetes.clock.advance(20)")
	picture(tb, "masters-light")

	// The past of a rollout, with the way it went on still on the timeline.
	tb = canary("?lang=en&theme=dark", 1280, 800)
	tb.kubectl("scale deployment hello-stable --replicas=12")
	tb.do("window.tabernetes.clock.advance(60)")
	tb.do("window.tabernetes.killNode('node-1')")
	tb.do("window.tabernetes.clock.advance(120)")
	tb.do("window.tabernetes.seek(75)")
	picture(tb, "past-dark")

	tb = open(t, "?lesson=node-failure&lang=en&theme=light", 1280, 800)
	tb.ready()
	tb.atStep(-1)
	tb.press(".next")
	tb.atStep(0)
	picture(tb, "lesson-light")
}
