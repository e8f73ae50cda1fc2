package etcd

import (
	"time"

	"tabernetes/engine/sim"
)

// Service is the name under which members listen on their host for clients.
const Service = "etcd"

// Value is what a key holds. The store calls SetResourceVersion once, when the revision of the write is known; from
// then on the value must not change. All metav1 objects are Values.
type Value interface{ SetResourceVersion(string) }

// Tombstoner is a Value that knows what the delete event of its key should carry when nobody deletes it but its lease
// ends. Without it the event carries the value itself.
type Tombstoner interface{ Tombstone() Value }

// KV is a key at one revision. It is shared and never changes. In a delete event it is the tombstone: ModRevision is
// the delete's, Value what the delete brought along, or nil.
type KV struct {
	Key            string
	Value          Value
	CreateRevision int64
	ModRevision    int64
	Version        int64 // writes since the key was created; 0 in a tombstone
	Lease          LeaseID
}

// LeaseID names a lease; 0 is none.
type LeaseID int64

// Type says what an Op does or an Event tells.
type Type uint8

// What happens to a key.
const (
	Put Type = iota
	Delete
)

// Op is one write of a transaction. A Delete's Value, if any, becomes the tombstone's.
type Op struct {
	Type  Type
	Key   string
	Value Value
	Lease LeaseID       // the lease the key is attached to
	TTL   time.Duration // instead of Lease: one the client grants and shares, whole seconds
}

// Compare demands that a key was last modified at a revision; 0 demands that there is no such key.
type Compare struct {
	Key         string
	ModRevision int64
}

// Txn writes Then, all at one revision, if every Compare holds; if not it reads the compared keys.
type Txn struct {
	Compare []Compare
	Then    []Op
}

// TxnResult answers a Txn. Revision is that of the write, or the store's when nothing was written.
type TxnResult struct {
	Succeeded bool
	Revision  int64
	Current   []*KV // not succeeded: the compared keys; nil where there is none
	Prev      []*KV // succeeded: what the ops of Then replaced; nil where there was none
}

// Event is one change of a key.
type Event struct {
	Type   Type
	KV     *KV
	PrevKV *KV // nil if the key is new
	// Context is that of the request that asked for the change: a batch holds changes of several causes.
	Context sim.Context
}

// Status is what a member says of itself.
type Status struct {
	ID, Leader  uint64
	Name        string
	Term        uint64
	Index       uint64 // raft's last committed
	Applied     uint64
	Revision    int64
	Compacted   int64
	Keys        int
	IsLearner   bool
	IsLeader    bool
	HistorySize int // events since the last compaction
	// DBSize is what the database's file takes, DBInUse how much of that is not free for new pages: bytes, estimated from
	// how many revisions there are.
	DBSize, DBInUse int64
	Alarms          []Alarm
}

// Member is one member of the cluster.
type Member struct {
	ID        uint64
	Name      string
	Host      *sim.Host
	IsLearner bool
	Started   bool // in an answer to MemberList: it has run since it was added
}
