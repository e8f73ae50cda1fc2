package share

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limiter counts how often a client makes links.
type Limiter interface {
	// Allow counts one more; if it is too many, it says after how long the next may come (0: unknown).
	Allow(ctx context.Context, client string) (ok bool, after time.Duration, err error)
}

// ByAddress tells clients apart by their addresses. With IPv6 a house has a /64, so that is one client. `header` names the
// header in which a reverse proxy hands the client's address on; "" where there is none: anybody can send any header.
func ByAddress(header string) func(*http.Request) string {
	return func(r *http.Request) string {
		text := r.RemoteAddr
		if header != "" {
			// The last is the one that the proxy itself has seen; what is before it, the client may have made up.
			if values := r.Header.Values(header); len(values) > 0 {
				list := values[len(values)-1]
				text = strings.TrimSpace(list[strings.LastIndex(list, ",")+1:])
			}
		}
		if host, _, err := net.SplitHostPort(text); err == nil {
			text = host
		}
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return "unknown"
		}
		addr = addr.Unmap().WithZone("")
		if addr.Is6() {
			p, _ := addr.Prefix(64)
			return p.String()
		}
		return addr.String()
	}
}

// maxClients bounds the memory of a Buckets.
const maxClients = 10_000

// Buckets is a Limiter in memory: each client has a bucket of so many links, which fills again in a minute.
type Buckets struct {
	perMinute float64
	now       func() time.Time
	mu        sync.Mutex
	clients   map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// NewBuckets makes a limiter; now is nil for time.Now.
func NewBuckets(perMinute int, now func() time.Time) *Buckets {
	if now == nil {
		now = time.Now
	}
	return &Buckets{perMinute: float64(perMinute), now: now, clients: map[string]bucket{}}
}

// fill is what is in a bucket by now.
func (b *Buckets) fill(c bucket, now time.Time) float64 {
	return min(b.perMinute, c.left+max(0, now.Sub(c.at).Minutes())*b.perMinute)
}

// Allow implements Limiter.
func (b *Buckets) Allow(_ context.Context, client string) (bool, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	c, known := b.clients[client]
	if !known && len(b.clients) >= maxClients {
		for name, c := range b.clients {
			if b.fill(c, now) >= b.perMinute {
				delete(b.clients, name) // as if it had never come
			}
		}
		if len(b.clients) >= maxClients {
			client = "everybody else" // one bucket for those who come in such a flood
			c, known = b.clients[client]
		}
	}
	left := b.perMinute
	if known {
		left = b.fill(c, now)
	}
	if left < 1 {
		return false, time.Duration((1 - left) / b.perMinute * float64(time.Minute)), nil
	}
	b.clients[client] = bucket{left - 1, now}
	return true, 0, nil
}
