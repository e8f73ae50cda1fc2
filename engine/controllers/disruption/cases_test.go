package disruption

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

// TestRounding is how shares of small and odd numbers of pods come out: both are rounded up, so that minAvailable keeps
// one pod more and maxUnavailable lets one more go.
func TestRounding(t *testing.T) {
	for _, c := range []struct {
		min, max             string
		replicas             int32
		healthy              int
		wantDesired, allowed int32
	}{
		{"50%", "", 3, 3, 2, 1},
		{"50%", "", 1, 1, 1, 0},
		{"1%", "", 10, 10, 1, 9},
		{"34%", "", 3, 3, 2, 1},
		{"33%", "", 3, 3, 1, 2},
		{"99%", "", 10, 10, 10, 0},
		{"100%", "", 4, 4, 4, 0},
		{"0%", "", 4, 4, 0, 4},
		{"", "50%", 3, 3, 1, 2},
		{"", "1%", 10, 10, 9, 1},
		{"", "34%", 3, 3, 1, 2},
		{"", "100%", 4, 4, 0, 4},
		{"", "0%", 4, 4, 4, 0},
		{"", "200%", 4, 4, 0, 4},
		{"", "1", 3, 2, 2, 0},
		{"", "5", 3, 3, 0, 3},
		{"", "0", 3, 3, 3, 0},
		{"5", "", 3, 3, 5, 0},
		{"2", "", 3, 1, 2, 0},
		{"0", "", 3, 3, 0, 3},
	} {
		name := fmt.Sprintf("min %q max %q of %d, %d healthy", c.min, c.max, c.replicas, c.healthy)
		s := start()
		rs := set(s, "rs", c.replicas, nil)
		for i := range c.replicas {
			pod(s, fmt.Sprint("p", i), int(i) < c.healthy, rs)
		}
		budget(s, c.min, c.max)
		s.Run(time.Second)
		b := apitest.Get[*policyv1.PodDisruptionBudget](s, "default", "web")
		assert.Equal(t, [4]int32{int32(c.healthy), c.wantDesired, c.replicas, c.allowed},
			[4]int32{b.Status.CurrentHealthy, b.Status.DesiredHealthy, b.Status.ExpectedPods, b.Status.DisruptionsAllowed}, name)
	}
}

// TestNeither: a budget without a number allows nothing.
func TestNeither(t *testing.T) {
	s := start()
	pod(s, "a", true, set(s, "rs", 1, nil))
	budget(s, "", "")
	s.Run(time.Second)
	want(t, s, 1, 0, 0, 0)
}

// TestWhichPodsCount: all that match are expected, also those that have ended (upstream asks only for readiness); those
// that are going are not healthy.
func TestWhichPodsCount(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*corev1.Pod)
		healthy int32
		pods    int32
	}{
		"ready":     {func(*corev1.Pod) {}, 1, 1},
		"not ready": {func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }, 0, 1},
		"pending":   {func(p *corev1.Pod) { p.Status.Phase, p.Status.Conditions = corev1.PodPending, nil }, 0, 1},
		"done": {func(p *corev1.Pod) {
			p.Status.Phase, p.Status.Conditions[0].Status = corev1.PodSucceeded, corev1.ConditionFalse
		}, 0, 1},
		"failed": {func(p *corev1.Pod) {
			p.Status.Phase, p.Status.Conditions[0].Status = corev1.PodFailed, corev1.ConditionFalse
		}, 0, 1},
		"going":                {func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: time.Unix(0, 0)} }, 0, 1},
		"of another namespace": {func(p *corev1.Pod) { p.Namespace = "other" }, 0, 0},
		"with other labels":    {func(p *corev1.Pod) { p.Labels = nil }, 0, 0},
	} {
		s := start()
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "default", Labels: web}, Status: corev1.PodStatus{Phase: corev1.PodRunning,
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}}
		c.change(p)
		apitest.Put(s, p)
		budget(s, "0", "")
		s.Run(time.Second)
		b := apitest.Get[*policyv1.PodDisruptionBudget](s, "default", "web")
		assert.Equal(t, [2]int32{c.healthy, c.pods}, [2]int32{b.Status.CurrentHealthy, b.Status.ExpectedPods}, name)
	}
}

// TestTheScaleChanges under a budget of a share.
func TestTheScaleChanges(t *testing.T) {
	s := start()
	rs := set(s, "web", 4, nil)
	for i := range 4 {
		pod(s, fmt.Sprint("p", i), true, rs)
	}
	budget(s, "50%", "")
	s.Run(time.Second)
	want(t, s, 4, 2, 4, 2)
	set(s, "web", 8, nil)
	pod(s, "p4", true, rs)
	s.Run(time.Second)
	want(t, s, 5, 4, 8, 1)
}

// TestAStatusThatCannotBeWritten is written later.
func TestAStatusThatCannotBeWritten(t *testing.T) {
	s := start()
	fails := 3
	s.Before = func(r *api.Request) error {
		if r.Resource == api.PodDisruptionBudgets && r.Subresource == "status" && fails > 0 {
			fails--
			return errors.New("no")
		}
		return nil
	}
	pod(s, "a", true, nil)
	budget(s, "0", "")
	s.Run(time.Minute)
	want(t, s, 1, 0, 1, 1)
	assert.Zero(t, fails)
}

// TestABudgetThatIsGone is left alone, and its pods' changes wake nobody.
func TestABudgetThatIsGone(t *testing.T) {
	s := start()
	pod(s, "a", true, nil)
	budget(s, "0", "")
	s.Run(time.Second)
	apitest.Remove[*policyv1.PodDisruptionBudget](s, "default", "web")
	s.Run(time.Second)
	n := len(s.Requests)
	apitest.Edit(s, "default", "a", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(time.Minute)
	assert.Len(t, s.Requests, n)
}
