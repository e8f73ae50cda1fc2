package browsertest

import (
	"strings"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// attached is another target of the same browser: a frame of another site, or a page that a link has opened.
func (tb *tab) attached(id target.ID) *tab {
	tb.t.Helper()
	ctx, cancel := chromedp.NewContext(tb.ctx, chromedp.WithTargetID(id))
	tb.t.Cleanup(cancel)
	return &tab{t: tb.t, ctx: ctx, url: tb.url, close: cancel}
}

// frame is the frame of another site in this page whose address begins so.
func (tb *tab) frame(url string) *tab {
	tb.t.Helper()
	for range 200 {
		all, err := chromedp.Targets(tb.ctx)
		require.NoError(tb.t, err)
		for _, info := range all {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, url) {
				return tb.attached(info.TargetID)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Fail(tb.t, "no such frame", url)
	return nil
}

// opens is the page that something opens in a tab of its own.
func (tb *tab) opens(url string, do func()) *tab {
	tb.t.Helper()
	opened := chromedp.WaitNewTarget(tb.ctx, func(info *target.Info) bool { return info.Type == "page" && strings.HasPrefix(info.URL, url) })
	do()
	select {
	case id, ok := <-opened:
		require.True(tb.t, ok)
		two := tb.attached(id)
		two.wait("window.tabernetes")
		return two
	case <-time.After(time.Minute):
		require.Fail(tb.t, "no page was opened", url)
	}
	return nil
}

// clickIn clicks with the mouse on the middle of an element of a frame that fills the page's first tag.
func (tb *tab) clickIn(frame *tab, element string) {
	tb.t.Helper()
	at := js[struct{ X, Y float64 }](frame, "(r => ({X: r.x + r.width / 2, Y: r.y + r.height / 2}))("+element+".getBoundingClientRect())")
	tag := js[struct{ X, Y float64 }](tb, "(r => ({X: r.x, Y: r.y}))("+tag+".shadowRoot.querySelector('iframe').getBoundingClientRect())")
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.MouseClickXY(tag.X+at.X, tag.Y+at.Y)))
}
