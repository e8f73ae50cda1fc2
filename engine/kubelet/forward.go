package kubelet

import (
	"errors"
	"fmt"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
)

// errReset is what a forwarded connection ends with whose program went away.
var errReset = errors.New("connection reset by peer")

// forward serves a port-forward: containerd enters the pod's network namespace and dials localhost there
// (internal/cri/server/sandbox_portforward_linux.go). Each connection is dialled when the client opens it, so that one
// to a port where nothing listens fails before anything is sent.
func (k *Kubelet) forward(sb *runtime.Sandbox, send func(api.Frame)) (func(api.Frame), func()) {
	over := false
	ports := map[int]int32{}
	receive := func(f api.Frame) {
		switch f.Kind {
		case api.Dial:
			reply := api.Frame{Kind: api.Dial, ID: f.ID, Port: f.Port}
			if _, ok := sb.Listener(f.Port); ok {
				ports[f.ID] = f.Port
			} else {
				reply.Err = refusedForward(sb, f.Port)
			}
			send(reply)
		case api.HangUp:
			delete(ports, f.ID)
		case api.Exchange:
			port, open := ports[f.ID]
			if !open {
				return
			}
			reply := api.Frame{Kind: api.Exchange, ID: f.ID, Err: errReset}
			c, ok := sb.Listener(port)
			if !ok {
				delete(ports, f.ID)
				send(reply)
				return
			}
			status, d := c.Serve("127.0.0.1", f.Request.Method, f.Request.Path, f.Request.Agent, true)
			if status == 0 { // it accepts no more
				delete(ports, f.ID)
				send(reply)
				return
			}
			k.a.After(d, "served", func() {
				if over || ports[f.ID] != port {
					return
				}
				if c.State == runtime.Exited {
					delete(ports, f.ID)
					send(reply)
					return
				}
				reply.Err, reply.Answer = nil, &api.HTTPAnswer{Status: status}
				if status < 300 && f.Request.Method != "HEAD" {
					reply.Answer.Body = c.Body(f.Request.Path)
				}
				send(reply)
			})
		}
	}
	return receive, func() { over = true }
}

// refusedForward is containerd's error, in the streaming server's frame.
func refusedForward(sb *runtime.Sandbox, port int32) error {
	id := sb.ID()
	if !sb.Ready {
		return fmt.Errorf("error forwarding port %d to pod %s, uid : failed to find sandbox %q in store: not found", port, id, id)
	}
	return fmt.Errorf("error forwarding port %d to pod %s, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-%s\": failed to connect to localhost:%d inside namespace %q, IPv4: dial tcp4 127.0.0.1:%d: connect: connection refused IPv6 dial tcp6 [::1]:%d: connect: connection refused ",
		port, id, sb.UID, port, id, port, port)
}
