package rest

import (
	"context"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api"
)

// Core is the API server behind the HTTP surface. Its methods are called from many goroutines at once.
type Core interface {
	// Do carries out a request and waits for the answer, at most until ctx is done. Objects in the answer are shared
	// and are not changed by the caller.
	Do(ctx context.Context, req *api.Request) *api.Response
	// Watch starts a stream: of a resource's changes, or of a log (subresource "log"). send is called with events in order, never twice at the same time, and must not block;
	// after a call with an ERROR event the stream is over, without a word to the client if the error is io.EOF. An
	// error returned refuses the watch.
	Watch(ctx context.Context, req *api.Request, send func([]api.WatchEvent)) (stop func(), err error)
}

// Options are what a host decides.
type Options struct {
	Version version.Info
	// Now is the cluster's wall clock, for the ages in tables. Nil: ages are counted to the epoch of Unix.
	Now func() time.Time
	// Connect serves pods/exec, pods/attach and pods/portforward, whose bytes are the host's affair: it upgrades the
	// connection and carries frames (api.Connector) as req.Stream asks for; fail answers with an error instead. Nil: there
	// are no streams.
	Connect func(w http.ResponseWriter, r *http.Request, req *api.Request, fail func(error))
	// User is who every request comes from.
	User string
	// RequestTimeout bounds everything but watches and logs; 0 means 60 s, as kube-apiserver's --request-timeout.
	RequestTimeout time.Duration
}

// Limits of kube-apiserver.
const (
	maxBody        = 3 * 1024 * 1024 // bytes of a request's body
	requestTimeout = 60 * time.Second
	watchTimeout   = 45 * time.Minute // upstream draws one between 30 and 60 minutes
)

type server struct {
	core  Core
	opts  Options
	docs  catalogs
	books *books
}

// New makes the handler.
func New(core Core, opts Options) http.Handler {
	if opts.RequestTimeout <= 0 {
		opts.RequestTimeout = requestTimeout
	}
	if opts.Now == nil {
		opts.Now = func() time.Time { return time.Unix(0, 0) }
	}
	if opts.User == "" {
		opts.User = "kubernetes-admin"
	}
	return &server{core: core, opts: opts, books: newBooks()}
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache, private")
	path := r.URL.Path
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if ownPath(parts) && !s.mayRead(w, r) {
		return
	}
	switch parts[0] {
	case "":
		s.index(w, r)
	case "api", "apis":
		s.serveAPI(w, r, parts)
	case "version":
		s.only(w, r, len(parts) == 1, func() { s.writeJSON(w, r, http.StatusOK, s.opts.Version) })
	case "healthz", "livez", "readyz", "metrics":
		s.only(w, r, true, func() { s.plain(w, r) })
	case "openapi":
		s.only(w, r, true, func() { s.serveOpenAPI(w, r, parts[1:]) })
	default:
		http.NotFound(w, r)
	}
}

// only serves GET of a path that exists.
func (s *server) only(w http.ResponseWriter, r *http.Request, exists bool, serve func()) {
	switch {
	case !exists:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		s.fail(w, r, methodNotAllowed())
	default:
		serve()
	}
}

// serveAPI serves everything below /api and /apis: discovery where the path is short, else resources.
func (s *server) serveAPI(w http.ResponseWriter, r *http.Request, parts []string) {
	gv := schema.GroupVersion{}
	rest := parts[1:]
	if parts[0] == "apis" {
		if len(rest) == 0 {
			s.only(w, r, true, func() { s.discoverGroups(w, r) })
			return
		}
		gv.Group, rest = rest[0], rest[1:]
		if gv.Group == "" {
			http.NotFound(w, r)
			return
		}
		if len(rest) == 0 {
			cat := s.newest(r)
			if !cat.hasGroup(gv.Group) {
				http.NotFound(w, r)
				return
			}
			s.only(w, r, true, func() { s.writeJSON(w, r, http.StatusOK, cat.group(gv.Group)) })
			return
		}
	} else if len(rest) == 0 {
		s.only(w, r, true, func() { s.discoverCore(w, r) })
		return
	}
	gv.Version, rest = rest[0], rest[1:]
	if len(rest) == 0 {
		list := s.newest(r).resources[gv]
		if list == nil {
			http.NotFound(w, r)
			return
		}
		s.only(w, r, true, func() { s.writeJSON(w, r, http.StatusOK, list) })
		return
	}
	cat, c, ok := s.find(r, gv, rest)
	if cat.resources[gv] == nil {
		http.NotFound(w, r)
		return
	}
	if !ok {
		s.fail(w, r, notServed())
		return
	}
	s.serveResource(w, r, c)
}

// notServed and methodNotAllowed are what upstream's router answers below a group version it has.
func notServed() error {
	return apierrors.NewGenericServerResponse(http.StatusNotFound, "", schema.GroupResource{}, "", "", 0, false)
}

func methodNotAllowed() error {
	return apierrors.NewGenericServerResponse(http.StatusMethodNotAllowed, "", schema.GroupResource{}, "", "", 0, false)
}

// index lists what is served, as / does upstream.
func (s *server) index(w http.ResponseWriter, r *http.Request) {
	s.only(w, r, true, func() { s.writeJSON(w, r, http.StatusOK, metav1.RootPaths{Paths: s.newest(r).paths}) })
}
