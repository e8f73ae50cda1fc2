package daemonset

import (
	"strconv"
	"time"
)

// Back-off of failed pods on a node.
const (
	backoffFirst = time.Second
	backoffMax   = 15 * time.Minute
)

// backoff is how long failed pods wait before they are deleted, by set, observed generation and node
// (client-go/util/flowcontrol, Backoff).
type backoff map[string]*wait

type wait struct {
	d    time.Duration
	last time.Time
}

func backoffKey(s *set, node string) string {
	return string(s.ds.UID) + "/" + strconv.FormatInt(s.ds.Status.ObservedGeneration, 10) + "/" + node
}

// left is the wait of a key that is still in it, or 0.
func (b backoff) left(key string, now time.Time) time.Duration {
	w := b[key]
	if w == nil || now.Sub(w.last) > 2*backoffMax || now.Sub(w.last) >= w.d {
		return 0
	}
	return w.d
}

// next doubles the wait of a key. A key that has been quiet for twice the maximum begins anew, and is forgotten.
func (b backoff) next(key string, now time.Time) {
	for k, w := range b {
		if now.Sub(w.last) > 2*backoffMax {
			delete(b, k)
		}
	}
	w := b[key]
	if w == nil {
		b[key] = &wait{backoffFirst, now}
		return
	}
	w.d, w.last = min(2*w.d, backoffMax), now
}
