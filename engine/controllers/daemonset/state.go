package daemonset

import (
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/podcontrol"
)

// set is what the controller keeps of one DaemonSet, current with every event of its nodes and pods.
type set struct {
	key      string
	ds       *appsv1.DaemonSet
	selector labels.Selector
	refs     []metav1.OwnerReference
	rule     rule
	patch    []byte // of the template, as revisions keep it
	hash     string // of the current revision; "" before the first sync
	template *corev1.PodTemplateSpec

	places  map[string]*place // by node name
	counts  counts
	rolling [stages]map[string]bool // places by their part in a rolling update
	dirty   map[string]bool         // places that have changed since they were last found in order
	waiting map[string]bool         // places with a pod that is ready and will be available later

	claim               bool // there may be pods to adopt or release
	wrotePods, wroteSet int64
}

// counts is what the status is made of.
type counts struct{ desired, current, misscheduled, ready, available, updated int }

// place is a node as a set sees it.
type place struct {
	exists    bool // there is such a node
	run, keep bool
	pods      []*corev1.Pod // on it or meant for it, oldest first
	counted   counts
	stage     stage
	serving   bool // for a surge: its pod is available
}

// stage is a place's part in a rolling update.
type stage int

const (
	outside   stage = iota // no pods, and none wanted
	crowded                // more pods than an update makes
	vacant                 // a pod is wanted, or goes
	fresh                  // a new pod, available
	unready                // a new pod, not available yet
	oldServes              // an old pod, available
	oldBroken              // an old pod that is not
	bothServe              // an old pod, and a new one that is available
	bothWait               // an old pod, and a new one that is not
	stages
)

func newSet(ds *appsv1.DaemonSet) *set {
	s := &set{key: api.KeyOf(ds), places: map[string]*place{}, dirty: map[string]bool{}, waiting: map[string]bool{}, claim: true}
	for i := range s.rolling {
		s.rolling[i] = map[string]bool{}
	}
	return s
}

// adopt takes in a new version of the DaemonSet and reports whether all places must be looked at.
func (s *set) adopt(ds *appsv1.DaemonSet) bool {
	all := s.ds == nil || s.ds.Generation != ds.Generation
	s.ds = ds
	if all {
		var err error
		if s.selector, err = metav1.LabelSelectorAsSelector(ds.Spec.Selector); err != nil {
			s.selector = labels.Nothing()
		}
		s.rule = newRule(&ds.Spec.Template.Spec)
		s.patch, s.template = nil, nil
	}
	return all
}

func (s *set) at(node string) *place {
	p := s.places[node]
	if p == nil {
		p = &place{}
		s.places[node] = p
	}
	return p
}

// node tells a place of its node, nil if there is none.
func (s *set) node(name string, n *corev1.Node, now time.Time) {
	p := s.at(name)
	p.exists, p.run, p.keep = n != nil, false, false
	if n != nil {
		p.run, p.keep = s.rule.place(n)
	}
	s.refresh(name, now)
}

// pod puts a pod in its place, or a newer version of it, or takes it away (gone).
func (s *set) pod(old, pod *corev1.Pod, now time.Time) {
	was, is := "", ""
	if old != nil {
		was = targetOf(old)
	}
	if pod != nil && !(over(pod) && pod.DeletionTimestamp != nil) {
		is = targetOf(pod)
	}
	if was != "" {
		if p := s.places[was]; p != nil {
			p.pods = slices.DeleteFunc(p.pods, func(o *corev1.Pod) bool { return o.Name == old.Name })
			if is != was {
				s.refresh(was, now)
			}
		}
	}
	if is != "" {
		p := s.at(is)
		p.pods = append(p.pods, pod)
		slices.SortFunc(p.pods, older)
		s.refresh(is, now)
	}
}

func over(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// older orders the pods of a node: bound ones first, then by age.
func older(a, b *corev1.Pod) int {
	switch {
	case (a.Spec.NodeName != "") != (b.Spec.NodeName != ""):
		if a.Spec.NodeName != "" {
			return -1
		}
		return 1
	case a.CreationTimestamp.Equal(&b.CreationTimestamp):
		return strings.Compare(a.Name, b.Name)
	case a.CreationTimestamp.Before(&b.CreationTimestamp):
		return -1
	}
	return 1
}

// refresh counts a place anew after it has changed.
func (s *set) refresh(name string, now time.Time) {
	p := s.places[name]
	s.counts.add(&p.counted, -1)
	delete(s.rolling[p.stage], name)
	delete(s.waiting, name)
	if !p.exists && len(p.pods) == 0 {
		delete(s.places, name)
		delete(s.dirty, name)
		return
	}
	p.counted = counts{}
	switch {
	case p.run:
		p.counted.desired = 1
		if len(p.pods) == 0 {
			break
		}
		first := p.pods[0]
		p.counted.current = 1
		if api.PodReady(first) {
			p.counted.ready = 1
			if s.available(name, first, now) {
				p.counted.available = 1
			}
		}
		if s.updated(first) {
			p.counted.updated = 1
		}
	case p.exists && len(p.pods) > 0:
		p.counted.misscheduled = 1
	}
	s.counts.add(&p.counted, 1)
	p.stage, p.serving = s.stageOf(name, p, now)
	if p.stage != outside {
		s.rolling[p.stage][name] = true
	}
	s.dirty[name] = true
}

func (c *counts) add(o *counts, by int) {
	c.desired += by * o.desired
	c.current += by * o.current
	c.misscheduled += by * o.misscheduled
	c.ready += by * o.ready
	c.available += by * o.available
	c.updated += by * o.updated
}

func (s *set) stageOf(name string, p *place, now time.Time) (stage, bool) {
	if len(p.pods) == 0 && !p.run {
		return outside, false
	}
	newer, old, ok := s.pair(p)
	if !ok {
		return crowded, false
	}
	newServes := newer != nil && s.available(name, newer, now)
	oldAvailable := old != nil && s.available(name, old, now)
	switch {
	case newer == nil && old == nil:
		return vacant, false
	case old == nil && newServes:
		return fresh, true
	case old == nil:
		return unready, false
	case newer == nil && oldAvailable:
		return oldServes, true
	case newer == nil:
		return oldBroken, false
	case newServes:
		return bothServe, oldAvailable
	}
	return bothWait, oldAvailable
}

// pair are the new and the old pod of a place; ok is false if there are more.
func (s *set) pair(p *place) (newer, old *corev1.Pod, ok bool) {
	for _, pod := range p.pods {
		if pod.DeletionTimestamp != nil {
			continue
		}
		into := &old
		if s.updated(pod) {
			into = &newer
		}
		if *into != nil {
			return nil, nil, false
		}
		*into = pod
	}
	return newer, old, true
}

// updated reports a pod made from the current template.
func (s *set) updated(p *corev1.Pod) bool {
	if s.hash != "" && p.Labels[appsv1.DefaultDaemonSetUniqueLabelKey] == s.hash {
		return true
	}
	g, ok := templateGeneration(s.ds)
	return ok && p.Labels[templateGenerationLabel] == g
}

// available reports a pod that has been ready for minReadySeconds; one that will be is remembered with its place.
func (s *set) available(name string, p *corev1.Pod, now time.Time) bool {
	c := podcontrol.ReadyCondition(p)
	if c == nil || c.Status != corev1.ConditionTrue {
		return false
	}
	if s.ds.Spec.MinReadySeconds == 0 {
		return true
	}
	if c.LastTransitionTime.IsZero() {
		return false
	}
	if c.LastTransitionTime.Add(time.Duration(s.ds.Spec.MinReadySeconds) * time.Second).After(now) {
		s.waiting[name] = true
		return false
	}
	return true
}

// surges reports whether an update makes the new pod before the old one goes.
func (s *set) surges() bool {
	n, err := s.surge(1)
	return err == nil && n > 0
}

func (s *set) surge(of int) (int, error) {
	u := &s.ds.Spec.UpdateStrategy
	if u.Type != appsv1.RollingUpdateDaemonSetStrategyType || u.RollingUpdate == nil || u.RollingUpdate.MaxSurge == nil {
		return 0, nil
	}
	return intstr.GetScaledValueFromIntOrPercent(u.RollingUpdate.MaxSurge, of, true)
}

func (s *set) unavailable(of int) (int, error) {
	u := &s.ds.Spec.UpdateStrategy
	if u.Type != appsv1.RollingUpdateDaemonSetStrategyType || u.RollingUpdate == nil {
		return 0, nil
	}
	return intstr.GetScaledValueFromIntOrPercent(u.RollingUpdate.MaxUnavailable, of, true)
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func sortedPlaces(m map[string]*place) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
