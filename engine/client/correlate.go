package client

import (
	"container/list"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// Event correlation: k8s.io/client-go/tools/record/events_cache.go. Similar events (all but the message equal) beyond
// ten in ten minutes become one "(combined from similar events)"; equal events become a count; more than 25 about one
// object, refilled one in 300 s, are dropped.
const (
	maxSimilar      = 10
	similarInterval = 600 * time.Second
	spamBurst       = 25
	spamRefill      = 300 * time.Second
	correlatorSize  = 4096
	combinedPrefix  = "(combined from similar events): "
)

type correlator struct {
	similar lru // *similarEvents by aggregate key
	equal   lru // *equalEvent by full key
	spam    lru // *bucketOfTokens by source and object
}

// digest stands for a text in keys: every node keeps thousands of them, and nobody reads them back.
type digest struct{ a, b uint64 }

// with is the digest of what was digested so far and one part more.
func (d digest) with(part string) digest {
	for i := 0; i < len(part); i++ {
		d.a = (d.a ^ uint64(part[i])) * 0x100000001b3
		d.b = (d.b + uint64(part[i])) * 0x9e3779b97f4a7c15
	}
	d.a = (d.a ^ 0xff) * 0x100000001b3
	d.b = (d.b ^ d.b>>29) * 0xbf58476d1ce4e5b9
	return d
}

type similarEvents struct {
	messages []uint64 // digests of at most maxSimilar-1 messages
	last     sim.Time
}

type equalEvent struct {
	name  string
	count int32
	first sim.Time
}

type bucketOfTokens struct {
	tokens float64
	at     sim.Time
}

// lru is a map that forgets what was used longest ago.
type lru struct {
	m map[digest]*list.Element
	l list.List
}

type lruEntry struct {
	key   digest
	value any
}

func (c *lru) get(key digest) any {
	if e, ok := c.m[key]; ok {
		c.l.MoveToFront(e)
		return e.Value.(*lruEntry).value
	}
	return nil
}

func (c *lru) put(key digest, v any) {
	if c.m == nil {
		c.m = map[digest]*list.Element{}
	}
	c.m[key] = c.l.PushFront(&lruEntry{key, v})
	if len(c.m) > correlatorSize {
		e := c.l.Back()
		delete(c.m, e.Value.(*lruEntry).key)
		c.l.Remove(e)
	}
}

// allowed takes a token of the object's bucket.
func (c *correlator) allowed(key digest, now sim.Time) bool {
	b, _ := c.spam.get(key).(*bucketOfTokens)
	if b == nil {
		b = &bucketOfTokens{tokens: spamBurst, at: now}
		c.spam.put(key, b)
	}
	b.tokens = min(spamBurst, b.tokens+float64(now.Sub(b.at))/float64(spamRefill))
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// aggregate returns the key and message under which an event counts. Similar events may be about different parts of
// the object, equal ones not.
func (c *correlator) aggregate(aggKey digest, part, message string, now sim.Time) (key digest, text string) {
	s, _ := c.similar.get(aggKey).(*similarEvents)
	if s == nil {
		s = &similarEvents{}
		c.similar.put(aggKey, s)
	} else if now.Sub(s.last) > similarInterval {
		s.messages = nil
	}
	s.last = now
	own := aggKey.with(message)
	if !slices.Contains(s.messages, own.a) {
		// Upstream adds the tenth message and pops any one again; which one does not matter to the key.
		if len(s.messages) == maxSimilar-1 {
			return aggKey, combinedPrefix + message
		}
		s.messages = append(s.messages, own.a)
	}
	return own.with(part), message
}

// EventFor records an event about a reference. action is the machine-readable action of events.k8s.io, or "".
func (r *Recorder) EventFor(ref corev1.ObjectReference, typ, reason, action, message string) {
	now := r.c.a.Now()
	object := digest{0xcbf29ce484222325, 1}
	for _, part := range [...]string{r.component, r.host, ref.Kind, ref.Namespace, ref.Name, string(ref.UID), ref.APIVersion} {
		object = object.with(part)
	}
	ns := ref.Namespace
	if ns == "" {
		ns = metav1.NamespaceDefault
	}
	key, text := object.with(typ).with(reason).with(ref.FieldPath).with(action).with(message), message
	if !r.modern {
		key, text = r.corr.aggregate(object.with(typ).with(reason), ref.FieldPath, message, now)
	}
	e, _ := r.corr.equal.get(key).(*equalEvent)
	if e == nil {
		e = &equalEvent{name: r.name(ref.Name), first: now}
		r.corr.equal.put(key, e)
	}
	e.count++
	// The filter comes last: what it drops is counted all the same.
	if !r.modern && !r.corr.allowed(object, now) {
		return
	}
	n := e.count
	ev := func() *corev1.Event { return r.event(ref, ns, typ, reason, action, text, e, n, now) }
	if n == 1 {
		Create(r.c, api.Events, ev(), nil)
		return
	}
	name := e.name
	count := func(done func(*corev1.Event, error)) {
		Mutate(r.c, api.Events, "", ns, name, func(ev *corev1.Event) bool {
			switch {
			case r.modern && (ev.Series == nil || ev.Series.Count < n):
				ev.Series = &corev1.EventSeries{Count: n, LastObservedTime: r.micro(now)}
			case !r.modern && ev.Count < n:
				ev.Count, ev.LastTimestamp, ev.Message = n, r.second(now), text
			default:
				return false
			}
			return true
		}, done)
	}
	count(func(_ *corev1.Event, err error) {
		if !apierrors.IsNotFound(err) {
			return
		}
		// The server forgets events after an hour, and the filter may have dropped the first; or the first is still
		// being written.
		Create(r.c, api.Events, ev(), func(_ *corev1.Event, err error) {
			if apierrors.IsAlreadyExists(err) {
				count(nil)
			}
		})
	})
}

// event makes the object of an event that happened n times, now the last time.
func (r *Recorder) event(ref corev1.ObjectReference, ns, typ, reason, action, text string, e *equalEvent, n int32, now sim.Time) *corev1.Event {
	ev := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: e.name, Namespace: ns},
		InvolvedObject: ref, Reason: reason, Message: text, Type: typ,
		ReportingController: r.component, ReportingInstance: r.host,
	}
	if r.modern {
		ev.EventTime, ev.Action = r.micro(e.first), action
		ev.ReportingInstance = r.component + "-" + r.c.a.Host().Name
		if n > 1 {
			ev.Series = &corev1.EventSeries{Count: n, LastObservedTime: r.micro(now)}
		}
		return ev
	}
	ev.Source = corev1.EventSource{Component: r.component, Host: r.host}
	ev.FirstTimestamp, ev.LastTimestamp, ev.Count = r.second(e.first), r.second(now), n
	return ev
}

func (r *Recorder) second(t sim.Time) metav1.Time {
	return metav1.Time{Time: r.c.a.WallAt(t).Truncate(time.Second)}
}

func (r *Recorder) micro(t sim.Time) metav1.MicroTime {
	return metav1.MicroTime{Time: r.c.a.WallAt(t).Truncate(time.Microsecond)}
}

// name makes an event's name: the object's and the moment, which no two events of a recorder share.
func (r *Recorder) name(object string) string {
	r.stamp = max(r.stamp+1, r.c.a.Wall().UnixNano()+int64(r.c.a.Rand().IntN(1000)))
	return object + "." + strconv.FormatInt(r.stamp, 16)
}
