package tables

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
)

// table holds what is known about all nodes for one shape; slices are by node index.
type table struct {
	s       *framework.Shape
	weights [plugins.NumScores]int64
	layout  uint64
	pos     uint64 // how far the cluster's log has been read
	used    uint64 // for forgetting the least recently used

	static  []*framework.Status // refusals that depend on the node object
	verdict []*framework.Status // these, or refusals for what runs on the node
	local   []int16             // weighted NodeResourcesFit and BalancedAllocation
	taint   []int16             // TaintToleration, raw
	taints  int                 // nodes with a raw score above 0
	prefer  []int32             // NodeAffinity, raw; nil if the shape prefers nothing
	images  []uint16            // bit i: the node has images[i]

	imageNames []string
	imageTimes []int64 // how often the pod has each
	imageScore []int16 // by bits
	imageEpoch uint64

	selector    labels.Selector // deduced for the default constraints
	soft        []softTable
	needAllKeys bool
	lacking     []bool // nodes that lack a key, if all are needed
	hard        []hardTable
	inter       *interTable
	noInter     bool // the profile does not use InterPodAffinity

	nominated []plugins.Memo // refusals of nodes with nominated pods
	hopeless  []plugins.Memo // where preemption does not help
}

// memo is the memory of a list about a node; nil when the answer depends on more than the shape, the node and its
// nominated pods.
func (t *table) memo(list *[]plugins.Memo, n *framework.NodeInfo, self *framework.PodInfo) *plugins.Memo {
	if len(t.hard) > 0 || t.inter != nil || slices.Contains(n.Nominated, self) {
		return nil
	}
	if *list == nil {
		*list = make([]plugins.Memo, len(t.static))
	}
	return &(*list)[n.Index]
}

// matcher remembers which label sets a selector matches, by the set's ID.
type matcher struct {
	known []int8
	match func(*framework.LabelSet) bool
}

func (m *matcher) matches(set *framework.LabelSet) bool {
	if int(set.ID) >= len(m.known) {
		m.known = append(m.known, make([]int8, int(set.ID)+1-len(m.known)+16)...)
	}
	k := &m.known[set.ID]
	if *k == 0 {
		*k = -1
		if m.match(set) {
			*k = 1
		}
	}
	return *k > 0
}

// build makes the table from the cluster as it is.
func (t *table) build(c *cache.Cluster) {
	nodes := c.Nodes()
	n := len(nodes)
	t.layout, t.pos = c.Layout, c.Position()
	t.static = resize(t.static, n)
	t.verdict = resize(t.verdict, n)
	t.local = resize(t.local, n)
	t.taint = resize(t.taint, n)
	t.images = resize(t.images, n)
	t.taints = 0
	clear(t.taint)
	t.nominated, t.hopeless = nil, nil
	if plugins.Prefers(t.s) {
		t.prefer = resize(t.prefer, n)
	}
	t.nameImages()
	for i, node := range nodes {
		t.setNode(c, i, node)
		t.setPods(i, node)
	}
	t.scoreImages(c)
	t.buildSpread(c)
	t.buildInter(c)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// setNode works out what depends on the node object.
func (t *table) setNode(c *cache.Cluster, i int, n *framework.NodeInfo) {
	t.static[i] = plugins.FilterNode(t.s, n)
	was := t.taint[i]
	t.taint[i] = 0
	if t.weights[plugins.ColTaint] != 0 {
		t.taint[i] = int16(plugins.IntolerableSoft(t.s, n.Node))
	}
	if was > 0 {
		t.taints--
	}
	if t.taint[i] > 0 {
		t.taints++
	}
	if t.prefer != nil {
		t.prefer[i] = int32(plugins.Preference(t.s, n.Node))
	}
	var bits uint16
	for k, name := range t.imageNames {
		if c.HasImage(n, name) {
			bits |= 1 << k
		}
	}
	t.images[i] = bits
}

// setPods works out what depends on the pods of the node.
func (t *table) setPods(i int, n *framework.NodeInfo) {
	v := t.static[i]
	if v == nil {
		v = plugins.FilterPods(t.s, n)
	}
	t.verdict[i] = v
	if v != nil {
		return
	}
	var score int64
	if w := t.weights[plugins.ColFit]; w != 0 {
		score = w * t.s.FitScore(n)
	}
	if w := t.weights[plugins.ColBalanced]; w != 0 && !t.s.BestEffort() {
		score += w * t.s.BalanceScore(n)
	}
	t.local[i] = int16(score)
}

const maxImages = 8 // more different images than this are scored node by node

func (t *table) nameImages() {
	if t.imageNames != nil || t.imageTimes != nil {
		return
	}
	for _, name := range t.s.Images {
		found := false
		for k := range t.imageNames {
			if t.imageNames[k] == name {
				t.imageTimes[k]++
				found = true
			}
		}
		if !found {
			t.imageNames = append(t.imageNames, name)
			t.imageTimes = append(t.imageTimes, 1)
		}
	}
	if len(t.imageNames) > maxImages {
		t.imageNames, t.imageTimes = nil, []int64{}
	}
}

// scoreImages works out the ImageLocality score of each combination of images.
func (t *table) scoreImages(c *cache.Cluster) {
	t.imageEpoch = c.ImageEpoch
	t.imageScore = resize(t.imageScore, 1<<len(t.imageNames))
	var sizes [maxImages]int64
	for k, name := range t.imageNames {
		sizes[k] = c.ImageScore(name) * t.imageTimes[k]
	}
	for bits := range t.imageScore {
		var sum int64
		for k := range t.imageNames {
			if bits&(1<<k) != 0 {
				sum += sizes[k]
			}
		}
		t.imageScore[bits] = int16(t.weights[plugins.ColImage] * plugins.ImageScore(sum, len(t.s.Images)))
	}
}

// crowded reports that the pod has too many images for the table.
func (t *table) crowded() bool {
	return t.imageNames == nil && len(t.s.Images) > 0 && t.weights[plugins.ColImage] != 0
}

// refresh brings the table up to date.
func (t *table) refresh(c *cache.Cluster) {
	nodes := c.Nodes()
	if !t.catchUp(c, nodes) {
		t.build(c)
		return
	}
	if t.imageEpoch != c.ImageEpoch {
		t.scoreImages(c)
	}
}

func (t *table) catchUp(c *cache.Cluster, nodes []*framework.NodeInfo) bool {
	if t.layout != c.Layout || t.static == nil || !t.sameSelector(c) {
		return false
	}
	changes, ok := c.Since(t.pos)
	if !ok {
		return false
	}
	for k := range changes {
		ch := &changes[k]
		i, n := int(ch.Node), nodes[ch.Node]
		if ch.Shape == nil {
			if t.honorsTaints() {
				return false
			}
			t.setNode(c, i, n)
		} else {
			t.moveSpread(i, ch)
			if !t.moveInter(c, i, ch) {
				return false
			}
		}
		// Of several changes to one node only the last needs the sums.
		if k+1 == len(changes) || changes[k+1].Node != ch.Node {
			t.setPods(i, n)
		}
	}
	t.pos = c.Position()
	return true
}

func (t *table) sameSelector(c *cache.Cluster) bool {
	if !plugins.Deduces(t.s) {
		return true
	}
	sel := c.DeducedSelector(t.s)
	if t.selector == nil || sel == nil {
		return t.selector == nil && sel == nil
	}
	return t.s.Deduced.Known && sameSelector(t.selector, sel) || t.selector.String() == sel.String()
}
