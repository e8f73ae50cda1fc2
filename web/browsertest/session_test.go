package browsertest

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// fragment is a text as the fragment of a link.
func fragment(t testing.TB, text []byte) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return "#s=" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// again reloads the page and waits for its cluster.
func (tb *tab) again() {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.Reload()))
	tb.wait("window.tabernetes")
	tb.ready()
}

// kept waits until what the page shows is kept.
func (tb *tab) kept() {
	tb.t.Helper()
	tb.do(`(async () => {
	  const m = window.tabernetes.totals();
	  for (let i = 0; i < 200; i++) {
	    // Whoever opens it first makes it: that must be the page.
	    if (!(await indexedDB.databases()).some((d) => d.name === "tabernetes")) { await new Promise((r) => setTimeout(r, 50)); continue; }
	    const id = sessionStorage.getItem("tabernetes.session"), db = await new Promise((r) => { const o = indexedDB.open("tabernetes"); o.onsuccess = () => r(o.result) });
	    const rows = await new Promise((r) => { const q = db.transaction("sessions").objectStore("sessions").getAll(); q.onsuccess = () => r(q.result) });
	    db.close();
	    if (rows.find((k) => k.id === id)?.now === m.moment.ms) return;
	    await new Promise((r) => setTimeout(r, 50));
	  }
	  throw new Error("it was not kept");
	})()`)
}

// TestLinkOpensInAnotherProfile: two hundred actions fit into a link of less than 4 KB, which opens the same cluster in another browser.
func TestLinkOpensInAnotherProfile(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?nodes=4&seed=42", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	lines := []string{
		"kubectl create deployment web --image=nginx --replicas=3", "kubectl expose deployment web --port=80", "kubectl scale deployment/web --replicas=5", "kubectl cordon node-1",
		"kubectl label node node-2 disk=ssd --overwrite", "kubectl set image deployment/web nginx=nginx:1.27", "kubectl rollout restart deployment/web", "kubectl uncordon node-1",
		"kubectl scale deployment/web --replicas=8", "kubectl annotate deployment web note=a --overwrite", "kill node-3", "restart node-3",
	}
	const n = 200
	tb.do(`(async () => { const lines = ` + quote(lines) + `; for (let n = 0; n < ` + quote(n) + `; n++) {
	  await window.tabernetes.run(n >= lines.length && n % lines.length < 2 ? "kubectl scale deployment/web --replicas=" + (1 + n % 9) : lines[n % lines.length]);
	  if (n % 4 === 3) await window.tabernetes.clock.advance(3 + n * 7 % 40);
	} })()`)
	hash, at := tb.hash(), tb.totals()
	link := js[string](tb, "window.tabernetes.link()")
	_, payload, ok := strings.Cut(link, "#s=")
	require.True(t, ok)
	t.Logf("%d actions: a link of %d characters, %d of them the session", n, len(link), len(payload))
	require.Less(t, len(link), 4096)
	tb.noErrors()

	other := open(t, "#s="+payload, 1280, 800)
	other.wait("window.tabernetes")
	other.ready()
	require.Equal(t, hash, other.hash())
	require.Equal(t, at, other.totals())
	require.NotContains(t, js[string](other, "location.href"), "#", "the address would mislead")
	// What is opened is a session like any other: a reload goes on with it.
	other.kubectl("scale deployment/web --replicas=1")
	other.do("window.tabernetes.clock.advance(60)")
	other.kept()
	hash = other.hash()
	other.again()
	require.Equal(t, hash, other.hash())

	// Before its first command, and then along the record to the same end.
	start := js[string](tb, "window.tabernetes.link({start: true})")
	_, payload, _ = strings.Cut(start, "#s=")
	other.do("(async () => { location.hash = " + quote("s="+payload) + " })()")
	other.wait("window.tabernetes.totals().past && !location.hash")
	require.Zero(t, other.totals().Moment.Commands)
	other.do("window.tabernetes.present()")
	require.Equal(t, tb.hash(), other.hash())
	other.noErrors()
}

// reachableWorker puts the page's own worker within a test's reach, as window.lastWorker.
func reachableWorker(t testing.TB, dir string) {
	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "reach.js"), []byte("window.Worker = class extends Worker { constructor(...a) { super(...a); window.lastWorker = this } };"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), bytes.Replace(index, []byte("<script type"), []byte(`<script src="reach.js"></script><script type`), 1), 0o644))
}

// TestReloadAndCrashLoseNothing: a reload, a duplicated tab, an engine that dies.
func TestReloadAndCrashLoseNothing(t *testing.T) {
	needBrowser(t, env)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(dist)))
	reachableWorker(t, dir)
	tb := openDir(t, dir, "", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment web --image=nginx --replicas=3")
	tb.do("window.tabernetes.clock.advance(100)")
	tb.do("window.tabernetes.seek(50)")
	tb.kubectl("scale deployment/web --replicas=7")
	tb.do("window.tabernetes.clock.advance(60)")
	hash, at, branches := tb.hash(), tb.totals(), tb.branches()
	tb.kept()
	tb.again()
	require.Equal(t, hash, tb.hash())
	require.Equal(t, at, tb.totals())
	require.Equal(t, branches, tb.branches())
	record := js[string](tb, "sessionStorage.getItem('tabernetes.session')")

	// A command is kept before the clock moves on; the past is a moment like any other.
	tb.do("window.tabernetes.seek(70)")
	past := tb.totals()
	tb.kept()
	tb.again()
	require.Equal(t, past, tb.totals())
	require.Equal(t, record, js[string](tb, "sessionStorage.getItem('tabernetes.session')"), "a tab writes one record")

	// The worker dies.
	tb.do("window.tabernetes.present()")
	tb.kubectl("scale deployment/web --replicas=4")
	tb.do("window.tabernetes.clock.advance(30)")
	hash = tb.hash()
	tb.kept()
	tb.do(`(async () => { const w = window.lastWorker; w.terminate(); w.dispatchEvent(new ErrorEvent("error", { message: "out of memory" })) })()`)
	tb.until("document.querySelector('.banner button')?.innerText === 'Start the engine again'")
	tb.do("(async () => document.querySelector('.banner button').click())()")
	tb.wait("document.querySelector('tab-clock button:not(:disabled)')")
	tb.ready()
	require.Equal(t, hash, tb.hash())
	require.Len(t, tb.branches(), 2)
	tb.kubectl("scale deployment/web --replicas=2")
	tb.do("window.tabernetes.clock.advance(30)")
	hash = tb.hash()
	tb.kept()

	// A tab that was duplicated has the same sessionStorage: it goes on with a copy, and neither disturbs the other.
	two := tb.another("")
	two.do("(async () => { sessionStorage.setItem('tabernetes.session', " + quote(record) + ") })()")
	two.again()
	require.Equal(t, hash, two.hash())
	two.do("window.tabernetes.clock.pause()")
	two.kubectl("delete deployment web")
	two.do("window.tabernetes.clock.advance(10)")
	two.kept()
	require.NotEqual(t, record, js[string](two, "sessionStorage.getItem('tabernetes.session')"))
	tb.again()
	require.Equal(t, hash, tb.hash())
	require.Equal(t, record, js[string](tb, "sessionStorage.getItem('tabernetes.session')"))

	// Another cluster has a record of its own; the list has them all and opens any.
	tb.do("window.tabernetes.reset({nodes: 2, seed: 5})")
	tb.do("window.tabernetes.clock.pause()")
	tb.kubectl("create deployment other --image=nginx")
	tb.kept()
	tb.do("(async () => document.querySelector('tab-header .share').click())()")
	tb.until("document.querySelector('#session-tab-sessions')")
	tb.do("(async () => document.querySelector('#session-tab-sessions').click())()")
	tb.until("document.querySelectorAll('tab-session .kept > li').length === 3")
	tb.axe()
	tb.shot("sessions")
	tb.do(`(async () => { [...document.querySelectorAll("tab-session .kept > li")].find((li) => /at 00:0[12]/.test(li.innerText) && !/another tab|open here/.test(li.innerText)).querySelector("button").click() })()`)
	tb.wait("!document.querySelector('tab-session dialog').open")
	require.Equal(t, hash, tb.hash())
	require.Equal(t, record, js[string](tb, "sessionStorage.getItem('tabernetes.session')"))
}

// TestLinksThatAreNone: each says what is wrong with it, nothing of it runs, and there is a cluster.
func TestLinksThatAreNone(t *testing.T) {
	needBrowser(t, env)
	const text = `{"tabernetes":1,"version":"x","nodes":1,"masters":1,"seed":1,"addons":true,"branches":[{"id":0,"parent":-1,"end":"20000 100 0"}],"branch":0,"at":"20000 100 0","hash":"1"}`
	const evil = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
	good := fragment(t, []byte(text))
	poisoned := strings.NewReplacer(`"x"`, quote(evil[:40]), `"end":"20000 100 0"`, `"name":`+quote(evil)+`,"end":"20000 100 1","t":"10000","n":"50","do":[{"line":`+quote("apply -f "+evil)+`,"files":{`+quote(evil)+`:`+quote("kind: "+evil)+`}}]`, `"at":"20000 100 0"`, `"at":"20000 100 1"`).Replace(text)

	// In a page that is open: what is shown stays.
	tb := open(t, "?nodes=1", 1000, 700)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	hash := tb.hash()
	for name, x := range map[string]struct{ hash, says string }{
		"empty":     {"#s=", "It is empty"},
		"alphabet":  {"#s=" + "%3Cscript%3Ealert(1)%3C/script%3E", "characters that no such link has"},
		"truncated": {good[:len(good)-8], "Its end is missing"},
		"damaged":   {"#s=" + base64.RawURLEncoding.EncodeToString([]byte{7, 1, 2, 3}), "It is damaged"},
		"junk":      {good + base64.RawURLEncoding.EncodeToString([]byte("and something after its end")), "It is damaged"},
		"bomb":      {fragment(t, make([]byte, 20<<20)), "more than 8 MiB"},
		"long":      {"#s=" + strings.Repeat("A", 300<<10), "longer than 256 KiB"},
		"newer":     {"#s2=abc", "newer version of this page"},
		"noJSON":    {fragment(t, []byte("kind: Pod")), "this is not a session"},
		"otherJSON": {fragment(t, []byte(`{"kind":"List","items":[]}`)), "its format is 0"},
		"deep":      {fragment(t, []byte(strings.Repeat(`{"tabernetes":`, 50_000))), "this is not a session"},
		"huge":      {fragment(t, []byte(strings.Replace(text, `"nodes":1`, `"nodes":90000000`, 1))), "nodes"},
	} {
		tb.do("(async () => { document.querySelector('.banner button')?.click(); location.hash = " + quote(x.hash) + " })()")
		tb.until("document.querySelector('.banner')?.innerText.includes(" + quote(x.says) + ")")
		require.Equal(t, hash, tb.hash(), name)
	}

	// When a page opens: there is a new cluster, or what can be saved of the session.
	for name, x := range map[string]struct{ hash, says string }{
		"truncated": {good[:len(good)-8], "Its end is missing"},
		"noJSON":    {fragment(t, []byte("kind: Pod")), "A new cluster was started instead"},
		"other":     {good, "made by another version (x)"},
		"evil":      {fragment(t, []byte(poisoned)), "made by another version"},
	} {
		require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(tb.url+"/"+x.hash)))
		tb.wait("window.tabernetes")
		tb.ready()
		tb.until("document.querySelector('.banner')?.innerText.includes(" + quote(x.says) + ")")
		require.Contains(t, tb.kubectl("get nodes"), "control-plane-1", name)
		if name == "evil" {
			// What it had applied is in the editor, to look at.
			tb.until("document.querySelector('tab-yaml .code').shadowRoot?.querySelector('.cm-content')?.innerText.includes('<img')")
			tb.shot("link-of-another-version")
		}
		require.False(t, js[bool](tb, "!!window.hacked"), name)
	}
	tb.noErrors()
}

// TestExportsAndImports: pictures that are pictures, a session file that opens again, manifests that go into the editor.
func TestExportsAndImports(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?theme=light", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.do("window.tabernetes.apply(" + quote(example(t, "hello.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(300)")
	hash := tb.hash()
	// Two pictures are compared below: messages must not be on their way.
	tb.do("window.tabernetes.idle()")
	tb.do(`(async () => { window.saved = {}; const made = URL.createObjectURL; URL.createObjectURL = (b) => { window.newest = b; return made.call(URL, b) }; HTMLAnchorElement.prototype.click = function () { window.saved[this.download.replace(/^.*?\./, "")] = window.newest } })()`)
	tb.do("(async () => document.querySelector('tab-header .share').click())()")
	tb.until("document.querySelector('tab-session .linkfield')?.value.includes('#s=')")
	tb.axe()
	tb.shot("link")
	tb.do("(async () => document.querySelector('#session-tab-export').click())()")
	tb.until("document.querySelectorAll('tab-session .ways button').length === 5")
	tb.axe()
	for i, ext := range []string{"yaml", "svg", "png", "log", "tabernetes.json"} {
		tb.do(fmt.Sprintf("(async () => document.querySelectorAll('tab-session .ways button')[%d].click())()", i))
		tb.until("window.saved[" + quote(ext) + "] && !document.querySelector('tab-session .ways button:disabled')")
	}
	text := func(ext string) string { return js[string](tb, "window.saved["+quote(ext)+"].text()") }
	require.Contains(t, text("yaml"), "kind: Deployment")
	require.NotContains(t, text("yaml"), "uid:")
	require.Contains(t, text("log"), "kubectl apply")
	// The picture is a document of its own, with the parts and the pods in it, and as large as it says.
	parts := js[[]string](tb, `window.saved.svg.text().then((s) => { const d = new DOMParser().parseFromString(s, "image/svg+xml"); if (d.querySelector("parsererror")) throw new Error(d.documentElement.textContent); return [...d.querySelectorAll("text")].map((t) => t.textContent) })`)
	require.Subset(t, parts, []string{"kube-apiserver", "node-1", "node-2", "node-3", "hello"})
	size := js[struct{ W, H, SW, SH int }](tb, `(async () => {
	  const load = (b) => new Promise((r, f) => { const i = new Image(), e = new FileReader(); i.onload = () => r(i); i.onerror = f; e.onload = () => { i.src = e.result }; e.readAsDataURL(b) });
	  const png = await load(window.saved.png), svg = await load(new Blob([await window.saved.svg.text()], { type: "image/svg+xml" }));
	  // The two show the same: compared coarsely, for edges of letters fall between pixels.
	  const w = Math.round(svg.width / 8), h = Math.round(svg.height / 8), on = (i, w, h) => { const c = document.createElement("canvas"); c.width = w; c.height = h; const x = c.getContext("2d"); x.imageSmoothingQuality = "high"; x.drawImage(i, 0, 0, w, h); return c };
	  const draw = (i) => on(on(i, png.width, png.height), w, h).getContext("2d").getImageData(0, 0, w, h).data;
	  const a = draw(png), b = draw(svg);
	  for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i]) > 60) throw new Error("at " + (i >> 2) % w * 8 + "," + Math.floor((i >> 2) / w) * 8 + ": " + a[i] + " and " + b[i]);
	  return { W: png.width, H: png.height, SW: svg.width, SH: svg.height };
	})()`)
	require.Equal(t, [2]int{2 * size.SW, 2 * size.SH}, [2]int{size.W, size.H})

	file := text("tabernetes.json")
	take := func(text string) {
		tb.do("(async () => document.querySelector('#session-tab-import').click())()")
		tb.until("document.querySelector('tab-session .drop')")
		tb.do("(async () => { const d = new DataTransfer(); d.items.add(new File([" + quote(text) + "], 'a.yaml')); document.querySelector('tab-session .drop').dispatchEvent(new DragEvent('drop', { dataTransfer: d, bubbles: true, cancelable: true })) })()")
	}
	take(file)
	tb.until("document.querySelector('tab-session .split button.primary')?.innerText === 'Open the session'")
	tb.axe()
	tb.kubectl("delete deployment hello")
	tb.do("(async () => document.querySelector('tab-session .split button.primary').click())()")
	tb.wait("!document.querySelector('tab-session dialog').open")
	require.Equal(t, hash, tb.hash())

	// What kubectl printed for another cluster.
	tb.do("(async () => document.querySelector('tab-header .share').click())()")
	take(tb.kubectl("get deployments,pods,services -o yaml"))
	tb.until("document.querySelector('tab-session .split button.primary')?.innerText === 'Put it into the editor'")
	require.Contains(t, js[string](tb, "document.querySelector('tab-session .left-out').innerText"), "Pod")
	tb.shot("import")
	tb.do("(async () => document.querySelector('tab-session .split button.primary').click())()")
	tb.until("document.querySelector('tab-yaml .code').shadowRoot?.querySelector('.cm-content')?.innerText.includes('kind: Service')")
	tb.noErrors()
}
