package daemonset

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// roll is one step of a rolling update: the nodes that get a new pod beside the old one, and the old pods that go. What
// manage does for a place on the way is counted and not touched.
func (k *Controller) roll(s *set) (create []string, remove []*corev1.Pod, err error) {
	desired := s.counts.desired
	unavailable, err := s.unavailable(desired)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't get unavailable numbers: invalid value for MaxUnavailable: %w", err)
	}
	surge, err := s.surge(desired)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't get unavailable numbers: invalid value for MaxSurge: %w", err)
	}
	if desired > 0 && unavailable == 0 && surge == 0 {
		unavailable = 1 // a configuration that could never move
	}
	if surge > 0 {
		// Upstream looks the nodes up, and waits until the pods of one that is gone are collected.
		for _, st := range [...]stage{oldBroken, oldServes} {
			for _, name := range sorted(s.rolling[st]) {
				if !s.places[name].exists {
					return nil, nil, fmt.Errorf("couldn't get node for nodeName %q: node %q not found", name, name)
				}
			}
		}
		create, remove = s.rollSurging(surge, desired)
		return create, remove, nil
	}
	return nil, s.rollReplacing(unavailable), nil
}

// rollReplacing deletes old pods, and manage creates the new ones. Old pods that are not available go at once, others
// while fewer than maxUnavailable places are without an available pod.
func (s *set) rollReplacing(unavailable int) (remove []*corev1.Pod) {
	r := &s.rolling
	for _, name := range sorted(r[oldBroken]) {
		remove = append(remove, s.oldPod(name))
	}
	missing := len(r[crowded]) + len(r[vacant]) + len(r[unready]) + len(r[bothServe]) + len(r[bothWait]) + len(r[oldBroken])
	if n := min(unavailable-missing, len(r[oldServes])); n > 0 {
		for _, name := range sorted(r[oldServes])[:n] {
			remove = append(remove, s.oldPod(name))
		}
	}
	return remove
}

// rollSurging creates new pods: at once beside old ones that are not available, else while fewer than maxSurge places
// have two. An old pod goes when the new one is available. On a node that is not eligible any more it goes when enough
// others serve.
func (s *set) rollSurging(surge, desired int) (create []string, remove []*corev1.Pod) {
	r := &s.rolling
	for _, name := range sorted(r[bothServe]) {
		remove = append(remove, s.oldPod(name))
	}
	for _, name := range sorted(r[oldBroken]) {
		if s.places[name].run {
			create = append(create, name)
		} else {
			remove = append(remove, s.oldPod(name))
		}
	}
	room := surge - len(r[crowded]) - len(r[bothWait])
	spare := s.servingPlaces() - desired
	if room <= 0 && spare <= 0 {
		return create, remove
	}
	for _, name := range sorted(r[oldServes]) {
		switch {
		case s.places[name].run && room > 0:
			room--
			create = append(create, name)
		case !s.places[name].run && spare > 0:
			spare--
			remove = append(remove, s.oldPod(name))
		}
	}
	return create, remove
}

// servingPlaces are the places whose pod is available: the old one where there are two.
func (s *set) servingPlaces() int {
	n := len(s.rolling[fresh]) + len(s.rolling[oldServes])
	for _, st := range [...]stage{bothServe, bothWait} {
		for name := range s.rolling[st] {
			if s.places[name].serving {
				n++
			}
		}
	}
	return n
}

func (s *set) oldPod(name string) *corev1.Pod {
	_, old, _ := s.pair(s.places[name])
	return old
}
