package etcd

import (
	"slices"
	"time"
)

// clientWatch is a watch as the client keeps it: it lives on across connections.
type clientWatch struct {
	cl       *Client
	prefix   string
	next     int64 // revision of the next event; 0: not known yet
	onEvents func([]Event)
	onEnd    func(error)
	server   *watcher
	conns    int // counts the connections it was opened on
	stopped  bool
}

// Watch streams the changes of keys with a prefix from a revision on (0: from now): every event once, in order, all
// of one revision in one batch. It resumes by itself when the connection breaks. onEnd is called when it cannot go
// on: ErrCompacted when fromRev, or where it has to resume, is not remembered any more; ErrNoLeader when the member has
// had no leader for three election timeouts. The revision after the last event seen is where to begin again.
func (cl *Client) Watch(prefix string, fromRev int64, onEvents func([]Event), onEnd func(error)) (stop func()) {
	w := &clientWatch{cl: cl, prefix: prefix, next: fromRev, onEvents: onEvents, onEnd: onEnd}
	cl.watches = append(cl.watches, w)
	if cl.conn != nil && !cl.conn.Closed() {
		w.open()
	} else {
		cl.connect()
	}
	return w.stop
}

func (w *clientWatch) open() {
	w.conns++
	nth := w.conns
	s := w.cl.session
	srv := &watcher{session: s, prefix: w.prefix, next: w.next}
	srv.deliver = func(events []Event, err error) {
		if !w.stopped && w.conns == nth {
			w.deliver(events, err)
		}
	}
	w.server = srv
	began := w.next
	s.conn.Send(w.cl.a, "watch", func() {
		s.watch(srv)
		if from := srv.next; began == 0 && srv.err == nil {
			s.conn.Send(s.m.a, "watch created", func() {
				if w.conns == nth && w.next == 0 {
					w.next = from
				}
			})
		}
	})
}

func (w *clientWatch) deliver(events []Event, err error) {
	for len(events) > 0 && events[0].KV.ModRevision < w.next {
		events = events[1:]
	}
	if len(events) > 0 {
		w.next = events[len(events)-1].KV.ModRevision + 1
		w.onEvents(events)
	}
	if err != nil && !w.stopped {
		w.detach()
		if w.onEnd != nil {
			w.onEnd(err)
		}
	}
}

func (w *clientWatch) detach() {
	w.stopped = true
	if i := slices.Index(w.cl.watches, w); i >= 0 {
		w.cl.watches = slices.Delete(w.cl.watches, i, i+1)
	}
}

func (w *clientWatch) stop() {
	if w.stopped {
		return
	}
	w.detach()
	if cl := w.cl; cl.conn != nil && !cl.conn.Closed() && w.server != nil && w.server.session == cl.session {
		srv := w.server
		cl.conn.Send(cl.a, "stop watch", func() { srv.session.unwatch(srv) })
	}
}

// Sharing of leases: k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go.
const (
	leaseReuse        = 60 * time.Second
	leaseReusePercent = 5
	leaseMaxKeys      = 1000
)

// lessor shares a lease among keys that shall live about equally long.
type lessor struct {
	id      LeaseID
	expires time.Duration // since the cluster's start
	keys    int
	waiting []func()
	busy    bool
}

func (l *lessor) get(cl *Client, ttl time.Duration, done func(LeaseID, error)) {
	if l.busy {
		ctx := cl.a.Sim().Context()
		l.waiting = append(l.waiting, func() {
			cl.a.Sim().In(ctx, func() { l.get(cl, ttl, done) })
		})
		return
	}
	reuse := min(ttl*leaseReusePercent/100, leaseReuse).Truncate(time.Second)
	now := cl.a.Now().Duration()
	l.keys++
	if now+ttl < l.expires && now+ttl+reuse > l.expires && l.keys <= leaseMaxKeys {
		done(l.id, nil)
		return
	}
	l.busy = true
	ttl += reuse
	cl.Grant(ttl, func(id LeaseID, err error) {
		l.busy = false
		if err == nil {
			l.id, l.expires, l.keys = id, now+ttl, 1
		}
		w := l.waiting
		l.waiting = nil
		done(id, err)
		for _, fn := range w {
			fn()
		}
	})
}
