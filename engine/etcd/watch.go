package etcd

import (
	"slices"
	"sort"
	"strings"

	"tabernetes/engine/sim"
)

// watcher is a watch as a member keeps it.
type watcher struct {
	session *session
	prefix  string
	next    int64 // events before this revision are not for it
	buf     []Event
	ctx     sim.Context
	err     error
	dirty   bool
	stopped bool
	deliver func([]Event, error) // on the client's side
}

// group are the watchers of one prefix. parent is that of the longest other prefix that this one begins with.
type group struct {
	prefix   string
	parent   *group
	watchers []*watcher
}

// hub takes events from the store to watchers: what an event costs depends on how many watch it, not on how many
// watch.
type hub struct {
	groups    []*group // by prefix
	published int64    // revision up to which watchers were told
	dirty     []*watcher
}

// locate finds the group of the longest prefix that key begins with, or nil. The greatest prefix that is not after
// key begins with every prefix of key there is.
func (h *hub) locate(key string) *group {
	i := sort.Search(len(h.groups), func(i int) bool { return h.groups[i].prefix > key })
	if i == 0 {
		return nil
	}
	g := h.groups[i-1]
	for g != nil && !strings.HasPrefix(key, g.prefix) {
		g = g.parent
	}
	return g
}

func (h *hub) relink() {
	for i, g := range h.groups {
		g.parent = nil
		for j := i - 1; j >= 0; j-- {
			if strings.HasPrefix(g.prefix, h.groups[j].prefix) {
				g.parent = h.groups[j]
				break
			}
		}
	}
}

func (h *hub) search(prefix string) (int, bool) {
	return slices.BinarySearchFunc(h.groups, prefix, func(g *group, p string) int { return strings.Compare(g.prefix, p) })
}

func (h *hub) add(w *watcher) {
	i, ok := h.search(w.prefix)
	if !ok {
		h.groups = slices.Insert(h.groups, i, &group{prefix: w.prefix})
		h.relink()
	}
	h.groups[i].watchers = append(h.groups[i].watchers, w)
}

func (h *hub) remove(w *watcher) {
	if w.stopped {
		return
	}
	w.stopped = true
	i, ok := h.search(w.prefix)
	if !ok {
		return
	}
	g := h.groups[i]
	if k := slices.Index(g.watchers, w); k >= 0 {
		g.watchers = slices.Delete(g.watchers, k, k+1)
	}
	if len(g.watchers) == 0 {
		h.groups = slices.Delete(h.groups, i, i+1)
		h.relink()
	}
}

func (h *hub) touch(w *watcher) {
	if !w.dirty {
		w.dirty = true
		h.dirty = append(h.dirty, w)
	}
}

func (w *watcher) take(e *Event) {
	merge(&w.ctx, e.Context, len(w.buf) == 0)
	w.buf = append(w.buf, *e)
}

// publish hands the events since the last time to their watchers.
func (h *hub) publish(s *store) {
	if s.rev == h.published {
		return
	}
	if len(h.groups) > 0 {
		for i := s.history.find(h.published + 1); i < s.history.n; i++ {
			e := s.history.at(i)
			for g := h.locate(e.KV.Key); g != nil; g = g.parent {
				for _, w := range g.watchers {
					if e.KV.ModRevision >= w.next {
						h.touch(w)
						w.take(e)
					}
				}
			}
		}
	}
	h.published = s.rev
}

// jump follows a store that was replaced by a snapshot: watchers of a past it does not know are cancelled.
func (h *hub) jump(m *Server) {
	var late []*watcher
	for _, g := range h.groups {
		for _, w := range g.watchers {
			if max(w.next, h.published+1) < m.store.compacted {
				late = append(late, w)
			}
		}
	}
	for _, w := range late {
		h.remove(w)
		h.touch(w)
		w.err = ErrCompacted
	}
	if h.published < m.store.rev {
		h.publish(m.store)
	}
}

// cancel ends all watches.
func (h *hub) cancel(err error) {
	for _, g := range h.groups {
		for _, w := range g.watchers {
			w.stopped, w.err = true, err
			h.touch(w)
		}
	}
	h.groups = nil
}

// open starts a watch. With next 0 it begins with what comes after now.
func (h *hub) open(m *Server, w *watcher) {
	s := m.store
	if w.next == 0 {
		w.next = s.rev + 1
	}
	if w.next < s.compacted {
		w.stopped, w.err = true, ErrCompacted
		h.touch(w)
		return
	}
	for i := s.history.find(w.next); i < s.history.n; i++ {
		if e := s.history.at(i); strings.HasPrefix(e.KV.Key, w.prefix) {
			h.touch(w)
			w.take(e)
		}
	}
	w.next = max(w.next, s.rev+1)
	h.add(w)
}

// flush sends each watcher what was put aside for it, in one message.
func (h *hub) flush(m *Server) {
	if len(h.dirty) == 0 {
		return
	}
	for i, w := range h.dirty {
		h.dirty[i] = nil
		events, err := w.buf, w.err
		w.dirty, w.buf = false, nil
		if err != nil {
			w.session.unwatch(w)
		}
		m.a.Sim().In(w.ctx, func() {
			w.session.conn.Send(m.a, "watch events", func() { w.deliver(events, err) })
		})
	}
	h.dirty = h.dirty[:0]
}
