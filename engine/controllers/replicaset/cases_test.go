package replicaset

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func scale(s *apitest.Server, n int32) {
	apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) { rs.Spec.Replicas = &n })
}

func names(s *apitest.Server) string {
	var out []string
	for _, p := range apitest.List[*corev1.Pod](s) {
		if p.DeletionTimestamp == nil {
			out = append(out, p.Name)
		}
	}
	return strings.Join(out, " ")
}

// running is a pod of the ReplicaSet "web" that has been ready for a minute and is an hour old, on a node of its own.
func running(s *apitest.Server, rs *appsv1.ReplicaSet, name string, change ...func(*corev1.Pod)) {
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(s.Now().Add(-d)) }
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{"app": "web"}, CreationTimestamp: ago(time.Hour),
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}},
		Spec: corev1.PodSpec{NodeName: "node-" + name}, Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: ago(time.Minute)}}}}
	for _, fn := range change {
		fn(p)
	}
	apitest.Put(s, p)
}

// TestWhoGoesFirst: one of two pods is to go, and b differs from a (ActivePodsWithRanks).
func TestWhoGoesFirst(t *testing.T) {
	cost := func(v string) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Annotations = map[string]string{corev1.PodDeletionCost: v} }
	}
	restarts := func(n int32) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", RestartCount: n}}
		}
	}
	back := func(p *corev1.Pod, ready, age time.Duration) {
		p.Status.Conditions[0].LastTransitionTime = metav1.NewTime(p.CreationTimestamp.Add(time.Hour - ready))
		p.CreationTimestamp = metav1.NewTime(p.CreationTimestamp.Add(time.Hour - age))
	}
	for name, c := range map[string]struct {
		b    func(*corev1.Pod)
		gone string
	}{
		"b has no node":              {func(p *corev1.Pod) { p.Spec.NodeName = "" }, "b"},
		"b is pending":               {func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }, "b"},
		"b is unknown":               {func(p *corev1.Pod) { p.Status.Phase = corev1.PodUnknown }, "b"},
		"b is not ready":             {func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }, "b"},
		"b costs less":               {cost("-1"), "b"},
		"b costs more":               {cost("1"), "a"},
		"b's cost is no number":      {func(p *corev1.Pod) { cost("x")(p); restarts(1)(p) }, "b"},
		"b costs less but is unsure": {func(p *corev1.Pod) { cost("9")(p); p.Status.Conditions[0].Status = corev1.ConditionFalse }, "b"},
		"b was ready later":          {func(p *corev1.Pod) { back(p, time.Second, time.Hour) }, "b"},
		"b was ready long before":    {func(p *corev1.Pod) { back(p, 50*time.Minute, time.Hour) }, "a"},
		"b restarted":                {restarts(3), "b"},
		"b is younger":               {func(p *corev1.Pod) { back(p, time.Minute, 2*time.Minute) }, "b"},
		"b is older":                 {func(p *corev1.Pod) { back(p, time.Minute, 20*time.Hour) }, "a"},
	} {
		s := start(t)
		s.Run(24 * time.Hour)
		rs := set("web", 2)
		rs.UID = "rs"
		running(s, rs, "a")
		running(s, rs, "b", c.b)
		apitest.Put(s, rs)
		s.Run(time.Second)
		require.Equal(t, "a b", names(s), name)
		scale(s, 1)
		s.Run(time.Second)
		assert.Equal(t, map[string]string{"a": "b", "b": "a"}[c.gone], names(s), name)
	}
}

// TestWhoIsAdopted (TestPatchPodWithOtherOwnerRef and its neighbours).
func TestWhoIsAdopted(t *testing.T) {
	other := []metav1.OwnerReference{{APIVersion: "v1", Kind: "ReplicationController", Name: "rc", UID: "rc"}}
	mine := *other[0].DeepCopy()
	mine.Controller = ptr.To(true)
	for name, c := range map[string]struct {
		pod     func(*corev1.Pod)
		adopted bool
	}{
		"a pod of nobody":             {func(*corev1.Pod) {}, true},
		"one that belongs to another": {func(p *corev1.Pod) { p.OwnerReferences = other }, true},
		"one that another controls":   {func(p *corev1.Pod) { p.OwnerReferences = []metav1.OwnerReference{mine} }, false},
		"other labels":                {func(p *corev1.Pod) { p.Labels = map[string]string{"app": "x"} }, false},
		"no labels":                   {func(p *corev1.Pod) { p.Labels = nil }, false},
		"another namespace":           {func(p *corev1.Pod) { p.Namespace = "other" }, false},
		"one that failed":             {func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, false},
		"one that is done":            {func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, false},
	} {
		s := start(t)
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default", Labels: map[string]string{"app": "web"}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
		c.pod(p)
		apitest.Put(s, p)
		rs := apitest.Put(s, set("web", 1))
		s.Run(time.Second)
		assert.Equal(t, c.adopted, metav1.IsControlledBy(apitest.Get[*corev1.Pod](s, p.Namespace, "bare"), rs), name)
		want := 2
		if c.adopted {
			want = 1
		}
		assert.Len(t, apitest.List[*corev1.Pod](s), want, name)
	}
}

// TestOneThatIsDeleted neither creates nor adopts nor deletes (TestDoNotAdoptOrCreateIfBeingDeleted).
func TestOneThatIsDeleted(t *testing.T) {
	s := start(t)
	rs := set("web", 3)
	rs.DeletionTimestamp, rs.Finalizers = ptr.To(s.Now()), []string{"foregroundDeletion"}
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default", Labels: map[string]string{"app": "web"}}})
	apitest.Put(s, rs)
	s.Run(time.Minute)
	assert.Equal(t, "bare", names(s))
	assert.Empty(t, apitest.Get[*corev1.Pod](s, "default", "bare").OwnerReferences)
}

// TestTheCacheIsBehind: the definition was deleted, or made again, without the controller's knowing: nothing is adopted
// before the API server was asked (RecheckDeletionTimestamp).
func TestTheCacheIsBehind(t *testing.T) {
	s := start(t)
	asked := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Get && r.Resource == api.ReplicaSets {
			asked++
			return apierrors.NewNotFound(r.Resource.GR(), r.Name)
		}
		return nil
	}
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default", Labels: map[string]string{"app": "web"}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}})
	apitest.Put(s, set("web", 1))
	s.Run(time.Second)
	assert.Positive(t, asked)
	assert.Empty(t, apitest.Get[*corev1.Pod](s, "default", "bare").OwnerReferences)
	assert.Equal(t, "bare", names(s), "and nothing is created in its place")
}

// TestExpectations: what was created and is not in the cache yet is not created again, whatever else changes meanwhile.
func TestExpectations(t *testing.T) {
	s := start(t)
	creates := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			creates++
			// The definition changes with every creation: many more looks than pods.
			apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) { rs.Annotations = map[string]string{"n": fmt.Sprint(creates)} })
		}
		return nil
	}
	apitest.Put(s, set("web", 20))
	s.Run(time.Second)
	assert.Equal(t, 20, creates)
	deletes := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Delete && r.Resource == api.Pods {
			deletes++
			apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) { rs.Annotations = map[string]string{"d": fmt.Sprint(deletes)} })
		}
		return nil
	}
	scale(s, 5)
	s.Run(time.Second)
	assert.Equal(t, 15, deletes)
	assert.Len(t, apitest.List[*corev1.Pod](s), 5)
}

// TestACreationThatTimesOut may have happened: it is expected, and the next look waits for the watch. A namespace that
// goes is no error at all.
func TestCreationsThatFail(t *testing.T) {
	terminating := apierrors.NewForbidden(api.Pods.GR(), "", errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = append(terminating.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	s := start(t)
	creates := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			creates++
			return terminating
		}
		return nil
	}
	apitest.Put(s, set("web", 3))
	s.Run(10 * time.Minute)
	assert.Equal(t, 3, creates, "1 and 2, as if they had succeeded, and no more")
	assert.Empty(t, s.Events())
}

// TestDeletionsThatFail are told and tried again.
func TestDeletionsThatFail(t *testing.T) {
	s := start(t)
	apitest.Put(s, set("web", 3))
	s.Run(time.Second)
	fails := 2
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Delete && r.Resource == api.Pods && fails > 0 {
			fails--
			return errors.New("no")
		}
		return nil
	}
	scale(s, 1)
	s.Run(10 * time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 1)
	told := 0
	for _, e := range apitest.List[*corev1.Event](s) {
		if e.Reason == "FailedDelete" {
			told += int(e.Count)
		}
	}
	assert.Equal(t, 2, told)
}

// TestPodsThatEnd are replaced and stay; those that are marked for deletion by somebody do not count either.
func TestPodsThatEnd(t *testing.T) {
	s := start(t)
	rs := set("web", 2)
	rs.UID = "rs"
	running(s, rs, "failed", func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	running(s, rs, "done", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	running(s, rs, "lives")
	apitest.Put(s, rs)
	s.Run(time.Second)
	require.Len(t, apitest.List[*corev1.Pod](s), 4, "one more")
	assert.EqualValues(t, 2, status(s, "web").Replicas)
	scale(s, 0)
	s.Run(time.Second)
	assert.Equal(t, "failed done", names(s))
	assert.EqualValues(t, 0, status(s, "web").Replicas)
}
