package etcd

import (
	"errors"
	"time"

	"go.etcd.io/raft/v3"

	"tabernetes/engine/sim"
)

// forwardWindow is how long a member that does not lead gathers writes after it has forwarded some.
const forwardWindow = time.Millisecond

// pending are the requests a member has yet to answer, oldest first, among some that it has answered.
type pending struct {
	list  []*call
	head  int
	timer sim.Timer
}

func (p *pending) add(c *call) { p.list = append(p.list, c) }

// oldest is the oldest request without an answer, or nil.
func (p *pending) oldest() *call {
	for p.head < len(p.list) {
		if c := p.list[p.head]; !c.answered {
			return c
		}
		p.list[p.head] = nil
		p.head++
	}
	p.list, p.head = p.list[:0], 0
	return nil
}

func (p *pending) take() []*call {
	l := p.list[p.head:]
	p.list, p.head = nil, 0
	return l
}

// wait counts a request as under way: it will be answered, or time out.
func (m *Server) wait(c *call) {
	c.since = m.a.Now()
	if !c.ctx.Background {
		m.a.Busy(1)
	}
	// Answered ones leave from the front; done here so that the list stays as short as the queue of a busy member.
	if m.pending.oldest(); m.pending.head > 1024 && m.pending.head*2 > len(m.pending.list) {
		n := copy(m.pending.list, m.pending.list[m.pending.head:])
		clear(m.pending.list[n:])
		m.pending.list, m.pending.head = m.pending.list[:n], 0
	}
	m.pending.add(c)
	m.arm()
}

// propose puts a write into the queue for raft's log. The caller calls end.
func (m *Server) propose(c *call) {
	m.wait(c)
	merge(&m.queueCtx, c.ctx, len(m.queue) == 0)
	m.queue = append(m.queue, c)
	if c.session == nil {
		m.a.After(0, "propose", m.end)
	}
}

// flushQueue makes one log entry of the writes that wait: at once when the disk is idle, else when it has finished.
func (m *Server) flushQueue() {
	if len(m.queue) == 0 || m.lead == 0 || m.leading && m.wal.busy || !m.leading && m.window {
		return
	}
	b := &batch{id: m.d.cluster.nextID(), from: m, calls: m.queue}
	m.d.batches[b.id] = b
	m.a.Sim().In(m.queueCtx, func() {
		if err := m.rn.Propose(encode(b.id)); errors.Is(err, raft.ErrProposalDropped) {
			delete(m.d.batches, b.id) // leadership is moving: again with the next leader or tick
			return
		}
		m.queue = nil
		if !m.leading {
			m.window = true
			m.a.After(forwardWindow, "forward", func() {
				m.window = false
				m.end()
			})
		}
		m.drain()
	})
}

// answer ends a request. The client hears of it at the end of the event.
func (m *Server) answer(c *call, err error) {
	if c.answered {
		return
	}
	c.answered = true
	c.err = err
	if !c.ctx.Background {
		m.a.Busy(-1)
	}
	if s := c.session; s != nil {
		s.answer(c)
	}
}

// arm sets the timer for requests that get no answer. A member that is alone always answers.
func (m *Server) arm() {
	if m.pending.timer.Pending() || m.alone() {
		return
	}
	if c := m.pending.oldest(); c != nil {
		m.pending.timer = m.a.Periodic(c.since.Add(requestTimeout).Sub(m.a.Now()), "request timeout", m.expire)
	}
}

func (m *Server) expire() {
	now := m.a.Now()
	for c := m.pending.oldest(); c != nil && now.Sub(c.since) >= requestTimeout; c = m.pending.oldest() {
		m.forget(c)
		m.a.Sim().In(c.ctx, func() { m.answer(c, m.timeoutError(c)) })
	}
	m.arm()
	m.end()
}

// forget takes a request that timed out from the queue, if it has not been proposed.
func (m *Server) forget(c *call) {
	for i, x := range m.queue {
		if x == c {
			m.queue = append(m.queue[:i:i], m.queue[i+1:]...)
			return
		}
	}
	for i, x := range m.confs {
		if x == c {
			m.confs = append(m.confs[:i:i], m.confs[i+1:]...)
			return
		}
	}
}

// timeoutError says why a request had no answer: EtcdServer.parseProposeCtxErr.
func (m *Server) timeoutError(c *call) error {
	if c.kind == callRead {
		return ErrTimeout
	}
	if c.since > m.elected-sim.Time(2*electionTicks*tickInterval) && c.since < m.elected {
		return ErrTimeoutLeaderFail
	}
	if m.lead != 0 && m.lead != m.d.id && !m.heardSince(m.lead, c.since) {
		return ErrTimeoutConnectionLost
	}
	if m.leading && !m.quorumSince(c.since) {
		return ErrTimeoutConnectionLost
	}
	return ErrTimeout
}
