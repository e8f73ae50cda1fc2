package network

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/runtime"
)

// Get is runtime.Dialer's: a program in a pod requests a URL by name, Service address or pod address.
func (n *Network) Get(from *runtime.Sandbox, host string, port int32, path string, done func(int, string, error)) {
	src := n.byHost[from.Runtime().Host().Name]
	if src == nil || src.a == nil {
		return
	}
	fail := func(d time.Duration, text string) {
		src.a.After(d, "request failed", func() { done(0, "", errors.New(text)) })
	}
	refused := func() {
		fail(300*time.Microsecond, "Failed to connect to "+host+" port "+strconv.Itoa(int(port))+": Connection refused")
	}
	ip := host
	if host == "localhost" || host == "127.0.0.1" {
		ip = from.IP
	} else if strings.Trim(host, "0123456789.") != "" {
		ips := n.Lookup(host, from.Namespace)
		if len(ips) == 0 {
			fail(2*time.Millisecond, "Could not resolve host: "+host)
			return
		}
		ip = ips[src.a.Rand().IntN(len(ips))]
	}
	if s := n.rules.byIP[ip]; s != nil {
		t, v := src.route(s, port, from.IP, false, src.a.Rand())
		if v != routed {
			refused()
			return
		}
		ip, port = t.endpoint.Addresses[0], t.port
	}
	dst, _, ok := n.locate(ip)
	if !ok {
		if dst = n.byNodeIP(ip); dst == nil {
			fail(5*time.Second, "Connection timed out")
			return
		}
	}
	over := false
	end := func(status int, body string, err error) {
		if !over {
			over = true
			done(status, body, err)
		}
	}
	timeout := src.a.After(5*time.Second, "request timeout", func() { end(0, "", errors.New("Connection timed out")) })
	if dst.a == nil {
		return
	}
	back := func(status int, body string, err error) {
		dst.a.Send(src.a, "answer", func() { timeout.Stop(); end(status, body, err) })
	}
	src.a.Send(dst.a, "request", func() {
		sb := dst.sandbox(ip, port)
		if sb == nil {
			return
		}
		c, ok := sb.Listener(port)
		if !ok {
			back(0, "", errors.New("Failed to connect to "+host+" port "+strconv.Itoa(int(port))+": Connection refused"))
			return
		}
		status, d := c.Serve(from.IP, "GET", path, "Wget", true)
		if status == 0 {
			return
		}
		dst.a.After(d, "served", func() {
			if c.State == runtime.Exited {
				back(0, "", errors.New("Connection reset by peer"))
				return
			}
			body := ""
			if status < 300 {
				body = c.Body()
			}
			back(status, body, nil)
		})
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
