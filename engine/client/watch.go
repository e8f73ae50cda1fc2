package client

import (
	"slices"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// stream is a watch under way.
type stream struct {
	c       *Client
	conn    *sim.Conn
	onEvent func([]api.WatchEvent)
	onEnd   func(error)
	stop    func() // on the server's side
	ended   bool
}

// Watch is a running watch, to be stopped.
type Watch struct{ s *stream }

// Watch streams changes that match the request. onEnd is called once when the stream breaks, not after Stop. An
// ERROR event (410 Expired) comes through onEnd as well.
func (c *Client) Watch(req *api.Request, onEvent func([]api.WatchEvent), onEnd func(error)) *Watch {
	if req.User == "" {
		req.User = c.conf.User
	}
	if req.UserAgent == "" {
		req.UserAgent = c.conf.UserAgent
	}
	if c.base != nil {
		return c.base.Watch(req, onEvent, onEnd)
	}
	s := &stream{c: c, onEvent: onEvent, onEnd: onEnd}
	req.Verb = api.Watch
	c.connect(func(err error) {
		if s.ended {
			return
		}
		if err != nil {
			s.end(err)
			return
		}
		c.streams = append(c.streams, s)
		conn, ep := c.conn, c.ep
		s.conn = conn
		server := conn.Peer(c.a)
		conn.Send(c.a, "watch "+req.Resource.Name, func() {
			stopped := false
			stop := ep.Watch(req, func(events []api.WatchEvent) {
				if !stopped {
					conn.Send(server, "event "+req.Resource.Name, func() { s.deliver(events) })
				}
			})
			s.stop = func() { stopped = true; stop() }
		})
	})
	return &Watch{s}
}

func (s *stream) deliver(events []api.WatchEvent) {
	if s.ended {
		return
	}
	if last := events[len(events)-1]; last.Err != nil {
		if len(events) > 1 {
			s.onEvent(events[:len(events)-1])
		}
		s.detach()
		s.end(last.Err)
		return
	}
	s.onEvent(events)
}

func (s *stream) detach() {
	if i := slices.Index(s.c.streams, s); i >= 0 {
		s.c.streams = slices.Delete(s.c.streams, i, i+1)
	}
}

func (s *stream) end(err error) {
	if s.ended {
		return
	}
	s.ended = true
	if s.onEnd != nil {
		s.onEnd(err)
	}
}

// Stop ends the watch.
func (w *Watch) Stop() {
	s := w.s
	if s.ended {
		return
	}
	s.ended = true
	s.detach()
	if s.conn != nil {
		s.conn.Send(s.c.a, "stop watch", func() {
			if s.stop != nil {
				s.stop()
			}
		})
	}
}
