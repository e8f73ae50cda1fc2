package etcd

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// confChange is a change of membership on its way through the log.
type confChange struct {
	id     uint64
	typ    pb.ConfChangeType
	member uint64
	host   string
}

func sortMembers(l []Member) {
	order.By(l, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
}

func (s *store) member(id uint64) *Member {
	for i := range s.members {
		if s.members[i].ID == id {
			return &s.members[i]
		}
	}
	return nil
}

func (s *store) voters() int {
	n := 0
	for i := range s.members {
		if !s.members[i].IsLearner {
			n++
		}
	}
	return n
}

// proposeConf checks a change of membership as etcd's server does before it proposes it. Whether a learner has caught
// up only the leader knows: it is asked.
func (m *Server) proposeConf(c *call) {
	m.wait(c)
	if c.conf.host != "" || c.conf.typ != pb.ConfChangeAddNode || m.leading {
		m.admitConf(c, m.checkConf(&c.conf))
		return
	}
	p := m.peers[m.lead]
	if p == nil || p.conn == nil {
		m.answer(c, ErrNoLeader)
		return
	}
	conn := p.conn
	conn.Send(m.a, "promote", func() {
		to := conn.Handler.(*Server)
		err := to.checkConf(&c.conf)
		conn.Send(to.a, "answer", func() {
			m.admitConf(c, err)
			m.end()
		})
	})
}

func (m *Server) admitConf(c *call, err error) {
	if err != nil || c.answered {
		m.answer(c, err)
		return
	}
	c.conf.id = m.d.cluster.nextID()
	m.confs = append(m.confs, c)
	m.sendConf(c)
}

func (m *Server) sendConf(c *call) {
	if m.lead == 0 {
		return // sent when there is a leader
	}
	_ = m.rn.ProposeConfChange(&pb.ConfChange{
		Type: c.conf.typ.Enum(), NodeId: new(c.conf.member), Id: new(c.conf.id), Context: []byte(c.conf.host),
	})
	m.drain()
}

func (m *Server) checkConf(c *confChange) error {
	was := m.store.member(c.member)
	switch c.typ {
	case pb.ConfChangeAddLearnerNode, pb.ConfChangeAddNode:
		if c.host == "" { // promote
			if was == nil {
				return ErrMemberNotFound
			}
			if !was.IsLearner {
				return ErrMemberNotLearner
			}
			if !m.inSync(c.member) {
				return ErrMemberLearnerNotReady
			}
			return nil
		}
		if was != nil {
			return ErrMemberExist
		}
		if c.typ == pb.ConfChangeAddLearnerNode && m.store.voters() < len(m.store.members) {
			return ErrTooManyLearners
		}
	case pb.ConfChangeRemoveNode:
		if was == nil {
			return ErrMemberNotFound
		}
		if !was.IsLearner && !m.quorumWithout(c.member) {
			return ErrNotEnoughStartedMembers
		}
	}
	return nil
}

// applyConf applies an entry that changes the membership.
func (m *Server) applyConf(e *pb.Entry) {
	cc := &pb.ConfChange{}
	if err := proto.Unmarshal(e.GetData(), cc); err != nil {
		panic("etcd: " + err.Error())
	}
	m.d.conf = m.rn.ApplyConfChange(cc)
	id := cc.GetNodeId()
	switch cc.GetType() {
	case pb.ConfChangeAddNode, pb.ConfChangeAddLearnerNode:
		learner := cc.GetType() == pb.ConfChangeAddLearnerNode
		if was := m.store.member(id); was != nil {
			was.IsLearner = learner
		} else {
			h := m.a.Sim().Host(string(cc.GetContext()))
			m.d.cluster.address[id] = h
			m.store.members = append(m.store.members, Member{ID: id, Name: h.Name, Host: h, IsLearner: learner})
			sortMembers(m.store.members)
		}
	case pb.ConfChangeRemoveNode:
		m.store.members = slices.DeleteFunc(m.store.members, func(x Member) bool { return x.ID == id })
		if id == m.d.id {
			m.d.removed = true
		} else {
			m.hangUp(id)
		}
	}
	if m.leading {
		m.note(m.nameOf(id), confText(cc.GetType()))
	}
	m.membershipChanged()
	for i, c := range m.confs {
		if c.conf.id == cc.GetId() {
			m.confs = slices.Delete(m.confs, i, i+1)
			m.answer(c, nil)
			break
		}
	}
}

func confText(t pb.ConfChangeType) string {
	switch t {
	case pb.ConfChangeAddNode:
		return "is a voting member"
	case pb.ConfChangeAddLearnerNode:
		return "joined as a learner"
	}
	return "was removed"
}

func (m *Server) nameOf(id uint64) string {
	if h := m.d.cluster.address[id]; h != nil {
		return h.Name
	}
	return "unknown"
}

// MemberAdd adds the member on a host, as a learner or at once as a voter. The host's member boots with Config.Join.
func (cl *Client) MemberAdd(h *sim.Host, learner bool, done func(error)) {
	t := pb.ConfChangeAddNode
	if learner {
		t = pb.ConfChangeAddLearnerNode
	}
	cl.conf(confChange{typ: t, member: MemberID(h), host: h.Name}, done)
}

// MemberPromote makes a learner that has caught up a voter.
func (cl *Client) MemberPromote(id uint64, done func(error)) {
	cl.conf(confChange{typ: pb.ConfChangeAddNode, member: id}, done)
}

// MemberRemove takes a member out of the cluster; its disk is of no use to it any more.
func (cl *Client) MemberRemove(id uint64, done func(error)) {
	cl.conf(confChange{typ: pb.ConfChangeRemoveNode, member: id}, done)
}

func (cl *Client) conf(cc confChange, done func(error)) {
	cl.start(&call{kind: callConf, conf: cc, done: func(c *call) { done(c.err) }})
}

// MoveLeader hands leadership to another voter. done is called when the member sees the new leader.
func (cl *Client) MoveLeader(to uint64, done func(error)) {
	cl.start(&call{kind: callMove, conf: confChange{member: to}, done: func(c *call) { done(c.err) }})
}

// MemberList lists the members by name, linearizably.
func (cl *Client) MemberList(done func([]Member, error)) {
	var list []Member
	cl.start(&call{kind: callRead, replay: true,
		read: func(m *Server) {
			list = slices.Clone(m.store.members)
			for i := range list {
				d, ok := list[i].Host.Disk[Service].(*disk)
				list[i].Started = ok && !d.removed
			}
		},
		done: func(c *call) { done(list, c.err) },
	})
}
