package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
)

// maxBacklog is how many events may wait for a client that does not read; one further behind is cut off, as upstream
// cuts off slow watchers, and comes back with the last resourceVersion it saw.
const maxBacklog = 200_000

// backlog is the queue between the core and the request's goroutine.
type backlog struct {
	mu     sync.Mutex
	events []api.WatchEvent
	full   bool
	more   chan struct{} // holds a token when there is something to take
}

func newBacklog() *backlog { return &backlog{more: make(chan struct{}, 1)} }

func (q *backlog) add(ev []api.WatchEvent) {
	q.mu.Lock()
	if len(q.events)+len(ev) > maxBacklog {
		q.full = true
	} else {
		q.events = append(q.events, ev...)
	}
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *backlog) take() (ev []api.WatchEvent, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	ev, q.events = q.events, nil
	return ev, q.full
}

// watch streams events until the client leaves, the time is up or the core ends it (endpoints/handlers/watch.go).
func (s *server) watch(w http.ResponseWriter, r *http.Request, c *call, out output, req *api.Request, timeout time.Duration) {
	if out.yaml {
		s.fail(w, r, failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"))
		return
	}
	enc := &eventEncoder{c: c, books: s.books, out: out}
	if out.as.Kind == "Table" {
		t, err := s.tableFor(r, c, out)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		enc.table = t
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	q := newBacklog()
	stop, err := s.core.Watch(ctx, req, q.add)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer stop()
	typ := jsonType
	if out.packed {
		typ = protobufType + ";stream=watch"
	}
	w.Header().Set("Content-Type", typ)
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	if flush.Flush() != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.more:
		}
		events, full := q.take()
		for i := range events {
			if errors.Is(events[i].Err, io.EOF) {
				return
			}
			b, last := enc.encode(&events[i])
			if b == nil {
				continue
			}
			if _, err := w.Write(b); err != nil {
				return
			}
			if last {
				_ = flush.Flush()
				return
			}
		}
		if flush.Flush() != nil || full {
			return
		}
	}
}

// eventEncoder makes the lines of one stream.
type eventEncoder struct {
	c     *call
	books *books
	out   output
	table *tables
	buf   bytes.Buffer
}

// encode makes one line; nil if the client did not ask for such events.
func (e *eventEncoder) encode(ev *api.WatchEvent) (line []byte, last bool) {
	if ev.Err != nil || ev.Type == watch.Error || ev.Object == nil {
		err := ev.Err
		if err == nil {
			err = apierrors.NewInternalError(context.Canceled)
		}
		return e.line(string(watch.Error), statusOf(err)), true
	}
	obj := e.books.shown(e.c, ev.Object)
	var v any
	switch {
	case e.table != nil:
		v = e.table.one(obj)
		e.table.headed = true
	case e.out.as.Kind != "": // a list of metadata is a stream of metadata
		v = partial(obj, e.out.as.Version)
	default:
		v = named(obj, e.c.kind())
	}
	return e.line(string(ev.Type), v), false
}

func (e *eventEncoder) line(typ string, v any) []byte {
	if e.out.packed {
		return packEvent(typ, v)
	}
	e.buf.Reset()
	err := json.NewEncoder(&e.buf).Encode(struct {
		Type   string `json:"type"`
		Object any    `json:"object"`
	}{typ, v})
	if err != nil {
		return e.line(string(watch.Error), statusOf(apierrors.NewInternalError(err)))
	}
	return e.buf.Bytes()
}
