package etcd

import (
	"encoding/binary"

	"go.etcd.io/raft/v3"

	"tabernetes/engine/sim"
)

// reads are linearizable reads. As in etcd's linearizableReadLoop one ReadIndex is under way at a time and the reads
// that come meanwhile wait for the next: an index asked for after they came.
type reads struct {
	waiting []*call // for the next index
	ctx     sim.Context

	asked     []*call // for the index under way
	id        uint64
	at        sim.Time
	index     uint64 // 0: not known yet
	confirmed bool
	lost      bool // a new leader knows nothing of it
}

// read runs a linearizable read: at once on a member that is alone, else when this member has applied all that was
// committed when it was asked.
func (m *Server) read(c *call) {
	if m.alone() && m.leading {
		c.read(m)
		c.answered = true
		c.session.answer(c)
		return
	}
	if x := m.store.member(m.d.id); x == nil || x.IsLearner {
		c.err, c.answered = ErrLearner, true
		c.session.answer(c)
		return
	}
	m.wait(c)
	merge(&m.reads.ctx, c.ctx, len(m.reads.waiting) == 0)
	m.reads.waiting = append(m.reads.waiting, c)
}

// nextRead asks for an index if reads wait for one.
func (m *Server) nextRead() {
	r := &m.reads
	for {
		if r.confirmed {
			if m.d.applied < r.index {
				return
			}
			done := r.asked
			r.asked, r.confirmed = nil, false
			for _, c := range done {
				if !c.answered {
					c.read(m)
					m.answer(c, c.err)
				}
			}
		}
		if m.lead == 0 {
			return
		}
		if len(r.asked) > 0 {
			if !r.lost {
				return
			}
		} else {
			if len(r.waiting) == 0 {
				return
			}
			r.asked, r.waiting = r.waiting, nil
			r.id = m.d.cluster.nextID()
		}
		m.ask()
		if !r.confirmed {
			return
		}
	}
}

func (m *Server) ask() {
	r := &m.reads
	r.lost = false
	r.at = m.a.Now()
	m.a.Sim().In(r.ctx, func() {
		m.rn.ReadIndex(encode(r.id))
		m.drain()
	})
}

// retryRead repeats the question after a while: messages get lost.
func (m *Server) retryRead() {
	if r := &m.reads; len(r.asked) > 0 && !r.confirmed && m.a.Now().Sub(r.at) >= readRetry {
		live := r.asked[:0]
		for _, c := range r.asked {
			if !c.answered {
				live = append(live, c)
			}
		}
		r.asked = live
		r.lost = len(live) > 0
	}
}

func (m *Server) readState(rs raft.ReadState) {
	if r := &m.reads; len(r.asked) > 0 && !r.confirmed && binary.BigEndian.Uint64(rs.RequestCtx) == r.id {
		r.index, r.confirmed = rs.Index, true
	}
}
