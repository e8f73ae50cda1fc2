package etcd

import (
	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/sim"
)

// Cluster is what the members of one cluster have in common outside the simulated world: who may find whom under
// which address, and numbers for things that a real etcd would draw at random.
type Cluster struct {
	// MaxHistory bounds the events kept since the last compaction; beyond it the oldest quarter is compacted away.
	// 0 keeps everything until somebody compacts, as etcd does. Set it before the first Boot.
	MaxHistory int

	// Observer, when set, hears of every committed event once, in order, as the first member applies it: the stage and
	// other observers outside the world. It must change nothing.
	Observer func(e *Event)
	observed int64 // revision it has heard of
	ahead    *disk // of the member that has applied it
	running  map[uint64]*Server
	election Election

	catchUp int // writes of the log kept for members that are a little behind
	lastID  uint64
	address map[uint64]*sim.Host
}

// NewCluster makes a cluster without members.
func NewCluster() *Cluster {
	return &Cluster{address: map[uint64]*sim.Host{}, running: map[uint64]*Server{}, catchUp: keepForPeers}
}

func (c *Cluster) nextID() uint64 {
	c.lastID++
	return c.lastID
}

// MemberID is the id of the member on a host.
func MemberID(h *sim.Host) uint64 {
	id := uint64(14695981039346656037)
	for _, s := range [...]string{"https://", h.Name, ":2380"} {
		for i := 0; i < len(s); i++ {
			id = (id ^ uint64(s[i])) * 1099511628211
		}
	}
	// raft keeps 0 and the largest numbers for itself.
	return id&^(1<<63) | 1
}

// Config is how a member starts when its disk is empty; afterwards the disk knows.
type Config struct {
	Initial []*sim.Host // the hosts of a new cluster's members (--initial-cluster); nil: this host alone
	Join    bool        // wait to be added to a running cluster (--initial-cluster-state=existing)
}

// format makes the disk of a member that starts for the first time.
func (c *Cluster) format(h *sim.Host, conf Config) *disk {
	d := &disk{
		id: MemberID(h), cluster: c, hard: &pb.HardState{}, conf: &pb.ConfState{},
		batches: map[uint64]*batch{}, store: newStore(c.MaxHistory),
	}
	if conf.Join {
		return d
	}
	hosts := conf.Initial
	if len(hosts) == 0 {
		hosts = []*sim.Host{h}
	}
	d.found(hosts)
	return d
}

// found makes the disk that of a member of a new cluster, whose log starts at 1.
func (d *disk) found(hosts []*sim.Host) {
	d.conf = &pb.ConfState{}
	d.store.members = nil
	for _, h := range hosts {
		id := MemberID(h)
		d.conf.Voters = append(d.conf.Voters, id)
		d.store.members = append(d.store.members, Member{ID: id, Name: h.Name, Host: h})
	}
	sortMembers(d.store.members)
	d.offset, d.offTerm, d.applied, d.appliedTerm = 1, 1, 1, 1
	d.setHard(1, 0, 1)
}
