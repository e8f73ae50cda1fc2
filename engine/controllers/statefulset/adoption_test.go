package statefulset

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func TestAdoption(t *testing.T) {
	w := start(t)
	l := map[string]string{"app": "web"}
	for name, labels := range map[string]map[string]string{"web-1": l, "web-x": l, "other-0": l, "web-0": {"app": "else"}} {
		apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: labels},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "v0"}}}})
	}
	set := w.web(2)
	assert.True(t, metav1.IsControlledBy(w.pod("web-1"), set))
	for _, name := range []string{"web-x", "other-0", "web-0"} {
		assert.Empty(t, w.pod(name).OwnerReferences, "%s is not of the set by name or labels", name)
	}
	assert.Empty(t, w.status().ReadyReplicas)
	w.gone("web-0") // it stood in the way
	w.Run(20 * time.Minute)
	w.ready("web-0")
	w.ready("web-1")
	assert.NotNil(t, w.pod("web-1").DeletionTimestamp, "it is of no revision, and replaced")
}

func TestAdoptedPodsGetTheirLabels(t *testing.T) {
	w := start(t)
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-0", Namespace: "default", Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "v1"}}}})
	w.ready("web-0")
	w.web(1, func(s *appsv1.StatefulSet) { s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType })
	assert.Equal(t, map[string]string{"app": "web", "statefulset.kubernetes.io/pod-name": "web-0", "apps.kubernetes.io/pod-index": "0"}, w.pod("web-0").Labels)
	assert.Contains(t, w.Events(), "SuccessfulUpdate: Update Pod web-0 in StatefulSet web successful")
}

func TestRelease(t *testing.T) {
	w := start(t)
	w.web(2)
	w.work(3)
	w.editPod("web-1", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "debug"} })
	assert.Empty(t, w.pod("web-1").OwnerReferences)
	w.Run(time.Minute)
	assert.Len(t, w.pods(), 2, "the name is taken as long as it is there")
	w.gone("web-1")
	w.Run(20 * time.Minute)
	assert.True(t, metav1.IsControlledBy(w.pod("web-1"), w.get()))
}

func TestRevisionsAreAdopted(t *testing.T) {
	w := start(t)
	w.web(1)
	r := w.revisions()[0]
	apitest.Remove[*appsv1.StatefulSet](w.Server, "default", "web") // its dependents orphaned
	apitest.Edit(w.Server, "default", r.Name, func(r *appsv1.ControllerRevision) { r.OwnerReferences = nil })
	apitest.Edit(w.Server, "default", "web-0", func(p *corev1.Pod) { p.OwnerReferences = nil })
	w.Run(time.Second)
	set := w.web(1)
	require.Len(t, w.revisions(), 1)
	assert.True(t, metav1.IsControlledBy(w.revisions()[0], set))
	assert.True(t, metav1.IsControlledBy(w.pod("web-0"), set))
	assert.Len(t, w.pods(), 1)
}

// A set that was deleted a moment ago adopts nothing, though the cache does not know yet.
func TestNoAdoptionByTheDead(t *testing.T) {
	w := start(t)
	set := w.web(0)
	fresh := set.DeepCopy()
	now := w.Now()
	fresh.DeletionTimestamp = &now
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Get && r.Resource == api.StatefulSets {
			return apierrors.NewNotFound(r.Resource.GR(), r.Name)
		}
		return nil
	}
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-0", Namespace: "default", Labels: map[string]string{"app": "web"}}})
	w.Run(time.Second)
	assert.Empty(t, w.pod("web-0").OwnerReferences)
}

func TestParentAndOrdinal(t *testing.T) {
	for name, want := range map[string]struct {
		parent  string
		ordinal int
	}{
		"web-0": {"web", 0}, "a-b-12": {"a-b", 12}, "web": {"", -1}, "web-": {"", -1}, "web-x1": {"", -1}, "web--1": {"web-", 1}, "web-99999999999": {"web", -1}, "0": {"", -1},
	} {
		parent, n := parentAndOrdinal(name)
		assert.Equal(t, want.parent, parent, name)
		assert.Equal(t, want.ordinal, n, name)
	}
}
