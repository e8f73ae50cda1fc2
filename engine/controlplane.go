package engine

import (
	"fmt"
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"

	"tabernetes/engine/api"
)

// ControlPlane is the control plane as somebody sees it who can look into every machine at once: what runs where, who
// leads, and how far each copy of etcd's log is. Times are milliseconds of virtual time; ids of etcd's members are
// hexadecimal, as etcdctl prints them.
//
// How a write shows in it: it is Pending on the member that got it, then an entry of the leader's log (Last), then of
// enough others' logs (Peers[].Match) to be committed (Commit), then applied (Applied), when Revision counts it.
// Entries between Commit and Last are in flight: a new leader may keep them or overwrite them.
type ControlPlane struct {
	Masters []Master `json:"masters"`
	// Leader is the name of the member that leads as of the highest term, "" if none does. Quorum says that enough members
	// run and are connected to it to commit a write now.
	Leader   string       `json:"leader"`
	Quorum   bool         `json:"quorum"`
	Revision int64        `json:"revision"` // of the newest committed write
	Election *Election    `json:"election,omitempty"`
	Leases   []Leadership `json:"leases"` // kube-scheduler, kube-controller-manager, those that exist
	// Balanced says that a load balancer is in front of the API servers (more than one master); Master.Endpoint tells
	// whether it sends connections there.
	Balanced bool `json:"balanced"`
}

// Master is a control-plane machine.
type Master struct {
	Name       string          `json:"name"`
	Power      bool            `json:"power"`
	Components []ComponentView `json:"components"`
	Endpoint   bool            `json:"endpoint"` // the load balancer finds its API server ready; true if there is no balancer
	Etcd       EtcdMember      `json:"etcd"`
	ClockMs    float64         `json:"clockMs,omitempty"` // by how much its clock is off
	DiskMs     float64         `json:"diskMs,omitempty"`  // what its disk takes longer for a write
	DiskFull   bool            `json:"diskFull,omitempty"`
}

// ComponentView is one program of a master.
type ComponentView struct {
	Name   string `json:"name"`
	Up     bool   `json:"up"`
	Paused bool   `json:"paused,omitempty"`
	// Leader says that it does the work: etcd leads its cluster, a scheduler or controller manager holds its Lease, any
	// other program runs.
	Leader bool `json:"leader"`
}

// EtcdMember is a copy of etcd. Of a member that does not run it is what its disk holds.
type EtcdMember struct {
	ID       string   `json:"id"`
	Role     string   `json:"role"` // leader, follower, candidate, pre-candidate, learner, stopped, removed
	Term     uint64   `json:"term"`
	Vote     string   `json:"vote"`     // whom it voted for in Term, by name; "" for nobody
	Follows  string   `json:"follows"`  // the leader as far as it knows, by name
	Last     uint64   `json:"last"`     // newest entry of its log, on disk
	Commit   uint64   `json:"commit"`   // newest entry it knows to be committed
	Applied  uint64   `json:"applied"`  // newest entry in its store
	Revision int64    `json:"revision"` // of its store
	Pending  int      `json:"pending"`  // requests clients wait for, here
	Queued   int      `json:"queued"`   // those of them not yet in the log
	Peers    []Peer   `json:"peers,omitempty"`
	Alarms   []string `json:"alarms,omitempty"` // types raised for this member: NOSPACE
}

// Peer is what a leader knows about a member, itself among them.
type Peer struct {
	Name   string `json:"name"`
	Match  uint64 `json:"match"` // newest entry known to be on that member's disk
	Next   uint64 `json:"next"`  // entry to be sent next
	State  string `json:"state"` // probe, replicate, snapshot
	Active bool   `json:"active"`
}

// Election is the newest that made a leader. Who is in neither list was not heard.
type Election struct {
	Term    uint64   `json:"term"`
	Leader  string   `json:"leader"`
	At      float64  `json:"at"`
	Granted []string `json:"granted"`
	Refused []string `json:"refused"`
}

// Leadership is a Lease that components compete for.
type Leadership struct {
	Name        string  `json:"name"`
	Holder      string  `json:"holder"` // the identity: host name, "_", UUID
	Host        string  `json:"host"`
	Transitions int32   `json:"transitions"`
	Acquired    float64 `json:"acquired"` // by the holder's clock
	Renewed     float64 `json:"renewed"`
}

// elected are the programs that compete for a Lease of their own name in kube-system.
var elected = [...]string{"kube-scheduler", "kube-controller-manager", "cloud-controller-manager"}

// ControlPlane looks at the control plane from outside the world; it changes nothing.
func (c *Cluster) ControlPlane() ControlPlane {
	v := ControlPlane{Masters: []Master{}, Leases: []Leadership{}, Revision: c.members.Committed(), Balanced: c.balancer != nil}
	var term uint64
	running := 0
	for _, h := range c.masters {
		m := Master{
			Name: h.Name, Power: h.Up(), Components: []ComponentView{}, Endpoint: h.Up(), DiskFull: h.DiskFull,
			ClockMs: float64(h.Skew().Microseconds()) / 1000, DiskMs: float64(h.DiskDelay.Microseconds()) / 1000,
		}
		if c.balancer != nil {
			m.Endpoint = c.balancer.Healthy(h)
		}
		for _, p := range h.Programs() {
			for _, name := range components {
				if p.Name == name {
					m.Components = append(m.Components, ComponentView{Name: p.Name, Up: p.Up, Paused: p.Paused, Leader: p.Up && c.leads(h.Name, p.Name)})
				}
			}
		}
		if r, ok := c.members.Report(h); ok {
			e := &m.Etcd
			*e = EtcdMember{
				ID: fmt.Sprintf("%x", r.ID), Role: r.Role, Term: r.Term, Vote: c.members.Name(r.Vote), Follows: c.members.Name(r.Leader),
				Last: r.Last, Commit: r.Index, Applied: r.Applied, Revision: r.Revision, Pending: r.Pending, Queued: r.Queued,
			}
			for _, a := range r.Alarms {
				if a.Member == r.ID {
					e.Alarms = append(e.Alarms, a.Type)
				}
			}
			for _, p := range r.Peers {
				e.Peers = append(e.Peers, Peer{Name: c.members.Name(p.ID), Match: p.Match, Next: p.Next, State: p.State, Active: p.Active})
			}
			if r.Removed {
				e.Role = "removed"
			}
			if r.IsLeader && r.Term > term {
				term, v.Leader = r.Term, h.Name
				voters := 0
				running = 0
				for _, p := range r.Peers {
					voters++
					if p.Active {
						running++
					}
				}
				v.Quorum = 2*running > voters
			}
		}
		v.Masters = append(v.Masters, m)
	}
	if e, ok := c.members.LastElection(); ok {
		v.Election = &Election{Term: e.Term, Leader: c.members.Name(e.Leader), At: float64(e.At) / 1e6, Granted: c.memberNames(e.Granted), Refused: c.memberNames(e.Refused)}
	}
	start := c.Sim.Wall(0)
	for _, name := range elected {
		l, ok := c.peek(api.Leases, "kube-system/"+name).(*coordinationv1.Lease)
		if !ok {
			continue
		}
		x := Leadership{Name: name}
		if s := &l.Spec; s.HolderIdentity != nil {
			x.Holder = *s.HolderIdentity
			x.Host, _, _ = strings.Cut(x.Holder, "_")
			if s.LeaseTransitions != nil {
				x.Transitions = *s.LeaseTransitions
			}
			if s.AcquireTime != nil {
				x.Acquired = float64(s.AcquireTime.Sub(start).Microseconds()) / 1000
			}
			if s.RenewTime != nil {
				x.Renewed = float64(s.RenewTime.Sub(start).Microseconds()) / 1000
			}
		}
		v.Leases = append(v.Leases, x)
	}
	return v
}

func (c *Cluster) memberNames(ids []uint64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = c.members.Name(id)
	}
	return out
}

// leads reports whether a program of the control plane does the work, for one that runs.
func (c *Cluster) leads(host, program string) bool {
	if program == "etcd" {
		r, ok := c.members.Report(c.Sim.Host(host))
		return ok && r.IsLeader
	}
	for _, name := range elected {
		if name == program {
			l, ok := c.peek(api.Leases, "kube-system/"+name).(*coordinationv1.Lease)
			if !ok || l.Spec.HolderIdentity == nil {
				return false
			}
			holder, _, _ := strings.Cut(*l.Spec.HolderIdentity, "_")
			return holder == host
		}
	}
	return true
}
