package etcd

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/btree"

	"tabernetes/engine/sim"
)

// node is the place of a key that exists; kv is replaced at each write.
type node struct{ kv *KV }

func before(a, b *node) bool { return a.kv.Key < b.kv.Key }

// store is a member's state machine. Applying the same log gives the same store on every member.
type store struct {
	rev       int64
	compacted int64
	keys      map[string]*node
	tree      *btree.BTreeG[*node]
	history   history
	leases    map[LeaseID]*lease
	nextLease LeaseID
	limit     int // history beyond this many events is compacted; 0: no limit
	members   []Member
	alarms    []Alarm // raised, by member and type
}

func newStore(limit int) *store {
	return &store{rev: 1, keys: map[string]*node{}, tree: btree.NewG(32, before), leases: map[LeaseID]*lease{}, limit: limit}
}

// clone copies what changes in place; values, KVs and events are shared.
func (s *store) clone() *store {
	c := newStore(s.limit)
	c.rev, c.compacted, c.nextLease = s.rev, s.compacted, s.nextLease
	c.keys = make(map[string]*node, len(s.keys))
	s.tree.Ascend(func(n *node) bool {
		m := &node{n.kv}
		c.keys[m.kv.Key] = m
		c.tree.ReplaceOrInsert(m)
		return true
	})
	c.history = s.history.clone()
	for id, l := range s.leases {
		c.leases[id] = l.clone()
	}
	c.members = append([]Member(nil), s.members...)
	c.alarms = append([]Alarm(nil), s.alarms...)
	return c
}

func (s *store) get(key string) *KV {
	if n := s.keys[key]; n != nil {
		return n.kv
	}
	return nil
}

// txn applies a transaction. The first member to apply it makes the KVs; the others find them in the call. Only who
// answers it (mine) needs to know what was before.
func (s *store) txn(c *call, mine bool) (TxnResult, error) {
	if len(s.alarms) > 0 && grows(&c.txn) {
		return TxnResult{Revision: s.rev}, ErrNoSpace
	}
	for i := range c.txn.Compare {
		cmp := &c.txn.Compare[i]
		n := s.keys[cmp.Key]
		if n == nil && cmp.ModRevision == 0 || n != nil && n.kv.ModRevision == cmp.ModRevision {
			continue
		}
		cur := make([]*KV, len(c.txn.Compare))
		for j := range cur {
			cur[j] = s.get(c.txn.Compare[j].Key)
		}
		return TxnResult{Revision: s.rev, Current: cur}, nil
	}
	ops := c.txn.Then
	for i := range ops {
		if ops[i].Lease != 0 && s.leases[ops[i].Lease] == nil {
			return TxnResult{Revision: s.rev}, ErrLeaseNotFound
		}
	}
	first := c.kvs == nil
	if first {
		if len(ops) == 1 {
			c.kvs = c.kv1[:]
		} else {
			c.kvs = make([]*KV, len(ops))
		}
	}
	var prev []*KV
	if mine {
		if prev = c.prev1[:]; len(ops) != 1 {
			prev = make([]*KV, len(ops))
		}
	}
	rev := s.rev + 1
	changed := false
	text := ""
	for i := range ops {
		op := &ops[i]
		n := s.keys[op.Key]
		var was *KV
		if n != nil {
			was = n.kv
		} else if op.Type == Delete {
			continue
		}
		if mine {
			prev[i] = was
		}
		changed = true
		if first {
			c.kvs[i] = makeKV(op, was, rev)
			if op.Value != nil {
				if text == "" {
					text = strconv.FormatInt(rev, 10)
				}
				op.Value.SetResourceVersion(text)
			}
		}
		s.write(n, op.Type, c.kvs[i], was, c.ctx)
	}
	if changed {
		s.rev = rev
	}
	return TxnResult{Succeeded: true, Revision: s.rev, Prev: prev}, nil
}

func makeKV(op *Op, prev *KV, rev int64) *KV {
	kv := &KV{Key: op.Key, Value: op.Value, ModRevision: rev}
	if op.Type == Put {
		kv.Lease, kv.CreateRevision, kv.Version = op.Lease, rev, 1
		if prev != nil {
			kv.Key, kv.CreateRevision, kv.Version = prev.Key, prev.CreateRevision, prev.Version+1
		}
	}
	return kv
}

// write makes kv current, or removes its key, and logs the event.
func (s *store) write(n *node, t Type, kv, prev *KV, ctx sim.Context) {
	if t == Delete {
		delete(s.keys, kv.Key)
		s.tree.Delete(n)
	} else {
		if n == nil {
			n = &node{kv}
			s.keys[kv.Key] = n
			s.tree.ReplaceOrInsert(n)
		} else {
			n.kv = kv
		}
		if kv.Lease != 0 && (prev == nil || prev.Lease != kv.Lease) {
			if l := s.leases[kv.Lease]; l != nil {
				l.keys = append(l.keys, kv.Key)
			}
		}
	}
	s.history.add(Event{Type: t, KV: kv, PrevKV: prev, Context: ctx})
}

// compact forgets the history before rev.
func (s *store) compact(rev int64) error {
	if rev <= s.compacted {
		return ErrCompacted
	}
	if rev > s.rev {
		return ErrFutureRev
	}
	s.compacted = rev
	s.history.drop(s.history.find(rev))
	return nil
}

// trim keeps the history within its limit. It depends on the log alone, so members agree about it.
func (s *store) trim() {
	if s.limit > 0 && s.history.n > s.limit {
		_ = s.compact(s.history.at(s.history.n - s.limit*3/4).KV.ModRevision)
	}
}

// check tells whether the store can be read at a revision; 0 means now.
func (s *store) check(rev int64) error {
	switch {
	case rev > s.rev:
		return ErrFutureRev
	case rev != 0 && rev < s.compacted:
		return ErrCompacted
	}
	return nil
}

// getAt reads a key at a revision that check allows: the first event after it knows what was before.
func (s *store) getAt(key string, rev int64) *KV {
	if rev != 0 && rev < s.rev {
		if kv := s.get(key); kv != nil && kv.ModRevision <= rev {
			return kv
		}
		for i := s.history.find(rev + 1); i < s.history.n; i++ {
			if e := s.history.at(i); e.KV.Key == key {
				return e.PrevKV
			}
		}
	}
	return s.get(key)
}

// rangeAt reads the keys with a prefix from a key on, at most limit of them (0: all); count is how many there are in
// all.
func (s *store) rangeAt(prefix, from string, limit int, rev int64) (kvs []*KV, count int) {
	if from < prefix {
		from = prefix
	}
	var past map[string]*KV // keys written since rev, as they were then
	var gone []*KV          // those of past that are not there any more, or the nodes of which were made anew
	if rev != 0 && rev < s.rev {
		past, gone = s.pastOf(prefix, from, rev)
	}
	add := func(kv *KV) {
		count++
		if limit == 0 || len(kvs) < limit {
			kvs = append(kvs, kv)
		}
	}
	s.tree.AscendGreaterOrEqual(&node{&KV{Key: from}}, func(n *node) bool {
		kv := n.kv
		if !strings.HasPrefix(kv.Key, prefix) {
			return false
		}
		for len(gone) > 0 && gone[0].Key < kv.Key {
			add(gone[0])
			gone = gone[1:]
		}
		if past != nil {
			if was, ok := past[kv.Key]; ok {
				if kv = was; kv == nil {
					return true
				}
			}
		}
		add(kv)
		return true
	})
	for _, kv := range gone {
		add(kv)
	}
	return kvs, count
}

// lease is a promise to delete keys after a time. Members keep no time for it; the leader does.
type lease struct {
	id   LeaseID
	ttl  time.Duration
	keys []string // in the order they were attached; may hold keys that have left
}

func (l *lease) clone() *lease {
	return &lease{l.id, l.ttl, append([]string(nil), l.keys...)}
}
