package nodelifecycle

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func (w *world) edit(i int, fn func(*corev1.Node)) {
	apitest.Edit(w.Server, "", fmt.Sprintf("node-%d", i), fn)
}

func (w *world) pod(name string, conditions ...corev1.PodCondition) {
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-0"},
		Status: corev1.PodStatus{Conditions: conditions}})
}

func (w *world) podReady(name string) corev1.ConditionStatus {
	for _, c := range apitest.Get[*corev1.Pod](w.Server, "default", name).Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status
		}
	}
	return ""
}

// TestTaintsOfConditions: which NoSchedule taints a node gets (upstream's TestTaintsNodeByCondition, TestSwapUnreachable...).
func TestTaintsOfConditions(t *testing.T) {
	for name, c := range map[string]struct {
		conditions map[corev1.NodeConditionType]corev1.ConditionStatus
		cordoned   bool
		have       []corev1.Taint
		want       []string
	}{
		"all is well":                   {nil, false, nil, nil},
		"cordoned":                      {nil, true, nil, []string{"node.kubernetes.io/unschedulable:NoSchedule"}},
		"no network":                    {map[corev1.NodeConditionType]corev1.ConditionStatus{"NetworkUnavailable": "True"}, false, nil, []string{"node.kubernetes.io/network-unavailable:NoSchedule"}},
		"the network may be":            {map[corev1.NodeConditionType]corev1.ConditionStatus{"NetworkUnavailable": "Unknown"}, false, nil, nil},
		"disk and processes":            {map[corev1.NodeConditionType]corev1.ConditionStatus{"DiskPressure": "True", "PIDPressure": "True"}, false, nil, []string{"node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/pid-pressure:NoSchedule"}},
		"a condition nobody knows":      {map[corev1.NodeConditionType]corev1.ConditionStatus{"Burning": "True"}, false, nil, nil},
		"one is over":                   {nil, false, []corev1.Taint{{Key: "node.kubernetes.io/disk-pressure", Effect: "NoSchedule"}}, nil},
		"somebody else's stay":          {nil, false, []corev1.Taint{{Key: "own", Effect: "NoSchedule"}, {Key: "node.kubernetes.io/out-of-service", Effect: "NoExecute"}}, []string{"node.kubernetes.io/out-of-service:NoExecute", "own:NoSchedule"}},
		"the key with another effect":   {nil, false, []corev1.Taint{{Key: "node.kubernetes.io/disk-pressure", Effect: "PreferNoSchedule"}}, []string{"node.kubernetes.io/disk-pressure:PreferNoSchedule"}},
		"one is there, another is over": {map[corev1.NodeConditionType]corev1.ConditionStatus{"DiskPressure": "True"}, false, []corev1.Taint{{Key: "node.kubernetes.io/disk-pressure", Effect: "NoSchedule"}, {Key: "node.kubernetes.io/unschedulable", Effect: "NoSchedule"}}, []string{"node.kubernetes.io/disk-pressure:NoSchedule"}},
	} {
		w := start(2, nil)
		w.Run(time.Second)
		w.edit(0, func(n *corev1.Node) {
			n.Spec.Unschedulable, n.Spec.Taints = c.cordoned, c.have
			for typ, status := range c.conditions {
				i := 0
				for i < len(n.Status.Conditions) && n.Status.Conditions[i].Type != typ {
					i++
				}
				if i == len(n.Status.Conditions) {
					n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: typ, LastHeartbeatTime: w.Now()})
				}
				n.Status.Conditions[i].Status = status
			}
		})
		w.Run(2 * time.Second)
		assert.Equal(t, c.want, w.taints(0), name)
		assert.Empty(t, w.taints(1), name)
	}
}

// TestNotReadyThenUnknown: the taint follows, and there is never more than one of the two.
func TestNotReadyThenUnknown(t *testing.T) {
	w := start(3, nil)
	w.Run(15 * time.Second)
	w.edit(0, func(n *corev1.Node) {
		n.Status.Conditions[3].Status, n.Status.Conditions[3].LastHeartbeatTime = "False", w.Now()
	})
	w.Run(6 * time.Second)
	assert.Equal(t, []string{"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/not-ready:NoSchedule"}, w.taints(0))
	w.lost["node-0"] = true
	w.Run(65 * time.Second)
	assert.Equal(t, unreachable, w.taints(0))
	w.lost["node-0"] = false
	w.edit(0, func(n *corev1.Node) {
		n.Status.Conditions[3].Status, n.Status.Conditions[3].LastHeartbeatTime = "False", w.Now()
	})
	w.Run(6 * time.Second)
	assert.Equal(t, []string{"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/not-ready:NoSchedule"}, w.taints(0))
}

// TestSignsOfLife: a renewed lease or a new status is enough; neither is not.
func TestSignsOfLife(t *testing.T) {
	w := start(2, nil)
	w.Run(15 * time.Second)
	w.lost["node-0"] = true
	for range 10 { // the status alone
		w.Run(20 * time.Second)
		w.edit(0, func(n *corev1.Node) { n.Status.Conditions[3].LastHeartbeatTime = w.Now() })
	}
	assert.Equal(t, corev1.ConditionTrue, w.ready(0).Status)
	for range 10 { // an object that changes says nothing of the kubelet
		w.Run(20 * time.Second)
		w.edit(0, func(n *corev1.Node) { n.Labels = map[string]string{"x": fmt.Sprint(w.Now())} })
	}
	assert.Equal(t, corev1.ConditionUnknown, w.ready(0).Status)
	assert.Equal(t, corev1.ConditionTrue, w.ready(1).Status, "the lease alone")
}

// TestUnknownConditions: the four that the kubelet keeps become Unknown; others and those that were Unknown stay.
func TestUnknownConditions(t *testing.T) {
	w := start(2, nil)
	w.edit(0, func(n *corev1.Node) {
		n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: "NetworkUnavailable", Status: "False", Reason: "RouteCreated"})
		n.Status.Conditions[0].Status, n.Status.Conditions[0].Reason = "Unknown", "Own"
	})
	w.Run(15 * time.Second)
	before := w.ready(0).LastTransitionTime
	w.lost["node-0"] = true
	w.Run(65 * time.Second)
	var got []string
	for _, c := range w.node(0).Status.Conditions {
		got = append(got, fmt.Sprint(c.Type, " ", c.Status, " ", c.Reason))
	}
	assert.Equal(t, []string{"MemoryPressure Unknown Own", "DiskPressure Unknown NodeStatusUnknown", "PIDPressure Unknown NodeStatusUnknown", "Ready Unknown NodeStatusUnknown", "NetworkUnavailable False RouteCreated"}, got)
	now := w.ready(0).LastTransitionTime
	assert.True(t, before.Before(&now))
}

// TestPodsOfALostNode: those that were ready are not any more, once; those of other nodes are left alone.
func TestPodsOfALostNode(t *testing.T) {
	w := start(2, nil)
	is := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue}
	not := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "Own"}
	w.pod("ready", is)
	w.pod("unready", not)
	w.pod("unheard")
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "far", Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-1"}, Status: corev1.PodStatus{Conditions: []corev1.PodCondition{is}}})
	w.Run(15 * time.Second)
	w.lost["node-0"] = true
	w.Run(5 * time.Minute)
	assert.Equal(t, corev1.ConditionFalse, w.podReady("ready"))
	assert.Equal(t, corev1.ConditionStatus(""), w.podReady("unheard"))
	assert.Equal(t, corev1.ConditionTrue, w.podReady("far"))
	told := 0
	for _, e := range apitest.List[*corev1.Event](w.Server) {
		if e.InvolvedObject.Kind == "Pod" {
			told += int(e.Count)
			assert.Equal(t, "ready", e.InvolvedObject.Name)
			assert.Equal(t, corev1.EventTypeWarning, e.Type)
		}
	}
	assert.Equal(t, 1, told)
}

// TestPodsThatCouldNotBeMarked are marked at the next look.
func TestPodsThatCouldNotBeMarked(t *testing.T) {
	w := start(2, nil)
	w.pod("web", corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
	w.Run(15 * time.Second)
	tries := 0
	w.Before = func(r *api.Request) error {
		if r.Resource == api.Pods && r.Subresource == "status" {
			if tries++; tries < 3 {
				return errors.New("no")
			}
		}
		return nil
	}
	w.lost["node-0"] = true
	w.Run(80 * time.Second)
	assert.Equal(t, corev1.ConditionFalse, w.podReady("web"))
	assert.Equal(t, 3, tries)
}

// TestAStatusThatCannotBeWritten: five attempts in a look, and the next look goes on.
func TestAStatusThatCannotBeWritten(t *testing.T) {
	w := start(2, nil)
	w.Run(15 * time.Second)
	tries := 0
	w.Before = func(r *api.Request) error {
		if r.Resource == api.Nodes && r.Subresource == "status" {
			if tries++; tries <= 7 {
				return errors.New("no")
			}
		}
		return nil
	}
	w.lost["node-0"] = true
	w.Run(55 * time.Second)
	assert.Equal(t, 5, tries)
	assert.Equal(t, corev1.ConditionTrue, w.ready(0).Status)
	w.Run(6 * time.Second)
	assert.Equal(t, corev1.ConditionUnknown, w.ready(0).Status)
	assert.Equal(t, 8, tries)
}

// TestATaintThatCannotBeWritten goes to the end of the queue and is tried again.
func TestATaintThatCannotBeWritten(t *testing.T) {
	w := start(4, nil)
	w.Run(15 * time.Second)
	refused := 0
	w.Before = func(r *api.Request) error {
		if r.Resource == api.Nodes && r.Subresource == "" && r.Verb == api.Patch && r.Name == "node-0" && refused < 2 {
			refused++
			return errors.New("no")
		}
		return nil
	}
	w.lost["node-0"] = true
	w.Run(2 * time.Minute)
	assert.Equal(t, 2, refused)
	assert.Equal(t, unreachable, w.taints(0))
}

// TestLabels: the old names of operating system and architecture follow the new ones.
func TestLabels(t *testing.T) {
	w := start(1, nil)
	w.edit(0, func(n *corev1.Node) {
		n.Labels = map[string]string{"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "beta.kubernetes.io/arch": "amd64"}
	})
	w.Run(time.Second)
	assert.Equal(t, map[string]string{"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "arm64"}, w.node(0).Labels)
}

// TestDeletedAndMadeAgain: a node that goes is taken leave of, one that comes under its name is greeted, and judged anew.
func TestDeletedAndMadeAgain(t *testing.T) {
	w := start(2, nil)
	w.Run(15 * time.Second)
	w.lost["node-0"] = true
	w.Run(65 * time.Second)
	require.Equal(t, unreachable, w.taints(0))
	apitest.Remove[*corev1.Node](w.Server, "", "node-0")
	apitest.Remove[*coordinationv1.Lease](w.Server, "kube-node-lease", "node-0")
	w.Run(6 * time.Second)
	assert.Contains(t, w.Events(), "RemovingNode: Node node-0 event: Removing Node node-0 from Controller")
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-0"}}
	w.status(n)
	apitest.Put(w.Server, n)
	w.Run(45 * time.Second)
	assert.Empty(t, w.taints(0), "its grace period has begun anew")
	greeted := 0
	for _, e := range apitest.List[*corev1.Event](w.Server) {
		if e.Reason == "RegisteredNode" && e.InvolvedObject.Name == "node-0" {
			greeted += int(e.Count)
		}
	}
	assert.Equal(t, 2, greeted)
	w.Run(20 * time.Second)
	assert.Equal(t, corev1.ConditionUnknown, w.ready(0).Status, "nobody was heard of")
}
