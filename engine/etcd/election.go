package etcd

import (
	pb "go.etcd.io/raft/v3/raftpb"
)

// election decides when a member that does not lead stands for leader. raft would draw its timeout from the
// machine's entropy; here the actor's generator draws it, and raft is only told to campaign. (raft's own count of
// ticks still serves the leases of pre-vote and check-quorum, which do not depend on the random part.)
type election struct {
	ticking bool
	elapsed int // ticks since a leader or a candidate worth a vote was heard
	timeout int // electionTicks to twice that
	orphan  int // ticks without a leader
}

// maxOrphan is how many ticks a member without a leader keeps watches open: API servers ask for a leader
// (clientv3.WithRequireLeader), and a member cut off must not let them believe that nothing happens.
const maxOrphan = 3 * electionTicks

func (m *Server) drawTimeout() int { return electionTicks + m.a.Rand().IntN(electionTicks) }

func (m *Server) startTicks() {
	if !m.election.ticking {
		m.election.ticking = true
		m.a.Periodic(tickInterval, "tick", m.tick)
	}
}

func (m *Server) tick() {
	if m.d.removed || m.alone() && m.leading {
		m.election.ticking = false
		return
	}
	m.a.Periodic(tickInterval, "tick", m.tick)
	if m.leading {
		m.rn.Tick()
	} else {
		// Only the quiet tick leaves the decision to campaign to us.
		m.rn.TickQuiesced()
		if m.election.elapsed++; m.election.elapsed >= m.election.timeout {
			m.campaign()
		}
	}
	m.retryRead()
	m.drain()
	if m.lead != 0 {
		m.election.orphan = 0
	} else if m.election.orphan++; m.election.orphan == maxOrphan {
		m.hub.cancel(ErrNoLeader)
	}
	m.end()
}

func (m *Server) campaign() {
	m.election.elapsed = 0
	m.election.timeout = m.drawTimeout()
	_ = m.rn.Campaign()
	m.drain()
}

// heard resets the election's clock when a message shows that there is a leader.
func (m *Server) heard(msg *pb.Message) {
	switch msg.GetType() {
	case pb.MsgApp, pb.MsgHeartbeat, pb.MsgSnap:
		if m.lead == msg.GetFrom() {
			m.election.elapsed = 0
		}
	}
}

// said resets it when this member gives its vote away.
func (m *Server) said(msg *pb.Message) {
	if msg.GetType() == pb.MsgVoteResp && !msg.GetReject() {
		m.election.elapsed = 0
		m.election.timeout = m.drawTimeout()
	}
}
