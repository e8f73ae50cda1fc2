package api

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// Words for the journal: what a write changed, in the API's own names. They are built on every write, so they are
// cheap: no formatting machinery, and nothing when nothing worth telling changed.

func itoa(n int32) string { return strconv.Itoa(int(n)) }

func change(parts []string, what, from, to string) []string {
	if from == to {
		return parts
	}
	if from == "" {
		return append(parts, what+" "+to)
	}
	if to == "" {
		to = "none"
	}
	return append(parts, what+" "+from+" → "+to)
}

func describeNamespace(old, new Object) string {
	if old == nil {
		return ""
	}
	return strings.Join(change(nil, "phase", string(old.(*corev1.Namespace).Status.Phase), string(new.(*corev1.Namespace).Status.Phase)), ", ")
}

func nodeReady(n *corev1.Node) string {
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return string(c.Status)
		}
	}
	return ""
}

func taintKeys(n *corev1.Node) string {
	var b strings.Builder
	for i := range n.Spec.Taints {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(n.Spec.Taints[i].Key + ":" + string(n.Spec.Taints[i].Effect))
	}
	return b.String()
}

func describeNode(old, new Object) string {
	n := new.(*corev1.Node)
	if old == nil {
		return "registered"
	}
	o := old.(*corev1.Node)
	p := change(nil, "Ready", nodeReady(o), nodeReady(n))
	p = change(p, "taints", taintKeys(o), taintKeys(n))
	if o.Spec.Unschedulable != n.Spec.Unschedulable {
		if n.Spec.Unschedulable {
			p = append(p, "cordoned")
		} else {
			p = append(p, "uncordoned")
		}
	}
	if len(p) == 0 {
		return "status"
	}
	return strings.Join(p, ", ")
}

// nodeHeartbeat: a status update that moves only LastHeartbeatTime.
func nodeHeartbeat(old, new Object) bool {
	o, n := old.(*corev1.Node), new.(*corev1.Node)
	if len(o.Status.Conditions) != len(n.Status.Conditions) || o.Spec.Unschedulable != n.Spec.Unschedulable ||
		taintKeys(o) != taintKeys(n) || len(o.Labels) != len(n.Labels) || len(o.Status.Images) != len(n.Status.Images) {
		return false
	}
	for i := range o.Status.Conditions {
		a, b := o.Status.Conditions[i], n.Status.Conditions[i]
		if a.Status != b.Status || a.Reason != b.Reason || a.Type != b.Type {
			return false
		}
	}
	return true
}

func leaseHeartbeat(old, new Object) bool {
	o, n := old.(*coordinationv1.Lease).Spec, new.(*coordinationv1.Lease).Spec
	return o.HolderIdentity != nil && n.HolderIdentity != nil && *o.HolderIdentity == *n.HolderIdentity
}

// PodReady reports the pod's Ready condition.
func PodReady(p *corev1.Pod) bool {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func readyWord(p *corev1.Pod) string {
	if PodReady(p) {
		return "True"
	}
	return "False"
}

func podReason(p *corev1.Pod) string {
	for i := range p.Status.ContainerStatuses {
		c := &p.Status.ContainerStatuses[i]
		if c.State.Waiting != nil && c.State.Waiting.Reason != "" {
			return c.State.Waiting.Reason
		}
		if c.State.Terminated != nil && c.State.Terminated.Reason != "" {
			return c.State.Terminated.Reason
		}
	}
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Status == corev1.ConditionFalse && c.Type == corev1.PodScheduled {
			return c.Reason
		}
	}
	return p.Status.Reason
}

func describePod(old, new Object) string {
	n := new.(*corev1.Pod)
	if old == nil {
		if n.Spec.NodeName != "" {
			return "on " + n.Spec.NodeName
		}
		return ""
	}
	o := old.(*corev1.Pod)
	var p []string
	if o.Spec.NodeName != n.Spec.NodeName {
		p = append(p, "bound to "+n.Spec.NodeName)
	}
	if o.DeletionTimestamp == nil && n.DeletionTimestamp != nil {
		s := "marked for deletion"
		if n.DeletionGracePeriodSeconds != nil {
			s += ", grace " + strconv.FormatInt(*n.DeletionGracePeriodSeconds, 10) + " s"
		}
		p = append(p, s)
	}
	p = change(p, "phase", string(o.Status.Phase), string(n.Status.Phase))
	p = change(p, "Ready", readyWord(o), readyWord(n))
	if r := podReason(n); r != "" && r != podReason(o) {
		p = append(p, r)
	}
	return strings.Join(p, ", ")
}

func describeService(old, new Object) string {
	if old == nil {
		return "clusterIP " + new.(*corev1.Service).Spec.ClusterIP
	}
	return ""
}

func readyEndpoints(s *discoveryv1.EndpointSlice) int {
	n := 0
	for i := range s.Endpoints {
		if r := s.Endpoints[i].Conditions.Ready; r == nil || *r {
			n++
		}
	}
	return n
}

func describeEndpointSlice(old, new Object) string {
	n := new.(*discoveryv1.EndpointSlice)
	from := 0
	if old != nil {
		from = readyEndpoints(old.(*discoveryv1.EndpointSlice))
	}
	return strconv.Itoa(from) + " → " + strconv.Itoa(readyEndpoints(n)) + " ready endpoints"
}

func replicas(n *int32) string {
	if n == nil {
		return "1"
	}
	return itoa(*n)
}

func images(t *corev1.PodTemplateSpec) string {
	var b strings.Builder
	for i := range t.Spec.Containers {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Spec.Containers[i].Image)
	}
	return b.String()
}

func describeDeployment(old, new Object) string {
	n := new.(*appsv1.Deployment)
	if old == nil {
		return "replicas " + replicas(n.Spec.Replicas) + ", image " + images(&n.Spec.Template)
	}
	o := old.(*appsv1.Deployment)
	p := change(nil, "replicas", replicas(o.Spec.Replicas), replicas(n.Spec.Replicas))
	p = change(p, "image", images(&o.Spec.Template), images(&n.Spec.Template))
	p = change(p, "updated", itoa(o.Status.UpdatedReplicas), itoa(n.Status.UpdatedReplicas))
	p = change(p, "ready", itoa(o.Status.ReadyReplicas), itoa(n.Status.ReadyReplicas))
	if o.Spec.Paused != n.Spec.Paused {
		if n.Spec.Paused {
			p = append(p, "paused")
		} else {
			p = append(p, "resumed")
		}
	}
	return strings.Join(p, ", ")
}

func describeReplicaSet(old, new Object) string {
	n := new.(*appsv1.ReplicaSet)
	if old == nil {
		return "replicas " + replicas(n.Spec.Replicas) + ", image " + images(&n.Spec.Template)
	}
	o := old.(*appsv1.ReplicaSet)
	p := change(nil, "replicas", replicas(o.Spec.Replicas), replicas(n.Spec.Replicas))
	p = change(p, "current", itoa(o.Status.Replicas), itoa(n.Status.Replicas))
	p = change(p, "ready", itoa(o.Status.ReadyReplicas), itoa(n.Status.ReadyReplicas))
	return strings.Join(p, ", ")
}
