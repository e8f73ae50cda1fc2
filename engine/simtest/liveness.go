package simtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// patience is how long a cluster without faults may take: eviction after 300 s, back-offs of up to 5 minutes twice.
const patience = 25 * time.Minute

// missing says what has not become as it should, "" when all is well. Pods that fit on no node are excused, and their
// Deployments with them.
func (j *judge) missing() string {
	var out []string
	for _, h := range sortedKeys(j.mirror[api.Nodes]) {
		if n := j.mirror[api.Nodes][h].(*corev1.Node); !nodeReady(n) {
			out = append(out, "node "+h+" is not Ready")
		}
	}
	if n := j.c.Config().Nodes + j.c.Config().Masters; len(j.mirror[api.Nodes]) != n {
		out = append(out, fmt.Sprintf("%d nodes of %d", len(j.mirror[api.Nodes]), n))
	}
	excused := map[string]bool{}
	for _, o := range j.mirror[api.Pods] {
		if p := o.(*corev1.Pod); p.Spec.NodeName == "" && p.DeletionTimestamp == nil && !j.fits(p) {
			excused[p.Labels["app"]] = true
		}
	}
	for _, key := range sortedKeys(j.mirror[api.Pods]) {
		p := j.mirror[api.Pods][key].(*corev1.Pod)
		switch {
		case p.DeletionTimestamp != nil:
			out = append(out, "pod "+key+" is Terminating")
		case ended(p), api.PodReady(p):
		case p.Spec.NodeName == "" && (excused[p.Labels["app"]] || len(j.claimsOf(p)) > 0) && !j.fits(p):
		case excused[p.Labels["app"]] && unpullable(p):
			// An update that waits for room keeps the failed version it is to replace: so it is upstream as well.
		default:
			out = append(out, fmt.Sprintf("pod %s on %q is %s%s", key, p.Spec.NodeName, p.Status.Phase, waitingFor(p)))
		}
	}
	for _, key := range sortedKeys(j.mirror[api.ReplicaSets]) {
		rs := j.mirror[api.ReplicaSets][key].(*appsv1.ReplicaSet)
		n := int32(0)
		for _, o := range j.mirror[api.Pods] {
			if p := o.(*corev1.Pod); owned(p, rs.UID) && p.DeletionTimestamp == nil && !ended(p) {
				n++
			}
		}
		if n != *rs.Spec.Replicas || rs.Status.Replicas != n || rs.Status.ObservedGeneration < rs.Generation {
			out = append(out, fmt.Sprintf("ReplicaSet %s asks for %d, has %d and says %d", key, *rs.Spec.Replicas, n, rs.Status.Replicas))
		}
	}
	for _, key := range sortedKeys(j.mirror[api.Deployments]) {
		d := j.mirror[api.Deployments][key].(*appsv1.Deployment)
		s := &d.Status
		if n := *d.Spec.Replicas; !excused[d.Name] && (d.DeletionTimestamp != nil || s.ObservedGeneration < d.Generation || s.Replicas != n || s.UpdatedReplicas != n || s.AvailableReplicas != n) {
			out = append(out, fmt.Sprintf("Deployment %s of %d: %d replicas, %d updated, %d available", key, n, s.Replicas, s.UpdatedReplicas, s.AvailableReplicas))
		}
	}
	return strings.Join(slices.Concat(out, j.missingSets(), j.missingStorage(), j.orphans()), "\n")
}

// fits reports that some node has room for a pod that waits.
func (j *judge) fits(p *corev1.Pod) bool {
	cpu, mem := requests(p)
	only := meantFor(p)
	for _, key := range sortedKeys(j.mirror[api.Nodes]) {
		n := j.mirror[api.Nodes][key].(*corev1.Node)
		if only != "" && key != only {
			continue
		}
		if n.Spec.Unschedulable || !nodeReady(n) || !j.usable(p, n.Name) || slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule }) {
			continue
		}
		c, m, k := n.Status.Allocatable.Cpu().MilliValue(), n.Status.Allocatable.Memory().Value(), n.Status.Allocatable.Pods().Value()
		for _, o := range j.mirror[api.Pods] {
			if x := o.(*corev1.Pod); x.Spec.NodeName == key && !ended(x) {
				xc, xm := requests(x)
				c, m, k = c-xc, m-xm, k-1
			}
		}
		if cpu <= c && mem <= m && k > 0 {
			return true
		}
	}
	return false
}

// meantFor is the only node that a DaemonSet's pod may go to, "" for other pods.
func meantFor(p *corev1.Pod) string {
	if a := p.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			for _, f := range t.MatchFields {
				return f.Values[0]
			}
		}
	}
	return ""
}

func nodeReady(n *corev1.Node) bool {
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func unpullable(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodPending && slices.ContainsFunc(p.Spec.Containers, func(c corev1.Container) bool { return c.Image == images[len(images)-1] })
}

func waitingFor(p *corev1.Pod) string {
	for i := range p.Status.ContainerStatuses {
		if w := p.Status.ContainerStatuses[i].State.Waiting; w != nil {
			return ", " + w.Reason + " " + w.Message
		}
	}
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Status != corev1.ConditionTrue && c.Message != "" {
			return ", " + c.Message
		}
	}
	return ""
}
