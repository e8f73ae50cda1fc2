package rest

import (
	"io"
	"net/http"

	"tabernetes/engine/api"
)

// plain serves what the API server answers in plain text: its health and its metrics.
func (s *server) plain(w http.ResponseWriter, r *http.Request) {
	req := &api.Request{Verb: api.Get, Resource: api.NonResource, Path: r.URL.RequestURI(), User: s.opts.User, UserAgent: r.UserAgent()}
	if err := s.identify(r, req); err != nil {
		s.fail(w, r, err)
		return
	}
	resp := s.do(r, req)
	if resp.Err != nil {
		s.fail(w, r, resp.Err)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.URL.Path == "/metrics" {
		h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
	} else {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	if resp.Code != 0 {
		w.WriteHeader(resp.Code)
	}
	_, _ = io.WriteString(w, resp.Text)
}
