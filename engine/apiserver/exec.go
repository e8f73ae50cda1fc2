package apiserver

import (
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// execKey names a command under way that reads from a terminal.
type execKey struct {
	user    string
	session uint64
}

// exec serves pods/exec: the server connects the client with the kubelet of the pod's node, which runs the command
// (registry/core/pod/strategy.go, ExecLocation; apiserver/pkg/util/proxy carries the streams).
func (s *Server) exec(req *api.Request, send func([]api.WatchEvent)) *watcher {
	x := &watcher{req: req}
	key := execKey{req.User, req.Exec.Session}
	end := func(err error) {
		if !x.stopped {
			x.stopped = true
			delete(s.execs, key)
			send([]api.WatchEvent{{Type: watch.Error, Err: err, Ctx: s.a.Sim().Context()}})
		}
	}
	s.kinds[api.Pods].get(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: req.Namespace, Name: req.Name}, func(resp *api.Response) {
		if resp.Err != nil {
			end(resp.Err)
			return
		}
		pod := resp.Object.(*corev1.Pod)
		opts := *req.Exec
		var err error
		if opts.Container, err = logContainer(pod, opts.Container); err != nil {
			end(err)
			return
		}
		if pod.Spec.NodeName == "" {
			end(apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", pod.Name)))
			return
		}
		s.admitExec(req, &opts, func(err error) {
			if err != nil {
				end(err)
				return
			}
			s.dialKubelet(x, key, pod, &opts, send, end)
		})
	})
	return x
}

// admitExec lets webhooks have a say (operation CONNECT).
func (s *Server) admitExec(req *api.Request, opts *api.ExecOptions, then func(error)) {
	if !s.admission().hooked {
		then(nil)
		return
	}
	o := &execObject{PodExecOptions: corev1.PodExecOptions{Stdout: true, Stderr: !opts.Terminal, Stdin: opts.Terminal || opts.Input != "", TTY: opts.Terminal, Container: opts.Container, Command: opts.Command}}
	s.callBoth(&attributes{req: req, r: req.Resource, op: opConnect, sub: req.Subresource, obj: o}, then)
}

// execObject lets the options of an exec, which have no metadata, go the way of objects.
type execObject struct {
	metav1.ObjectMeta `json:"-"`
	corev1.PodExecOptions
}

// DeepCopyObject implements runtime.Object.
func (o *execObject) DeepCopyObject() kruntime.Object {
	c := *o
	return &c
}

// dialKubelet connects with the kubelet of the pod's node.
func (s *Server) dialKubelet(x *watcher, key execKey, pod *corev1.Pod, opts *api.ExecOptions, send func([]api.WatchEvent), end func(error)) {
	host := s.conf.Kubelet(pod.Spec.NodeName)
	if host == nil {
		end(apierrors.NewInternalError(fmt.Errorf("no kubelet known for node %s", pod.Spec.NodeName)))
		return
	}
	var conn *sim.Conn
	s.a.Dial(host, api.KubeletService, func(c *sim.Conn, err error) {
		if err != nil {
			end(backendError("error dialing backend: dial tcp " + pod.Status.HostIP + ":10250: " + err.Error()))
			return
		}
		conn = c
		if x.stopped {
			conn.Close(s.a)
			return
		}
		s.connect(x, key, conn, opts, send, end)
	}, func(err error) { end(err) })
}

// connect runs the command over a connection to the kubelet.
func (s *Server) connect(x *watcher, key execKey, conn *sim.Conn, opts *api.ExecOptions, send func([]api.WatchEvent), end func(error)) {
	ep := conn.Handler.(api.KubeletEndpoint)
	// Both are set on the kubelet's side; messages of a connection arrive in order.
	var input func(line string, end bool)
	var stop func()
	x.onStop = func() {
		delete(s.execs, key)
		conn.Send(s.a, "end exec", func() { stop() })
		conn.Close(s.a)
	}
	if opts.Terminal {
		if s.execs == nil {
			s.execs = map[execKey]func(string, bool){}
		}
		s.execs[key] = func(line string, over bool) {
			conn.Send(s.a, "exec input", func() { input(line, over) })
		}
	}
	conn.Send(s.a, "exec", func() {
		input, stop = ep.Exec(x.req.Namespace, x.req.Name, *opts, func(text string, over bool, err error) {
			conn.Send(conn.Peer(s.a), "exec output", func() {
				if x.stopped {
					return
				}
				if text != "" {
					send([]api.WatchEvent{{Type: watch.Modified, Object: &api.LogText{Text: text}, Ctx: s.a.Sim().Context()}})
				}
				switch {
				case err != nil:
					end(err)
					conn.Close(s.a)
				case over:
					end(io.EOF)
					conn.Close(s.a)
				}
			})
		})
	})
}

// typed serves what a client types at a command of its own.
func (s *Server) typed(req *api.Request, reply func(*api.Response)) {
	input := s.execs[execKey{req.User, req.Exec.Session}]
	if input == nil {
		reply(&api.Response{Err: apierrors.NewBadRequest("no such session")})
		return
	}
	input(req.Exec.Line, req.Exec.End)
	reply(&api.Response{})
}

// backendError is an error of a kubelet or of the way to it.
func backendError(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 500, Message: message}}
}
