package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// site is a copy of the built page below a path of a plain file server, which negotiates nothing and sends no header of
// ours, with the engine packed as make site packs it, but faster.
type site struct {
	t      testing.TB
	folder string
	files  http.Handler
	srv    *httptest.Server
	asked  atomic.Int64 // requests since the last look

	engines    sync.Map // extensions of the engine's forms that were loaded
	negotiates bool     // the engine, as the native server does
}

const sitePath = "docs/play/"

// pack makes the forms in which a host may have the engine, quickly.
const pack = `const z = require("zlib"), fs = require("fs"), [file, ...forms] = process.argv.slice(1), raw = fs.readFileSync(file);
if (forms.includes("br")) fs.writeFileSync(file + ".br", z.brotliCompressSync(raw, {params: {[z.constants.BROTLI_PARAM_QUALITY]: 1}}));
if (forms.includes("gz")) fs.writeFileSync(file + ".gz", z.gzipSync(raw, {level: 1}));`

// newSite has the engine in the forms "br" and "gz" alone.
func newSite(t testing.TB, forms ...string) *site {
	root := t.TempDir()
	s := &site{t: t, folder: filepath.Join(root, sitePath), files: http.FileServer(http.Dir(root))}
	require.NoError(t, os.CopyFS(s.folder, os.DirFS(dist)))
	name := filepath.Base(enginePath(t))
	out, err := exec.Command("node", append([]string{"-e", pack, filepath.Join(s.folder, name)}, forms...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	s.finish()
	// What the host lacks must not be missed.
	require.NoError(t, os.Remove(filepath.Join(s.folder, name)))
	s.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if base := path.Base(r.URL.Path); strings.HasPrefix(base, "engine-") {
			if r.Method == http.MethodGet {
				s.engines.Store(path.Ext(base), true)
			}
			if s.negotiates && strings.HasSuffix(base, ".wasm") && strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
				w.Header().Set("Content-Encoding", "br")
				w.Header().Set("Content-Type", "application/wasm")
				r.URL.Path += ".br"
			}
		}
		s.files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.srv.Close)
	return s
}

func (s *site) write(name, text string) {
	require.NoError(s.t, os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o644))
}

func (s *site) read(name string) string {
	b, err := os.ReadFile(filepath.Join(s.folder, name))
	require.NoError(s.t, err)
	return string(b)
}

// finish does the build's last step again.
func (s *site) finish() {
	out, err := exec.Command("node", "../../static/finish.mjs", s.folder).CombinedOutput()
	require.NoError(s.t, err, string(out))
}

func (s *site) loaded() (forms []string) {
	s.engines.Range(func(form, _ any) bool { forms = append(forms, form.(string)); return true })
	return forms
}

func (s *site) open() *tab { return openURL(s.t, s.srv.URL, sitePath, 1280, 800) }

func (tb *tab) reload() {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.Reload()))
}

// TestOffline loads the page once, takes the network away and goes on.
func TestOffline(t *testing.T) {
	needBrowser(t, env)
	s := newSite(t, "br", "gz")
	tb := s.open()
	tb.ready()
	require.Contains(t, tb.kubectl("get nodes"), "node-3")
	require.True(t, js[bool](tb, "window.tabernetes.offline"), "the page says that it is kept")
	require.Len(t, s.loaded(), 1, "the engine is loaded in one form, by the page and to be kept")

	// Nothing is asked for again by a page that is kept, and nothing can be.
	s.srv.Close()
	s.asked.Store(0)
	tb.reload()
	tb.ready()
	require.Contains(t, tb.kubectl("get nodes"), "node-3")
	tb.do("window.tabernetes.apply(" + quote(manifest(t, "own/canary-by-replicas.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(120)")
	require.Regexp(t, `hello-stable\s+9/9`, tb.kubectl("get deployments"))

	// What is loaded late is there too: examples, editor, terminal.
	require.Contains(t, js[string](tb, `fetch("examples/nginx.yaml").then(r => r.text())`), "kind: Deployment")
	tb.do("(async () => document.querySelector('#left-tab-yaml').click())()")
	tb.until("document.querySelector('tab-yaml')")
	tb.do("(async () => document.querySelector('tab-yaml').dispatchEvent(new Event('open')))()")
	tb.until("document.querySelector('tab-yaml .code')?.shadowRoot?.querySelector('.cm-content')")
	tb.do("(async () => document.querySelector('tab-terminal .transcript').click())()")
	tb.until("document.activeElement?.classList.contains('xterm-helper-textarea')")
	tb.keys("kubectl get nodes -o name\r")
	tb.screenHas("node/node-3")
	require.True(t, js[bool](tb, "window.tabernetes.offline"))
	tb.shot("offline")

	// And a lesson, from its first step to its last.
	for _, l := range lessons(t) {
		if l.ID != "self-healing" {
			continue
		}
		require.NoError(t, chromedp.Do(tb.ctx, chromedp.Navigate(js[string](tb, `new URL("?lesson=`+l.ID+`&lang=zh", location.href).href`))))
		tb.takeLesson(l, "zh")
	}
	require.Zero(t, s.asked.Load())
}

// TestNewVersion publishes another version while a page is open: it says so, and takes it up whole.
func TestNewVersion(t *testing.T) {
	needBrowser(t, env)
	s := newSite(t, "br", "gz")
	tb := s.open()
	tb.ready()
	require.True(t, js[bool](tb, "window.tabernetes.offline"))
	update := `navigator.serviceWorker.getRegistration().then(r => r.update())`

	// A version of which one file is not what its list says is not taken.
	index := s.read("index.html")
	s.write("index.html", strings.Replace(index, "<title>Tabernetes", "<title>Half", 1))
	s.finish()
	s.write("index.html", strings.Replace(index, "<title>Tabernetes", "<title>Torn", 1))
	gone := `new Promise((done, no) => navigator.serviceWorker.getRegistration().then(r => {
		const see = w => w && w.addEventListener("statechange", () => w.state === "redundant" ? done(true) : w.state === "installed" && no(new Error("installed")));
		r.addEventListener("updatefound", () => see(r.installing)); r.update() }))`
	require.True(t, js[bool](tb, gone))
	require.False(t, js[bool](tb, `!!document.querySelector("tab-update")`))
	tb.reload()
	tb.ready()
	require.Equal(t, "Tabernetes", js[string](tb, "document.title"))

	// A whole one is offered, and shown once it is wanted.
	s.write("index.html", strings.NewReplacer("<title>Tabernetes", "<title>Next", "<html", `<html class="next"`).Replace(index))
	s.finish()
	s.asked.Store(0)
	tb.do(update)
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.WaitVisible("tab-update button.primary")))
	tb.shot("new-version")
	require.Less(t, s.asked.Load(), int64(5), "only what changed is loaded")
	tb.reload()
	tb.ready()
	require.Equal(t, "Tabernetes", js[string](tb, "document.title"), "not before it is wanted")
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.WaitVisible("tab-update button.primary")))
	require.NoError(t, chromedp.Do(tb.ctx, chromedp.Click("tab-update button.primary"), chromedp.WaitReady("html.next tab-stage")))
	tb.ready()
	require.Equal(t, "Next", js[string](tb, "document.title"))
	require.False(t, js[bool](tb, `!!document.querySelector("tab-update")`))
}

// TestStaticHost serves the page as a plain host does that negotiates nothing, below a path of its own; its headers are
// none, and what must not run does not.
func TestStaticHost(t *testing.T) {
	needBrowser(t, env)
	for _, c := range []struct {
		name       string
		negotiates bool
		want       string
	}{{"plain", false, ".gz"}, {"negotiating", true, ".wasm"}} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, "br", "gz")
			s.negotiates = c.negotiates
			tb := s.open()
			tb.ready()
			require.Contains(t, tb.kubectl("get nodes"), "node-3")
			want := c.want
			if js[bool](tb, `(() => { try { return !!new DecompressionStream("brotli") } catch { return false } })()`) {
				want = ".br"
			}
			require.Equal(t, []string{want}, s.loaded())
			require.True(t, js[bool](tb, "window.tabernetes.offline"))
			require.Equal(t, []string{want}, s.loaded(), "what is kept is what was loaded")
			require.Equal(t, "refused", js[string](tb, `new Promise(done => {
				document.addEventListener("securitypolicyviolation", () => done("refused"));
				const script = document.createElement("script"); script.textContent = "window.ran = true"; document.body.append(script);
				if (window.ran) done("ran") })`))
			tb.close()
		})
	}
}
