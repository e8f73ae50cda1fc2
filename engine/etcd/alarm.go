package etcd

import (
	"slices"
	"time"

	"tabernetes/engine/order"
)

// Quota is how large a member's database may grow (--quota-backend-bytes, DefaultQuotaBytes).
const Quota = 2 << 30

// revisionSize is what a revision takes of the database: an estimate, for values are never serialised.
const revisionSize = 1400

// baseSize is an empty database's.
const baseSize = 20 << 10

func dbSize(revisions int) int64 { return baseSize + int64(revisions)*revisionSize }

// Alarm says that something is wrong with a member; while one is raised the whole cluster takes no write that grows it.
type Alarm struct {
	Member uint64
	Type   string // NOSPACE
}

// NoSpace is the alarm of a member that has no room for its database.
const NoSpace = "NOSPACE"

// grows reports whether a transaction puts anything; deletes are always let through.
func grows(t *Txn) bool {
	return slices.ContainsFunc(t.Then, func(op Op) bool { return op.Type == Put })
}

// room refuses what would grow a database beyond its quota, and raises the alarm (server/etcdserver/api/v3rpc/quota.go).
// A full disk counts as a quota reached: a real member whose disk is full to the last byte cannot write its log either
// and ends; clusters are operated so that the quota is reached first.
func (m *Server) room() error {
	if !m.a.Host().DiskFull && dbSize(max(m.d.revisions, 0)) < Quota {
		return nil
	}
	if a := (Alarm{m.d.id, NoSpace}); !slices.Contains(m.store.alarms, a) && m.lead != 0 {
		m.propose(&call{kind: callAlarm, alarm: a, ctx: m.a.Sim().Context()})
	}
	return ErrNoSpace
}

func (m *Server) applyAlarm(c *call) {
	s := m.store
	i := slices.Index(s.alarms, c.alarm)
	switch {
	case c.off && i >= 0:
		s.alarms = slices.Delete(slices.Clone(s.alarms), i, i+1)
		if m.leading {
			m.note(m.nameOf(c.alarm.Member), "alarm "+c.alarm.Type+" was disarmed")
		}
	case !c.off && i < 0:
		s.alarms = append(slices.Clone(s.alarms), c.alarm)
		order.By(s.alarms, func(a, b Alarm) int {
			if a.Member < b.Member {
				return -1
			}
			return 1
		})
		if m.leading {
			m.note(m.nameOf(c.alarm.Member), "raised alarm "+c.alarm.Type+": the cluster takes no more writes")
		}
	}
}

// Alarms lists the alarms that are raised, linearizably.
func (cl *Client) Alarms(done func([]Alarm, error)) {
	var list []Alarm
	cl.start(&call{kind: callRead, replay: true,
		read: func(m *Server) { list = m.store.alarms },
		done: func(c *call) { done(list, c.err) },
	})
}

// Disarm ends an alarm. If its reason is still there, the next write raises it again.
func (cl *Client) Disarm(a Alarm, done func(error)) {
	cl.start(&call{kind: callAlarm, alarm: a, off: true, done: func(c *call) { done(c.err) }})
}

// Defragmentation rewrites the database's file: writes of the member wait meanwhile.
const (
	defragMin      = 20 * time.Millisecond
	defragRevision = 2 * time.Microsecond
)

// Defrag gives back what compaction freed in the file of the member at hand.
func (cl *Client) Defrag(done func(error)) {
	cl.start(&call{kind: callDefrag, done: func(c *call) { done(c.err) }})
}

func (m *Server) defrag(c *call) {
	d := defragMin + time.Duration(m.d.revisions)*defragRevision
	m.wal.stalled = m.a.Now().Add(d)
	m.a.After(d, "defragment", func() {
		m.d.revisions = len(m.store.keys) + m.store.history.n
		c.answered = true
		c.session.answer(c)
		m.end()
	})
}
