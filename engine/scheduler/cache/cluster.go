package cache

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
)

// Cluster is the scheduler's picture of the cluster.
type Cluster struct {
	nodes map[string]*framework.NodeInfo // also nodes that only pods speak of
	tree  nodeTree
	list  []*framework.NodeInfo
	stale bool // list does not agree with tree

	// Layout changes whenever a node's place or labels change: indexes and topologies of an older layout are void.
	Layout     uint64
	topologies map[string]*Topology

	log     []Change
	logBase uint64
	gen     uint64

	pods    map[types.UID]*framework.PodInfo
	assumed map[types.UID]bool

	sets    map[uint64][]*framework.LabelSet
	setID   int32
	shapes  map[uint64][]*framework.Shape
	nShapes int
	sweepAt int
	// WithTerms are the shapes on nodes that have inter-pod terms of their own, in a deterministic order.
	WithTerms []*framework.Shape

	images     map[string]*image
	ImageEpoch uint64 // changes whenever an image appears on or vanishes from a node

	namespaces map[string]map[string]string
	owners     owners
	byIdentity bool
	profiles   map[string]*framework.Profile
	// Epoch changes when all shapes have been made anew; those of an older epoch are void.
	Epoch uint64
	nominator
}

// Change tells what happened on a node of the list.
type Change struct {
	Node  int32            // index
	Shape *framework.Shape // of the pod that came or went; nil if the node object changed
	Count int8             // +1 came, -1 went
	// Spread is Count as spreading sees it: a pod being deleted does not count.
	Spread int8
}

// Topology divides the nodes of the list by the value of a label.
type Topology struct {
	Key    string
	Domain []int32 // by node index; -1 where the label is missing
	Values []string
}

// New makes an empty picture.
func New() *Cluster {
	c := &Cluster{
		nodes: map[string]*framework.NodeInfo{}, topologies: map[string]*Topology{}, pods: map[types.UID]*framework.PodInfo{},
		assumed: map[types.UID]bool{}, sets: map[uint64][]*framework.LabelSet{}, shapes: map[uint64][]*framework.Shape{},
		images: map[string]*image{}, namespaces: map[string]map[string]string{}, sweepAt: 4096,
	}
	c.owners.init()
	c.nominator.init()
	return c
}

// SetProfiles tells by which profiles pods are scheduled; without, and for the pods of other schedulers, it is the default
// one. Call it before the first pod comes.
func (c *Cluster) SetProfiles(list []*framework.Profile) {
	c.profiles = map[string]*framework.Profile{}
	for _, p := range list {
		c.profiles[p.Name] = p
	}
}

func (c *Cluster) profile(pod *corev1.Pod) *framework.Profile {
	if p := c.profiles[pod.Spec.SchedulerName]; p != nil {
		return p
	}
	return framework.Default
}

// Nodes lists the nodes, round robin over zones. The slice is the cluster's own.
func (c *Cluster) Nodes() []*framework.NodeInfo {
	if c.stale {
		c.stale = false
		for _, n := range c.list {
			n.Index = -1
		}
		c.list = c.list[:0]
		for _, name := range c.tree.list() {
			n := c.nodes[name]
			n.Index = int32(len(c.list))
			c.list = append(c.list, n)
		}
		c.relayout()
	}
	return c.list
}

func (c *Cluster) relayout() {
	c.Layout++
	clear(c.topologies)
}

// Node finds a node that exists.
func (c *Cluster) Node(name string) *framework.NodeInfo {
	if n := c.nodes[name]; n != nil && n.Node != nil {
		return n
	}
	return nil
}

// Topology divides the nodes by a label.
func (c *Cluster) Topology(key string) *Topology {
	nodes := c.Nodes()
	t := c.topologies[key]
	if t == nil {
		t = &Topology{Key: key, Domain: make([]int32, len(nodes))}
		ids := make(map[string]int32, len(nodes))
		for i, n := range nodes {
			v, ok := n.Node.Labels[key]
			if !ok {
				t.Domain[i] = -1
				continue
			}
			id, ok := ids[v]
			if !ok {
				id = int32(len(t.Values))
				ids[v] = id
				t.Values = append(t.Values, v)
			}
			t.Domain[i] = id
		}
		c.topologies[key] = t
	}
	return t
}

// Position is the end of the log.
func (c *Cluster) Position() uint64 { return c.logBase + uint64(len(c.log)) }

// Since returns the changes from a position on; ok is false if the log no longer reaches back so far. The indexes
// are those of the current layout only if the layout has not changed since.
func (c *Cluster) Since(pos uint64) (changes []Change, ok bool) {
	if pos < c.logBase {
		return nil, false
	}
	return c.log[pos-c.logBase:], true
}

const logLimit = 16384

func (c *Cluster) note(n *framework.NodeInfo, s *framework.Shape, count, spread int8) {
	c.gen++
	n.Generation = c.gen
	if c.stale || n.Index < 0 {
		return // whoever reads the log will find a new layout anyway
	}
	if len(c.log) >= logLimit {
		half := len(c.log) / 2
		c.logBase += uint64(half)
		c.log = c.log[:copy(c.log, c.log[half:])]
	}
	c.log = append(c.log, Change{n.Index, s, count, spread})
}

func (c *Cluster) nodeEntry(name string) *framework.NodeInfo {
	n := c.nodes[name]
	if n == nil {
		n = &framework.NodeInfo{Name: name, Index: -1}
		c.nodes[name] = n
		c.showNominated(n)
	}
	return n
}

// AddNode takes in a new node.
func (c *Cluster) AddNode(node *corev1.Node) {
	n := c.nodeEntry(node.Name)
	if n.Node != nil {
		c.UpdateNode(node)
		return
	}
	n.SetNode(node)
	c.tree.add(node)
	c.stale = true
	c.setImages(n, nil, node.Status.Images)
}

// UpdateNode takes in a new version of a node. It reports whether anything that scheduling looks at changed.
func (c *Cluster) UpdateNode(node *corev1.Node) bool {
	n := c.nodes[node.Name]
	if n == nil || n.Node == nil {
		c.AddNode(node)
		return true
	}
	old := n.Node
	if zoneKey(old) != zoneKey(node) {
		c.tree.remove(old)
		c.tree.add(node)
		c.stale = true
	}
	relabelled := !equality.Semantic.DeepEqual(old.Labels, node.Labels)
	changed := relabelled || old.Spec.Unschedulable != node.Spec.Unschedulable ||
		!equality.Semantic.DeepEqual(old.Spec.Taints, node.Spec.Taints) ||
		!equality.Semantic.DeepEqual(old.Status.Allocatable, node.Status.Allocatable)
	images := !sameImages(old.Status.Images, node.Status.Images)
	if !changed {
		n.Node = node
	} else {
		n.SetNode(node)
	}
	if images {
		c.setImages(n, old.Status.Images, node.Status.Images)
	}
	if relabelled {
		c.relayout()
	}
	if changed || images {
		c.note(n, nil, 0, 0)
	}
	return changed || images
}

// RemoveNode takes a node out. Its pods stay until they are told gone.
func (c *Cluster) RemoveNode(node *corev1.Node) {
	n := c.nodes[node.Name]
	if n == nil || n.Node == nil {
		return
	}
	c.setImages(n, n.Node.Status.Images, nil)
	c.tree.remove(n.Node)
	c.stale = true
	n.SetNode(nil)
	if len(n.Pods) == 0 {
		n.Index = -1
		delete(c.nodes, node.Name)
		c.list = slices.DeleteFunc(c.list, func(x *framework.NodeInfo) bool { return x == n })
	}
}

// SetNamespace takes in the labels of a namespace.
func (c *Cluster) SetNamespace(name string, labels map[string]string) {
	if old, ok := c.namespaces[name]; !ok && len(labels) == 0 || ok && equality.Semantic.DeepEqual(old, labels) {
		c.namespaces[name] = labels
		return
	}
	c.namespaces[name] = labels
	c.relayout() // terms may select by them
}

// RemoveNamespace forgets a namespace.
func (c *Cluster) RemoveNamespace(name string) { delete(c.namespaces, name) }

// NamespaceLabels are the labels of a namespace, nil if it is not known.
func (c *Cluster) NamespaceLabels(name string) map[string]string { return c.namespaces[name] }
