package client

import (
	"errors"
	"slices"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// Stream is an open exec, attach or portforward: see api.Connector.
type Stream struct {
	c       *Client
	conn    *sim.Conn
	onFrame func(api.Frame)
	ended   bool
	early   []api.Frame

	receive func(api.Frame) // both on the server's side
	stop    func()
}

var errNoStreams = errors.New("the server does not serve streams")

// Connect opens the stream that a request names. onFrame gets what comes from the container; a Result is the last, and
// its error is that of the connection if that broke. Nothing comes after Close.
func (c *Client) Connect(req *api.Request, onFrame func(api.Frame)) *Stream {
	if req.User == "" {
		req.User = c.conf.User
	}
	if req.UserAgent == "" {
		req.UserAgent = c.conf.UserAgent
	}
	if c.base != nil {
		return c.base.Connect(req, onFrame)
	}
	st := &Stream{c: c, onFrame: onFrame}
	c.connect(func(err error) {
		if st.ended {
			return
		}
		ep, ok := c.ep.(api.Connector)
		if err == nil && !ok {
			err = errNoStreams
		}
		if err != nil {
			st.end(err)
			return
		}
		c.open = append(c.open, st)
		conn := c.conn
		st.conn = conn
		server := conn.Peer(c.a)
		conn.Send(c.a, req.Subresource, func() {
			st.receive, st.stop = ep.Connect(req, func(f api.Frame) {
				conn.Send(server, req.Subresource+" output", func() {
					switch {
					case st.ended:
					case f.Kind == api.Result:
						st.detach()
						st.end(f.Err)
					default:
						st.onFrame(f)
					}
				})
			})
		})
		for _, f := range st.early {
			st.Send(f)
		}
		st.early = nil
	})
	return st
}

// Send sends a frame to the container.
func (st *Stream) Send(f api.Frame) {
	switch {
	case st.ended:
	case st.conn == nil:
		st.early = append(st.early, f)
	default:
		st.conn.Send(st.c.a, "stream input", func() { st.receive(f) })
	}
}

// Close leaves the stream.
func (st *Stream) Close() {
	if st.ended {
		return
	}
	st.ended = true
	st.detach()
	if st.conn != nil {
		st.conn.Send(st.c.a, "end stream", func() { st.stop() })
	}
}

func (st *Stream) end(err error) {
	if !st.ended {
		st.ended = true
		st.onFrame(api.Frame{Kind: api.Result, Err: err})
	}
}

func (st *Stream) detach() {
	if i := slices.Index(st.c.open, st); i >= 0 {
		st.c.open = slices.Delete(st.c.open, i, i+1)
	}
}
