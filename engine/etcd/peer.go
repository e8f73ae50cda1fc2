package etcd

import (
	"time"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"tabernetes/engine/sim"
)

const (
	peerService     = "etcd-peer"
	peerDialTimeout = 2 * time.Second // rafthttp: the election timeout and a second
	peerBacklog     = 64
)

// peer is the way to another member: a connection this member dialled. What the peer sends comes over its own.
type peer struct {
	id      uint64
	conn    *sim.Conn
	dialing int // counts dials, so that a late one is known; 0: none under way
	dials   int
	backlog []*parcel
	heard   sim.Time // when a message last came from it
}

// parcel is a raft message with the payloads that its entries name.
type parcel struct {
	msg     *pb.Message
	batches []*batch
	image   *image
}

func (m *Server) peer(id uint64) *peer {
	p := m.peers[id]
	if p == nil {
		p = &peer{id: id}
		m.peers[id] = p
	}
	return p
}

func (m *Server) send(msg *pb.Message) {
	m.said(msg)
	pc := &parcel{msg: msg}
	if ents := msg.GetEntries(); len(ents) > 0 && msg.GetType() != pb.MsgReadIndex && msg.GetType() != pb.MsgReadIndexResp {
		pc.batches = make([]*batch, 0, len(ents))
		for _, e := range ents {
			if id, ok := idOf(e); ok {
				pc.batches = append(pc.batches, m.d.batches[id])
			}
		}
	}
	if msg.GetType() == pb.MsgSnap {
		pc.image = m.d.image
	}
	p := m.peer(msg.GetTo())
	if p.conn != nil && !p.conn.Closed() {
		m.post(p, pc)
		return
	}
	if len(p.backlog) < peerBacklog {
		p.backlog = append(p.backlog, pc)
	} else {
		m.lost(pc)
	}
	if p.dialing == 0 {
		m.dial(p)
	}
}

func (m *Server) post(p *peer, pc *parcel) {
	conn := p.conn
	conn.Send(m.a, pc.msg.GetType().String(), func() {
		to := conn.Handler.(*Server)
		to.receive(pc)
		if pc.image != nil {
			conn.Send(to.a, "snapshot received", func() {
				m.rn.ReportSnapshot(p.id, raft.SnapshotFinish)
				m.drain()
				m.end()
			})
		}
	})
}

func (m *Server) dial(p *peer) {
	host := m.d.cluster.address[p.id]
	if host == nil {
		p.backlog = nil
		return
	}
	p.dials++
	p.dialing = p.dials
	nth := p.dials
	m.a.Dial(host, peerService, func(conn *sim.Conn, err error) {
		if p.dialing != nth {
			if conn != nil {
				conn.Close(m.a)
			}
			return
		}
		if err != nil {
			m.dialFailed(p)
			return
		}
		p.dialing = 0
		p.conn = conn
		l := p.backlog
		p.backlog = nil
		for _, pc := range l {
			m.post(p, pc)
		}
	}, func(error) { m.unreachable(p.id) })
	m.a.Periodic(peerDialTimeout, "peer dial timeout", func() {
		if p.dialing == nth {
			m.dialFailed(p)
		}
	})
}

func (m *Server) dialFailed(p *peer) {
	p.dialing = 0
	l := p.backlog
	p.backlog = nil
	for _, pc := range l {
		m.lost(pc)
	}
	m.unreachable(p.id)
}

// lost tells raft that a message did not go out where it waits to be told.
func (m *Server) lost(pc *parcel) {
	if pc.image != nil {
		m.rn.ReportSnapshot(pc.msg.GetTo(), raft.SnapshotFailure)
	}
}

func (m *Server) unreachable(id uint64) {
	m.rn.ReportUnreachable(id)
	m.rn.ReportSnapshot(id, raft.SnapshotFailure) // ignored unless one was under way
	m.drain()
	m.end()
}

func (m *Server) hangUp(id uint64) {
	if p := m.peers[id]; p != nil {
		delete(m.peers, id)
		if p.conn != nil {
			p.conn.Close(m.a)
		}
	}
}

// receive takes a message from a peer. It runs on this member's side.
func (m *Server) receive(pc *parcel) {
	if m.d.removed {
		return
	}
	for _, b := range pc.batches {
		m.d.batches[b.id] = b
	}
	m.arriving = pc
	m.peer(pc.msg.GetFrom()).heard = m.a.Now()
	m.counted(pc.msg)
	_ = m.rn.Step(pc.msg)
	m.drain()
	m.heard(pc.msg)
	m.end()
}

func (m *Server) heardSince(id uint64, t sim.Time) bool {
	p := m.peers[id]
	return p != nil && p.heard >= t
}

// quorumSince reports that a majority was heard from after t.
func (m *Server) quorumSince(t sim.Time) bool {
	n := 0
	for i := range m.store.members {
		if x := &m.store.members[i]; !x.IsLearner && (x.ID == m.d.id || m.heardSince(x.ID, t)) {
			n++
		}
	}
	return 2*n > m.store.voters()
}

// quorumWithout reports that the members heard from lately are a quorum without one of them (strict reconfig check).
func (m *Server) quorumWithout(id uint64) bool {
	n, active := 0, 0
	since := m.a.Now().Add(-5 * time.Second)
	for i := range m.store.members {
		x := &m.store.members[i]
		if x.IsLearner || x.ID == id {
			continue
		}
		n++
		if x.ID == m.d.id || !m.leading || m.heardSince(x.ID, since) {
			active++
		}
	}
	return n > 0 && 2*active > n
}

// inSync reports that a learner has nine tenths of the log (readyPercentThreshold).
func (m *Server) inSync(id uint64) bool {
	if !m.leading {
		return false
	}
	var learner, own uint64
	m.rn.WithProgress(func(x uint64, _ raft.ProgressType, pr tracker.Progress) {
		switch x {
		case id:
			learner = pr.Match
		case m.d.id:
			own = pr.Match
		}
	})
	return learner*10 >= own*9
}
