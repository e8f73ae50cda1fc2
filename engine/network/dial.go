package network

import (
	"errors"
	"net/netip"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
)

// dialTimeout is how long a program in a pod waits for an answer.
const dialTimeout = 5 * time.Second

// dial is one request of a program in a pod.
type dial struct {
	n          *Network
	src        *Node
	from       *runtime.Sandbox
	host       string // as the program wrote it
	ip         string // where it goes
	port       int32
	path       string
	done       func(int, string, error)
	over       bool
	translated bool // a node's rules have chosen the endpoint
}

// Get is runtime.Dialer's: a program in a pod requests a URL by name, or an address of a Service, a pod, a node or a load
// balancer.
func (n *Network) Get(from *runtime.Sandbox, host string, family corev1.IPFamily, port int32, path string, done func(int, string, error)) {
	d := &dial{n: n, src: n.byHost[from.Runtime().Host().Name], from: from, host: host, port: port, path: path, done: done}
	if d.src == nil || d.src.a == nil {
		return
	}
	if !d.resolve(family) {
		d.fail(2*time.Millisecond, "Could not resolve host: "+host)
		return
	}
	timeout := d.src.a.After(dialTimeout, "request timeout", func() { d.end(0, "", errors.New("Connection timed out")) })
	d.done = func(status int, body string, err error) {
		timeout.Stop()
		done(status, body, err)
	}
	d.send(d.src)
}

// resolve finds the address to connect to: of a name with addresses of both families an IPv4 one, which RFC 6724 prefers
// to unique local IPv6 addresses.
func (d *dial) resolve(family corev1.IPFamily) bool {
	switch d.host {
	case "localhost", "127.0.0.1", "::1":
		d.ip, d.translated = d.from.IP(), true
		return true
	}
	var ips []string
	if ip, err := netip.ParseAddr(d.host); err == nil {
		ips = []string{ip.Unmap().String()}
	} else {
		ips = d.n.Lookup(d.host, d.from.Namespace)
	}
	want := family == corev1.IPv6Protocol
	if family == "" && len(ips) > 0 {
		want = is6(ips[0]) // IPv4 comes first, where there is any
	}
	n := 0
	for _, ip := range ips {
		if is6(ip) == want {
			ips[n] = ip
			n++
		}
	}
	if n == 0 {
		return false
	}
	d.ip = ips[d.src.a.Rand().IntN(n)]
	return true
}

func (d *dial) end(status int, body string, err error) {
	if !d.over {
		d.over = true
		d.done(status, body, err)
	}
}

func (d *dial) fail(after time.Duration, text string) {
	d.src.a.After(after, "request failed", func() { d.end(0, "", errors.New(text)) })
}

func (d *dial) refusal() string {
	return "Failed to connect to " + d.host + " port " + strconv.Itoa(int(d.port)) + ": Connection refused"
}

// send lets a node's kernel look at the packet: its rules may turn a Service's address into an endpoint's. Then it goes to
// the node that has the address.
func (d *dial) send(nd *Node) {
	ip, port := d.ip, d.port
	if s, v := d.rule(nd); s != nil {
		v.pod = true
		t, verdict := nd.route(s, v, own(d.from, is6(ip)), nd.a.Rand())
		switch verdict {
		case routed:
		case noLocal:
			return // dropped
		default:
			d.refused(nd)
			return
		}
		ip, port, d.translated = t.endpoint.Addresses[0], t.port, true
	}
	dst, _, ok := d.n.locate(ip)
	if !ok {
		dst = d.n.byNodeIP(ip)
	}
	if dst == nil || dst.a == nil {
		return // an address outside, or nobody's: nothing answers
	}
	nd.a.Send(dst.a, "request", func() {
		// A packet for the node itself may be for a node port.
		if s, _ := d.rule(dst); s != nil {
			d.send(dst)
			return
		}
		d.arrive(dst, ip, port)
	})
}

// rule is the Service that a node's rules see in the packet. An address is translated once.
func (d *dial) rule(nd *Node) (*service, via) {
	if d.translated {
		return nil, via{}
	}
	return nd.destination(d.ip, d.port)
}

// refused is the answer of a node whose rules lead nowhere.
func (d *dial) refused(nd *Node) {
	if nd == d.src {
		d.fail(300*time.Microsecond, d.refusal())
		return
	}
	d.answer(nd, 0, "", errors.New(d.refusal()))
}

func (d *dial) answer(nd *Node, status int, body string, err error) {
	nd.a.Send(d.src.a, "answer", func() { d.end(status, body, err) })
}

// arrive is the request at the pod's node.
func (d *dial) arrive(dst *Node, ip string, port int32) {
	sb := dst.sandbox(ip, port)
	if sb == nil {
		if d.n.byNodeIP(ip) == dst {
			d.answer(dst, 0, "", errors.New(d.refusal()))
		}
		return
	}
	c, ok := sb.Listener(port)
	if !ok {
		d.answer(dst, 0, "", errors.New(d.refusal()))
		return
	}
	status, took := c.Serve(own(d.from, is6(ip)), "GET", d.path, "Wget", true)
	if status == 0 {
		return // it accepts no more
	}
	dst.a.After(took, "served", func() {
		if c.State == runtime.Exited {
			d.answer(dst, 0, "", errors.New("Connection reset by peer"))
			return
		}
		body := ""
		if status < 300 {
			body = c.Body(d.path)
		}
		d.answer(dst, status, body, nil)
	})
}

// Sandboxes that answer at an address now, for tests and the page.
func (nd *Node) Sandboxes() []*runtime.Sandbox {
	var out []*runtime.Sandbox
	for b := 0; b < 256; b++ {
		if sb := nd.pods[byte(b)]; sb != nil {
			out = append(out, sb)
		}
	}
	return out
}

var _ runtime.Dialer = (*Network)(nil)
