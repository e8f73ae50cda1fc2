package etcd

import (
	"time"

	"tabernetes/engine/sim"
)

const (
	clientDialTimeout = time.Second
	clientDeadline    = 10 * time.Second // how long a request waits for a member to talk to
	retryMin          = 25 * time.Millisecond
	retryMax          = time.Second
)

// Client is a connection to a cluster. It belongs to one actor and ends with it. All its requests and watches share
// one connection to one member; when it breaks, the next member is tried. Reads under way are then asked again,
// writes fail with a *ConnError, watches resume where they were.
//
// Answers and events of one connection come in order: when an answer tells a revision, the events of this client's
// watches up to that revision have been delivered.
type Client struct {
	a     *sim.Actor
	hosts []*sim.Host
	next  int
	tried int

	conn    *sim.Conn
	session *session
	dialing int
	dials   int
	pause   time.Duration
	retry   sim.Timer

	calls   callList
	waiting []*call
	watches []*clientWatch
	lessor  lessor
}

// NewClient makes a client of the members on some hosts; the first is preferred. It connects when first used.
func NewClient(a *sim.Actor, hosts []*sim.Host) *Client {
	if len(hosts) == 0 {
		panic("etcd: no host for the client of " + a.Name())
	}
	cl := &Client{a: a, hosts: hosts}
	cl.calls.init()
	return cl
}

// Txn runs a transaction. A timeout or a broken connection leaves open whether it took effect.
func (cl *Client) Txn(t Txn, done func(TxnResult, error)) {
	for i := range t.Then {
		if op := &t.Then[i]; op.TTL != 0 && op.Lease == 0 && op.Type == Put {
			cl.lessor.get(cl, op.TTL, func(id LeaseID, err error) {
				if err != nil {
					done(TxnResult{}, err)
					return
				}
				op.Lease = id
				cl.Txn(t, done)
			})
			return
		}
	}
	cl.start(&call{kind: callTxn, txn: t, done: func(c *call) {
		if c.err == ErrLeaseNotFound {
			cl.lessor.expires = 0
		}
		done(c.res, c.err)
	}})
}

// Get reads a key, as it was at rev if that is not 0; kv is nil if there is none. A serializable read is answered by
// the member at hand, however old its knowledge; others are linearizable. rev of the answer is the store's.
func (cl *Client) Get(key string, rev int64, serializable bool, done func(kv *KV, rev int64, err error)) {
	var kv *KV
	c := &call{replay: true}
	c.read = func(m *Server) {
		c.rev = m.store.rev
		if c.err = m.store.check(rev); c.err == nil {
			kv = m.store.getAt(key, rev)
		}
	}
	c.done = func(c *call) { done(kv, c.rev, c.err) }
	cl.read(c, serializable)
}

// Range reads the keys with a prefix in order, from a key on ("" for the first), at most limit of them (0: all), as
// they were at rev if that is not 0. more says that the limit left some out, count how many there are from that key
// on, rev the store's revision.
func (cl *Client) Range(prefix, from string, limit int, rev int64, done func(kvs []*KV, more bool, count int, rev int64, err error)) {
	cl.list(prefix, from, limit, rev, false, done)
}

// RangeSerializable is Range by the member at hand, however old its knowledge.
func (cl *Client) RangeSerializable(prefix, from string, limit int, rev int64, done func(kvs []*KV, more bool, count int, rev int64, err error)) {
	cl.list(prefix, from, limit, rev, true, done)
}

func (cl *Client) list(prefix, from string, limit int, rev int64, serializable bool, done func([]*KV, bool, int, int64, error)) {
	var kvs []*KV
	var count int
	c := &call{replay: true}
	c.read = func(m *Server) {
		c.rev = m.store.rev
		if c.err = m.store.check(rev); c.err == nil {
			kvs, count = m.store.rangeAt(prefix, from, limit, rev)
		}
	}
	c.done = func(c *call) { done(kvs, count > len(kvs), count, c.rev, c.err) }
	cl.read(c, serializable)
}

// Revision reads the store's revision, linearizably.
func (cl *Client) Revision(done func(rev int64, err error)) {
	c := &call{replay: true}
	c.read = func(m *Server) { c.rev = m.store.rev }
	c.done = func(c *call) { done(c.rev, c.err) }
	cl.read(c, false)
}

func (cl *Client) read(c *call, serializable bool) {
	c.kind = callRead
	if serializable {
		c.kind = callStatus
	}
	cl.start(c)
}

// Grant makes a lease.
func (cl *Client) Grant(ttl time.Duration, done func(LeaseID, error)) {
	cl.start(&call{kind: callGrant, ttl: ttl, done: func(c *call) { done(c.lease, c.err) }})
}

// Revoke ends a lease and deletes its keys.
func (cl *Client) Revoke(id LeaseID, done func(error)) {
	cl.start(&call{kind: callRevoke, lease: id, done: func(c *call) { done(c.err) }})
}

// Compact forgets all history before rev. done may be nil.
func (cl *Client) Compact(rev int64, done func(error)) {
	cl.start(&call{kind: callCompact, rev: rev, done: func(c *call) {
		if done != nil {
			done(c.err)
		}
	}})
}

// Status asks the member at hand about itself.
func (cl *Client) Status(done func(Status, error)) {
	var st Status
	cl.start(&call{kind: callStatus, replay: true,
		read: func(m *Server) { st = m.status() },
		done: func(c *call) { done(st, c.err) },
	})
}

func (cl *Client) start(c *call) {
	c.client = cl
	c.ctx = cl.a.Sim().Context()
	c.expires = cl.a.Now().Add(clientDeadline)
	cl.calls.add(c)
	if cl.conn != nil && !cl.conn.Closed() {
		cl.send(c)
		return
	}
	cl.hold(c)
	cl.connect()
}

var labels = [...]string{
	callTxn: "txn", callGrant: "lease grant", callRevoke: "lease revoke", callCompact: "compact", callConf: "member change",
	callRead: "range", callStatus: "range", callMove: "move leader", callAlarm: "alarm", callDefrag: "defragment",
}

func (cl *Client) send(c *call) {
	s := cl.session
	c.session = s
	s.conn.Send(cl.a, labels[c.kind], func() { s.handle(c) })
}

func (cl *Client) answered(c *call) {
	cl.calls.remove(c)
	cl.a.Sim().In(c.ctx, func() { c.done(c) })
}

// hold keeps a request until there is a connection, or its time is up.
func (cl *Client) hold(c *call) {
	cl.waiting = append(cl.waiting, c)
	c.session = nil
	cl.a.Sim().In(c.ctx, func() {
		c.wait = cl.a.After(max(0, c.expires.Sub(cl.a.Now())), "deadline", func() {
			if c.live && c.session == nil {
				c.err = ErrDeadline
				cl.answered(c)
			}
		})
	})
}

func (cl *Client) connect() {
	if cl.dialing != 0 || cl.retry.Pending() || cl.conn != nil && !cl.conn.Closed() {
		return
	}
	cl.dials++
	nth := cl.dials
	cl.dialing = nth
	host := cl.hosts[cl.next%len(cl.hosts)]
	cl.a.Dial(host, Service, func(conn *sim.Conn, err error) {
		if cl.dialing != nth {
			if conn != nil {
				conn.Close(cl.a)
			}
			return
		}
		if err != nil {
			cl.failed()
			return
		}
		cl.connected(conn)
	}, func(err error) {
		if cl.conn != nil && cl.dials == nth {
			cl.broken(err)
		}
	})
	cl.a.Periodic(clientDialTimeout, "dial timeout", func() {
		if cl.dialing == nth {
			cl.failed()
		}
	})
}

func (cl *Client) connected(conn *sim.Conn) {
	cl.dialing, cl.tried, cl.pause = 0, 0, 0
	cl.conn, cl.session = conn, conn.Handler.(*session)
	for _, w := range cl.watches {
		w.open()
	}
	l := cl.waiting
	cl.waiting = nil
	for _, c := range l {
		c.wait.Stop()
		if c.live {
			cl.a.Sim().In(c.ctx, func() { cl.send(c) })
		}
	}
}

// failed tries the next member: at once, or after a pause when all were tried.
func (cl *Client) failed() {
	cl.dialing = 0
	cl.next++
	if cl.tried++; cl.tried%len(cl.hosts) != 0 {
		cl.connect()
		return
	}
	live := cl.waiting[:0]
	for _, c := range cl.waiting {
		if c.live {
			live = append(live, c)
		}
	}
	cl.waiting = live
	if len(live) == 0 && len(cl.watches) == 0 {
		return // again with the next request
	}
	cl.pause = min(max(retryMin, 2*cl.pause), retryMax)
	cl.retry = cl.a.Periodic(cl.pause, "reconnect", cl.connect)
}

// broken follows the end of a connection.
func (cl *Client) broken(err error) {
	cl.conn, cl.session = nil, nil
	var failed []*call
	for c := cl.calls.root.next; c != &cl.calls.root; c = c.next {
		switch {
		case c.session == nil:
		case c.replay:
			cl.hold(c)
		default:
			failed = append(failed, c)
		}
	}
	if len(cl.waiting) > 0 || len(cl.watches) > 0 {
		cl.connect()
	}
	for _, c := range failed {
		c.err = &ConnError{err}
		cl.answered(c)
	}
}

// callList keeps the requests under way in order.
type callList struct{ root call }

func (l *callList) init() { l.root.prev, l.root.next = &l.root, &l.root }

func (l *callList) add(c *call) {
	c.live = true
	c.prev, c.next = l.root.prev, &l.root
	c.prev.next, l.root.prev = c, c
}

func (l *callList) remove(c *call) {
	c.live = false
	c.prev.next, c.next.prev = c.next, c.prev
	c.prev, c.next = nil, nil
}
