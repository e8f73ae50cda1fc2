package etcd

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Bounds of a lease's time to live: go.etcd.io/etcd/server/v3/lease, minTTL is half more than an election.
const (
	minLeaseTTL = 2 * time.Second
	maxLeaseTTL = 9000000000 * time.Second
)

func (s *store) grant(ttl time.Duration) *lease {
	s.nextLease++
	l := &lease{id: s.nextLease, ttl: ttl}
	s.leases[l.id] = l
	return l
}

// revoke ends a lease and deletes its keys, all at one revision. The first member to apply it makes the tombstones.
func (s *store) revoke(c *call) error {
	l := s.leases[c.lease]
	if l == nil {
		return ErrLeaseNotFound
	}
	delete(s.leases, l.id)
	slices.Sort(l.keys)
	l.keys = slices.Compact(l.keys)
	rev := s.rev + 1
	first := c.kvs == nil
	i := 0
	for _, key := range l.keys {
		n := s.keys[key]
		if n == nil || n.kv.Lease != l.id {
			continue
		}
		prev := n.kv
		if first {
			t := &KV{Key: key, ModRevision: rev, Value: prev.Value}
			if v, ok := prev.Value.(Tombstoner); ok {
				t.Value = v.Tombstone()
				t.Value.SetResourceVersion(strconv.FormatInt(rev, 10))
			}
			c.kvs = append(c.kvs, t)
		}
		s.write(n, Delete, c.kvs[i], prev, c.ctx)
		i++
	}
	if i > 0 {
		s.rev = rev
	}
	return nil
}

// leaseIDs are the ids of all leases in order.
func (s *store) leaseIDs() []LeaseID { return slices.Sorted(maps.Keys(s.leases)) }

// armLeases starts the clock of every lease, anew and in full as a new leader does (lessor.Promote).
func (m *Server) armLeases() {
	for _, id := range m.store.leaseIDs() {
		m.armLease(m.store.leases[id])
	}
}

// armLease counts a lease down on the leader; at its end the leader proposes to revoke it.
func (m *Server) armLease(l *lease) {
	if !m.leading {
		return
	}
	id, term := l.id, m.term
	m.a.Periodic(l.ttl, "lease", func() {
		if m.leading && m.term == term && m.store.leases[id] != nil {
			m.propose(&call{kind: callRevoke, lease: id, ctx: m.a.Sim().Context()})
		}
	})
}
