// Package etcd is the cluster's memory: a replicated, revisioned key-value store on go.etcd.io/raft.
//
// In a real cluster etcd is the only component that keeps anything; every API object is a key, every write gets the
// next revision, and all that happens later is somebody watching keys from a revision on. One to seven members run
// beside the API servers; they agree through raft, so that a write that was acknowledged survives as long as a
// majority of disks does, and without a majority nothing is written or linearizably read at all.
//
// Real here: raft itself (elections, log replication, quorum, pre-vote, check-quorum, leadership transfer, learners
// and membership changes, snapshots for members that fell behind, ReadIndex), multi-version reads, transactions that
// compare revisions, watches from a revision, compaction, leases, group commit, the errors clients get. Simulated:
// bytes and disks. A value is an immutable Go pointer that travels with raft's messages beside the entry that names
// it; a log write takes about a millisecond of virtual time and is lost if power goes before it ends; what is on
// Host.Disk survives. Elections take their randomness from the actor, not from raft's own.
//
// A [Server] is one run of a member: it reads and writes its host's disk, talks to its peers, and listens under
// [Service]. A [Client] is what an API server holds. Everything is asynchronous: done is called once, later, on the
// client's actor.
//
// A cluster of one member is the hot path of every small cluster: it elects itself at boot, has no ticks or
// heartbeats (idle means no events), and gathers whatever arrives while the disk is busy into one log entry.
package etcd
