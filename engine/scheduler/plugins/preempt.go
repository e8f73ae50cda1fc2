package plugins

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/volumes"
)

// Candidate is a node with the pods that would have to go.
type Candidate struct {
	Node       *framework.NodeInfo
	Victims    []*framework.PodInfo // most important first
	Violations int                  // pods whose disruption budget would be broken
}

// Preemption is a look for a node where a pod fits once less important pods are gone
// (framework/preemption and plugins/defaultpreemption).
type Preemption struct {
	Cluster *cache.Cluster
	Shape   *framework.Shape
	Pod     *corev1.Pod
	Self    *framework.PodInfo
	// Refusal tells why the pod cannot go to the i-th node of the cluster.
	Refusal func(i int32) *framework.Status
	Budgets []*policyv1.PodDisruptionBudget
	Rand    *rand.Rand
	Now     metav1.Time
	Volumes *volumes.State // of a pod whose volumes have a say

	// Hopeless is where to remember that preemption on a node does not help a pod of this shape; nil, or returning nil:
	// nowhere.
	Hopeless func(n *framework.NodeInfo, self *framework.PodInfo) *Memo

	state *State // prepared when first needed: mostly there is nobody to preempt
}

const noVictims = "No preemption victims found for incoming pod"

var statusNoVictims = framework.NewStatus(framework.DefaultPreemption, framework.UnschedulableAndUnresolvable, noVictims)

// Verdict of a look for preemption.
type Verdict struct {
	Best    *Candidate // nil: nothing to preempt
	Message string     // goes into the failure's text
	// Hopeless: the pod's nominated node, if any, is to be cleared.
	Hopeless bool
}

// Run looks for the best node to preempt pods on.
func (p *Preemption) Run() Verdict {
	if msg := p.ineligible(); msg != "" {
		return Verdict{Message: "preemption: " + msg}
	}
	candidates, reasons, told := p.candidates()
	if len(candidates) == 0 {
		n := len(p.Cluster.Nodes())
		reasons.Add("Preemption is not helpful for scheduling", n-told)
		return Verdict{Hopeless: true, Message: "preemption: " + FitMessage(n, "", reasons)}
	}
	best := p.choose(candidates)
	return Verdict{Best: best, Message: "preemption: found a potential placement for pod on node " + best.Node.Name +
		", preempting " + strconv.Itoa(len(best.Victims)) + " victims"}
}

func (p *Preemption) ineligible() string {
	if pp := p.Pod.Spec.PreemptionPolicy; pp != nil && *pp == corev1.PreemptNever {
		return "not eligible due to preemptionPolicy=Never."
	}
	name := p.Pod.Status.NominatedNodeName
	if name == "" {
		return ""
	}
	n := p.Cluster.Node(name)
	if n == nil {
		return ""
	}
	if s := p.Refusal(n.Index); s == nil || s.Code == framework.UnschedulableAndUnresolvable {
		return ""
	}
	for _, q := range n.Pods {
		if q.Shape.Priority < p.Shape.Priority && terminatingByPreemption(q.Pod) {
			return "not eligible due to a terminating pod on the nominated node."
		}
	}
	return ""
}

func terminatingByPreemption(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp == nil {
		return false
	}
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.DisruptionTarget {
			return c.Status == corev1.ConditionTrue && c.Reason == corev1.PodReasonPreemptionByScheduler
		}
	}
	return false
}

func (p *Preemption) candidates() (out []*Candidate, reasons Reasons, told int) {
	var potential []*framework.NodeInfo
	none := 0 // nodes without a pod of less importance: in a full cluster of equals, all
	for i, n := range p.Cluster.Nodes() {
		if s := p.Refusal(int32(i)); s == nil || s.Code != framework.Unschedulable {
			continue
		}
		if lowest, ok := n.LowestPriority(); !ok || lowest >= p.Shape.Priority {
			none++
		} else {
			potential = append(potential, n)
		}
	}
	reasons.Add(noVictims, none)
	told = none
	if len(potential) == 0 {
		return nil, reasons, told
	}
	p.state, _ = PreFilter(p.Cluster, p.Shape)
	p.state.WithVolumes(p.Volumes)
	offset := p.Rand.IntN(len(potential))
	want := min(max(len(potential)*p.Shape.Profile.MinCandidatePercent/100, p.Shape.Profile.MinCandidateAbsolute), len(potential))
	var violating []*Candidate
	for i := range potential {
		n := potential[(offset+i)%len(potential)]
		c, s := p.recall(n)
		if s != nil {
			told++
			for _, r := range s.Reasons {
				reasons.Add(r, 1)
			}
			continue
		}
		if c.Violations == 0 {
			out = append(out, c)
		} else {
			violating = append(violating, c)
		}
		if len(out) > 0 && len(out)+len(violating) >= want {
			break
		}
	}
	return append(out, violating...), reasons, told
}

// Memo remembers an answer about a node as long as the node, its pods and those nominated to it stay the same.
type Memo struct {
	generation, nominatedAt uint64
	known                   bool
	Status                  *framework.Status
}

// Holds reports that the answer is still right.
func (m *Memo) Holds(n *framework.NodeInfo) bool {
	return m.known && m.generation == n.Generation && m.nominatedAt == n.NominatedAt
}

// Keep remembers an answer.
func (m *Memo) Keep(n *framework.NodeInfo, s *framework.Status) {
	*m = Memo{n.Generation, n.NominatedAt, true, s}
}

// recall is try, unless it is known that it will not help.
func (p *Preemption) recall(n *framework.NodeInfo) (*Candidate, *framework.Status) {
	var m *Memo
	if p.Hopeless != nil {
		m = p.Hopeless(n, p.Self)
	}
	if m != nil && m.Holds(n) {
		return nil, m.Status
	}
	c, s := p.try(n)
	if m != nil && s != nil {
		m.Keep(n, s)
	}
	return c, s
}

// try finds the fewest, least important pods that must leave a node.
func (p *Preemption) try(n *framework.NodeInfo) (*Candidate, *framework.Status) {
	priority := p.Shape.Priority
	st, node := p.state.Clone(), n.Clone()
	var possible []*framework.PodInfo
	for _, q := range n.Pods {
		if q.Shape.Priority < priority {
			possible = append(possible, q)
			node.RemovePod(q)
			st.RemovePod(q, node)
		}
	}
	if s := st.FilterWithNominated(node, p.Self); s != nil {
		return nil, s
	}
	slices.SortStableFunc(possible, p.byImportance)
	violating, others := p.splitByBudget(possible)
	c := &Candidate{Node: n}
	reprieve := func(q *framework.PodInfo) bool {
		node.AddPod(q)
		st.AddPod(q, node)
		if st.FilterWithNominated(node, p.Self) == nil {
			return true
		}
		node.RemovePod(q)
		st.RemovePod(q, node)
		c.Victims = append(c.Victims, q)
		return false
	}
	for _, q := range violating {
		if !reprieve(q) {
			c.Violations++
		}
	}
	for _, q := range others {
		reprieve(q)
	}
	if len(c.Victims) == 0 {
		return nil, statusNoVictims
	}
	slices.SortStableFunc(c.Victims, p.byImportance)
	return c, nil
}

func (p *Preemption) started(q *framework.PodInfo) metav1.Time {
	if t := q.Pod.Status.StartTime; t != nil {
		return *t
	}
	return p.Now
}

func (p *Preemption) byImportance(a, b *framework.PodInfo) int {
	if a.Shape.Priority != b.Shape.Priority {
		if a.Shape.Priority > b.Shape.Priority {
			return -1
		}
		return 1
	}
	return p.started(a).Compare(p.started(b).Time)
}

// splitByBudget tells the pods whose eviction would break a disruption budget from the others.
func (p *Preemption) splitByBudget(pods []*framework.PodInfo) (violating, others []*framework.PodInfo) {
	if len(p.Budgets) == 0 {
		return nil, pods
	}
	left := make([]int32, len(p.Budgets))
	selectors := make([]labels.Selector, len(p.Budgets))
	for i, b := range p.Budgets {
		left[i] = b.Status.DisruptionsAllowed
		selectors[i], _ = metav1.LabelSelectorAsSelector(b.Spec.Selector)
	}
	for _, q := range pods {
		broken := false
		for i, b := range p.Budgets {
			sel := selectors[i]
			if b.Namespace != q.Pod.Namespace || sel == nil || sel.Empty() || len(q.Pod.Labels) == 0 || !sel.Matches(labels.Set(q.Pod.Labels)) {
				continue
			}
			if _, done := b.Status.DisruptedPods[q.Pod.Name]; done {
				continue
			}
			if left[i]--; left[i] < 0 {
				broken = true
				break
			}
		}
		if broken {
			violating = append(violating, q)
		} else {
			others = append(others, q)
		}
	}
	return violating, others
}

// choose picks the candidate that hurts least (preemption.pickOneNodeForPreemption).
func (p *Preemption) choose(list []*Candidate) *Candidate {
	criteria := []func(*Candidate) int64{
		func(c *Candidate) int64 { return -int64(c.Violations) },
		func(c *Candidate) int64 { return -int64(c.Victims[0].Shape.Priority) },
		func(c *Candidate) int64 {
			var sum int64
			for _, q := range c.Victims {
				// Shifted above 0, so that fewer victims of negative priority are not worse than more.
				sum += int64(q.Shape.Priority) + math.MaxInt32 + 1
			}
			return -sum
		},
		func(c *Candidate) int64 { return -int64(len(c.Victims)) },
		func(c *Candidate) int64 {
			earliest := p.started(c.Victims[0])
			for _, q := range c.Victims {
				if t := p.started(q); q.Shape.Priority == c.Victims[0].Shape.Priority && t.Before(&earliest) {
					earliest = t
				}
			}
			return earliest.UnixNano()
		},
	}
	for _, score := range criteria {
		var best []*Candidate
		most := int64(math.MinInt64)
		for _, c := range list {
			v := score(c)
			if v > most {
				most, best = v, best[:0]
			}
			if v == most {
				best = append(best, c)
			}
		}
		if list = best; len(list) == 1 {
			break
		}
	}
	return list[0]
}
