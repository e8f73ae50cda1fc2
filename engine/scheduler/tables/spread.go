package tables

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// softTable counts matching pods for a constraint that scores.
type softTable struct {
	c       framework.SpreadConstraint
	host    bool
	match   matcher
	domain  []int32 // by node; a missing label is the domain of the empty value, as upstream has it
	labeled []bool  // by node: has the label; nil: all have
	include []bool  // by node: counts; nil: all do
	counts  []int32 // by domain; by node if host
	seen    []uint32
	epoch   uint32
}

// hardTable counts matching pods for a constraint that must hold, with the least count at hand.
type hardTable struct {
	c       framework.SpreadConstraint
	match   matcher
	domain  []int32
	include []bool
	counts  []int32
	hist    []int32 // how many domains have each count
	least   int32
	domains int
	self    int32
}

func sameSelector(a, b labels.Selector) bool {
	x, ok1 := a.Requirements()
	y, ok2 := b.Requirements()
	return ok1 == ok2 && len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0])
}

func matchSpread(c *framework.SpreadConstraint, namespace string) matcher {
	sel := c.Selector
	return matcher{match: func(set *framework.LabelSet) bool {
		return set.Namespace == namespace && !sel.Empty() && sel.Matches(labels.Set(set.Labels))
	}}
}

func (t *table) buildSpread(c *cache.Cluster) {
	var cs []framework.SpreadConstraint
	cs, t.needAllKeys = plugins.SoftConstraints(c, t.s)
	hard := plugins.HardConstraints(c, t.s)
	t.selector = nil
	if !t.s.OwnSpread && len(cs)+len(hard) > 0 {
		t.selector = append(slices.Clip(hard), cs...)[0].Selector
	}
	nodes := c.Nodes()
	t.lacking = nil
	if t.needAllKeys {
		t.lacking = lacking(c, cs, len(nodes))
	}
	t.soft = make([]softTable, len(cs))
	for k := range cs {
		t.soft[k].init(c, t.s, &cs[k], t.lacking)
	}
	t.hard = make([]hardTable, len(hard))
	lack := lacking(c, hard, len(nodes))
	for k := range t.hard {
		t.hard[k].init(c, t.s, &hard[k], lack)
	}
	if len(t.soft)+len(t.hard) == 0 {
		return
	}
	c.ForSets(func(set *framework.LabelSet) {
		for k := range t.soft {
			if f := &t.soft[k]; f.match.matches(set) {
				countSet(set, func(i int32) { f.add(i, 1) })
			}
		}
		for k := range t.hard {
			if f := &t.hard[k]; matchHard(f, set) {
				countSet(set, func(i int32) {
					if f.include[i] {
						f.counts[f.domain[i]]++
					}
				})
			}
		}
	})
	for k := range t.hard {
		t.hard[k].tally()
	}
}

func matchHard(f *hardTable, set *framework.LabelSet) bool { return f.match.matches(set) }

func countSet(set *framework.LabelSet, add func(node int32)) {
	for _, s := range set.Shapes {
		for _, p := range s.Pods {
			if !p.Leaving && p.Node.Index >= 0 {
				add(p.Node.Index)
			}
		}
	}
}

// lacking marks the nodes that lack the label of any constraint; nil if there are no constraints.
func lacking(c *cache.Cluster, cs []framework.SpreadConstraint, nodes int) []bool {
	if len(cs) == 0 {
		return nil
	}
	out := make([]bool, nodes)
	for k := range cs {
		for i, d := range c.Topology(cs[k].TopologyKey).Domain {
			out[i] = out[i] || d < 0
		}
	}
	return out
}

func (f *softTable) init(c *cache.Cluster, s *framework.Shape, k *framework.SpreadConstraint, lack []bool) {
	nodes := c.Nodes()
	f.c, f.match = *k, matchSpread(k, s.Namespace())
	f.host = k.TopologyKey == corev1.LabelHostname
	topo := c.Topology(k.TopologyKey)
	f.domain = make([]int32, len(nodes))
	blank := int32(len(topo.Values))
	for d, v := range topo.Values {
		if v == "" {
			blank = int32(d)
		}
	}
	for i, d := range topo.Domain {
		if d < 0 {
			if f.labeled == nil {
				f.labeled = make([]bool, len(nodes))
				for j := range i {
					f.labeled[j] = true
				}
			}
			d = blank
		} else if f.labeled != nil {
			f.labeled[i] = true
		}
		f.domain[i] = d
	}
	if f.host {
		// Scoring counts the pods of the node itself, whatever the policies say.
		f.counts = make([]int32, len(nodes))
		return
	}
	f.counts = make([]int32, len(topo.Values)+1)
	f.seen = make([]uint32, len(f.counts))
	if lack == nil && s.RequiredNodes == nil && !k.HonorTaints {
		return
	}
	f.include = make([]bool, len(nodes))
	for i, n := range nodes {
		f.include[i] = (lack == nil || !lack[i]) && k.Includes(s, n.Node)
	}
}

func (f *softTable) add(i, n int32) {
	if f.host {
		f.counts[i] += n
	} else if f.include == nil || f.include[i] {
		f.counts[f.domain[i]] += n
	}
}

func (f *hardTable) init(c *cache.Cluster, s *framework.Shape, k *framework.SpreadConstraint, lack []bool) {
	nodes := c.Nodes()
	f.c = *k
	sel, ns := k.Selector, s.Namespace()
	f.match = matchSpread(k, ns)
	if sel.Matches(labels.Set(s.Labels())) {
		f.self = 1
	}
	topo := c.Topology(k.TopologyKey)
	f.domain = topo.Domain
	f.counts = make([]int32, len(topo.Values))
	f.include = make([]bool, len(nodes))
	for i, n := range nodes {
		f.include[i] = !lack[i] && k.Includes(s, n.Node)
	}
}

// tally makes the histogram: how many domains that count have how many pods.
func (f *hardTable) tally() {
	present := make([]bool, len(f.counts))
	for i, in := range f.include {
		if in {
			present[f.domain[i]] = true
		}
	}
	f.hist, f.domains = f.hist[:0], 0
	for d, p := range present {
		if p {
			f.domains++
			f.bucket(f.counts[d], 1)
		}
	}
	f.settle()
}

func (f *hardTable) bucket(count, n int32) {
	for int(count) >= len(f.hist) {
		f.hist = append(f.hist, 0)
	}
	f.hist[count] += n
}

func (f *hardTable) settle() {
	f.least = 0
	for int(f.least) < len(f.hist) && f.hist[f.least] == 0 {
		f.least++
	}
}

func (f *hardTable) move(i, n int32) {
	if !f.include[i] {
		return
	}
	d := f.domain[i]
	f.bucket(f.counts[d], -1)
	f.counts[d] += n
	f.bucket(f.counts[d], 1)
	if f.counts[d] < f.least {
		f.least = f.counts[d]
	}
	for int(f.least) < len(f.hist) && f.hist[f.least] == 0 {
		f.least++
	}
}

func (f *hardTable) refuse(i int32) *framework.Status {
	d := f.domain[i]
	if d < 0 {
		return plugins.SpreadMissing
	}
	least := f.least
	if f.domains == 0 {
		least = 1<<31 - 1 - 1<<20 // nothing counts: nothing is skewed
	}
	if f.domains < int(f.c.MinDomains) {
		least = 0
	}
	if f.counts[d]+f.self-least > f.c.MaxSkew {
		return plugins.SpreadSkew
	}
	return nil
}

func (t *table) honorsTaints() bool {
	for k := range t.soft {
		if t.soft[k].c.HonorTaints {
			return true
		}
	}
	for k := range t.hard {
		if t.hard[k].c.HonorTaints {
			return true
		}
	}
	return false
}

func (t *table) moveSpread(i int, ch *cache.Change) {
	if ch.Spread == 0 {
		return
	}
	for k := range t.soft {
		if f := &t.soft[k]; f.match.matches(ch.Shape.Set) {
			f.add(int32(i), int32(ch.Spread))
		}
	}
	for k := range t.hard {
		if f := &t.hard[k]; f.match.matches(ch.Shape.Set) {
			f.move(int32(i), int32(ch.Spread))
		}
	}
}

// distinct counts the domains among the nodes.
func (f *softTable) distinct(nodes []int32) int {
	f.epoch++
	n := 0
	for _, i := range nodes {
		if d := f.domain[i]; f.seen[d] != f.epoch {
			f.seen[d] = f.epoch
			n++
		}
	}
	return n
}
