package etcd

import (
	"math"
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/sim"
)

// Timings of a real member.
const (
	tickInterval   = 100 * time.Millisecond // --heartbeat-interval
	electionTicks  = 10                     // --election-timeout 1000 ms
	requestTimeout = 7 * time.Second        // config.ReqTimeout: 5 s + twice the election timeout
	readRetry      = 500 * time.Millisecond // readIndexRetryTime
)

// Limits of raft's flow control, in what raft counts.
const (
	messageSize = 8192
	inflight    = 512
)

// Server is one run of a member.
type Server struct {
	a     *sim.Actor
	d     *disk
	store *store // d.store
	rn    *raft.RawNode

	lead, term uint64
	leading    bool
	elected    sim.Time // when lead was last learnt
	draining   bool

	wal      wal
	votes    votes
	election election
	peers    map[uint64]*peer
	arriving *parcel // what came last

	pending  pending
	queue    []*call // writes that wait for the next entry
	queueCtx sim.Context
	window   bool // a member that does not lead has just forwarded an entry
	confs    []*call
	reads    reads

	hub      hub
	sessions []*session // with answers to send
}

// Boot runs a member on an actor; call it in the boot function of Host.Install. Its disk is Host.Disk["etcd"].
func Boot(a *sim.Actor, c *Cluster, conf Config) *Server {
	h := a.Host()
	d, _ := h.Disk[Service].(*disk)
	if d == nil {
		d = c.format(h, conf)
		h.Disk[Service] = d
	}
	c.address[MemberID(h)] = h
	for _, p := range conf.Initial {
		c.address[MemberID(p)] = p
	}
	for _, p := range d.store.members {
		c.address[p.ID] = p.Host
	}
	m := &Server{a: a, d: d, store: d.store, peers: map[uint64]*peer{}}
	m.hub.published = d.store.rev
	c.running[d.id] = m
	if d.removed {
		return m
	}
	if d.hard.GetCommit() < d.applied {
		d.setHard(d.hard.GetTerm(), d.hard.GetVote(), d.applied)
	}
	d.sweep(func(func(*pb.Entry)) {})
	rn, err := raft.NewRawNode(&raft.Config{
		ID: d.id, Storage: d, Applied: d.applied,
		ElectionTick: electionTicks, HeartbeatTick: 1,
		AsyncStorageWrites: true,
		MaxSizePerMsg:      messageSize, MaxCommittedSizePerReady: math.MaxUint64, MaxInflightMsgs: inflight,
		CheckQuorum: true, PreVote: true, StepDownOnRemoval: true,
		Logger: quiet{},
	})
	if err != nil {
		panic("etcd: " + err.Error())
	}
	m.rn = rn
	m.term = d.hard.GetTerm()
	a.Listen(peerService, func(conn *sim.Conn) { conn.Handler = m })
	a.Listen(Service, m.accept)
	m.election.timeout = m.drawTimeout()
	if m.alone() {
		m.campaign()
	} else {
		// A member that starts does not wait a whole election timeout to find that there is no leader
		// (--initial-election-tick-advance).
		m.election.elapsed = electionTicks - 1
		m.startTicks()
	}
	m.drain()
	m.end()
	return m
}

// alone reports that this member is all there is: nothing needs ticks, and reads need nobody's consent.
func (m *Server) alone() bool { return len(m.store.members) == 1 && m.store.members[0].ID == m.d.id }

// drain does what raft wants done, until it wants nothing more.
func (m *Server) drain() {
	if m.draining {
		return
	}
	m.draining = true
	for m.rn.HasReady() {
		rd := m.rn.Ready()
		if rd.SoftState != nil {
			m.softState(rd.SoftState)
		}
		for _, msg := range rd.Messages {
			switch msg.GetTo() {
			case raft.LocalAppendThread:
				m.write(msg)
			case raft.LocalApplyThread:
				m.apply(msg.GetEntries())
				m.respond(msg)
			default:
				m.send(msg)
			}
		}
		for _, rs := range rd.ReadStates {
			m.readState(rs)
		}
	}
	m.draining = false
}

// respond delivers what a storage message says is to be said once it is done.
func (m *Server) respond(msg *pb.Message) {
	for _, r := range msg.GetResponses() {
		if r.GetTo() == m.d.id {
			_ = m.rn.Step(r)
		} else {
			m.send(r)
		}
	}
}

func (m *Server) softState(s *raft.SoftState) {
	was := m.lead
	m.lead = s.Lead
	leads := s.RaftState == raft.StateLeader
	m.term = m.rn.BasicStatus().GetTerm()
	if leads != m.leading {
		m.leading = leads
		m.election.elapsed = 0
		if leads {
			m.won()
			m.note(m.a.Host().Name, "became leader")
			m.armLeases()
		} else {
			m.note(m.a.Host().Name, "is not leader any more")
		}
	}
	if m.lead != was && m.lead != 0 {
		m.elected = m.a.Now()
		m.reads.lost = true
		for _, c := range m.confs {
			m.a.After(0, "propose", func() {
				if !c.answered {
					m.sendConf(c)
					m.end()
				}
			})
		}
	}
}

// note records something about a member in the journal; what happens next does not follow from it.
func (m *Server) note(member, text string) {
	w := m.a.Sim()
	w.In(w.Context(), func() { m.a.Record(sim.KindInfo, "etcd/"+member, text) })
}

// end closes every event a member handles (who tells raft something drains it first): what waited for a leader or a disk goes on, watchers and clients get what
// is ready for them.
func (m *Server) end() {
	if m.rn == nil {
		return
	}
	m.flushQueue()
	m.nextRead()
	m.hub.flush(m)
	for i, s := range m.sessions {
		s.flush()
		m.sessions[i] = nil
	}
	m.sessions = m.sessions[:0]
}

// membershipChanged follows the store's members.
func (m *Server) membershipChanged() {
	if m.d.removed {
		m.stop()
		return
	}
	if !m.alone() {
		m.startTicks()
		m.arm()
	}
}

// stop ends a member that was removed: it serves nobody any more.
func (m *Server) stop() {
	for _, c := range m.pending.take() {
		m.answer(c, ErrStopped)
	}
	m.leading = false
	m.lead = 0
}
