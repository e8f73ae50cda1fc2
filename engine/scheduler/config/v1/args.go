package v1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DefaultPreemptionArgs bound how many nodes preemption tries.
type DefaultPreemptionArgs struct {
	metav1.TypeMeta             `json:""`
	MinCandidateNodesPercentage *int32 `json:"minCandidateNodesPercentage,omitempty"`
	MinCandidateNodesAbsolute   *int32 `json:"minCandidateNodesAbsolute,omitempty"`
}

// InterPodAffinityArgs say what terms of running pods count.
type InterPodAffinityArgs struct {
	metav1.TypeMeta                    `json:""`
	HardPodAffinityWeight              *int32 `json:"hardPodAffinityWeight,omitempty"`
	IgnorePreferredTermsOfExistingPods bool   `json:"ignorePreferredTermsOfExistingPods"`
}

// NodeResourcesFitArgs say which resources are checked and how they score.
type NodeResourcesFitArgs struct {
	metav1.TypeMeta       `json:""`
	IgnoredResources      []string         `json:"ignoredResources,omitempty"`
	IgnoredResourceGroups []string         `json:"ignoredResourceGroups,omitempty"`
	ScoringStrategy       *ScoringStrategy `json:"scoringStrategy,omitempty"`
}

// ScoringStrategy is LeastAllocated, MostAllocated or RequestedToCapacityRatio.
type ScoringStrategy struct {
	Type                     string                         `json:"type,omitempty"`
	Resources                []ResourceSpec                 `json:"resources,omitempty"`
	RequestedToCapacityRatio *RequestedToCapacityRatioParam `json:"requestedToCapacityRatio,omitempty"`
}

// RequestedToCapacityRatioParam is a function of utilization.
type RequestedToCapacityRatioParam struct {
	Shape []UtilizationShapePoint `json:"shape,omitempty"`
}

// UtilizationShapePoint is a point of it: percent, and 0 to 10.
type UtilizationShapePoint struct {
	Utilization int32 `json:"utilization"`
	Score       int32 `json:"score"`
}

// ResourceSpec is a resource with its weight.
type ResourceSpec struct {
	Name   string `json:"name"`
	Weight int64  `json:"weight,omitempty"`
}

// NodeResourcesBalancedAllocationArgs say which resources are to be balanced.
type NodeResourcesBalancedAllocationArgs struct {
	metav1.TypeMeta `json:""`
	Resources       []ResourceSpec `json:"resources,omitempty"`
}

// PodTopologySpreadArgs have the constraints of pods without any.
type PodTopologySpreadArgs struct {
	metav1.TypeMeta    `json:""`
	DefaultConstraints []corev1.TopologySpreadConstraint `json:"defaultConstraints,omitempty"`
	DefaultingType     string                            `json:"defaultingType,omitempty"`
}

// NodeAffinityArgs add to the node affinity of every pod.
type NodeAffinityArgs struct {
	metav1.TypeMeta `json:""`
	AddedAffinity   *corev1.NodeAffinity `json:"addedAffinity,omitempty"`
}

// VolumeBindingArgs bound how long volumes may take, and score their capacity.
type VolumeBindingArgs struct {
	metav1.TypeMeta    `json:""`
	BindTimeoutSeconds *int64                  `json:"bindTimeoutSeconds,omitempty"`
	Shape              []UtilizationShapePoint `json:"shape,omitempty"`
}

// DynamicResourcesArgs bound how long devices may take.
type DynamicResourcesArgs struct {
	metav1.TypeMeta `json:""`
	FilterTimeout   *metav1.Duration `json:"filterTimeout"`
	BindingTimeout  *metav1.Duration `json:"bindingTimeout,omitempty"`
}
