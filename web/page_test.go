package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/web/share/sharetest"
)

// TestShare holds the native server against the table of all hosts that keep links.
func TestShare(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "<p>", "lessons/index.json": sharetest.Lessons} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	args := []string{"-addr=127.0.0.1:0", "-static=" + dir, "-links=" + filepath.Join(t.TempDir(), "links"), "-links-days=" + strconv.Itoa(sharetest.Days),
		"-links-per-minute=" + strconv.Itoa(sharetest.PerMinute), "-links-client=X-Real-Ip"}
	url, stop := start(t, args...)
	sharetest.Run(t, sharetest.Host{URL: url, As: func(r *http.Request, address string) { r.Header.Set("X-Real-Ip", address) }})
	resp, err := http.Post(url+"/api/links", "text/plain", strings.NewReader("keep"))
	require.NoError(t, err)
	require.Equal(t, 201, resp.StatusCode)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	resp, err = http.Get(url + "/")
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode, "all else is the page's")
	require.NoError(t, stop())

	// They outlive the server.
	url, stop = start(t, args...)
	resp, err = http.Post(url+"/api/links", "text/plain", strings.NewReader("keep"))
	require.NoError(t, err)
	require.Equal(t, 200, resp.StatusCode)
	require.NoError(t, stop())
}

func TestLinkFlags(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for flag, want := range map[string]string{
		"-links-days=-1":            "links-days -1: must be from 0 to 36500",
		"-links-max=0":              "links-max and links-per-minute must be at least 1",
		"-links-origin=example.org": `links-origin "example.org": want an address as https://example.org/play`,
		"-links=" + file:            "links: ",
	} {
		err := run(t.Context(), []string{"-addr=127.0.0.1:0", "-static=" + dir, flag}, func(string) string { return "" }, nil, io.Discard)
		require.ErrorContains(t, err, want)
	}
	// Without -links the page finds none, and offers none.
	url, stop := start(t, "-addr=127.0.0.1:0", "-static="+dir)
	resp, err := http.Get(url + "/api/links")
	require.NoError(t, err)
	require.Equal(t, 404, resp.StatusCode)
	require.NoError(t, stop())
}
