package sim

import (
	"maps"
	"slices"
	"time"
)

// Latencies of a small data centre, one way, before jitter.
const (
	LoopbackLatency = 20 * time.Microsecond
	LinkLatency     = 250 * time.Microsecond
)

type linkKey struct{ from, to int }

// link is a directed connection between two hosts that differs from the default.
type link struct {
	cut     bool
	cuts    int // how often it was cut
	latency time.Duration
	held    []heldMessage
}

type heldMessage struct {
	c     *Conn
	to    *Actor
	label string
	cause RecordID
	bg    bool
	fn    func()
	last  bool // tells the receiver that the connection is over
}

type links struct{ m map[linkKey]*link }

func (l *links) init() { l.m = map[linkKey]*link{} }

func (l *links) between(a, b *Host) (*link, time.Duration) {
	if a == b {
		return nil, LoopbackLatency
	}
	if len(l.m) != 0 {
		if k := l.m[linkKey{a.index, b.index}]; k != nil {
			return k, k.latency
		}
	}
	return nil, LinkLatency
}

// severed reports that a link between two hosts is cut in one direction or the other: no handshake gets through.
func (s *Sim) severed(a, b *Host) bool {
	there, _ := s.links.between(a, b)
	back, _ := s.links.between(b, a)
	return there != nil && there.cut || back != nil && back.cut
}

// jitter adds up to a quarter of the latency, so that equals do not always arrive in step.
func (s *Sim) jitter(d time.Duration) time.Duration {
	return d + time.Duration(s.netRng.Uint64N(uint64(d)/4+1))
}

func (s *Sim) link(from, to *Host) *link {
	k := linkKey{from.index, to.index}
	l := s.links.m[k]
	if l == nil {
		l = &link{latency: LinkLatency}
		s.links.m[k] = l
	}
	return l
}

// Cut breaks the link from one host to another, in that direction. Datagrams are lost; what connections carry waits
// (TCP retransmits) until Heal, or until the connection gives up after SilenceTimeout.
func (s *Sim) Cut(from, to *Host) {
	l := s.link(from, to)
	if l.cut {
		return
	}
	l.cut = true
	l.cuts++
	cuts := l.cuts
	s.Expect(SilenceTimeout + 20*time.Second)
	for _, c := range slices.Clone(from.conns) {
		if c.peerHost(from) == to {
			c.giveUpAfter(SilenceTimeout, func() bool { return l.cut && l.cuts == cuts })
		}
	}
}

// Heal repairs a link; waiting messages arrive in order.
func (s *Sim) Heal(from, to *Host) {
	l := s.link(from, to)
	if !l.cut {
		return
	}
	l.cut = false
	held := l.held
	l.held = nil
	for _, m := range held {
		if m.c.closed && !m.last {
			continue
		}
		at := m.c.order(m.to, s.now.Add(s.jitter(l.latency)))
		s.schedule(at, m.to, m.label, false, m.bg, m.cause, m.fn)
	}
}

// SetLatency changes the one-way latency of a link.
func (s *Sim) SetLatency(from, to *Host, d time.Duration) { s.link(from, to).latency = d }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
