package plugins

import (
	"maps"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
)

// hardSpread counts matching pods by domain for the constraints that must hold (podtopologyspread/filtering.go).
type hardSpread struct {
	constraints []framework.SpreadConstraint
	counts      []map[string]int
}

func countMatching(n *framework.NodeInfo, sel labels.Selector, namespace string) int {
	if sel.Empty() {
		return 0
	}
	count := 0
	for _, p := range n.Pods {
		if !p.Leaving && p.Shape.Namespace() == namespace && sel.Matches(labels.Set(p.Shape.Labels())) {
			count++
		}
	}
	return count
}

func hasKeys(n *corev1.Node, cs []framework.SpreadConstraint) bool {
	for i := range cs {
		if _, ok := n.Labels[cs[i].TopologyKey]; !ok {
			return false
		}
	}
	return true
}

func newHardSpread(c *cache.Cluster, s *framework.Shape) *hardSpread {
	cs := HardConstraints(c, s)
	if len(cs) == 0 {
		return nil
	}
	h := &hardSpread{constraints: cs}
	for range cs {
		h.counts = append(h.counts, map[string]int{})
	}
	for _, n := range c.Nodes() {
		if !hasKeys(n.Node, h.constraints) {
			continue
		}
		for i := range h.constraints {
			k := &h.constraints[i]
			if k.Includes(s, n.Node) {
				h.counts[i][n.Node.Labels[k.TopologyKey]] += countMatching(n, k.Selector, s.Namespace())
			}
		}
	}
	return h
}

func (h *hardSpread) clone() *hardSpread {
	if h == nil {
		return nil
	}
	c := &hardSpread{constraints: h.constraints}
	for _, m := range h.counts {
		c.counts = append(c.counts, maps.Clone(m))
	}
	return c
}

func (h *hardSpread) update(s, moved *framework.Shape, n *corev1.Node, delta int) {
	if h == nil || n == nil || moved.Namespace() != s.Namespace() || !hasKeys(n, h.constraints) {
		return
	}
	for i := range h.constraints {
		k := &h.constraints[i]
		if k.Selector.Matches(labels.Set(moved.Labels())) && k.Includes(s, n) {
			h.counts[i][n.Labels[k.TopologyKey]] += delta
		}
	}
}

func (h *hardSpread) filter(s *framework.Shape, n *corev1.Node) *framework.Status {
	if h == nil {
		return nil
	}
	for i := range h.constraints {
		k := &h.constraints[i]
		v, ok := n.Labels[k.TopologyKey]
		if !ok {
			return SpreadMissing
		}
		least := math.MaxInt32
		for _, n := range h.counts[i] {
			least = min(least, n)
		}
		if len(h.counts[i]) < int(k.MinDomains) {
			least = 0
		}
		self := 0
		if k.Selector.Matches(labels.Set(s.Labels())) {
			self = 1
		}
		if h.counts[i][v]+self-least > int(k.MaxSkew) {
			return SpreadSkew
		}
	}
	return nil
}

// HardConstraints are the constraints that must hold for a shape: its own, or the profile's defaults.
func HardConstraints(c *cache.Cluster, s *framework.Shape) []framework.SpreadConstraint {
	switch {
	case !s.Profile.HasFilter(framework.PodTopologySpread):
		return nil
	case s.OwnSpread:
		return s.HardSpread
	}
	return deduced(c, s, s.Profile.DefaultHard)
}

// SoftConstraints are the constraints that score for a shape: its own, or the profile's defaults. Every key must be
// present on a node unless they are the system's.
func SoftConstraints(c *cache.Cluster, s *framework.Shape) (cs []framework.SpreadConstraint, needAllKeys bool) {
	switch {
	case s.Profile.Weights[framework.PodTopologySpread] == 0:
		return nil, false
	case s.OwnSpread:
		return s.SoftSpread, true
	}
	return deduced(c, s, s.Profile.DefaultSoft), !s.Profile.SystemSpread
}

// Deduces reports that the shape is spread by default constraints, with a selector that is deduced.
func Deduces(s *framework.Shape) bool {
	p := s.Profile
	return !s.OwnSpread && (len(p.DefaultHard) > 0 && p.HasFilter(framework.PodTopologySpread) || len(p.DefaultSoft) > 0 && p.Weights[framework.PodTopologySpread] != 0)
}

// deduced gives default constraints the selector of what owns and selects the pod; none if nothing does.
func deduced(c *cache.Cluster, s *framework.Shape, defaults []framework.SpreadConstraint) []framework.SpreadConstraint {
	if len(defaults) == 0 {
		return nil
	}
	sel := c.DeducedSelector(s)
	if sel == nil {
		return nil
	}
	cs := slices.Clone(defaults)
	for i := range cs {
		cs[i].Selector = sel
	}
	return cs
}

// spreadScores computes PodTopologySpread's raw and normalised scores (podtopologyspread/scoring.go); false: skipped.
func spreadScores(c *cache.Cluster, s *framework.Shape, nodes []*framework.NodeInfo, raw, norm []int64) bool {
	cs, needAll := SoftConstraints(c, s)
	if len(cs) == 0 {
		return false
	}
	ignored := make([]bool, len(nodes))
	counts := make([]map[string]int64, len(cs))
	for i := range cs {
		counts[i] = map[string]int64{}
	}
	kept := 0
	for j, n := range nodes {
		if needAll && !hasKeys(n.Node, cs) {
			ignored[j] = true
			continue
		}
		kept++
		for i := range cs {
			if cs[i].TopologyKey != corev1.LabelHostname {
				counts[i][n.Node.Labels[cs[i].TopologyKey]] = 0
			}
		}
	}
	weights := make([]float64, len(cs))
	for i := range cs {
		size := len(counts[i])
		if cs[i].TopologyKey == corev1.LabelHostname {
			size = kept
		}
		weights[i] = SpreadWeight(size)
	}
	for _, n := range c.Nodes() {
		if needAll && !hasKeys(n.Node, cs) {
			continue
		}
		for i := range cs {
			v := n.Node.Labels[cs[i].TopologyKey]
			if _, ok := counts[i][v]; ok && cs[i].Includes(s, n.Node) {
				counts[i][v] += int64(countMatching(n, cs[i].Selector, s.Namespace()))
			}
		}
	}
	for j, n := range nodes {
		raw[j] = 0
		if ignored[j] {
			continue
		}
		var score float64
		for i := range cs {
			v, ok := n.Node.Labels[cs[i].TopologyKey]
			if !ok {
				continue
			}
			cnt := counts[i][v]
			if cs[i].TopologyKey == corev1.LabelHostname {
				cnt = int64(countMatching(n, cs[i].Selector, s.Namespace()))
			}
			score += SpreadTerm(cnt, cs[i].MaxSkew, weights[i])
		}
		raw[j] = RoundPositive(score)
	}
	least, most := int64(math.MaxInt64), int64(0)
	for j := range nodes {
		if !ignored[j] {
			least, most = min(least, raw[j]), max(most, raw[j])
		}
	}
	for j := range nodes {
		norm[j] = 0
		if !ignored[j] {
			norm[j] = NormalizeSpread(raw[j], least, most)
		}
	}
	return true
}

// NormalizeSpread turns many pods into few points.
func NormalizeSpread(raw, least, most int64) int64 {
	if most == 0 {
		return framework.MaxNodeScore
	}
	return framework.MaxNodeScore * (most + least - raw) / most
}

// SpreadTerm is what a domain with cnt matching pods adds to the raw score.
func SpreadTerm(cnt int64, maxSkew int32, weight float64) float64 {
	// The conversion forbids fusing multiply and add, which some CPUs would do and others not.
	return float64(float64(cnt)*weight) + float64(maxSkew-1)
}

// RoundPositive rounds half up.
func RoundPositive(x float64) int64 {
	n := int64(x)
	if x-float64(n) >= 0.5 {
		n++
	}
	return n
}

// SpreadWeight is the weight of a constraint with size domains: the more domains, the fewer pods each has.
func SpreadWeight(size int) float64 { return ln(float64(size + 2)) }

// ln is the natural logarithm after FreeBSD's e_log.c, written out because math.Log differs in the last bit between
// processors, and a session must be the same everywhere.
func ln(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		l1    = 6.666666666666735130e-01
		l2    = 3.999999999940941908e-01
		l3    = 2.857142874366239149e-01
		l4    = 2.222219843214978396e-01
		l5    = 1.818357216161805012e-01
		l6    = 1.531383769920937332e-01
		l7    = 1.479819860511658591e-01
	)
	f1, ki := math.Frexp(x)
	if f1 < math.Sqrt2/2 {
		f1 *= 2
		ki--
	}
	f := f1 - 1
	k := float64(ki)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := float64(s2 * (l1 + float64(s4*(l3+float64(s4*(l5+float64(s4*l7)))))))
	t2 := float64(s4 * (l2 + float64(s4*(l4+float64(s4*l6)))))
	r := t1 + t2
	h := float64(0.5 * f * f)
	return float64(k*ln2Hi) - ((h - (float64(s*(h+r)) + float64(k*ln2Lo))) - f)
}
