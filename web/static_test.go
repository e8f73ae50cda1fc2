package main

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/web/headers"
)

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	_, _ = zw.Write([]byte("plain wasm"))
	require.NoError(t, zw.Close())
	for name, text := range map[string]string{
		"index.html": "<p>", "app-MN4V7UR3.js": "js", "app-MN4V7UR3.js.br": "js in br", "app-MN4V7UR3.js.gz": "js in gz",
		"engine-QX4TB7JA.wasm.gz": z.String(), "engine-QX4TB7JA.wasm.br": "wasm in br", "examples/a.yaml": "a: 1",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("secret"), 0o600))
	h, err := newStatic(dir)
	require.NoError(t, err)
	for _, c := range []struct {
		path, accept      string
		code              int
		body, typ, enc    string
		immutable, varies bool
	}{
		{"/", "br", 200, "<p>", "text/html; charset=utf-8", "", false, false},
		{"/app-MN4V7UR3.js", "gzip, deflate, br", 200, "js in br", "text/javascript; charset=utf-8", "br", true, true},
		{"/app-MN4V7UR3.js", "gzip;q=0.5, br;q=0", 200, "js in gz", "text/javascript; charset=utf-8", "gzip", true, true},
		{"/app-MN4V7UR3.js", "", 200, "js", "text/javascript; charset=utf-8", "", true, true},
		{"/engine-QX4TB7JA.wasm", "br", 200, "wasm in br", "application/wasm", "br", true, true},
		{"/engine-QX4TB7JA.wasm", "identity", 200, "plain wasm", "application/wasm", "", true, true},
		{"/engine-QX4TB7JA.wasm.gz", "gzip", 200, z.String(), "application/gzip", "", true, false},
		{"/examples/a.yaml", "", 200, "a: 1", "text/yaml; charset=utf-8", "", false, false},
		{"/examples", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false, false},
		{"/nope-MN4V7UR3.js", "br", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false, false},
		{"/../secret", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false, false},
		{"/..%2fsecret", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = c.path
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.code, w.Code, c.path)
		require.Equal(t, c.body, w.Body.String(), c.path)
		require.Equal(t, c.typ, w.Header().Get("Content-Type"), c.path)
		require.Equal(t, c.enc, w.Header().Get("Content-Encoding"), c.path)
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, headers.Policy(), w.Header().Get("Content-Security-Policy"))
		want := "no-cache"
		if c.immutable {
			want = "public, max-age=31536000, immutable"
		}
		require.Equal(t, want, w.Header().Get("Cache-Control"), c.path)
		require.Equal(t, c.varies, w.Header().Get("Vary") != "", c.path)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	require.Equal(t, 405, w.Code)
	_, err = newStatic("no/such/folder")
	require.ErrorContains(t, err, "there is no built page at no/such/folder")
}
