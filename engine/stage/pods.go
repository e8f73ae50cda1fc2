package stage

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

type pod struct {
	key      string
	slot     int32
	node     int32
	workload int32
	version  int32
	state    PodState
	phase    corev1.PodPhase
	restarts uint16
	at       float64
	reason   string
	cpu, mem int64 // requested millicores and bytes: whole numbers, so that a node's sum comes back to 0
	counted  bool  // its requests are part of the node's sum
	dirty    bool
	fresh    bool
	behind   []*service // whose slices name it as ready
}

type freedSlot struct {
	slot int32
	at   float64
}

// mirror tells a mirror pod. What static pods run is drawn at headquarters, as the components they are.
func mirror(o api.Object) bool {
	_, ok := o.GetAnnotations()[corev1.MirrorPodAnnotationKey]
	return ok
}

func (st *Stage) podChanged(old, new api.Object) {
	if new == nil {
		st.podGone(api.KeyOf(old))
		return
	}
	n := new.(*corev1.Pod)
	key := api.KeyOf(n)
	p := st.pods[key]
	if p == nil {
		if mirror(n) || st.ofShipped(n) {
			return
		}
		p = &pod{key: key, node: -1, version: -1, fresh: true, state: Unknown}
		if k := len(st.freeSlots); k > 0 {
			p.slot = st.freeSlots[k-1]
			st.freeSlots = st.freeSlots[:k-1]
			st.slots[p.slot] = p
		} else {
			p.slot = int32(len(st.slots))
			st.slots = append(st.slots, p)
		}
		st.pods[key] = p
		if p.behind = st.awaited[key]; p.behind != nil {
			delete(st.awaited, key)
			for _, s := range p.behind {
				st.dirtySvc[s.ID] = true
			}
		}
		st.counts[p.state]++
		p.workload, p.version = st.versionOf(n)
		p.cpu, p.mem = requests(&n.Spec)
	}
	state, reason := stateOf(n)
	var node int32 = -1
	if v := st.nodes[n.Spec.NodeName]; v != nil {
		node = int32(v.ID)
	}
	var restarts int32
	for i := range n.Status.ContainerStatuses {
		restarts += n.Status.ContainerStatuses[i].RestartCount
	}
	p.phase = n.Status.Phase
	st.account(p, node, n.Status.Phase != corev1.PodFailed && n.Status.Phase != corev1.PodSucceeded)
	if p.state == state && p.node == node && p.reason == reason && p.restarts == uint16(restarts) {
		return
	}
	st.counts[p.state]--
	st.counts[state]++
	p.state, p.node, p.reason, p.restarts, p.at = state, node, reason, uint16(restarts), ms(st.w.Now())
	st.touch(p)
}

// account keeps the node's sums: what its pods request, and how many there are.
func (st *Stage) account(p *pod, node int32, live bool) {
	if p.counted && (p.node != node || !live) {
		if v := st.nodeList[p.node]; v != nil {
			v.add(-p.cpu, -p.mem, -1)
			st.dirtyNode[v.ID] = true
		}
		p.counted = false
	}
	if !p.counted && node >= 0 && live {
		v := st.nodeList[node]
		v.add(p.cpu, p.mem, 1)
		st.dirtyNode[v.ID] = true
		p.counted = true
	}
}

func (st *Stage) touch(p *pod) {
	if !p.dirty {
		p.dirty = true
		st.dirtyPods = append(st.dirtyPods, p)
	}
}

func (st *Stage) podGone(key string) {
	p := st.pods[key]
	if p == nil {
		return
	}
	st.account(p, -1, false)
	st.counts[p.state]--
	p.state = Gone
	delete(st.pods, key)
	st.slots[p.slot] = nil
	st.freeSlots = append(st.freeSlots, p.slot)
	st.freed = append(st.freed, freedSlot{p.slot, ms(st.w.Now())})
	for _, s := range p.behind {
		st.dirtySvc[s.ID] = true
	}
	if len(p.behind) > 0 {
		st.awaited[key] = p.behind // one of the same name may come before the slices change
	}
}

func (v *NodeView) add(cpu, mem int64, pods int) {
	v.milli, v.bytes, v.Pods = v.milli+cpu, v.bytes+mem, v.Pods+pods
	v.CPU.Requested, v.Memory.Requested = float64(v.milli)/1000, float64(v.bytes)
}

func requests(s *corev1.PodSpec) (cpu, mem int64) {
	for i := range s.Containers {
		r := s.Containers[i].Resources.Requests
		if q, ok := r[corev1.ResourceCPU]; ok {
			cpu += q.MilliValue()
		}
		if q, ok := r[corev1.ResourceMemory]; ok {
			mem += q.Value()
		}
	}
	return cpu, mem
}

func stateOf(p *corev1.Pod) (PodState, string) {
	reason := p.Status.Reason
	waiting := ""
	for i := range p.Status.ContainerStatuses {
		if w := p.Status.ContainerStatuses[i].State.Waiting; w != nil && w.Reason != "" {
			waiting = w.Reason
		}
	}
	switch {
	case p.DeletionTimestamp != nil:
		return Terminating, ""
	case p.Status.Phase == corev1.PodSucceeded:
		return Succeeded, "Completed"
	case p.Status.Phase == corev1.PodFailed:
		if reason == "" {
			reason = "Error"
		}
		return Failed, reason
	case strings.HasSuffix(waiting, "BackOff") || strings.HasPrefix(waiting, "Err") || strings.HasSuffix(waiting, "Error") || waiting == "InvalidImageName":
		return Waiting, waiting
	case p.Spec.NodeName == "":
		for i := range p.Status.Conditions {
			if c := &p.Status.Conditions[i]; c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
				return Pending, c.Reason
			}
		}
		return Pending, ""
	case p.Status.Phase == corev1.PodPending:
		if waiting == "" {
			waiting = "ContainerCreating"
		}
		return Creating, waiting
	case api.PodReady(p):
		return Ready, ""
	}
	return Running, waiting
}

// versionOf finds the workload of a pod and the version of its template.
func (st *Stage) versionOf(p *corev1.Pod) (workload, version int32) {
	owner := ""
	if o := api.ControllerOf(p); o != nil {
		owner = string(o.UID)
	}
	hash := p.Labels["pod-template-hash"]
	ref := ""
	if w := st.owners[owner]; w != nil {
		workload, ref = int32(w.ID), w.Ref
	}
	key := owner + "\x00" + hash
	if v, ok := st.versions[key]; ok {
		return workload, v
	}
	label := ""
	if len(p.Spec.Containers) > 0 {
		label = imageTag(p.Spec.Containers[0].Image)
	}
	v := int32(len(st.allVersions))
	st.versions[key] = v
	name := VersionName{Index: int(v), Workload: ref, Label: label, Hash: hash}
	st.allVersions = append(st.allVersions, name)
	st.newVersions = append(st.newVersions, name)
	return workload, v
}

// imageTag is what tells versions of one image apart: its tag, or the start of its digest.
func imageTag(image string) string {
	if _, digest, ok := strings.Cut(image, "@sha256:"); ok {
		return digest[:min(7, len(digest))]
	}
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[i+1:]
	}
	return "latest"
}
