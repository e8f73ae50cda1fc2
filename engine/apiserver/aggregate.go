package apiserver

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// aggregator forwards requests to the API servers that APIServices name, and keeps their condition Available: it looks
// again whenever the APIService, its Service or its endpoints change, when a connection breaks, and every 30 s while
// nobody answers. Upstream: kube-aggregator, pkg/controllers/status/remote and pkg/apiserver/handler_proxy.go.
type aggregator struct {
	s       *Server
	remotes map[string]*remote // by the name of the APIService
}

// remote is an API server behind an APIService.
type remote struct {
	svc      *apiregistration.APIService
	conn     *sim.Conn
	dialing  bool
	waiting  []func(error)
	checking bool
	again    bool
	retry    sim.Timer
}

const (
	recheckPeriod = 30 * time.Second
	remoteTimeout = 5 * time.Second // of the look whether it answers
)

// followRemotes begins to keep the APIServices that name a Service.
func (s *Server) followRemotes() {
	g := &aggregator{s: s, remotes: map[string]*remote{}}
	s.remotes = g
	s.kinds[api.EndpointSlices].changed(func(c *change) {
		o, _ := c.new.(*discoveryv1.EndpointSlice)
		if o == nil {
			o = c.last.(*discoveryv1.EndpointSlice)
		}
		g.serviceChanged(o.Namespace, o.Labels[discoveryv1.LabelServiceName])
	})
	s.kinds[api.Services].changed(func(c *change) {
		o := c.new
		if o == nil {
			o = c.last
		}
		g.serviceChanged(o.GetNamespace(), o.GetName())
	})
}

func (g *aggregator) serviceChanged(namespace, name string) {
	if len(g.remotes) == 0 {
		return
	}
	for _, r := range g.sorted() {
		if ref := r.svc.Spec.Service; ref.Namespace == namespace && ref.Name == name {
			g.checkSoon(r)
		}
	}
}

func (g *aggregator) sorted() []*remote {
	out := make([]*remote, 0, len(g.remotes))
	for _, r := range g.remotes {
		out = append(out, r)
	}
	order.By(out, func(a, b *remote) int { return cmp.Compare(a.svc.Name, b.svc.Name) })
	return out
}

// serviceDefined takes a change of an APIService in.
func (g *aggregator) serviceDefined(c *change) {
	svc, _ := c.new.(*apiregistration.APIService)
	name := ""
	if svc != nil {
		name = svc.Name
	} else {
		name = c.last.GetName()
	}
	r := g.remotes[name]
	if svc == nil || svc.Spec.Service == nil {
		if r != nil {
			delete(g.remotes, name)
			g.drop(r)
			r.retry.Stop()
			g.s.retable()
		}
		return
	}
	if r == nil {
		r = &remote{}
		g.remotes[name] = r
	}
	was := r.svc
	r.svc = svc
	if was == nil {
		g.s.retable()
	}
	if was == nil || !sameService(was.Spec.Service, svc.Spec.Service) {
		g.drop(r)
		g.checkSoon(r)
	}
}

func sameService(a, b *apiregistration.ServiceReference) bool {
	return a.Namespace == b.Namespace && a.Name == b.Name && *a.Port == *b.Port
}

func available(svc *apiregistration.APIService) bool {
	for _, c := range svc.Status.Conditions {
		if c.Type == apiregistration.Available {
			return c.Status == apiregistration.ConditionTrue
		}
	}
	return false
}

// rows are the kinds that remote servers serve, whether they answer now or not: discovery keeps what it knew of a server.
func (g *aggregator) rows() []*api.Resource {
	var out []*api.Resource
	for _, row := range api.Remotes {
		if g.remotes[row.Version+"."+row.Group] != nil {
			out = append(out, row)
		}
	}
	return out
}

// checkSoon looks whether a remote server answers, once the event being handled is over.
func (g *aggregator) checkSoon(r *remote) {
	if r.checking {
		r.again = true
		return
	}
	r.checking, r.again = true, false
	r.retry.Stop()
	g.s.a.After(0, "check APIService "+r.svc.Name, func() {
		if g.remotes[r.svc.Name] != r {
			return
		}
		status, reason, message := g.look(r)
		if reason != "" {
			g.checked(r, status, reason, message)
			return
		}
		over := false
		timeout := g.s.a.After(remoteTimeout, "APIService timeout", func() {
			if !over {
				over = true
				g.checked(r, apiregistration.ConditionFalse, "FailedDiscoveryCheck", "timed out waiting for "+g.url(r))
			}
		})
		g.connect(r, func(err error) {
			if over {
				return
			}
			over = true
			timeout.Stop()
			if err != nil {
				url := g.url(r)
				g.checked(r, apiregistration.ConditionFalse, "FailedDiscoveryCheck", "failing or missing response from "+url+": Get "+strconv.Quote(url)+": "+err.Error())
				return
			}
			g.checked(r, apiregistration.ConditionTrue, "Passed", "all checks passed")
		})
	})
}

// look finds what is wrong before anything is sent; an empty reason is nothing.
func (g *aggregator) look(r *remote) (status apiregistration.ConditionStatus, reason, message string) {
	ref := r.svc.Spec.Service
	svc, _ := g.s.kinds[api.Services].objects[api.Key(ref.Namespace, ref.Name)].(*corev1.Service)
	if svc == nil {
		return apiregistration.ConditionFalse, "ServiceNotFound", fmt.Sprintf("service/%s in %q is not present", ref.Name, ref.Namespace)
	}
	if svc.Spec.Type != corev1.ServiceTypeClusterIP {
		return "", "", ""
	}
	i := slices.IndexFunc(svc.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == *ref.Port })
	if i < 0 {
		return apiregistration.ConditionFalse, "ServicePortError", fmt.Sprintf("service/%s in %q is not listening on port %d", ref.Name, ref.Namespace, *ref.Port)
	}
	if _, _, found := g.endpoint(r); !found {
		return apiregistration.ConditionFalse, "EndpointsNotFound", fmt.Sprintf("cannot find endpointslices for service/%s in %q", ref.Name, ref.Namespace)
	}
	if e, _, _ := g.endpoint(r); e == nil {
		return apiregistration.ConditionFalse, "MissingEndpoints",
			fmt.Sprintf("endpointslices for service/%s in %q have no addresses with port name %q", ref.Name, ref.Namespace, svc.Spec.Ports[i].Name)
	}
	return "", "", ""
}

// endpoint is a ready endpoint of the Service, and its port; found tells whether there are slices at all.
func (g *aggregator) endpoint(r *remote) (e *discoveryv1.Endpoint, port int32, found bool) {
	ref := r.svc.Spec.Service
	var slices []*discoveryv1.EndpointSlice
	// All are looked at, in no order: a server is looked for seldom.
	for _, o := range g.s.kinds[api.EndpointSlices].objects {
		if es := o.(*discoveryv1.EndpointSlice); es.Namespace == ref.Namespace && es.Labels[discoveryv1.LabelServiceName] == ref.Name {
			slices = append(slices, es)
		}
	}
	order.By(slices, func(a, b *discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) })
	for _, es := range slices {
		found = true
		for i := range es.Endpoints {
			x := &es.Endpoints[i]
			if (x.Conditions.Ready == nil || *x.Conditions.Ready) && x.NodeName != nil && len(x.Addresses) > 0 && len(es.Ports) > 0 && es.Ports[0].Port != nil {
				return x, *es.Ports[0].Port, true
			}
		}
	}
	return nil, 0, found
}

func (g *aggregator) url(r *remote) string {
	at := r.svc.Spec.Service.Name + "." + r.svc.Spec.Service.Namespace + ".svc"
	if e, port, _ := g.endpoint(r); e != nil {
		at = e.Addresses[0] + ":" + strconv.Itoa(int(port))
	}
	return "https://" + at + "/apis/" + r.svc.Spec.Group + "/" + r.svc.Spec.Version
}

// checked writes what was found, if it is news.
func (g *aggregator) checked(r *remote, status apiregistration.ConditionStatus, reason, message string) {
	r.checking = false
	if g.remotes[r.svc.Name] != r {
		return
	}
	if r.again {
		g.checkSoon(r)
		return
	}
	if reason == "FailedDiscoveryCheck" {
		r.retry = g.s.a.Periodic(recheckPeriod, "check APIService "+r.svc.Name, func() { g.checkSoon(r) })
	}
	for _, c := range r.svc.Status.Conditions {
		if c.Type == apiregistration.Available && c.Status == status && c.Reason == reason && c.Message == message {
			return
		}
	}
	now := g.s.now()
	req := &api.Request{Verb: api.Patch, Resource: api.APIServices, Subresource: "status", Name: r.svc.Name, PatchType: api.TypedPatch, Mutate: func(o api.Object) bool {
		svc := o.(*apiregistration.APIService)
		next := apiregistration.APIServiceCondition{Type: apiregistration.Available, Status: status, LastTransitionTime: now, Reason: reason, Message: message}
		list := slices.Clone(svc.Status.Conditions)
		i := slices.IndexFunc(list, func(c apiregistration.APIServiceCondition) bool { return c.Type == apiregistration.Available })
		switch {
		case i < 0:
			list = append(list, next)
		case list[i].Status == status:
			next.LastTransitionTime = list[i].LastTransitionTime
			fallthrough
		default:
			list[i] = next
		}
		svc.Status.Conditions = list
		return true
	}}
	g.s.Serve(req, g.s.a, func(*api.Response) {})
}

// connect calls then(nil) once there is a connection to the remote server, or then with why there is none.
func (g *aggregator) connect(r *remote, then func(error)) {
	if r.conn != nil && !r.conn.Closed() {
		then(nil)
		return
	}
	sm := g.s.a.Sim()
	ctx := sm.Context()
	r.waiting = append(r.waiting, func(err error) { sm.In(ctx, func() { then(err) }) })
	if r.dialing {
		return
	}
	done := func(err error) {
		r.dialing = false
		w := r.waiting
		r.waiting = nil
		for _, fn := range w {
			fn(err)
		}
	}
	e, port, _ := g.endpoint(r)
	var host *sim.Host
	if e != nil && g.s.conf.Kubelet != nil {
		host = g.s.conf.Kubelet(*e.NodeName)
	}
	if host == nil {
		done(fmt.Errorf("no endpoints available for service %q", r.svc.Spec.Service.Name))
		return
	}
	r.dialing = true
	var mine *sim.Conn
	g.s.a.Dial(host, r.svc.Spec.Group, func(conn *sim.Conn, err error) {
		if err != nil {
			done(fmt.Errorf("dial tcp %s:%d: %w", e.Addresses[0], port, err))
			return
		}
		r.conn, mine = conn, conn
		done(nil)
	}, func(error) {
		if r.conn == mine {
			r.conn = nil
			g.checkSoon(r)
		}
	})
}

func (g *aggregator) drop(r *remote) {
	if r.conn != nil && !r.conn.Closed() {
		r.conn.Close(g.s.a)
	}
	r.conn = nil
}

// forward serves a request by asking the remote server.
func (g *aggregator) forward(req *api.Request, reply func(*api.Response)) {
	r := g.remotes[req.Resource.Version+"."+req.Resource.Group]
	switch {
	case r == nil:
		reply(&api.Response{Err: remoteError(req, 404)})
		return
	case !available(r.svc):
		reply(&api.Response{Err: remoteError(req, 503)})
		return
	}
	g.connect(r, func(err error) {
		if err != nil {
			reply(&api.Response{Err: remoteError(req, 503)})
			return
		}
		conn := r.conn
		over := false
		answer := func(resp *api.Response) {
			if !over {
				over = true
				reply(resp)
			}
		}
		timeout := g.s.a.After(time.Minute, "request timeout", func() {
			answer(&api.Response{Err: apierrors.NewTimeoutError("request timed out", 0)})
		})
		ep := conn.Handler.(api.RemoteEndpoint)
		conn.Send(g.s.a, string(req.Verb)+" "+req.Resource.Qualified(), func() {
			ep.Serve(req, func(resp *api.Response) {
				conn.Send(conn.Peer(g.s.a), "answer", func() {
					timeout.Stop()
					answer(resp)
				})
			})
		})
	})
}

// remoteError is what a client makes of an answer that is no Status.
func remoteError(req *api.Request, code int) error {
	err := apierrors.NewGenericServerResponse(code, "get", req.Resource.GR(), req.Name, "", 0, true)
	err.ErrStatus.Status = metav1.StatusFailure
	return err
}
