package etcd

import (
	pb "go.etcd.io/raft/v3/raftpb"
)

// apply brings committed entries into the store.
func (m *Server) apply(entries []*pb.Entry) {
	for _, e := range entries {
		m.d.applied, m.d.appliedTerm = e.GetIndex(), e.GetTerm()
		if e.GetType() == pb.EntryConfChange {
			m.applyConf(e)
			continue
		}
		id, ok := idOf(e)
		if !ok {
			continue // a new leader's empty entry
		}
		b := m.d.batches[id]
		if b == nil {
			panic("etcd: an entry came without its writes")
		}
		m.applyBatch(b)
	}
	m.shrinkLog()
}

func (m *Server) applyBatch(b *batch) {
	s := m.store
	mine := b.from == m
	for _, c := range b.calls {
		var err error
		switch c.kind {
		case callTxn:
			var res TxnResult
			res, err = s.txn(c, mine)
			if mine {
				c.res = res
			}
		case callGrant:
			l := s.grant(c.ttl)
			if mine {
				c.lease = l.id
			}
			m.armLease(l)
		case callRevoke:
			err = s.revoke(c)
		case callCompact:
			m.publish()
			err = s.compact(c.rev)
		case callAlarm:
			m.applyAlarm(c)
		}
		if mine {
			m.answer(c, err)
		}
	}
	m.publish()
	s.trim()
	m.d.revisions = max(m.d.revisions, len(s.keys)+s.history.n)
}

// publish tells of what was applied: observers outside the world first, once for all members, then watchers.
func (m *Server) publish() {
	m.d.cluster.observe(m.d)
	m.hub.publish(m.store)
}

// checkTxn refuses what a real server refuses before it proposes.
func checkTxn(t *Txn) error {
	for i := range t.Then {
		key := t.Then[i].Key
		if key == "" {
			return ErrEmptyKey
		}
		for j := range i {
			if t.Then[j].Key == key {
				return ErrDuplicateKey
			}
		}
	}
	for i := range t.Compare {
		if t.Compare[i].Key == "" {
			return ErrEmptyKey
		}
	}
	return nil
}

// install replaces the store by a snapshot that the leader sent.
func (m *Server) install(s *pb.Snapshot, img *image) {
	m.d.restore(s, img)
	m.store = m.d.store
	for _, x := range m.store.members {
		m.d.cluster.address[x.ID] = x.Host
	}
	m.hub.jump(m)
	m.membershipChanged()
}
