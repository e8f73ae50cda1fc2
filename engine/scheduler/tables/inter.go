package tables

import (
	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// interTable is inter-pod affinity: counts and weights by topology domain.
type interTable struct {
	filters, scores bool
	affinity        []termTable
	all             matcher // pods that all affinity terms look for
	matching        int     // domain entries with such pods, with repetition
	selfMatch       bool
	anti            []termTable
	existing        []keyTable // counts of running pods whose anti-affinity is against this shape
	weights         []keyTable // scores
}

type termTable struct {
	domain []int32
	counts []int32
	match  matcher
}

type keyTable struct {
	key    string
	domain []int32
	counts []int64
}

func (t *table) buildInter(c *cache.Cluster) {
	s := t.s
	t.inter = nil
	x := &interTable{filters: s.Profile.HasFilter(framework.InterPodAffinity), scores: !plugins.IgnoresAffinity(s)}
	t.noInter = !x.filters && !x.scores
	if t.noInter || len(c.WithTerms) == 0 && !s.HasAffinity() {
		return
	}
	x.selfMatch = plugins.MatchesAll(c, s.RequiredAffinity, s)
	t.inter = x
	matchTerm := func(term *framework.AffinityTerm) matcher {
		return matcher{match: func(set *framework.LabelSet) bool {
			return term.Matches(set.Namespace, c.NamespaceLabels(set.Namespace), set.Labels)
		}}
	}
	newTerm := func(term *framework.AffinityTerm) termTable {
		topo := c.Topology(term.TopologyKey)
		return termTable{topo.Domain, make([]int32, len(topo.Values)), matchTerm(term)}
	}
	if x.filters {
		for i := range s.RequiredAffinity {
			x.affinity = append(x.affinity, newTerm(&s.RequiredAffinity[i]))
		}
		for i := range s.RequiredAnti {
			x.anti = append(x.anti, newTerm(&s.RequiredAnti[i]))
		}
	}
	x.all.match = func(set *framework.LabelSet) bool {
		for i := range x.affinity {
			if !x.affinity[i].match.matches(set) {
				return false
			}
		}
		return len(x.affinity) > 0
	}
	count := func(other *framework.Shape) {
		for _, p := range other.Pods {
			if p.Node.Index >= 0 {
				x.move(c, s, other, p.Node.Index, 1)
			}
		}
	}
	if !s.HasAffinity() {
		for _, other := range c.WithTerms {
			count(other)
		}
		return
	}
	c.ForSets(func(set *framework.LabelSet) {
		for _, other := range set.Shapes {
			count(other)
		}
	})
}

func (x *interTable) move(c *cache.Cluster, s, other *framework.Shape, i, n int32) {
	if len(x.affinity) > 0 && x.all.matches(other.Set) {
		for k := range x.affinity {
			if d := x.affinity[k].domain[i]; d >= 0 {
				x.affinity[k].counts[d] += n
				x.matching += int(n)
			}
		}
	}
	for k := range x.anti {
		a := &x.anti[k]
		if d := a.domain[i]; d >= 0 && a.match.matches(other.Set) {
			a.counts[d] += n
		}
	}
	for k := range other.RequiredAnti {
		if term := &other.RequiredAnti[k]; x.filters && term.Matches(s.Namespace(), c.NamespaceLabels(s.Namespace()), s.Labels()) {
			bump(c, &x.existing, term.TopologyKey, i, int64(n))
		}
	}
	if !x.scores || len(s.PreferredAffinity)+len(s.PreferredAnti) == 0 && !other.HasAffinity() {
		return
	}
	plugins.AffinityWeights(c, s, other, func(key string, w int64) { bump(c, &x.weights, key, i, w*int64(n)) })
}

func bump(c *cache.Cluster, list *[]keyTable, key string, i int32, n int64) {
	for k := range *list {
		if t := &(*list)[k]; t.key == key {
			if d := t.domain[i]; d >= 0 {
				t.counts[d] += n
			}
			return
		}
	}
	topo := c.Topology(key)
	*list = append(*list, keyTable{key, topo.Domain, make([]int64, len(topo.Values))})
	if d := topo.Domain[i]; d >= 0 {
		(*list)[len(*list)-1].counts[d] += n
	}
}

// moveInter follows a pod that came or went; false means that the table must be made anew.
func (t *table) moveInter(c *cache.Cluster, i int, ch *cache.Change) bool {
	if ch.Count == 0 || t.noInter {
		return true
	}
	if t.inter == nil {
		return !ch.Shape.HasAffinity()
	}
	if t.s.HasAffinity() || ch.Shape.HasAffinity() {
		t.inter.move(c, t.s, ch.Shape, int32(i), int32(ch.Count))
	}
	return true
}

func (x *interTable) refuse(i int32) *framework.Status {
	met := true
	for k := range x.affinity {
		d := x.affinity[k].domain[i]
		if d < 0 {
			return plugins.AffinityUnmet
		}
		met = met && x.affinity[k].counts[d] > 0
	}
	if !met && (x.matching > 0 || !x.selfMatch) {
		return plugins.AffinityUnmet
	}
	for k := range x.anti {
		if d := x.anti[k].domain[i]; d >= 0 && x.anti[k].counts[d] > 0 {
			return plugins.AntiAffinity
		}
	}
	for k := range x.existing {
		if d := x.existing[k].domain[i]; d >= 0 && x.existing[k].counts[d] > 0 {
			return plugins.ExistingAnti
		}
	}
	return nil
}

func (x *interTable) score(i int32) int64 {
	var sum int64
	for k := range x.weights {
		if d := x.weights[k].domain[i]; d >= 0 {
			sum += x.weights[k].counts[d]
		}
	}
	return sum
}
