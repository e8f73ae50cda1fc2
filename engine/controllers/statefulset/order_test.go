package statefulset

import (
	"errors"
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
	"tabernetes/engine/controllers/apitest"
)

func TestIdentity(t *testing.T) {
	w := start(t)
	set := w.web(1)
	p := w.pod("web-0")
	require.NotNil(t, p)
	rev := w.revisions()[0]
	assert.Equal(t, map[string]string{"app": "web", "apps.kubernetes.io/pod-index": "0",
		"statefulset.kubernetes.io/pod-name": "web-0", "controller-revision-hash": rev.Name}, p.Labels)
	assert.Equal(t, []string{"web-", "web-0", "svc"}, []string{p.GenerateName, p.Spec.Hostname, p.Spec.Subdomain})
	assert.True(t, metav1.IsControlledBy(p, set))
	assert.Equal(t, map[string]string{"app": "web"}, set.Spec.Template.Labels, "the template's map is not the pod's")
	assert.Equal(t, []string{"SuccessfulCreate: Create Pod web-0 in StatefulSet web successful"}, w.Events())
	assert.Equal(t, rev.Name, w.status().CurrentRevision)
	assert.EqualValues(t, 1, w.status().ObservedGeneration)
	assert.Zero(t, *w.status().CollisionCount)
}

func TestOneAfterTheOther(t *testing.T) {
	w := start(t)
	w.web(3)
	assert.Equal(t, "0:v1", w.show())
	w.Run(time.Hour)
	assert.Equal(t, "0:v1", w.show(), "nothing comes before web-0 is ready")
	w.editPod("web-0", func(p *corev1.Pod) { p.Status.Phase = corev1.PodRunning })
	assert.Equal(t, "0:v1", w.show(), "running is not enough")
	w.ready("web-0")
	assert.Equal(t, "0:v1* 1:v1", w.show())
	w.ready("web-1")
	assert.Equal(t, "0:v1* 1:v1* 2:v1", w.show())
	assert.Equal(t, [5]int32{3, 2, 2, 3, 3}, w.counts())
	w.ready("web-2")
	assert.Equal(t, [5]int32{3, 3, 3, 3, 3}, w.counts())
}

func TestAPredecessorThatFailsHoldsUpTheNext(t *testing.T) {
	w := start(t)
	w.web(3)
	w.ready("web-0")
	w.editPod("web-0", func(p *corev1.Pod) { p.Status.Conditions = nil })
	w.ready("web-1")
	assert.Equal(t, "0:v1 1:v1*", w.show())
	w.ready("web-0")
	assert.Equal(t, "0:v1* 1:v1* 2:v1", w.show())
}

func TestScaleDownFromTheEnd(t *testing.T) {
	w := start(t)
	w.web(4)
	w.work(5)
	w.edit(replicas(1))
	assert.Equal(t, "0:v1* 1:v1* 2:v1* 3:v1*-", w.show())
	w.Run(time.Hour)
	assert.Equal(t, "0:v1* 1:v1* 2:v1* 3:v1*-", w.show(), "web-2 waits until web-3 is gone")
	w.gone("web-3")
	assert.Equal(t, "0:v1* 1:v1* 2:v1*-", w.show())
	w.work(3)
	assert.Equal(t, "0:v1*", w.show())
	assert.Contains(t, w.Events(), "SuccessfulDelete: Delete Pod web-3 in StatefulSet web successful")
	assert.Equal(t, [5]int32{1, 1, 1, 1, 1}, w.counts())
}

// Of what is condemned, only the first pod that is not healthy may go before its time.
func TestScaleDownWaitsForHealth(t *testing.T) {
	w := start(t)
	w.web(3)
	w.work(4)
	w.editPod("web-0", func(p *corev1.Pod) { p.Status.Conditions = nil })
	w.edit(replicas(1))
	assert.Equal(t, "0:v1 1:v1* 2:v1*", w.show(), "a replica that is wanted is not ready")
	w.ready("web-0")
	assert.Equal(t, "0:v1* 1:v1* 2:v1*-", w.show())

	w = start(t)
	w.web(4)
	w.work(5)
	for _, n := range []string{"web-1", "web-3"} {
		apitest.Edit(w.Server, "default", n, func(p *corev1.Pod) { p.Status.Conditions = nil })
	}
	w.edit(replicas(1))
	assert.Equal(t, "0:v1* 1:v1 2:v1* 3:v1", w.show(), "web-3 is not ready, and not the first that is not")
	w.ready("web-1")
	assert.Equal(t, "0:v1* 1:v1* 2:v1* 3:v1-", w.show())
}

func TestParallel(t *testing.T) {
	w := start(t)
	w.web(5, parallel)
	assert.Equal(t, "0:v1 1:v1 2:v1 3:v1 4:v1", w.show())
	w.ready("web-3")
	w.edit(replicas(2))
	assert.Equal(t, "0:v1 1:v1 3:v1*-", w.show(), "pods without a node are gone at once; web-2 did not wait for web-3")
	w.work(1)
	w.edit(replicas(4))
	w.ready("web-0", "web-1", "web-2", "web-3")
	w.edit(replicas(0))
	assert.Equal(t, "0:v1*- 1:v1*- 2:v1*- 3:v1*-", w.show())
}

// Parallel pods come in batches of 1, 2, 4, …; a refusal ends it.
func TestParallelSlowStart(t *testing.T) {
	w := start(t)
	tried := 0
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			if tried++; tried > 2 {
				return apierrors.NewForbidden(api.Pods.GR(), r.Name, errors.New("quota"))
			}
		}
		return nil
	}
	w.web(20, parallel)
	assert.Less(t, len(w.pods()), 3)
	w.Before = nil
	w.Run(time.Minute)
	assert.Len(t, w.pods(), 20)
	assert.Contains(t, w.Events(), `FailedCreate: Create Pod web-2 in StatefulSet web failed error: pods "web-2" is forbidden: quota`)
}

func TestEndedPodsComeAgain(t *testing.T) {
	for _, phase := range []corev1.PodPhase{corev1.PodFailed, corev1.PodSucceeded} {
		for _, policy := range []func(*appsv1.StatefulSet){parallel, func(*appsv1.StatefulSet) {}} {
			w := start(t)
			w.web(3, policy)
			w.work(4)
			uid := w.pod("web-1").UID
			w.editPod("web-1", func(p *corev1.Pod) { p.Status.Phase, p.Status.Conditions = phase, nil })
			assert.NotNil(t, w.pod("web-1").DeletionTimestamp)
			w.gone("web-1")
			require.NotNil(t, w.pod("web-1"))
			assert.NotEqual(t, uid, w.pod("web-1").UID)
			assert.Equal(t, "0:v1* 1:v1 2:v1*", w.show())
		}
	}
}

func TestADeletedPodComesAgainWhenItIsGone(t *testing.T) {
	w := start(t)
	w.web(2)
	w.work(3)
	w.editPod("web-0", func(p *corev1.Pod) {
		now := w.Now()
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &now, ptr.To(int64(30))
	})
	w.Run(time.Hour)
	assert.Equal(t, "0:v1*- 1:v1*", w.show(), "at most one pod of a name: not before the other has let go")
	w.gone("web-0")
	assert.Equal(t, "0:v1 1:v1*", w.show())
}

func TestStartOrdinal(t *testing.T) {
	w := start(t)
	ordinals := func(n int32) func(*appsv1.StatefulSet) {
		return func(s *appsv1.StatefulSet) { s.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: n} }
	}
	w.web(2, ordinals(5))
	w.work(3)
	assert.Equal(t, "5:v1* 6:v1*", w.show())
	w.edit(ordinals(6))
	assert.Equal(t, "5:v1* 6:v1* 7:v1", w.show(), "the new one first")
	w.work(1)
	assert.Equal(t, "5:v1*- 6:v1* 7:v1*", w.show())
	w.work(1)
	w.edit(image("v2"), rolling(1))
	assert.Equal(t, "6:v1* 7:v1*-", w.show(), "the partition counts from the first replica")
}

func TestMinReadySeconds(t *testing.T) {
	w := start(t)
	w.web(2, func(s *appsv1.StatefulSet) { s.Spec.MinReadySeconds = 10 })
	w.ready("web-0")
	w.Run(7 * time.Second)
	assert.Equal(t, "0:v1*", w.show())
	assert.Equal(t, [5]int32{1, 1, 0, 1, 1}, w.counts())
	w.Run(3 * time.Second)
	assert.Equal(t, "0:v1* 1:v1", w.show())
	assert.EqualValues(t, 1, w.status().AvailableReplicas)
	w.ready("web-1")
	w.Run(11 * time.Second)
	assert.EqualValues(t, 2, w.status().AvailableReplicas)
	w.edit(replicas(1))
	assert.NotNil(t, w.pod("web-1").DeletionTimestamp)
}

func TestASetThatIsDeletedRests(t *testing.T) {
	w := start(t)
	w.web(3)
	w.ready("web-0")
	apitest.Edit(w.Server, "default", "web", func(s *appsv1.StatefulSet) { now := w.Now(); s.DeletionTimestamp, s.Finalizers = &now, []string{"x"} })
	w.Run(time.Second)
	w.ready("web-1")
	assert.Equal(t, "0:v1* 1:v1*", w.show())
	assert.EqualValues(t, 2, w.status().ReadyReplicas, "the status is kept")
	w.gone("web-1")
	assert.Equal(t, "0:v1*", w.show())
}

func TestCreationRefused(t *testing.T) {
	w := start(t)
	w.Before = func(r *api.Request) error {
		if r.Verb == api.Create && r.Resource == api.Pods {
			return apierrors.NewForbidden(api.Pods.GR(), r.Name, errors.New("exceeded quota"))
		}
		return nil
	}
	w.web(1)
	assert.Contains(t, w.Events(), `FailedCreate: Create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: exceeded quota`)
	w.Before = nil
	w.Run(time.Minute)
	assert.Equal(t, "0:v1", w.show())
}

func TestAStatusConflictIsRetried(t *testing.T) {
	w := start(t)
	n := 0
	w.Before = func(r *api.Request) error {
		if r.Subresource == "status" {
			if n++; n <= 3 {
				return apierrors.NewConflict(api.StatefulSets.GR(), r.Name, errors.New("newer"))
			}
		}
		return nil
	}
	w.web(1)
	assert.EqualValues(t, 1, w.status().Replicas)
	assert.Len(t, w.pods(), 1)
}

func TestRecreateIsOff(t *testing.T) {
	w := start(t)
	w.web(1, func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: "Recreate"}
	})
	assert.Empty(t, w.pods())
	assert.Equal(t, "UnknownStrategy: statefulset default/web uses Recreate strategy but feature gate StatefulSetRecreateStrategy is disabled", w.Events()[0])
}

// A thousand pods come and go without work that grows with their square.
func TestAThousandInParallel(t *testing.T) {
	w := start(t)
	w.web(1000, parallel)
	w.Run(5 * time.Second)
	require.Len(t, w.pods(), 1000)
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprint("web-", i))
	}
	w.ready(names...)
	w.Run(5 * time.Second)
	assert.Equal(t, [5]int32{1000, 1000, 1000, 1000, 1000}, w.counts())
}
