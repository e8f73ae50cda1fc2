package etcd

import "sort"

const historyChunk = 1024

// history is the log of events since the last compaction, in chunks, so that compaction frees memory and appending
// never copies.
type history struct {
	chunks [][]Event // all but the last are full
	first  int       // index of the oldest event in chunks[0]
	n      int
}

func (h *history) add(e Event) {
	k := len(h.chunks)
	if k == 0 || len(h.chunks[k-1]) == historyChunk {
		// A small store starts with a small chunk.
		size := historyChunk
		if k == 0 {
			size = 64
		}
		h.chunks = append(h.chunks, make([]Event, 0, size))
		k++
	}
	h.chunks[k-1] = append(h.chunks[k-1], e)
	h.n++
}

func (h *history) at(i int) *Event {
	i += h.first
	return &h.chunks[i/historyChunk][i%historyChunk]
}

// find is the index of the first event at rev or later.
func (h *history) find(rev int64) int {
	if h.n == 0 || h.at(h.n-1).KV.ModRevision < rev {
		return h.n
	}
	return sort.Search(h.n, func(i int) bool { return h.at(i).KV.ModRevision >= rev })
}

// drop forgets the oldest n events.
func (h *history) drop(n int) {
	for n > 0 {
		c := h.chunks[0]
		k := min(n, len(c)-h.first)
		clear(c[h.first : h.first+k])
		h.first += k
		h.n -= k
		n -= k
		if h.first == historyChunk {
			h.chunks = append([][]Event(nil), h.chunks[1:]...)
			h.first = 0
		}
	}
}

func (h *history) clone() history {
	c := history{n: h.n, first: h.first, chunks: make([][]Event, len(h.chunks))}
	for i, chunk := range h.chunks {
		// drop clears events in place, so chunks are not shared.
		c.chunks[i] = append(make([]Event, 0, cap(chunk)), chunk...)
	}
	return c
}
