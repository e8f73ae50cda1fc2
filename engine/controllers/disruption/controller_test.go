package disruption

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/ownership"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

var web = map[string]string{"app": "web"}

func budget(s *apitest.Server, minAvailable, maxUnavailable string) {
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: web}}}
	if minAvailable != "" {
		b.Spec.MinAvailable = ptr.To(intstr.Parse(minAvailable))
	}
	if maxUnavailable != "" {
		b.Spec.MaxUnavailable = ptr.To(intstr.Parse(maxUnavailable))
	}
	apitest.Put(s, b)
}

func pod(s *apitest.Server, name string, ready bool, owner api.Object) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: web}, Spec: corev1.PodSpec{NodeName: "node-1"}}
	if owner != nil {
		p.OwnerReferences = ownership.Refs(owner, api.ResourceOf(owner))
	}
	p.Status.Phase = corev1.PodRunning
	if ready {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return apitest.Put(s, p)
}

func set(s *apitest.Server, name string, n int32, owner api.Object) *appsv1.ReplicaSet {
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: appsv1.ReplicaSetSpec{Replicas: &n}}
	if owner != nil {
		rs.OwnerReferences = ownership.Refs(owner, api.ResourceOf(owner))
	}
	return apitest.Put(s, rs)
}

// want checks healthy, desired, expected and allowed.
func want(t *testing.T, s *apitest.Server, healthy, desired, expected, allowed int32) *policyv1.PodDisruptionBudget {
	t.Helper()
	b := apitest.Get[*policyv1.PodDisruptionBudget](s, "default", "web")
	require.NotNil(t, b)
	assert.Equal(t, [4]int32{healthy, desired, expected, allowed},
		[4]int32{b.Status.CurrentHealthy, b.Status.DesiredHealthy, b.Status.ExpectedPods, b.Status.DisruptionsAllowed})
	return b
}

func condition(b *policyv1.PodDisruptionBudget) metav1.Condition {
	return *meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
}

func TestAbsoluteNumber(t *testing.T) {
	s := start()
	budget(s, "2", "")
	s.Run(time.Second)
	b := want(t, s, 0, 2, 0, 0)
	assert.EqualValues(t, 1, b.Status.ObservedGeneration)
	assert.Contains(t, s.Events(), "NoPods: No matching pods found")
	pod(s, "a", true, nil)
	pod(s, "b", true, nil)
	pod(s, "c", false, nil)
	s.Run(time.Second)
	c := condition(want(t, s, 2, 2, 3, 0))
	assert.Equal(t, "False InsufficientPods 1", string(c.Status)+" "+c.Reason+" "+string(rune('0'+c.ObservedGeneration)))
	assert.Equal(t, s.Now().Truncate(time.Minute), c.LastTransitionTime.Truncate(time.Minute))
	pod(s, "c", true, nil)
	s.Run(time.Second)
	c = condition(want(t, s, 3, 2, 3, 1))
	assert.Equal(t, "True SufficientPods", string(c.Status)+" "+c.Reason)
	apitest.Remove[*corev1.Pod](s, "default", "a")
	apitest.Edit(s, "default", "b", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "other"} })
	s.Run(time.Second)
	want(t, s, 1, 2, 1, 0)
}

func TestShareOfTheControllersScale(t *testing.T) {
	s := start()
	d := apitest.Put(s, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}, Spec: appsv1.DeploymentSpec{Replicas: ptr.To(int32(4))}})
	old, now := set(s, "web-1", 1, d), set(s, "web-2", 4, d)
	ss := apitest.Put(s, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: "default"}, Spec: appsv1.StatefulSetSpec{Replicas: ptr.To(int32(3))}})
	rc := apitest.Put(s, &corev1.ReplicationController{ObjectMeta: metav1.ObjectMeta{Name: "rc", Namespace: "default"}, Spec: corev1.ReplicationControllerSpec{Replicas: ptr.To(int32(2))}})
	bare := set(s, "alone", 2, nil)
	for i, o := range []api.Object{old, now, now, ss, rc, bare} {
		pod(s, "p"+string(rune('a'+i)), true, o)
	}
	budget(s, "50%", "")
	s.Run(time.Second)
	want(t, s, 6, 6, 11, 0) // 4+3+2+2, rounded up
	apitest.Remove[*policyv1.PodDisruptionBudget](s, "default", "web")
	budget(s, "", "60%")
	s.Run(time.Second)
	want(t, s, 6, 4, 11, 2) // 7 may be missing
	apitest.Remove[*policyv1.PodDisruptionBudget](s, "default", "web")
	budget(s, "", "20")
	s.Run(time.Second)
	want(t, s, 6, 0, 11, 6)
}

func TestReplicaSetOfALostDeploymentCountsByItsScale(t *testing.T) {
	s := start()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", UID: "gone"}}
	pod(s, "a", true, set(s, "web-1", 3, d))
	budget(s, "", "1")
	s.Run(time.Second)
	want(t, s, 1, 2, 3, 0)
}

func TestUnmanagedPods(t *testing.T) {
	s := start()
	pod(s, "a", true, nil)
	pod(s, "b", true, set(s, "rs", 1, nil))
	budget(s, "", "1")
	s.Run(time.Second)
	want(t, s, 2, 0, 1, 2)
	assert.Contains(t, s.Events(), `UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`)
}

func TestWhatCannotBeComputedAllowsNothing(t *testing.T) {
	s := start()
	rs := set(s, "rs", 1, nil)
	pod(s, "a", true, rs)
	budget(s, "", "1")
	s.Run(time.Second)
	want(t, s, 1, 0, 1, 1)
	job := apitest.Put(s, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "default"}})
	pod(s, "b", true, job)
	s.Run(time.Second)
	b := want(t, s, 1, 0, 1, 0)
	c := condition(b)
	assert.Equal(t, "SyncFailed: jobs.batch does not implement the scale subresource", c.Reason+": "+c.Message)
	assert.Contains(t, s.Events(), "CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource")
	// Its controller is gone.
	apitest.Remove[*corev1.Pod](s, "default", "b")
	pod(s, "c", true, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "lost", UID: "x"}})
	s.Run(time.Second)
	assert.Equal(t, `found no controllers for pod "c"`, condition(want(t, s, 1, 0, 1, 0)).Message)
	apitest.Remove[*corev1.Pod](s, "default", "c")
	pod(s, "d", true, nil)
	apitest.Edit(s, "default", "d", func(p *corev1.Pod) {
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "example.com/v1", Kind: "Widget", Name: "w", UID: "w", Controller: ptr.To(true)}}
	})
	s.Run(time.Second)
	assert.Equal(t, `no matches for kind "Widget" in version "example.com/v1"`, condition(want(t, s, 1, 0, 1, 0)).Message)
	apitest.Remove[*corev1.Pod](s, "default", "d")
	s.Run(time.Second)
	assert.Equal(t, "SufficientPods", condition(want(t, s, 1, 0, 1, 1)).Reason)
}

// A kind that is in no cache is asked for its scale.
func TestScaleSubresource(t *testing.T) {
	s := start()
	d := apitest.Put(s, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "direct", Namespace: "default"}, Spec: appsv1.DeploymentSpec{Replicas: ptr.To(int32(5))}})
	pod(s, "a", true, d)
	budget(s, "40%", "")
	s.Run(time.Second)
	want(t, s, 1, 2, 5, 0)
}

func disrupt(s *apitest.Server, names ...string) {
	apitest.Edit(s, "default", "web", func(b *policyv1.PodDisruptionBudget) {
		b.Status.DisruptedPods = map[string]metav1.Time{}
		for _, n := range names {
			b.Status.DisruptedPods[n] = s.Now()
			b.Status.DisruptionsAllowed--
		}
	})
}

func TestDisruptedPodsCountAsGone(t *testing.T) {
	s := start()
	for _, n := range []string{"a", "b", "c"} {
		pod(s, n, true, nil)
	}
	budget(s, "1", "")
	s.Run(time.Second)
	want(t, s, 3, 1, 3, 2)
	disrupt(s, "a", "ghost")
	s.Run(time.Second)
	b := want(t, s, 2, 1, 3, 1)
	assert.Len(t, b.Status.DisruptedPods, 1, "a pod that does not exist is dropped")
	// It is deleted: off the list, and it still exists.
	apitest.Edit(s, "default", "a", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(time.Second)
	b = want(t, s, 2, 1, 3, 1)
	assert.Empty(t, b.Status.DisruptedPods)
	assert.True(t, s.Sim.Settled(), "nothing is left to wait for")
}

func TestADeletionThatDoesNotComeIsForgotten(t *testing.T) {
	s := start()
	pod(s, "a", true, nil)
	budget(s, "0", "")
	s.Run(time.Second)
	disrupt(s, "a")
	s.Run(119 * time.Second)
	want(t, s, 0, 0, 1, 0)
	s.Run(2 * time.Second)
	assert.Empty(t, want(t, s, 1, 0, 1, 1).Status.DisruptedPods)
	assert.Contains(t, s.Events(), "NotDeleted: Pod was expected by PDB default/default to be deleted but it wasn't")
}

func TestAnEvictionInBetweenConflicts(t *testing.T) {
	s := start()
	pod(s, "a", true, nil)
	pod(s, "b", true, nil)
	budget(s, "1", "")
	s.Run(time.Second)
	spent := false
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Update && r.Resource == api.PodDisruptionBudgets && !spent {
			spent = true
			disrupt(s, "a")
		}
		return nil
	}
	pod(s, "c", true, nil)
	s.Run(time.Second)
	b := want(t, s, 2, 1, 3, 1)
	assert.Contains(t, b.Status.DisruptedPods, "a")
}

func TestSelectorChanges(t *testing.T) {
	s := start()
	pod(s, "a", true, nil)
	budget(s, "0", "")
	s.Run(time.Second)
	want(t, s, 1, 0, 1, 1)
	apitest.Edit(s, "default", "web", func(b *policyv1.PodDisruptionBudget) {
		b.Generation, b.Spec.Selector = 2, &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}}
	})
	s.Run(time.Second)
	assert.EqualValues(t, 2, want(t, s, 0, 0, 0, 0).Status.ObservedGeneration)
	apitest.Edit(s, "default", "web", func(b *policyv1.PodDisruptionBudget) { b.Generation, b.Spec.Selector = 3, &metav1.LabelSelector{} })
	s.Run(time.Second)
	want(t, s, 1, 0, 1, 1)
}

func TestSeveralBudgetsOfOnePod(t *testing.T) {
	s := start()
	budget(s, "0", "")
	apitest.Put(s, &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "all", Namespace: "default"}, Spec: policyv1.PodDisruptionBudgetSpec{
		MinAvailable: ptr.To(intstr.FromInt32(0)), Selector: &metav1.LabelSelector{}}})
	s.Run(time.Second)
	pod(s, "a", true, nil)
	s.Run(time.Second)
	want(t, s, 1, 0, 1, 1)
	assert.Contains(t, s.Events(), `MultiplePodDisruptionBudgets: Pod "default"/"a" matches multiple PodDisruptionBudgets.  Chose "all" arbitrarily.`)
}

func TestStaleDisruptionTarget(t *testing.T) {
	s := start()
	mark := func(name, reason string, phase corev1.PodPhase) {
		pod(s, name, true, nil)
		apitest.Edit(s, "default", name, func(p *corev1.Pod) {
			p.Status.Phase = phase
			p.Status.Conditions = append([]corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason, Message: "m", LastTransitionTime: s.Now()}}, p.Status.Conditions...)
		})
	}
	mark("a", "EvictionByEvictionAPI", corev1.PodRunning)
	mark("kubelet", corev1.PodReasonTerminationByKubelet, corev1.PodRunning)
	mark("over", "PreemptionByScheduler", corev1.PodFailed)
	mark("goes", "PreemptionByScheduler", corev1.PodRunning)
	s.Run(time.Second)
	apitest.Edit(s, "default", "goes", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	first := func(name string) corev1.PodCondition {
		return apitest.Get[*corev1.Pod](s, "default", name).Status.Conditions[0]
	}
	s.Run(118 * time.Second)
	assert.Equal(t, corev1.ConditionTrue, first("a").Status)
	s.Run(2 * time.Second)
	c := first("a")
	assert.Equal(t, corev1.ConditionFalse, c.Status)
	assert.Empty(t, c.Reason+c.Message)
	assert.True(t, api.PodReady(apitest.Get[*corev1.Pod](s, "default", "a")))
	for _, n := range []string{"kubelet", "over", "goes"} {
		assert.Equal(t, corev1.ConditionTrue, first(n).Status, n)
	}
}
