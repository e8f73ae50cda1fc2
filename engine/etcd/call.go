package etcd

import (
	"encoding/binary"
	"time"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabernetes/engine/sim"
)

type callKind uint8

const (
	callTxn callKind = iota
	callGrant
	callRevoke
	callCompact
	callConf
	callRead
	callStatus
	callMove
	callAlarm
	callDefrag
)

// call is one request: on the client while it is under way, on the member that got it, and, for a write, in the log.
// Its results are set by the first member that applies it; all members get the same.
type call struct {
	kind callKind
	ctx  sim.Context
	txn  Txn
	ttl  time.Duration
	// lease is what to revoke, or what was granted.
	lease LeaseID
	rev   int64
	conf  confChange
	alarm Alarm
	off   bool // disarm
	// read runs on a member once it is fresh enough, for callRead and callStatus.
	read func(m *Server)

	res TxnResult
	err error
	kvs []*KV
	kv1 [1]*KV

	prev1 [1]*KV

	// Of the client.
	done    func(c *call)
	live    bool
	wait    sim.Timer
	client  *Client
	replay  bool // may be sent again to another member: it writes nothing
	expires sim.Time
	prev    *call
	next    *call

	// Of the member that got it.
	session  *session
	since    sim.Time
	answered bool
}

// batch is what one entry of raft's log stands for: the writes that came together.
type batch struct {
	id    uint64
	from  *Server
	calls []*call
}

func encode(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func idOf(e *pb.Entry) (uint64, bool) {
	if e.GetType() != pb.EntryNormal || len(e.GetData()) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(e.GetData()), true
}
