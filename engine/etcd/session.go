package etcd

import (
	"slices"

	"tabernetes/engine/sim"
)

// session is a member as one client's connection sees it. Its methods run on the member's side.
type session struct {
	m        *Server
	conn     *sim.Conn
	answers  []*call
	ctx      sim.Context
	watchers []*watcher
}

func (m *Server) accept(conn *sim.Conn) {
	s := &session{m: m, conn: conn}
	conn.Handler = s
	conn.OnClose(func(error) {
		for _, w := range s.watchers {
			m.hub.remove(w)
		}
		s.watchers = nil
	})
}

// handle takes a request.
func (s *session) handle(c *call) {
	m := s.m
	c.session, c.answered, c.err = s, false, nil
	switch {
	case m.d.removed:
		s.refuse(c, ErrStopped)
	case c.kind == callStatus:
		c.read(m)
		s.refuse(c, c.err)
	case c.kind == callRead:
		m.read(c)
	case c.kind == callConf:
		m.proposeConf(c)
	case c.kind == callMove:
		m.move(c)
	case c.kind == callAlarm:
		m.propose(c)
	case c.kind == callDefrag:
		m.defrag(c)
	default:
		if err := s.check(c); err != nil {
			s.refuse(c, err)
			break
		}
		m.propose(c)
	}
	m.end()
}

func (s *session) check(c *call) error {
	if x := s.m.store.member(s.m.d.id); x == nil || x.IsLearner {
		return ErrLearner
	}
	switch c.kind {
	case callTxn:
		if err := checkTxn(&c.txn); err != nil || !grows(&c.txn) {
			return err
		}
		return s.m.room()
	case callGrant:
		if c.ttl > maxLeaseTTL {
			return ErrLeaseTTL
		}
		c.ttl = max(c.ttl, minLeaseTTL)
		return s.m.room()
	}
	return nil
}

// refuse answers a request that was never counted as under way.
func (s *session) refuse(c *call, err error) {
	c.answered, c.err = true, err
	s.answer(c)
}

// answer puts an answer aside for the end of the event.
func (s *session) answer(c *call) {
	if len(s.answers) == 0 {
		s.m.sessions = append(s.m.sessions, s)
	}
	merge(&s.ctx, c.ctx, len(s.answers) == 0)
	s.answers = append(s.answers, c)
}

// flush sends all answers in one message.
func (s *session) flush() {
	l := s.answers
	s.answers = nil
	if len(l) == 0 {
		return
	}
	w := s.m.a.Sim()
	w.In(s.ctx, func() {
		s.conn.Send(s.m.a, "answer", func() {
			for _, c := range l {
				if c.live && c.session == s {
					c.client.answered(c)
				}
			}
		})
	})
}

func (s *session) watch(w *watcher) {
	s.watchers = append(s.watchers, w)
	s.m.hub.open(s.m, w)
	s.m.end()
}

func (s *session) unwatch(w *watcher) {
	s.m.hub.remove(w)
	if i := slices.Index(s.watchers, w); i >= 0 {
		s.watchers = slices.Delete(s.watchers, i, i+1)
	}
}

// move hands leadership over and waits for it to be seen.
func (m *Server) move(c *call) {
	x := m.store.member(c.conf.member)
	switch {
	case !m.leading:
		c.session.refuse(c, ErrNotLeader)
		return
	case x == nil || x.IsLearner:
		c.session.refuse(c, ErrBadTransferee)
		return
	}
	m.wait(c)
	m.rn.TransferLeader(x.ID)
	m.drain()
	m.watchMove(c, 0)
}

func (m *Server) watchMove(c *call, n int) {
	switch {
	case m.lead == c.conf.member:
		m.answer(c, nil)
	case n > 2*electionTicks:
		m.answer(c, ErrTransferTimeout)
	default:
		m.a.Periodic(tickInterval, "transfer", func() {
			m.watchMove(c, n+1)
			m.end()
		})
	}
}

func (m *Server) status() Status {
	st := Status{
		ID: m.d.id, Name: m.a.Host().Name, Leader: m.lead, Term: m.term, Applied: m.d.applied, Index: m.d.hard.GetCommit(),
		Revision: m.store.rev, Compacted: m.store.compacted, Keys: len(m.store.keys), IsLeader: m.leading,
		HistorySize: m.store.history.n, Alarms: m.store.alarms,
		DBSize: dbSize(max(m.d.revisions, len(m.store.keys)+m.store.history.n)), DBInUse: dbSize(len(m.store.keys) + m.store.history.n),
	}
	if x := m.store.member(m.d.id); x != nil {
		st.IsLearner = x.IsLearner
	}
	return st
}

// Status is the member's state, for observers outside the world.
func (m *Server) Status() Status { return m.status() }
