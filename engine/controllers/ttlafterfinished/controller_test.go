package ttlafterfinished

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

func job(s *apitest.Server, name string, ttl *int32) {
	apitest.Put(s, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: batchv1.JobSpec{TTLSecondsAfterFinished: ttl}})
}

func finish(s *apitest.Server, name string, t batchv1.JobConditionType) {
	apitest.Edit(s, "default", name, func(j *batchv1.Job) {
		j.Status.Conditions = append(j.Status.Conditions, batchv1.JobCondition{Type: t, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()})
	})
}

// gone reports a Job that is being deleted, in the foreground.
func gone(s *apitest.Server, name string) bool {
	j := apitest.Get[*batchv1.Job](s, "default", name)
	return j.DeletionTimestamp != nil && j.Finalizers[0] == metav1.FinalizerDeleteDependents
}

func TestDeletesWhenTheTimeIsOver(t *testing.T) {
	s := start()
	job(s, "a", ptr.To(int32(10)))
	s.Run(time.Minute)
	require.False(t, gone(s, "a"), "it has not finished")
	finish(s, "a", batchv1.JobComplete)
	s.Run(9 * time.Second)
	assert.False(t, gone(s, "a"))
	s.Run(2 * time.Second)
	assert.True(t, gone(s, "a"))
	n := len(s.Requests)
	s.Run(time.Hour)
	assert.Len(t, s.Requests, n)
}

func TestFailedJobsToo(t *testing.T) {
	s := start()
	job(s, "a", ptr.To(int32(0)))
	finish(s, "a", batchv1.JobFailed)
	s.Run(time.Second)
	assert.True(t, gone(s, "a"), "zero is at once")
}

func TestAnnouncedIsNotFinished(t *testing.T) {
	s := start()
	job(s, "a", ptr.To(int32(0)))
	finish(s, "a", batchv1.JobFailureTarget)
	finish(s, "a", batchv1.JobSuccessCriteriaMet)
	s.Run(time.Minute)
	assert.False(t, gone(s, "a"))
}

func TestWithoutTTL(t *testing.T) {
	s := start()
	job(s, "a", nil)
	finish(s, "a", batchv1.JobComplete)
	s.Run(time.Hour)
	assert.False(t, gone(s, "a"))
	apitest.Edit(s, "default", "a", func(j *batchv1.Job) { j.Spec.TTLSecondsAfterFinished = ptr.To(int32(5)) })
	s.Run(time.Second)
	assert.True(t, gone(s, "a"), "set afterwards")
}

func TestTTLMadeLonger(t *testing.T) {
	s := start()
	job(s, "a", ptr.To(int32(10)))
	finish(s, "a", batchv1.JobComplete)
	s.Run(5 * time.Second)
	apitest.Edit(s, "default", "a", func(j *batchv1.Job) { j.Spec.TTLSecondsAfterFinished = ptr.To(int32(100)) })
	s.Run(90 * time.Second)
	assert.False(t, gone(s, "a"))
	s.Run(10 * time.Second)
	assert.True(t, gone(s, "a"))
}

func TestTTLTakenAway(t *testing.T) {
	s := start()
	job(s, "a", ptr.To(int32(10)))
	finish(s, "a", batchv1.JobComplete)
	s.Run(5 * time.Second)
	apitest.Edit(s, "default", "a", func(j *batchv1.Job) { j.Spec.TTLSecondsAfterFinished = nil })
	s.Run(time.Second)
	assert.True(t, s.Sim.Settled())
	s.Run(time.Minute)
	assert.False(t, gone(s, "a"))
}

func TestFinishedBeforeTheControllerStarted(t *testing.T) {
	s := apitest.New()
	job(s, "a", ptr.To(int32(10)))
	finish(s, "a", batchv1.JobComplete)
	s.Run(time.Minute)
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	assert.True(t, gone(s, "a"))
}

func TestAFailedDeletionIsTriedAgain(t *testing.T) {
	s := start()
	tries := 0
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Delete {
			if tries++; tries < 3 {
				return errors.New("no")
			}
			assert.NotNil(t, r.Preconditions.UID)
		}
		return nil
	}
	job(s, "a", ptr.To(int32(1)))
	finish(s, "a", batchv1.JobComplete)
	s.Run(5 * time.Second)
	assert.Equal(t, 3, tries)
	assert.True(t, gone(s, "a"))
}
