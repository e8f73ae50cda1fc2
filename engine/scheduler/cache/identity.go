package cache

import (
	"maps"
	"slices"

	"tabernetes/engine/scheduler/framework"
)

// anonymous leaves identity labels out.
func anonymous(labels map[string]string) map[string]string {
	for k := range labels {
		if framework.Identity(k) {
			out := maps.Clone(labels)
			maps.DeleteFunc(out, func(k, _ string) bool { return framework.Identity(k) })
			return out
		}
	}
	return labels
}

// nameAll is called once, when something begins to select pods by an identity label: from then on such labels count,
// and all pods get their shapes anew.
func (c *Cluster) nameAll() {
	c.byIdentity = true
	c.Epoch++
	c.shapes, c.nShapes = map[uint64][]*framework.Shape{}, 0
	c.sets = map[uint64][]*framework.LabelSet{}
	for _, name := range slices.Sorted(maps.Keys(c.nodes)) {
		for _, p := range c.nodes[name].Pods {
			c.detach(p)
			p.Shape = c.Shape(p.Pod)
			c.attach(p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.byNode)) {
		for _, p := range c.byNode[name] {
			p.Shape = c.Shape(p.Pod)
		}
	}
	c.relayout()
}
