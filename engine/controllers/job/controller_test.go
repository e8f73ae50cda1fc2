package job

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func TestRunsToCompletion(t *testing.T) {
	w := start(t)
	j := w.job(1, 1)
	require.Len(t, w.pods(), 1)
	p := w.pods()[0]
	assert.Equal(t, "j-", p.GenerateName)
	assert.Equal(t, []string{"batch.kubernetes.io/job-tracking"}, p.Finalizers)
	assert.Empty(t, cmp.Diff([]metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "j", UID: j.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}, p.OwnerReferences))
	begun := w.status().StartTime
	assert.Empty(t, cmp.Diff(batchv1.JobStatus{Active: 1, StartTime: begun, Ready: ptr.To(int32(0)), Terminating: ptr.To(int32(0)),
		UncountedTerminatedPods: &batchv1.UncountedTerminatedPods{}}, w.status()))
	w.run()
	assert.EqualValues(t, 1, *w.status().Ready)
	w.end(0, p)
	s := w.status()
	assert.Equal(t, []string{"SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"}, w.conditions())
	assert.Equal(t, "Reached expected number of succeeded pods", w.message(batchv1.JobComplete))
	assert.Equal(t, []int32{1, 0, 0, 0}, []int32{s.Succeeded, s.Failed, s.Active, *s.Ready})
	assert.Equal(t, s.Conditions[1].LastTransitionTime, *s.CompletionTime)
	assert.Zero(t, w.held())
	assert.Equal(t, []string{"SuccessfulCreate: Created pod: " + p.Name, "Completed: Job completed"}, w.Events())
	n := len(w.Requests)
	w.Run(time.Hour)
	assert.Len(t, w.Requests, n, "settled")
}

func TestParallelismAndCompletions(t *testing.T) {
	w := start(t)
	w.job(2, 5)
	require.Len(t, w.alive(), 2)
	w.end(0, w.alive()...)
	require.Len(t, w.alive(), 2)
	assert.EqualValues(t, 2, w.status().Succeeded)
	w.end(0, w.alive()...)
	require.Len(t, w.alive(), 1, "no more than are missing")
	w.end(0, w.alive()...)
	assert.EqualValues(t, 5, w.status().Succeeded)
	assert.True(t, Finished(w.get()))
}

func TestWorkQueue(t *testing.T) {
	w := start(t)
	w.job(3, 0, func(j *batchv1.Job) { j.Spec.Completions = nil })
	require.Len(t, w.alive(), 3)
	w.end(0, w.alive()[0])
	assert.Len(t, w.alive(), 2, "after the first success none are added")
	assert.False(t, Finished(w.get()))
	w.end(0, w.alive()...)
	assert.True(t, Finished(w.get()))
	assert.EqualValues(t, 3, w.status().Succeeded)
}

func TestFinalizersGoOnlyAfterTheStatusIsWritten(t *testing.T) {
	w := start(t)
	w.job(1, 1)
	p := w.alive()[0]
	w.Requests = nil
	w.end(0, p)
	assert.Equal(t, []string{"update jobs/status default/j", "patch pods default/" + p.Name, "update jobs/status default/j"}, w.Requests)
}

func TestACrashBetweenTheStepsCountsNothingTwice(t *testing.T) {
	w := start(t)
	w.job(2, 2)
	seen := w.refuse(1, func(r *api.Request) bool { return r.Verb == api.Patch && r.Resource == api.Pods }, errors.New("cut"))
	w.end(0, w.alive()[0])
	require.GreaterOrEqual(t, *seen, 1)
	s := w.status()
	assert.Equal(t, 1, int(s.Succeeded)+len(s.UncountedTerminatedPods.Succeeded))
	w.Manager.Stop()
	w.Run(time.Second)
	w.Manager.Start()
	w.Run(5 * time.Second)
	assert.EqualValues(t, 1, w.status().Succeeded)
	w.end(0, w.alive()...)
	assert.EqualValues(t, 2, w.status().Succeeded)
	assert.True(t, Finished(w.get()))
	assert.Zero(t, w.held())
}

func TestBackoffLimit(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.BackoffLimit = ptr.To(int32(1)) })
	w.end(1, w.alive()...)
	assert.Empty(t, w.alive(), "10 s after the first failure")
	w.Run(10 * time.Second)
	require.Len(t, w.alive(), 1)
	w.end(1, w.alive()...)
	assert.Equal(t, []string{"FailureTarget=True BackoffLimitExceeded", "Failed=True BackoffLimitExceeded"}, w.conditions())
	assert.Equal(t, "Job has reached the specified backoff limit", w.message(batchv1.JobFailed))
	assert.EqualValues(t, 2, w.status().Failed)
	assert.Nil(t, w.status().CompletionTime)
	assert.Contains(t, w.Events(), "BackoffLimitExceeded: Job has reached the specified backoff limit")
	assert.Zero(t, w.held())
}

func TestBackoffDoubles(t *testing.T) {
	w := start(t)
	w.job(1, 1)
	for _, d := range []time.Duration{10, 20, 40, 80} {
		w.end(1, w.alive()...) // takes two seconds
		w.Run((d - 4) * time.Second)
		require.Empty(t, w.alive(), d)
		w.Run(4 * time.Second)
		require.Len(t, w.alive(), 1, d)
	}
	w.end(0, w.alive()...)
	assert.True(t, Finished(w.get()))
	assert.EqualValues(t, 4, w.status().Failed)
}

func TestSuccessEndsTheBackoff(t *testing.T) {
	w := start(t)
	w.job(2, 4)
	a, b := w.alive()[0], w.alive()[1]
	w.end(1, a)
	w.end(0, b)
	assert.Len(t, w.alive(), 2, "a success after the failure")
}

func TestBackoffLimitOfPodsThatRestart(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) {
		j.Spec.Template.Spec.RestartPolicy, j.Spec.BackoffLimit = corev1.RestartPolicyOnFailure, ptr.To(int32(2))
	})
	w.run()
	restarted := func(n int32) {
		apitest.Edit(w.Server, "default", w.alive()[0].Name, func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", RestartCount: n}}
		})
		w.Run(2 * time.Second)
	}
	restarted(1)
	assert.Empty(t, w.conditions())
	restarted(2)
	assert.Equal(t, []string{"FailureTarget=True BackoffLimitExceeded"}, w.conditions(), "until the pod has ended")
	w.kubelet()
	assert.Equal(t, []string{"FailureTarget=True BackoffLimitExceeded", "Failed=True BackoffLimitExceeded"}, w.conditions())
	assert.EqualValues(t, 1, w.status().Failed)
}

func TestActiveDeadline(t *testing.T) {
	w := start(t)
	w.job(2, 2, func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = ptr.To(int64(30)) })
	w.run()
	w.Run(25 * time.Second)
	assert.Empty(t, w.conditions())
	w.Run(5 * time.Second)
	assert.Equal(t, []string{"FailureTarget=True DeadlineExceeded"}, w.conditions())
	assert.EqualValues(t, 2, *w.status().Terminating)
	assert.EqualValues(t, 0, w.status().Active)
	w.kubelet()
	assert.Equal(t, []string{"FailureTarget=True DeadlineExceeded", "Failed=True DeadlineExceeded"}, w.conditions())
	assert.Equal(t, "Job was active longer than specified deadline", w.message(batchv1.JobFailed))
	assert.Contains(t, w.Events(), "DeadlineExceeded: Job was active longer than specified deadline")
	assert.EqualValues(t, 2, w.status().Failed)
}

func TestADeadlineThatIsNotReachedLeavesNoTimer(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = ptr.To(int64(3600)) })
	w.end(0, w.alive()...)
	require.True(t, Finished(w.get()))
	w.Run(2 * time.Second)
	assert.True(t, w.Sim.Settled())
}

func TestDeadlineChanged(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = ptr.To(int64(3600)) })
	w.run()
	w.edit(func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = ptr.To(int64(10)) })
	w.Run(10 * time.Second)
	assert.Equal(t, []string{"FailureTarget=True DeadlineExceeded"}, w.conditions())
}

func TestSuspend(t *testing.T) {
	w := start(t)
	w.job(2, 2, func(j *batchv1.Job) { j.Spec.Suspend = ptr.To(true) })
	assert.Empty(t, w.pods())
	assert.Equal(t, []string{"Suspended=True JobSuspended"}, w.conditions())
	assert.Nil(t, w.status().StartTime)
	w.Run(time.Minute)
	w.edit(func(j *batchv1.Job) { j.Spec.Suspend = ptr.To(false) })
	w.Run(2 * time.Second)
	assert.Len(t, w.alive(), 2)
	assert.Equal(t, []string{"Suspended=False JobResumed"}, w.conditions())
	assert.WithinDuration(t, w.Now().Time, w.status().StartTime.Time, 3*time.Second)
	w.run()
	w.edit(func(j *batchv1.Job) { j.Spec.Suspend = ptr.To(true) })
	w.Run(time.Second)
	assert.Empty(t, w.alive())
	assert.Nil(t, w.status().StartTime)
	assert.Zero(t, w.held(), "suspended pods are not counted")
	w.kubelet()
	assert.Zero(t, w.status().Failed)
	assert.Empty(t, w.pods())
	events := w.Events()
	assert.Contains(t, events, "Suspended: Job suspended")
	assert.Contains(t, events, "Resumed: Job resumed")
}

func TestParallelismLowered(t *testing.T) {
	w := start(t)
	w.job(4, 10)
	w.run()
	ready := w.alive()[3].Name
	for _, p := range w.alive()[:3] {
		apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.Status.Conditions = nil })
	}
	w.edit(func(j *batchv1.Job) { j.Spec.Parallelism = ptr.To(int32(1)) })
	w.Run(2 * time.Second)
	require.Len(t, w.alive(), 1)
	assert.Equal(t, ready, w.alive()[0].Name, "the one that has come furthest stays")
	w.kubelet()
	assert.Zero(t, w.status().Failed, "what the controller deletes itself is no failure")
	w.edit(func(j *batchv1.Job) { j.Spec.Parallelism = ptr.To(int32(0)) })
	w.Run(2 * time.Second)
	assert.Empty(t, w.alive())
	assert.False(t, Finished(w.get()))
}

func TestDeletedPodsFail(t *testing.T) {
	w := start(t)
	w.job(1, 1)
	w.run()
	p := w.alive()[0]
	apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(w.Now()) })
	w.Run(2 * time.Second)
	assert.EqualValues(t, 1, w.status().Failed)
	assert.EqualValues(t, 1, *w.status().Terminating)
	w.Run(10 * time.Second)
	assert.Len(t, w.alive(), 1, "while the other is still terminating")
}

func TestReplacementOfFailedPodsOnly(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.PodReplacementPolicy = ptr.To(batchv1.Failed) })
	w.run()
	apitest.Edit(w.Server, "default", w.alive()[0].Name, func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(w.Now()) })
	w.Run(time.Minute)
	assert.Empty(t, w.alive())
	assert.Zero(t, w.status().Failed)
	assert.EqualValues(t, 1, *w.status().Terminating)
	w.kubelet()
	w.Run(20 * time.Second)
	assert.EqualValues(t, 1, w.status().Failed)
	assert.Len(t, w.alive(), 1)
}

func TestAdoptsAndReleases(t *testing.T) {
	w := start(t)
	apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "orphan", Namespace: "default", Labels: map[string]string{"job-name": "j"}}})
	j := w.job(2, 2)
	w.Run(2 * time.Second)
	orphan := apitest.Get[*corev1.Pod](w.Server, "default", "orphan")
	assert.True(t, metav1.IsControlledBy(orphan, j))
	assert.Equal(t, []string{batchv1.JobTrackingFinalizer}, orphan.Finalizers)
	assert.Len(t, w.pods(), 2)
	apitest.Edit(w.Server, "default", "orphan", func(p *corev1.Pod) { p.Labels = nil })
	w.Run(2 * time.Second)
	orphan = apitest.Get[*corev1.Pod](w.Server, "default", "orphan")
	assert.Empty(t, orphan.OwnerReferences)
	assert.Empty(t, orphan.Finalizers)
	assert.Len(t, w.pods(), 3)
}

func TestADeletedJobLetsItsPodsGo(t *testing.T) {
	w := start(t)
	w.job(3, 3)
	require.Equal(t, 3, w.held())
	apitest.Remove[*batchv1.Job](w.Server, "default", "j")
	w.Run(2 * time.Second)
	assert.Zero(t, w.held())
}

func TestManagedByAnother(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.ManagedBy = ptr.To("example.com/queue") })
	w.Run(time.Minute)
	assert.Empty(t, w.pods())
	assert.Empty(t, w.Requests)
}

func TestManagedByName(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.ManagedBy = ptr.To(batchv1.JobControllerName) })
	assert.Len(t, w.pods(), 1)
}

func TestUnknownCompletionMode(t *testing.T) {
	w := start(t)
	w.job(1, 1, func(j *batchv1.Job) { j.Spec.CompletionMode = ptr.To(batchv1.CompletionMode("Odd")) })
	assert.Empty(t, w.pods())
	assert.Equal(t, []string{"UnknownCompletionMode: Skipped Job sync because completion mode is unknown"}, w.Events())
}

func TestCreationThatFailsBacksOffByTheSecond(t *testing.T) {
	w := start(t)
	seen := w.refuse(1000, func(r *api.Request) bool { return r.Verb == api.Create && r.Resource == api.Pods },
		apierrors.NewForbidden(api.Pods.GR(), "", errors.New("exceeded quota")))
	w.job(8, 8)
	assert.Equal(t, 1, *seen, "a slow start stops at the first")
	assert.Contains(t, w.Events(), "FailedCreate: Error creating: pods is forbidden: exceeded quota")
	w.Run(10 * time.Second)
	assert.LessOrEqual(t, *seen, 6)
	w.Before = nil
	w.Run(time.Minute)
	assert.Len(t, w.alive(), 8)
	assert.EqualValues(t, 8, w.status().Active)
}

func TestStatusConflict(t *testing.T) {
	w := start(t)
	w.job(1, 1)
	seen := w.refuse(2, func(r *api.Request) bool { return r.Subresource == "status" },
		apierrors.NewConflict(api.Jobs.GR(), "j", errors.New("the object has been modified")))
	w.end(0, w.alive()...)
	w.Run(5 * time.Second)
	assert.Greater(t, *seen, 2)
	assert.EqualValues(t, 1, w.status().Succeeded)
	assert.True(t, Finished(w.get()))
}

func TestZeroCompletions(t *testing.T) {
	w := start(t)
	w.job(2, 0)
	w.Run(2 * time.Second)
	assert.Empty(t, w.pods())
	assert.Equal(t, []string{"SuccessCriteriaMet=True CompletionsReached", "Complete=True CompletionsReached"}, w.conditions())
}

func TestManyPods(t *testing.T) {
	w := start(t)
	w.job(1200, 1200)
	w.Run(5 * time.Second)
	require.Len(t, w.alive(), 1200, "500 a sync")
	w.end(0, w.alive()...)
	w.Run(10 * time.Second)
	assert.EqualValues(t, 1200, w.status().Succeeded)
	assert.True(t, Finished(w.get()))
	assert.Zero(t, w.held())
}
