package share

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"tabernetes/web/headers"
)

// Config is what a host brings.
type Config struct {
	Links   Store         // nil: this host keeps no links
	Limiter Limiter       // of making links; nil: without limit
	Keep    time.Duration // how long a link lives; 0: for ever
	Max     int           // bytes of a link's text; 0: DefaultMax

	// Files reads a file of the page's build; fs.ErrNotExist if there is none.
	Files func(ctx context.Context, name string) ([]byte, error)
	// Origin is where people find the page, e.g. https://play.example or https://example.org/play; "": where the request
	// came to, by its Host header.
	Origin string
	// Client says who makes a request, for the Limiter; nil: ByAddress.
	Client func(*http.Request) string
	Now    func() time.Time // nil: time.Now
	// Log takes what went wrong inside; nil: nobody.
	Log func(string)
}

// DefaultMax is the bytes of a link's text: some thousands of actions.
const DefaultMax = 64 << 10

// Owns says whether the handler serves a path; all others are files of the page.
func Owns(path string) bool {
	return path == "/oembed" || strings.HasPrefix(path, "/s/") || path == "/api" || strings.HasPrefix(path, "/api/")
}

// New makes the handler.
func New(conf Config) http.Handler {
	if conf.Max == 0 {
		conf.Max = DefaultMax
	}
	if conf.Client == nil {
		conf.Client = ByAddress("")
	}
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if conf.Log == nil {
		conf.Log = func(string) {}
	}
	if conf.Files == nil {
		conf.Files = func(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }
	}
	conf.Origin = strings.TrimSuffix(conf.Origin, "/")
	h := &handler{conf, http.NewCrossOriginProtection()}
	// A proxy may ask in the name of another host than its visitors do.
	if u, err := url.Parse(conf.Origin); err == nil && u.Host != "" {
		_ = h.pages.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return h
}

type handler struct {
	Config
	pages *http.CrossOriginProtection // which pages may make links
}

// failure is an answer that says what was wrong with the request.
type failure struct {
	status  int
	code    string
	message string
	header  http.Header
}

func (f *failure) Error() string { return f.message }

func fail(status int, code, format string, args ...any) error {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers.Set(w.Header())
	w.Header().Set("Cache-Control", "no-cache")
	defer func() {
		// In the Worker a panic would end the program, and the request would wait for an answer that never comes.
		if p := recover(); p != nil {
			h.Log(fmt.Sprintf("%v\n%s", p, debug.Stack()))
			h.refuse(w, r, fail(http.StatusInternalServerError, "internal", "the server failed"))
		}
	}()
	if err := h.route(w, r); err != nil {
		h.refuse(w, r, err)
	}
}

func (h *handler) route(w http.ResponseWriter, r *http.Request) error {
	path := r.URL.Path
	if id, ok := strings.CutPrefix(path, "/api/links/"); ok {
		return h.only(w, r, func() error { return h.readLink(w, r, id) }, http.MethodGet)
	}
	if id, ok := strings.CutPrefix(path, "/s/"); ok {
		return h.only(w, r, func() error { return h.openLink(w, r, id) }, http.MethodGet)
	}
	switch path {
	case "/api/links":
		return h.only(w, r, func() error {
			if r.Method == http.MethodPost {
				return h.makeLink(w, r)
			}
			return h.linkRules(w, r)
		}, http.MethodGet, http.MethodPost)
	case "/api/lessons":
		return h.only(w, r, func() error { return h.lessons(w, r) }, http.MethodGet)
	case "/oembed":
		return h.only(w, r, func() error { return h.oembed(w, r) }, http.MethodGet)
	}
	return fail(http.StatusNotFound, "not-found", "there is nothing at this address")
}

// only lets the methods through, HEAD wherever GET is.
func (h *handler) only(w http.ResponseWriter, r *http.Request, do func() error, methods ...string) error {
	for _, m := range methods {
		if r.Method == m || r.Method == http.MethodHead && m == http.MethodGet {
			return do()
		}
	}
	allow := strings.Replace(strings.Join(methods, ", "), http.MethodGet, "GET, HEAD", 1)
	return &failure{http.StatusMethodNotAllowed, "method", "this address takes " + allow, http.Header{"Allow": {allow}}}
}

// maxLessons bounds the index of lessons, which is handed on as it is.
const maxLessons = 1 << 20

func (h *handler) lessons(w http.ResponseWriter, r *http.Request) error {
	b, err := h.Files(r.Context(), "lessons/index.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(http.StatusNotFound, "no-lessons", "this host has no lessons")
	case err != nil:
		return err
	case len(b) > maxLessons || !json.Valid(b):
		return errors.New("lessons/index.json is no JSON, or too long")
	}
	send(w, r, http.StatusOK, "application/json", b)
	return nil
}

// refuse answers with an error: as JSON to programs, as a small page to the people who follow a link.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := &failure{}
	if !errors.As(err, &f) {
		h.Log(r.Method + " " + r.URL.Path + ": " + err.Error())
		f = &failure{status: http.StatusServiceUnavailable, code: "unavailable", message: "the server cannot do that now"}
	}
	for name, values := range f.header {
		w.Header()[name] = values
	}
	w.Header().Set("Cache-Control", "no-cache")
	if strings.HasPrefix(r.URL.Path, "/s/") {
		send(w, r, f.status, "text/html; charset=utf-8", []byte(brokenLink))
		return
	}
	sendJSON(w, r, f.status, map[string]any{"error": map[string]any{"code": f.code, "message": f.message}})
}

func sendJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b) // escapes <, > and &
	if err := e.Encode(v); err != nil {
		panic(err) // maps and structs of strings and numbers
	}
	send(w, r, status, "application/json", b.Bytes())
}

func send(w http.ResponseWriter, r *http.Request, status int, typ string, b []byte) {
	w.Header().Set("Content-Type", typ)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// brokenLink says nothing of what was asked for: that may be anybody's.
const brokenLink = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tabernetes</title><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body>
<p>This link leads to no session: it has ended, or was not copied whole. <a href="../">Open a fresh cluster</a></p>
<p lang="zh">此链接没有对应的会话：它已过期，或没有复制完整。<a href="../?lang=zh">打开一个新集群</a></p>
</body>
</html>
`
