package podcontrol

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var now = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func pod(name, node string, phase corev1.PodPhase, readyFor, age time.Duration) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(now.Add(-age))},
		Spec: corev1.PodSpec{NodeName: node}, Status: corev1.PodStatus{Phase: phase}}
	if readyFor > 0 {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-readyFor))}}
	}
	return p
}

func with(p *corev1.Pod, fn func(*corev1.Pod)) *corev1.Pod {
	fn(p)
	return p
}

func names(pods []*corev1.Pod) []string {
	var out []string
	for _, p := range pods {
		out = append(out, p.Name)
	}
	return out
}

// The order of deletion, each pod before the next for one reason.
func TestRank(t *testing.T) {
	h := time.Hour
	running := corev1.PodRunning
	want := []*corev1.Pod{
		pod("unassigned", "", corev1.PodPending, 0, h),
		pod("pending", "n1", corev1.PodPending, 0, h),
		pod("unknown", "n1", corev1.PodUnknown, 0, h),
		pod("unready-restarted", "n2", running, 0, h),
		pod("unready-sidecar", "n2", running, 0, h),
		pod("unready-young", "n2", running, 0, time.Minute),
		pod("unready", "n2", running, 0, h),
		pod("cheap", "n1", running, h, 2*h),
		pod("crowded", "n3", running, 8*h, 9*h),
		pod("fresh", "n4", running, time.Minute, 9*h),
		pod("a-settled", "n5", running, 8*h, 9*h),
		pod("b-settled", "n6", running, 8*h+time.Minute, 9*h),
	}
	want[3].Status.ContainerStatuses = []corev1.ContainerStatus{{RestartCount: 2}}
	always := corev1.ContainerRestartPolicyAlways
	want[4].Spec.InitContainers = []corev1.Container{{Name: "s", RestartPolicy: &always}}
	want[4].Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "s", RestartCount: 1}}
	want[7].Annotations = map[string]string{corev1.PodDeletionCost: "-5"}
	related := append(slices.Clone(want), pod("other", "n3", running, h, h), pod("other2", "n3", running, h, h),
		with(pod("gone", "n6", running, h, h), func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: now} }))
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		got := slices.Clone(want)
		r.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		assert.Equal(t, names(want), names(Rank(got, len(got), related, now)))
	}
}

func TestRankOfAFewIsTheHeadOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var pods []*corev1.Pod
	for i := range 400 {
		// All times differ: where some are equal, upstream's comparison is no order, and any answer is as good.
		readyFor := time.Duration(r.IntN(5)) * time.Hour
		if readyFor > 0 {
			readyFor += time.Duration(i) * time.Second
		}
		pods = append(pods, pod(fmt.Sprintf("p%03d", i), fmt.Sprint("n", r.IntN(50)), corev1.PodRunning,
			readyFor, time.Duration(1+r.IntN(9))*time.Hour+time.Duration(i)*time.Second))
	}
	whole := names(Rank(slices.Clone(pods), len(pods), pods, now))
	for _, n := range []int{0, 1, 7, 99} {
		got := names(Rank(slices.Clone(pods), n, pods, now))
		assert.Equal(t, whole[:n], append([]string{}, got...), n)
	}
}

func TestDeletionCost(t *testing.T) {
	for v, want := range map[string]int32{"": 0, "7": 7, "-7": -7, "0": 0, "+7": 0, "07": 0, "x": 0, "99999999999": 0} {
		assert.Equal(t, want, deletionCost(map[string]string{corev1.PodDeletionCost: v}), v)
	}
}
