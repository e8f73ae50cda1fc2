package schedulerperf

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Shape is one workload of the benchmark.
type Shape struct {
	Name  string
	Nodes int
	// Init pods are placed before the stopwatch runs, Measure pods while it does.
	Init, Measure int
	// Floor is what upstream's CI requires at 5,000 nodes, in pods a second; 0: nothing, or another size.
	Floor int

	zones      int // the nodes are spread over so many zones; 0: they have none
	init, pod  func() *corev1.Pod
	initIn, in string // namespaces
	churn      churn
	named      string // a node of this name exists besides
}

// churn is what goes on beside the measured pods.
type churn struct {
	every time.Duration
	pod   func() *corev1.Pod
	// recreate makes node, pod and Service, and takes them away the next time; else pods come and stay.
	recreate bool
}

// Shapes are the workloads at a number of nodes: upstream's numbers at 5,000, proportionate ones at others.
func Shapes(nodes int) []Shape {
	part := func(of5000 int) int { return max(10, of5000*nodes/5000) }
	shapes := []Shape{
		{Name: "SchedulingBasic", Init: part(1000), Measure: part(10000), Floor: 680},
		{Name: "TopologySpreading", Init: part(5000), Measure: part(5000), Floor: 460, zones: 3, pod: spreading},
		{Name: "PreferredTopologySpreading", Init: part(5000), Measure: part(5000), Floor: 340, zones: 3, pod: spreadingSoftly},
		{Name: "SchedulingPodAffinity", Init: part(5000), Measure: part(5000), Floor: 35, zones: 1, init: affinity, pod: affinity, initIn: "sched-0", in: "sched-1"},
		{Name: "SchedulingPodAntiAffinity", Init: part(1000), Measure: part(2000), Floor: 60, init: antiAffinity, pod: antiAffinity, initIn: "sched-0", in: "sched-1"},
		{Name: "PreemptionAsync", Init: part(20000), Measure: part(5000), Floor: 570, init: lowPriority, churn: churn{every: 200 * time.Millisecond, pod: highPriority}},
		{Name: "PreemptionBasic", Init: part(20000), Measure: part(5000), init: lowPriority, pod: highPriority},
		{Name: "Unschedulable", Init: part(20000), Measure: part(10000), Floor: 600, churn: churn{every: 200 * time.Millisecond, pod: tooLarge}},
		{Name: "SchedulingWithMixedChurn", Measure: part(10000), Floor: 710, churn: churn{every: time.Second, pod: tooLarge, recreate: true}},
		{Name: "SchedulingDaemonset", Measure: part(10000), pod: daemon, named: daemonNode},
	}
	for i := range shapes {
		s := &shapes[i]
		s.Nodes = nodes
		if nodes != 5000 {
			s.Floor = 0
		}
		if s.init == nil {
			s.init = plain
		}
		if s.pod == nil {
			s.pod = plain
		}
		if s.initIn == "" {
			s.initIn, s.in = "default", "default"
		}
	}
	return shapes
}

const (
	daemonNode = "scheduler-perf-node"
	// priorityClass has the value 10, which upstream's pods name directly: its test API server has no Priority admission.
	priorityClass = "scheduler-perf-high"
)

func node(name string, zone int, pods string) *corev1.Node {
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}},
		Status: corev1.NodeStatus{
			Capacity: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("32Gi"), corev1.ResourcePods: resource.MustParse(pods),
			},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}
	n.Status.Allocatable = n.Status.Capacity
	if zone >= 0 {
		n.Labels[corev1.LabelTopologyZone] = fmt.Sprintf("moon-%d", zone+1)
	}
	return n
}

func pod(name, cpu string, labels map[string]string) *corev1.Pod {
	r := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse("500Mi")}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: name, Labels: labels},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "pause", Image: "registry.k8s.io/pause:3.10.1", Ports: []corev1.ContainerPort{{ContainerPort: 80}},
			Resources: corev1.ResourceRequirements{Requests: r, Limits: r},
		}}},
	}
}

func plain() *corev1.Pod { return pod("pod-", "100m", nil) }

func lowPriority() *corev1.Pod {
	p, now := pod("pod-", "900m", nil), int64(0)
	p.Spec.TerminationGracePeriodSeconds = &now
	return p
}

func highPriority() *corev1.Pod {
	p := pod("pod-", "3", nil)
	p.Spec.PriorityClassName = priorityClass
	return p
}

func tooLarge() *corev1.Pod {
	p := pod("pod-h-", "9", nil)
	p.Spec.PriorityClassName = priorityClass
	p.Spec.Containers[0].Resources.Limits = nil
	return p
}

func spread(when corev1.UnsatisfiableConstraintAction) *corev1.Pod {
	blue := map[string]string{"color": "blue"}
	p := pod("spreading-pod-", "100m", blue)
	p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew: 5, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: when, LabelSelector: &metav1.LabelSelector{MatchLabels: blue},
	}}
	return p
}

func spreading() *corev1.Pod       { return spread(corev1.DoNotSchedule) }
func spreadingSoftly() *corev1.Pod { return spread(corev1.ScheduleAnyway) }

func terms(color, key string) []corev1.PodAffinityTerm {
	return []corev1.PodAffinityTerm{{
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"color": color}}, TopologyKey: key, Namespaces: []string{"sched-1", "sched-0"},
	}}
}

func affinity() *corev1.Pod {
	p := pod("affinity-pod-", "100m", map[string]string{"color": "blue"})
	p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms("blue", corev1.LabelTopologyZone)}}
	return p
}

func antiAffinity() *corev1.Pod {
	p := pod("anti-affinity-pod-", "100m", map[string]string{"color": "green"})
	p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms("green", corev1.LabelHostname)}}
	return p
}

func daemon() *corev1.Pod {
	p := pod("daemonset-", "0", nil)
	p.Spec.Containers[0].Resources, p.Spec.Containers[0].Ports = corev1.ResourceRequirements{}, nil
	p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{{
			Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{daemonNode},
		}}}},
	}}}
	return p
}
