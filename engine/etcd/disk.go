package etcd

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// disk is what a member keeps across a stop: raft's log, and the store as far as it was applied. (The real store is
// written behind and brought up to date from the log at boot; the result is the same.) It implements raft.Storage.
type disk struct {
	id      uint64
	cluster *Cluster
	hard    *pb.HardState
	conf    *pb.ConfState
	// The log starts after offset; offTerm is the term of the entry there.
	offset, offTerm uint64
	entries         []*pb.Entry
	logged          int // writes in entries

	// batches are what entries name, of this log and of entries just received.
	batches map[uint64]*batch

	store   *store
	applied uint64
	// appliedTerm is the term of the entry at applied, which may have left the log.
	appliedTerm uint64
	removed     bool
	revisions   int // the most it ever held since the last defragmentation: the file keeps that size

	image   *image // the newest snapshot made for a member that fell behind
	imageID uint64
}

// image is the payload of a snapshot.
type image struct {
	store *store
	index uint64
}

func (d *disk) last() uint64 { return d.offset + uint64(len(d.entries)) }

// InitialState implements raft.Storage.
func (d *disk) InitialState() (*pb.HardState, *pb.ConfState, error) { return d.hard, d.conf, nil }

// Entries implements raft.Storage.
func (d *disk) Entries(lo, hi, maxSize uint64) ([]*pb.Entry, error) {
	if lo <= d.offset {
		return nil, raft.ErrCompacted
	}
	if hi > d.last()+1 {
		return nil, raft.ErrUnavailable
	}
	const entrySize = 24 // as good as what it is on the wire
	n := max(1, min(hi-lo, maxSize/entrySize))
	lo -= d.offset + 1
	return d.entries[lo : lo+n : lo+n], nil
}

// Term implements raft.Storage.
func (d *disk) Term(i uint64) (uint64, error) {
	switch {
	case i < d.offset:
		return 0, raft.ErrCompacted
	case i == d.offset:
		return d.offTerm, nil
	case i > d.last():
		return 0, raft.ErrUnavailable
	}
	return d.entries[i-d.offset-1].GetTerm(), nil
}

// LastIndex implements raft.Storage.
func (d *disk) LastIndex() (uint64, error) { return d.last(), nil }

// FirstIndex implements raft.Storage.
func (d *disk) FirstIndex() (uint64, error) { return d.offset + 1, nil }

// Snapshot implements raft.Storage: the store as it is now, copied when a member needs it.
func (d *disk) Snapshot() (*pb.Snapshot, error) {
	if d.image == nil || d.image.index != d.applied {
		d.image = &image{d.store.clone(), d.applied}
		d.imageID = d.cluster.nextID()
	}
	return &pb.Snapshot{
		Data: encode(d.imageID),
		Metadata: &pb.SnapshotMetadata{
			ConfState: d.conf,
			Index:     new(d.applied),
			Term:      new(d.appliedTerm),
		},
	}, nil
}

func (d *disk) setHard(term, vote, commit uint64) {
	d.hard = &pb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)}
}

func (d *disk) sizeOf(e *pb.Entry) int {
	if id, ok := idOf(e); ok {
		if b := d.batches[id]; b != nil {
			return len(b.calls)
		}
	}
	return 0
}

// append writes entries, over what they contradict.
func (d *disk) append(ents []*pb.Entry) {
	if len(ents) == 0 {
		return
	}
	if first := ents[0].GetIndex(); first <= d.offset {
		skip := d.offset + 1 - first
		if skip >= uint64(len(ents)) {
			return
		}
		ents = ents[skip:]
	}
	at := ents[0].GetIndex() - d.offset - 1
	if at < uint64(len(d.entries)) {
		for _, e := range d.entries[at:] {
			d.logged -= d.sizeOf(e)
		}
		// Slices handed out by Entries may still be read.
		d.entries = append(d.entries[:at:at], ents...)
	} else {
		d.entries = append(d.entries, ents...)
	}
	for _, e := range ents {
		d.logged += d.sizeOf(e)
	}
}

// shrink drops applied entries from the front of the log until at most keep writes and as many entries are left.
func (d *disk) shrink(keep int) {
	n := 0
	for n < len(d.entries) && d.offset+uint64(n)+1 < d.applied && (d.logged > keep || len(d.entries)-n > keep) {
		e := d.entries[n]
		d.logged -= d.sizeOf(e)
		if id, ok := idOf(e); ok {
			delete(d.batches, id)
		}
		n++
	}
	if n == 0 {
		return
	}
	d.offTerm = d.entries[n-1].GetTerm()
	d.offset += uint64(n)
	d.entries = append(make([]*pb.Entry, 0, len(d.entries)), d.entries[n:]...)
}

// sweep forgets batches that no entry names any more: of proposals that were lost, of messages that came twice.
func (d *disk) sweep(also func(keep func(*pb.Entry))) {
	live := make(map[uint64]*batch, len(d.entries))
	keep := func(e *pb.Entry) {
		if id, ok := idOf(e); ok {
			if b := d.batches[id]; b != nil {
				live[id] = b
			}
		}
	}
	for _, e := range d.entries {
		keep(e)
	}
	also(keep)
	d.batches = live
}

// restore replaces log and store by a snapshot. Batches stay: entries that come with the snapshot may name them.
func (d *disk) restore(s *pb.Snapshot, img *image) {
	md := s.GetMetadata()
	d.offset, d.offTerm = md.GetIndex(), md.GetTerm()
	d.entries, d.logged = nil, 0
	d.conf = md.GetConfState()
	d.store = img.store.clone()
	d.applied, d.appliedTerm = md.GetIndex(), md.GetTerm()
	d.image = nil
}
