package tables_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
	"tabernetes/engine/scheduler/tables"
)

// world is a random cluster that changes at random.
type world struct {
	r      *rand.Rand
	c      *cache.Cluster
	serial int
	nodes  []*corev1.Node
	pods   []*corev1.Pod
	kinds  []*corev1.Pod
}

func (w *world) one(n int) bool { return w.r.IntN(n) == 0 }

func (w *world) pick(s ...string) string { return s[w.r.IntN(len(s))] }

func (w *world) node() *corev1.Node {
	w.serial++
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("node-%d", w.serial), Labels: map[string]string{}}}
	n.Labels[corev1.LabelHostname] = n.Name
	if !w.one(8) {
		n.Labels[corev1.LabelTopologyZone] = w.pick("a", "b", "c")
	}
	if w.one(3) {
		n.Labels["disk"] = w.pick("ssd", "hdd")
	}
	if w.one(12) {
		delete(n.Labels, corev1.LabelHostname)
	}
	w.furnish(n)
	return n
}

func (w *world) furnish(n *corev1.Node) {
	n.Status.Allocatable = corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(int64(1+w.r.IntN(4))*1000, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(int64(1+w.r.IntN(8))<<30, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(int64(4+w.r.IntN(10)), resource.DecimalSI),
	}
	if w.one(3) {
		n.Status.Allocatable["example.com/gpu"] = *resource.NewQuantity(2, resource.DecimalSI)
	}
	n.Spec.Taints = nil
	for range w.r.IntN(3) {
		if w.one(2) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: w.pick("k1", "k2"), Effect: corev1.TaintEffect(w.pick("NoSchedule", "PreferNoSchedule", "NoExecute"))})
		}
	}
	n.Spec.Unschedulable = w.one(10)
	n.Status.Images = nil
	for _, im := range []string{"web:1", "db:2", "log:latest"} {
		if w.one(3) {
			n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{im, im + "@sha"}, SizeBytes: int64(50+w.r.IntN(900)) << 20})
		}
	}
}

func (w *world) selector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": w.pick("x", "y", "z")}}
}

func (w *world) term() corev1.PodAffinityTerm {
	t := corev1.PodAffinityTerm{LabelSelector: w.selector(), TopologyKey: w.pick(corev1.LabelHostname, corev1.LabelTopologyZone, "disk")}
	switch w.r.IntN(4) {
	case 0:
		t.Namespaces = []string{"ns2"}
	case 1:
		t.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": w.pick("red", "blue")}}
	}
	return t
}

func (w *world) kind() *corev1.Pod {
	w.serial++
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: w.pick("ns1", "ns2"), Labels: map[string]string{"app": w.pick("x", "y", "z")}}}
	if w.one(2) {
		t := true
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "rs-" + p.Labels["app"], UID: types.UID(fmt.Sprint("rs", w.serial)), Controller: &t}}
	}
	req := corev1.ResourceList{}
	if !w.one(4) {
		req[corev1.ResourceCPU] = *resource.NewMilliQuantity(int64(50+w.r.IntN(800)), resource.DecimalSI)
	}
	if !w.one(4) {
		req[corev1.ResourceMemory] = *resource.NewQuantity(int64(1+w.r.IntN(900))<<20, resource.BinarySI)
	}
	if w.one(6) {
		req["example.com/gpu"] = *resource.NewQuantity(1, resource.DecimalSI)
	}
	c := corev1.Container{Name: "c", Image: w.pick("web:1", "db:2", "log", "other"), Resources: corev1.ResourceRequirements{Requests: req}}
	if w.one(6) {
		c.Ports = []corev1.ContainerPort{{HostPort: int32(80 + w.r.IntN(2)), Protocol: corev1.ProtocolTCP}}
	}
	p.Spec.Containers = []corev1.Container{c}
	p.Spec.SchedulerName = w.pick(corev1.DefaultSchedulerName, "wild", "odd")
	if w.one(2) {
		five := int32(5)
		p.Spec.Priority = &five
	}
	if w.one(3) {
		p.Spec.Tolerations = []corev1.Toleration{{Key: w.pick("k1", "k2"), Operator: corev1.TolerationOpExists}}
	}
	if w.one(5) {
		p.Spec.NodeSelector = map[string]string{"disk": w.pick("ssd", "hdd")}
	}
	if w.one(3) {
		a := &corev1.Affinity{}
		p.Spec.Affinity = a
		if w.one(2) {
			a.NodeAffinity = &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
				Weight: int32(1 + w.r.IntN(100)), Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{w.pick("a", "b")}}}}}}}
		}
		if w.one(3) {
			a.PodAffinity = &corev1.PodAffinity{}
			if w.one(2) {
				a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution = []corev1.PodAffinityTerm{w.term()}
			} else {
				a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.WeightedPodAffinityTerm{{Weight: int32(1 + w.r.IntN(100)), PodAffinityTerm: w.term()}}
			}
		}
		if w.one(3) {
			a.PodAntiAffinity = &corev1.PodAntiAffinity{}
			if w.one(2) {
				a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution = []corev1.PodAffinityTerm{w.term()}
			} else {
				a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution = []corev1.WeightedPodAffinityTerm{{Weight: int32(1 + w.r.IntN(100)), PodAffinityTerm: w.term()}}
			}
		}
	}
	if w.one(4) {
		for range 1 + w.r.IntN(2) {
			honor := corev1.NodeInclusionPolicyHonor
			c := corev1.TopologySpreadConstraint{MaxSkew: int32(1 + w.r.IntN(3)), TopologyKey: w.pick(corev1.LabelHostname, corev1.LabelTopologyZone),
				WhenUnsatisfiable: corev1.UnsatisfiableConstraintAction(w.pick("DoNotSchedule", "ScheduleAnyway")), LabelSelector: w.selector()}
			if w.one(3) {
				c.NodeTaintsPolicy = &honor
			}
			if w.one(3) && c.WhenUnsatisfiable == corev1.DoNotSchedule {
				n := int32(2)
				c.MinDomains = &n
			}
			p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, c)
		}
	}
	return p
}

func (w *world) pod() *corev1.Pod {
	w.serial++
	p := *w.kinds[w.r.IntN(len(w.kinds))]
	p.Name = fmt.Sprintf("pod-%d", w.serial)
	p.UID = types.UID(p.Name)
	if w.one(4) {
		p.Labels = maps.Clone(p.Labels)
		p.Labels["apps.kubernetes.io/pod-index"] = fmt.Sprint(w.r.IntN(3))
	}
	if w.one(4) {
		return p.DeepCopy() // not all pods of a template share its memory
	}
	return &p
}

func (w *world) change() {
	switch k := w.r.IntN(20); {
	case k < 1:
		n := w.node()
		w.nodes = append(w.nodes, n)
		w.c.AddNode(n)
	case k < 2 && len(w.nodes) > 5:
		i := w.r.IntN(len(w.nodes))
		w.c.RemoveNode(w.nodes[i])
		w.nodes = append(w.nodes[:i:i], w.nodes[i+1:]...)
	case k < 5:
		i := w.r.IntN(len(w.nodes))
		n := w.nodes[i].DeepCopy()
		w.furnish(n)
		if w.one(5) {
			n.Labels["disk"] = w.pick("ssd", "hdd")
		}
		w.nodes[i] = n
		w.c.UpdateNode(n)
	case k < 8 && len(w.pods) > 0:
		i := w.r.IntN(len(w.pods))
		w.c.RemovePod(w.pods[i].UID)
		w.pods = append(w.pods[:i:i], w.pods[i+1:]...)
	case k < 10 && len(w.pods) > 0:
		i := w.r.IntN(len(w.pods))
		p := *w.pods[i]
		if w.one(2) {
			p.DeletionTimestamp = &metav1.Time{}
		} else {
			p.Labels = map[string]string{"app": w.pick("x", "y", "z")}
		}
		w.pods[i] = &p
		w.c.UpdatePod(&p)
	case k < 11:
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: w.pick("ns1", "ns2"), Name: w.pick("s1", "s2")}}
		if !w.one(4) {
			s.Spec.Selector = map[string]string{"app": w.pick("x", "y", "z")}
			if w.one(10) {
				s.Spec.Selector["apps.kubernetes.io/pod-index"] = "1"
			}
		}
		w.c.SetService(s)
	case k < 12:
		p := w.pod()
		p.Status.NominatedNodeName = w.nodes[w.r.IntN(len(w.nodes))].Name
		high := int32(10)
		p.Spec.Priority = &high
		w.c.Nominate(&framework.PodInfo{Pod: p, Shape: w.c.Shape(p)}, p.Status.NominatedNodeName)
		if w.one(2) {
			w.c.Unnominate(p.UID)
		}
	}
}

func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), c: cache.New()}
	w.c.SetProfiles(w.profiles())
	w.c.SetNamespace("ns1", map[string]string{"team": "red"})
	w.c.SetNamespace("ns2", map[string]string{"team": "blue"})
	w.c.SetOwnerSelector(func(ref *metav1.OwnerReference, ns string) (labels.Selector, bool) {
		if ref.Kind != "ReplicaSet" {
			return labels.Everything(), true
		}
		return labels.SelectorFromSet(labels.Set{"app": ref.Name[3:]}), true
	})
	_ = appsv1.SchemeGroupVersion
	for range 5 + w.r.IntN(40) {
		n := w.node()
		w.nodes = append(w.nodes, n)
		w.c.AddNode(n)
	}
	for range 1 + w.r.IntN(6) {
		w.kinds = append(w.kinds, w.kind())
	}
	return w
}

// TestTablesAgreeWithPlugins schedules random pods on random, changing clusters both ways: the same nodes must be
// feasible, with the same scores, and the same one chosen. The pods are of the default profile and of two random ones.
func TestTablesAgreeWithPlugins(t *testing.T) {
	preempted := 0
	defer func() { require.Greater(t, preempted, 400, "looks for preemption") }()
	for seed := range uint64(160) {
		w := newWorld(seed)
		if seed%16 == 0 {
			for range 150 { // more nodes than are searched
				n := w.node()
				w.nodes = append(w.nodes, n)
				w.c.AddNode(n)
			}
		}
		e := tables.New(w.c)
		start := 0
		for step := range 150 {
			w.change()
			p := w.pod()
			s := w.c.Shape(p)
			nodes := w.c.Nodes()
			start %= len(nodes)
			self := &framework.PodInfo{Pod: p, Shape: s}
			fast, slow := rand.New(rand.NewPCG(seed, uint64(step))), rand.New(rand.NewPCG(seed, uint64(step)))
			where := fmt.Sprintf("seed %d step %d pod %s", seed, step, p.Name)

			out := e.Find(s, self, start, fast)
			st, refused := plugins.PreFilter(w.c, s)
			require.Nil(t, refused)
			found := st.Find(nodes, start, self)
			require.Equal(t, len(found.Feasible), out.Feasible, where)
			for j, i := range e.Feasible() {
				require.Equal(t, found.Feasible[j].Name, nodes[i].Name, where)
			}
			for _, r := range found.Refused {
				got := e.Refusal(r.Node.Index, self)
				require.NotNil(t, got, where)
				require.Equal(t, *r.Status, *got, where)
			}
			require.Equal(t, len(found.Feasible)+len(found.Refused), out.Looked, where)
			if out.Feasible == 0 {
				require.Nil(t, out.Node, where)
				preempt := func(recall func(*framework.NodeInfo, *framework.PodInfo) *plugins.Memo) plugins.Verdict {
					return (&plugins.Preemption{Cluster: w.c, Shape: s, Pod: p, Self: self, Rand: rand.New(rand.NewPCG(seed, uint64(step))),
						Refusal: func(i int32) *framework.Status { return e.Refusal(i, self) }, Hopeless: recall}).Run()
				}
				require.Equal(t, preempt(nil), preempt(e.Hopeless), where)
				if s.Priority > 0 {
					preempted++
				}
				continue
			}
			want := found.Feasible[0]
			if out.Feasible > 1 {
				table := plugins.Score(w.c, s, found.Feasible)
				for j := range found.Feasible {
					row := e.Row(j)
					for k := range plugins.NumScores {
						require.EqualValues(t, table.Raw[k][j], row.Raw[k], "%s node %s raw %s", where, row.Node.Name, plugins.ScorePlugins[k])
						if !table.Skipped[k] {
							require.EqualValues(t, table.Norm[k][j], row.Norm[k], "%s node %s norm %s", where, row.Node.Name, plugins.ScorePlugins[k])
						}
					}
					require.EqualValues(t, table.Total[j], row.Total, where)
				}
				best := table.Best(slow)
				want = found.Feasible[best]
				require.EqualValues(t, table.Total[best], out.Score, where)
			}
			require.Equal(t, want.Name, out.Node.Name, where)
			start = (start + out.Looked) % len(nodes)
			bound := *p
			bound.Spec.NodeName = out.Node.Name
			w.c.Assume(p, s, out.Node)
			w.c.AddPod(&bound)
			w.pods = append(w.pods, &bound)
		}
	}
}
