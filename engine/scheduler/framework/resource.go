package framework

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Requests assumed for scoring when a container names none, so that such pods still spread
// (pkg/scheduler/util/pod_resources.go).
const (
	DefaultMilliCPU = 100
	DefaultMemory   = 200 * 1024 * 1024 // bytes
)

// Scalar is an amount of an extended, huge page or attachable resource.
type Scalar struct {
	Name  corev1.ResourceName
	Value int64
}

// Resource is an amount of everything a node has and a pod takes.
type Resource struct {
	MilliCPU         int64 // thousandths of a core
	Memory           int64 // bytes
	EphemeralStorage int64 // bytes
	Scalars          []Scalar
}

// Zero reports that nothing is asked for.
func (r *Resource) Zero() bool {
	return r.MilliCPU == 0 && r.Memory == 0 && r.EphemeralStorage == 0 && len(r.Scalars) == 0
}

// Scalar is the amount of a scalar resource.
func (r *Resource) Scalar(name corev1.ResourceName) int64 {
	for i := range r.Scalars {
		if r.Scalars[i].Name == name {
			return r.Scalars[i].Value
		}
	}
	return 0
}

// add adds sign times o. The scalars of r must be its own.
func (r *Resource) add(o *Resource, sign int64) {
	r.MilliCPU += sign * o.MilliCPU
	r.Memory += sign * o.Memory
	r.EphemeralStorage += sign * o.EphemeralStorage
	for i := range o.Scalars {
		r.addScalar(o.Scalars[i].Name, sign*o.Scalars[i].Value)
	}
}

func (r *Resource) addScalar(name corev1.ResourceName, v int64) {
	i, ok := slices.BinarySearchFunc(r.Scalars, name, func(s Scalar, n corev1.ResourceName) int {
		return strings.Compare(string(s.Name), string(n))
	})
	if !ok {
		r.Scalars = slices.Insert(r.Scalars, i, Scalar{Name: name})
	}
	r.Scalars[i].Value += v
}

// max raises r to at least o in every resource.
func (r *Resource) max(o *Resource) {
	r.MilliCPU = max(r.MilliCPU, o.MilliCPU)
	r.Memory = max(r.Memory, o.Memory)
	r.EphemeralStorage = max(r.EphemeralStorage, o.EphemeralStorage)
	for i := range o.Scalars {
		if have := r.Scalar(o.Scalars[i].Name); have < o.Scalars[i].Value {
			r.addScalar(o.Scalars[i].Name, o.Scalars[i].Value-have)
		}
	}
}

func (r *Resource) clone() Resource {
	c := *r
	c.Scalars = slices.Clone(r.Scalars)
	return c
}

// NewResource converts a resource list, leaving out "pods".
func NewResource(list corev1.ResourceList) Resource {
	var r Resource
	for name, q := range list {
		r.set(name, q)
	}
	return r
}

func (r *Resource) set(name corev1.ResourceName, q resource.Quantity) {
	switch name {
	case corev1.ResourceCPU:
		r.MilliCPU = q.MilliValue()
	case corev1.ResourceMemory:
		r.Memory = q.Value()
	case corev1.ResourceEphemeralStorage:
		r.EphemeralStorage = q.Value()
	default:
		if isScalar(name) {
			r.addScalar(name, q.Value()-r.Scalar(name))
		}
	}
}

// isScalar tells resources that are counted from those that are not the scheduler's business
// (pkg/scheduler/util.IsScalarResourceName).
func isScalar(name corev1.ResourceName) bool {
	s := string(name)
	if strings.HasPrefix(s, corev1.ResourceHugePagesPrefix) || strings.HasPrefix(s, corev1.ResourceAttachableVolumesPrefix) {
		return true
	}
	// Extended resources and prefixed native ones both have a domain; requests. names are quota's.
	return strings.Contains(s, "/") && !strings.HasPrefix(s, corev1.DefaultResourceRequestsPrefix)
}

// requestOptions say which requests to add up.
type requestOptions struct {
	nonMissingCPU, nonMissingMem bool // assume the defaults where a container names nothing
	status                       bool // assigned pods: count what a resize in flight still holds
}

// podRequests is what a pod needs at its widest moment: the sum of its containers and sidecars, or what an init
// container needs together with the sidecars started before it, whichever is more; then the pod level overrides, and
// the overhead comes on top (k8s.io/component-helpers/resource.PodRequests).
func podRequests(pod *corev1.Pod, o requestOptions) Resource {
	sum := aggregate(pod, o, specRequests)
	if o.status && len(pod.Status.ContainerStatuses)+len(pod.Status.InitContainerStatuses) > 0 {
		held := aggregate(pod, o, allocatedRequests)
		actuated := aggregate(pod, o, actuatedRequests)
		if resizeInfeasible(pod) {
			sum = held
			sum.max(&actuated)
		} else {
			sum.max(&held)
			sum.max(&actuated)
		}
	}
	if pod.Spec.Resources != nil {
		for name, q := range pod.Spec.Resources.Requests {
			if podLevel(name) {
				sum.set(name, q)
			}
		}
	}
	if pod.Spec.Overhead != nil {
		over := NewResource(pod.Spec.Overhead)
		sum.add(&over, 1)
	}
	return sum
}

func podLevel(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory ||
		strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

type requestsOf func(c *corev1.Container, s *corev1.ContainerStatus, infeasible bool) corev1.ResourceList

func specRequests(c *corev1.Container, _ *corev1.ContainerStatus, _ bool) corev1.ResourceList {
	return c.Resources.Requests
}

func allocatedRequests(c *corev1.Container, s *corev1.ContainerStatus, infeasible bool) corev1.ResourceList {
	if s != nil && s.AllocatedResources != nil {
		return s.AllocatedResources
	}
	if infeasible {
		return nil
	}
	return c.Resources.Requests
}

func actuatedRequests(c *corev1.Container, s *corev1.ContainerStatus, infeasible bool) corev1.ResourceList {
	if s != nil && s.Resources != nil && s.Resources.Requests != nil {
		return s.Resources.Requests
	}
	return allocatedRequests(c, s, infeasible)
}

func resizeInfeasible(pod *corev1.Pod) bool {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodResizePending {
			return c.Reason == corev1.PodReasonInfeasible
		}
	}
	return false
}

func containerStatus(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	for i := range pod.Status.InitContainerStatuses {
		if pod.Status.InitContainerStatuses[i].Name == name {
			return &pod.Status.InitContainerStatuses[i]
		}
	}
	return nil
}

func aggregate(pod *corev1.Pod, o requestOptions, of requestsOf) Resource {
	infeasible := o.status && resizeInfeasible(pod)
	one := func(c *corev1.Container) Resource {
		var s *corev1.ContainerStatus
		if o.status {
			s = containerStatus(pod, c.Name)
		}
		list := of(c, s, infeasible)
		r := NewResource(list)
		if _, ok := list[corev1.ResourceCPU]; !ok && o.nonMissingCPU {
			r.MilliCPU = DefaultMilliCPU
		}
		if _, ok := list[corev1.ResourceMemory]; !ok && o.nonMissingMem {
			r.Memory = DefaultMemory
		}
		return r
	}
	var sum, sidecars, initMax Resource
	for i := range pod.Spec.Containers {
		r := one(&pod.Spec.Containers[i])
		sum.add(&r, 1)
	}
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		r := one(c)
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sum.add(&r, 1)
			sidecars.add(&r, 1)
			initMax.max(&sidecars)
			continue
		}
		r.add(&sidecars, 1)
		initMax.max(&r)
	}
	sum.max(&initMax)
	return sum
}

// nonZeroRequests are the requests with the defaults filled in, as scoring counts them.
func nonZeroRequests(pod *corev1.Pod, status bool) (milliCPU, memory int64) {
	o := requestOptions{nonMissingCPU: true, nonMissingMem: true, status: status}
	if pod.Spec.Resources != nil {
		for name := range pod.Spec.Resources.Requests {
			if !podLevel(name) {
				continue
			}
			// With pod level requests only what they leave open is assumed.
			plain := podRequests(pod, requestOptions{status: status})
			o.nonMissingCPU, o.nonMissingMem = plain.MilliCPU == 0, plain.Memory == 0
			break
		}
	}
	r := podRequests(pod, o)
	return r.MilliCPU, r.Memory
}
