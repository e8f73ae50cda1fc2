package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/scheduler/framework"
	"tabernetes/engine/scheduler/plugins"
	"tabernetes/engine/scheduler/queue"
	"tabernetes/engine/scheduler/volumes"
	"tabernetes/engine/sim"
)

// errNoNodes is upstream's ErrNoNodesAvailable.
const errNoNodes = "no nodes available to schedule pods"

func (s *Scheduler) move(h *framework.Happening) { s.queue.Move(h, nil) }

func (s *Scheduler) worth(p *queue.Pod, by framework.Plugin, h *framework.Happening) bool {
	if volumes.Of(by) {
		return volumes.Worth(p.Pod, by, h)
	}
	return plugins.Worth(s.cluster, p.Shape, by, h)
}

// gate is PreEnqueue: scheduling gates, and a preemption for the pod that is still being carried out.
func (s *Scheduler) gate(p *queue.Pod) (framework.Plugin, bool) {
	if len(p.Pod.Spec.SchedulingGates) > 0 && p.Shape.Profile.PreEnqueue.Has(framework.SchedulingGates) {
		return framework.SchedulingGates, true
	}
	last, busy := s.preempting[p.Pod.UID]
	if !busy || !p.Shape.Profile.PreEnqueue.Has(framework.DefaultPreemption) {
		return 0, false
	}
	if last != "" {
		if v, ok := s.pods.GetKey(last); !ok || v.DeletionTimestamp != nil {
			return 0, false
		}
	}
	return framework.DefaultPreemption, true
}

// schedule is one scheduling cycle (schedule_one.go).
func (s *Scheduler) schedule(p *queue.Pod) {
	if p.Pod.DeletionTimestamp != nil {
		s.event(p.Pod, corev1.EventTypeWarning, "FailedScheduling", "Scheduling",
			"skip schedule deleting pod: "+p.Pod.Namespace+"/"+p.Pod.Name)
		return
	}
	if s.cluster.Pod(p.Pod.UID) != nil {
		return // assumed or bound meanwhile
	}
	if p.Epoch != s.cluster.Epoch {
		p.Epoch = s.cluster.Epoch
		p.Shape = s.cluster.Shape(p.Pod)
		p.Info.Shape = p.Shape
	}
	nodes := s.cluster.Nodes()
	d := s.decision(p)
	if len(nodes) == 0 {
		p.Rejectors = 0
		s.fail(p, d, failure{reason: corev1.PodReasonUnschedulable, message: errNoNodes, clear: true})
		return
	}
	s.start %= len(nodes)
	if st := plugins.Restricted(p.Shape); st != nil {
		s.refusedAll(p, d, st)
		return
	}
	var vs *volumes.State
	if volumes.Needs(p.Pod) {
		var st *framework.Status
		if vs, st = s.storage.PreFilter(p.Pod, p.Shape.Profile); st != nil {
			s.refusedAll(p, d, st)
			return
		}
	}
	if n := s.cluster.Node(p.Pod.Status.NominatedNodeName); n != nil {
		if st, _ := plugins.PreFilter(s.cluster, p.Shape); st.WithVolumes(vs).FilterWithNominated(n, p.Info) == nil {
			d.Looked, d.Feasible = 1, 1
			s.bind(p, n, d, vs)
			return
		}
	}
	if p.Shape.NarrowsNodes || vs != nil || p.Shape.Profile.Plain() {
		s.schedulePlain(p, d, vs)
		return
	}
	out := s.engine.Find(p.Shape, p.Info, s.start, s.a.Rand())
	d.Looked, d.Feasible, d.Score, d.Ties = int32(out.Looked), int32(out.Feasible), int32(out.Score), int32(out.Ties)
	if out.Node == nil {
		s.start = (s.start + out.Looked) % len(nodes)
		s.rejected(p, d)
		return
	}
	s.explain(d, &out, p.Shape, p.Info)
	s.start = (s.start + out.Looked) % len(nodes)
	s.bind(p, out.Node, d, nil)
}

// refusedAll is a pod that was refused before any node was looked at.
func (s *Scheduler) refusedAll(p *queue.Pod, d *Decision, st *framework.Status) {
	p.Rejectors = framework.Set(st.Plugin)
	s.unschedulable(p, d, st.Reasons[0], nil, nil, func(int32) *framework.Status { return st }, nil)
}

// rejected works out why no node of all will do, from the engine's tables.
func (s *Scheduler) rejected(p *queue.Pod, d *Decision) {
	nodes := s.cluster.Nodes()
	var reasons plugins.Reasons
	p.Rejectors = 0
	// Neighbours mostly fail alike: count runs of one status.
	var last *framework.Status
	run := 0
	flush := func() {
		if last == nil {
			return
		}
		p.Rejectors |= framework.Set(last.Plugin)
		for _, r := range last.Reasons {
			reasons.Add(r, run)
		}
	}
	for i, n := range nodes {
		st := s.engine.Refusal(int32(i), p.Info)
		if len(nodes) <= smallCluster {
			d.Refused = append(d.Refused, refusal(n, st))
		}
		if st != last {
			flush()
			last, run = st, 0
		}
		run++
	}
	flush()
	s.unschedulable(p, d, "", reasons, nil, func(i int32) *framework.Status { return s.engine.Refusal(i, p.Info) }, s.engine.Hopeless)
}

// schedulePlain is for pods that name their nodes by affinity, as those of a DaemonSet do, and for those whose volumes
// have a say (vs), and for profiles that tables cannot stand in for: it asks the plain plugins, which the tables stand for otherwise.
func (s *Scheduler) schedulePlain(p *queue.Pod, d *Decision, vs *volumes.State) {
	nodes := s.cluster.Nodes()
	candidates := plugins.Candidates(s.cluster, p.Shape)
	st, _ := plugins.PreFilter(s.cluster, p.Shape)
	st.WithVolumes(vs)
	start := 0
	if len(candidates) > 0 {
		start = s.start % len(candidates)
	}
	found := st.Find(candidates, start, p.Info)
	looked := len(found.Feasible) + len(found.Refused)
	d.Looked, d.Feasible, d.Ties = int32(looked), int32(len(found.Feasible)), 1
	s.start = (s.start + looked) % len(nodes)
	var reasons plugins.Reasons
	refused := map[int32]*framework.Status{}
	p.Rejectors = 0
	for _, r := range found.Refused {
		refused[r.Node.Index] = r.Status
		p.Rejectors |= framework.Set(r.Status.Plugin)
		if len(nodes) <= smallCluster {
			d.Refused = append(d.Refused, refusal(r.Node, r.Status))
		}
		for _, text := range r.Status.Reasons {
			reasons.Add(text, 1)
		}
	}
	switch len(found.Feasible) {
	case 0:
		// The plugin that narrowed the choice rejected all the others.
		if p.Shape.NarrowsNodes {
			p.Rejectors |= framework.Set(framework.NodeAffinity)
		}
		reasons.Add(statusNarrowed.Reasons[0], len(nodes)-len(found.Refused))
		s.unschedulable(p, d, "", reasons, vs, func(i int32) *framework.Status {
			if r := refused[i]; r != nil {
				return r
			}
			return statusNarrowed
		}, nil)
		return
	case 1:
		d.Reasons = reasons
		s.bind(p, found.Feasible[0], d, vs)
		return
	}
	t := plugins.Score(s.cluster, p.Shape, found.Feasible)
	best := t.Best(s.a.Rand())
	d.Score, d.Skipped, d.Reasons = capped(t.Total[best]), t.Skipped, reasons
	for j, n := range t.Nodes {
		r := Row{Node: n.Name, Total: capped(t.Total[j])}
		for k := range plugins.NumScores {
			r.Raw[k], r.Norm[k] = int32(t.Raw[k][j]), int32(t.Norm[k][j])
		}
		d.Rows = append(d.Rows, r)
	}
	s.bind(p, t.Nodes[best], d, vs)
}

var statusNarrowed = framework.NewStatus(framework.NodeAffinity, framework.UnschedulableAndUnresolvable,
	"node(s) didn't satisfy plugin(s) [NodeAffinity]")

func (s *Scheduler) decision(p *queue.Pod) *Decision {
	return &Decision{At: s.a.Now(), Attempt: int32(p.Attempts), profile: p.Shape.Profile}
}

func (s *Scheduler) record(p *queue.Pod, d *Decision) {
	rec := s.a.Record(sim.KindDecision, "pods/"+p.Pod.Namespace+"/"+p.Pod.Name, d.summary())
	d.Pod = s.a.Sim().Journal.Ref(rec.Ref)[len("pods/"):] // shares the journal's text
	rec.Data = d
	s.history.add(d)
}

// bind assumes the pod on the node, sees to its volumes and sends the binding; the next cycle does not wait for any of it.
func (s *Scheduler) bind(p *queue.Pod, n *framework.NodeInfo, d *Decision, vs *volumes.State) {
	d.Chosen = n.Name
	s.record(p, d)
	s.cluster.Assume(p.Pod, p.Shape, n)
	s.cluster.Unnominate(p.Pod.UID)
	var plan *volumes.Plan
	if vs != nil {
		plan = vs.Reserve(n.Name)
	}
	if plan == nil {
		s.sendBinding(p, n.Name)
		return
	}
	// Others shall know where the pod will be while its volumes are made (NominatedNodeNameForExpectation).
	s.patch(p.Pod, nil, true, n.Name)
	s.storage.PreBind(p.Pod, n.Node, plan, func(err error) {
		if err != nil {
			s.storage.Unreserve(plan)
			s.bindFailed(p, fmt.Errorf("running PreBind plugin %q: %w", framework.VolumeBinding.String(), err))
			return
		}
		s.sendBinding(p, n.Name)
	})
}

func (s *Scheduler) sendBinding(p *queue.Pod, node string) {
	pod := p.Pod
	s.c.Do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: pod.Namespace, Name: pod.Name,
		Object: &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
			Target:     corev1.ObjectReference{Kind: "Node", Name: node},
		}}, func(resp *api.Response) {
		if resp.Err != nil {
			s.bindFailed(p, resp.Err)
			return
		}
		s.event(pod, corev1.EventTypeNormal, "Scheduled", "Binding",
			"Successfully assigned "+pod.Namespace+"/"+pod.Name+" to "+node)
	})
}

func (s *Scheduler) bindFailed(p *queue.Pod, err error) {
	shape := s.shapeOf(p.Pod)
	if s.cluster.Assumed(p.Pod.UID) {
		s.cluster.Forget(p.Pod.UID)
		s.move(&framework.Happening{Event: framework.AssignedPodDeleted, OldPod: p.Pod, OldShape: shape})
	}
	p.Rejectors = 0
	d := s.decision(p)
	s.fail(p, d, failure{reason: corev1.PodReasonSchedulerError, message: err.Error(), clear: true})
}

func (s *Scheduler) event(pod *corev1.Pod, typ, reason, action, message string) {
	s.eventBy(pod, pod, typ, reason, action, message)
}

// eventBy tells of a pod what was done for another: the other's profile tells it.
func (s *Scheduler) eventBy(by, pod *corev1.Pod, typ, reason, action, message string) {
	s.recs[by.Spec.SchedulerName].EventFor(client.ReferenceTo(pod, ""), typ, reason, action, message)
}
