package daemonset

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// fact is one sync: a DaemonSet with its nodes and pods, and what upstream did.
type fact struct {
	OnDelete  bool     `json:"ond,omitempty"`
	Surge     string   `json:"surge,omitempty"`
	Un        string   `json:"un,omitempty"`
	Min       int32    `json:"min,omitempty"`
	Limit     int32    `json:"limit"`
	Select    bool     `json:"sel,omitempty"` // nodes with the label disk only
	Tolerates bool     `json:"tol,omitempty"` // the taint own
	Deleted   bool     `json:"del,omitempty"`
	Image     string   `json:"img"`
	Revisions []string `json:"revs,omitempty"` // images, in the order of their numbers
	Nodes     []nodeIn `json:"nodes,omitempty"`
	Pods      []podIn  `json:"pods,omitempty"`

	Created []string `json:"made,omitempty"` // nodes; counts where upstream's choice is random
	Removed []string `json:"gone,omitempty"`
	Status  string   `json:"status,omitempty"`
	History []string `json:"hist,omitempty"`
	Events  []string `json:"events,omitempty"`
	Err     string   `json:"err,omitempty"`
}

type nodeIn struct {
	Disk   bool   `json:"d,omitempty"`
	Taint  string `json:"t,omitempty"` // key:effect
	NoSuch bool   `json:"x,omitempty"` // pods are on it, but it does not exist
}

type podIn struct {
	Node    int    `json:"n"`
	Image   string `json:"i"`
	Phase   string `json:"p"`
	Ready   int    `json:"r,omitempty"` // seconds
	Going   bool   `json:"g,omitempty"`
	Unbound bool   `json:"u,omitempty"`
}

func noon() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }

func ago(s int) *metav1.Time {
	return ptr.To(metav1.NewTime(noon().Add(-time.Duration(s) * time.Second)))
}

func factTemplate(f *fact, image string) corev1.PodTemplateSpec {
	t := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "d"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}}}
	if f.Select {
		t.Spec.NodeSelector = map[string]string{"disk": "yes"}
	}
	if f.Tolerates {
		t.Spec.Tolerations = []corev1.Toleration{{Key: "own", Operator: corev1.TolerationOpExists}}
	}
	return t
}

func (f *fact) objects(patch func(*corev1.PodTemplateSpec) []byte) (*appsv1.DaemonSet, []*appsv1.ControllerRevision, []*corev1.Node, []*corev1.Pod) {
	l := map[string]string{"app": "d"}
	ds := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "d", Namespace: "default", UID: "d-uid", Generation: 2, Annotations: map[string]string{"deprecated.daemonset.template.generation": "9"}},
		Spec: appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: l}, Template: factTemplate(f, f.Image), MinReadySeconds: f.Min, RevisionHistoryLimit: &f.Limit,
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType}},
		Status: appsv1.DaemonSetStatus{ObservedGeneration: 1},
	}
	if !f.OnDelete {
		ds.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{Type: appsv1.RollingUpdateDaemonSetStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxSurge: ptr.To(intstr.Parse(f.Surge)), MaxUnavailable: ptr.To(intstr.Parse(f.Un))}}
	}
	if f.Deleted {
		ds.DeletionTimestamp, ds.Finalizers = ago(0), []string{"x"}
	}
	ref := []metav1.OwnerReference{*metav1.NewControllerRef(ds, appsv1.SchemeGroupVersion.WithKind("DaemonSet"))}
	var revs []*appsv1.ControllerRevision
	for i, image := range f.Revisions {
		t := factTemplate(f, image)
		revs = append(revs, &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Name: "d-" + image, Namespace: "default", UID: types.UID("rev-" + image), OwnerReferences: ref,
			Labels: map[string]string{"app": "d", "controller-revision-hash": image}}, Data: runtime.RawExtension{Raw: patch(&t)}, Revision: int64(i + 1)})
	}
	var nodes []*corev1.Node
	for i, in := range f.Nodes {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n" + strconv.Itoa(i), Labels: map[string]string{"x": "y"}}}
		if in.Disk {
			n.Labels["disk"] = "yes"
		}
		if in.Taint != "" {
			n.Spec.Taints = []corev1.Taint{{Key: in.Taint[:len(in.Taint)-1], Effect: map[byte]corev1.TaintEffect{'S': corev1.TaintEffectNoSchedule, 'E': corev1.TaintEffectNoExecute}[in.Taint[len(in.Taint)-1]]}}
		}
		if !in.NoSuch {
			nodes = append(nodes, n)
		}
	}
	var pods []*corev1.Pod
	for i, in := range f.Pods {
		node := "n" + strconv.Itoa(in.Node)
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", i), Namespace: "default", UID: types.UID(fmt.Sprint("p", i)), OwnerReferences: ref, CreationTimestamp: *ago(1000 - i),
			Labels: map[string]string{"app": "d", "controller-revision-hash": in.Image, "pod-template-generation": "1"}}, Status: corev1.PodStatus{Phase: corev1.PodPhase(in.Phase)}}
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{node}}}}}}}}
		if !in.Unbound {
			p.Spec.NodeName = node
		}
		if in.Ready > 0 {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: *ago(in.Ready)}}
		}
		if in.Going {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ago(0), ptr.To(int64(30))
		}
		pods = append(pods, p)
	}
	return ds, revs, nodes, pods
}

// describe notes what there is now. What a rolling update takes first is random upstream: it is counted only.
func (f *fact) describe(ds *appsv1.DaemonSet, revs []*appsv1.ControllerRevision, created, removed []string, err error) {
	slices.Sort(created)
	slices.Sort(removed)
	f.Created, f.Removed = created, removed
	if !f.OnDelete {
		f.Created, f.Removed = []string{strconv.Itoa(len(created))}, []string{strconv.Itoa(len(removed))}
	}
	s := &ds.Status
	f.Status = fmt.Sprintf("desired %d current %d misscheduled %d ready %d updated %d available %d unavailable %d generation %d", s.DesiredNumberScheduled, s.CurrentNumberScheduled, s.NumberMisscheduled,
		s.NumberReady, s.UpdatedNumberScheduled, s.NumberAvailable, s.NumberUnavailable, s.ObservedGeneration)
	f.History = nil
	for _, r := range revs {
		name := r.Name
		if len(name) > 3 {
			name = "new"
		}
		f.History = append(f.History, fmt.Sprint(name, " ", r.Revision))
	}
	slices.Sort(f.History)
	if err != nil {
		f.Err = err.Error()
	}
}
