package etcd

import (
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/sim"
)

// A write of the log is durable after syncMin to syncMin+syncSpread: a data centre's SSD.
const (
	syncMin    = 900 * time.Microsecond
	syncSpread = 200 * time.Microsecond
)

// Writes of the log kept for members that are a little behind (etcd: SnapshotCatchUpEntries), and by a member that is
// alone.
const (
	keepForPeers = 5000
	keepAlone    = 64
)

// wal is the member's disk queue: one write at a time; what comes meanwhile goes with the next.
type wal struct {
	queue   []logWrite
	ctx     sim.Context
	busy    bool
	hold    bool       // an event is collecting what goes with the next write
	written []logWrite // being written
	stalled sim.Time   // until when a defragmentation keeps writes waiting
}

// logWrite is a MsgStorageAppend and the payload of the snapshot in it, if there is one.
type logWrite struct {
	msg   *pb.Message
	image *image
}

// merge joins the context of more work into ctx: a batch is background only if all of it is.
func merge(ctx *sim.Context, c sim.Context, first bool) {
	if first || ctx.Background && !c.Background {
		*ctx = c
	}
}

func (m *Server) write(msg *pb.Message) {
	w := &m.wal
	if len(msg.GetResponses()) == 0 && !w.busy && len(w.queue) == 0 {
		m.persist(logWrite{msg: msg}) // nobody waits for it: a commit index, written with the next page
		return
	}
	merge(&w.ctx, m.a.Sim().Context(), len(w.queue) == 0)
	lw := logWrite{msg: msg}
	if msg.GetSnapshot() != nil {
		lw.image = m.arriving.image // raft wants a snapshot written in the event that brought it
	}
	w.queue = append(w.queue, lw)
	if !w.busy && !w.hold {
		m.sync()
	}
}

func (m *Server) sync() {
	w := &m.wal
	w.busy = true
	w.written, w.queue = w.queue, w.written[:0]
	d := syncMin + time.Duration(m.a.Rand().Int64N(int64(syncSpread))) + m.a.Host().DiskDelay
	d = max(d, w.stalled.Sub(m.a.Now())+syncMin)
	m.a.Sim().In(w.ctx, func() { m.a.After(d, "fsync", m.synced) })
}

func (m *Server) synced() {
	w := &m.wal
	for i, lw := range w.written {
		m.persist(lw)
		m.respond(lw.msg)
		w.written[i] = logWrite{}
	}
	w.busy = false
	w.hold = true
	m.drain()
	m.flushQueue()
	w.hold = false
	if len(w.queue) > 0 {
		m.sync()
	}
	m.end()
}

// persist is the moment a write reaches the disk.
func (m *Server) persist(lw logWrite) {
	msg := lw.msg
	if msg.Term != nil && msg.Vote != nil && msg.Commit != nil {
		m.d.hard = &pb.HardState{Term: msg.Term, Vote: msg.Vote, Commit: msg.Commit}
	}
	if lw.image != nil {
		m.install(msg.GetSnapshot(), lw.image)
	}
	m.d.append(msg.GetEntries())
}

// shrinkLog keeps the log short.
func (m *Server) shrinkLog() {
	keep := m.d.cluster.catchUp
	if m.alone() {
		keep = keepAlone
	}
	if d := m.d; d.logged > 2*keep || len(d.entries) > 2*keep {
		d.shrink(keep)
		if len(d.batches) > 2*len(d.entries)+1024 {
			m.sweep()
		}
	}
}

func (m *Server) sweep() {
	m.d.sweep(func(keep func(*pb.Entry)) {
		for _, l := range [...][]logWrite{m.wal.queue, m.wal.written} {
			for _, lw := range l {
				for _, e := range lw.msg.GetEntries() {
					keep(e)
				}
			}
		}
	})
}
