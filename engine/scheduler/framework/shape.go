package framework

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api/nodeaffinity"
)

// LabelSet is a namespace and a set of labels that pods have in common.
type LabelSet struct {
	ID        int32 // dense, never reused
	Namespace string
	Labels    map[string]string
	Shapes    []*Shape // the shapes with pods on nodes
	Refs      int      // shapes that have this set
	Hash      uint64
}

// Shape is all that scheduling reads of a pod's template: pods with the same Shape fit the same nodes and score them
// alike. It is upstream's pod signature (KEP-5598) taken further: it covers pods with spreading and affinity too.
type Shape struct {
	Set      *LabelSet
	Profile  *Profile    // by spec.schedulerName; Default for the pods of other schedulers
	Exemplar *corev1.Pod // the pod it was made from; never changed
	Priority int32

	Requests      Resource // what filters ask for
	NonZeroCPU    int64    // thousandths of a core, defaults assumed
	NonZeroMemory int64    // bytes, defaults assumed
	// Held is what an assigned pod counts for on its node; it differs from Requests only while a resize is in flight.
	Held                              Resource
	HeldNonZeroCPU, HeldNonZeroMemory int64

	Ports         []HostPort
	Tolerations   []corev1.Toleration
	RequiredNodes *nodeaffinity.Required
	Preferred     *nodeaffinity.Selector
	NodeNames     []string // nodes that affinity by metadata.name narrows the choice to, if NarrowsNodes
	NarrowsNodes  bool

	RequiredAffinity, RequiredAnti   []AffinityTerm
	PreferredAffinity, PreferredAnti []AffinityTerm

	HardSpread, SoftSpread []SpreadConstraint
	OwnSpread              bool // the pod names constraints itself, so that the defaults do not apply

	Images []string // normalised, with repetition, in the order ImageLocality adds them up

	Owner *metav1.OwnerReference // the controller, or nil

	// Deduced is the selector of the default spread constraints, as the cache last deduced it.
	Deduced struct {
		Known    bool
		Selector labels.Selector
		Version  uint64
	}

	// Pods are those on nodes; the cache keeps the list.
	Pods []*PodInfo
	Hash uint64
	// Extra is whatever the fast path keeps for the shape.
	Extra any

	fit     map[uint64]*Status
	ignored uint64  // bit i: Requests.Scalars[i] is none of NodeResourcesFit's business
	asked   []int64 // what the pod asks for of what NodeResourcesFit scores, unless that is the usual
	balance []int64 // and of what NodeResourcesBalancedAllocation scores
}

// HasAffinity reports any inter-pod affinity or anti-affinity.
func (s *Shape) HasAffinity() bool {
	return len(s.RequiredAffinity)+len(s.RequiredAnti)+len(s.PreferredAffinity)+len(s.PreferredAnti) > 0
}

// Namespace is the pods' namespace.
func (s *Shape) Namespace() string { return s.Set.Namespace }

// Labels are the pods' labels.
func (s *Shape) Labels() map[string]string { return s.Set.Labels }

// BestEffort reports that the pods ask for nothing of what NodeResourcesBalancedAllocation scores: neither CPU nor
// memory by default.
func (s *Shape) BestEffort() bool {
	if s.Profile.Balanced.usual {
		return s.Requests.MilliCPU == 0 && s.Requests.Memory == 0
	}
	for _, v := range s.balance {
		if v != 0 {
			return false
		}
	}
	return true
}

// PodInfo is a pod on a node, or on its way to one.
type PodInfo struct {
	Pod   *corev1.Pod
	Shape *Shape
	Node  *NodeInfo
	// Slot is the place in Shape.Pods.
	Slot int32
	// Leaving: the pod is being deleted; spreading does not count it any more (issue 87621).
	Leaving bool
}

// NewShape works out the shape of a pod whose labels are in set.
func NewShape(pod *corev1.Pod, set *LabelSet, profile *Profile) *Shape {
	s := &Shape{Set: set, Profile: profile, Exemplar: pod, Tolerations: pod.Spec.Tolerations, Ports: hostPorts(pod)}
	if pod.Spec.Priority != nil {
		s.Priority = *pod.Spec.Priority
	}
	s.Requests = podRequests(pod, requestOptions{})
	s.NonZeroCPU, s.NonZeroMemory = nonZeroRequests(pod, false)
	s.Held, s.HeldNonZeroCPU, s.HeldNonZeroMemory = s.Requests, s.NonZeroCPU, s.NonZeroMemory
	if Resizing(pod) {
		s.Held = podRequests(pod, requestOptions{status: true})
		s.HeldNonZeroCPU, s.HeldNonZeroMemory = nonZeroRequests(pod, true)
	}
	s.RequiredNodes = nodeaffinity.RequiredOf(&pod.Spec)
	s.Preferred = nodeaffinity.PreferredOf(&pod.Spec)
	if profile.PreFilter.Has(NodeAffinity) {
		names, all := restrictedNodes(pod)
		s.NodeNames, s.NarrowsNodes = names, !all
	}
	s.applyProfile()
	if a := pod.Spec.Affinity; a != nil {
		if pa := a.PodAffinity; pa != nil {
			s.RequiredAffinity = parseTerms(pod.Namespace, pa.RequiredDuringSchedulingIgnoredDuringExecution)
			s.PreferredAffinity = parseWeighted(pod.Namespace, pa.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if pa := a.PodAntiAffinity; pa != nil {
			s.RequiredAnti = parseTerms(pod.Namespace, pa.RequiredDuringSchedulingIgnoredDuringExecution)
			s.PreferredAnti = parseWeighted(pod.Namespace, pa.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	}
	s.OwnSpread = len(pod.Spec.TopologySpreadConstraints) > 0
	s.HardSpread = parseSpread(pod, corev1.DoNotSchedule)
	s.SoftSpread = parseSpread(pod, corev1.ScheduleAnyway)
	s.Images = images(pod)
	s.Owner = metav1.GetControllerOfNoCopy(pod)
	return s
}

// Resizing reports that what the pod holds on its node may differ from what its spec asks for.
func Resizing(pod *corev1.Pod) bool {
	if pod.Spec.NodeName == "" {
		return false
	}
	differs := func(cs []corev1.Container, ss []corev1.ContainerStatus) bool {
		for i := range ss {
			st := &ss[i]
			if st.AllocatedResources == nil && (st.Resources == nil || st.Resources.Requests == nil) {
				continue
			}
			for j := range cs {
				if cs[j].Name != st.Name {
					continue
				}
				want := cs[j].Resources.Requests
				if st.AllocatedResources != nil && !sameList(want, st.AllocatedResources) ||
					st.Resources != nil && st.Resources.Requests != nil && !sameList(want, st.Resources.Requests) {
					return true
				}
			}
		}
		return false
	}
	return resizeInfeasible(pod) || differs(pod.Spec.Containers, pod.Status.ContainerStatuses) ||
		differs(pod.Spec.InitContainers, pod.Status.InitContainerStatuses)
}

func images(pod *corev1.Pod) []string {
	var out []string
	for i := range pod.Spec.InitContainers {
		out = append(out, NormalImage(pod.Spec.InitContainers[i].Image))
	}
	for i := range pod.Spec.Containers {
		out = append(out, NormalImage(pod.Spec.Containers[i].Image))
	}
	for i := range pod.Spec.Volumes {
		if im := pod.Spec.Volumes[i].Image; im != nil {
			out = append(out, NormalImage(im.Reference))
		}
	}
	return out
}

// NormalImage adds the tag a name without one means.
func NormalImage(name string) string {
	if strings.LastIndexByte(name, ':') <= strings.LastIndexByte(name, '/') {
		return name + ":latest"
	}
	return name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
