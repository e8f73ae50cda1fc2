package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"tabernetes/web/headers"
)

// types by extension; the system's table is not asked, it differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".wasm": "application/wasm", ".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
	".yaml": "text/yaml; charset=utf-8", ".yml": "text/yaml; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".gz": "application/gzip", ".br": "application/octet-stream", ".xml": "text/xml; charset=utf-8",
}

// hashed names carry a hash of their content (esbuild's form) and never change.
var hashed = regexp.MustCompile(`-[A-Z0-9]{8}\.`)

// static serves a folder.
type static struct{ files fs.FS }

// newStatic opens the folder, from the working directory or any above it.
func newStatic(dir string) (*static, error) {
	found := dir
	if !filepath.IsAbs(dir) {
		wd, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		for up := wd; ; up = filepath.Dir(up) {
			found = filepath.Join(up, dir)
			if st, err := os.Stat(found); err == nil && st.IsDir() {
				break
			}
			if up == filepath.Dir(up) {
				return nil, fmt.Errorf("there is no built page at %s, here or above: build it with make, name it with -static, or serve none with -addr=", dir)
			}
		}
	}
	root, err := os.OpenRoot(found)
	if err != nil {
		return nil, err
	}
	return &static{root.FS()}, nil
}

func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	headers.Set(h)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" || strings.HasSuffix(r.URL.Path, "/") {
		name = path.Join(name, "index.html")
	}
	if !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	t := types[path.Ext(name)]
	if t == "" {
		t = "application/octet-stream"
	}
	h.Set("Content-Type", t)
	if hashed.MatchString(path.Base(name)) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	s.best(w, r, name)
}

// best sends the smallest form that the client takes: a .br or .gz sibling made by the build, or the file itself.
func (s *static) best(w http.ResponseWriter, r *http.Request, name string) {
	accepts := func(enc string) bool { return acceptsEncoding(r.Header.Get("Accept-Encoding"), enc) }
	varies := false
	for _, e := range [...]struct{ enc, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if _, err := fs.Stat(s.files, name+e.ext); err != nil {
			continue
		}
		varies = true
		if accepts(e.enc) {
			w.Header().Add("Vary", "Accept-Encoding")
			w.Header().Set("Content-Encoding", e.enc)
			s.send(w, r, name+e.ext)
			return
		}
	}
	if varies {
		w.Header().Add("Vary", "Accept-Encoding")
		if _, err := fs.Stat(s.files, name); errors.Is(err, fs.ErrNotExist) {
			s.unpacked(w, r, name)
			return
		}
	}
	s.send(w, r, name)
}

func (s *static) send(w http.ResponseWriter, r *http.Request, name string) {
	f, err := s.files.Open(name)
	if err != nil {
		s.missing(w, r)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	content, ok := f.(io.ReadSeeker)
	if err != nil || st.IsDir() || !ok {
		s.missing(w, r)
		return
	}
	// A range of a compressed form is no range of the file: conditional requests only.
	if w.Header().Get("Content-Encoding") != "" {
		r.Header.Del("Range")
	}
	http.ServeContent(w, r, "", st.ModTime(), content)
}

// unpacked serves a file of which only compressed forms exist to a client that takes neither.
func (s *static) unpacked(w http.ResponseWriter, r *http.Request, name string) {
	f, err := s.files.Open(name + ".gz")
	if err != nil {
		s.missing(w, r)
		return
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		http.Error(w, "the file is damaged", http.StatusInternalServerError)
		return
	}
	if r.Method == http.MethodGet {
		_, _ = io.Copy(w, z)
	}
}

func (s *static) missing(w http.ResponseWriter, r *http.Request) {
	w.Header().Del("Content-Encoding")
	w.Header().Set("Cache-Control", "no-cache")
	http.NotFound(w, r)
}

// acceptsEncoding reads an Accept-Encoding header (RFC 9110, 12.5.3).
func acceptsEncoding(header, enc string) bool {
	star := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64)
		}
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, enc):
			return q > 0
		case name == "*":
			star = q > 0
		}
	}
	return star
}
