package scheduler_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/scheduler"
)

func started(at time.Time) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Status.StartTime = &metav1.Time{Time: at} }
}

func TestPreemptsTheLeastImportant(t *testing.T) {
	r := newRig(t)
	r.f.grace = 5 * time.Second
	r.nodes(node("a", "1", "1Gi"), node("b", "1", "1Gi"))
	r.add(pod("mid", "800m", on("a"), priority(50)), pod("low", "800m", on("b"), priority(10)))
	r.run(5 * time.Millisecond)
	r.add(pod("vip", "800m", priority(100)))
	r.run(time.Second)

	want := "0/2 nodes are available: 2 Insufficient cpu. preemption: found a potential placement for pod on node b, preempting 1 victims"
	assert.Equal(t, []string{"FailedScheduling: " + want}, r.events("vip"))
	assert.Equal(t, "b", r.pod("vip").Status.NominatedNodeName)
	victim := r.pod("low")
	require.NotNil(t, victim.DeletionTimestamp)
	require.Len(t, victim.Status.Conditions, 1)
	c := victim.Status.Conditions[0]
	assert.Equal(t, corev1.DisruptionTarget, c.Type)
	assert.Equal(t, "PreemptionByScheduler", c.Reason)
	assert.Equal(t, "default-scheduler: preempting to accommodate a higher priority pod", c.Message)
	assert.Equal(t, []string{"Preempted: Preempted by pod " + string(r.pod("vip").UID) + " on node b"}, r.events("low"))
	assert.Nil(t, r.pod("mid").DeletionTimestamp)
	d := r.decision("vip")
	assert.Equal(t, &scheduler.Preempted{Node: "b", Victims: []string{"default/low"}}, d.Preempted)

	// While the victim ends its grace period, the place is kept from pods of less importance.
	r.add(pod("thief", "150m", priority(20)))
	r.run(time.Second)
	assert.Equal(t, "a", r.nodeOf("thief"))

	r.run(5 * time.Second)
	assert.Equal(t, "b", r.nodeOf("vip"))
	assert.Equal(t, "(gone)", r.nodeOf("low"))
}

func TestNominatedPlaceIsKept(t *testing.T) {
	r := newRig(t)
	r.f.grace = 10 * time.Second
	r.nodes(node("a", "1", "1Gi"))
	r.add(pod("low", "800m", on("a")))
	r.run(5 * time.Millisecond)
	r.add(pod("vip", "800m", priority(100)))
	r.run(9 * time.Second)
	r.add(pod("equal", "150m", priority(100)))
	r.run(5 * time.Second)
	assert.Equal(t, "a", r.nodeOf("vip"))
	assert.Equal(t, "a", r.nodeOf("equal"), "150m fits beside the nominated 800m")
	r.add(pod("late", "150m"))
	r.run(time.Second)
	assert.Equal(t, "", r.nodeOf("late"))
}

func TestReprievesAsManyAsPossible(t *testing.T) {
	r := newRig(t)
	at := metav1.Now().Time
	r.nodes(node("a", "1", "1Gi"))
	r.add(pod("p1", "300m", on("a"), priority(1), started(at)), pod("p2", "300m", on("a"), priority(2), started(at)),
		pod("p3", "300m", on("a"), priority(3), started(at)))
	r.run(5 * time.Millisecond)
	r.add(pod("vip", "350m", priority(100)))
	r.run(time.Second)
	assert.Equal(t, "a", r.nodeOf("vip"))
	assert.Equal(t, "(gone)", r.nodeOf("p1"))
	assert.Equal(t, "a", r.nodeOf("p2"))
	assert.Equal(t, "a", r.nodeOf("p3"))
}

func TestTieGoesToTheYoungestVictims(t *testing.T) {
	r := newRig(t)
	at := metav1.Now().Time
	r.nodes(node("a", "1", "1Gi"), node("b", "1", "1Gi"))
	r.add(pod("old", "800m", on("a"), started(at.Add(-time.Hour))), pod("young", "800m", on("b"), started(at)))
	r.run(5 * time.Millisecond)
	r.add(pod("vip", "800m", priority(100)))
	r.run(time.Second)
	assert.Equal(t, "b", r.nodeOf("vip"))
	assert.Equal(t, "(gone)", r.nodeOf("young"))
}

func TestNotTwiceForTerminatingVictims(t *testing.T) {
	r := newRig(t)
	r.f.grace = 2 * time.Minute
	r.nodes(node("a", "1", "1Gi"), node("b", "1", "1Gi"))
	r.add(pod("x", "800m", on("a"), priority(1)), pod("y", "800m", on("b"), priority(2)))
	r.run(5 * time.Millisecond)
	r.add(pod("vip", "800m", priority(100)))
	r.run(time.Second)
	require.Equal(t, "a", r.pod("vip").Status.NominatedNodeName)
	// Something helps in general, so the preemptor is tried again while its victim still ends.
	r.add(pod("z", "10m", on("b")))
	r.run(time.Second)
	r.f.remove(api.Pods, "default/z")
	r.run(time.Second)
	assert.Nil(t, r.pod("y").DeletionTimestamp)
	assert.Equal(t, "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.",
		r.condition("vip").Message)
	assert.Equal(t, "a", r.pod("vip").Status.NominatedNodeName)
}
