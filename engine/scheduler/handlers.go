package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/queue"
)

// handlers.go: what the watches tell (pkg/scheduler/eventhandlers.go).

func (s *Scheduler) onNode(old, new *corev1.Node) {
	switch {
	case new == nil:
		s.move(&framework.Happening{Event: framework.NodeDeleted, OldNode: old})
		s.cluster.RemoveNode(old)
	case old == nil:
		s.cluster.AddNode(new)
		s.move(&framework.Happening{Event: framework.NodeAdded, NewNode: new})
	default:
		s.cluster.UpdateNode(new)
		if e := nodeEvents(old, new); e != 0 {
			s.each(e, func(one framework.Event) {
				s.move(&framework.Happening{Event: one, OldNode: old, NewNode: new})
			})
		}
	}
}

func nodeEvents(old, new *corev1.Node) framework.Event {
	var e framework.Event
	if old.Spec.Unschedulable && !new.Spec.Unschedulable || !equality.Semantic.DeepEqual(old.Spec.Taints, new.Spec.Taints) {
		e |= framework.NodeTaintsChanged
	}
	if !equality.Semantic.DeepEqual(old.Status.Allocatable, new.Status.Allocatable) {
		e |= framework.NodeAllocatableChanged
	}
	if !equality.Semantic.DeepEqual(old.Labels, new.Labels) {
		e |= framework.NodeLabelsChanged
	}
	return e
}

// each hands on the bits of an event one by one, as upstream does.
func (s *Scheduler) each(e framework.Event, fn func(framework.Event)) {
	for b := framework.Event(1); b != 0 && b <= e; b <<= 1 {
		if e&b != 0 {
			fn(b)
		}
	}
}

func (s *Scheduler) onNamespace(old, new *corev1.Namespace) {
	if new == nil {
		s.cluster.RemoveNamespace(old.Name)
		return
	}
	s.cluster.SetNamespace(new.Name, new.Labels)
}

func (s *Scheduler) onService(old, new *corev1.Service) {
	if new == nil {
		s.cluster.RemoveService(old)
		return
	}
	s.cluster.SetService(new)
}

// finished pods take nothing any more; upstream's watch leaves them out by field selector.
func finished(p *corev1.Pod) bool {
	return p != nil && (p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed)
}

func assigned(p *corev1.Pod) bool { return p.Spec.NodeName != "" }

func (s *Scheduler) mine(p *corev1.Pod) bool { return s.recs[p.Spec.SchedulerName] != nil }

func (s *Scheduler) onPod(old, new *corev1.Pod) {
	if finished(old) {
		old = nil
	}
	if finished(new) {
		new = nil
	}
	switch {
	case old == nil && new == nil:
	case old == nil:
		s.podAdded(new)
	case new == nil:
		s.podGone(old)
	case old.UID != new.UID:
		s.podGone(old)
		s.podAdded(new)
	default:
		s.podChanged(old, new)
	}
}

func (s *Scheduler) podAdded(p *corev1.Pod) {
	if assigned(p) {
		s.podBound(p)
	} else if s.mine(p) {
		s.enqueue(p)
	}
}

func (s *Scheduler) enqueue(p *corev1.Pod) {
	q := s.queue.Add(p, s.cluster.Shape(p))
	if n := p.Status.NominatedNodeName; n != "" {
		s.cluster.Nominate(q.Info, n)
	}
}

func (s *Scheduler) podBound(p *corev1.Pod) {
	s.cluster.AddPod(p)
	if s.queue.Interested(framework.AssignedPodAdded) {
		s.move(&framework.Happening{Event: framework.AssignedPodAdded, NewPod: p, NewShape: s.shapeOf(p)})
	}
}

func (s *Scheduler) shapeOf(p *corev1.Pod) *framework.Shape {
	if info := s.cluster.Pod(p.UID); info != nil {
		return info.Shape
	}
	return nil
}

func (s *Scheduler) podGone(p *corev1.Pod) {
	if assigned(p) {
		s.podFreed(p)
		return
	}
	if !s.mine(p) {
		return
	}
	s.queue.Delete(p.UID)
	nominated := s.cluster.NominatedNode(p.UID)
	s.cluster.Unnominate(p.UID)
	if s.cluster.Assumed(p.UID) {
		s.podFreed(p) // the binding under way will fail
		return
	}
	if nominated != "" {
		s.freedNomination(p)
	}
}

// podFreed counts a pod out and tells the waiting.
func (s *Scheduler) podFreed(p *corev1.Pod) {
	shape := s.shapeOf(p)
	s.cluster.RemovePod(p.UID)
	s.move(&framework.Happening{Event: framework.AssignedPodDeleted, OldPod: p, OldShape: shape})
}

// freedNomination tells pods of no more importance that a place is no longer set aside.
func (s *Scheduler) freedNomination(p *corev1.Pod) {
	var priority int32
	if p.Spec.Priority != nil {
		priority = *p.Spec.Priority
	}
	if s.queue.Interested(framework.AssignedPodDeleted) {
		h := &framework.Happening{Event: framework.AssignedPodDeleted, OldPod: p, OldShape: s.cluster.Shape(p)}
		s.queue.Move(h, func(q *queue.Pod) bool { return q.Shape.Priority <= priority })
	}
}

func (s *Scheduler) podChanged(old, new *corev1.Pod) {
	switch {
	case assigned(old):
		s.assignedChanged(old, new)
	case assigned(new):
		s.podBound(new)
		if s.mine(old) {
			s.queue.Delete(old.UID)
			s.cluster.Unnominate(old.UID)
		}
	case s.mine(old):
		s.pendingChanged(old, new)
	}
}

func (s *Scheduler) assignedChanged(old, new *corev1.Pod) {
	before := s.shapeOf(old)
	s.cluster.UpdatePod(new)
	after := s.shapeOf(new)
	if before == after {
		return // of all that changes about a running pod, almost always
	}
	var e framework.Event
	if before != nil && before.Set != after.Set {
		e |= framework.AssignedPodLabelsChanged
	}
	if before != nil && less(&after.Held, &before.Held) {
		e |= framework.AssignedPodScaledDown
	}
	s.each(e, func(one framework.Event) {
		s.move(&framework.Happening{Event: one, OldPod: old, NewPod: new, OldShape: before, NewShape: after})
	})
}

// less reports that a is below b in anything.
func less(a, b *framework.Resource) bool {
	if a.MilliCPU < b.MilliCPU || a.Memory < b.Memory || a.EphemeralStorage < b.EphemeralStorage {
		return true
	}
	for i := range b.Scalars {
		if a.Scalar(b.Scalars[i].Name) < b.Scalars[i].Value {
			return true
		}
	}
	return false
}

func (s *Scheduler) pendingChanged(old, new *corev1.Pod) {
	if s.cluster.Assumed(new.UID) {
		if new.DeletionTimestamp != nil && old.DeletionTimestamp == nil {
			s.podFreed(new) // its binding under way will fail
		}
		return
	}
	q := s.queue.Get(new.UID)
	if q == nil {
		if s.cluster.Pod(new.UID) == nil {
			s.enqueue(new)
		}
		return
	}
	before := q.Shape
	shape := s.cluster.Shape(new)
	s.nominationChanged(q, old, new)
	h := &framework.Happening{OldPod: old, NewPod: new, OldShape: before, NewShape: shape}
	if before.Set != shape.Set {
		h.Event |= framework.TargetLabelsChanged
	}
	if len(old.Spec.Tolerations) != len(new.Spec.Tolerations) {
		h.Event |= framework.TargetTolerationsChanged
	}
	if len(old.Spec.SchedulingGates) > 0 && len(new.Spec.SchedulingGates) == 0 {
		h.Event |= framework.TargetGatesRemoved
	}
	if less(&shape.Requests, &before.Requests) {
		h.Event |= framework.TargetScaledDown
	}
	s.queue.Update(q, new, shape, h)
}

// nominationChanged follows what the API says about the node set aside, unless the scheduler itself knows better.
func (s *Scheduler) nominationChanged(q *queue.Pod, old, new *corev1.Pod) {
	was, is := old.Status.NominatedNodeName, new.Status.NominatedNodeName
	if was == is {
		return
	}
	q.Info.Pod = new
	s.cluster.Nominate(q.Info, is)
	if was != "" {
		s.freedNomination(old)
	}
}
