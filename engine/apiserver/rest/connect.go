package rest

import (
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
)

// connect serves what answers with a stream (endpoints/handlers/rest.go, ConnectResource).
func (s *server) connect(w http.ResponseWriter, r *http.Request, req *api.Request) {
	fail := func(err error) { s.fail(w, r, err) }
	q, err := url.ParseQuery(r.URL.RawQuery)
	upgrade := false
	for _, h := range r.Header.Values("Connection") {
		upgrade = upgrade || strings.Contains(strings.ToLower(h), "upgrade")
	}
	switch {
	case err != nil:
		fail(apierrors.NewBadRequest(err.Error()))
	case q.Has("dryRun"):
		fail(apierrors.NewBadRequest("dryRun is not supported"))
	case !upgrade || s.opts.Connect == nil:
		fail(apierrors.NewBadRequest("Upgrade request required"))
	default:
		req.Stream = streamOptions(q)
		s.opts.Connect(w, r, req, fail)
	}
}

// streamOptions reads the parameters (the generated conversions of PodExecOptions and its kin).
func streamOptions(q url.Values) *api.StreamOptions {
	return &api.StreamOptions{
		Container: q.Get("container"), Command: q["command"],
		Stdin: truth(q, "stdin"), Stdout: truth(q, "stdout"), Stderr: truth(q, "stderr"), TTY: truth(q, "tty"),
	}
}

// truth reads a flag: "0" and "false" are no, all else is yes (runtime.Convert_Slice_string_To_bool).
func truth(q url.Values, name string) bool {
	v, ok := q[name]
	if !ok {
		return false
	}
	s := strings.ToLower(v[0])
	return s != "0" && s != "false"
}
