package sim

import "time"

// RecordID names a record of the journal, in the order of writing, from 1. 0 is no record.
type RecordID uint32

// ActorID names an actor for the length of the session (all its incarnations); 0 is the world itself.
type ActorID uint32

// RefID is an interned object reference such as "pods/default/web-1".
type RefID uint32

// Kind says what sort of thing a record tells.
type Kind uint8

// The kinds of record.
const (
	KindCommand  Kind = iota + 1 // a person or script asked for something
	KindCreate                   // an API object was written
	KindUpdate                   //
	KindDelete                   //
	KindDecision                 // a component chose: a binding, an eviction, a rollout step
	KindAct                      // something happened on a node: image pulled, container started, probe failed
	KindFault                    // a machine or link changed: power lost, power back, link cut
	KindRequest                  // a request of a user was served or failed
	KindInfo                     // anything else worth knowing
)

var kindNames = [...]string{"", "command", "create", "update", "delete", "decision", "act", "fault", "request", "info"}

func (k Kind) String() string { return kindNames[k] }

// Record is one line of the journal.
type Record struct {
	ID    RecordID
	Cause RecordID // the record this one follows from; 0 for a root
	Actor ActorID
	Ref   RefID // the object it is about
	prev  RecordID
	At    Time
	Rev   int64 // revision of a write, else 0
	Kind  Kind
	Text  string
	Data  any // what a curious reader wants beside the text, e.g. the scheduler's table; never hashed
}

const chunkSize = 4096

// Journal holds the records of a session in order, with a running hash over them and over every event handled.
type Journal struct {
	chunks [][]Record
	n      int
	hash   uint64
	refs   map[string]RefID
	names  []string
	last   []RecordID // newest record by RefID
}

func (j *Journal) init() {
	j.hash = 0xcbf29ce484222325
	j.refs = map[string]RefID{"": 0}
	j.names = []string{""}
	j.last = []RecordID{0}
}

func mix(h, v uint64) uint64 {
	h ^= v
	h *= 0xff51afd7ed558ccd
	return h ^ h>>32
}

func hashString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h ^= uint64(s[i])
		h *= 0x100000001b3
	}
	return mix(h, uint64(len(s)))
}

func (j *Journal) fold(a, b, c uint64) { j.hash = mix(mix(mix(j.hash, a), b), c) }

// Hash is the running hash: equal hashes mean equal sessions.
func (j *Journal) Hash() uint64 { return j.hash }

// Len is the number of records.
func (j *Journal) Len() int { return j.n }

// Get returns a record, or nil if there is none of that id.
func (j *Journal) Get(id RecordID) *Record {
	if id == 0 || int(id) > j.n {
		return nil
	}
	i := int(id) - 1
	return &j.chunks[i/chunkSize][i%chunkSize]
}

// Intern gives the id of a reference, making one if it is new.
func (j *Journal) Intern(ref string) RefID {
	id, ok := j.refs[ref]
	if !ok {
		id = RefID(len(j.names))
		j.refs[ref] = id
		j.names = append(j.names, ref)
		j.last = append(j.last, 0)
	}
	return id
}

// Ref is the text of a reference.
func (j *Journal) Ref(id RefID) string { return j.names[id] }

// Newest is the newest record about ref, or nil.
func (j *Journal) Newest(ref string) *Record {
	id, ok := j.refs[ref]
	if !ok {
		return nil
	}
	return j.Get(j.last[id])
}

// Before is the record about the same object that precedes r, or nil.
func (j *Journal) Before(r *Record) *Record { return j.Get(r.prev) }

func (j *Journal) add(r Record) *Record {
	if j.n%chunkSize == 0 {
		j.chunks = append(j.chunks, make([]Record, 0, chunkSize))
	}
	c := &j.chunks[len(j.chunks)-1]
	j.n++
	r.ID = RecordID(j.n)
	if r.Ref != 0 {
		r.prev = j.last[r.Ref]
		j.last[r.Ref] = r.ID
	}
	*c = append(*c, r)
	h := mix(mix(j.hash, uint64(r.At)), uint64(r.Cause)<<32|uint64(r.Actor))
	h = mix(mix(h, uint64(r.Rev)), uint64(r.Kind))
	j.hash = hashString(hashString(h, j.names[r.Ref]), r.Text)
	return &(*c)[len(*c)-1]
}

// Record writes a line into the journal, caused by the event being handled, and makes it the cause of whatever the
// event does from here on.
func (s *Sim) Record(kind Kind, ref, text string) *Record {
	return s.RecordFrom(s.current, kind, ref, 0, text)
}

// RecordFrom is Record for an actor and a revision.
func (s *Sim) RecordFrom(a *Actor, kind Kind, ref string, rev int64, text string) *Record {
	var id ActorID
	if a != nil {
		id = a.id
	}
	r := s.Journal.add(Record{Cause: s.cause, Actor: id, Ref: s.Journal.Intern(ref), At: s.now, Rev: rev, Kind: kind, Text: text})
	s.cause = r.ID
	return r
}

// Chain walks from a record back to its root: the record first, then its cause, and so on, at most limit of them.
func (j *Journal) Chain(id RecordID, limit int) []*Record {
	var out []*Record
	for r := j.Get(id); r != nil && len(out) < limit; r = j.Get(r.Cause) {
		out = append(out, r)
	}
	return out
}

// Since returns how long ago r was written.
func (s *Sim) Since(r *Record) time.Duration { return s.now.Sub(r.At) }
