package metrics

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// GroupName is the API group.
const GroupName = "metrics.k8s.io"

// NodeMetrics is what a node used in a window of time.
type NodeMetrics struct {
	metav1.TypeMeta   `json:""`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Timestamp is the end of the window; CPU is its average over the window, memory its value at the end.
	Timestamp metav1.Time         `json:"timestamp"`
	Window    metav1.Duration     `json:"window"`
	Usage     corev1.ResourceList `json:"usage"`
}

// NodeMetricsList is a list of them.
type NodeMetricsList struct {
	metav1.TypeMeta `json:""`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NodeMetrics `json:"items"`
}

// PodMetrics is what the containers of a pod used in a window of time.
type PodMetrics struct {
	metav1.TypeMeta   `json:""`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Timestamp  metav1.Time        `json:"timestamp"`
	Window     metav1.Duration    `json:"window"`
	Containers []ContainerMetrics `json:"containers"`
}

// PodMetricsList is a list of them.
type PodMetricsList struct {
	metav1.TypeMeta `json:""`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PodMetrics `json:"items"`
}

// ContainerMetrics is what one container used.
type ContainerMetrics struct {
	Name  string              `json:"name"`
	Usage corev1.ResourceList `json:"usage"`
}

// DeepCopyObject implements runtime.Object.
func (in *NodeMetrics) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Usage = maps.Clone(in.Usage)
	return &out
}

// DeepCopyObject implements runtime.Object.
func (in *NodeMetricsList) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	out := *in
	out.Items = slices.Clone(in.Items)
	for i := range out.Items {
		out.Items[i] = *in.Items[i].DeepCopyObject().(*NodeMetrics)
	}
	return &out
}

// DeepCopyObject implements runtime.Object.
func (in *PodMetrics) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Containers = slices.Clone(in.Containers)
	for i := range out.Containers {
		out.Containers[i].Usage = maps.Clone(in.Containers[i].Usage)
	}
	return &out
}

// DeepCopyObject implements runtime.Object.
func (in *PodMetricsList) DeepCopyObject() runtime.Object {
	if in == nil {
		return nil
	}
	out := *in
	out.Items = slices.Clone(in.Items)
	for i := range out.Items {
		out.Items[i] = *in.Items[i].DeepCopyObject().(*PodMetrics)
	}
	return &out
}
