package replicaset

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/podcontrol"
)

// counts is what the status of a ReplicaSet is made of.
type counts struct {
	active, labelled, ready, available, terminating int
	// nextAvailable is the time until the next ready pod becomes available; 0 if none is waiting.
	nextAvailable time.Duration
}

// tally is what the controller keeps of one ReplicaSet, current with every event of its pods.
type tally struct {
	selector  labels.Selector
	template  labels.Selector // the labels of the template
	minReady  time.Duration
	refs      []metav1.OwnerReference
	counts    counts
	strangers map[string]bool // keys of active pods that are owned but not selected
	orphans   bool            // there may be pods to adopt
	// young are the ready pods that were not available yet at asOf, by the moment they will be, earliest first. Ready
	// times are whole seconds, so that many pods share an entry.
	young []cohort
	asOf  time.Time
	// wrote are the newest revisions of the controller's own writes, which its caches must have seen before it acts again.
	wrotePods, wroteSet int64
}

type cohort struct {
	at time.Time
	n  int
}

func newTally(rs *appsv1.ReplicaSet, refs []metav1.OwnerReference) *tally {
	selector, err := metav1.LabelSelectorAsSelector(rs.Spec.Selector)
	if err != nil {
		selector = labels.Nothing()
	}
	return &tally{
		selector: selector, template: labels.SelectorFromSet(rs.Spec.Template.Labels),
		minReady: time.Duration(rs.Spec.MinReadySeconds) * time.Second,
		refs:     refs, orphans: true,
	}
}

// count adds a pod owned by the ReplicaSet (by 1) or takes it out again (by -1).
func (t *tally) count(p *corev1.Pod, by int) {
	active := podcontrol.Active(p)
	if !active && !podcontrol.Terminating(p) {
		return
	}
	set := labels.Set(p.Labels)
	if !t.selector.Matches(set) {
		if active {
			t.stranger(api.KeyOf(p), by > 0)
		}
		return
	}
	if !active {
		t.counts.terminating += by
		return
	}
	t.counts.active += by
	if t.template.Matches(set) {
		t.counts.labelled += by
	}
	c := podcontrol.ReadyCondition(p)
	if c == nil || c.Status != corev1.ConditionTrue {
		return
	}
	t.counts.ready += by
	if t.minReady == 0 {
		t.counts.available += by
		return
	}
	if c.LastTransitionTime.IsZero() {
		return // never available
	}
	at := c.LastTransitionTime.Add(t.minReady)
	if !at.After(t.asOf) {
		t.counts.available += by
		return
	}
	i, found := slices.BinarySearchFunc(t.young, at, func(c cohort, at time.Time) int { return c.at.Compare(at) })
	if !found {
		t.young = slices.Insert(t.young, i, cohort{at: at})
	}
	t.young[i].n += by
	if t.young[i].n == 0 {
		t.young = slices.Delete(t.young, i, i+1)
	}
}

func (t *tally) stranger(key string, in bool) {
	if !in {
		delete(t.strangers, key)
		return
	}
	if t.strangers == nil {
		t.strangers = map[string]bool{}
	}
	t.strangers[key] = true
}

// at are the counts at a moment, which must not lie before an earlier one.
func (t *tally) at(now time.Time) counts {
	t.asOf = now
	n := 0
	for n < len(t.young) && !t.young[n].at.After(now) {
		t.counts.available += t.young[n].n
		n++
	}
	t.young = slices.Delete(t.young, 0, n)
	t.counts.nextAvailable = 0
	if len(t.young) > 0 {
		t.counts.nextAvailable = t.young[0].at.Sub(now)
	}
	return t.counts
}
