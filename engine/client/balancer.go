package client

import (
	"slices"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// How the load balancer looks after the API servers: a check of /readyz every 10 s, two failures in a row take a
// server out, two successes put it back (the interval and the smallest thresholds of a cloud's network load balancer).
const (
	CheckInterval = 10 * time.Second
	checkTimeout  = 6 * time.Second
	checkRise     = 2
	checkFall     = 2

	// balancedDial is how long the balancer waits for a server to accept before it tries the next.
	balancedDial = 5 * time.Second
)

// Balancer is the load balancer in front of the API servers: kubeadm's controlPlaneEndpoint, of which every kubeconfig
// in the cluster speaks. It spreads connections, not requests, over the servers that are healthy. As the network load
// balancers of the clouds do, it ends the connections to a server that it takes out, and when no server is healthy it
// passes connections on to all of them ("fail open"), so that clients see what is wrong instead of a closed door.
//
// Connections are made by the client itself once the balancer has chosen the server, and do not travel through the
// balancer's host: it works as a balancer with direct return does.
type Balancer struct {
	a       *sim.Actor
	targets []*target
}

// target is one server behind the balancer.
type target struct {
	host    *sim.Host
	healthy bool
	row     int // checks in a row that say otherwise
	links   []*link
	sweep   int // how many links there are when those of dead clients are swept out next
}

// NewBalancer makes a balancer of the API servers on some hosts. Until the first checks none of them is healthy.
func NewBalancer(servers []*sim.Host) *Balancer {
	b := &Balancer{}
	for _, h := range servers {
		b.targets = append(b.targets, &target{host: h})
	}
	return b
}

// Run checks the servers' health; it is the balancer's program.
func (b *Balancer) Run(a *sim.Actor) {
	b.a = a
	for _, t := range b.targets {
		b.check(t)
	}
}

// Healthy reports whether new connections go to a server for its health.
func (b *Balancer) Healthy(h *sim.Host) bool {
	for _, t := range b.targets {
		if t.host == h {
			return t.healthy
		}
	}
	return false
}

// check asks a server whether it is ready, and again after the interval.
func (b *Balancer) check(t *target) {
	a := b.a
	a.Periodic(CheckInterval, "health check", func() { b.check(t) })
	over := false
	var conn *sim.Conn
	result := func(ok bool) {
		if over {
			return
		}
		over = true
		if conn != nil {
			conn.Close(a)
		}
		b.result(t, ok)
	}
	a.Periodic(checkTimeout, "health check timeout", func() { result(false) })
	a.Dial(t.host, api.Service, func(c *sim.Conn, err error) {
		if err != nil {
			result(false)
			return
		}
		if over {
			c.Close(a)
			return
		}
		conn = c
		ep := c.Handler.(api.Endpoint)
		c.Send(a, "get /readyz", func() {
			req := &api.Request{Verb: api.Get, Resource: api.NonResource, Path: "/readyz", User: "system:anonymous", UserAgent: "load-balancer"}
			ep.Serve(req, func(resp *api.Response) {
				c.Send(c.Peer(a), "answer", func() { result(resp.Err == nil && (resp.Code == 0 || resp.Code == 200)) })
			})
		})
	}, func(error) { result(false) })
}

func (b *Balancer) result(t *target, ok bool) {
	if ok == t.healthy {
		t.row = 0
		return
	}
	t.row++
	switch {
	case ok && t.row >= checkRise:
		t.healthy, t.row = true, 0
		b.note(t, "is ready: the load balancer sends connections to it")
	case !ok && t.row >= checkFall:
		t.healthy, t.row = false, 0
		b.note(t, "is not ready: the load balancer sends no connections to it")
		links := t.links
		t.links = nil
		for _, l := range links {
			b.a.Send(l.c.a, "connection reset", func() { l.c.reset(l.conn) })
		}
	}
}

func (b *Balancer) note(t *target, text string) {
	w := b.a.Sim()
	w.In(w.Context(), func() {
		w.Foreground()
		b.a.Record(sim.KindInfo, "nodes/"+t.host.Name, "kube-apiserver on "+t.host.Name+" "+text)
	})
}

// choose gives a client the server for its nth connection: clients begin at different places and go round.
func (b *Balancer) choose(name string, nth int) *target {
	h := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint32(name[i])) * 16777619
	}
	at := int(h>>4)%len(b.targets) + nth
	for i := range b.targets {
		if t := b.targets[(at+i)%len(b.targets)]; t.healthy {
			return t
		}
	}
	return b.targets[at%len(b.targets)]
}

// link is one connection to a server as the balancer knows it.
type link struct {
	c     *Client
	conn  *sim.Conn
	to    *target
	place int // in to.links
}

func (t *target) attach(c *Client, conn *sim.Conn) {
	if len(t.links) >= t.sweep {
		t.links = slices.DeleteFunc(t.links, func(l *link) bool { return l.c.a.Dead() })
		for i, l := range t.links {
			l.place = i
		}
		t.sweep = max(64, 2*len(t.links))
	}
	l := &link{c: c, conn: conn, to: t, place: len(t.links)}
	t.links = append(t.links, l)
	c.links = append(c.links, l)
}

// detach forgets a connection that is over.
func (c *Client) detach(conn *sim.Conn) {
	i := slices.IndexFunc(c.links, func(l *link) bool { return l.conn == conn })
	if i < 0 {
		return
	}
	l := c.links[i]
	c.links = slices.Delete(c.links, i, i+1)
	t := l.to
	if l.place >= len(t.links) || t.links[l.place] != l {
		return // the balancer has let go of it already
	}
	last := len(t.links) - 1
	t.links[l.place] = t.links[last]
	t.links[l.place].place = l.place
	t.links[last] = nil
	t.links = t.links[:last]
}

// reset ends a connection that the balancer has cut, be it one that is dead and does not know it yet.
func (c *Client) reset(conn *sim.Conn) {
	if slices.ContainsFunc(c.links, func(l *link) bool { return l.conn == conn }) {
		conn.Close(c.a)
		c.broken(conn, sim.ErrReset)
	}
}
