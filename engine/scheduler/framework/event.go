package framework

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// Event is a kind of thing that happened in the cluster and may let a rejected pod in
// (k8s.io/kube-scheduler/framework.ClusterEvent); several bits can be set.
type Event uint32

// The events.
const (
	NodeAdded Event = 1 << iota
	NodeAllocatableChanged
	NodeLabelsChanged
	NodeTaintsChanged // also: no longer cordoned
	NodeDeleted
	AssignedPodAdded
	AssignedPodLabelsChanged
	AssignedPodScaledDown
	AssignedPodDeleted
	TargetLabelsChanged // these are about the waiting pod itself
	TargetTolerationsChanged
	TargetGatesRemoved
	TargetScaledDown
	ClaimAdded // and the following are about storage
	ClaimUpdated
	VolumeAdded
	VolumeUpdated
	ClassAdded
	ClassUpdated
	CSINodeAdded
	CSINodeUpdated
	CSIDriverUpdated
	CapacityChanged
	AttachmentDeleted
	Anything Event = 1 << 31 // retry whatever waits: the flush of those that waited too long
)

// Happening is an event with what it is about.
type Happening struct {
	Event            Event
	OldNode, NewNode *corev1.Node
	OldPod, NewPod   *corev1.Pod
	OldShape         *Shape // of OldPod, where there is one
	NewShape         *Shape
	Old, New         api.Object // of storage
}

// Interest are the events a plugin wants to hear of when it has rejected a pod (EventsToRegister).
func Interest(p Plugin) Event {
	switch p {
	case SchedulingGates:
		return TargetGatesRemoved
	case NodeName:
		return NodeAdded
	case NodeUnschedulable, TaintToleration:
		return NodeAdded | NodeTaintsChanged | TargetTolerationsChanged
	case NodeAffinity:
		return NodeAdded | NodeLabelsChanged
	case NodePorts:
		return NodeAdded | AssignedPodDeleted
	case NodeResourcesFit:
		return NodeAdded | NodeAllocatableChanged | AssignedPodDeleted | AssignedPodScaledDown | TargetScaledDown
	case VolumeRestrictions:
		return AssignedPodDeleted | NodeAdded | ClaimAdded
	case NodeVolumeLimits:
		return CSINodeAdded | CSINodeUpdated | AssignedPodDeleted | ClaimAdded | AttachmentDeleted
	case VolumeBinding:
		return ClassAdded | ClassUpdated | ClaimAdded | ClaimUpdated | VolumeAdded | VolumeUpdated | NodeAdded | NodeLabelsChanged |
			CSINodeAdded | CSINodeUpdated | CSIDriverUpdated | CapacityChanged
	case VolumeZone:
		return ClassAdded | NodeAdded | NodeLabelsChanged | ClaimAdded | ClaimUpdated | VolumeAdded | VolumeUpdated
	case PodTopologySpread:
		return AssignedPodAdded | AssignedPodLabelsChanged | AssignedPodDeleted | TargetLabelsChanged |
			TargetTolerationsChanged | NodeAdded | NodeDeleted | NodeLabelsChanged | NodeTaintsChanged
	case InterPodAffinity:
		return AssignedPodAdded | AssignedPodLabelsChanged | AssignedPodDeleted | TargetLabelsChanged | NodeAdded |
			NodeLabelsChanged
	case DefaultPreemption:
		return AssignedPodDeleted
	}
	return 0
}
