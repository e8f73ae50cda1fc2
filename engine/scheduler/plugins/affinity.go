package plugins

import (
	"maps"
	"math"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
)

type pair struct{ key, value string }

// affinityCounts counts matching pods by topology (interpodaffinity/filtering.go).
type affinityCounts struct {
	existingAnti, affinity, anti map[pair]int
}

func newAffinityCounts(c *cache.Cluster, s *framework.Shape) *affinityCounts {
	if !s.Profile.HasFilter(framework.InterPodAffinity) || len(s.RequiredAffinity)+len(s.RequiredAnti) == 0 && len(c.WithTerms) == 0 {
		return nil
	}
	a := &affinityCounts{map[pair]int{}, map[pair]int{}, map[pair]int{}}
	count := func(other *framework.Shape) {
		for _, p := range other.Pods {
			a.update(c, s, other, p.Node.Node, 1)
		}
	}
	if len(s.RequiredAffinity)+len(s.RequiredAnti) == 0 {
		for _, other := range c.WithTerms {
			count(other)
		}
		return a
	}
	c.ForSets(func(set *framework.LabelSet) {
		for _, other := range set.Shapes {
			count(other)
		}
	})
	return a
}

func (a *affinityCounts) clone() *affinityCounts {
	if a == nil {
		return nil
	}
	return &affinityCounts{maps.Clone(a.existingAnti), maps.Clone(a.affinity), maps.Clone(a.anti)}
}

// MatchesAll reports that a pod is one that all the terms look for; no terms look for none.
func MatchesAll(c *cache.Cluster, terms []framework.AffinityTerm, s *framework.Shape) bool {
	if len(terms) == 0 {
		return false
	}
	for i := range terms {
		if !terms[i].Matches(s.Namespace(), c.NamespaceLabels(s.Namespace()), s.Labels()) {
			return false
		}
	}
	return true
}

func (a *affinityCounts) update(c *cache.Cluster, s, moved *framework.Shape, n *corev1.Node, delta int) {
	if a == nil || n == nil {
		return
	}
	bump := func(m map[pair]int, key string) {
		if v, ok := n.Labels[key]; ok {
			k := pair{key, v}
			if m[k] += delta; m[k] == 0 {
				delete(m, k)
			}
		}
	}
	for i := range moved.RequiredAnti {
		if t := &moved.RequiredAnti[i]; t.Matches(s.Namespace(), c.NamespaceLabels(s.Namespace()), s.Labels()) {
			bump(a.existingAnti, t.TopologyKey)
		}
	}
	if MatchesAll(c, s.RequiredAffinity, moved) {
		for i := range s.RequiredAffinity {
			bump(a.affinity, s.RequiredAffinity[i].TopologyKey)
		}
	}
	for i := range s.RequiredAnti {
		if t := &s.RequiredAnti[i]; t.Matches(moved.Namespace(), c.NamespaceLabels(moved.Namespace()), moved.Labels()) {
			bump(a.anti, t.TopologyKey)
		}
	}
}

func (a *affinityCounts) filter(c *cache.Cluster, s *framework.Shape, n *corev1.Node) *framework.Status {
	if a == nil {
		return nil
	}
	met := true
	for i := range s.RequiredAffinity {
		key := s.RequiredAffinity[i].TopologyKey
		v, ok := n.Labels[key]
		if !ok {
			return AffinityUnmet
		}
		met = met && a.affinity[pair{key, v}] > 0
	}
	// The first pod of a group that wants to be with its own kind may go anywhere.
	if !met && (len(a.affinity) > 0 || !MatchesAll(c, s.RequiredAffinity, s)) {
		return AffinityUnmet
	}
	for i := range s.RequiredAnti {
		key := s.RequiredAnti[i].TopologyKey
		if v, ok := n.Labels[key]; ok && a.anti[pair{key, v}] > 0 {
			return AntiAffinity
		}
	}
	for k, count := range a.existingAnti {
		if v, ok := n.Labels[k.key]; ok && v == k.value && count > 0 {
			return ExistingAnti
		}
	}
	return nil
}

// affinityScores computes InterPodAffinity's raw and normalised scores (interpodaffinity/scoring.go); false: skipped.
func affinityScores(c *cache.Cluster, s *framework.Shape, nodes []*framework.NodeInfo, raw, norm []int64) bool {
	if IgnoresAffinity(s) || len(s.PreferredAffinity)+len(s.PreferredAnti) == 0 && len(c.WithTerms) == 0 {
		return false
	}
	weights := map[pair]int64{}
	for _, n := range c.Nodes() {
		for _, p := range n.Pods {
			AffinityWeights(c, s, p.Shape, func(key string, w int64) {
				if v, ok := n.Node.Labels[key]; ok {
					weights[pair{key, v}] += w
				}
			})
		}
	}
	if len(weights) == 0 {
		return false
	}
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for j, n := range nodes {
		raw[j] = 0
		for k, w := range weights {
			if v, ok := n.Node.Labels[k.key]; ok && v == k.value {
				raw[j] += w
			}
		}
		least, most = min(least, raw[j]), max(most, raw[j])
	}
	for j := range nodes {
		norm[j] = NormalizeAffinity(raw[j], least, most)
	}
	return true
}

// IgnoresAffinity reports that InterPodAffinity does not score for a shape: it is not enabled, or told to look at the
// preferences of running pods only for pods that have some of their own.
func IgnoresAffinity(s *framework.Shape) bool {
	return s.Profile.Weights[framework.InterPodAffinity] == 0 || s.Profile.IgnorePreferredTerms && len(s.PreferredAffinity)+len(s.PreferredAnti) == 0
}

// AffinityWeights tells what an existing pod adds to its node's topologies for a pod of shape s.
func AffinityWeights(c *cache.Cluster, s, existing *framework.Shape, add func(key string, weight int64)) {
	terms := func(ts []framework.AffinityTerm, of *framework.Shape, sign int64) {
		for i := range ts {
			if t := &ts[i]; t.Matches(of.Namespace(), c.NamespaceLabels(of.Namespace()), of.Labels()) {
				w := t.Weight
				if w == 0 {
					// What a required term of a running pod adds to the score of its topology (hardPodAffinityWeight).
					if w = s.Profile.HardAffinityWeight; w == 0 {
						continue
					}
				}
				add(t.TopologyKey, sign*w)
			}
		}
	}
	terms(s.PreferredAffinity, existing, 1)
	terms(s.PreferredAnti, existing, -1)
	terms(existing.RequiredAffinity, s, 1)
	terms(existing.PreferredAffinity, s, 1)
	terms(existing.PreferredAnti, s, -1)
}

// NormalizeAffinity spreads the scores over 0..100.
func NormalizeAffinity(raw, least, most int64) int64 {
	if most == least {
		return 0
	}
	return int64(framework.MaxNodeScore * (float64(raw-least) / float64(most-least)))
}
