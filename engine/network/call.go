package network

import (
	"errors"
	"net/netip"
	"strconv"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Call is an HTTPS request that a program of a node sends, not from a pod's network but from the host's own: what
// kube-apiserver sends to a webhook.
type Call struct {
	Host string // an address, the name of a machine, or localhost
	Port int32
	Path string // without a query
	Body []byte // JSON; the request is a POST
	// Verify judges the chain of certificates (PEM) that the server shows. Its error is the answer.
	Verify func(chain string) error
}

// resolver is where hosts ask for names: the gateway of their network. It knows machines, not Services.
const resolver = "10.0.0.1:53"

// Call carries a request from an actor's machine through the rules of that machine's kernel. done is called once, on the
// actor, with a reply (whose Status is not 0) or with the error that Go's http client gives, but for a request whose packets
// are lost: then it is never called, and the caller's own deadline decides.
func (n *Network) Call(a *sim.Actor, rq *Call, done func(runtime.Reply, error)) {
	src := n.byHost[a.Host().Name]
	if src == nil || src.a == nil {
		return
	}
	fail := func(text string) {
		a.Send(a, "call failed", func() { done(runtime.Reply{}, errors.New(text)) })
	}
	ip, port, ok := n.hostLookup(src, rq.Host), rq.Port, true
	if ip == "" {
		fail("dial tcp: lookup " + rq.Host + " on " + resolver + ": no such host")
		return
	}
	refused := "dial tcp " + ip + ":" + strconv.Itoa(int(port)) + ": connect: connection refused"
	if ip, port, ok = src.translate(ip, port); !ok {
		if port != 0 {
			fail(refused)
		}
		return
	}
	dst, _, known := n.locate(ip)
	if !known {
		dst = n.byNodeIP(ip)
	}
	if dst == nil || dst.a == nil {
		return // nothing has the address
	}
	a.Send(dst.a, "webhook", func() {
		back := func(r runtime.Reply, text string) {
			dst.a.Send(a, "answer", func() {
				if text != "" {
					done(runtime.Reply{}, errors.New(text))
					return
				}
				done(r, nil)
			})
		}
		sb := dst.sandbox(ip, port)
		if sb == nil {
			if dst.IP() == ip {
				back(runtime.Reply{}, refused)
			}
			return
		}
		c, ok := sb.Listener(port)
		if !ok {
			back(runtime.Reply{}, refused)
			return
		}
		chain, speaks := c.Certificate()
		if !speaks {
			back(runtime.Reply{}, "http: server gave HTTP response to HTTPS client")
			return
		}
		if err := rq.Verify(chain); err != nil {
			back(runtime.Reply{}, err.Error())
			return
		}
		r, d := c.Answer(src.IP(), "kube-apiserver-admission", runtime.Request{Method: "POST", Path: rq.Path, Body: rq.Body})
		if r.Never {
			return
		}
		dst.a.After(d, "served", func() {
			if c.State == runtime.Exited || r.Status == 0 {
				back(runtime.Reply{}, "EOF")
				return
			}
			back(r, "")
		})
	})
}

// hostLookup is the address that a name has on a machine; "" if there is none.
func (n *Network) hostLookup(src *Node, host string) string {
	if host == "localhost" || host == "127.0.0.1" {
		return src.IP()
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	if nd := n.byHost[host]; nd != nil {
		return nd.IP()
	}
	return ""
}

// translate is where the node's rules send a connection of the node itself. Without an endpoint the port is kept if the
// rules refuse the connection, and 0 if they drop it.
func (nd *Node) translate(ip string, port int32) (string, int32, bool) {
	s, by := nd.destination(ip, port)
	if s == nil {
		return ip, port, true
	}
	t, v := nd.route(s, by, nd.IP(), nd.a.Rand())
	switch v {
	case routed:
		return t.endpoint.Addresses[0], t.port, true
	case noEndpoints:
		return ip, port, false
	}
	return ip, 0, false
}
