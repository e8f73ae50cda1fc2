package job

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/controllers/apitest"
)

func TestIndexes(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "1": "1", "1,2": "1,2", "1-3,7": "1-3,7", "1,2,3": "1-3", "0-5,9-20": "0-5,9", "x,4": "4", "12": "",
	} {
		assert.Equal(t, want, parseIndexes(text, 10).String(), text)
	}
	x := parseIndexes("1-3,7", 10)
	assert.Equal(t, "0-4,7-9", x.with([]int{0, 4, 9, 8}).String())
	assert.Equal(t, "1-3,7", x.with([]int{2, 7}).String())
	assert.Equal(t, []int{0, 4, 5}, x.free(3, 10))
	assert.Equal(t, []int{0, 4, 5, 6}, x.free(10, 8))
	assert.Equal(t, 4, x.total())
	assert.True(t, x.has(3) && x.has(7) && !x.has(0) && !x.has(4) && !x.has(8))
	assert.Equal(t, 3, x.common(parseIndexes("2-8", 10)))
	assert.Equal(t, "a-12-", generateName("a", 12))
	assert.Len(t, generateName("a123456789012345678901234567890123456789012345678901234567890", 12), 58)
}

func TestIndexedJob(t *testing.T) {
	w := start(t)
	w.job(3, 5, isIndexed)
	require.Equal(t, "0 1 2", w.indexes())
	p := w.at(1)
	assert.Equal(t, "j-1-", p.GenerateName)
	assert.Equal(t, "j-1", p.Spec.Hostname)
	assert.Equal(t, "1", p.Labels[batchv1.JobCompletionIndexAnnotation])
	env := p.Spec.Containers[0].Env
	require.Len(t, env, 1)
	assert.Equal(t, "JOB_COMPLETION_INDEX metadata.labels['batch.kubernetes.io/job-completion-index']", env[0].Name+" "+env[0].ValueFrom.FieldRef.FieldPath)
	assert.Empty(t, w.get().Spec.Template.Spec.Containers[0].Env)
	w.end(0, w.at(0), w.at(2))
	assert.Equal(t, "0,2", w.status().CompletedIndexes)
	assert.Equal(t, "1 3 4", w.indexes())
	w.end(0, w.at(3), w.at(4))
	assert.Equal(t, "0,2-4", w.status().CompletedIndexes)
	w.end(0, w.at(1))
	assert.Equal(t, "0-4", w.status().CompletedIndexes)
	assert.EqualValues(t, 5, w.status().Succeeded)
	assert.True(t, Finished(w.get()))
	assert.Nil(t, w.status().FailedIndexes)
	assert.Zero(t, w.held())
}

func TestAFailedIndexIsTriedAgain(t *testing.T) {
	w := start(t)
	w.job(2, 2, isIndexed)
	w.end(1, w.at(0))
	w.Run(10 * time.Second)
	assert.Equal(t, "0 1", w.indexes())
	assert.EqualValues(t, 1, w.status().Failed)
}

func TestPodsOfUnwantedOrDoubleIndexesGo(t *testing.T) {
	w := start(t)
	j := w.job(2, 2, isIndexed)
	w.run()
	for _, n := range []string{"1", "7", "x"} {
		apitest.Put(w.Server, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "more-" + n, Namespace: "default", Labels: j.Spec.Selector.MatchLabels,
			Annotations:     map[string]string{batchv1.JobCompletionIndexAnnotation: n},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "j", UID: j.UID, Controller: ptr.To(true)}}}})
	}
	w.Run(3 * time.Second)
	assert.Equal(t, "0 1", w.indexes())
	assert.Nil(t, apitest.Get[*corev1.Pod](w.Server, "default", "more-1"), "the one that runs stays")
}

func TestElasticIndexedJob(t *testing.T) {
	w := start(t)
	w.job(3, 3, isIndexed)
	w.end(0, w.at(2))
	w.edit(func(j *batchv1.Job) { j.Spec.Completions, j.Spec.Parallelism = ptr.To(int32(2)), ptr.To(int32(2)) })
	w.Run(2 * time.Second)
	assert.Equal(t, "", w.status().CompletedIndexes, "an index that is not wanted any more does not count")
	assert.EqualValues(t, 0, w.status().Succeeded)
	assert.Equal(t, "0 1", w.indexes())
}

func TestBackoffLimitPerIndex(t *testing.T) {
	w := start(t)
	w.job(2, 3, perIndex(1))
	first := w.at(0)
	assert.Equal(t, "0", first.Annotations[batchv1.JobIndexFailureCountAnnotation])
	w.end(1, first)
	assert.True(t, tracked(apitest.Get[*corev1.Pod](w.Server, "default", first.Name)), "until its successor is there")
	assert.Equal(t, "1", w.indexes(), "each index has its own back-off, and takes its turn")
	w.Run(10 * time.Second)
	require.Equal(t, "0 1", w.indexes())
	second := w.at(0)
	assert.Equal(t, "1", second.Annotations[batchv1.JobIndexFailureCountAnnotation])
	w.Run(2 * time.Second)
	assert.EqualValues(t, 1, w.status().Failed)
	w.end(1, second)
	assert.Equal(t, "0", *w.status().FailedIndexes)
	assert.Equal(t, "1 2", w.indexes(), "the others go on")
	w.end(0, w.alive()...)
	w.Run(2 * time.Second)
	assert.Equal(t, []string{"FailureTarget=True FailedIndexes", "Failed=True FailedIndexes"}, w.conditions())
	assert.Equal(t, "Job has failed indexes", w.message(batchv1.JobFailed))
	assert.Equal(t, "1,2", w.status().CompletedIndexes)
	assert.EqualValues(t, 2, w.status().Failed)
	assert.Zero(t, w.held())
}

func TestMaxFailedIndexes(t *testing.T) {
	w := start(t)
	w.job(4, 4, perIndex(0), func(j *batchv1.Job) { j.Spec.MaxFailedIndexes = ptr.To(int32(1)) })
	w.end(1, w.at(0))
	assert.Empty(t, w.conditions())
	w.end(1, w.at(3))
	w.kubelet()
	assert.Equal(t, []string{"FailureTarget=True MaxFailedIndexesExceeded", "Failed=True MaxFailedIndexesExceeded"}, w.conditions())
	assert.Equal(t, "Job has exceeded the specified maximal number of failed indexes", w.message(batchv1.JobFailed))
	assert.Equal(t, "0,3", *w.status().FailedIndexes)
}

func rule(action batchv1.PodFailurePolicyAction, codes ...int32) batchv1.PodFailurePolicyRule {
	return batchv1.PodFailurePolicyRule{Action: action, OnExitCodes: &batchv1.PodFailurePolicyOnExitCodesRequirement{
		Operator: batchv1.PodFailurePolicyOnExitCodesOpIn, Values: codes}}
}

func policy(rules ...batchv1.PodFailurePolicyRule) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		j.Spec.PodFailurePolicy = &batchv1.PodFailurePolicy{Rules: rules}
		j.Spec.PodReplacementPolicy = ptr.To(batchv1.Failed)
	}
}

func TestPolicyFailsTheJob(t *testing.T) {
	w := start(t)
	w.job(2, 2, policy(rule(batchv1.PodFailurePolicyActionIgnore, 7), rule(batchv1.PodFailurePolicyActionFailJob, 42)))
	w.run()
	p := w.alive()[0]
	w.end(42, p)
	assert.Equal(t, []string{"FailureTarget=True PodFailurePolicy"}, w.conditions(), "the other pod is still going")
	w.kubelet()
	assert.Equal(t, []string{"FailureTarget=True PodFailurePolicy", "Failed=True PodFailurePolicy"}, w.conditions())
	want := "Container c for pod default/" + p.Name + " failed with exit code 42 matching FailJob rule at index 1"
	assert.Equal(t, want, w.message(batchv1.JobFailed))
	assert.Contains(t, w.Events(), "PodFailurePolicy: "+want)
}

func TestPolicyIgnores(t *testing.T) {
	w := start(t)
	w.job(1, 1, policy(batchv1.PodFailurePolicyRule{Action: batchv1.PodFailurePolicyActionIgnore, OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{
		{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}}}), func(j *batchv1.Job) { j.Spec.BackoffLimit = ptr.To(int32(0)) })
	apitest.Edit(w.Server, "default", w.alive()[0].Name, func(p *corev1.Pod) {
		p.Status.Phase = corev1.PodFailed
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}}
	})
	w.Run(15 * time.Second)
	assert.Empty(t, w.conditions())
	assert.Zero(t, w.status().Failed)
	assert.Len(t, w.alive(), 1)
	w.end(3, w.alive()...)
	assert.Contains(t, w.conditions(), "Failed=True BackoffLimitExceeded")
}

func TestPolicyFailsTheIndex(t *testing.T) {
	w := start(t)
	w.job(2, 2, perIndex(5), policy(rule(batchv1.PodFailurePolicyActionFailIndex, 42), rule(batchv1.PodFailurePolicyActionIgnore, 7)))
	w.end(7, w.at(1))
	w.Run(12 * time.Second)
	p := w.at(1)
	assert.Equal(t, "0 1", p.Annotations[batchv1.JobIndexFailureCountAnnotation]+" "+p.Annotations[batchv1.JobIndexIgnoredFailureCountAnnotation])
	w.end(42, p)
	assert.Equal(t, "1", *w.status().FailedIndexes)
	w.end(0, w.at(0))
	assert.Contains(t, w.conditions(), "Failed=True FailedIndexes")
}

func success(indexes *string, count *int32) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		j.Spec.SuccessPolicy = &batchv1.SuccessPolicy{Rules: []batchv1.SuccessPolicyRule{
			{SucceededIndexes: ptr.To("9")}, {SucceededIndexes: indexes, SucceededCount: count}}}
	}
}

func TestSuccessPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		indexes *string
		count   *int32
		end     []int
		met     bool
	}{
		"leader":          {ptr.To("0"), nil, []int{0}, true},
		"all of the rule": {ptr.To("0-1"), nil, []int{0}, false},
		"some of them":    {ptr.To("0-2"), ptr.To(int32(2)), []int{0, 2}, true},
		"too few":         {ptr.To("0-2"), ptr.To(int32(2)), []int{0, 3}, false},
		"any":             {nil, ptr.To(int32(2)), []int{1, 3}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.job(4, 4, isIndexed, success(c.indexes, c.count))
			w.run()
			var ended []*corev1.Pod
			for _, i := range c.end {
				ended = append(ended, w.at(i))
			}
			w.end(0, ended...)
			if !c.met {
				assert.Empty(t, w.conditions())
				return
			}
			assert.Equal(t, []string{"SuccessCriteriaMet=True SuccessPolicy"}, w.conditions())
			assert.Empty(t, w.alive())
			w.kubelet()
			assert.Equal(t, []string{"SuccessCriteriaMet=True SuccessPolicy", "Complete=True SuccessPolicy"}, w.conditions())
			assert.Equal(t, "Matched rules at index 1", w.message(batchv1.JobComplete))
			assert.EqualValues(t, len(c.end), w.status().Succeeded)
			assert.Contains(t, w.Events(), "Completed: Job completed")
		})
	}
}

func TestWhenAPodEnded(t *testing.T) {
	at := func(s int) metav1.Time { return metav1.Unix(int64(s), 0) }
	ended := func(s int) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{FinishedAt: at(s)}}}
	}
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: at(1)}}
	assert.Equal(t, at(1).Time, finishedAt(p))
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ptr.To(at(40)), ptr.To(int64(30))
	assert.Equal(t, at(10).Time, finishedAt(p))
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: at(20)}}
	assert.Equal(t, at(20).Time, finishedAt(p))
	p.Status.ContainerStatuses = []corev1.ContainerStatus{ended(25), ended(23)}
	assert.Equal(t, at(25).Time, finishedAt(p))
	p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: "runs"})
	assert.Equal(t, at(20).Time, finishedAt(p))
}
