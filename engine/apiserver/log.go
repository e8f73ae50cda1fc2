package apiserver

import (
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// log serves pods/log: the server asks the kubelet of the pod's node (registry/core/pod/strategy.go, LogLocation).
func (s *Server) log(k *cacher, req *api.Request, reply func(*api.Response)) {
	s.logSource(k, req, func(ep api.KubeletEndpoint, conn *sim.Conn, opts api.LogOptions, err error) {
		if err != nil {
			reply(&api.Response{Err: err})
			return
		}
		conn.Send(s.a, "get log", func() {
			ep.Logs(req.Namespace, req.Name, opts.Container, opts, func(text string, err error) {
				conn.Send(conn.Peer(s.a), "log", func() {
					conn.Close(s.a)
					if err != nil {
						reply(&api.Response{Err: kubeletError(err)})
						return
					}
					reply(&api.Response{Text: text})
				})
			})
		})
	})
}

// followLog streams a container's log as a watch of LogText objects.
func (s *Server) followLog(req *api.Request, send func([]api.WatchEvent)) *watcher {
	x := &watcher{req: req}
	end := func(err error) {
		if !x.stopped {
			x.stopped = true
			send([]api.WatchEvent{{Type: watch.Error, Err: err, Ctx: s.a.Sim().Context()}})
		}
	}
	s.logSource(s.kinds[api.Pods], req, func(ep api.KubeletEndpoint, conn *sim.Conn, opts api.LogOptions, err error) {
		if err != nil {
			end(err)
			return
		}
		conn.Send(s.a, "follow log", func() {
			stop := ep.Follow(req.Namespace, req.Name, opts.Container, opts, func(text string, over bool, err error) {
				conn.Send(conn.Peer(s.a), "log", func() {
					if x.stopped {
						return
					}
					if text != "" {
						send([]api.WatchEvent{{Type: watch.Modified, Object: &api.LogText{Text: text}, Ctx: s.a.Sim().Context()}})
					}
					if err != nil {
						end(kubeletError(err))
					} else if over {
						end(io.EOF)
					}
				})
			})
			x.onStop = func() {
				conn.Send(s.a, "stop log", func() { stop() })
				conn.Close(s.a)
			}
		})
	})
	return x
}

// logSource finds the container and a connection to its kubelet.
func (s *Server) logSource(k *cacher, req *api.Request, then func(api.KubeletEndpoint, *sim.Conn, api.LogOptions, error)) {
	k.get(&api.Request{Verb: api.Get, Resource: k.r, Namespace: req.Namespace, Name: req.Name}, func(resp *api.Response) {
		fail := func(err error) { then(nil, nil, api.LogOptions{}, err) }
		if resp.Err != nil {
			fail(resp.Err)
			return
		}
		pod := resp.Object.(*corev1.Pod)
		opts := api.LogOptions{}
		if req.Log != nil {
			opts = *req.Log
		}
		var err error
		if opts.Container, err = streamContainer(pod, opts.Container); err != nil {
			fail(err)
			return
		}
		if pod.Spec.NodeName == "" {
			// Upstream answers an empty log for a pod that has no node yet.
			fail(apierrors.NewBadRequest(fmt.Sprintf("container %q in pod %q is waiting to start: pod is not scheduled", opts.Container, pod.Name)))
			return
		}
		host := s.conf.Kubelet(pod.Spec.NodeName)
		if host == nil {
			fail(apierrors.NewInternalError(fmt.Errorf("no kubelet known for node %s", pod.Spec.NodeName)))
			return
		}
		var conn *sim.Conn
		s.a.Dial(host, api.KubeletService, func(c *sim.Conn, err error) {
			if err != nil {
				fail(kubeletUnreachable(pod, opts.Container, err))
				return
			}
			conn = c
			then(conn.Handler.(api.KubeletEndpoint), conn, opts, nil)
		}, func(error) {})
	})
}

func kubeletUnreachable(pod *corev1.Pod, container string, err error) error {
	return apierrors.NewInternalError(fmt.Errorf("Get \"https://%s:10250/containerLogs/%s/%s/%s\": dial tcp %s:10250: %w", pod.Status.HostIP, pod.Namespace, pod.Name, container, pod.Status.HostIP, err))
}

func kubeletError(err error) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: 400, Reason: metav1.StatusReasonBadRequest, Message: err.Error(),
	}}
}
