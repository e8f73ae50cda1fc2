package etcd

import "tabernetes/engine/sim"

// Snapshot is a saved state of the store (etcdctl snapshot save). It shares values with the store and never changes.
type Snapshot struct{ store *store }

// Revision is the store's revision when the snapshot was taken.
func (s *Snapshot) Revision() int64 { return s.store.rev }

// Size is what the snapshot's file takes: bytes, estimated.
func (s *Snapshot) Size() int64 { return dbSize(len(s.store.keys) + s.store.history.n) }

// Keys is the number of keys in the snapshot.
func (s *Snapshot) Keys() int { return len(s.store.keys) }

// Snapshot saves the state of the member at hand. Like etcd's it is not linearizable: a member that lags saves the past.
func (cl *Client) Snapshot(done func(*Snapshot, error)) {
	var snap *Snapshot
	cl.start(&call{kind: callStatus, replay: true,
		read: func(m *Server) { snap = &Snapshot{m.store.clone()} },
		done: func(c *call) { done(snap, c.err) },
	})
}

// Restore writes a snapshot to the disks of hosts, which become the members of a new cluster that goes on from it
// (etcdutl snapshot restore). No member may run meanwhile: stop the program on every host, old members included, then
// restore, then start it. With bump above 0 the new store begins that many revisions later and knows no history
// (--bump-revision, --mark-compacted), so that clients who saw a later past than the snapshot's do not mistake new
// revisions for ones they know.
func (c *Cluster) Restore(hosts []*sim.Host, s *Snapshot, bump int64) {
	for i, h := range hosts {
		d := &disk{id: MemberID(h), cluster: c, batches: map[uint64]*batch{}, store: s.store.clone()}
		if bump > 0 {
			d.store.rev += bump
			d.store.compacted = d.store.rev
			d.store.history = history{}
		}
		d.found(hosts)
		h.Disk[Service] = d
		if i == 0 {
			defer c.rewind(d)
		}
	}
}
