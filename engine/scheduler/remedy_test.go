package scheduler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/scheduler"
)

func label(k, v string) func(*corev1.Node) { return func(n *corev1.Node) { n.Labels[k] = v } }

func cordoned(n *corev1.Node) {
	n.Spec.Unschedulable = true
	taint(corev1.TaintNodeUnschedulable, corev1.TaintEffectNoSchedule)(n)
}

func mem(v string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Requests[corev1.ResourceMemory] = resource.MustParse(v)
	}
}

func needs(kv ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.NodeSelector = map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			p.Spec.NodeSelector[kv[i]] = kv[i+1]
		}
	}
}

func hostPort(n int32) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: n, ContainerPort: n}}
	}
}

func apart(p *corev1.Pod) {
	p.Labels = map[string]string{"app": "one"}
	p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
		LabelSelector: &metav1.LabelSelector{MatchLabels: p.Labels}, TopologyKey: corev1.LabelHostname,
	}}}}
}

func inTerms(key string, values ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}}},
		}}}
	}
}

// What is told must be true: the first remedy of each situation is carried out, and the pod gets a node.
func TestRemedies(t *testing.T) {
	for name, x := range map[string]struct {
		nodes []*corev1.Node
		pods  []*corev1.Pod
		stuck *corev1.Pod
		want  []scheduler.Remedy
	}{
		"a cordoned node": {
			nodes: []*corev1.Node{node("a", "2", "2Gi", cordoned), node("b", "1", "2Gi")},
			stuck: pod("p", "1500m"),
			want: []scheduler.Remedy{
				{Kind: "uncordon", Nodes: []string{"a"}}, {Kind: "request", What: "1 cpu", Nodes: []string{"b"}},
				{Kind: "room", What: "500m cpu", Nodes: []string{"b"}}, {Kind: "node", What: "1500m cpu"},
			},
		},
		"taints": {
			nodes: []*corev1.Node{node("a", "2", "2Gi", taint("gpu", corev1.TaintEffectNoSchedule)), node("b", "2", "2Gi", taint("gpu", corev1.TaintEffectNoSchedule)),
				node("c", "2", "2Gi", taint("x", corev1.TaintEffectNoExecute), taint("y", corev1.TaintEffectNoSchedule)), node("d", "1", "1Gi", taint("z", corev1.TaintEffectNoSchedule))},
			stuck: pod("p", "1500m"),
			want: []scheduler.Remedy{
				{Kind: "toleration", What: "gpu:NoSchedule", Nodes: []string{"a", "b"}}, {Kind: "toleration", What: "x:NoExecute, y:NoSchedule", Nodes: []string{"c"}},
				{Kind: "node", What: "1500m cpu"},
			},
		},
		"a node that is not ready": {
			nodes: []*corev1.Node{node("a", "2", "2Gi", taint(corev1.TaintNodeNotReady, corev1.TaintEffectNoSchedule), taint(corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute))},
			stuck: pod("p", ""),
			want:  []scheduler.Remedy{{Kind: "recover", Nodes: []string{"a"}}, {Kind: "node", What: ""}},
		},
		"labels": {
			nodes: []*corev1.Node{node("a", "2", "2Gi", label("disk", "hdd")), node("b", "1", "2Gi")},
			stuck: pod("p", "1500m", needs("disk", "ssd", "tier", "web")),
			want:  []scheduler.Remedy{{Kind: "label", What: "disk=ssd tier=web", Nodes: []string{"a"}}, {Kind: "node", What: "1500m cpu, disk=ssd, tier=web"}},
		},
		"affinity terms": {
			nodes: []*corev1.Node{node("a", "2", "2Gi"), node("b", "2", "2Gi", label("zone", "z9"))},
			stuck: pod("p", "1", inTerms("zone", "z1", "z2")),
			want:  []scheduler.Remedy{{Kind: "label", What: "zone=z1", Nodes: []string{"a", "b"}}, {Kind: "node", What: "1 cpu, zone=z1"}},
		},
		"too little of two": {
			nodes: []*corev1.Node{node("a", "1", "1Gi"), node("b", "4", "1Gi")},
			pods:  []*corev1.Pod{pod("full", "500m", mem("600Mi"), on("b"))},
			stuck: pod("p", "3600m", mem("512Mi")),
			want: []scheduler.Remedy{
				{Kind: "request", What: "3500m cpu, 424Mi memory", Nodes: []string{"b"}}, {Kind: "room", What: "100m cpu, 88Mi memory", Nodes: []string{"b"}},
				{Kind: "node", What: "3600m cpu, 512Mi memory"},
			},
		},
		"nothing left to ask for": {
			nodes: []*corev1.Node{node("a", "1", "1Gi")},
			pods:  []*corev1.Pod{pod("full", "1", on("a"))},
			stuck: pod("p", "100m"),
			want:  []scheduler.Remedy{{Kind: "room", What: "100m cpu", Nodes: []string{"a"}}, {Kind: "node", What: "100m cpu"}},
		},
		"a port": {
			nodes: []*corev1.Node{node("a", "1", "1Gi")},
			pods:  []*corev1.Pod{pod("full", "100m", hostPort(80), on("a"))},
			stuck: pod("p", "100m", hostPort(80)),
			want:  []scheduler.Remedy{{Kind: "port", What: "80/TCP", Nodes: []string{"a"}}, {Kind: "node", What: "100m cpu"}},
		},
		"anti-affinity": {
			nodes: []*corev1.Node{node("a", "1", "1Gi")},
			pods:  []*corev1.Pod{pod("full", "100m", apart, on("a"))},
			stuck: pod("p", "100m", apart),
			want:  []scheduler.Remedy{{Kind: "node", What: "100m cpu"}},
		},
		"two things wrong": {
			nodes: []*corev1.Node{node("a", "1", "1Gi", cordoned, taint("gpu", corev1.TaintEffectNoSchedule))},
			stuck: pod("p", "100m"),
			want:  []scheduler.Remedy{{Kind: "node", What: "100m cpu"}},
		},
		"affinity to pods that are nowhere": {
			nodes: []*corev1.Node{node("a", "1", "1Gi")},
			stuck: pod("p", "100m", func(p *corev1.Pod) {
				p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
					LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "none"}}, TopologyKey: corev1.LabelHostname,
				}}}}
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.nodes(x.nodes...)
			r.add(x.pods...)
			r.run(5 * time.Millisecond)
			r.add(x.stuck)
			r.run(time.Second)
			require.Empty(t, r.nodeOf("p"))
			d := r.decision("p")
			require.Equal(t, x.want, d.Remedies())
			if len(x.want) == 0 {
				return
			}
			r.carryOut(x.want[0])
			r.run(20 * time.Second)
			if where := x.want[0].Nodes; len(where) > 0 {
				require.Contains(t, where, r.nodeOf("p"))
			} else {
				require.Equal(t, "new", r.nodeOf("p"))
			}
			require.Empty(t, d.Remedies(), "it does not wait any more")
		})
	}
}

// carryOut does what a remedy says.
func (r *rig) carryOut(x scheduler.Remedy) {
	p := api.Copy(r.pod("p"))
	change := func(fn func(*corev1.Node)) {
		n := r.f.objects[api.Nodes][x.Nodes[0]].(*corev1.Node).DeepCopy()
		fn(n)
		r.f.put(api.Nodes, n)
	}
	quantities := func() corev1.ResourceList {
		out := corev1.ResourceList{}
		for _, s := range strings.Split(x.What, ", ") {
			if v, name, ok := strings.Cut(s, " "); ok {
				out[corev1.ResourceName(name)] = resource.MustParse(v)
			}
		}
		return out
	}
	switch x.Kind {
	case scheduler.RemedyUncordon, scheduler.RemedyRecover:
		change(func(n *corev1.Node) { n.Spec.Unschedulable, n.Spec.Taints = false, nil })
	case scheduler.RemedyToleration:
		for _, s := range strings.Split(x.What, ", ") {
			key, effect, _ := strings.Cut(s, ":")
			p.Spec.Tolerations = append(slices.Clone(p.Spec.Tolerations), corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffect(effect)})
		}
		r.f.put(api.Pods, p)
	case scheduler.RemedyLabel:
		change(func(n *corev1.Node) {
			for _, s := range strings.Fields(x.What) {
				k, v, _ := strings.Cut(s, "=")
				n.Labels[k] = v
			}
		})
	case scheduler.RemedyRequest: // a pod's requests cannot be changed: another takes its place
		r.f.remove(api.Pods, "default/p")
		q := pod("p", "0")
		q.Spec.Containers[0].Resources.Requests = quantities()
		r.add(q)
	case scheduler.RemedyRoom:
		change(func(n *corev1.Node) {
			for name, q := range quantities() {
				had := n.Status.Allocatable[name]
				had.Add(q)
				n.Status.Allocatable[name] = had
			}
		})
	case scheduler.RemedyPort:
		r.f.remove(api.Pods, "default/full")
	case scheduler.RemedyNode:
		n := node("new", "0", "0")
		for name, q := range quantities() {
			n.Status.Allocatable[name] = q
		}
		for _, s := range strings.Split(x.What, ", ") {
			if k, v, ok := strings.Cut(s, "="); ok {
				n.Labels[k] = v
			}
		}
		r.f.put(api.Nodes, n)
	}
}
