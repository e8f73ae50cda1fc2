package client

import (
	"container/list"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
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

type similarEvents struct {
	messages map[string]bool
	last     sim.Time
}

type equalEvent struct {
	name  string
	count int32
	first metav1.Time
}

type bucketOfTokens struct {
	tokens float64
	at     sim.Time
}

// lru is a map that forgets what was used longest ago.
type lru struct {
	m map[string]*list.Element
	l list.List
}

type lruEntry struct {
	key   string
	value any
}

func (c *lru) get(key string) any {
	if e, ok := c.m[key]; ok {
		c.l.MoveToFront(e)
		return e.Value.(*lruEntry).value
	}
	return nil
}

func (c *lru) put(key string, v any) {
	if c.m == nil {
		c.m = map[string]*list.Element{}
	}
	c.m[key] = c.l.PushFront(&lruEntry{key, v})
	if len(c.m) > correlatorSize {
		e := c.l.Back()
		delete(c.m, e.Value.(*lruEntry).key)
		c.l.Remove(e)
	}
}

// allowed takes a token of the object's bucket.
func (c *correlator) allowed(key string, now sim.Time) bool {
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

// aggregate returns the key and message under which an event counts.
func (c *correlator) aggregate(aggKey, message string, now sim.Time) (key, text string) {
	s, _ := c.similar.get(aggKey).(*similarEvents)
	if s == nil {
		s = &similarEvents{messages: map[string]bool{}}
		c.similar.put(aggKey, s)
	} else if now.Sub(s.last) > similarInterval {
		s.messages = map[string]bool{}
	}
	s.last = now
	if !s.messages[message] {
		// Upstream adds the tenth message and pops any one again; which one does not matter to the key.
		if len(s.messages) == maxSimilar-1 {
			return aggKey, combinedPrefix + message
		}
		s.messages[message] = true
	}
	return aggKey + "\x00" + message, message
}

// EventFor records an event about a reference. action is the machine-readable action of events.k8s.io, or "".
func (r *Recorder) EventFor(ref corev1.ObjectReference, typ, reason, action, message string) {
	now := r.c.a.Now()
	var b strings.Builder
	for _, s := range [...]string{r.component, r.host, ref.Kind, ref.Namespace, ref.Name, string(ref.UID), ref.APIVersion} {
		b.WriteString(s)
		b.WriteByte(0)
	}
	object := b.String()
	ns := ref.Namespace
	if ns == "" {
		ns = metav1.NamespaceDefault
	}
	key, text := object+"\x00"+typ+reason+ref.FieldPath+action+"\x00"+message, message
	if !r.modern {
		if !r.corr.allowed(object, now) {
			return
		}
		key, text = r.corr.aggregate(object+typ+"\x00"+reason, message, now)
	}
	wall := metav1.Time{Time: r.c.a.Wall().Truncate(time.Second)}
	micro := metav1.MicroTime{Time: r.c.a.Wall().Truncate(time.Microsecond)}
	if e, _ := r.corr.equal.get(key).(*equalEvent); e != nil {
		e.count++
		n := e.count
		Mutate(r.c, api.Events, "", ns, e.name, func(ev *corev1.Event) bool {
			if r.modern {
				ev.Series = &corev1.EventSeries{Count: n, LastObservedTime: micro}
			} else {
				ev.Count, ev.LastTimestamp, ev.Message = n, wall, text
			}
			return true
		}, nil)
		return
	}
	name := ref.Name + "." + strconv.FormatInt(r.c.a.Wall().UnixNano()+int64(r.c.a.Rand().IntN(1000)), 16)
	ev := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: name, Namespace: ns},
		InvolvedObject: ref, Reason: reason, Message: text, Type: typ,
		ReportingController: r.component, ReportingInstance: r.host,
	}
	if r.modern {
		ev.EventTime = micro
		ev.Action = action
		ev.ReportingInstance = r.component + "-" + r.c.a.Host().Name
	} else {
		ev.Source = corev1.EventSource{Component: r.component, Host: r.host}
		ev.FirstTimestamp, ev.LastTimestamp, ev.Count = wall, wall, 1
	}
	r.corr.equal.put(key, &equalEvent{name: name, count: 1, first: wall})
	Create(r.c, api.Events, ev, nil)
}
