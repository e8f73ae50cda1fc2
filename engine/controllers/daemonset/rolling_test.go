package daemonset

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/templatehash"
)

func TestRollingUpdateWithinMaxUnavailable(t *testing.T) {
	s := start(4)
	apitest.Put(s, daemon("v1"))
	s.Run(time.Second)
	work(s)
	edit(s, func(ds *appsv1.DaemonSet) {
		image("v2")(ds)
		ds.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.FromString("50%"))
	})
	assert.Equal(t, "1- 2- 3 4", where(s))
	assert.EqualValues(t, 0, get(s).Status.UpdatedNumberScheduled)
	work(s)
	assert.Equal(t, map[string]int{"v1": 2, "v2": 2}, images(s))
	assert.Equal(t, "1 2 3 4", where(s), "the new ones are not ready yet")
	work(s)
	assert.Equal(t, "1 2 3- 4-", where(s))
	assert.EqualValues(t, 2, get(s).Status.UpdatedNumberScheduled)
	work(s)
	work(s)
	assert.Equal(t, map[string]int{"v2": 4}, images(s))
	st := get(s).Status
	assert.Equal(t, []int32{4, 4, 4, 0}, []int32{st.UpdatedNumberScheduled, st.NumberReady, st.NumberAvailable, st.NumberUnavailable})
	assert.EqualValues(t, 2, st.ObservedGeneration)
	require.Len(t, revisions(s), 2)
}

func TestOldPodsThatDoNotServeGoAtOnce(t *testing.T) {
	s := start(3)
	apitest.Put(s, daemon("bad"))
	s.Run(time.Second)
	for _, p := range pods(s) {
		apitest.Edit(s, "default", p.Name, func(p *corev1.Pod) { p.Spec.NodeName, p.Status.Phase = targetOf(p), corev1.PodRunning })
	}
	edit(s, image("v2"))
	assert.Equal(t, "1- 2- 3-", where(s))
}

func TestSurge(t *testing.T) {
	s := start(3)
	ds := daemon("v1")
	ds.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: ptr.To(intstr.FromInt32(0)), MaxSurge: ptr.To(intstr.FromInt32(2))}
	apitest.Put(s, ds)
	s.Run(time.Second)
	work(s)
	edit(s, image("v2"))
	assert.Equal(t, "1 1 2 2 3", where(s))
	assert.EqualValues(t, 3, get(s).Status.NumberAvailable)
	work(s)
	assert.Equal(t, "1 1- 2 2- 3 3", where(s))
	work(s)
	work(s)
	assert.Equal(t, "1 2 3", where(s))
	assert.Equal(t, map[string]int{"v2": 3}, images(s))
	assert.EqualValues(t, 3, get(s).Status.NumberAvailable)
}

func TestSurgeLeavesANodeWhenOthersServe(t *testing.T) {
	s := start(2)
	apitest.Edit(s, "", "node-1", func(n *corev1.Node) { n.Labels = map[string]string{"old": "y"} })
	apitest.Edit(s, "", "node-2", func(n *corev1.Node) { n.Labels = map[string]string{"new": "y"} })
	ds := daemon("v1")
	ds.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: ptr.To(intstr.FromInt32(0)), MaxSurge: ptr.To(intstr.FromInt32(1))}
	ds.Spec.Template.Spec.NodeSelector = map[string]string{"old": "y"}
	apitest.Put(s, ds)
	s.Run(time.Second)
	work(s)
	require.Equal(t, "1", where(s))
	apitest.Edit(s, "", "node-1", func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: "k", Effect: corev1.TaintEffectNoSchedule}}
	})
	edit(s, func(ds *appsv1.DaemonSet) { image("v2")(ds); ds.Spec.Template.Spec.NodeSelector = nil })
	assert.Equal(t, "1 2", where(s), "the old one stays until the new one is there")
	work(s)
	assert.Equal(t, "1- 2", where(s))
}

func TestOnDelete(t *testing.T) {
	s := start(2)
	ds := daemon("v1")
	ds.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType}
	apitest.Put(s, ds)
	s.Run(time.Second)
	work(s)
	edit(s, image("v2"))
	work(s)
	assert.Equal(t, map[string]int{"v1": 2}, images(s))
	apitest.Remove[*corev1.Pod](s, "default", pods(s)[0].Name)
	s.Run(time.Second)
	assert.Equal(t, map[string]int{"v1": 1, "v2": 1}, images(s))
	assert.EqualValues(t, 1, get(s).Status.UpdatedNumberScheduled)
}

func TestMinReadySeconds(t *testing.T) {
	s := start(2)
	ds := daemon("v1")
	ds.Spec.MinReadySeconds = 10
	apitest.Put(s, ds)
	s.Run(time.Second)
	work(s)
	assert.Equal(t, []int32{2, 0}, []int32{get(s).Status.NumberReady, get(s).Status.NumberAvailable})
	s.Run(10 * time.Second)
	assert.EqualValues(t, 2, get(s).Status.NumberAvailable)
	edit(s, image("v2"))
	work(s)
	work(s)
	assert.Equal(t, map[string]int{"v1": 1, "v2": 1}, images(s))
	s.Run(8 * time.Second)
	assert.Equal(t, map[string]int{"v1": 1, "v2": 1}, images(s))
	s.Run(3 * time.Second)
	assert.Equal(t, map[string]int{"v2": 1}, images(s))
}

func TestHistory(t *testing.T) {
	s := start(1)
	ds := daemon("v1")
	ds.Spec.RevisionHistoryLimit = ptr.To(int32(1))
	apitest.Put(s, ds)
	s.Run(time.Second)
	name := func(i string) string {
		d := daemon(i)
		return "agent-" + templatehash.Compute(&d.Spec.Template, nil)
	}
	roll := func(i string) {
		edit(s, image(i))
		for range 3 {
			work(s)
		}
	}
	work(s)
	roll("v2")
	want := []string{name("v1") + "=1", name("v2") + "=2"}
	slices.Sort(want)
	assert.Equal(t, want, revisions(s))
	roll("v3")
	want = []string{name("v2") + "=2", name("v3") + "=3"}
	slices.Sort(want)
	assert.Equal(t, want, revisions(s))
	roll("v2") // back: the same revision with a new number
	want = []string{name("v2") + "=4", name("v3") + "=3"}
	slices.Sort(want)
	assert.Equal(t, want, revisions(s))
}

func TestHashCollision(t *testing.T) {
	s := start(1)
	ds := daemon("v1")
	apitest.Put(s, &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Name: "agent-" + templatehash.Compute(&ds.Spec.Template, nil), Namespace: "default"}})
	apitest.Put(s, ds)
	s.Run(time.Second)
	assert.EqualValues(t, 1, *get(s).Status.CollisionCount)
	assert.Equal(t, "1", where(s))
	assert.Len(t, revisions(s), 2)
}
