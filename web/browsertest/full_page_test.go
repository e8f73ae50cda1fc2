package browsertest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const fullPage = "document.querySelector('.foot a')"

// TestFullPageGoesOn: the link out of a frame of another site, which has a storage of its own, takes along what was done in it.
func TestFullPageGoesOn(t *testing.T) {
	needBrowser(t, env)
	n := embedding(t, map[string]string{"/": `<tabernetes-playground scenario="hello" nodes="2" seed="9" lang="en" panels="stage,terminal"></tabernetes-playground><script src="PLAY/embed.js"></script>`})
	tb := openURL(t, n.docs, "", 1000, 700)
	tb.do("(async () => { " + tag + ".open(); await " + tag + ".ready })()")
	tb.rolledOut("hello")
	frame := tb.frame(n.play + "/embed.html")
	require.Contains(t, js[string](frame, fullPage+".href"), "/?scenario=hello", "until somebody reaches for it, it is the address of the beginning")

	// With the mouse, the clock standing: the same journal.
	tb.do(tag + ".api.clock.pause()")
	require.Zero(t, tb.inside("kubectl('scale deployment/hello --replicas=5')").Code)
	tb.do(tag + ".api.clock.advance(40)")
	hash := js[stats](tb, tag+".api.stats()").JournalHash
	page := tb.opens(n.play, func() { tb.clickIn(frame, fullPage) })
	page.ready()
	require.Equal(t, hash, page.hash())
	require.Equal(t, n.play+"/?lang=en", js[string](page, "location.href"), "the address would mislead")
	require.False(t, js[bool](page, "!!window.opener"))
	require.False(t, js[bool](page, "!!document.querySelector('tab-clock .on')"), "its clock stands")
	require.Contains(t, page.kubectl("get deployments"), "5/5")
	// It is a session like any other.
	hash = page.hash()
	page.kept()
	page.again()
	require.Equal(t, hash, page.hash())
	page.close()

	// With the clock running, and a click that comes before anything was prepared.
	tb.do(tag + ".api.clock.play(50)")
	frame.do("(async () => { addEventListener('pointerdown', (e) => e.stopImmediatePropagation(), true); addEventListener('focus', (e) => e.stopImmediatePropagation(), true) })()")
	require.Zero(t, tb.inside("kubectl('create configmap mine')").Code)
	page = tb.opens(n.play, func() { tb.clickIn(frame, fullPage) })
	page.ready()
	require.Contains(t, page.kubectl("get configmaps"), "mine")
	page.wait("document.querySelector('tab-clock .on') && document.querySelector('tab-clock select').value === '50'")
	page.close()

	// With the keyboard.
	frame = tb.frame(n.play + "/embed.html")
	tb.do(tag + ".api.clock.pause()")
	tb.clickIn(frame, "document.querySelector('tab-legend') ?? document.querySelector('.clock .time')")
	frame.do("(async () => " + fullPage + ".focus())()")
	hash = js[stats](tb, tag+".api.stats()").JournalHash
	page = tb.opens(n.play, func() { tb.keys("\r") })
	page.ready()
	require.Equal(t, hash, page.hash())
	page.close()

	// More than a link can hold: that is said, and then it opens as it began.
	for i := range 2 {
		var text strings.Builder
		for k := 0; text.Len() < 150_000; k++ {
			sum := sha256.Sum256([]byte{byte(i), byte(k), byte(k >> 8)})
			text.WriteString(base64.RawStdEncoding.EncodeToString(sum[:]))
		}
		r := tb.inside("apply(" + quote(fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: long-%d}\ndata: {text: %s}\n", i, &text)) + ")")
		require.Zero(t, r.Code, r.Stderr)
	}
	tb.clickIn(frame, fullPage)
	frame.wait("document.querySelector('.banner')?.innerText.includes('too long for a link')")
	tb.picture("embed-full-page-too-long")
	page = tb.opens(n.play, func() { tb.clickIn(frame, fullPage) })
	page.ready()
	page.wait("window.tabernetes.kubectl('get deployment hello').then(r => r.code === 0)")
	require.NotContains(t, page.kubectl("get configmaps"), "mine")
	frame.keptNowhere()
}

// TestFullPageTakesTheLessonAlong: its step, what was guessed and which hints were asked for.
func TestFullPageTakesTheLessonAlong(t *testing.T) {
	needBrowser(t, env)
	n := embedding(t, map[string]string{"/": `<tabernetes-playground lesson="self-healing" lang="en" height="620"></tabernetes-playground><script src="PLAY/embed.js"></script>`})
	tb := openURL(t, n.docs, "", 1000, 760)
	tb.do("(async () => { " + tag + ".open(); await " + tag + ".ready })()")
	frame := tb.frame(n.play + "/embed.html")
	frame.atStep(-1)
	frame.press(".next")
	frame.atStep(0)
	frame.press(".hintbutton")
	frame.press(".showme")
	frame.until(panel + ".play.states[0].done")
	frame.press(".next")
	frame.atStep(1)
	frame.do("(async () => " + panel + ".querySelector('.predict input')?.click())()")
	frame.do("(async () => " + panel + ".querySelector('.predict button')?.click())()")
	frame.press(".next")
	frame.atStep(2)
	frame.do("(async () => " + panel + ".querySelector('.predict input').click())()")
	frame.press(".predict button")
	frame.press(".hintbutton")
	states := js[string](frame, "JSON.stringify("+panel+".play.states)")
	page := tb.opens(n.play, func() { tb.clickIn(frame, fullPage) })
	page.ready()
	page.atStep(2)
	require.Equal(t, n.play+"/?lesson=self-healing&lang=en", js[string](page, "location.href"))
	require.JSONEq(t, states, js[string](page, "JSON.stringify("+panel+".play.states)"))
	require.False(t, js[bool](page, panel+".play.remade"))
	require.Contains(t, page.kubectl("get pods"), "lonely", "the cluster of the steps before")
	page.still("full-page-lesson")
	// A reload goes on there, too, and the lesson can be left.
	page.do("window.tabernetes.clock.pause()")
	page.kept()
	page.again()
	page.atStep(2)
	require.False(t, js[bool](page, panel+".play.remade"))
	page.press(".showme")
	page.until(panel + ".play.states[2].done")
	page.press(".ltop .link")
	page.until("!" + panel + ".play && !" + panel + ".reading")
	page.until("document.querySelector('tab-header .pill').textContent.includes('3 workers')")
	require.NotContains(t, page.kubectl("get pods"), "lonely")
	require.True(t, strings.HasSuffix(js[string](page, "location.href"), "/?lang=en"))
	frame.keptNowhere()
	page.close()

	// Progress that somebody has made up for a session that is none of this lesson's: nothing breaks.
	link := js[string](tb, "(async () => (await "+tag+".api.link()).split('#s=')[1])()")
	for _, forged := range []string{"", "AAAA", strings.TrimPrefix(fragment(t, []byte(`{"v":1,"sum":"x","step":7,"of":8,"title":{"en":"<img src=x onerror=alert(1)>","zh":""},"finished":false,"steps":{"__proto__":{"since":{"ms":1e300,"after":1e300,"commands":1e300,"branch":1e300},"hints":1e300}},"record":"x"}`)), "#s=")} {
		other := open(t, "?lesson=self-healing&lang=en#s="+link+"&play=-1&lesson="+forged, 1000, 700)
		other.ready()
		other.atStep(-1)
		require.NotContains(t, other.kubectl("get pods"), "lonely", "it begins anew")
		other.noErrors()
		other.close()
	}
}
