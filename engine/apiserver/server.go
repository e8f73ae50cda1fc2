package apiserver

import (
	"math/rand/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// Config configures an API server.
type Config struct {
	Etcd        []*sim.Host                 // where etcd runs; the first is preferred
	ServiceCIDR string                      // "10.96.0.0/12"
	Advertise   string                      // address of the API servers behind the kubernetes Service
	Kubelet     func(node string) *sim.Host // where a node's kubelet answers; nil if there is none
}

// Server is one run of kube-apiserver.
type Server struct {
	a     *sim.Actor
	conf  Config
	db    *etcd.Client
	rng   *rand.Rand
	kinds map[*api.Resource]*cacher
	specs specCache
	alloc *allocator

	// Committed, when set, sees every committed change in order: the stage and other observers outside the world.
	Committed func(r *api.Resource, old, new api.Object)
	requests  uint64
}

// Run starts an API server on an actor.
func Run(a *sim.Actor, conf Config) *Server {
	s := &Server{a: a, conf: conf, rng: a.Rand(), kinds: map[*api.Resource]*cacher{}}
	s.db = etcd.NewClient(a, conf.Etcd)
	for _, r := range api.Builtin() {
		s.kinds[r] = newCacher(s, r)
	}
	s.alloc = newAllocator(s, conf.ServiceCIDR)
	a.Listen(api.Service, func(c *sim.Conn) {
		e := &endpoint{s: s, peer: c.Peer(a)}
		c.Handler = e
		c.OnClose(func(error) { e.close() })
	})
	s.bootstrap()
	return s
}

// Requests counts the requests served so far.
func (s *Server) Requests() uint64 { return s.requests }

// endpoint is the server as one connection sees it.
type endpoint struct {
	s       *Server
	peer    *sim.Actor
	watches []*watcher
}

func (e *endpoint) close() {
	for _, w := range e.watches {
		w.stop()
	}
	e.watches = nil
}

// Serve implements api.Endpoint.
func (e *endpoint) Serve(req *api.Request, reply func(*api.Response)) { e.s.Serve(req, e.peer, reply) }

// Watch implements api.Endpoint.
func (e *endpoint) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	w := e.s.Watch(req, send)
	if w == nil {
		return func() {}
	}
	if len(e.watches) > 64 {
		live := e.watches[:0]
		for _, x := range e.watches {
			if !x.stopped {
				live = append(live, x)
			}
		}
		e.watches = live
	}
	e.watches = append(e.watches, w)
	return w.stop
}

// Serve answers one request, made by an actor (nil: by the world outside).
func (s *Server) Serve(req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	s.requests++
	k := s.kinds[req.Resource]
	if k == nil {
		reply(&api.Response{Err: notServed(req)})
		return
	}
	if err := checkRequest(req); err != nil {
		reply(&api.Response{Err: err})
		return
	}
	if req.Subresource != "" {
		s.subresource(k, req, by, reply)
		return
	}
	switch req.Verb {
	case api.Get:
		k.get(req, reply)
	case api.List:
		k.list(req, reply)
	case api.Create:
		s.create(k, req, by, reply)
	case api.Update, api.Patch:
		s.update(k, req, by, reply)
	case api.Delete:
		s.delete(k, req, by, reply)
	case api.DeleteCollection:
		s.deleteCollection(k, req, by, reply)
	default:
		reply(&api.Response{Err: methodNotAllowed(req)})
	}
}

// now is the creation time of objects: whole seconds, as the API shows them.
func (s *Server) now() metav1.Time { return metav1.Time{Time: s.a.Wall().Truncate(1e9)} }

func (s *Server) key(r *api.Resource, namespace, name string) string {
	k := "/registry/" + r.Name + "/"
	if r.Group != "" && r.Group != "apps" {
		k = "/registry/" + r.Group + "/" + r.Name + "/"
	}
	if namespace != "" {
		k += namespace + "/"
	}
	return k + name
}
