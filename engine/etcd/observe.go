package etcd

import (
	"slices"
	"strings"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/tracker"

	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// What follows looks at a cluster from outside the world: it sends nothing and takes no time.

// observe tells the observer what a disk's store has beyond what it has heard of.
func (c *Cluster) observe(d *disk) {
	s := d.store
	if s.rev <= c.observed {
		return
	}
	c.ahead = d
	if c.Observer != nil {
		for i := s.history.find(c.observed + 1); i < s.history.n; i++ {
			c.Observer(s.history.at(i))
		}
	}
	c.observed = s.rev
}

// Committed is the revision of the newest committed write.
func (c *Cluster) Committed() int64 { return c.observed }

// Get is the newest committed value of a key, whether or not any member runs; nil if there is none.
func (c *Cluster) Get(key string) *KV {
	if c.ahead == nil {
		return nil
	}
	return c.ahead.store.get(key)
}

// Each calls fn for the keys with a prefix in order, as they were committed last, until it returns false.
func (c *Cluster) Each(prefix string, fn func(*KV) bool) {
	if c.ahead == nil {
		return
	}
	c.ahead.store.tree.AscendGreaterOrEqual(&node{&KV{Key: prefix}}, func(n *node) bool {
		return strings.HasPrefix(n.kv.Key, prefix) && fn(n.kv)
	})
}

// Newest are the keys with a prefix that were written last and still exist, newest first, at most limit.
func (c *Cluster) Newest(prefix string, limit int) (out []*KV) {
	if c.ahead == nil {
		return nil
	}
	s := c.ahead.store
	known := s.rev + 1 // the oldest revision that history still has
	for i := s.history.n - 1; i >= 0 && len(out) < limit; i-- {
		kv := s.history.at(i).KV
		known = kv.ModRevision
		if strings.HasPrefix(kv.Key, prefix) && s.get(kv.Key) == kv {
			out = append(out, kv)
		}
	}
	if len(out) == limit {
		return out
	}
	// What was written before the last compaction is found by its key.
	var old []*KV
	c.Each(prefix, func(kv *KV) bool {
		if kv.ModRevision < known {
			old = append(old, kv)
		}
		return true
	})
	slices.SortFunc(old, func(a, b *KV) int { return int(b.ModRevision - a.ModRevision) })
	return append(out, old[:min(len(old), limit-len(out))]...)
}

// rewind follows a restored snapshot: what is not as it was is told to the observer as changes.
func (c *Cluster) rewind(d *disk) {
	was := c.ahead
	c.ahead, c.observed = d, d.store.rev
	if c.Observer == nil || was == nil || was.store == d.store {
		return
	}
	old := was.store
	var events []Event
	old.tree.Ascend(func(n *node) bool {
		if d.store.get(n.kv.Key) == nil {
			events = append(events, Event{Type: Delete, KV: &KV{Key: n.kv.Key, Value: n.kv.Value, ModRevision: d.store.rev}, PrevKV: n.kv})
		}
		return true
	})
	d.store.tree.Ascend(func(n *node) bool {
		if prev := old.get(n.kv.Key); prev != n.kv {
			events = append(events, Event{Type: Put, KV: n.kv, PrevKV: prev})
		}
		return true
	})
	for i := range events {
		c.Observer(&events[i])
	}
}

// Peer is what a leader knows about a member's log.
type Peer struct {
	ID     uint64
	Match  uint64 // newest entry known to be on its disk
	Next   uint64 // entry to be sent next
	State  string // probe, replicate, snapshot
	Active bool   // heard from within an election timeout
}

// Report is what can be seen of a member from outside: its status, and what only raft itself knows.
type Report struct {
	Status
	Host  *sim.Host
	Up    bool // the process runs; if not, the rest is what its disk holds
	Role  string
	Vote  uint64 // whom it voted for in its term; 0: nobody
	Last  uint64 // newest entry of its log
	Peers []Peer // of a leader
	// Pending counts the writes clients wait for; Queued those of them that are not in the log yet.
	Pending, Queued int
	Removed         bool
}

// Report describes the member on a host; ok is false if there never was one.
func (c *Cluster) Report(h *sim.Host) (r Report, ok bool) {
	d, _ := h.Disk[Service].(*disk)
	if d == nil {
		return r, false
	}
	m := c.running[d.id]
	if m == nil || m.a.Dead() || m.rn == nil || m.a.Host() != h || m.d != d {
		r = Report{Host: h, Role: "stopped", Vote: d.hard.GetVote(), Last: d.last(), Removed: d.removed}
		r.ID, r.Name, r.Term, r.Index, r.Applied = d.id, h.Name, d.hard.GetTerm(), d.hard.GetCommit(), d.applied
		r.Revision, r.Compacted, r.Keys = d.store.rev, d.store.compacted, len(d.store.keys)
		return r, true
	}
	st := m.rn.BasicStatus()
	r = Report{Status: m.status(), Host: h, Up: true, Role: roles[st.RaftState], Vote: st.HardState.GetVote(), Last: d.last(), Queued: len(m.queue), Removed: d.removed}
	r.Term, r.Index = st.HardState.GetTerm(), st.HardState.GetCommit()
	if r.IsLearner {
		r.Role = "learner"
	}
	for _, x := range m.pending.list[m.pending.head:] {
		if x != nil && !x.answered {
			r.Pending++
		}
	}
	if m.leading {
		m.rn.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
			r.Peers = append(r.Peers, Peer{ID: id, Match: pr.Match, Next: pr.Next, State: progress[pr.State], Active: pr.RecentActive || id == d.id})
		})
		order.By(r.Peers, func(a, b Peer) int { return strings.Compare(m.nameOf(a.ID), m.nameOf(b.ID)) })
	}
	return r, true
}

// Name is the name of the member with an id.
func (c *Cluster) Name(id uint64) string {
	if h := c.address[id]; h != nil {
		return h.Name
	}
	return ""
}

var roles = map[raft.StateType]string{
	raft.StateFollower: "follower", raft.StateCandidate: "candidate", raft.StatePreCandidate: "pre-candidate", raft.StateLeader: "leader",
}

var progress = map[tracker.StateType]string{tracker.StateProbe: "probe", tracker.StateReplicate: "replicate", tracker.StateSnapshot: "snapshot"}
