package statefulset

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/templatehash"
)

func TestRollingUpdateFromTheEnd(t *testing.T) {
	w := start(t)
	w.web(3)
	w.work(4)
	w.edit(image("v2"))
	assert.Equal(t, "0:v1* 1:v1* 2:v1*-", w.show())
	st := w.status()
	assert.NotEqual(t, st.CurrentRevision, st.UpdateRevision)
	assert.Equal(t, [5]int32{3, 3, 3, 2, 0}, w.counts())
	w.gone("web-2")
	assert.Equal(t, "0:v1* 1:v1* 2:v2", w.show())
	w.Run(time.Hour)
	assert.Equal(t, "0:v1* 1:v1* 2:v2", w.show(), "the next when this one is ready")
	w.work(1)
	assert.Equal(t, "0:v1* 1:v1*- 2:v2*", w.show())
	assert.Equal(t, [5]int32{3, 3, 3, 1, 1}, w.counts())
	w.work(4)
	assert.Equal(t, "0:v2* 1:v2* 2:v2*", w.show())
	assert.Equal(t, [5]int32{3, 3, 3, 3, 3}, w.counts())
	st = w.status()
	assert.Equal(t, st.CurrentRevision, st.UpdateRevision)
	assert.Contains(t, w.Events(), "SuccessfulDelete: Delete Pod web-2 in StatefulSet web successful")
}

func TestPartition(t *testing.T) {
	w := start(t)
	w.web(4)
	w.work(5)
	w.edit(image("v2"), rolling(2))
	w.work(6)
	assert.Equal(t, "0:v1* 1:v1* 2:v2* 3:v2*", w.show())
	assert.Equal(t, [5]int32{4, 4, 4, 2, 2}, w.counts())
	w.gone("web-0", "web-3")
	w.work(2)
	assert.Equal(t, "0:v1* 1:v1* 2:v2* 3:v2*", w.show(), "each side of the partition comes again as it was")
	w.edit(rolling(9))
	w.edit(image("v3"))
	w.work(3)
	assert.Equal(t, "0:v1* 1:v1* 2:v2* 3:v2*", w.show(), "a partition beyond the last replica stages")
	w.edit(rolling(3))
	w.work(3)
	assert.Equal(t, "0:v1* 1:v1* 2:v2* 3:v3*", w.show())
	w.edit(rolling(0))
	w.work(8)
	assert.Equal(t, "0:v3* 1:v3* 2:v3* 3:v3*", w.show())
	assert.Equal(t, w.status().UpdateRevision, w.status().CurrentRevision)
}

func TestNewReplicasDuringAnUpdate(t *testing.T) {
	w := start(t)
	w.web(2)
	w.work(3)
	w.edit(image("v2"), rolling(3), replicas(4))
	w.work(3)
	assert.Equal(t, "0:v1* 1:v1* 2:v1* 3:v2*", w.show())
}

func atMost(n string) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.Parse(n))
	}
}

func TestMaxUnavailable(t *testing.T) {
	for n, want := range map[string]string{
		"2": "0:v1* 1:v1* 2:v1* 3:v1*- 4:v1*-", "40%": "0:v1* 1:v1* 2:v1* 3:v1*- 4:v1*-", "50%": "0:v1* 1:v1* 2:v1* 3:v1*- 4:v1*-",
		"1%": "0:v1* 1:v1* 2:v1* 3:v1* 4:v1*-", "100%": "0:v1*- 1:v1*- 2:v1*- 3:v1*- 4:v1*-",
	} {
		w := start(t)
		w.web(5, atMost(n))
		w.work(6)
		w.edit(image("v2"))
		assert.Equal(t, want, w.show(), n)
		w.work(20)
		assert.Equal(t, "0:v2* 1:v2* 2:v2* 3:v2* 4:v2*", w.show(), n)
	}
	w := start(t)
	w.web(5, atMost("3"), rolling(4))
	w.work(6)
	w.edit(image("v2"), atMost("3"))
	assert.Equal(t, "0:v1* 1:v1* 2:v1* 3:v1* 4:v1*-", w.show(), "within the partition")
}

func TestMaxUnavailableInOrder(t *testing.T) {
	w := start(t)
	w.web(4, atMost("2"))
	w.work(5)
	w.edit(image("v2"))
	w.gone("web-2", "web-3")
	assert.Equal(t, "0:v1* 1:v1* 2:v2", w.show(), "they come one after the other")
	w.work(2)
	assert.Equal(t, "0:v1*- 1:v1*- 2:v2* 3:v2*", w.show())
}

// With Parallel, pods that do not work go first and cost nothing of the budget.
func TestParallelUpdate(t *testing.T) {
	w := start(t)
	w.web(4, parallel, atMost("2"))
	w.work(2)
	apitest.Edit(w.Server, "default", "web-0", func(p *corev1.Pod) { p.Status.Conditions = nil })
	w.edit(image("v2"))
	assert.Equal(t, "0:v1- 1:v1* 2:v1* 3:v1*-", w.show())
	w.gone("web-0", "web-3")
	assert.Equal(t, "0:v2 1:v1* 2:v1* 3:v2", w.show())
	w.ready("web-3")
	assert.Equal(t, "0:v2 1:v1* 2:v1*- 3:v2*", w.show())
	w.work(6)
	assert.Equal(t, "0:v2* 1:v2* 2:v2* 3:v2*", w.show())
}

func TestOnDelete(t *testing.T) {
	w := start(t)
	w.web(2, func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
	})
	w.work(3)
	w.edit(image("v2"))
	w.work(3)
	assert.Equal(t, "0:v1* 1:v1*", w.show())
	assert.Equal(t, [5]int32{2, 2, 2, 2, 0}, w.counts())
	w.gone("web-0")
	w.work(1)
	assert.Equal(t, "0:v2* 1:v1*", w.show())
	assert.Equal(t, [5]int32{2, 2, 2, 1, 1}, w.counts())
	w.gone("web-1")
	w.work(1)
	assert.Equal(t, w.status().UpdateRevision, w.status().CurrentRevision)
}

// A template that never becomes ready stops an OrderedReady set for good: reverting it is not enough.
func TestForcedRollback(t *testing.T) {
	w := start(t)
	w.web(3)
	w.work(4)
	w.edit(image("broken"))
	w.gone("web-2")
	w.edit(image("v1"))
	w.Run(time.Hour)
	assert.Equal(t, "0:v1* 1:v1* 2:broken", w.show())
	w.gone("web-2") // by hand
	w.work(2)
	assert.Equal(t, "0:v1* 1:v1* 2:v1*", w.show())
	assert.Equal(t, [5]int32{3, 3, 3, 3, 3}, w.counts())

	w = start(t)
	w.web(3, parallel)
	w.work(2)
	w.edit(image("broken"))
	w.gone("web-2")
	w.edit(image("v1"))
	w.work(3)
	assert.Equal(t, "0:v1* 1:v1* 2:v1*", w.show(), "a parallel set mends itself")
}

func TestHistory(t *testing.T) {
	w := start(t)
	w.web(1, func(s *appsv1.StatefulSet) {
		s.Spec.RevisionHistoryLimit = ptr.To(int32(2))
		s.Annotations = map[string]string{"kubernetes.io/change-cause": "first"}
	})
	w.work(1)
	first := w.revisions()[0]
	assert.Equal(t, "web-"+first.Labels[hashLabel], first.Name)
	assert.Equal(t, "first", first.Annotations["kubernetes.io/change-cause"])
	assert.True(t, metav1.IsControlledBy(first, w.get()))
	var data map[string]any
	require.NoError(t, json.Unmarshal(first.Data.Raw, &data))
	assert.Equal(t, "replace", data["spec"].(map[string]any)["template"].(map[string]any)["$patch"])
	for _, v := range []string{"v2", "v3", "v4"} {
		w.edit(image(v))
		w.work(2)
	}
	numbers := func() (out []int64) {
		for _, r := range w.revisions() {
			out = append(out, r.Revision)
		}
		return out
	}
	assert.Equal(t, []int64{2, 3, 4}, numbers(), "two old ones and the live one")
	w.edit(image("v3"))
	w.work(2)
	assert.Equal(t, []int64{2, 4, 5}, numbers(), "back to v3: the same revision with a new number")
	assert.Equal(t, "0:v3*", w.show())
	w.edit(replicas(2))
	assert.Equal(t, []int64{2, 4, 5}, numbers(), "only the template makes a revision")
	w.edit(func(s *appsv1.StatefulSet) { s.Spec.RevisionHistoryLimit = ptr.To(int32(0)) })
	assert.Equal(t, []int64{5}, numbers())
}

func TestRevisionsOfPodsLive(t *testing.T) {
	w := start(t)
	w.web(2, rolling(1), func(s *appsv1.StatefulSet) { s.Spec.RevisionHistoryLimit = ptr.To(int32(0)) })
	w.work(3)
	w.edit(image("v2"))
	w.work(3)
	w.edit(image("v3"))
	assert.Len(t, w.revisions(), 3, "web-0 is of v1, web-1 of v2 until it is gone")
	w.work(2)
	assert.Len(t, w.revisions(), 2)
}

func TestHashCollision(t *testing.T) {
	w := start(t)
	data, err := templatehash.Patch(&corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "v1"}}}})
	require.NoError(t, err)
	apitest.Put(w.Server, &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Name: "web-" + hashOf(data, 0), Namespace: "default"}})
	w.web(1)
	assert.EqualValues(t, 1, *w.status().CollisionCount)
	assert.Equal(t, "web-"+hashOf(data, 1), w.status().UpdateRevision)
	assert.Equal(t, "0:v1", w.show())
}

// A revision that says the same in other words, as an older release wrote it, causes no update.
func TestTheSameInOtherWords(t *testing.T) {
	w := start(t)
	w.web(1, func(s *appsv1.StatefulSet) { s.Spec.Replicas = ptr.To(int32(0)) })
	r := w.revisions()[0]
	apitest.Edit(w.Server, "default", r.Name, func(r *appsv1.ControllerRevision) {
		r.Data = runtime.RawExtension{Raw: []byte(`{"spec":{"template":{"$patch":"replace","metadata":{"creationTimestamp":null,"labels":{"app":"web"}},"spec":{"containers":[{"image":"v1","name":"c"}]}}}}`)}
	})
	// What the API server would have set on the template.
	apitest.Edit(w.Server, "default", "web", func(s *appsv1.StatefulSet) {
		t := &s.Spec.Template.Spec
		t.RestartPolicy, t.DNSPolicy, t.SchedulerName = corev1.RestartPolicyAlways, corev1.DNSClusterFirst, corev1.DefaultSchedulerName
		t.TerminationGracePeriodSeconds, t.SecurityContext = ptr.To(int64(30)), &corev1.PodSecurityContext{}
		t.Containers = []corev1.Container{{Name: "c", Image: "v1", ImagePullPolicy: corev1.PullAlways,
			TerminationMessagePath: corev1.TerminationMessagePathDefault, TerminationMessagePolicy: corev1.TerminationMessageReadFile}}
		s.Generation++
	})
	w.Run(time.Second)
	w.edit(replicas(1))
	assert.Len(t, w.revisions(), 1)
	assert.Equal(t, r.Name, revisionOf(w.pod("web-0")))
}
