package scheduler_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

func TestBindsToTheEmptiestNode(t *testing.T) {
	r := newRig(t)
	r.nodes(node("node-1", "2", "4Gi"), node("node-2", "4", "8Gi"))
	r.add(pod("web", "1"))
	r.run(20 * time.Millisecond)
	assert.Equal(t, "node-2", r.nodeOf("web"))
	assert.Equal(t, []string{"Scheduled: Successfully assigned default/web to node-2"}, r.events("web"))

	d := r.decision("web")
	require.NotNil(t, d)
	assert.Equal(t, "node-2", d.Chosen)
	assert.EqualValues(t, 2, d.Feasible)
	require.Len(t, d.Rows, 2)
	sum := 0
	for k := range d.Columns() {
		sum += d.Weighted(&d.Rows[0], k)
	}
	assert.EqualValues(t, d.Score, sum)
	rec := r.s.Journal.Newest("pods/default/web")
	assert.Equal(t, fmt.Sprintf("chose node-2 of 2 feasible, score %d", d.Score), rec.Text)
	assert.Equal(t, sim.KindDecision, rec.Kind)
	assert.True(t, r.s.Settled())
}

func TestFailedSchedulingText(t *testing.T) {
	// As a real control plane of v1.37.2 printed it.
	r := newRig(t)
	r.nodes(node("n1", "1", "4Gi", taint("k", corev1.TaintEffectNoSchedule)), node("n2", "1", "4Gi"), node("n3", "1", "4Gi"))
	r.add(pod("big", "1k"))
	r.run(100 * time.Millisecond)
	want := "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
	assert.Equal(t, []string{"FailedScheduling: " + want}, r.events("big"))
	c := r.condition("big")
	assert.Equal(t, corev1.ConditionFalse, c.Status)
	assert.Equal(t, "Unschedulable", c.Reason)
	assert.Equal(t, want, c.Message)
	d := r.decision("big")
	assert.Len(t, d.Refused, 3)
	assert.Equal(t, want, d.Message)
	_, _, waiting := r.k.Waiting()
	assert.Equal(t, 1, waiting)
	assert.True(t, r.s.Settled(), "a pod that waits for a change is not work in progress")
}

func TestFailureTexts(t *testing.T) {
	keys := func(k, v string) func(*corev1.Node) { return func(n *corev1.Node) { n.Labels[k] = v } }
	spec := func(fn func(*corev1.PodSpec)) func(*corev1.Pod) { return func(p *corev1.Pod) { fn(&p.Spec) } }
	antiSelf := &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{
		{LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}, TopologyKey: corev1.LabelHostname}}}}
	for _, tc := range []struct {
		name  string
		nodes []*corev1.Node
		there []*corev1.Pod
		pod   *corev1.Pod
		want  string
	}{
		{"selector", []*corev1.Node{node("a", "1", "1Gi")}, nil,
			pod("p", "", spec(func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{"disk": "ssd"} })),
			"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"cordoned", []*corev1.Node{node("a", "1", "1Gi", func(n *corev1.Node) { n.Spec.Unschedulable = true })}, nil, pod("p", ""),
			"0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"full of equals", []*corev1.Node{node("a", "1", "1Gi"), node("b", "1", "1Gi")}, []*corev1.Pod{pod("q1", "800m", on("a")), pod("q2", "800m", on("b"))}, pod("p", "500m"),
			"0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."},
		{"two resources", []*corev1.Node{node("a", "1", "1Gi")}, nil,
			pod("p", "2", spec(func(s *corev1.PodSpec) {
				s.Containers[0].Resources.Requests[corev1.ResourceMemory] = resource.MustParse("2Gi")
				s.Containers[0].Resources.Requests["nvidia.com/gpu"] = resource.MustParse("1")
			})),
			"0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"ports", []*corev1.Node{node("a", "1", "1Gi")}, []*corev1.Pod{pod("q", "", on("a"), spec(func(s *corev1.PodSpec) { s.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 80}} }))},
			pod("p", "", spec(func(s *corev1.PodSpec) { s.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 80}} })),
			"0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."},
		{"spread without label", []*corev1.Node{node("a", "1", "1Gi")}, nil,
			pod("p", "", spec(func(s *corev1.PodSpec) {
				s.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{}}}
			})),
			"0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"spread", []*corev1.Node{node("a", "1", "1Gi", keys("zone", "1")), node("b", "1", "1Gi", keys("zone", "2"), taint("t", corev1.TaintEffectNoSchedule))},
			[]*corev1.Pod{pod("q", "", on("a"), func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} })},
			pod("p", "", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} }, spec(func(s *corev1.PodSpec) {
				s.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}}}
			})),
			"0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."},
		{"anti-affinity", []*corev1.Node{node("a", "1", "1Gi")}, []*corev1.Pod{pod("q", "", on("a"), func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} })},
			pod("p", "", spec(func(s *corev1.PodSpec) { s.Affinity = antiSelf })),
			"0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."},
		{"existing anti-affinity", []*corev1.Node{node("a", "1", "1Gi")}, []*corev1.Pod{pod("q", "", on("a"), spec(func(s *corev1.PodSpec) { s.Affinity = antiSelf }))},
			pod("p", "", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} }),
			"0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."},
		{"affinity", []*corev1.Node{node("a", "1", "1Gi")}, nil,
			pod("p", "", spec(func(s *corev1.PodSpec) {
				s.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: antiSelf.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution}}
			})),
			"0/1 nodes are available: 1 node(s) didn't match pod affinity rules. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"never preempts", []*corev1.Node{node("a", "1", "1Gi")}, []*corev1.Pod{pod("q", "800m", on("a"))},
			pod("p", "500m", priority(10), spec(func(s *corev1.PodSpec) { n := corev1.PreemptNever; s.PreemptionPolicy = &n })),
			"0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."},
		{"unknown named node", []*corev1.Node{node("a", "1", "1Gi")}, nil,
			pod("p", "", spec(func(s *corev1.PodSpec) {
				s.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
					{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{"zz"}}}}}}}}
			})),
			"0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		{"no nodes", nil, nil, pod("p", ""), "no nodes available to schedule pods"},
		{"too many pods", []*corev1.Node{node("a", "1", "1Gi", func(n *corev1.Node) { n.Status.Allocatable[corev1.ResourcePods] = resource.MustParse("1") })}, []*corev1.Pod{pod("q", "", on("a"))}, pod("p", ""),
			"0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."},
		{"ephemeral storage", []*corev1.Node{node("a", "1", "1Gi")}, nil, pod("p", "", spec(func(s *corev1.PodSpec) {
			s.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceEphemeralStorage: resource.MustParse("1Gi")}
		})), "0/1 nodes are available: 1 Insufficient ephemeral-storage. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		// 800m and 300m of overhead
		{"overhead", []*corev1.Node{node("a", "1", "1Gi")}, nil, pod("p", "800m", spec(func(s *corev1.PodSpec) {
			s.Overhead = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("300m")}
		})), "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		// the initialization alone needs more than the node has
		{"init container", []*corev1.Node{node("a", "1", "1Gi")}, nil, pod("p", "100m", spec(func(s *corev1.PodSpec) {
			s.InitContainers = []corev1.Container{{Name: "i", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1100m")}}}}
		})), "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		// a sidecar goes on running: 600m and 500m together
		{"sidecar", []*corev1.Node{node("a", "1", "1Gi")}, nil, pod("p", "500m", spec(func(s *corev1.PodSpec) {
			always := corev1.ContainerRestartPolicyAlways
			s.InitContainers = []corev1.Container{{Name: "i", RestartPolicy: &always, Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("600m")}}}}
		})), "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		// the pod's own requests stand for all of its containers
		{"pod-level resources", []*corev1.Node{node("a", "1", "1Gi")}, nil, pod("p", "100m", spec(func(s *corev1.PodSpec) {
			s.Resources = &corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}}
		})), "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."},
		// one zone where three are demanded: nothing counts as the least, and one pod is there already
		{"too few domains", []*corev1.Node{node("a", "1", "1Gi", keys("zone", "1"))}, []*corev1.Pod{pod("q", "", on("a"), func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} })},
			pod("p", "", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} }, spec(func(s *corev1.PodSpec) {
				three := int32(3)
				s.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, MinDomains: &three, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}}}
			})), "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."},
		{"each node for a reason of its own",
			[]*corev1.Node{node("a", "1", "1Gi", keys("disk", "ssd"), taint("t", corev1.TaintEffectNoExecute)), node("b", "1", "1Gi"), node("c", "1", "1Gi", keys("disk", "ssd")), node("d", "8", "1Gi", keys("disk", "ssd"), cordoned), node("e", "8", "1Gi", keys("disk", "ssd"))},
			[]*corev1.Pod{pod("q", "7", on("e"))}, pod("p", "2", needs("disk", "ssd")),
			"0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/5 nodes are available: 1 No preemption victims found for incoming pod, 4 Preemption is not helpful for scheduling."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t)
			r.nodes(tc.nodes...)
			r.add(tc.there...)
			r.run(5 * time.Millisecond)
			r.add(tc.pod)
			r.run(50 * time.Millisecond)
			assert.Equal(t, tc.want, r.condition("p").Message)
			assert.Equal(t, []string{"FailedScheduling: " + tc.want}, r.events("p"))
		})
	}
}

func TestTenOfAKindSortAsStrings(t *testing.T) {
	r := newRig(t)
	for i := range 12 {
		n := node(fmt.Sprintf("n%d", i), "1", "1Gi")
		if i < 2 {
			taint("k", corev1.TaintEffectNoSchedule)(n)
		}
		r.nodes(n)
	}
	r.add(pod("p", "2"))
	r.run(50 * time.Millisecond)
	assert.Equal(t, "0/12 nodes are available: 10 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: 0/12 nodes are available: 12 Preemption is not helpful for scheduling.",
		r.condition("p").Message)
}

func TestHintsWakeOnlyWhoIsHelped(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi", taint("k", corev1.TaintEffectNoSchedule)))
	r.add(pod("big", "8"), pod("small", "100m"))
	r.run(20 * time.Second)
	require.EqualValues(t, 1, r.decision("small").Attempt)

	r.f.put(api.Nodes, node("b", "2", "1Gi"))
	r.run(2 * time.Second)
	assert.Equal(t, "b", r.nodeOf("small"))
	assert.EqualValues(t, 2, r.decision("small").Attempt)
	// The taint rejected it on the only node, the new node has none: it is tried again, in vain.
	assert.EqualValues(t, 2, r.decision("big").Attempt)

	r.f.put(api.Nodes, node("c", "4", "1Gi")) // too small even when empty
	r.run(2 * time.Second)
	assert.EqualValues(t, 3, r.decision("big").Attempt, "TaintToleration is helped by any untainted node")

	r.f.put(api.Nodes, node("d", "16", "1Gi"))
	r.run(2 * time.Second)
	assert.Equal(t, "d", r.nodeOf("big"))
}

func TestDeletedPodMakesRoom(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi"))
	r.add(pod("one", "800m"))
	r.run(20 * time.Millisecond)
	r.add(pod("two", "800m"))
	r.run(20 * time.Millisecond)
	require.Equal(t, "", r.nodeOf("two"))
	r.f.remove(api.Pods, "default/one")
	r.run(20 * time.Millisecond)
	// Nothing else is ready, so the pod is taken out of its back-off early.
	assert.Equal(t, "a", r.nodeOf("two"))
}

func TestPriorityGoesFirst(t *testing.T) {
	r := newRig(t)
	r.add(pod("low", "800m"), pod("high", "800m", priority(100)))
	r.run(20 * time.Millisecond) // no nodes: both back off
	r.nodes(node("a", "1", "1Gi"))
	r.run(5 * time.Second)
	assert.Equal(t, "a", r.nodeOf("high"))
	assert.Equal(t, "", r.nodeOf("low"))
}

func TestSchedulingGatesHoldBack(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi"))
	r.add(pod("p", "", func(p *corev1.Pod) { p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "x"}} }))
	r.run(10 * time.Minute)
	assert.Equal(t, "", r.nodeOf("p"))
	assert.Empty(t, r.events("p"))
	p := api.Copy(r.pod("p"))
	p.Spec.SchedulingGates = nil
	r.f.put(api.Pods, p)
	r.run(20 * time.Millisecond)
	assert.Equal(t, "a", r.nodeOf("p"))
}

func TestFlushAfterFiveMinutes(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi"))
	r.add(pod("p", "8"))
	r.run(5*time.Minute - time.Second)
	assert.EqualValues(t, 1, r.decision("p").Attempt)
	r.run(32 * time.Second)
	assert.EqualValues(t, 2, r.decision("p").Attempt)
}

func TestFailedBindingForgetsAndRetries(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi"))
	fails := 2
	r.f.refuse = func(req *api.Request) error {
		if req.Subresource == "binding" && fails > 0 {
			fails--
			return errors.New("etcdserver: request timed out")
		}
		return nil
	}
	r.add(pod("p", "800m"))
	r.run(50 * time.Millisecond)
	assert.Equal(t, "SchedulerError", r.condition("p").Reason)
	assert.Equal(t, []string{"FailedScheduling: etcdserver: request timed out"}, r.events("p"))
	r.run(10 * time.Second)
	assert.Equal(t, "a", r.nodeOf("p"))
	assert.EqualValues(t, 3, r.decision("p").Attempt)
}

func TestAssumedPodsTakeRoomAtOnce(t *testing.T) {
	r := newRig(t)
	r.nodes(node("a", "1", "1Gi"), node("b", "1", "1Gi"))
	for i := range 4 {
		r.add(pod(fmt.Sprintf("p%d", i), "500m"))
	}
	r.run(30 * time.Millisecond)
	count := map[string]int{}
	for i := range 4 {
		count[r.nodeOf(fmt.Sprintf("p%d", i))]++
	}
	assert.Equal(t, map[string]int{"a": 2, "b": 2}, count)
}

func TestDeterminism(t *testing.T) {
	run := func() (uint64, []string) {
		r := newRig(t)
		for i := range 7 {
			r.nodes(node(fmt.Sprintf("n%d", i), "4", "4Gi"))
		}
		for i := range 50 {
			r.add(pod(fmt.Sprintf("p%d", i), "100m"))
		}
		r.run(time.Second)
		return r.s.Journal.Hash(), r.f.bindings
	}
	h1, b1 := run()
	h2, b2 := run()
	assert.Equal(t, h1, h2)
	assert.Equal(t, b1, b2)
	assert.Len(t, b1, 50)
}
