package podcontrol

import (
	"math"
	"sort"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Rank returns the n pods to delete first, in that order. It reorders pods.
//
// The order is that of ActivePodsWithRanks: unassigned before assigned; pending before unknown before running; not
// ready before ready; lower controller.kubernetes.io/pod-deletion-cost; more pods of related on the same node; ready
// for a shorter time; more container restarts; younger. The last two times are compared by the logarithm of the age,
// and equals by UID, so that the choice among pods of an age is pseudorandom.
//
// related are the pods whose crowding on a node counts: those of all ReplicaSets of one Deployment.
func Rank(pods []*corev1.Pod, n int, related []*corev1.Pod, now time.Time) []*corev1.Pod {
	onNode := make(map[string]int)
	for _, p := range related {
		if Active(p) {
			onNode[p.Spec.NodeName]++
		}
	}
	keys := make([]rankKey, len(pods))
	for i, p := range pods {
		keys[i] = keyOf(p, onNode[p.Spec.NodeName], now)
	}
	r := ranked{pods, keys}
	if n < len(pods)/4 {
		r.first(n)
		r.pods, r.keys = r.pods[:n], r.keys[:n]
	}
	sort.Sort(r)
	return pods[:n]
}

// first moves the n that go first to the front, in any order: a rolling update of a large ReplicaSet takes a few at a
// time, and need not sort all. The front is a heap with the last of the n on top.
func (r ranked) first(n int) {
	if n == 0 {
		return
	}
	down := func(i int) {
		for {
			c := 2*i + 1
			if c >= n {
				return
			}
			if c+1 < n && r.Less(c, c+1) {
				c++
			}
			if !r.Less(i, c) {
				return
			}
			r.Swap(i, c)
			i = c
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for i := n; i < len(r.pods); i++ {
		if r.Less(i, 0) {
			r.Swap(i, 0)
			down(0)
		}
	}
}

// rankKey is what the comparison looks at, taken from the pod once instead of at each of the n·log n comparisons.
type rankKey struct {
	assigned          bool
	phase             int
	ready             bool
	cost              int32
	crowd             int
	readyAt           age
	restarts, sidecar int
	created           age
	uid               string
}

// age is a moment and the whole base-2 logarithm of the nanoseconds since.
type age struct {
	at  time.Time
	log int64
}

func ageOf(t, now time.Time) age {
	a := age{at: t, log: -1}
	if d := now.Sub(t); d > 0 {
		a.log = int64(math.Log2(float64(d)))
	}
	return a
}

// before says whether the pod with age a goes first; uids break ties of the logarithm.
func (a age) before(b age, uidA, uidB string) bool {
	if a.at.IsZero() || b.at.IsZero() {
		return a.at.IsZero()
	}
	if a.log == b.log {
		return uidA < uidB
	}
	return a.log < b.log
}

func phaseOrder(p corev1.PodPhase) int {
	switch p {
	case corev1.PodUnknown:
		return 1
	case corev1.PodRunning:
		return 2
	}
	return 0
}

func keyOf(p *corev1.Pod, crowd int, now time.Time) rankKey {
	k := rankKey{
		assigned: p.Spec.NodeName != "", phase: phaseOrder(p.Status.Phase), cost: deletionCost(p.Annotations),
		crowd: crowd, created: ageOf(p.CreationTimestamp.Time, now), uid: string(p.UID),
	}
	if c := ReadyCondition(p); c != nil && c.Status == corev1.ConditionTrue {
		k.ready = true
		k.readyAt = ageOf(c.LastTransitionTime.Time, now)
	}
	k.restarts, k.sidecar = maxRestarts(p)
	return k
}

func deletionCost(annotations map[string]string) int32 {
	v := annotations[corev1.PodDeletionCost]
	// A plus sign or leading zeros make the value invalid, and an invalid value counts as 0.
	if v == "" || v[0] != '-' && v != "0" && (v[0] < '1' || v[0] > '9') {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// maxRestarts are the most restarts of any container, and of any sidecar (init container that restarts always).
func maxRestarts(p *corev1.Pod) (regular, sidecar int) {
	for i := range p.Status.ContainerStatuses {
		regular = max(regular, int(p.Status.ContainerStatuses[i].RestartCount))
	}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		if c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			continue
		}
		for j := range p.Status.InitContainerStatuses {
			if s := &p.Status.InitContainerStatuses[j]; s.Name == c.Name {
				sidecar = max(sidecar, int(s.RestartCount))
			}
		}
	}
	return regular, sidecar
}

type ranked struct {
	pods []*corev1.Pod
	keys []rankKey
}

func (r ranked) Len() int { return len(r.pods) }

func (r ranked) Swap(i, j int) {
	r.pods[i], r.pods[j] = r.pods[j], r.pods[i]
	r.keys[i], r.keys[j] = r.keys[j], r.keys[i]
}

func (r ranked) Less(i, j int) bool {
	a, b := &r.keys[i], &r.keys[j]
	switch {
	case a.assigned != b.assigned:
		return !a.assigned
	case a.phase != b.phase:
		return a.phase < b.phase
	case a.ready != b.ready:
		return !a.ready
	case a.cost != b.cost:
		return a.cost < b.cost
	case a.crowd != b.crowd:
		return a.crowd > b.crowd
	case a.ready && !a.readyAt.at.Equal(b.readyAt.at):
		return a.readyAt.before(b.readyAt, a.uid, b.uid)
	case a.restarts != b.restarts:
		return a.restarts > b.restarts
	case a.sidecar != b.sidecar:
		return a.sidecar > b.sidecar
	case !a.created.at.Equal(b.created.at):
		return a.created.before(b.created, a.uid, b.uid)
	}
	return false
}
