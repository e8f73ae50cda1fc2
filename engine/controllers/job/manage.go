package job

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/podcontrol"
	"tabernetes/engine/sim"
)

// manage brings the number of active pods to what it should be, and gives what it is then.
func (p *pass) manage(then func(active int32, err error)) {
	j := p.job
	active := int32(len(p.active))
	remove := func(why string, pods []*corev1.Pod) {
		keys := make([]string, len(pods))
		for i, o := range pods {
			keys[i] = api.KeyOf(o)
		}
		p.k.expect.ExpectDeletions(p.key, keys)
		p.note(why + ": deleting " + strconv.Itoa(len(pods)))
		p.deletePods(pods, func(removed, ready int32, err error) {
			p.terminating += removed
			p.ready -= ready
			then(active-removed, err)
		})
	}
	if suspended(j) {
		if active == 0 {
			p.k.expect.ExpectDeletions(p.key, nil)
			then(0, nil)
			return
		}
		remove("suspended", p.victims(int(active)))
		return
	}
	var want int32
	switch {
	case j.Spec.Completions != nil:
		want = max(min(*j.Spec.Completions-p.succeeded, *j.Spec.Parallelism), 0)
	case p.succeeded > 0:
		want = active // a work queue: one success means that no more pods are needed
	default:
		want = *j.Spec.Parallelism
	}
	if victims := p.victims(int(max(active-want, 0))); len(victims) > 0 {
		remove("too many active pods", victims[:min(len(victims), MaxPodsPerSync)])
		return
	}
	n := want - active
	if replacesFailedOnly(j) {
		n -= p.terminating
	}
	if n <= 0 {
		then(active, nil)
		return
	}
	now := p.k.a.Wall()
	if j.Spec.BackoffLimitPerIndex == nil {
		if d := p.record.wait(now); d > 0 {
			p.k.queue.AddAfter(p.key, max(d, BatchPeriod))
			then(active, nil)
			return
		}
	}
	n = min(n, MaxPodsPerSync)
	var which []int
	if indexed(j) {
		which = p.pending(int(n))
		if j.Spec.BackoffLimitPerIndex != nil {
			var d time.Duration
			if which, d = p.due(which, now); len(which) == 0 && d > 0 {
				p.k.queue.AddAfter(p.key, max(d, BatchPeriod))
				then(active, nil)
				return
			}
		}
		n = int32(len(which))
	}
	p.k.expect.ExpectCreations(p.key, int(n))
	if n > 0 {
		p.note("too few active pods: creating " + strconv.Itoa(int(n)) + " (has " + strconv.Itoa(int(active)) + ", wants " + strconv.Itoa(int(want)) + ")")
	}
	p.create(int(n), which, func(made int, err error) { then(active+int32(made), err) })
}

func (p *pass) note(what string) {
	p.k.a.Record(sim.KindDecision, api.Ref(api.Jobs, p.job.Namespace, p.job.Name), what)
}

// create makes n pods in batches of 1, 2, 4, …, each when all of the one before succeeded.
func (p *pass) create(n int, which []int, done func(made int, err error)) {
	k, j := p.k, p.job
	template := j.Spec.Template
	if indexed(j) {
		template.Spec.InitContainers = withIndexEnv(template.Spec.InitContainers)
		template.Spec.Containers = withIndexEnv(template.Spec.Containers)
	}
	if !slices.Contains(template.Finalizers, trackingFinalize) {
		template.Finalizers = append(slices.Clone(template.Finalizers), trackingFinalize)
	}
	refs := ownership.Refs(j, api.Jobs)
	made := 0
	var batch func(pos, size int)
	batch = func(pos, size int) {
		if size = min(size, n-pos); size <= 0 {
			done(made, nil)
			return
		}
		answers := 0
		var failure error
		for i := pos; i < pos+size; i++ {
			t, name := &template, j.Name+"-"
			if len(which) > 0 {
				t, name = p.forIndex(&template, which[i]), generateName(j.Name, which[i])
			} else if len(name) > 253 {
				name = j.Name
			}
			k.ctl.CreateNamed(j, t, refs, name, func(o *corev1.Pod, err error) {
				answers++
				switch {
				case err == nil:
					made++
					p.s.wrotePods = max(p.s.wrotePods, api.Revision(o))
				case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
					made++
				default:
					k.expect.CreationObserved(p.key)
					if failure == nil {
						failure = err
					}
				}
				if answers < size {
					return
				}
				if failure == nil {
					batch(pos+size, 2*size)
					return
				}
				for range n - pos - size {
					k.expect.CreationObserved(p.key) // they will not be tried
				}
				done(made, failure)
			})
		}
	}
	batch(0, 1)
}

// deleteActive deletes all active pods: the Job is over.
func (p *pass) deleteActive(done func(deleted, ready int32, err error)) {
	p.each(p.active, func(o *corev1.Pod, answer func(error)) {
		p.k.ctl.Delete(p.job, o, func(err error) {
			if apierrors.IsNotFound(err) {
				err = nil
			}
			answer(err)
		})
	}, done)
}

// deletePods deletes pods that count for nothing: their finalizer goes first.
func (p *pass) deletePods(pods []*corev1.Pod, done func(deleted, ready int32, err error)) {
	p.each(pods, func(o *corev1.Pod, answer func(error)) {
		failing := func(err error) {
			p.k.expect.DeletionObserved(p.key, api.KeyOf(o))
			if apierrors.IsNotFound(err) {
				err = nil
			}
			answer(err)
		}
		p.k.untrack(o, func(_ *corev1.Pod, err error) {
			if err != nil {
				failing(fmt.Errorf("removing completion finalizer: %w", err))
				return
			}
			p.k.ctl.Delete(p.job, o, func(err error) {
				if err != nil {
					failing(err)
					return
				}
				answer(nil)
			})
		})
	}, done)
}

// each does something to pods side by side, and counts those it was done to and how many of them were ready.
func (p *pass) each(pods []*corev1.Pod, do func(o *corev1.Pod, answer func(error)), done func(n, ready int32, err error)) {
	left, n, ready := len(pods), int32(len(pods)), int32(0)
	if left == 0 {
		done(0, 0, nil)
		return
	}
	var failure error
	for _, o := range pods {
		do(o, func(err error) {
			if err != nil {
				n--
				if failure == nil {
					failure = err
				}
			} else if api.PodReady(o) {
				ready++
			}
			if left--; left == 0 {
				done(n, ready, failure)
			}
		})
	}
}

// victims are at least n active pods to delete: those of indexes that are not wanted or there twice, then the ones that
// have achieved least.
func (p *pass) victims(n int) []*corev1.Pod {
	var out []*corev1.Pod
	left := slices.Clone(p.active)
	if indexed(p.job) {
		out, left = p.duplicates(left)
	}
	if n -= len(out); n > 0 {
		slices.SortStableFunc(left, leastFirst)
		out = append(out, left[:n]...)
	}
	return out
}

// leastFirst is the order of deletion of controller_utils.go, ActivePods: by assignment, phase, readiness, time ready,
// restarts, age.
func leastFirst(a, b *corev1.Pod) int {
	if c := falseFirst(a.Spec.NodeName != "", b.Spec.NodeName != ""); c != 0 {
		return c
	}
	if c := phases[a.Status.Phase] - phases[b.Status.Phase]; c != 0 {
		return c
	}
	ready := api.PodReady(a)
	if c := falseFirst(ready, api.PodReady(b)); c != 0 {
		return c
	}
	if ready {
		if c := youngFirst(readyAt(a), readyAt(b)); c != 0 {
			return c
		}
	}
	for _, sidecars := range [...]bool{false, true} {
		if c := cmp.Compare(restarts(b, sidecars), restarts(a, sidecars)); c != 0 {
			return c
		}
	}
	return youngFirst(a.CreationTimestamp.Time, b.CreationTimestamp.Time)
}

var phases = map[corev1.PodPhase]int{corev1.PodPending: 0, corev1.PodUnknown: 1, corev1.PodRunning: 2}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// youngFirst: later before earlier, and no time at all before any.
func youngFirst(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return falseFirst(!a.IsZero(), !b.IsZero())
	}
	return b.Compare(a)
}

func readyAt(p *corev1.Pod) time.Time { return podcontrol.ReadyCondition(p).LastTransitionTime.Time }

func restarts(p *corev1.Pod, sidecars bool) int32 {
	n, list := int32(0), p.Status.ContainerStatuses
	if sidecars {
		list = p.Status.InitContainerStatuses
	}
	for i := range list {
		if !sidecars || sidecar(p, list[i].Name) {
			n = max(n, list[i].RestartCount)
		}
	}
	return n
}

// withIndexEnv adds JOB_COMPLETION_INDEX to containers that have no variable of that name.
func withIndexEnv(list []corev1.Container) []corev1.Container {
	const name = "JOB_COMPLETION_INDEX"
	out := slices.Clone(list)
	for i := range out {
		c := &out[i]
		if slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == name }) {
			continue
		}
		c.Env = append(slices.Clone(c.Env), corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
			FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['" + batchv1.JobCompletionIndexAnnotation + "']"}}})
	}
	return out
}
