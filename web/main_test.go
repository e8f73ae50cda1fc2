package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start runs the command and gives the address it printed; stop ends it as an interrupt does.
func start(t *testing.T, args ...string) (addr string, stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, args, func(string) string { return "" }, strings.NewReader(""), in)
		in.CloseWithError(io.EOF)
		done <- err
	}()
	line, _ := bufio.NewReader(out).ReadString('\n')
	m := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if m == "" {
		cancel()
		require.NoError(t, <-done)
		t.Fatalf("no address in %q", line)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return m, func() error { cancel(); return <-done }
}

func TestAPI(t *testing.T) {
	url, stop := start(t, "-addr=", "-api=127.0.0.1:0", "-nodes=1", "-speed=50")
	get := func(path string) (*http.Response, string) {
		resp, err := http.Get(url + path)
		require.NoError(t, err)
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, string(b)
	}
	_, body := get("/api/v1/nodes")
	require.Equal(t, 2, strings.Count(body, `"type":"Ready","status":"True"`))

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/api/v1/namespaces/default/pods?watch=true", nil)
	require.NoError(t, err)
	stream, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer stream.Body.Close()
	resp, err := http.Post(url+"/api/v1/namespaces/default/pods", "application/yaml", strings.NewReader("metadata: {name: web-1}\nspec: {containers: [{name: c, image: nginx}]}\n"))
	require.NoError(t, err)
	require.Equal(t, 201, resp.StatusCode)
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	running := false
	for !running && lines.Scan() {
		var e struct {
			Object struct{ Status struct{ Phase string } }
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		running = e.Object.Status.Phase == "Running"
	}
	require.True(t, running, "the pod was seen running: %v", lines.Err())

	// An interrupt ends the open watch and the server.
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for lines.Scan() {
	}
	require.NoError(t, <-ended)
	_, err = http.Get(url + "/healthz")
	require.Error(t, err)
}

func TestFlags(t *testing.T) {
	none := func(string) string { return "" }
	for _, c := range []struct{ args, want string }{
		{"-speed=0", "speed 0: must be above 0 and at most 1000000"},
		{"-addr=", "nothing to serve: both -addr and -api are empty"},
		{"-addr= -api=127.0.0.1:0 -nodes=-1", "nodes: -1 is not between 0 and 5000"},
		{"extra", `unexpected argument "extra"`},
	} {
		require.EqualError(t, run(t.Context(), strings.Fields(c.args), none, nil, io.Discard), c.want)
	}
	dir := t.TempDir()
	url, stop := start(t, "-addr=127.0.0.1:0", "-static="+dir)
	resp, err := http.Get(url)
	require.NoError(t, err)
	require.Equal(t, 404, resp.StatusCode)
	require.NoError(t, stop())
}

func TestLocal(t *testing.T) {
	h := local(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		host, origin string
		code         int
	}{
		{"127.0.0.1:8001", "", 200}, {"localhost:8001", "", 200}, {"[::1]:8001", "", 200},
		{"evil.example", "", 421}, {"evil.example:8001", "", 421}, {"127.0.0.1:8001", "http://evil.example", 403},
	} {
		r := httptest.NewRequest("POST", "/api/v1/namespaces", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.code, w.Code, c.host+" "+c.origin)
	}
}
