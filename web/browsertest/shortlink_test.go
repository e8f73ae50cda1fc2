package browsertest

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"tabernetes/web/share"
)

// nativeHost is the native server itself, a program of its own, which keeps links in a folder.
func nativeHost(t testing.TB) (address, links string) {
	program := filepath.Join(t.TempDir(), "web")
	out, err := exec.Command("go", "build", "-o", program, "tabernetes/web").CombinedOutput()
	require.NoError(t, err, string(out))
	links = t.TempDir()
	static, err := filepath.Abs(dist)
	require.NoError(t, err)
	host := exec.Command(program, "-addr=127.0.0.1:0", "-static="+static, "-links="+links)
	host.Stderr = os.Stderr
	said, err := host.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, host.Start())
	t.Cleanup(func() { _ = host.Process.Signal(os.Interrupt); _ = host.Wait() })
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	address = regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	require.NotEmpty(t, address, line)
	return address, links
}

// TestShortLink: somebody makes a short link to what they did, somebody else opens it.
func TestShortLink(t *testing.T) {
	needBrowser(t, env)
	host, links := nativeHost(t)
	behind, err := url.Parse(host)
	require.NoError(t, err)
	// Below a path of its own, which a proxy takes away.
	proxy := httptest.NewServer(http.StripPrefix("/play", httputil.NewSingleHostReverseProxy(behind)))
	t.Cleanup(proxy.Close)
	home := proxy.URL + "/play/"

	tb := openURL(t, proxy.URL, "play/?nodes=2&seed=11&lang=en", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.do("window.tabernetes.apply(" + quote(example(t, "hello.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.kubectl("scale deployment/hello --replicas=6")
	tb.do("window.tabernetes.clock.advance(45)")
	tb.do("window.tabernetes.killNode('node-2')")
	tb.do("window.tabernetes.clock.advance(60)")
	hash, at := tb.hash(), tb.totals()
	tb.do("(async () => document.querySelector('tab-header .share').click())()")
	make := `[...document.querySelectorAll("tab-session button")].find(b => b.innerText === "Make a short link")`
	tb.until(make + "?.disabled === false")
	tb.do("(async () => " + make + ".click())()")
	tb.until("document.querySelector('tab-session input.short')?.value")
	tb.axe()
	tb.shot("short-link")
	link := js[string](tb, "document.querySelector('tab-session input.short').value")
	require.Regexp(t, "^"+regexp.QuoteMeta(home)+"s/[a-z2-7]{16}$", link)
	id := link[len(link)-16:]
	require.True(t, js[bool](tb, "window.tabernetes.offline"))
	tb.noErrors()

	// In another profile.
	other := openURL(t, proxy.URL, strings.TrimPrefix(link, proxy.URL+"/"), 1280, 800)
	other.wait("window.tabernetes")
	other.ready()
	require.Equal(t, hash, other.hash())
	require.Equal(t, at, other.totals())
	require.Equal(t, home, js[string](other, "location.href"))
	other.kubectl("scale deployment/hello --replicas=1")
	other.noErrors()
	other.close()

	// Where a service worker keeps the page: it leaves links to the host.
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(link)))
	tb.wait("window.tabernetes")
	tb.ready()
	require.Equal(t, hash, tb.hash())

	// In another page, by the tag and by a frame of its own.
	n := embedding(t, map[string]string{"/": `<tabernetes-playground base="` + home + `" session="` + link + `"></tabernetes-playground><script src="PLAY/embed.js"></script>`})
	framed := openURL(t, n.docs, "", 1000, 700)
	framed.do("(async () => { " + tag + ".open(); await " + tag + ".ready })()")
	require.Equal(t, hash, js[stats](framed, tag+".api.stats()").JournalHash)
	require.NoError(t, chromedp.Do(framed.ctx, chromedp.Navigate(home+"embed.html#link="+id)))
	framed.wait("window.tabernetes")
	framed.ready()
	require.Equal(t, hash, framed.hash())
	framed.keptNowhere()
	framed.close()

	// A link that has ended, one that never was, one that lost its end, one that the host cannot read.
	file := filepath.Join(links, id)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	record, err := share.ParseRecord(string(kept))
	require.NoError(t, err)
	record.Expires = time.Unix(1_000_000_000, 0)
	require.NoError(t, os.WriteFile(file, []byte(record.Record()), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(links, strings.Repeat("b", 16)), []byte("1 0 <script>"), 0o600))
	last := openURL(t, proxy.URL, "play/icon.svg", 1000, 700)
	for _, id := range []string{id, strings.Repeat("a", 16), id[:15], "<script>"} {
		require.NoError(t, chromedp.Do(last.ctx, chromedp.Navigate(home+"s/"+url.PathEscape(id))))
		require.Contains(t, js[string](last, "document.body.innerText"), "leads to no session: it has ended, or was not copied whole", id)
		require.Equal(t, home, js[string](last, "document.querySelector('a').href"))
	}
	for _, page := range []string{"?lang=en", "embed.html?lang=en"} {
		for id, want := range map[string]string{id: "It leads to no session", strings.Repeat("a", 16): "It leads to no session", "%3Cscript%3E": "It leads to no session", strings.Repeat("b", 16): "could not be fetched: 503"} {
			require.NoError(t, chromedp.Do(last.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(home+page+"#link="+id)))
			last.wait("document.querySelector('.banner')")
			require.Contains(t, js[string](last, "document.querySelector('.banner').innerText"), want, page+id)
		}
		last.ready()
		require.Contains(t, last.kubectl("get nodes"), "node-3", "there is a cluster all the same")
	}
	require.NoError(t, chromedp.Do(last.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(home+"?lang=zh#link="+id)))
	last.wait("document.querySelector('.banner')?.innerText.includes('此链接没有对应的会话')")
}

// TestSessionInAFrame: the fragment of a link opens in another page's frame as it does in a page of its own.
func TestSessionInAFrame(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?nodes=2&seed=3", 1000, 700)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment web --image=nginx --replicas=3")
	tb.do("window.tabernetes.clock.advance(60)")
	hash, link := tb.hash(), js[string](tb, "window.tabernetes.link()")
	_, payload, _ := strings.Cut(link, "#")
	tb.close()

	n := embedding(t, map[string]string{
		"/":    `<tabernetes-playground session="` + link + `"><pre>apiVersion: v1` + "\nkind: ConfigMap\nmetadata: {name: beside}" + `</pre></tabernetes-playground><script src="PLAY/embed.js"></script>`,
		"/raw": `<iframe src="PLAY/embed.html?origin=DOCS&panels=stage#` + payload + `"></iframe>`,
		"/bad": `<tabernetes-playground session="my session" lang="en"></tabernetes-playground><tabernetes-playground id="cut" session="` + link[:len(link)-12] + `" lang="en"></tabernetes-playground><script src="PLAY/embed.js"></script>`,
	})
	tb = openURL(t, n.docs, "", 1000, 700)
	require.Contains(t, js[string](tb, tag+".shadowRoot.querySelector('.title').textContent"), "A recorded session")
	tb.do("(async () => { " + tag + ".open(); await " + tag + ".ready })()")
	require.Equal(t, hash, js[stats](tb, tag+".api.stats()").JournalHash)
	require.NotContains(t, tb.inside("kubectl('get configmaps')").Stdout, "beside", "a session is what it is")
	frame := tb.frame(n.play + "/embed.html")
	require.Contains(t, js[string](frame, fullPage+".href"), "#s=")
	// A frame keeps nothing but its address: loaded again it shows the session again.
	require.Zero(t, tb.inside("kubectl('scale deployment/web --replicas=1')").Code)
	frame.do("(async () => { setTimeout(() => location.reload()) })()")
	tb.waits(tag + ".api.stats().then(s => s.journalHash === " + quote(hash) + ", () => false)")
	frame.keptNowhere()
	tb.noErrors()

	tb = openURL(t, n.docs, "raw", 1000, 700)
	frame = tb.frame(n.play + "/embed.html")
	frame.ready()
	require.Equal(t, hash, frame.hash())

	tb = openURL(t, n.docs, "bad", 1000, 700)
	require.Equal(t, "session: want a link to a session", js[string](tb, tag+".api.stats().catch(e => e.message)"))
	require.Contains(t, js[string](tb, "new Promise(f => { cut.addEventListener('error', e => f(e.detail.message)); cut.open() })"), "Its end is missing")
	tb.do("cut.ready")
	require.Contains(t, js[string](tb, "cut.api.kubectl('get nodes').then(r => r.stdout)"), "node-3")
}
