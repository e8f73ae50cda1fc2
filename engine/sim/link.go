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
	loss    float64 // of packets, 0 to 1
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
		at := m.c.order(m.to, s.now.Add(s.jitter(l.latency)+s.resends(l, rto)))
		s.schedule(at, m.to, m.label, false, m.bg, m.cause, m.fn)
	}
}

// SetLatency changes the one-way latency of a link.
func (s *Sim) SetLatency(from, to *Host, d time.Duration) { s.link(from, to).latency = d }

// Latency is the one-way latency of a link.
func (s *Sim) Latency(from, to *Host) time.Duration {
	_, d := s.links.between(from, to)
	return d
}

// SetLoss makes a link lose that share of its packets, below 1: datagrams are gone, connections send again after TCP's
// retransmission timeout, which doubles each time.
func (s *Sim) SetLoss(from, to *Host, share float64) { s.link(from, to).loss = share }

// Loss is the share of packets a link loses.
func (s *Sim) Loss(from, to *Host) float64 {
	if l, _ := s.links.between(from, to); l != nil {
		return l.loss
	}
	return 0
}

// IsCut reports that nothing travels from one host to another.
func (s *Sim) IsCut(from, to *Host) bool {
	l, _ := s.links.between(from, to)
	return l != nil && l.cut
}

// Retransmission timeouts of TCP as Linux has them: of a connection in a data centre, and of its first packet.
const (
	rto        = 200 * time.Millisecond
	rtoSyn     = time.Second
	maxResends = 8 // 51 s: nobody waits longer
)

// resends is how much later a message arrives over a link that loses packets.
func (s *Sim) resends(l *link, timeout time.Duration) (d time.Duration) {
	if l == nil || l.loss == 0 {
		return 0
	}
	for i := 0; i < maxResends && s.netRng.Float64() < l.loss; i++ {
		d += timeout
		timeout *= 2
	}
	return d
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
