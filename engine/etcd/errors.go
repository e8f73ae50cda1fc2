package etcd

// Error is an error a client of etcd sees: the texts of go.etcd.io/etcd/api/v3/v3rpc/rpctypes.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of a store.
const (
	ErrCompacted     Error = "etcdserver: mvcc: required revision has been compacted"
	ErrFutureRev     Error = "etcdserver: mvcc: required revision is a future revision"
	ErrLeaseNotFound Error = "etcdserver: requested lease not found"
	ErrLeaseTTL      Error = "etcdserver: too large lease TTL"
	ErrDuplicateKey  Error = "etcdserver: duplicate key given in txn request"
	ErrEmptyKey      Error = "etcdserver: key is not provided"

	ErrNoSpace Error = "etcdserver: mvcc: database space exceeded"

	ErrTimeout                 Error = "etcdserver: request timed out"
	ErrTimeoutLeaderFail       Error = "etcdserver: request timed out, possibly due to previous leader failure"
	ErrTimeoutConnectionLost   Error = "etcdserver: request timed out, possibly due to connection lost"
	ErrNoLeader                Error = "etcdserver: no leader"
	ErrNotLeader               Error = "etcdserver: not leader"
	ErrStopped                 Error = "etcdserver: server stopped"
	ErrLearner                 Error = "etcdserver: rpc not supported for learner"
	ErrMemberNotFound          Error = "etcdserver: member not found"
	ErrMemberExist             Error = "etcdserver: member ID already exist"
	ErrMemberLearnerNotReady   Error = "etcdserver: can only promote a learner member which is in sync with leader"
	ErrMemberNotLearner        Error = "etcdserver: can only promote a learner member"
	ErrTooManyLearners         Error = "etcdserver: too many learner members in cluster"
	ErrNotEnoughStartedMembers Error = "etcdserver: re-configuration failed due to not enough started members"
	ErrBadTransferee           Error = "etcdserver: bad leader transferee"
	ErrTransferTimeout         Error = "etcdserver: request timed out, leader transfer took too long"

	// ErrDeadline is what a request gets that found no member to talk to in time.
	ErrDeadline Error = "context deadline exceeded"
)

// ConnError is the break of a connection with requests under way: whether a write among them took effect is unknown.
type ConnError struct{ Err error }

func (e *ConnError) Error() string {
	return "rpc error: code = Unavailable desc = error reading from server: " + e.Err.Error()
}

func (e *ConnError) Unwrap() error { return e.Err }
