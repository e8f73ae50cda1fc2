package apiserver

import (
	"math/rand/v2"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// Config configures an API server.
type Config struct {
	Etcd        []*sim.Host                 // where etcd runs; the first is preferred
	ServiceCIDR string                      // "10.96.0.0/12", or with a second family "10.96.0.0/12,fd00:10:96::/112"
	Advertise   string                      // address of the API servers behind the kubernetes Service
	Kubelet     func(node string) *sim.Host // where a node's kubelet answers; nil if there is none
	RBAC        bool                        // --authorization-mode=Node,RBAC; false is AlwaysAllow, upstream's default
	// CallWebhook sends a request of the server's actor to a webhook. done is called on the actor, at most once: an answer
	// may get lost. nil: nobody listens anywhere.
	CallWebhook func(a *sim.Actor, call *WebhookCall, done func(WebhookAnswer))
	TokenSeed   uint64 // from which the key of service-account tokens is made, the same for all servers
}

// Server is one run of kube-apiserver.
type Server struct {
	a       *sim.Actor
	conf    Config
	db      *etcd.Client
	rng     *rand.Rand
	kinds   map[*api.Resource]*cacher
	specs   specCache
	adm     admissionIndex
	places  labelCache
	charges map[string]*chargeQueue // by namespace
	alloc   *allocator

	gate *gate

	custom   customKinds
	services localServices
	remotes  *aggregator

	fields *fieldmanager.Manager
	stamp  *metav1.Time // the current second, shared by the managedFields written in it

	requests uint64

	progressing progressing
	counts      counters
	booted      bool // the objects every cluster has are there
}

// Run starts an API server on an actor.
func Run(a *sim.Actor, conf Config) *Server {
	s := &Server{a: a, conf: conf, rng: a.Rand(), kinds: map[*api.Resource]*cacher{}, fields: fieldmanager.New()}
	s.fields.Versions = s.version
	s.db = etcd.NewClient(a, conf.Etcd)
	for _, r := range api.Builtin() {
		if r.Kept() {
			s.kinds[r] = newCacher(s, r)
		}
	}
	s.indexAdmission()
	s.alloc = newAllocator(s, conf.ServiceCIDR)
	s.gate = newGate(s)
	s.extend()
	a.Listen(api.Service, func(c *sim.Conn) {
		e := &endpoint{s: s, peer: c.Peer(a)}
		c.Handler = e
		c.OnClose(func(error) { e.close() })
	})
	(&compactor{s: s}).wait()
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
	streams []*stream
	closed  bool
}

func (e *endpoint) close() {
	e.closed = true
	for _, w := range e.watches {
		w.stop()
	}
	for _, x := range slices.Clone(e.streams) {
		x.leave()
	}
	e.watches, e.streams = nil, nil
}

// watch starts a watch for Watch of authorize.go.
func (e *endpoint) watch(req *api.Request, send func([]api.WatchEvent)) func() {
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
	if req.Path == "" {
		reply = s.counts.count(req, reply)
	}
	if !s.gate.passes(req) {
		s.gate.wait(func(err error) {
			if err != nil {
				reply(&api.Response{Err: err})
				return
			}
			s.serve(req, by, reply)
		})
		return
	}
	s.serve(req, by, reply)
}

// serve answers a request that need not wait.
func (s *Server) serve(req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	if req.Verb == api.Discover {
		s.discover(reply)
		return
	}
	if err := s.authorize(req); err != nil {
		reply(&api.Response{Err: err})
		return
	}
	if req.Path != "" {
		s.servePath(req, reply)
		return
	}
	reply = withDeprecation(req.Resource, reply)
	if req.Resource.Custom != nil {
		// A server that has just started does not know the definitions yet, and must not deny what they define.
		s.kinds[api.CustomResourceDefinitions].atLeast(0, func() { s.serveCustom(req, by, reply) })
		return
	}
	s.dispatch(req, by, reply)
}

// dispatch answers a request for a resource that is served.
func (s *Server) dispatch(req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	if c := req.Resource.Custom; c != nil && c.Webhook != nil {
		s.serveConverted(req, by, reply)
		return
	}
	if req.Resource.Hub != nil {
		s.serveVersion(req, by, reply)
		return
	}
	if req.Resource.Remote {
		s.remotes.forward(req, reply)
		return
	}
	if req.Resource.Verbs != nil {
		s.serveView(req, reply)
		return
	}
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
	s.carryOut(k, req, by, reply)
}

// carryOut serves a request for objects as they are stored.
func (s *Server) carryOut(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
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
		if err := keepsSystemClass(req); err != nil {
			reply(&api.Response{Err: err})
			return
		}
		s.delete(k, req, by, reply)
	case api.DeleteCollection:
		s.deleteCollection(k, req, by, reply)
	default:
		reply(&api.Response{Err: methodNotAllowed(req)})
	}
}

// now is the creation time of objects: whole seconds, as the API shows them.
func (s *Server) now() metav1.Time { return metav1.Time{Time: s.a.Wall().Truncate(1e9)} }
