package network

import (
	"math"
	"math/bits"
	"time"

	"tabernetes/engine/sim"
)

// histogram counts latencies in buckets of 1/8 of a power of two of microseconds: at most 12 % off.
type histogram struct {
	n       int
	buckets [200]uint32
}

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 1))
	if us < 8 {
		return int(us)
	}
	e := bits.Len64(us) - 4
	return min(8*(e+1)+int(us>>e)-8, 199)
}

func bucketValue(i int) float64 {
	if i < 8 {
		return float64(i) / 1000
	}
	e := i/8 - 1
	return math.Ldexp(float64(i%8)+8.5, e) / 1000
}

func (h *histogram) add(d time.Duration) {
	h.n++
	h.buckets[bucketOf(d)]++
}

// quantile is in milliseconds; 0 without samples.
func (h *histogram) quantile(q float64) float64 {
	left := int(math.Ceil(q * float64(h.n)))
	if left == 0 {
		return 0
	}
	for i, c := range h.buckets {
		if left -= int(c); left <= 0 {
			return bucketValue(i)
		}
	}
	return 0
}

// VersionStats are those of the requests that one version answered, or failed to.
type VersionStats struct {
	OK, Failed int
	P50, P99   float64 // milliseconds, of the requests that were answered
	h          histogram
}

// Stats are a source's counts since its start. Failed requests that reached no container count under no version.
type Stats struct {
	Sent, OK, Failed int
	ByVersion        map[string]*VersionStats
	Reasons          map[string]int
}

// WindowSeconds is how far back Recent looks.
const WindowSeconds = windowSlots

const windowSlots = 15 // one a second

type slot struct {
	second     int64
	ok, failed int
	byVersion  map[string]*[2]int
}

type window struct{ slots [windowSlots]slot }

func (s *Source) count(now sim.Time, version string, ok bool, reason string, d time.Duration) {
	sec := int64(now) / int64(time.Second)
	s.history.add(sec, version, ok)
	w := &s.window.slots[sec%windowSlots]
	if w.second != sec || w.byVersion == nil {
		*w = slot{second: sec, byVersion: map[string]*[2]int{}}
	}
	var v *VersionStats
	wv := &[2]int{}
	if version != "" {
		if v = s.stats.ByVersion[version]; v == nil {
			v = &VersionStats{}
			s.stats.ByVersion[version] = v
		}
		if x := w.byVersion[version]; x != nil {
			wv = x
		} else {
			w.byVersion[version] = wv
		}
	}
	if ok {
		s.stats.OK++
		w.ok++
		wv[0]++
		if v != nil {
			v.OK++
			v.h.add(d)
		}
		return
	}
	s.stats.Failed++
	s.stats.Reasons[reason]++
	w.failed++
	wv[1]++
	if v != nil {
		v.Failed++
	}
}

// Stats are the counts since the source's start. The maps are copies.
func (s *Source) Stats() Stats {
	out := Stats{Sent: s.stats.Sent, OK: s.stats.OK, Failed: s.stats.Failed, ByVersion: map[string]*VersionStats{}, Reasons: map[string]int{}}
	for k, v := range s.stats.ByVersion {
		out.ByVersion[k] = &VersionStats{OK: v.OK, Failed: v.Failed, P50: v.h.quantile(0.5), P99: v.h.quantile(0.99)}
	}
	for k, n := range s.stats.Reasons {
		out.Reasons[k] = n
	}
	return out
}

// Recent are the counts of the last 15 s; Sent counts what is over.
func (s *Source) Recent() Stats {
	out := Stats{ByVersion: map[string]*VersionStats{}, Reasons: map[string]int{}}
	sec := int64(s.a.Now()) / int64(time.Second)
	for i := range s.window.slots {
		w := &s.window.slots[i]
		if w.byVersion == nil || sec-w.second >= windowSlots {
			continue
		}
		out.OK += w.ok
		out.Failed += w.failed
		for k, n := range w.byVersion {
			v := out.ByVersion[k]
			if v == nil {
				v = &VersionStats{}
				out.ByVersion[k] = v
			}
			v.OK += n[0]
			v.Failed += n[1]
		}
	}
	out.Sent = out.OK + out.Failed
	return out
}
