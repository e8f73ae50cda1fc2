package network

import (
	"slices"
	"time"

	"tabernetes/engine/sim"
)

// maxMarks bounds what is remembered of a source; beyond it every other second is forgotten, then every other of those.
const maxMarks = 16384

// history remembers what a source had counted, second by second, so that the requests since any moment can be told.
type history struct {
	versions []string // "" counts requests that reached no container
	newest   []int    // of each version's marks; -1 before the first
	marks    []mark   // by second
	grain    int64    // how many seconds one mark stands for
}

// mark is what had been counted for a version at the end of a span of seconds.
type mark struct {
	second     int64 // the first of the span
	version    int
	ok, failed int
}

func (h *history) add(second int64, version string, ok bool) {
	v := slices.Index(h.versions, version)
	if v < 0 {
		v = len(h.versions)
		h.versions, h.newest = append(h.versions, version), append(h.newest, -1)
	}
	h.grain = max(h.grain, 1)
	if len(h.marks) >= maxMarks {
		h.thin()
	}
	m := mark{version: v}
	second -= second % h.grain
	if i := h.newest[v]; i >= 0 {
		m = h.marks[i]
	}
	if h.newest[v] < 0 || m.second != second {
		m.second, h.newest[v] = second, len(h.marks)
		h.marks = append(h.marks, m)
	}
	at := &h.marks[h.newest[v]]
	if ok {
		at.ok++
	} else {
		at.failed++
	}
}

// thin makes each mark stand for twice as long.
func (h *history) thin() {
	h.grain *= 2
	old := h.marks
	h.marks = old[:0]
	for v := range h.newest {
		h.newest[v] = -1
	}
	for _, m := range old {
		m.second -= m.second % h.grain
		if i := h.newest[m.version]; i >= 0 && h.marks[i].second == m.second {
			h.marks[i] = m
			continue
		}
		h.newest[m.version] = len(h.marks)
		h.marks = append(h.marks, m)
	}
}

// Count is how many requests were answered and how many failed.
type Count struct{ OK, Failed int }

// Since counts, by version, the requests that were over in the first whole second after t or later; "" are those that
// reached no container. After hours of load the moment is met less exactly.
func (s *Source) Since(t sim.Time) map[string]Count {
	h := &s.history
	whole := (int64(t) + int64(time.Second) - 1) / int64(time.Second) // what counts begins here
	out := map[string]Count{}
	for v, name := range h.versions {
		c := Count{}
		for i := h.newest[v]; i >= 0; i-- {
			m := &h.marks[i]
			if m.version != v {
				continue
			}
			if c == (Count{}) {
				c = Count{m.ok, m.failed}
			}
			if m.second+h.grain <= whole {
				c.OK, c.Failed = c.OK-m.ok, c.Failed-m.failed
				break
			}
		}
		if c != (Count{}) {
			out[name] = c
		}
	}
	return out
}
