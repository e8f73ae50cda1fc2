package podgc

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

type world struct{ *apitest.Server }

func start(threshold int) world {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f).threshold = threshold })
	return world{s}
}

func (w world) pod(name, node string, change ...func(*corev1.Pod)) {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Generation: 1}, Spec: corev1.PodSpec{NodeName: node},
		Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	for _, fn := range change {
		fn(p)
	}
	apitest.Put(w.Server, p)
}

func (w world) names() string {
	var out []string
	for _, p := range apitest.List[*corev1.Pod](w.Server) {
		out = append(out, p.Name)
	}
	return fmt.Sprint(out)
}

func (w world) node(name string, ready bool, taints ...corev1.Taint) {
	status := corev1.ConditionUnknown
	if ready {
		status = corev1.ConditionTrue
	}
	apitest.Put(w.Server, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{Taints: taints},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}}}})
}

var outOfServiceTaint = corev1.Taint{Key: corev1.TaintNodeOutOfService, Value: "nodeshutdown", Effect: corev1.TaintEffectNoExecute}

func (w world) deleted(p *corev1.Pod) { now := w.Now(); p.DeletionTimestamp = &now }

func (w world) ended(phase corev1.PodPhase, reason string, age time.Duration) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Phase, p.Status.Reason = phase, reason
		p.CreationTimestamp = metav1.NewTime(w.Now().Add(-age))
	}
}

func TestTheOldestOfTheEndedGo(t *testing.T) {
	w := start(2)
	w.node("n", true)
	w.pod("young", "n", w.ended(corev1.PodSucceeded, "", time.Minute))
	w.pod("old", "n", w.ended(corev1.PodFailed, "", time.Hour))
	w.pod("middle", "n", w.ended(corev1.PodSucceeded, "", 10*time.Minute))
	w.pod("running", "n")
	w.pod("waiting", "", func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending })
	w.Run(21 * time.Second)
	assert.Equal(t, "[young middle running waiting]", w.names())
}

func TestTheEvictedGoFirst(t *testing.T) {
	w := start(1)
	w.node("n", true)
	w.pod("old", "n", w.ended(corev1.PodFailed, "", time.Hour))
	w.pod("evicted", "n", w.ended(corev1.PodFailed, "Evicted", time.Minute))
	w.Run(21 * time.Second)
	assert.Equal(t, "[old]", w.names())
}

func TestBelowTheThresholdNothingGoes(t *testing.T) {
	w := start(Threshold)
	w.node("n", true)
	for i := range 30 {
		w.pod(fmt.Sprint("p", i), "n", w.ended(corev1.PodSucceeded, "", time.Hour))
	}
	w.Run(5 * time.Minute)
	assert.Len(t, apitest.List[*corev1.Pod](w.Server), 30)
	assert.Empty(t, w.Requests)
}

// A node may be missing for a moment: its pods stay for forty seconds, and for good if it comes back.
func TestQuarantine(t *testing.T) {
	w := start(Threshold)
	w.pod("p", "n")
	w.Run(35 * time.Second)
	w.node("n", true)
	w.Run(10 * time.Minute)
	assert.Equal(t, "[p]", w.names())

	w = start(Threshold)
	w.pod("p", "n")
	w.Run(39 * time.Second)
	assert.Equal(t, "[p]", w.names())
	w.Run(41 * time.Second)
	assert.Equal(t, "[]", w.names())
}

func TestTheMarkOfAnOrphan(t *testing.T) {
	w := start(Threshold)
	w.pod("p", "n")
	var last *corev1.Pod
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Delete {
			require.EqualValues(t, 0, *r.GracePeriodSeconds)
			last = apitest.Get[*corev1.Pod](w.Server, "default", "p")
		}
		return nil
	}
	w.Run(2 * time.Minute)
	require.NotNil(t, last)
	assert.Equal(t, corev1.PodFailed, last.Status.Phase)
	c := last.Status.Conditions[0]
	assert.Equal(t, []string{"DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists"}, []string{string(c.Type), string(c.Status), c.Reason, c.Message})
}

// What has ended already keeps how it ended.
func TestAnEndedOrphan(t *testing.T) {
	w := start(Threshold)
	w.pod("p", "n", w.ended(corev1.PodSucceeded, "", time.Minute))
	w.Run(2 * time.Minute)
	assert.Equal(t, "[]", w.names())
	assert.Equal(t, []string{"delete pods default/p"}, w.Requests)
}

func TestOutOfService(t *testing.T) {
	for _, c := range []struct {
		ready  bool
		taints []corev1.Taint
		gone   bool
	}{{false, []corev1.Taint{outOfServiceTaint}, true}, {true, []corev1.Taint{outOfServiceTaint}, false}, {false, nil, false}} {
		w := start(Threshold)
		w.node("n", c.ready, c.taints...)
		w.pod("going", "n", w.deleted)
		w.pod("staying", "n")
		w.Run(21 * time.Second)
		want := "[going staying]"
		if c.gone {
			want = "[staying]"
		}
		assert.Equal(t, want, w.names(), "%+v", c)
	}
}

func TestNeverOnANode(t *testing.T) {
	w := start(Threshold)
	w.pod("going", "", w.deleted)
	w.pod("waiting", "", func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending })
	w.Run(21 * time.Second)
	assert.Equal(t, "[waiting]", w.names())
}

// The cache may be behind: the API server is asked before the pods of a node go.
func TestTheServerIsAsked(t *testing.T) {
	w := start(Threshold)
	w.pod("p", "n")
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Get && r.Resource == api.Nodes {
			return fmt.Errorf("etcd is slow")
		}
		return nil
	}
	w.Run(2 * time.Minute)
	assert.Equal(t, "[p]", w.names())
	w.Before = nil
	w.Run(2 * time.Minute)
	assert.Equal(t, "[]", w.names())
}
