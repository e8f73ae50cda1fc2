package browsertest

import (
	"context"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"tabernetes/web/headers"
)

// dist is the built page.
const dist = "../../static/dist"

// needBrowser skips a test that its variable does not ask for. Those of behaviour run as many at once as there are
// processors, since half of each is waiting for its browser; those that measure or draw pictures run alone.
func needBrowser(t *testing.T, variable string) {
	if os.Getenv(variable) == "" {
		t.Skip("run by make test-browser or make bench, which build the page first")
	}
	if variable == env {
		t.Parallel()
	}
	enginePath(t)
}

// enginePath is the built engine, whose name has a hash of its content.
func enginePath(t testing.TB) string {
	found, err := filepath.Glob(filepath.Join(dist, "engine-*.wasm"))
	require.NoError(t, err)
	require.Len(t, found, 1, "make build first")
	return found[0]
}

func chromium(t testing.TB) string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium found: install it, or set CHROMIUM to its path")
	return ""
}

// tab is a page in a browser of its own, with what its console said.
type tab struct {
	t      testing.TB
	ctx    context.Context
	mu     sync.Mutex
	errors []string
	url    string
	close  func() // ends the browser: a page left open would take time from the next
}

// open serves the built page with the headers the native server sends, and opens it.
func open(t testing.TB, query string, width, height int64, flags ...chromedp.ExecAllocatorOption) *tab {
	return openDir(t, dist, query, width, height, flags...)
}

// openDir is open for another folder.
func openDir(t testing.TB, dir, query string, width, height int64, flags ...chromedp.ExecAllocatorOption) *tab {
	srv := serveDir(t, dir)
	return openURL(t, srv.URL, query, width, height, flags...)
}

// serveDir serves a folder with the headers the native server sends.
func serveDir(t testing.TB, dir string) *httptest.Server {
	_ = mime.AddExtensionType(".wasm", "application/wasm")
	files := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers.Set(w.Header())
		if r.URL.Path == "/api/links" {
			w.WriteHeader(http.StatusNoContent) // this host makes no short links
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// openURL opens what a server has.
func openURL(t testing.TB, url, query string, width, height int64, flags ...chromedp.ExecAllocatorOption) *tab {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("js-flags", "--max-old-space-size=4096"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(opts, flags...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx, url: url, close: func() { _ = chromedp.Cancel(ctx) }}
	tb.begin(query, width, height)
	return tb
}

// begin opens the page and listens to its console.
func (tb *tab) begin(query string, width, height int64) {
	tb.t.Helper()
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.EmulateViewport(width, height)))
	messages := chromedp.Console(tb.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning {
				tb.mu.Lock()
				tb.errors = append(tb.errors, string(m.Type)+": "+m.Text+" "+m.URL)
				tb.mu.Unlock()
			}
		}
	}()
	require.NoError(tb.t, chromedp.Do(tb.ctx, chromedp.Navigate(tb.url+"/"+query)))
}

// another is a second tab of the same browser at the same host.
func (tb *tab) another(query string) *tab {
	ctx, cancel := chromedp.NewContext(tb.ctx)
	tb.t.Cleanup(cancel)
	two := &tab{t: tb.t, ctx: ctx, url: tb.url, close: cancel}
	two.begin(query, 1280, 800)
	two.wait("window.tabernetes")
	two.ready()
	return two
}

// js evaluates an expression, awaiting promises, and decodes its value.
func js[T any](tb *tab, expr string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	require.NoError(tb.t, err, expr)
	return v
}

// do evaluates an expression for what it does.
func (tb *tab) do(expr string) {
	tb.t.Helper()
	_ = js[bool](tb, "(async () => { await ("+expr+"); return true })()")
}

func (tb *tab) ready() {
	tb.t.Helper()
	tb.do("window.tabernetes.ready")
}

// kubectl runs a line that must succeed and returns what it printed.
func (tb *tab) kubectl(line string) string {
	tb.t.Helper()
	r := js[struct {
		Stdout, Stderr string
		Code           int
	}](tb, "window.tabernetes.kubectl("+quote(line)+")")
	require.Zero(tb.t, r.Code, "%s: %s%s", line, r.Stdout, r.Stderr)
	return r.Stdout
}

func (tb *tab) noErrors() {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	require.Empty(tb.t, tb.errors, "the console is not clean")
}

// shot keeps a picture if TABERNETES_SHOTS names a folder.
func (tb *tab) shot(name string) {
	dir := os.Getenv("TABERNETES_SHOTS")
	if dir == "" {
		return
	}
	tb.do("window.tabernetes.idle()")
	png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
	require.NoError(tb.t, err)
	require.NoError(tb.t, os.MkdirAll(dir, 0o755))
	require.NoError(tb.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}
