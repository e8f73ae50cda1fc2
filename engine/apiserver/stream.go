package apiserver

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// stream is a client's exec, attach or portforward: the server connects it with the kubelet of the pod's node and hands
// frames on (registry/core/pod/rest/subresources.go; pkg/util/proxy carries the bytes).
type stream struct {
	s    *Server
	e    *endpoint
	req  *api.Request
	send func(api.Frame)
	conn *sim.Conn
	over bool

	early []api.Frame // sent by the client before the kubelet was reached
	// Both are set on the kubelet's side; messages of a connection arrive in order.
	receive func(api.Frame)
	stop    func()
}

// Connect implements api.Connector.
func (e *endpoint) Connect(req *api.Request, send func(api.Frame)) (func(api.Frame), func()) {
	e.name(req)
	x := &stream{s: e.s, e: e, req: req, send: send}
	e.s.requests++
	e.streams = append(e.streams, x)
	start := func(err error) {
		switch {
		case x.over:
		case err != nil:
			x.end(err)
		default:
			x.start()
		}
	}
	if g := e.s.gate; g.passes(req) {
		start(nil)
	} else {
		g.wait(start)
	}
	return x.toKubelet, x.leave
}

func (x *stream) start() {
	s, req := x.s, x.req
	served := req.Resource == api.Pods && (req.Verb == api.Get || req.Verb == api.Create)
	switch req.Subresource {
	case "exec", "attach", "portforward":
	default:
		served = false
	}
	if !served || req.Stream == nil {
		x.end(notServed(req))
		return
	}
	if err := s.authorizeStream(req); err != nil {
		x.end(err)
		return
	}
	s.kinds[api.Pods].get(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: req.Namespace, Name: req.Name}, func(resp *api.Response) {
		if x.over {
			return
		}
		if resp.Err != nil {
			x.end(resp.Err)
			return
		}
		pod := resp.Object.(*corev1.Pod)
		opts := *req.Stream
		if req.Subresource != "portforward" {
			var err error
			if opts.Container, err = streamContainer(pod, opts.Container); err != nil {
				x.end(err)
				return
			}
		}
		if pod.Spec.NodeName == "" {
			x.end(apierrors.NewBadRequest("pod " + pod.Name + " does not have a host assigned"))
			return
		}
		host := s.conf.Kubelet(pod.Spec.NodeName)
		if host == nil {
			x.end(apierrors.NewInternalError(fmt.Errorf("no kubelet known for node %s", pod.Spec.NodeName)))
			return
		}
		x.admit(&opts, func(err error) {
			switch {
			case x.over:
			case err != nil:
				x.end(err)
			default:
				x.dial(host, pod, &opts)
			}
		})
	})
}

// dial connects with the kubelet of the pod's node.
func (x *stream) dial(host *sim.Host, pod *corev1.Pod, opts *api.StreamOptions) {
	x.s.a.Dial(host, api.KubeletService, func(c *sim.Conn, err error) {
		switch {
		case err != nil:
			x.end(backendError("error dialing backend: dial tcp " + pod.Status.HostIP + ":10250: " + err.Error()))
		case x.over:
			c.Close(x.s.a)
		default:
			x.conn = c
			x.join(opts)
		}
	}, func(error) { x.end(api.ErrStreamLost) })
}

// authorizeStream is authorize for streams: one that comes as a GET needs create as well, which is what it amounts to
// (registry/core/pod/rest/authorize.go, ensureAuthorizedForVerb; v1.35).
func (s *Server) authorizeStream(req *api.Request) error {
	if err := s.authorize(req); err != nil || req.Verb != api.Get || !s.gate.enforce {
		return err
	}
	again := *req
	again.Verb = api.Create
	g := s.gate
	id, err := g.authenticate(&again)
	if err != nil {
		return err
	}
	a := &g.scratch
	describe(&again, id, a)
	if g.chain.Allowed(id, a) {
		return nil
	}
	_, reason := g.chain.Authorize(id, a)
	return apierrors.NewForbidden(api.Pods.GR(), req.Name, errors.New(reason))
}

// join opens the stream at the kubelet.
func (x *stream) join(opts *api.StreamOptions) {
	s, conn, req := x.s, x.conn, x.req
	ep := conn.Handler.(api.KubeletEndpoint)
	conn.Send(s.a, req.Subresource, func() {
		x.receive, x.stop = ep.Stream(req.Subresource, req.Namespace, req.Name, *opts, func(f api.Frame) {
			conn.Send(conn.Peer(s.a), req.Subresource+" output", func() {
				switch {
				case x.over:
				case f.Kind == api.Result:
					x.end(f.Err)
					conn.Close(s.a)
				default:
					x.send(f)
				}
			})
		})
	})
	for _, f := range x.early {
		x.toKubelet(f)
	}
	x.early = nil
}

// toKubelet hands on what the client sent.
func (x *stream) toKubelet(f api.Frame) {
	switch {
	case x.over:
	case x.conn == nil:
		x.early = append(x.early, f)
	default:
		x.conn.Send(x.s.a, x.req.Subresource+" input", func() { x.receive(f) })
	}
}

// end tells the client how the stream ended.
func (x *stream) end(err error) {
	if x.finish() {
		x.send(api.Frame{Kind: api.Result, Err: err})
	}
}

// leave is the client's end.
func (x *stream) leave() {
	if x.finish() && x.conn != nil {
		x.conn.Send(x.s.a, "end "+x.req.Subresource, func() { x.stop() })
		x.conn.Close(x.s.a)
	}
}

// finish marks the stream as over; false if it was.
func (x *stream) finish() bool {
	if x.over {
		return false
	}
	x.over = true
	if i := slices.Index(x.e.streams, x); i >= 0 {
		x.e.streams = slices.Delete(x.e.streams, i, i+1)
	}
	return true
}

// streamContainer is the container meant: the only one, or the one named (strategy.go, validateContainer).
func streamContainer(pod *corev1.Pod, name string) (string, error) {
	if name == "" && len(pod.Spec.Containers) == 1 {
		return pod.Spec.Containers[0].Name, nil
	}
	var names []string
	for i := range pod.Spec.InitContainers {
		names = append(names, pod.Spec.InitContainers[i].Name)
	}
	for i := range pod.Spec.Containers {
		names = append(names, pod.Spec.Containers[i].Name)
	}
	for i := range pod.Spec.EphemeralContainers {
		names = append(names, pod.Spec.EphemeralContainers[i].Name)
	}
	if name == "" {
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: %s", pod.Name, names))
	}
	for _, n := range names {
		if n == name {
			return name, nil
		}
	}
	return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
}

// backendError is an error of a kubelet or of the way to it.
func backendError(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 500, Message: message}}
}
