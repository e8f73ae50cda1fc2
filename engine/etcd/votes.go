package etcd

import (
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/sim"
)

// Election is how a leader came to be.
type Election struct {
	Term    uint64
	Leader  uint64
	At      sim.Time
	Granted []uint64 // who voted for it, itself among them, in the order of their answers
	Refused []uint64 // who did not; the rest was not heard
}

// LastElection is the newest election that made a leader; ok is false before the first.
func (c *Cluster) LastElection() (e Election, ok bool) { return c.election, c.election.Term != 0 }

// votes are the answers a candidate has.
type votes struct {
	term             uint64
	granted, refused []uint64
}

// counted notes a vote.
func (m *Server) counted(msg *pb.Message) {
	if msg.GetType() != pb.MsgVoteResp {
		return
	}
	v := &m.votes
	if v.term != msg.GetTerm() {
		*v = votes{term: msg.GetTerm()}
	}
	if msg.GetReject() {
		v.refused = append(v.refused, msg.GetFrom())
	} else {
		v.granted = append(v.granted, msg.GetFrom())
	}
}

// won tells of the election this member has just won.
func (m *Server) won() {
	e := Election{Term: m.term, Leader: m.d.id, At: m.a.Now()}
	if m.votes.term == m.term {
		e.Granted, e.Refused = slices.Clone(m.votes.granted), slices.Clone(m.votes.refused)
	}
	if !slices.Contains(e.Granted, m.d.id) {
		e.Granted = append([]uint64{m.d.id}, e.Granted...)
	}
	m.d.cluster.election = e
}
