package scheduler

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
	"tabernetes/engine/scheduler/queue"
	"tabernetes/engine/scheduler/volumes"
)

// failure is the end of an attempt that found no node.
type failure struct {
	reason  string // of the PodScheduled condition
	message string
	// nominate sets a node aside for the pod; clear takes back what was set aside before.
	nominate string
	clear    bool
}

// unschedulable is a pod that fits on no node: it looks for preemption and fails.
func (s *Scheduler) unschedulable(p *queue.Pod, d *Decision, preFilter string, reasons plugins.Reasons, vs *volumes.State,
	refusal func(int32) *framework.Status, hopeless func(*framework.NodeInfo, *framework.PodInfo) *plugins.Memo) {
	f := failure{reason: corev1.PodReasonUnschedulable}
	f.message = plugins.FitMessage(len(s.cluster.Nodes()), preFilter, reasons)
	d.Reasons = reasons
	if !p.Shape.Profile.Preempts {
		f.clear = true
		s.fail(p, d, f)
		return
	}
	pre := plugins.Preemption{Cluster: s.cluster, Shape: p.Shape, Pod: p.Pod, Self: p.Info, Refusal: refusal, Rand: s.a.Rand(),
		Now: metav1.Time{Time: s.a.Wall()}, Budgets: s.disruptionBudgets(), Volumes: vs, Hopeless: hopeless}
	v := pre.Run()
	f.message += " " + v.Message
	f.clear = v.Hopeless
	if v.Best != nil {
		f.nominate, f.clear = v.Best.Node.Name, true
		d.Preempted = &Preempted{Node: f.nominate}
		for _, q := range v.Best.Victims {
			d.Preempted.Victims = append(d.Preempted.Victims, q.Pod.Namespace+"/"+q.Pod.Name)
		}
	}
	s.fail(p, d, f)
	if v.Best != nil {
		s.preempt(p, v.Best)
	}
}

func (s *Scheduler) disruptionBudgets() []*policyv1.PodDisruptionBudget {
	if s.budgets == nil {
		return nil
	}
	return s.budgets.All()
}

// fail puts the pod back into the queue and tells why, in an event and in the pod's status.
func (s *Scheduler) fail(p *queue.Pod, d *Decision, f failure) {
	d.Message = f.message
	d.waits = &waiting{s, p.Pod.UID}
	s.record(p, d)
	pod, ok := s.pods.Get(p.Pod.Namespace, p.Pod.Name)
	if !ok || assigned(pod) || finished(pod) {
		return
	}
	if pod.UID != p.Pod.UID {
		return // made anew under the same name
	}
	p.Pod, p.Shape = pod, s.cluster.Shape(pod)
	p.Info.Pod, p.Info.Shape = pod, p.Shape
	if f.clear {
		s.cluster.Nominate(p.Info, f.nominate)
	} else if n := pod.Status.NominatedNodeName; n != "" {
		s.cluster.Nominate(p.Info, n)
	}
	s.queue.Requeue(p)
	s.event(pod, corev1.EventTypeWarning, "FailedScheduling", "Scheduling", truncate(f.message))
	s.patch(pod, &corev1.PodCondition{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: f.reason, Message: f.message,
		ObservedGeneration: pod.Generation,
	}, f.clear, f.nominate)
}

// truncate shortens to what an event can hold.
func truncate(msg string) string {
	const limit, suffix = 1024, " ..."
	if len(msg) <= limit {
		return msg
	}
	return msg[:limit-len(suffix)] + suffix
}

// patch writes a condition and the nominated node if they change anything.
func (s *Scheduler) patch(pod *corev1.Pod, c *corev1.PodCondition, nominate bool, node string) {
	now := metav1.Time{Time: s.a.Wall().Truncate(time.Second)}
	change := func(st *corev1.PodStatus) bool {
		changed := c != nil && setCondition(st, *c, now)
		if nominate && st.NominatedNodeName != node {
			st.NominatedNodeName = node
			changed = true
		}
		return changed
	}
	trial := pod.Status
	if !change(&trial) {
		return
	}
	uid := pod.UID
	client.Mutate(s.c, api.Pods, "status", pod.Namespace, pod.Name, func(p *corev1.Pod) bool {
		return p.UID == uid && change(&p.Status)
	}, nil)
}

// setCondition replaces a condition; it reports whether anything changed.
func setCondition(st *corev1.PodStatus, c corev1.PodCondition, now metav1.Time) bool {
	c.LastTransitionTime = now
	i := slices.IndexFunc(st.Conditions, func(x corev1.PodCondition) bool { return x.Type == c.Type })
	if i < 0 {
		st.Conditions = append(slices.Clone(st.Conditions), c)
		return true
	}
	old := &st.Conditions[i]
	if old.Status == c.Status {
		c.LastTransitionTime = old.LastTransitionTime
		if old.Reason == c.Reason && old.Message == c.Message {
			return false
		}
	}
	st.Conditions = slices.Clone(st.Conditions)
	st.Conditions[i] = c
	return true
}

// preempt carries out a preemption: all victims but the last, then the last; meanwhile the preemptor is not tried
// (KEP-4832, framework/preemption/executor.go).
func (s *Scheduler) preempt(p *queue.Pod, c *plugins.Candidate) {
	uid := p.Pod.UID
	for _, q := range c.Node.Nominated {
		if q.Shape.Priority < p.Shape.Priority {
			s.patch(q.Pod, nil, true, "")
		}
	}
	var victims []*corev1.Pod
	for _, v := range c.Victims {
		if v.Pod.DeletionTimestamp == nil {
			victims = append(victims, v.Pod)
		}
	}
	if len(victims) == 0 {
		return
	}
	s.preempting[uid] = ""
	end := func(err error) {
		delete(s.preempting, uid)
		// Without an error the victims' end wakes the pod; if that came first it may still stand at the gate.
		if q := s.queue.Get(uid); q != nil && (err != nil || q.Gated && q.Gate == framework.DefaultPreemption) {
			s.queue.Activate(uid)
		}
	}
	last := victims[len(victims)-1]
	left, failed := len(victims)-1, error(nil)
	final := func() {
		if failed != nil {
			end(failed)
			return
		}
		s.preempting[uid] = api.KeyOf(last)
		s.evict(p, last, c.Node.Name, end)
	}
	if left == 0 {
		final()
		return
	}
	for _, v := range victims[:len(victims)-1] {
		s.evict(p, v, c.Node.Name, func(err error) {
			if err != nil {
				failed = err
			}
			if left--; left == 0 {
				final()
			}
		})
	}
}

// evict tells a victim why it must go and deletes it.
func (s *Scheduler) evict(p *queue.Pod, victim *corev1.Pod, node string, done func(error)) {
	now := metav1.Time{Time: s.a.Wall().Truncate(time.Second)}
	cond := corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonPreemptionByScheduler,
		Message:            p.Pod.Spec.SchedulerName + ": preempting to accommodate a higher priority pod",
		ObservedGeneration: victim.Generation,
	}
	preemptor := string(p.Pod.UID)
	client.Mutate(s.c, api.Pods, "status", victim.Namespace, victim.Name, func(v *corev1.Pod) bool {
		return v.UID == victim.UID && setCondition(&v.Status, cond, now)
	}, func(_ *corev1.Pod, err error) {
		if err != nil {
			done(ignoreGone(err))
			return
		}
		s.c.Delete(api.Pods, victim.Namespace, victim.Name, client.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &victim.UID},
		}, func(err error) {
			if err == nil {
				s.eventBy(p.Pod, victim, corev1.EventTypeNormal, "Preempted", "Preempting",
					"Preempted by pod "+preemptor+" on node "+node)
			}
			done(ignoreGone(err))
		})
	})
}

func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
