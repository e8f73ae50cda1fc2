package cache

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

// nominator knows which waiting pods have a node set aside for them
// (pkg/scheduler/backend/queue/nominator.go).
type nominator struct {
	byNode map[string][]*framework.PodInfo
	nodeOf map[types.UID]string
}

func (m *nominator) init() {
	m.byNode = map[string][]*framework.PodInfo{}
	m.nodeOf = map[types.UID]string{}
}

// Nominate sets a node aside for a pod, instead of any earlier one; "" sets none aside.
func (m *nominator) Nominate(p *framework.PodInfo, node string) {
	uid := p.Pod.UID
	m.Unnominate(uid)
	if node == "" {
		return
	}
	m.nodeOf[uid] = node
	m.byNode[node] = append(m.byNode[node], p)
}

// Unnominate drops a pod's nomination.
func (m *nominator) Unnominate(uid types.UID) {
	node, ok := m.nodeOf[uid]
	if !ok {
		return
	}
	delete(m.nodeOf, uid)
	list := slices.DeleteFunc(m.byNode[node], func(p *framework.PodInfo) bool { return p.Pod.UID == uid })
	if len(list) == 0 {
		delete(m.byNode, node)
	} else {
		m.byNode[node] = list
	}
}

// NominatedNode is the node set aside for a pod, or "".
func (m *nominator) NominatedNode(uid types.UID) string { return m.nodeOf[uid] }

// AnyNominated reports that there are nominated pods at all.
func (m *nominator) AnyNominated() bool { return len(m.byNode) > 0 }

// Nominated are the pods that a node is set aside for.
func (m *nominator) Nominated(node string) []*framework.PodInfo { return m.byNode[node] }
