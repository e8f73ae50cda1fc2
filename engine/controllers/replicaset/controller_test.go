package replicaset

import (
	"fmt"
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
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func set(name string, replicas int32) *appsv1.ReplicaSet {
	l := map[string]string{"app": name}
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: appsv1.ReplicaSetSpec{Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: l},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}}}},
	}
}

func start(t *testing.T) *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

func ready(s *apitest.Server, name, node string) {
	apitest.Edit(s, "default", name, func(p *corev1.Pod) {
		p.Spec.NodeName = node
		p.Status.Phase = corev1.PodRunning
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}
	})
}

func readyAll(s *apitest.Server, node string) {
	for _, p := range apitest.List[*corev1.Pod](s) {
		if !api.PodReady(p) {
			ready(s, p.Name, node)
		}
	}
}

func status(s *apitest.Server, name string) appsv1.ReplicaSetStatus {
	return apitest.Get[*appsv1.ReplicaSet](s, "default", name).Status
}

func TestCreatesPodsAndWritesStatus(t *testing.T) {
	s := start(t)
	rs := apitest.Put(s, set("web", 3))
	s.Run(time.Second)
	pods := apitest.List[*corev1.Pod](s)
	require.Len(t, pods, 3)
	p := pods[0]
	assert.Equal(t, "web-", p.GenerateName)
	assert.Equal(t, []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: rs.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}, p.OwnerReferences)
	assert.Same(t, &pods[0].Spec.Containers[0], &pods[1].Spec.Containers[0], "pods share the template")
	readyAll(s, "node-1")
	s.Run(time.Second)
	assert.Equal(t, appsv1.ReplicaSetStatus{Replicas: 3, FullyLabeledReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 3,
		TerminatingReplicas: ptr.To(int32(0)), ObservedGeneration: 1}, status(s, "web"))
	assert.Contains(t, s.Events(), "SuccessfulCreate: Created pod: "+p.Name)
}

func TestSlowStartStopsAtTheFirstFailedBatch(t *testing.T) {
	s := start(t)
	creates := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			creates++
			if creates > 4 {
				return apierrors.NewForbidden(api.Pods.GR(), "", fmt.Errorf("exceeded quota"))
			}
		}
		return nil
	}
	apitest.Put(s, set("web", 100))
	s.Run(4 * time.Millisecond)
	assert.Equal(t, 7, creates, "1, 2, 4, and no further")
	s.Run(30 * time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 4)
	st := status(s, "web")
	require.Len(t, st.Conditions, 1)
	assert.Equal(t, "FailedCreate", st.Conditions[0].Reason)
	assert.Equal(t, `pods is forbidden: exceeded quota`, st.Conditions[0].Message)
	assert.Contains(t, s.Events(), `FailedCreate: Error creating: pods is forbidden: exceeded quota`)
	s.Before = nil
	s.Run(1000 * time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 100)
	assert.Empty(t, status(s, "web").Conditions)
}

func TestBurst(t *testing.T) {
	s := start(t)
	apitest.Put(s, set("web", 1200))
	s.Run(5 * time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 1200)
	assert.EqualValues(t, 1200, status(s, "web").Replicas)
	apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) { rs.Spec.Replicas = ptr.To(int32(0)) })
	s.Run(5 * time.Second)
	assert.Empty(t, apitest.List[*corev1.Pod](s))
	assert.EqualValues(t, 0, status(s, "web").Replicas)
}

func TestScaleDownPrefersUnreadyThenCrowdedNodes(t *testing.T) {
	s := start(t)
	apitest.Put(s, set("web", 4))
	s.Run(time.Second)
	p := apitest.List[*corev1.Pod](s)
	ready(s, p[0].Name, "node-1")
	ready(s, p[1].Name, "node-1")
	ready(s, p[2].Name, "node-2")
	s.Run(time.Second)
	apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) { rs.Spec.Replicas = ptr.To(int32(2)) })
	s.Run(time.Second)
	assert.Nil(t, apitest.Get[*corev1.Pod](s, "default", p[3].Name), "the one without a node goes first")
	assert.Nil(t, apitest.Get[*corev1.Pod](s, "default", p[2].Name).DeletionTimestamp, "node-2 has but one")
	st := status(s, "web")
	assert.EqualValues(t, 2, st.Replicas)
	assert.EqualValues(t, 1, *st.TerminatingReplicas)
}

func TestMinReadySeconds(t *testing.T) {
	s := start(t)
	rs := set("web", 2)
	rs.Spec.MinReadySeconds = 10
	apitest.Put(s, rs)
	s.Run(time.Second)
	readyAll(s, "node-1")
	s.Run(5 * time.Second)
	assert.EqualValues(t, 0, status(s, "web").AvailableReplicas)
	assert.EqualValues(t, 2, status(s, "web").ReadyReplicas)
	s.Run(6 * time.Second)
	assert.EqualValues(t, 2, status(s, "web").AvailableReplicas)
}

func TestAdoptsAndReleases(t *testing.T) {
	s := start(t)
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default", Labels: map[string]string{"app": "web"}}})
	rs := apitest.Put(s, set("web", 2))
	s.Run(time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 2)
	bare := apitest.Get[*corev1.Pod](s, "default", "bare")
	assert.True(t, metav1.IsControlledBy(bare, rs))
	apitest.Edit(s, "default", "bare", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "debug"} })
	s.Run(time.Second)
	assert.Empty(t, apitest.Get[*corev1.Pod](s, "default", "bare").OwnerReferences)
	assert.Len(t, apitest.List[*corev1.Pod](s), 3, "replaced")
	assert.EqualValues(t, 2, status(s, "web").Replicas)
}

func TestReplacesADeletedPod(t *testing.T) {
	s := start(t)
	apitest.Put(s, set("web", 1))
	s.Run(time.Second)
	p := apitest.List[*corev1.Pod](s)[0]
	ready(s, p.Name, "node-1")
	s.Run(time.Second)
	apitest.Edit(s, "default", p.Name, func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(100 * time.Millisecond)
	assert.Len(t, apitest.List[*corev1.Pod](s), 2, "at once, not when the old one is gone")
	apitest.Remove[*corev1.Pod](s, "default", p.Name)
	s.Run(time.Second)
	assert.Len(t, apitest.List[*corev1.Pod](s), 1)
	assert.EqualValues(t, 0, *status(s, "web").TerminatingReplicas)
}

// A template label that changes is counted anew for all pods.
func TestFullyLabelled(t *testing.T) {
	s := start(t)
	apitest.Put(s, set("web", 2))
	s.Run(time.Second)
	apitest.Edit(s, "default", "web", func(rs *appsv1.ReplicaSet) {
		rs.Spec.Template.Labels = map[string]string{"app": "web", "tier": "front"}
	})
	s.Run(time.Second)
	assert.EqualValues(t, 0, status(s, "web").FullyLabeledReplicas)
}

func BenchmarkPodEvents(b *testing.B) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, set("web", 10000))
	s.Run(60 * time.Second)
	names := make([]string, 0, 10000)
	for _, p := range apitest.List[*corev1.Pod](s) {
		names = append(names, p.Name)
	}
	b.ResetTimer()
	for i := range b.N {
		ready(s, names[i%len(names)], "node-1")
		s.Run(5 * time.Millisecond)
	}
}
