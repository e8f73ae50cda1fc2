package cache

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

// nominator knows which waiting pods have a node set aside for them
// (pkg/scheduler/backend/queue/nominator.go). The NodeInfo of a known node has the same list.
type nominator struct {
	byNode map[string][]*framework.PodInfo
	nodeOf map[types.UID]string
	stamp  uint64
}

func (m *nominator) init() {
	m.byNode = map[string][]*framework.PodInfo{}
	m.nodeOf = map[types.UID]string{}
}

// Nominate sets a node aside for a pod, instead of any earlier one; "" sets none aside.
func (c *Cluster) Nominate(p *framework.PodInfo, node string) {
	uid := p.Pod.UID
	c.Unnominate(uid)
	if node == "" {
		return
	}
	c.nodeOf[uid] = node
	c.setNominated(node, append(slices.Clip(c.byNode[node]), p))
}

// Unnominate drops a pod's nomination.
func (c *Cluster) Unnominate(uid types.UID) {
	node, ok := c.nodeOf[uid]
	if !ok {
		return
	}
	delete(c.nodeOf, uid)
	c.setNominated(node, slices.DeleteFunc(slices.Clone(c.byNode[node]), func(p *framework.PodInfo) bool { return p.Pod.UID == uid }))
}

func (c *Cluster) setNominated(node string, list []*framework.PodInfo) {
	if len(list) == 0 {
		delete(c.byNode, node)
	} else {
		c.byNode[node] = list
	}
	if n := c.nodes[node]; n != nil {
		c.showNominated(n)
	}
}

// showNominated tells a node what is nominated to it.
func (c *Cluster) showNominated(n *framework.NodeInfo) {
	c.stamp++
	n.Nominated, n.NominatedAt = c.byNode[n.Name], c.stamp
}

// NominatedNode is the node set aside for a pod, or "".
func (c *Cluster) NominatedNode(uid types.UID) string { return c.nodeOf[uid] }

// AnyNominated reports that there are nominated pods at all.
func (c *Cluster) AnyNominated() bool { return len(c.byNode) > 0 }
