package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/sim"
)

type rig struct {
	s *sim.Sim
	q *Queue
	// worth is what the hints answer.
	worth func(p *Pod, by framework.Plugin) bool
	gate  map[string]bool
}

func newRig() *rig {
	r := &rig{s: sim.New(sim.Config{}), worth: func(*Pod, framework.Plugin) bool { return true }, gate: map[string]bool{}}
	r.s.AddHost("h").Install("x", func(a *sim.Actor) {
		r.q = New(a, Hooks{
			Gate:  func(p *Pod) (framework.Plugin, bool) { return framework.SchedulingGates, r.gate[p.Pod.Name] },
			Worth: func(p *Pod, by framework.Plugin, _ *framework.Happening) bool { return r.worth(p, by) },
			Ready: func() {},
		})
	})
	r.run(0)
	return r
}

func (r *rig) run(d time.Duration) { r.s.RunUntil(r.s.Now().Add(d), 0) }

func (r *rig) add(name string, priority int32) {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	p.Spec.Priority = &priority
	r.q.Add(p, framework.NewShape(p, &framework.LabelSet{}, framework.Default))
}

func (r *rig) pop() string {
	p := r.q.Pop()
	if p == nil {
		return ""
	}
	return p.Pod.Name
}

func (r *rig) reject(t *testing.T, name string, by ...framework.Plugin) {
	p := r.q.Pop()
	require.Equal(t, name, p.Pod.Name)
	p.Rejectors = framework.Set(by...)
	r.q.Requeue(p)
}

func (r *rig) move(e framework.Event) { r.q.Move(&framework.Happening{Event: e}, nil) }

func TestPriorityThenAge(t *testing.T) {
	r := newRig()
	r.add("old", 0)
	r.run(time.Millisecond)
	r.add("young", 0)
	r.add("twin", 0)
	r.add("vip", 10)
	assert.Equal(t, []string{"vip", "old", "young", "twin", ""}, []string{r.pop(), r.pop(), r.pop(), r.pop(), r.pop()})
}

func TestBackoffDoubles(t *testing.T) {
	r := newRig()
	r.add("p", 0)
	var ends []time.Duration
	for range 6 {
		p := r.q.Pop()
		p.Rejectors = framework.Set(framework.NodeResourcesFit)
		r.q.Requeue(p)
		ends = append(ends, p.backoff.Sub(r.s.Now()))
		r.run(20 * time.Second)
		r.move(framework.AssignedPodDeleted)
	}
	assert.Equal(t, []time.Duration{1e9, 2e9, 4e9, 8e9, 10e9, 10e9}, ends)
}

func TestRejectedPodsWaitForWhatHelps(t *testing.T) {
	r := newRig()
	r.add("p", 0)
	r.reject(t, "p", framework.NodeResourcesFit)
	r.run(30 * time.Second)
	assert.Equal(t, "", r.pop())
	assert.False(t, r.q.Interested(framework.AssignedPodAdded), "resources do not care")
	r.move(framework.AssignedPodAdded)
	assert.Equal(t, "", r.pop())
	r.worth = func(*Pod, framework.Plugin) bool { return false }
	r.move(framework.NodeAdded)
	assert.Equal(t, "", r.pop(), "the hint says no")
	r.worth = func(_ *Pod, by framework.Plugin) bool { return by == framework.NodeResourcesFit }
	r.move(framework.NodeAdded)
	assert.Equal(t, "p", r.pop())
}

func TestBackoffYieldsToReadyPodsOnly(t *testing.T) {
	r := newRig()
	r.run(100 * time.Millisecond)
	r.add("p", 10)
	r.reject(t, "p", framework.NodeResourcesFit)
	r.move(framework.NodeAdded)
	r.add("other", 0)
	assert.Equal(t, "other", r.pop(), "a pod in back-off comes after all that are ready, whatever its priority")
	assert.Equal(t, "p", r.pop(), "but is not kept waiting for nothing")
}

func TestErrorsBackOffInFull(t *testing.T) {
	r := newRig()
	r.add("p", 0)
	r.reject(t, "p")
	assert.Equal(t, "", r.pop())
	assert.False(t, r.s.Settled(), "a retry is work in progress")
	r.run(900 * time.Millisecond)
	assert.Equal(t, "", r.pop())
	r.run(1200 * time.Millisecond)
	assert.Equal(t, "p", r.pop())
	assert.True(t, r.s.Settled())
}

func TestLongWaitIsTriedAnyway(t *testing.T) {
	r := newRig()
	r.add("p", 0)
	r.reject(t, "p", framework.NodeAffinity)
	assert.True(t, r.s.Settled(), "waiting for a change is not work")
	r.run(MaxUnschedulable)
	assert.Equal(t, "", r.pop())
	r.run(flushPeriod)
	assert.Equal(t, "p", r.pop())
}

func TestGatedPodsDoNotMove(t *testing.T) {
	r := newRig()
	r.gate["p"] = true
	r.add("p", 0)
	assert.Equal(t, "", r.pop())
	r.move(framework.NodeAdded)
	assert.Equal(t, "", r.pop())
	r.gate["p"] = false
	p := r.q.Get("p")
	r.q.Update(p, p.Pod, p.Shape, &framework.Happening{Event: framework.TargetGatesRemoved})
	assert.Equal(t, "p", r.pop())
}

func TestRunsUnderItsCause(t *testing.T) {
	r := newRig()
	var made, freed sim.RecordID
	r.s.In(sim.Context{}, func() {
		made = r.s.Record(sim.KindCreate, "pods/p", "").ID
		r.add("p", 0)
	})
	p := r.q.Pop()
	assert.Equal(t, made, p.Ctx.Cause)
	p.Rejectors = framework.Set(framework.NodeResourcesFit)
	r.q.Requeue(p)
	r.s.In(sim.Context{}, func() {
		freed = r.s.Record(sim.KindDelete, "pods/q", "").ID
		r.move(framework.AssignedPodDeleted)
	})
	assert.Equal(t, freed, r.q.Pop().Ctx.Cause)
}

func TestDelete(t *testing.T) {
	r := newRig()
	r.add("a", 0)
	r.add("b", 0)
	r.q.Delete("a")
	assert.Equal(t, "b", r.pop())
	r.add("c", 0)
	r.reject(t, "c", framework.NodePorts)
	r.q.Delete("c")
	_, _, waiting := r.q.Len()
	assert.Zero(t, waiting)
	assert.False(t, r.q.Interested(framework.NodeAdded))
}
