package client

import (
	"fmt"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// Config says who talks and to whom.
type Config struct {
	Servers   []*sim.Host // the API servers, tried in turn; the first is preferred
	Balancer  *Balancer   // chooses among them; nil: there is none
	User      string      // e.g. "system:node:node-1"
	UserAgent string      // field manager of its writes, e.g. "kubelet"
	Audit     *Audit      // nil: nobody looks
}

// Client is a component's connection to the API. It belongs to one actor and ends with it.
type Client struct {
	a    *sim.Actor
	conf Config
	base *Client // whose connection a view of As uses; nil: its own

	conn    *sim.Conn
	ep      api.Endpoint
	dialing int // counts dials, so that a late one is known; 0: none under way
	dials   int
	next    int
	tried   int     // servers that did not answer since the last connection
	links   []*link // connections the balancer knows of
	waiting []func(error)
	calls   callList
	streams []*stream
	open    []*Stream
}

// New makes a client. It connects when first used.
func New(a *sim.Actor, conf Config) *Client {
	c := &Client{a: a, conf: conf}
	c.calls.init()
	return c
}

// As is a client that shares this one's connection and makes its requests as another user: what a process does that has
// several credentials, as kube-controller-manager with --use-service-account-credentials.
func (c *Client) As(user string) *Client {
	conf := c.conf
	conf.User = user
	if c.base != nil {
		c = c.base
	}
	return &Client{a: c.a, conf: conf, base: c}
}

// Actor is the actor the client belongs to.
func (c *Client) Actor() *sim.Actor { return c.a }

// connect calls then(nil) once there is a connection, or then(err).
func (c *Client) connect(then func(error)) {
	if c.conn != nil && !c.conn.Closed() {
		then(nil)
		return
	}
	// Whoever waits goes on in its own context, not in that of the one who happened to dial.
	s, ctx := c.a.Sim(), c.a.Sim().Context()
	c.waiting = append(c.waiting, func(err error) { s.In(ctx, func() { then(err) }) })
	if c.dialing == 0 {
		c.dial()
	}
}

func (c *Client) dial() {
	c.dials++
	nth := c.dials
	c.dialing = nth
	if len(c.conf.Servers) == 0 {
		panic("client: no API server configured for " + c.a.Name())
	}
	server := c.conf.Servers[c.next%len(c.conf.Servers)]
	var to *target
	var timer sim.Timer
	if b := c.conf.Balancer; b != nil {
		to = b.choose(c.a.Name(), c.next)
		server = to.host
		timer = c.a.After(balancedDial, "dial timeout", func() {
			if c.dialing == nth {
				c.dialed(nil, fmt.Errorf("dial tcp %s:6443: %w", server.Name, sim.ErrTimeout))
			}
		})
	}
	var mine *sim.Conn
	c.a.Dial(server, api.Service, func(conn *sim.Conn, err error) {
		timer.Stop()
		if c.dialing != nth {
			if conn != nil {
				conn.Close(c.a)
			}
			return
		}
		if err != nil {
			err = fmt.Errorf("dial tcp %s:6443: %w", server.Name, err)
		} else {
			mine = conn
			if to != nil {
				to.attach(c, conn)
			}
		}
		c.dialed(conn, err)
	}, func(err error) {
		if mine != nil {
			c.broken(mine, err)
		}
	})
}

// dialed ends a dial: whoever waits goes on, unless the balancer has another server to try.
func (c *Client) dialed(conn *sim.Conn, err error) {
	c.dialing = 0
	if err != nil {
		c.next++
		if c.tried++; c.conf.Balancer != nil && c.tried < len(c.conf.Servers) {
			c.dial()
			return
		}
	}
	c.tried = 0
	if err == nil {
		c.conn = conn
		c.ep = conn.Handler.(api.Endpoint)
	}
	w := c.waiting
	c.waiting = nil
	for _, fn := range w {
		fn(err)
	}
}

// broken fails the calls under way on a connection and ends its streams. The client may have another connection by
// then: what uses that one goes on.
func (c *Client) broken(conn *sim.Conn, err error) {
	c.detach(conn)
	if c.conn == conn {
		c.conn, c.ep = nil, nil
		if c.conf.Balancer != nil {
			c.next++ // the next connection goes elsewhere
		}
	}
	calls := c.calls.of(conn)
	for _, call := range calls {
		c.calls.remove(call)
	}
	var ended, rest []*stream
	for _, st := range c.streams {
		if st.conn == conn {
			ended = append(ended, st)
		} else {
			rest = append(rest, st)
		}
	}
	c.streams = rest
	var cut, open []*Stream
	for _, st := range c.open {
		if st.conn == conn {
			cut = append(cut, st)
		} else {
			open = append(open, st)
		}
	}
	c.open = open
	for _, call := range calls {
		call.done(&api.Response{Err: err})
	}
	for _, st := range ended {
		st.end(err)
	}
	for _, st := range cut {
		st.end(api.ErrStreamLost)
	}
}

// Do sends any request. done is called once, on the client's actor, unless the actor ends first; nil says that nobody
// cares, and no answer travels.
func (c *Client) Do(req *api.Request, done func(*api.Response)) {
	if req.User == "" {
		req.User = c.conf.User
	}
	if req.UserAgent == "" {
		req.UserAgent = c.conf.UserAgent
	}
	if c.base != nil {
		c.base.Do(req, done)
		return
	}
	if x := c.conf.Audit; x != nil {
		done = x.wrap(c.a, req, done)
	}
	if c.conn != nil && !c.conn.Closed() {
		c.send(req, done)
		return
	}
	c.connect(func(err error) {
		if err == nil {
			c.send(req, done)
		} else if done != nil {
			done(&api.Response{Err: err})
		}
	})
}

func (c *Client) send(req *api.Request, done func(*api.Response)) {
	conn, ep := c.conn, c.ep
	if done == nil {
		conn.Send(c.a, string(req.Verb)+" "+req.Resource.Name, func() { ep.Serve(req, unheard) })
		return
	}
	call := &call{done: done, conn: conn}
	c.calls.add(call)
	conn.Send(c.a, string(req.Verb)+" "+req.Resource.Name, func() {
		ep.Serve(req, func(resp *api.Response) {
			conn.Send(conn.Peer(c.a), "answer", func() {
				if call.live {
					c.calls.remove(call)
					call.done(resp)
				}
			})
		})
	})
}

func unheard(*api.Response) {}

// call is a request under way, in a list so that a broken connection can fail them all in order.
type call struct {
	conn       *sim.Conn
	done       func(*api.Response)
	live       bool
	prev, next *call
}

type callList struct{ root call }

func (l *callList) init() { l.root.prev, l.root.next = &l.root, &l.root }

func (l *callList) add(c *call) {
	c.live = true
	c.prev, c.next = l.root.prev, &l.root
	c.prev.next, l.root.prev = c, c
}

func (l *callList) remove(c *call) {
	c.live = false
	c.prev.next, c.next.prev = c.next, c.prev
	c.prev, c.next = nil, nil
}

// of are the calls of a connection, oldest first.
func (l *callList) of(conn *sim.Conn) []*call {
	var out []*call
	for c := l.root.next; c != &l.root; c = c.next {
		if c.conn == conn {
			out = append(out, c)
		}
	}
	return out
}

// backoff is the reflector's: 800 ms, doubling to 30 s, with up to as much again of jitter.
type backoff struct{ d time.Duration }

func (b *backoff) next(a *sim.Actor) time.Duration {
	if b.d == 0 {
		b.d = 800 * time.Millisecond
	}
	d := b.d + time.Duration(a.Rand().Int64N(int64(b.d)))
	b.d = min(2*b.d, 30*time.Second)
	return d
}
