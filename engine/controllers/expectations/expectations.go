package expectations

import (
	"time"

	"tabernetes/engine/sim"
)

// Timeout is how long an expectation holds.
const Timeout = 5 * time.Minute

// Tracker holds the expectations of one controller, by the key of the object they belong to.
type Tracker struct {
	a *sim.Actor
	m map[string]*expected
}

type expected struct {
	creations, deletions int
	keys                 map[string]bool // the deletions, by pod key
	since                sim.Time
}

// New makes an empty Tracker that reads the clock of a.
func New(a *sim.Actor) *Tracker { return &Tracker{a: a, m: map[string]*expected{}} }

// ExpectCreations replaces what key expects by n creations.
func (t *Tracker) ExpectCreations(key string, n int) {
	t.m[key] = &expected{creations: n, since: t.a.Now()}
}

// ExpectDeletions replaces what key expects by the deletion of each of the pods.
func (t *Tracker) ExpectDeletions(key string, pods []string) { t.Expect(key, 0, pods) }

// Expect replaces what key expects by n creations and the deletion of each of the pods.
func (t *Tracker) Expect(key string, n int, pods []string) {
	e := &expected{creations: n, deletions: len(pods), keys: make(map[string]bool, len(pods)), since: t.a.Now()}
	for _, p := range pods {
		e.keys[p] = true
	}
	t.m[key] = e
}

// CreationObserved lowers the expected creations of key by one.
func (t *Tracker) CreationObserved(key string) {
	if e := t.m[key]; e != nil {
		e.creations--
	}
}

// DeletionObserved strikes a pod off the expected deletions of key.
func (t *Tracker) DeletionObserved(key, pod string) {
	if e := t.m[key]; e != nil && e.keys[pod] {
		delete(e.keys, pod)
		e.deletions--
	}
}

// Satisfied reports that key waits for nothing, or has waited too long.
func (t *Tracker) Satisfied(key string) bool {
	e := t.m[key]
	return e == nil || e.creations <= 0 && e.deletions <= 0 || t.a.Now().Sub(e.since) > Timeout
}

// Forget drops what key expects.
func (t *Tracker) Forget(key string) { delete(t.m, key) }
