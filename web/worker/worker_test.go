package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabernetes/web/share"
	"tabernetes/web/share/sharetest"
)

// workerd starts the Worker in the real runtime with these bindings, and says where its sockets listen.
func workerd(t *testing.T, bindings string) (sockets map[string]string) {
	if os.Getenv("TABERNETES_WORKER") == "" {
		t.Skip("run by make test-worker, which builds the Worker and installs workerd")
	}
	found, err := filepath.Glob("node_modules/@cloudflare/workerd-*/bin/workerd")
	require.NoError(t, err)
	require.NotEmpty(t, found, "npm ci first")
	dir := t.TempDir()
	for _, f := range []string{"main.mjs", "build/worker.mjs", "build/runtime.mjs", "build/wasm_exec.js", "build/app.wasm", "test/kv.mjs", "test/limit.mjs"} {
		b, err := os.ReadFile(f)
		require.NoError(t, err, "make worker first")
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(f)), b, 0o600))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "site/lessons"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "site/lessons/index.json"), []byte(sharetest.Lessons), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.capnp"), []byte(fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      compatibilityDate = "%[1]s",
      modules = [
        (name = "main.mjs", esModule = embed "main.mjs"),
        (name = "build/worker.mjs", esModule = embed "worker.mjs"),
        (name = "build/runtime.mjs", esModule = embed "runtime.mjs"),
        (name = "build/wasm_exec.js", esModule = embed "wasm_exec.js"),
        (name = "build/app.wasm", wasm = embed "app.wasm"),
      ],
      bindings = [%[2]s],
    )),
    (name = "kv", worker = (compatibilityDate = "%[1]s", modules = [(name = "kv.mjs", esModule = embed "kv.mjs")])),
    (name = "limit", worker = (compatibilityDate = "%[1]s", modules = [(name = "limit.mjs", esModule = embed "limit.mjs")], bindings = [(name = "LIMIT", text = "%[3]d")])),
    (name = "site", disk = (path = "%[4]s")),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "kv", address = "127.0.0.1:0", http = (), service = "kv"),
  ],
);
`, compatibilityDate(t), bindings, sharetest.PerMinute, filepath.Join(dir, "site"))), 0o600))

	control, tell, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(found[0], "serve", "--control-fd=3", filepath.Join(dir, "config.capnp"))
	said := &strings.Builder{}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = said, said, []*os.File{tell}
	require.NoError(t, cmd.Start())
	require.NoError(t, tell.Close())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		control.Close()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	sockets = map[string]string{}
	lines := bufio.NewScanner(control)
	for len(sockets) < 2 && lines.Scan() {
		var e struct {
			Event, Socket string
			Port          int
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		if e.Event == "listen" {
			sockets[e.Socket] = fmt.Sprintf("http://127.0.0.1:%d", e.Port)
		}
	}
	if len(sockets) < 2 {
		_ = cmd.Wait()
		t.Fatalf("workerd ended:\n%s", said)
	}
	return sockets
}

// compatibilityDate is that of the settings: what is tested is what is deployed.
func compatibilityDate(t *testing.T) string {
	b, err := os.ReadFile("wrangler.toml")
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^compatibility_date = "([0-9-]+)"$`).FindStringSubmatch(string(b))
	require.NotNil(t, m)
	return m[1]
}

func bindings(days int) string {
	return fmt.Sprintf(`(name = "LINKS", kvNamespace = "kv"), (name = "LINKS_LIMIT", service = "limit"), (name = "ASSETS", service = "site"), (name = "LINKS_DAYS", text = "%d")`, days)
}

// TestWorker holds the Worker, in the real runtime, against the table of all hosts that keep links.
func TestWorker(t *testing.T) {
	s := workerd(t, bindings(sharetest.Days))
	sharetest.Run(t, sharetest.Host{URL: s["main"], As: func(r *http.Request, address string) { r.Header.Set("Cf-Connecting-Ip", address) }})

	resp, err := http.Post(s["main"]+"/api/links", "text/plain", strings.NewReader("newest"))
	require.NoError(t, err)
	require.Equal(t, 201, resp.StatusCode)
	var m struct{ ID string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&m))
	var put struct{ Key, TTL string }
	require.NoError(t, json.Unmarshal([]byte(get(t, s["kv"]+"/-/put", 200)), &put))
	require.Equal(t, m.ID, put.Key)
	ttl, err := time.ParseDuration(put.TTL + "s")
	require.NoError(t, err)
	require.InDelta(t, (sharetest.Days * 24 * time.Hour).Seconds(), ttl.Seconds(), 600, "KV forgets it in time")

	// What is not ours does not start a program.
	for _, path := range []string{"/", "/index.html", "/wp-login.php", "/apis", "/sx"} {
		require.False(t, share.Owns(path), path)
		require.Equal(t, "404 page not found\n", get(t, s["main"]+path, 404))
	}
	for _, path := range []string{"/api", "/api/x"} {
		require.True(t, share.Owns(path), path)
		require.Contains(t, get(t, s["main"]+path, 404), `"code":"not-found"`)
	}
	require.True(t, share.Owns("/s/x"))
	require.True(t, share.Owns("/oembed"))
	require.Contains(t, get(t, s["main"]+"/oembed", 400), `"code":"url"`)
	require.Contains(t, get(t, s["main"]+"/s/x", 404), "leads to no session")
}

// TestWorkerSettings runs it with what is missing or wrong.
func TestWorkerSettings(t *testing.T) {
	t.Run("nothing", func(t *testing.T) {
		s := workerd(t, "")
		require.Contains(t, get(t, s["main"]+"/api/links", 404), `"code":"no-links"`)
		require.Contains(t, get(t, s["main"]+"/api/lessons", 404), `"code":"no-lessons"`)
	})
	t.Run("no limit", func(t *testing.T) {
		s := workerd(t, `(name = "LINKS", kvNamespace = "kv")`)
		require.Contains(t, get(t, s["main"]+"/api/links", 503), "not set up")
	})
	t.Run("days", func(t *testing.T) {
		s := workerd(t, `(name = "LINKS_DAYS", text = "soon")`)
		require.Contains(t, get(t, s["main"]+"/api/links", 503), "not set up")
	})
	t.Run("for ever", func(t *testing.T) {
		s := workerd(t, bindings(0))
		resp, err := http.Post(s["main"]+"/api/links", "text/plain", strings.NewReader("abcd"))
		require.NoError(t, err)
		require.Equal(t, 201, resp.StatusCode)
		require.Contains(t, get(t, s["kv"]+"/-/put", 200), `"ttl":null`)
	})
	t.Run("a limit that fails", func(t *testing.T) {
		s := workerd(t, `(name = "LINKS", kvNamespace = "kv"), (name = "LINKS_LIMIT", service = "kv")`)
		resp, err := http.Post(s["main"]+"/api/links", "text/plain", strings.NewReader("abcd"))
		require.NoError(t, err)
		require.Equal(t, 503, resp.StatusCode)
	})
	t.Run("a store that fails", func(t *testing.T) {
		s := workerd(t, `(name = "LINKS", service = "kv"), (name = "LINKS_LIMIT", service = "limit")`)
		require.Contains(t, get(t, s["main"]+"/api/links/aaaaaaaaaaaaaaaa", 503), `"code":"unavailable"`)
	})
}

func get(t *testing.T, url string, status int) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, "%s: %s", url, b)
	return string(b)
}

// TestGoOfTheWorker: the library brings a copy of the script that starts Go, which must be that of the compiler.
func TestGoOfTheWorker(t *testing.T) {
	own, err := os.ReadFile(filepath.Join(runtime.GOROOT(), "lib/wasm/wasm_exec.js"))
	require.NoError(t, err)
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/syumai/workers").Output()
	require.NoError(t, err)
	theirs, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "cmd/workers-assets-gen/assets/wasm_exec_go.js"))
	require.NoError(t, err)
	// They run Go with a global scope of its own, which carries the request's context.
	s := string(theirs)
	s = strings.Replace(s, "async run(instance, context) {", "async run(instance) {", 1)
	s = regexp.MustCompile(`(?s)\t\t\tconst globalProxy = .*?\n\t\t\t\}\)\n`).ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, "globalProxy", "globalThis")
	require.Equal(t, strings.TrimSpace(string(own)), strings.TrimSpace(s), "github.com/syumai/workers starts another Go than %s", runtime.Version())
}
