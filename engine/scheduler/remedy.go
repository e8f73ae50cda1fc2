package scheduler

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
	"tabernetes/engine/scheduler/queue"
	"tabernetes/engine/scheduler/volumes"
)

// The kinds of changes that let a waiting pod in, the cheapest first.
const (
	RemedyRecover    = "recover"    // the node becomes Ready, or loses its pressure
	RemedyUncordon   = "uncordon"   // the node is uncordoned
	RemedyToleration = "toleration" // the pod tolerates What
	RemedyLabel      = "label"      // the node gets the labels What
	RemedyRequest    = "request"    // the pod asks for no more than What
	RemedyRoom       = "room"       // so much more is free on the node
	RemedyPort       = "port"       // the host ports What are given free on the node
	RemedyNode       = "node"       // a node with so much free, and the labels that the pod demands, joins
)

var remedyOrder = []string{RemedyRecover, RemedyUncordon, RemedyToleration, RemedyLabel, RemedyRequest, RemedyRoom, RemedyPort, RemedyNode}

// Remedy is one change after which a pod that waits would fit, everything else staying as it is.
type Remedy struct {
	Kind string
	What string
	// Nodes are where it would then go, in the cluster's order; none for a node that joins.
	Nodes []string
}

// maxRemedies bounds what is told, and maxRemedyNodes how many nodes are looked at.
const (
	maxRemedies    = 8
	maxRemedyNodes = 500
)

// Remedies are the single changes that would let the pod of this decision in as the cluster is now, the cheapest first;
// none for a pod that does not wait any more. They are worked out when asked for: a full cluster refuses thousands of
// pods a minute, and a person looks at one.
func (d *Decision) Remedies() []Remedy {
	if d.waits == nil {
		return nil
	}
	p := d.waits.s.queue.Get(d.waits.uid)
	if p == nil || len(p.Pod.Spec.SchedulingGates) > 0 {
		return nil
	}
	return d.waits.s.remedies(p)
}

// waiting is a pod in the queue of a scheduler.
type waiting struct {
	s   *Scheduler
	uid types.UID
}

func (s *Scheduler) remedies(p *queue.Pod) []Remedy {
	st, refused := plugins.PreFilter(s.cluster, p.Shape)
	if refused != nil {
		return nil
	}
	if volumes.Needs(p.Pod) {
		vs, refused := s.storage.PreFilter(p.Pod, p.Shape.Profile)
		if refused != nil {
			return nil
		}
		st.WithVolumes(vs)
	}
	r := remedies{st: st, shape: p.Shape, asked: p.Info}
	nodes := plugins.Candidates(s.cluster, p.Shape)
	for _, n := range nodes[:min(len(nodes), maxRemedyNodes)] {
		r.look(n)
	}
	r.leastRoom()
	if !p.Shape.NarrowsNodes {
		r.join(nodes)
	}
	slices.SortStableFunc(r.found, func(a, b Remedy) int {
		return slices.Index(remedyOrder, a.Kind) - slices.Index(remedyOrder, b.Kind)
	})
	return r.found[:min(len(r.found), maxRemedies)]
}

type remedies struct {
	st    *plugins.State
	shape *framework.Shape
	asked *framework.PodInfo
	found []Remedy
	// least is the node where the least is missing of all where only room is missing.
	least        *framework.NodeInfo
	leastMissing float64
}

func (r *remedies) add(kind, what, node string) {
	i := slices.IndexFunc(r.found, func(x Remedy) bool { return x.Kind == kind && x.What == what })
	if i < 0 {
		r.found = append(r.found, Remedy{Kind: kind, What: what})
		i = len(r.found) - 1
	}
	if node != "" {
		r.found[i].Nodes = append(r.found[i].Nodes, node)
	}
}

// look finds what single change would let the pod on a node.
func (r *remedies) look(n *framework.NodeInfo) {
	if r.st.FilterWithNominated(n, r.asked) == nil {
		return // it fits: whatever failed has passed, and the next attempt will find it
	}
	refusals := r.st.Refusals(n)
	cordoned := n.Node.Spec.Unschedulable
	refusals = slices.DeleteFunc(refusals, func(s *framework.Status) bool { return cordoned && s.Plugin == framework.NodeUnschedulable })
	var taints []string
	sick := false
	for i := range n.Node.Spec.Taints {
		t := &n.Node.Spec.Taints[i]
		switch {
		case t.Effect != corev1.TaintEffectNoSchedule && t.Effect != corev1.TaintEffectNoExecute || framework.TolerateTaint(r.shape.Tolerations, t):
		case t.Key == corev1.TaintNodeUnschedulable:
			cordoned = true
		case ofCondition(t.Key):
			sick = true
		default:
			taints = append(taints, t.ToString())
		}
	}
	refusals = slices.DeleteFunc(refusals, func(s *framework.Status) bool { return s.Plugin == framework.TaintToleration })
	changes := len(refusals)
	for _, b := range []bool{cordoned, sick, len(taints) > 0} {
		if b {
			changes++
		}
	}
	if changes != 1 {
		return
	}
	switch {
	case sick:
		r.add(RemedyRecover, "", n.Name)
	case cordoned:
		r.add(RemedyUncordon, "", n.Name)
	case len(taints) > 0:
		r.add(RemedyToleration, strings.Join(taints, ", "), n.Name)
	case refusals[0].Plugin == framework.NodeAffinity:
		if what := r.labels(n.Node.Labels); what != "" {
			r.add(RemedyLabel, what, n.Name)
		}
	case refusals[0].Plugin == framework.NodePorts:
		r.add(RemedyPort, r.ports(n), n.Name)
	case refusals[0].Plugin == framework.NodeResourcesFit:
		r.room(n)
	}
}

// ofCondition reports the taints that come and go with a node's conditions.
func ofCondition(key string) bool {
	switch key {
	case corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable, corev1.TaintNodeNetworkUnavailable, corev1.TaintNodeMemoryPressure,
		corev1.TaintNodeDiskPressure, corev1.TaintNodePIDPressure, "node.cloudprovider.kubernetes.io/uninitialized":
		return true
	}
	return false
}

// labels are those that a node with these would have to get, in the form of kubectl label; "" if labels do not help.
func (r *remedies) labels(have map[string]string) string {
	want := r.demanded(have)
	if want == nil {
		return ""
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if v, ok := have[k]; !ok || v != want[k] {
			out = append(out, k+"="+want[k])
		}
	}
	return strings.Join(out, " ")
}

// demanded are labels with which a node of these labels would satisfy spec.nodeSelector and required node affinity; nil
// if none will. Of several terms the one that asks for the fewest changes is taken.
func (r *remedies) demanded(have map[string]string) map[string]string {
	base := maps.Clone(have)
	if base == nil {
		base = map[string]string{}
	}
	maps.Copy(base, r.shape.Exemplar.Spec.NodeSelector)
	tries := []map[string]string{base}
	if a := r.shape.Exemplar.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		tries = nil
		for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			t := maps.Clone(base)
			for _, e := range term.MatchExpressions {
				switch _, ok := t[e.Key]; {
				case e.Operator == corev1.NodeSelectorOpIn && len(e.Values) > 0 && !slices.Contains(e.Values, t[e.Key]):
					t[e.Key] = e.Values[0]
				case e.Operator == corev1.NodeSelectorOpExists && !ok:
					t[e.Key] = "true"
				}
			}
			tries = append(tries, t)
		}
	}
	var best map[string]string
	fewest := 0
	for _, t := range tries {
		n := &corev1.Node{}
		n.Labels = t
		if !r.shape.RequiredNodes.Match(n) {
			continue
		}
		changes := 0
		for k, v := range t {
			if old, ok := have[k]; !ok || old != v {
				changes++
			}
		}
		if best == nil || changes < fewest {
			best, fewest = t, changes
		}
	}
	return best
}

func (r *remedies) ports(n *framework.NodeInfo) string {
	var out []string
	for _, p := range r.shape.Ports {
		if n.PortConflict([]framework.HostPort{p}) {
			out = append(out, resource.NewQuantity(int64(p.Port), resource.DecimalSI).String()+"/"+string(p.Protocol))
		}
	}
	return strings.Join(out, ", ")
}

// room compares what is missing on a node where nothing else is: relative to the node, of the resource that is worst off.
func (r *remedies) room(n *framework.NodeInfo) {
	worst := 0.0
	for _, l := range lacks(r.shape, n) {
		worst = max(worst, float64(l.missing)/float64(max(1, l.of)))
	}
	if r.least == nil || worst < r.leastMissing {
		r.least, r.leastMissing = n, worst
	}
}

// lack is how much of a resource is missing on a node, in its unit (thousandths of a core, bytes, pieces).
type lack struct {
	name          corev1.ResourceName
	missing, free int64
	of            int64 // what the node has in all
}

func (l *lack) text(v int64) string {
	switch l.name {
	case corev1.ResourceCPU:
		return resource.NewMilliQuantity(v, resource.DecimalSI).String() + " cpu"
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return bytes(v) + " " + string(l.name)
	}
	return resource.NewQuantity(v, resource.DecimalSI).String() + " " + string(l.name)
}

// bytes rounds up to whole Mi: a person asks for those.
func bytes(v int64) string {
	const mi = 1 << 20
	return resource.NewQuantity((v+mi-1)/mi*mi, resource.BinarySI).String()
}

func lacks(s *framework.Shape, n *framework.NodeInfo) (out []lack) {
	check := func(name corev1.ResourceName, want, have, used int64) {
		if want > 0 && want > have-used {
			out = append(out, lack{name, want - (have - used), have - used, have})
		}
	}
	q := s.Asks()
	if len(n.Pods)+1 > n.AllowedPods {
		out = append(out, lack{corev1.ResourcePods, int64(len(n.Pods) + 1 - n.AllowedPods), 0, int64(n.AllowedPods)})
	}
	check(corev1.ResourceCPU, q.MilliCPU, n.Allocatable.MilliCPU, n.Requested.MilliCPU)
	check(corev1.ResourceMemory, q.Memory, n.Allocatable.Memory, n.Requested.Memory)
	check(corev1.ResourceEphemeralStorage, q.EphemeralStorage, n.Allocatable.EphemeralStorage, n.Requested.EphemeralStorage)
	for _, x := range q.Scalars {
		check(x.Name, x.Value, n.Allocatable.Scalar(x.Name), n.Requested.Scalar(x.Name))
	}
	return out
}

// leastRoom tells what is missing where the least is: less asked for, or more free.
func (r *remedies) leastRoom() {
	if r.least == nil {
		return
	}
	var less, more []string
	reducible := true
	for _, l := range lacks(r.shape, r.least) {
		more = append(more, l.text(l.missing))
		if l.name == corev1.ResourceMemory || l.name == corev1.ResourceEphemeralStorage {
			l.free = l.free >> 20 << 20
		}
		less = append(less, l.text(l.free))
		reducible = reducible && l.free > 0 && l.name != corev1.ResourcePods
	}
	if reducible {
		r.add(RemedyRequest, strings.Join(less, ", "), r.least.Name)
	}
	r.add(RemedyRoom, strings.Join(more, ", "), r.least.Name)
}

// join tries a node that is not there: as large as the pod asks for, with the labels it demands, in each zone.
func (r *remedies) join(nodes []*framework.NodeInfo) {
	zones := []string{""}
	for _, n := range nodes {
		if z := n.Node.Labels[corev1.LabelTopologyZone]; z != "" && !slices.Contains(zones, z) && len(zones) < maxRemedies {
			zones = append(zones, z)
		}
	}
	for _, zone := range zones {
		have := map[string]string{corev1.LabelHostname: "a-new-node"}
		if zone != "" {
			have[corev1.LabelTopologyZone] = zone
		}
		want := r.demanded(have)
		if want == nil {
			return
		}
		n := &framework.NodeInfo{Name: "a-new-node", Index: -1}
		node := &corev1.Node{}
		node.Name, node.Labels = n.Name, want
		n.SetNode(node)
		n.Allocatable, n.AllowedPods = r.shape.Requests, 1
		if r.st.Filter(n) != nil {
			continue
		}
		var what []string
		for _, l := range lacks(r.shape, &framework.NodeInfo{Allocatable: framework.Resource{}, AllowedPods: 1}) {
			what = append(what, l.text(l.missing))
		}
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if k != corev1.LabelHostname && (k != corev1.LabelTopologyZone || zone != "") {
				what = append(what, k+"="+want[k])
			}
		}
		r.add(RemedyNode, strings.Join(what, ", "), "")
		return
	}
}
