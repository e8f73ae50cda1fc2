package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// neighbours are two hosts: one with somebody's documentation, one with the built page, which that documentation embeds.
// They are of different sites, so that Chromium keeps them in different processes.
type neighbours struct {
	docs, play string // origins
	mu         sync.Mutex
	fetched    map[string]int // from play, by path
	bytes      int
	engine     chan struct{} // if there, the engine is sent once it is closed
}

// counted writes through and counts.
type counted struct {
	http.ResponseWriter
	n *neighbours
}

func (c counted) Write(b []byte) (int, error) {
	c.n.mu.Lock()
	c.n.bytes += len(b)
	c.n.mu.Unlock()
	return c.ResponseWriter.Write(b)
}

// embedding serves pages by path: bodies in which PLAY stands for the address of the built page, DOCS for their own.
func embedding(t testing.TB, pages map[string]string) *neighbours {
	n := &neighbours{fetched: map[string]int{}}
	built := serveDir(t, dist)
	play := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.fetched[r.URL.Path]++
		gate := n.engine
		n.mu.Unlock()
		if gate != nil && strings.Contains(r.URL.Path, "engine") {
			<-gate
		}
		// What was fetched once must not come from the browser's cache the second time.
		w.Header().Set("Cache-Control", "no-store")
		built.Config.Handler.ServeHTTP(counted{w, n}, r)
	}))
	t.Cleanup(play.Close)
	n.play = strings.Replace(play.URL, "127.0.0.1", "localhost", 1)
	docs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".yaml") {
			fmt.Fprint(w, body)
			return
		}
		// What docs/embedding.md says that an embedding page's policy needs, and nothing more.
		policy := fmt.Sprintf("default-src 'none'; script-src %[1]s; frame-src %[1]s http:; connect-src 'self'; img-src data:", n.play)
		if strings.Contains(body, " style=") { // the page's own
			policy += "; style-src 'unsafe-inline'"
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Documentation</title><link rel="icon" href="data:,"><body><main><h1>A page of documentation</h1>%s</main>`, strings.NewReplacer("PLAY", n.play, "DOCS", "http://"+r.Host).Replace(body))
	}))
	t.Cleanup(docs.Close)
	n.docs = docs.URL
	return n
}

func (n *neighbours) count(path string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fetched[path]
}

// engines is how often the engine was fetched.
func (n *neighbours) engines() (sum int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for path, count := range n.fetched {
		if strings.Contains(path, "engine") {
			sum += count
		}
	}
	return sum
}

const tag = "document.querySelector('tabernetes-playground')"

// waits until an expression is true; unlike until it knows of no terminal.
func (tb *tab) waits(expr string) {
	tb.t.Helper()
	for range 600 {
		there, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool]("(async () => !!(await ("+expr+")))()", chromedp.EvalAwaitPromise))
		if err == nil && there {
			return
		}
		// A page that is being left answers nobody.
		if err != nil && !strings.Contains(err.Error(), "navigated or closed") {
			require.NoError(tb.t, err, expr)
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Fail(tb.t, "never true", expr)
}

// picture is shot for a page that is not ours.
func (tb *tab) picture(name string) {
	tb.do("window.tabernetes ??= { idle: async () => {} }")
	tb.shot(name)
}

func TestEmbedCostsAPosterUntilTheClick(t *testing.T) {
	needBrowser(t, env)
	for _, v := range []struct {
		name, attributes string
		width            int64
		start            string
	}{
		{"en-light", `theme="light"`, 1280, "Start"}, {"zh-dark", `lang="zh" theme="dark"`, 1280, "启动"},
		{"zh-light-phone", `lang="zh-CN" theme="light"`, 390, "启动"}, {"en-dark-phone", `theme="dark" height="400"`, 390, "Start"},
	} {
		t.Run(v.name, func(t *testing.T) {
			n := embedding(t, map[string]string{"/": `<tabernetes-playground scenario="canary" ` + v.attributes + `></tabernetes-playground><script async src="PLAY/embed.js"></script>`})
			tb := openURL(t, n.docs, "", v.width, 700)
			tb.waits("customElements.get('tabernetes-playground')")
			button := tag + ".shadowRoot.querySelector('button')"
			require.Contains(t, js[string](tb, button+".textContent"), v.start)
			title := map[bool]string{true: "按副本数的金丝雀", false: "Canary by replicas"}[strings.Contains(v.attributes, "zh")]
			require.Contains(t, js[string](tb, button+".textContent"), title, "it says what will open")
			require.True(t, js[bool](tb, button+".clientHeight > 300"))
			tb.axe()
			tb.picture("embed-poster-" + v.name)
			n.mu.Lock()
			require.Equal(t, map[string]int{"/embed.js": 1}, n.fetched)
			t.Logf("before the click: %d bytes in one request", n.bytes)
			require.LessOrEqual(t, n.bytes, 15_000)
			n.mu.Unlock()
			// With the keyboard alone.
			tb.keys("\t")
			require.True(t, js[bool](tb, tag+".shadowRoot.activeElement === "+button))
			tb.keys("\r")
			tb.do(tag + ".ready")
			require.Equal(t, "IFRAME", js[string](tb, tag+".shadowRoot.activeElement?.tagName"), "the keyboard goes on inside")
			require.Contains(t, tb.inside("kubectl('get nodes')").Stdout, "node-3")
			tb.rolledOut("hello-stable")
			tb.waits(tag + ".api.clock.settle(60).then(() => true)")
			tb.picture("embed-open-" + v.name)
			tb.noErrors()
		})
	}
}

type lineResult struct {
	Stdout, Stderr string
	Code           int
}

// inside calls a method of the first tag's cluster.
func (tb *tab) inside(call string) lineResult {
	tb.t.Helper()
	return js[lineResult](tb, tag+".api."+call)
}

// rolledOut waits for a Deployment in the first tag's cluster, which may still have to be applied.
func (tb *tab) rolledOut(name string) {
	tb.t.Helper()
	tb.waits(tag + ".api.kubectl('get deployment " + name + "').then(r => r.code === 0)")
	tb.do(tag + ".api.clock.settle(300)")
	r := tb.inside("kubectl('rollout status deployment/" + name + " --timeout=60s')")
	require.Zero(tb.t, r.Code, r.Stderr)
	require.Contains(tb.t, r.Stdout, "successfully rolled out")
}

func TestEmbedOpensWhenScrolledNear(t *testing.T) {
	needBrowser(t, env)
	n := embedding(t, map[string]string{"/": `<tabernetes-playground load="near" nodes="2"></tabernetes-playground><script src="PLAY/embed.js"></script>`})
	tb := openURL(t, n.docs, "", 800, 600)
	tb.do(tag + ".ready")
	require.NotContains(t, tb.inside("kubectl('get nodes')").Stdout, "node-3", "the attributes became parameters")

	far := embedding(t, map[string]string{"/": `<canvas height="4000"></canvas><tabernetes-playground load="near"></tabernetes-playground><script src="PLAY/embed.js"></script>`})
	tb = openURL(t, far.docs, "", 800, 600)
	tb.do("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(f))))")
	require.Zero(t, far.count("/embed.html"), "far away: nothing but the poster")
	tb.do("(async () => scrollTo(0, 3400))()")
	tb.do(tag + ".ready")
}

// TestEmbedsShareOneModule counts fetches of the engine, which the host forbids to keep.
func TestEmbedsShareOneModule(t *testing.T) {
	needBrowser(t, env)
	two := `<tabernetes-playground id="a" seed="1"></tabernetes-playground><tabernetes-playground id="b" seed="2" nodes="2"></tabernetes-playground><script src="PLAY/embed.js"></script>`
	n := embedding(t, map[string]string{"/": two})
	tb := openURL(t, n.docs, "", 1280, 1100)
	tb.do("Promise.all([a.open(), b.open(), a.ready, b.ready])")
	require.Equal(t, 1, n.engines(), "one engine for both")
	require.Contains(t, js[string](tb, "a.api.kubectl('get nodes').then(r => r.stdout)"), "node-3")
	require.NotContains(t, js[string](tb, "b.api.kubectl('get nodes').then(r => r.stdout)"), "node-3", "they are different clusters")
	require.Positive(t, js[int](tb, "b.api.stats().then(s => s.wasmBytes)"))
	// The first may go: the second hands on what it got.
	tb.do("(async () => { a.close(); const c = document.createElement('tabernetes-playground'); c.id = 'c'; document.body.append(c); c.open(); await c.ready })()")
	require.Equal(t, 1, n.engines())
	tb.picture("embed-two")
	tb.noErrors()

	// The first goes away while it loads: the second loads for itself.
	n = embedding(t, map[string]string{"/": two})
	n.engine = make(chan struct{})
	tb = openURL(t, n.docs, "", 1280, 1100)
	tb.do("(async () => a.open())()")
	for n.engines() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	tb.do("(async () => { const heard = new Promise(f => b.api.clock.now().then(f)); b.open(); await heard; a.remove() })()")
	close(n.engine)
	tb.do("b.ready")
	require.Equal(t, 2, n.engines())
}

// TestEmbedSpeaksWithItsParentAlone lets neighbours, strangers and nonsense speak to a frame, and a frame to its page.
func TestEmbedSpeaksWithItsParentAlone(t *testing.T) {
	needBrowser(t, env)
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/sibling":
			// Speaks to every frame of the page it stands in, and to that page as if it were the cluster.
			fmt.Fprint(w, `<script>onmessage = () => {
  for (let i = 0; i < parent.frames.length; i++) parent.frames[i].postMessage({tabernetes: 1, id: 7, method: "kubectl", args: ["create configmap stolen"]}, "*");
  parent.postMessage({tabernetes: 1, event: "command", detail: {line: "forged", code: 0}}, "*");
  parent.postMessage({tabernetes: 1, id: 1, result: "forged"}, "*");
  parent.postMessage("spoken", "*");
}</script>`)
		default: // a host that pretends to be the page
			fmt.Fprint(w, `<script>
const origin = new URLSearchParams(location.search).get("origin"), say = (m) => parent.postMessage(m, origin);
for (const m of [null, 1, "x", [], {tabernetes: 2, event: "ready"}, {tabernetes: 1, event: "constructor"}, {tabernetes: 1, event: "click", detail: 1}, {tabernetes: 1, event: ["ready"]}, {tabernetes: 1, id: 99, result: 1}, {tabernetes: 1, id: "__proto__", error: "x"}]) say(m);
say({tabernetes: 1, event: "listening", detail: null});
say({tabernetes: 1, event: "frame", detail: "<img src=x onerror=alert(1)>"});
onmessage = (e) => { say({tabernetes: 1, id: e.data.id, result: {__proto__: {polluted: 1}, text: "<script>alert(1)<\/script>"}}); try { top.location = "/away" } catch (e) { say({tabernetes: 1, event: "error", detail: {message: "kept in"}}) } };
</script>`)
		}
	}))
	t.Cleanup(stranger.Close)
	evil := strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1)
	n := embedding(t, map[string]string{
		"/":     `<tabernetes-playground></tabernetes-playground><script src="PLAY/embed.js"></script><iframe id="sibling" src="` + evil + `/sibling"></iframe>`,
		"/raw":  `<iframe src="PLAY/embed.html?nodes=1&origin=DOCS"></iframe><iframe src="PLAY/embed.html?nodes=1"></iframe><iframe src="PLAY/embed.html?nodes=1&origin=https://docs.example"></iframe>`,
		"/evil": `<tabernetes-playground base="` + evil + `/"></tabernetes-playground><script src="PLAY/embed.js"></script>`,
	})

	tb := openURL(t, n.docs, "", 1000, 700)
	tb.do("(async () => { window.heard = []; for (const e of ['command', 'error', 'frame', 'ready']) " + tag + ".addEventListener(e, (x) => heard.push([e, x.detail])); " + tag + ".open(); await " + tag + ".ready })()")
	tb.do("new Promise(f => { addEventListener('message', (e) => { if (e.data === 'spoken') f() }); sibling.contentWindow.postMessage(1, '*') })")
	out := tb.inside("kubectl('get configmaps')")
	require.NotContains(t, out.Stdout, "stolen", "a neighbour is not heard")
	require.Contains(t, out.Stdout, "kube-root-ca.crt")
	tb.waits("heard.some(([e, d]) => e === 'command' && d.line === 'kubectl get configmaps' && d.code === 0)")
	require.False(t, js[bool](tb, "heard.some(([e, d]) => d.line === 'forged')"), "nor is it taken for the cluster")
	tb.waits("heard.some(([e, d]) => e === 'frame' && d.nodes === 3 && d.revision > 100)")
	require.Equal(t, "killNode: argument 1: want a string", js[string](tb, tag+".api.killNode(1).catch(e => e.message)"))
	require.Contains(t, js[string](tb, tag+".api.killNode(() => {}).catch(e => e.message)"), "could not be cloned")
	tb.noErrors()

	// Frames without the tag: the first names this page's origin, the others none and another's. Whatever is said to all of
	// them, before and after the first one's cluster is ready, only the first answers.
	const speak = `(m) => new Promise((answered) => {
  addEventListener("message", (e) => { if (e.source === frames[0] && e.data.tabernetes === 1 && e.data.id === m.id) answered(e.data) });
  for (const f of [2, 1, 0]) frames[f].postMessage(m, "*") })`
	tb = openURL(t, n.docs, "raw", 800, 600)
	tb.do("(async () => { window.others = window.answers = 0; addEventListener('message', (e) => { if (e.source !== frames[0]) others++; else if (e.data.id === 0 && e.data.result) answers++ }) })()")
	tb.waits("(() => { for (const f of [2, 1, 0]) frames[f].postMessage({tabernetes: 1, id: 0, method: 'stats'}, '*'); return answers })()")
	for message, want := range map[string]string{
		`{tabernetes: 1, id: 1, method: "stats"}`:                                                `"nodes":1`,
		`{tabernetes: 1, id: 2, method: "constructor", args: []}`:                                `there is no method`,
		`{tabernetes: 1, id: 3, method: "__proto__.toString", args: []}`:                         `there is no method`,
		`{tabernetes: 1, id: 4, method: "kubectl", args: [{toString: 1}]}`:                       `want a string`,
		`{tabernetes: 1, id: 5, method: "apply", args: ["x".repeat(2 ** 20 + 1)]}`:               `at most 1048576`,
		`{tabernetes: 1, id: 6, method: "reset", args: [{nodes: 1e9}]}`:                          `want a number from 1 to 5000`,
		`{tabernetes: 1, id: 7, method: "clock.advance", args: [NaN]}`:                           `want a number`,
		`{tabernetes: 1, id: 8, method: "apply", args: ["a: *a"]}`:                               `"code":1`,
		`{tabernetes: 1, id: 9, method: "kubectl", args: ["get nodes", {files: {}}]}`:            `takes 1 arguments`,
		`{tabernetes: 1, id: 10, method: "kubectl", args: ["get nodes"], origin: location.href}`: `unknown field`,
	} {
		require.Contains(t, js[string](tb, "("+speak+")("+message+").then(JSON.stringify)"), want, message)
	}
	require.Zero(t, js[int](tb, "others"), "who does not name this page's origin does not speak with it")
	require.Contains(t, js[string](tb, `(async () => { const all = []; addEventListener("message", (e) => { if (e.data.error) all.push(e.data.error) });
  for (let i = 0; i < 80; i++) frames[0].postMessage({tabernetes: 1, id: 100 + i, method: "clock.advance", args: [1]}, "*");
  while (!all.length) await new Promise(requestAnimationFrame); return all[0] })()`), "64 requests are unanswered already")

	tb = openURL(t, n.docs, "evil", 800, 600)
	require.Equal(t, "<script>alert(1)</script>", js[string](tb, "(async () => { window.heard = []; for (const e of ['frame', 'click', 'constructor', 'error']) "+tag+".addEventListener(e, (x) => heard.push(e + ':' + (x.detail?.message ?? x.detail))); return (await "+tag+".api.stats()).text })()"))
	tb.waits("heard.length >= 2")
	require.Equal(t, []string{"frame:<img src=x onerror=alert(1)>", "error:kept in"}, js[[]string](tb, "heard"))
	require.True(t, js[bool](tb, "({}).polluted === undefined && !document.querySelector('img') && location.pathname === '/evil'"))
}

func TestEmbeddedPage(t *testing.T) {
	needBrowser(t, env)
	srv := serveDir(t, dist)
	at := func(t *testing.T, query string, width, height int64) *tab {
		tb := openURL(t, srv.URL, "embed.html"+query, width, height)
		tb.ready()
		return tb
	}
	for _, v := range []struct {
		name, query   string
		width, height int64
		there         string
		missing       string
	}{
		{"small", "?scenario=canary&panels=stage,terminal&theme=light", 360, 400, "tab-stage, tab-terminal", "tab-left, tab-inspector, tab-timeline, tab-header"},
		{"small-all", "?scenario=canary&panels=stage,terminal,do,inspector&theme=dark&lang=zh", 360, 560, "tab-stage, tab-left, tab-inspector", "tab-header"},
		{"wide", "?scenario=canary&panels=stage,terminal&theme=dark&lang=zh", 1200, 700, "tab-stage, tab-terminal", "tab-left"},
		{"all", "?scenario=hello&panels=header,yaml,stage,inspector,timeline,terminal&theme=light", 1200, 700, "tab-header, tab-timeline", "none"},
		{"terminal", "?panels=terminal&theme=light", 700, 400, "tab-terminal", "tab-stage"},
		{"yaml", "?panels=yaml,inspector&scenario=nginx&theme=light", 900, 480, "tab-yaml, tab-inspector", "tab-stage, tab-terminal"},
	} {
		t.Run(v.name, func(t *testing.T) {
			tb := at(t, v.query, v.width, v.height)
			for _, name := range strings.Split(v.there, ", ") {
				require.True(t, js[bool](tb, "!!document.querySelector('"+name+"')"), name)
			}
			require.False(t, js[bool](tb, "!!document.querySelector('"+v.missing+"')"))
			if strings.Contains(v.query, "scenario") {
				tb.waits("window.tabernetes.kubectl('get deployments').then(r => /NAME/.test(r.stdout))")
			}
			tb.do("window.tabernetes.clock.settle(120)")
			tb.do("window.tabernetes.idle()")
			tb.waits("!document.querySelector('.clock :disabled') && /^00:00:(?!00)/.test(document.querySelector('.clock .time').textContent)")
			tb.axe()
			require.True(t, js[bool](tb, "document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll('.foot a, .foot button, tab-stage, tab-terminal')].every(e => { const r = e.getBoundingClientRect(); return r.right <= innerWidth + 1 && r.bottom <= innerHeight + 1 })"), "everything is within the frame")
			tb.shot("embed-page-" + v.name)
			tb.noErrors()
			require.Zero(t, js[int](tb, "localStorage.length"), "an embedded page keeps nothing")
			full := js[string](tb, "document.querySelector('.foot a').href")
			if strings.Contains(v.query, "canary") {
				require.Contains(t, full, "/?scenario=canary")
				tb.do("(async () => { location.href = " + quote(full) + " })()")
				tb.waits("location.pathname === '/' && window.tabernetes")
				tb.ready()
				tb.waits("window.tabernetes.kubectl('get deployment hello-canary').then(r => r.code === 0)")
			}
		})
	}

	banner := "document.querySelector('.banner')?.textContent"
	wrong := openURL(t, srv.URL, "icon.svg", 700, 420)
	for _, v := range []struct{ query, want string }{
		{"?panels=stage,<b>map</b>", "there is no “<b>map</b>”"},
		{"?panels=stage,kaart&lang=zh", "没有“kaart”"},
		{"?origin=*", "origin=*"},
		{"?scenario=nowhere", "there is no such scenario"},
		{"?manifest-src=https://elsewhere.example/a.yaml", "only files of"},
		{"?manifest-src=examples/none.yaml", "404"},
		{"?manifest-src=examples/nginx.yaml&scenario=hello", "only one of them"},
		{"?nodes=0", "nodes=0"},
		{"?again#manifest=kind:%20%5B", "error"},
	} {
		require.NoError(t, chromedp.Do(wrong.ctx, chromedp.Navigate(srv.URL+"/embed.html"+v.query)))
		wrong.waits("/* " + strings.ReplaceAll(v.query, "*/", "") + " */ " + banner)
		require.Contains(t, js[string](wrong, banner), v.want, v.query)
	}
	tb := at(t, "?manifest-src=examples/nginx.yaml&panels=yaml", 700, 420)
	tb.waits("window.tabernetes.kubectl('get deployment nginx').then(r => r.code === 0)")
	require.Contains(t, js[string](tb, "document.querySelector('tab-yaml textarea').value"), "name: nginx")
	tb = at(t, "#manifest="+"apiVersion:%20v1%0Akind:%20ConfigMap%0Ametadata:%20%7Bname:%20given%7D%0A", 700, 420)
	tb.waits("window.tabernetes.kubectl('get configmap given').then(r => r.code === 0)")
}

// TestRunThis has blocks as MkDocs, Hugo and Docusaurus write them: with line numbers, with <br>, and what is no manifest.
func TestRunThis(t *testing.T) {
	needBrowser(t, env)
	n := embedding(t, map[string]string{
		"/": `
<div class="language-yaml highlight"><table class="highlighttable"><tr><td class="linenos"><div class="linenodiv"><pre><span></span><span class="normal">1</span></pre></div></td><td class="code"><div><pre><span></span><code><span class="nt">apiVersion</span>: v1
kind: ConfigMap
metadata: {name: mkdocs}
</code></pre></div></td></tr></table></div>
<div class="highlight"><pre class="chroma"><code class="language-yaml" data-lang="yaml"><span class="line"><span class="ln">1</span><span class="cl">apiVersion: v1
</span></span><span style="display:flex;"><span style="white-space:pre;user-select:none;color:#7f7f7f">2</span><span class="cl">kind: ConfigMap
</span></span><span class="line"><span class="ln">3</span><span class="cl">metadata: {name: hugo}
</span></span></code></pre></div>
<div class="language-yaml codeBlockContainer_x"><div class="codeBlockContent_x"><pre class="prism-code language-yaml"><code class="codeBlockLines_x"><span class="token-line">apiVersion: v1<br></span><span class="token-line">kind: ConfigMap<br></span><span class="token-line">metadata: {name: docusaurus}<br></span></code></pre></div></div>
<pre><code class="language-yaml">site_name: no manifest</code></pre>
<script defer src="PLAY/run-this.js" data-panels="terminal" data-height="300" data-nodes="1"></script>`,
		"/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fetched}\n",
		"/tag":    `<tabernetes-playground manifest-src="a.yaml"></tabernetes-playground><tabernetes-playground id="inner"><pre>apiVersion: v1` + "\nkind: ConfigMap\nmetadata: {name: inner}" + `</pre></tabernetes-playground><tabernetes-playground id="foreign" manifest-src="https://elsewhere.example/a.yaml"></tabernetes-playground><script src="PLAY/embed.js"></script>`,
	})
	tb := openURL(t, n.docs, "", 1000, 900)
	buttons := "[...document.querySelectorAll('main > button')]"
	tb.waits(buttons + ".length === 3")
	require.Zero(t, n.count("/embed.js"), "the tag's script comes with the first click")
	tb.picture("run-this")
	for _, name := range []string{"mkdocs", "hugo", "docusaurus"} {
		tb.do("(async () => { " + buttons + "[0].click() })()")
		last := "document.querySelectorAll('tabernetes-playground')[" + quote(map[string]int{"mkdocs": 0, "hugo": 1, "docusaurus": 2}[name]) + "]"
		tb.waits(last + "?.api")
		tb.waits(last + ".api.kubectl('get configmap " + name + "').then(r => r.code === 0)")
	}
	require.Equal(t, 1, n.engines())
	tb.do("(async () => scrollTo(0, 0))()")
	tb.picture("run-this-open")
	tb.noErrors()

	tb = openURL(t, n.docs, "tag", 1000, 900)
	tb.waits(tag + ".api.kubectl('get configmap fetched').then(r => r.code === 0)")
	tb.waits("inner.api.kubectl('get configmap inner').then(r => r.code === 0)")
	require.Contains(t, js[string](tb, "foreign.api.stats().catch(e => e.message)"), "manifest-src: only files of")
}
