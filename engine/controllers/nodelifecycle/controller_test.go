package nodelifecycle

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// world is a cluster whose kubelets only renew leases, until they are cut off.
type world struct {
	*apitest.Server
	lost map[string]bool
}

func start(nodes int, zone func(int) string) *world {
	w := &world{apitest.New(), map[string]bool{}}
	w.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	for i := range nodes {
		name := fmt.Sprintf("node-%d", i)
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if zone != nil {
			n.Labels = map[string]string{corev1.LabelTopologyZone: zone(i)}
		}
		w.status(n)
		apitest.Put(w.Server, n)
		apitest.Put(w.Server, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "kube-node-lease"}})
		w.renew(name)
	}
	return w
}

func (w *world) status(n *corev1.Node) {
	for _, c := range [][2]string{{"MemoryPressure", "False"}, {"DiskPressure", "False"}, {"PIDPressure", "False"}, {"Ready", "True"}} {
		n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: corev1.NodeConditionType(c[0]),
			Status: corev1.ConditionStatus(c[1]), LastHeartbeatTime: w.Now(), LastTransitionTime: w.Now()})
	}
}

func (w *world) renew(name string) {
	if !w.lost[name] {
		apitest.Edit(w.Server, "kube-node-lease", name, func(l *coordinationv1.Lease) {
			t := metav1.NewMicroTime(w.Sim.Wall(w.Sim.Now()))
			l.Spec.RenewTime = &t
		})
	}
	w.Sim.After(10*time.Second, "renew", func() { w.renew(name) })
}

func (w *world) node(i int) *corev1.Node {
	return apitest.Get[*corev1.Node](w.Server, "", fmt.Sprintf("node-%d", i))
}

func (w *world) taints(i int) []string {
	var out []string
	for _, t := range w.node(i).Spec.Taints {
		out = append(out, t.Key+":"+string(t.Effect))
	}
	slices.Sort(out)
	return out
}

func (w *world) ready(i int) corev1.NodeCondition { return *readyCondition(w.node(i)) }

var unreachable = []string{"node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"}

func TestLosingANode(t *testing.T) {
	w := start(3, nil)
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-1"},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}})
	w.Run(25 * time.Second)
	assert.Contains(t, w.Events(), "RegisteredNode: Node node-1 event: Registered Node node-1 in Controller")
	requests := len(w.Requests)
	w.lost["node-1"] = true // last renewal at 20 s
	w.Run(45 * time.Second)
	assert.Equal(t, corev1.ConditionTrue, w.ready(1).Status, "at 70 s, 50 s after the renewal")
	assert.Len(t, w.Requests, requests, "nothing is written while all is well")
	w.Run(7 * time.Second)
	c := w.ready(1)
	assert.Equal(t, "Unknown NodeStatusUnknown Kubelet stopped posting node status.", fmt.Sprint(c.Status, " ", c.Reason, " ", c.Message))
	assert.Equal(t, unreachable, w.taints(1))
	assert.NotNil(t, w.node(1).Spec.Taints[0].TimeAdded)
	assert.Equal(t, corev1.ConditionFalse, apitest.Get[*corev1.Pod](w.Server, "default", "web").Status.Conditions[0].Status)
	assert.Contains(t, w.Events(), "NodeNotReady: Node node-1 status is now: NodeNotReady")
	assert.Contains(t, w.Events(), "NodeNotReady: Node is not ready")
	assert.Regexp(t, `no lease renewal for 5\d\.\d s \(grace 50 s\)`, decision(w))
	assert.Empty(t, w.taints(0))

	// It comes back.
	w.lost["node-1"] = false
	apitest.Edit(w.Server, "", "node-1", func(n *corev1.Node) {
		n.Status.Conditions = nil
		w.status(n)
	})
	w.Run(7 * time.Second)
	assert.Empty(t, w.taints(1))
}

func decision(w *world) string {
	for r := w.Sim.Journal.Newest("nodes/node-1"); r != nil; r = w.Sim.Journal.Before(r) {
		if len(r.Text) > 20 && r.Text[:20] == "no lease renewal for" {
			return r.Text
		}
	}
	return ""
}

func TestNodeThatNeverReports(t *testing.T) {
	w := start(1, nil)
	apitest.Put(w.Server, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "mute"}})
	w.Run(58 * time.Second)
	assert.Empty(t, apitest.Get[*corev1.Node](w.Server, "", "mute").Status.Conditions)
	w.Run(10 * time.Second)
	n := apitest.Get[*corev1.Node](w.Server, "", "mute")
	require.Len(t, n.Status.Conditions, 4)
	assert.Equal(t, "Kubelet never posted node status.", n.Status.Conditions[0].Message)
}

func TestConditionsBecomeTaints(t *testing.T) {
	w := start(3, nil)
	w.Run(time.Second)
	apitest.Edit(w.Server, "", "node-0", func(n *corev1.Node) {
		n.Spec.Unschedulable = true
		n.Status.Conditions[0].Status = corev1.ConditionTrue
	})
	w.Run(100 * time.Millisecond)
	assert.Equal(t, []string{"node.kubernetes.io/memory-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"}, w.taints(0))
	apitest.Edit(w.Server, "", "node-0", func(n *corev1.Node) {
		n.Spec.Unschedulable = false
		n.Status.Conditions[0].Status = corev1.ConditionFalse
		n.Status.Conditions[3].Status = corev1.ConditionFalse
	})
	w.Run(7 * time.Second)
	assert.Equal(t, []string{"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/not-ready:NoSchedule"}, w.taints(0))
}

func tainted(w *world, nodes int) int {
	n := 0
	for i := range nodes {
		if hasTaint(w.node(i), corev1.TaintNodeUnreachable) {
			n++
		}
	}
	return n
}

func TestEvictionRates(t *testing.T) {
	// A minority: one node in ten seconds.
	w := start(10, nil)
	w.Run(15 * time.Second)
	for i := range 4 {
		w.lost[fmt.Sprintf("node-%d", i)] = true
	}
	w.Run(55 * time.Second)
	assert.Equal(t, 1, tainted(w, 10))
	w.Run(15 * time.Second)
	assert.Equal(t, 2, tainted(w, 10))
	w.Run(30 * time.Second)
	assert.Equal(t, 4, tainted(w, 10))

	// Most of a small zone: none but the first.
	w = start(10, nil)
	w.Run(15 * time.Second)
	for i := range 7 {
		w.lost[fmt.Sprintf("node-%d", i)] = true
	}
	w.Run(200 * time.Second)
	assert.LessOrEqual(t, tainted(w, 10), 1)

	// Everything: none, and all is untainted.
	w = start(5, nil)
	w.Run(15 * time.Second)
	for i := range 5 {
		w.lost[fmt.Sprintf("node-%d", i)] = true
	}
	w.Run(200 * time.Second)
	assert.Equal(t, 0, tainted(w, 5))
	assert.Equal(t, corev1.ConditionUnknown, w.ready(0).Status)

	// One zone of two: the other goes on, the lost one at the full rate.
	w = start(6, func(i int) string { return fmt.Sprint("zone-", i%2) })
	w.Run(15 * time.Second)
	for i := 0; i < 6; i += 2 {
		w.lost[fmt.Sprintf("node-%d", i)] = true
	}
	w.Run(120 * time.Second)
	assert.Equal(t, 3, tainted(w, 6))
}

func TestPodBoundToALostNode(t *testing.T) {
	w := start(3, nil)
	w.Run(15 * time.Second)
	w.lost["node-1"] = true
	w.Run(65 * time.Second)
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "late", Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-1"},
		Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}})
	w.Run(time.Second)
	assert.Equal(t, corev1.ConditionFalse, apitest.Get[*corev1.Pod](w.Server, "default", "late").Status.Conditions[0].Status)
}

func BenchmarkIdlePass(b *testing.B) {
	w := start(5000, nil)
	w.Run(21 * time.Second)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		w.Run(5 * time.Second)
	}
}
