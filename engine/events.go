package engine

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// EventInfo is one Event, for a list.
type EventInfo struct {
	At      float64 `json:"at"`     // what it says itself, to the second: milliseconds of virtual time
	Moment  float64 `json:"moment"` // when it was committed last, -1 if that is not known
	Type    string  `json:"type"`
	Reason  string  `json:"reason"`
	Object  string  `json:"object"`
	Ref     string  `json:"ref"`
	Message string  `json:"message"`
	Count   int32   `json:"count"`
}

// Events are the newest Events of all namespaces, newest first, at most limit of them.
func (c *Cluster) Events(limit int) []EventInfo {
	out := []EventInfo{}
	start := c.Sim.Wall(0)
	for _, kv := range c.members.Newest(apiserver.StoreKey(api.Events, ""), min(max(limit, 0), 1000)) {
		_, o, _ := apiserver.Stored(kv.Value)
		e, ok := o.(*corev1.Event)
		if !ok {
			continue
		}
		at, n := e.LastTimestamp.Time, e.Count
		if at.IsZero() {
			at = e.EventTime.Time
		}
		if e.Series != nil {
			at, n = e.Series.LastObservedTime.Time, e.Series.Count
		}
		info := EventInfo{At: float64(at.Sub(start).Microseconds()) / 1000, Type: e.Type, Reason: e.Reason, Message: e.Message, Count: max(n, 1), Moment: c.events.moment(kv.ModRevision)}
		info.Object = strings.ToLower(e.InvolvedObject.Kind) + "/" + e.InvolvedObject.Name
		if r := api.ByName(e.InvolvedObject.Kind); r != nil {
			info.Ref = api.Ref(r, e.InvolvedObject.Namespace, e.InvolvedObject.Name)
		}
		out = append(out, info)
	}
	// Few say more than the second: within one, the order is that in which they were committed.
	order.By(out, func(a, b EventInfo) int { return cmp.Compare(int64(b.At)/1000, int64(a.At)/1000) })
	return out
}

// eventTimes is when the newest Events were committed, by revision: an Event itself tells the time of its writer's clock, to
// the second.
type eventTimes []eventTime

type eventTime struct {
	rev int64
	at  sim.Time
}

// maxEventTimes is more than a page asks for.
const maxEventTimes = 4096

func (t *eventTimes) committed(rev int64, at sim.Time) {
	s := *t
	for len(s) > 0 && s[len(s)-1].rev >= rev {
		s = s[:len(s)-1] // etcd was restored from a snapshot: revisions are given out again
	}
	if len(s) >= 2*maxEventTimes {
		s = s[:copy(s, s[len(s)-maxEventTimes:])]
	}
	*t = append(s, eventTime{rev, at})
}

// moment is when a revision was committed, in milliseconds; -1 if it is none of the newest.
func (t eventTimes) moment(rev int64) float64 {
	i, ok := slices.BinarySearchFunc(t, rev, func(e eventTime, rev int64) int { return cmp.Compare(e.rev, rev) })
	if !ok {
		return -1
	}
	return float64(t[i].at) / 1e6
}
