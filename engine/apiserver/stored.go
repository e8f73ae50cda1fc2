package apiserver

import (
	"tabernetes/engine/api"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

// stored is what etcd keeps for an object: the object, and for the journal who wrote it and why. Deletes carry one
// as well, with the object as it was last.
type stored struct {
	obj      api.Object
	resource *api.Resource
	ctx      sim.Context // of the request
	by       *sim.Actor  // who asked; nil for the server itself
	text     string      // what the write changed
	kind     sim.Kind
	beat     bool // a heartbeat: not a change anybody waits for
	recorded bool // the record is in the journal; ctx is then the record's
}

// SetResourceVersion is called by etcd when the revision of the write is known.
func (s *stored) SetResourceVersion(rev string) { s.obj.SetResourceVersion(rev) }

// settle writes the journal record of a committed write, once, and returns the context its followers run in.
func (s *stored) settle(w *sim.Sim, rev int64) sim.Context {
	if s.recorded {
		return s.ctx
	}
	s.recorded = true
	if s.resource.Quiet || s.beat {
		return s.ctx
	}
	w.In(s.ctx, func() {
		w.Foreground()
		w.RecordFrom(s.by, s.kind, api.Ref(s.resource, s.obj.GetNamespace(), s.obj.GetName()), rev, s.text)
		s.ctx = w.Context()
	})
	return s.ctx
}

// Tombstone is what the end of a key's lease leaves: an Event that expired is deleted like any other object.
func (s *stored) Tombstone() etcd.Value {
	return &stored{obj: api.Copy(s.obj), resource: s.resource, kind: sim.KindDelete, beat: true}
}
