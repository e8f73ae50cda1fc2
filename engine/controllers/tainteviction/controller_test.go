package tainteviction

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/sim"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	return s
}

func pod(s *apitest.Server, name string, seconds ...int64) {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{NodeName: "node-1"}}
	for _, n := range seconds {
		t := corev1.Toleration{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}
		if n >= 0 {
			t.TolerationSeconds = ptr.To(n)
		}
		p.Spec.Tolerations = append(p.Spec.Tolerations, t)
	}
	apitest.Put(s, p)
}

func taint(s *apitest.Server, taints ...corev1.Taint) {
	apitest.Edit(s, "", "node-1", func(n *corev1.Node) { n.Spec.Taints = taints })
}

func deleted(s *apitest.Server, name string) bool {
	p := apitest.Get[*corev1.Pod](s, "default", name)
	return p == nil || p.DeletionTimestamp != nil
}

var lost = corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}

func TestEvictsWhenTheTolerationIsOver(t *testing.T) {
	s := start()
	pod(s, "bare")
	pod(s, "usual", 300)
	pod(s, "daemon", -1)
	s.Run(time.Second)
	taint(s, lost)
	s.Run(time.Second)
	assert.True(t, deleted(s, "bare"))
	s.Run(298 * time.Second)
	assert.False(t, deleted(s, "usual"))
	s.Run(2 * time.Second)
	require.True(t, deleted(s, "usual"))
	c := apitest.Get[*corev1.Pod](s, "default", "usual").Status.Conditions[0]
	assert.Equal(t, []string{"DisruptionTarget", "True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"},
		[]string{string(c.Type), string(c.Status), c.Reason, c.Message})
	assert.False(t, deleted(s, "daemon"))
	assert.Contains(t, s.Events(), "TaintManagerEviction: Marking for deletion Pod default/usual")
	var texts []string
	for r := s.Sim.Journal.Newest("pods/default/usual"); r != nil; r = s.Sim.Journal.Before(r) {
		if r.Kind == sim.KindDecision {
			texts = append(texts, r.Text)
		}
	}
	assert.Equal(t, []string{"toleration of 300 s for node.kubernetes.io/unreachable is over"}, texts)
}

func TestCancels(t *testing.T) {
	s := start()
	pod(s, "usual", 300)
	pod(s, "gone", 300)
	s.Run(time.Second)
	taint(s, lost)
	s.Run(100 * time.Second)
	apitest.Remove[*corev1.Pod](s, "default", "gone")
	taint(s)
	s.Run(400 * time.Second)
	assert.False(t, deleted(s, "usual"))
	assert.Contains(t, s.Events(), "TaintManagerEviction: Cancelling deletion of Pod default/usual")
	assert.True(t, s.Sim.Settled())
}

// A second taint does not begin the countdown anew.
func TestCountdownIsKept(t *testing.T) {
	s := start()
	pod(s, "usual", 300)
	apitest.Edit(s, "default", "usual", func(p *corev1.Pod) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists})
	})
	s.Run(time.Second)
	taint(s, lost)
	s.Run(200 * time.Second)
	taint(s, lost, corev1.Taint{Key: "maintenance", Effect: corev1.TaintEffectNoExecute})
	s.Run(102 * time.Second)
	assert.True(t, deleted(s, "usual"))
}

func TestPodsThatArriveOnATaintedNode(t *testing.T) {
	s := start()
	taint(s, lost)
	s.Run(time.Second)
	pod(s, "late")
	s.Run(time.Second)
	assert.True(t, deleted(s, "late"))
}
