package sim

import (
	"errors"
	"slices"
	"time"
)

// SilenceTimeout is how long a peer must be silent before a connection is given up: the HTTP/2 health check of
// Kubernetes clients, 30 s idle and 15 s for the ping (k8s.io/apimachinery/pkg/util/net, configureHTTP2Transport).
const SilenceTimeout = 45 * time.Second

// handshakeTimeout is http.DefaultTransport's TLSHandshakeTimeout.
const handshakeTimeout = 10 * time.Second

// Errors a connection closes with.
var (
	ErrRefused = errors.New("connect: connection refused")
	ErrReset   = errors.New("read: connection reset by peer")
	ErrLost    = errors.New("http2: client connection lost")
	ErrTimeout = errors.New("dial tcp: i/o timeout")
	ErrClosed  = errors.New("use of closed network connection")
	// ErrHandshake is what a dial to a process that is stopped ends with: its kernel answers, it does not.
	ErrHandshake = errors.New("net/http: TLS handshake timeout")
)

type listener struct {
	actor  *Actor
	accept func(*Conn)
}

// Conn is a TCP connection between two actors: messages of one direction arrive in the order they were sent, and
// both ends learn when it breaks (at once when a process ends, after SilenceTimeout when a machine loses power).
type Conn struct {
	s      *Sim
	a, b   *Actor // a dialled, b accepted
	last   [2]Time
	closed bool
	told   [2]bool // the end's onClose has run
	// Handler is what the accepting end offers to the dialling end: an interface the two agreed on. What the dialling
	// end calls on it, it calls inside Send, so that it runs on the acceptor's side.
	Handler any
	// OnClose of an end is called on that end's actor when the connection breaks, not when that end closes it.
	onClose [2]func(error)
}

// Listen makes the actor accept connections for a service of its host, e.g. "kube-apiserver".
func (a *Actor) Listen(service string, accept func(*Conn)) {
	a.host.services[service] = &listener{actor: a, accept: accept}
}

// Dial connects to a service of a host. done gets the connection or ErrRefused (nobody listens) or ErrTimeout (the
// host is down or unreachable, after 30 s). onClose is called when the connection breaks later.
func (a *Actor) Dial(to *Host, service string, done func(*Conn, error), onClose func(error)) {
	s := a.s
	l, lat := s.links.between(a.host, to)
	if !to.up || s.severed(a.host, to) {
		a.After(30*time.Second, "dial timeout", func() { done(nil, ErrTimeout) })
		return
	}
	s.schedule(s.now.Add(2*s.jitter(lat)+s.resends(l, rtoSyn)), a, "dial "+service, false, s.background, s.cause, func() {
		ln := to.services[service]
		if !to.up {
			a.After(30*time.Second, "dial timeout", func() { done(nil, ErrTimeout) })
			return
		}
		if s.severed(a.host, to) { // cut while the dial was on its way
			a.After(30*time.Second, "dial timeout", func() { done(nil, ErrTimeout) })
			return
		}
		if ln == nil || ln.actor.dead {
			done(nil, ErrRefused)
			return
		}
		if ln.actor.paused {
			a.After(handshakeTimeout, "handshake timeout", func() { done(nil, ErrHandshake) })
			return
		}
		c := &Conn{s: s, a: a, b: ln.actor}
		c.onClose[0] = onClose
		a.host.conns = append(a.host.conns, c)
		if to != a.host {
			to.conns = append(to.conns, c)
		}
		ln.accept(c)
		done(c, nil)
	})
}

// Peer is the other end.
func (c *Conn) Peer(of *Actor) *Actor {
	if of == c.a {
		return c.b
	}
	return c.a
}

// OnClose sets what the accepting end does when the connection breaks.
func (c *Conn) OnClose(fn func(error)) { c.onClose[1] = fn }

// Closed reports that the connection is over.
func (c *Conn) Closed() bool { return c.closed }

func (c *Conn) peerHost(of *Host) *Host {
	if of == c.a.host {
		return c.b.host
	}
	return c.a.host
}

func (c *Conn) order(to *Actor, at Time) Time {
	d := 0
	if to == c.a {
		d = 1
	}
	if at < c.last[d] {
		at = c.last[d]
	}
	c.last[d] = at
	return at
}

// Send carries fn to the other end: it runs there after the link's latency, in order. On a closed connection or to a
// dead peer nothing arrives.
func (c *Conn) Send(from *Actor, label string, fn func()) {
	if c.closed {
		return
	}
	s := c.s
	to := c.Peer(from)
	l, lat := s.links.between(from.host, to.host)
	if l != nil && l.cut {
		l.held = append(l.held, heldMessage{c: c, to: to, label: label, cause: s.cause, bg: s.background, fn: fn})
		return
	}
	at := c.order(to, s.now.Add(s.jitter(lat)+s.resends(l, rto)))
	s.message(from, to, label, at)
	s.schedule(at, to, label, false, s.background, s.cause, fn)
}

// Close ends the connection from one side; the other side learns it after the latency, behind what was sent before.
func (c *Conn) Close(from *Actor) {
	if c.closed {
		return
	}
	c.remove()
	end := 1
	if c.a != from {
		end = 0
	}
	c.reset(end)
}

func (c *Conn) remove() {
	c.closed = true
	for _, h := range [2]*Host{c.a.host, c.b.host} {
		if i := slices.Index(h.conns, c); i >= 0 {
			h.conns = slices.Delete(h.conns, i, i+1)
		}
	}
}

// reset sends an end word that the far end is closed. Over a cut link the word waits like any other, and the end
// learns of it by the silence unless the link heals before.
func (c *Conn) reset(end int) {
	to, from := c.ends(end)
	if to.dead {
		return
	}
	s := c.s
	l, lat := s.links.between(from.host, to.host)
	fn := func() { c.over(end, ErrReset) }
	if l != nil && l.cut {
		l.held = append(l.held, heldMessage{c: c, to: to, label: "connection closed", cause: s.cause, bg: s.background, fn: fn, last: true})
		c.notify(end, SilenceTimeout, ErrLost)
		return
	}
	at := c.order(to, s.now.Add(s.jitter(lat)+s.resends(l, rto)))
	s.message(from, to, "close", at)
	s.schedule(at, to, "connection closed", false, s.background, s.cause, fn)
}

// notify makes an end find out by itself, after a time.
func (c *Conn) notify(end int, after time.Duration, err error) {
	if a, _ := c.ends(end); !a.dead && c.onClose[end] != nil {
		c.s.schedule(c.s.now.Add(after), a, "connection closed", false, c.s.background, c.s.cause, func() { c.over(end, err) })
	}
}

func (c *Conn) over(end int, err error) {
	if fn := c.onClose[end]; fn != nil && !c.told[end] {
		c.told[end] = true
		fn(err)
	}
}

func (c *Conn) ends(end int) (this, other *Actor) {
	if end == 0 {
		return c.a, c.b
	}
	return c.b, c.a
}

func (c *Conn) giveUpAfter(d time.Duration, still func() bool) {
	c.s.schedule(c.s.now.Add(d), nil, "connection timeout", true, c.s.background, c.s.cause, func() {
		if !c.closed && still() {
			c.remove()
			c.notify(0, 0, ErrLost)
			c.notify(1, 0, ErrLost)
		}
	})
}

// breakConns ends the connections of a host that lost power (of is nil: the far ends learn it by silence), or of one
// of its actors (the kernel tells the far ends).
func (h *Host) breakConns(of *Actor) {
	for _, c := range slices.Clone(h.conns) {
		if of != nil && c.a != of && c.b != of {
			continue
		}
		c.remove()
		for end := range 2 {
			if of == nil {
				c.notify(end, SilenceTimeout, ErrLost)
			} else {
				c.reset(end)
			}
		}
	}
}
