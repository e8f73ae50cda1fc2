package replicationcontroller

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func controller(name string, replicas int32) *corev1.ReplicationController {
	l := map[string]string{"app": name}
	return &corev1.ReplicationController{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: corev1.ReplicationControllerSpec{Replicas: &replicas, Selector: l,
			Template: &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}}}},
	}
}

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

func run(s *apitest.Server) {
	for _, p := range apitest.List[*corev1.Pod](s) {
		apitest.Edit(s, "default", p.Name, func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status.Phase = "node-1", corev1.PodRunning
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}
		})
	}
	s.Run(time.Second)
}

func pods(s *apitest.Server) []*corev1.Pod { return apitest.List[*corev1.Pod](s) }

func status(s *apitest.Server) corev1.ReplicationControllerStatus {
	return apitest.Get[*corev1.ReplicationController](s, "default", "web").Status
}

func scale(s *apitest.Server, n int32) {
	apitest.Edit(s, "default", "web", func(rc *corev1.ReplicationController) { rc.Spec.Replicas, rc.Generation = &n, rc.Generation+1 })
	s.Run(time.Second)
}

func TestCreatesPodsAndWritesStatus(t *testing.T) {
	s := start()
	rc := apitest.Put(s, controller("web", 3))
	s.Run(time.Second)
	require.Len(t, pods(s), 3)
	p := pods(s)[0]
	assert.Empty(t, cmp.Diff([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ReplicationController", Name: "web", UID: rc.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}, p.OwnerReferences))
	assert.Contains(t, s.Events(), "SuccessfulCreate: Created pod: "+p.Name)
	e := apitest.List[*corev1.Event](s)[0]
	assert.Equal(t, "ReplicationController v1 replication-controller", e.InvolvedObject.Kind+" "+e.InvolvedObject.APIVersion+" "+e.Source.Component)
	run(s)
	assert.Equal(t, corev1.ReplicationControllerStatus{Replicas: 3, FullyLabeledReplicas: 3, ReadyReplicas: 3, AvailableReplicas: 3, ObservedGeneration: 1}, status(s))
	writes := len(s.Requests)
	s.Run(time.Minute)
	assert.Len(t, s.Requests, writes, "settled")
}

func TestScales(t *testing.T) {
	s := start()
	apitest.Put(s, controller("web", 1))
	s.Run(time.Second)
	scale(s, 4)
	require.Len(t, pods(s), 4)
	scale(s, 2)
	require.Len(t, pods(s), 2)
	assert.Contains(t, s.Requests, "update replicationcontrollers/status default/web")
	assert.EqualValues(t, 3, status(s).ObservedGeneration)
}

func TestReplacesLostPods(t *testing.T) {
	s := start()
	apitest.Put(s, controller("web", 2))
	s.Run(time.Second)
	first := pods(s)[0].Name
	apitest.Remove[*corev1.Pod](s, "default", first)
	s.Run(time.Second)
	assert.Len(t, pods(s), 2)
	apitest.Edit(s, "default", pods(s)[0].Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	s.Run(time.Second)
	assert.Len(t, pods(s), 3, "a failed pod stays and is replaced")
	assert.EqualValues(t, 2, status(s).Replicas)
}

func TestAdoptsAndReleases(t *testing.T) {
	s := start()
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "bare", Namespace: "default", Labels: map[string]string{"app": "web"}}})
	rc := apitest.Put(s, controller("web", 2))
	s.Run(time.Second)
	require.Len(t, pods(s), 2)
	assert.True(t, metav1.IsControlledBy(apitest.Get[*corev1.Pod](s, "default", "bare"), rc))
	apitest.Edit(s, "default", "bare", func(p *corev1.Pod) { p.Labels = nil })
	s.Run(time.Second)
	assert.Empty(t, apitest.Get[*corev1.Pod](s, "default", "bare").OwnerReferences)
	assert.Len(t, pods(s), 3)
}

func TestLeavesPodsOfAReplicaSetAlone(t *testing.T) {
	s := start()
	apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "default", Labels: map[string]string{"app": "web"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "rs", Controller: ptr.To(true)}}}})
	apitest.Put(s, controller("web", 1))
	s.Run(time.Second)
	assert.Len(t, pods(s), 2)
	scale(s, 0)
	require.Len(t, pods(s), 1)
	assert.Equal(t, "other", pods(s)[0].Name)
}

func TestFailureCondition(t *testing.T) {
	s := start()
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			return apierrors.NewForbidden(api.Pods.GR(), "", errors.New("exceeded quota"))
		}
		return nil
	}
	apitest.Put(s, controller("web", 2))
	s.Run(time.Second)
	require.Len(t, status(s).Conditions, 1)
	c := status(s).Conditions[0]
	assert.Equal(t, corev1.ReplicationControllerReplicaFailure, c.Type)
	assert.Equal(t, "FailedCreate: pods is forbidden: exceeded quota", c.Reason+": "+c.Message)
	assert.Contains(t, s.Events(), "FailedCreate: Error creating: pods is forbidden: exceeded quota")
	s.Before = nil
	s.Run(1000 * time.Second)
	assert.Len(t, pods(s), 2)
	assert.Empty(t, status(s).Conditions)
}

func TestMinReadySeconds(t *testing.T) {
	s := start()
	rc := controller("web", 1)
	rc.Spec.MinReadySeconds = 10
	apitest.Put(s, rc)
	s.Run(time.Second)
	run(s)
	assert.EqualValues(t, 1, status(s).ReadyReplicas)
	assert.EqualValues(t, 0, status(s).AvailableReplicas)
	s.Run(10 * time.Second)
	assert.EqualValues(t, 1, status(s).AvailableReplicas)
}

func TestDeletedAndMadeAnew(t *testing.T) {
	s := start()
	apitest.Put(s, controller("web", 2))
	s.Run(time.Second)
	apitest.Remove[*corev1.ReplicationController](s, "default", "web")
	s.Run(time.Second)
	assert.Len(t, pods(s), 2, "the garbage collector's business")
	apitest.Put(s, controller("web", 2))
	s.Run(time.Second)
	assert.Len(t, pods(s), 4)
	assert.EqualValues(t, 2, status(s).Replicas)
}

func TestStatusOfAConflictIsWrittenAnew(t *testing.T) {
	s := start()
	apitest.Put(s, controller("web", 1))
	hit := false
	s.Before = func(r *api.Request) error {
		if r.Resource == api.ReplicationControllers && r.Verb == api.Update && !hit {
			hit = true
			return apierrors.NewConflict(api.ReplicationControllers.GR(), "web", errors.New("the object has been modified"))
		}
		return nil
	}
	s.Run(time.Second)
	assert.True(t, hit)
	assert.EqualValues(t, 1, status(s).Replicas)
}
