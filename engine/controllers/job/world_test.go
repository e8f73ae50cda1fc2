package job

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// world is a server with the controller and a Job named j.
type world struct {
	*apitest.Server
	t *testing.T
}

func start(t *testing.T) *world {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return &world{s, t}
}

// job makes the Job j with the defaults of the API server, and waits for its first pods.
func (w *world) job(parallelism, completions int32, change ...func(*batchv1.Job)) *batchv1.Job {
	l := map[string]string{"job-name": "j"}
	j := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "default"},
		Spec: batchv1.JobSpec{
			Parallelism: &parallelism, Completions: &completions, BackoffLimit: ptr.To(int32(6)), Selector: &metav1.LabelSelector{MatchLabels: l},
			CompletionMode: ptr.To(batchv1.NonIndexedCompletion), Suspend: ptr.To(false), PodReplacementPolicy: ptr.To(batchv1.TerminatingOrFailed),
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l},
				Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{Name: "c", Image: "busybox"}}}},
		},
	}
	for _, fn := range change {
		fn(j)
	}
	apitest.Put(w.Server, j)
	w.Run(500 * time.Millisecond)
	return j
}

func isIndexed(j *batchv1.Job) { j.Spec.CompletionMode = ptr.To(batchv1.IndexedCompletion) }

func perIndex(limit int32) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		isIndexed(j)
		j.Spec.BackoffLimitPerIndex, j.Spec.BackoffLimit = &limit, ptr.To(int32(1<<30))
	}
}

func (w *world) get() *batchv1.Job { return apitest.Get[*batchv1.Job](w.Server, "default", "j") }

func (w *world) status() batchv1.JobStatus { return w.get().Status }

// edit changes the Job as a user does.
func (w *world) edit(fn func(*batchv1.Job)) {
	apitest.Edit(w.Server, "default", "j", func(j *batchv1.Job) {
		fn(j)
		j.Generation++
	})
}

func (w *world) pods() []*corev1.Pod { return apitest.List[*corev1.Pod](w.Server) }

// alive are the pods that have not ended.
func (w *world) alive() []*corev1.Pod {
	return slices.DeleteFunc(w.pods(), func(p *corev1.Pod) bool {
		return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed || p.DeletionTimestamp != nil
	})
}

// indexes of the pods that live.
func (w *world) indexes() string {
	var out []string
	for _, p := range w.alive() {
		out = append(out, p.Annotations[batchv1.JobCompletionIndexAnnotation])
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// at is the living pod of an index.
func (w *world) at(i int) *corev1.Pod {
	for _, p := range w.alive() {
		if indexOf(p) == i {
			return p
		}
	}
	require.Fail(w.t, "no pod", "index %d", i)
	return nil
}

// end lets pods end with an exit code now, and waits for the controller.
func (w *world) end(code int32, pods ...*corev1.Pod) {
	for _, p := range pods {
		apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status.Phase = "node-1", corev1.PodSucceeded
			if code != 0 {
				p.Status.Phase = corev1.PodFailed
			}
			p.Status.Conditions = nil
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{ExitCode: code, FinishedAt: w.Now()}}}}
		})
	}
	w.Run(2 * time.Second)
}

// run makes all living pods run and be ready.
func (w *world) run() {
	for _, p := range w.alive() {
		apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) {
			p.Spec.NodeName, p.Status.Phase = "node-1", corev1.PodRunning
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: w.Now()}}
		})
	}
	w.Run(2 * time.Second)
}

// kubelet removes the pods that are being deleted and let go; they fail first.
func (w *world) kubelet() {
	for _, p := range w.pods() {
		if p.DeletionTimestamp == nil {
			continue
		}
		if p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodPending {
			apitest.Edit(w.Server, "default", p.Name, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
		}
	}
	w.Run(2 * time.Second)
	for _, p := range w.pods() {
		if p.DeletionTimestamp != nil && len(p.Finalizers) == 0 {
			apitest.Remove[*corev1.Pod](w.Server, "default", p.Name)
		}
	}
	w.Run(2 * time.Second)
}

// conditions are "Type=Status Reason".
func (w *world) conditions() []string {
	var out []string
	for _, c := range w.status().Conditions {
		out = append(out, fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason))
	}
	return out
}

// message is that of a condition.
func (w *world) message(t batchv1.JobConditionType) string {
	j := w.get()
	if c := find(j.Status.Conditions, t); c != nil {
		return c.Message
	}
	return ""
}

// held counts the pods with the finalizer.
func (w *world) held() int {
	n := 0
	for _, p := range w.pods() {
		if tracked(p) {
			n++
		}
	}
	return n
}

func (w *world) refuse(n int, when func(*api.Request) bool, err error) *int {
	seen := 0
	w.Before = func(r *api.Request) error {
		if when(r) {
			if seen++; seen <= n {
				return err
			}
		}
		return nil
	}
	return &seen
}
