package apiserver

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/auth"
	"tabernetes/engine/sim"
)

// gate is what stands before every request: authentication, impersonation, authorization.
//
// A real API server answers as soon as it listens, with 403 until its informers have the roles; /readyz keeps clients
// behind a load balancer away for that long. Here every client is behind that balancer: until the watch caches that
// authorization reads are loaded and the bootstrap policy is there, requests wait, as they do for a cache that is not
// loaded. The server's own requests and those of system:masters pass.
type gate struct {
	s       *Server
	enforce bool // --authorization-mode=Node,RBAC; else AlwaysAllow, upstream's default
	key     *auth.Key
	policy  *auth.Policy
	chain   *auth.Authorizer
	graph   *auth.NodeGraph

	certified map[string]*auth.Identity // by user name
	others    map[string]*auth.Identity // by everything about them
	scratch   auth.Request

	ready   bool
	waiting []func(error)
}

// maxIdentities bounds each of the two maps.
const maxIdentities = 20_000

func newGate(s *Server) *gate {
	g := &gate{s: s, enforce: s.conf.RBAC, policy: auth.NewPolicy(), certified: map[string]*auth.Identity{}, others: map[string]*auth.Identity{}}
	g.key = auth.NewKey(s.conf.TokenSeed)
	g.graph = auth.NewNodeGraph(auth.Lookup{
		Pod: func(namespace, name string) *corev1.Pod {
			p, _ := s.kinds[api.Pods].objects[api.Key(namespace, name)].(*corev1.Pod)
			return p
		},
		PersistentVolume: func(name string) *corev1.PersistentVolume {
			v, _ := s.kinds[api.PersistentVolumes].objects[name].(*corev1.PersistentVolume)
			return v
		},
		ClaimVolume: func(namespace, claim string) string {
			if c, ok := s.kinds[api.PersistentVolumeClaims].objects[api.Key(namespace, claim)].(*corev1.PersistentVolumeClaim); ok {
				return c.Spec.VolumeName
			}
			return ""
		},
		AttachedTo: func(name string) string {
			if a, ok := s.kinds[api.VolumeAttachments].objects[name].(*storagev1.VolumeAttachment); ok {
				return a.Spec.NodeName
			}
			return ""
		},
	})
	g.chain = auth.New(g.policy, g.graph)
	read := []*api.Resource{api.ClusterRoles, api.ClusterRoleBindings, api.Roles, api.RoleBindings}
	for _, r := range read {
		s.kinds[r].changed(func(c *change) { g.policy.Change(c.old, c.new) })
	}
	s.kinds[api.Pods].changed(func(c *change) {
		was, _ := c.old.(*corev1.Pod)
		is, _ := c.new.(*corev1.Pod)
		g.graph.Change(was, is)
	})
	if !g.enforce {
		g.ready = true
		return g
	}
	read = append(read, api.Pods, api.PersistentVolumes, api.PersistentVolumeClaims, api.VolumeAttachments, api.Namespaces, api.ServiceAccounts, api.Nodes, api.Secrets)
	var next func(i int)
	next = func(i int) {
		if i == len(read) {
			g.bootstrap(g.open)
			return
		}
		s.kinds[read[i]].atLeast(0, func() { next(i + 1) })
	}
	next(0)
	return g
}

// open lets the requests in that have waited, in their order.
func (g *gate) open() {
	g.ready = true
	w := g.waiting
	g.waiting = nil
	for _, fn := range w {
		fn(nil)
	}
}

// passes reports that a request need not wait until the gate opens.
func (g *gate) passes(req *api.Request) bool {
	return g.ready || req.Path != "" && alwaysAllowed(req.Path) || req.Token == "" && req.As == nil && (req.User == "" || req.Groups == nil && g.identityOf(req.User).Super)
}

// wait calls fn once the gate is open, or with the error that etcd has instead.
func (g *gate) wait(fn func(error)) {
	sm := g.s.a.Sim()
	ctx := sm.Context()
	called := false
	once := func(err error) {
		if !called {
			called = true
			sm.In(ctx, func() { fn(err) })
		}
	}
	g.waiting = append(g.waiting, once)
	g.s.db.Revision(func(_ int64, err error) {
		if err != nil {
			once(storageError(err))
		}
	})
}

// identityOf is whom a certificate stands for.
func (g *gate) identityOf(user string) *auth.Identity {
	if user == "" {
		user = auth.APIServer
	}
	id := g.certified[user]
	if id == nil {
		id = auth.NewIdentity(auth.Certified(user))
		g.intern(g.certified, user, id)
	}
	return id
}

func (g *gate) intern(m map[string]*auth.Identity, key string, id *auth.Identity) {
	if len(m) >= maxIdentities {
		for _, x := range m {
			g.chain.Forget(x)
		}
		clear(m)
	}
	m[key] = id
}

// same gives one pointer for one user.
func (g *gate) same(u api.UserInfo) *auth.Identity {
	var b strings.Builder
	b.WriteString(u.Name + "\x00" + u.UID)
	for _, x := range u.Groups {
		b.WriteString("\x00" + x)
	}
	keys := make([]string, 0, len(u.Extra))
	for k := range u.Extra {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b.WriteString("\x01" + k)
		for _, v := range u.Extra[k] {
			b.WriteString("\x00" + v)
		}
	}
	key := b.String()
	id := g.others[key]
	if id == nil {
		id = auth.NewIdentity(u)
		g.intern(g.others, key, id)
	}
	return id
}

// authenticate says who asks.
func (g *gate) authenticate(req *api.Request) (*auth.Identity, error) {
	if req.Token != "" {
		u, _, err := g.checkToken(req.Token, nil)
		if err != nil {
			return nil, apierrors.NewUnauthorized("Unauthorized")
		}
		return g.same(u), nil
	}
	if req.Groups == nil && req.UID == "" && req.Extra == nil {
		return g.identityOf(req.User), nil
	}
	return g.same(api.UserInfo{Name: req.User, UID: req.UID, Groups: req.Groups, Extra: req.Extra}), nil
}

// authorize decides whether the user of a request may make it; nil says yes, and the request then bears the name and
// groups of the user in whose name it is.
func (s *Server) authorize(req *api.Request) error {
	g := s.gate
	id, err := g.authenticate(req)
	if err != nil {
		return err
	}
	a := &g.scratch
	describe(req, id, a)
	if req.As != nil {
		if !g.enforce {
			id = g.same(*req.As)
		} else if id, err = g.chain.Impersonate(id, req.As, a); err != nil {
			return err
		} else {
			id = g.same(id.UserInfo)
			describe(req, id, a)
		}
	}
	req.User, req.Groups, req.UID, req.Extra = id.Name, id.Groups, id.UID, id.Extra
	req.As, req.Token = nil, ""
	if !g.enforce || a.Path != "" && alwaysAllowed(a.Path) || g.chain.Allowed(id, a) {
		return nil
	}
	if req.PatchType == api.TypedPatch && a.Verb == string(api.Patch) {
		// A typed patch stands for what a component would send, a patch or a read and an update.
		if a.Verb = string(api.Update); g.chain.Allowed(id, a) {
			return nil
		}
		a.Verb = string(api.Patch)
	}
	_, reason := g.chain.Authorize(id, a)
	return auth.Forbidden(id.Name, &a.Access, reason)
}

// alwaysAllowed are the paths everybody may see (--authorization-always-allow-paths).
func alwaysAllowed(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return path == "/healthz" || path == "/readyz" || path == "/livez"
}

// describe fills in what a request asks for, as the HTTP surface's RequestInfo has it.
func describe(req *api.Request, id *auth.Identity, a *auth.Request) {
	*a = auth.Request{}
	a.Verb = string(req.Verb)
	r := req.Resource
	if req.Path != "" {
		a.Path, _, _ = strings.Cut(req.Path, "?")
		return
	}
	a.Group, a.Resource, a.Subresource, a.Name = r.Group, r.Name, req.Subresource, req.Name
	if r.Namespaced {
		a.Namespace = req.Namespace
	}
	switch req.Verb {
	case api.Create:
		if req.Subresource == "" {
			a.Name = "" // it stands in the body, which is not read yet
		}
	case api.Watch:
		if req.Subresource == "log" {
			a.Verb = string(api.Get)
			return
		}
		a.Name = selectedName(req.FieldSelector)
	case api.List:
		a.Name = selectedName(req.FieldSelector)
	case api.DeleteCollection:
		a.Name = ""
	default:
		if r == api.Namespaces {
			a.Namespace = req.Name
		}
		return
	}
	if r == api.Pods && id.Node != "" && req.FieldSelector != nil {
		a.OfNode, _ = req.FieldSelector.RequiresExactMatch("spec.nodeName")
	}
}

// selectedName is the one object a field selector asks for.
func selectedName(sel fields.Selector) string {
	if sel == nil {
		return ""
	}
	name, _ := sel.RequiresExactMatch("metadata.name")
	return name
}

// Watch implements api.Endpoint.
func (e *endpoint) Watch(req *api.Request, send func([]api.WatchEvent)) func() {
	e.name(req)
	g := e.s.gate
	if g.passes(req) {
		return e.watch(req, send)
	}
	stopped := false
	var stop func()
	g.wait(func(err error) {
		switch {
		case stopped || e.closed:
		case err != nil:
			send([]api.WatchEvent{errorEvent(e.s.a.Sim(), err)})
		default:
			stop = e.watch(req, send)
		}
	})
	return func() {
		stopped = true
		if stop != nil {
			stop()
		}
	}
}

// Serve implements api.Endpoint.
func (e *endpoint) Serve(req *api.Request, reply func(*api.Response)) {
	e.name(req)
	e.s.Serve(req, e.peer, reply)
}

// name makes who comes without a certificate anonymous; without any name only the server itself asks.
func (e *endpoint) name(req *api.Request) {
	if req.User == "" && req.Token == "" {
		req.User, req.Groups = auth.Anonymous, nil
	}
}

func errorEvent(sm *sim.Sim, err error) api.WatchEvent {
	return api.WatchEvent{Type: "ERROR", Err: err, Ctx: sm.Context()}
}
