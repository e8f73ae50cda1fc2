package replicaset

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// fact is one sync: a ReplicaSet with its pods, and what upstream did.
type fact struct {
	Replicas int32   `json:"n"`
	Min      int32   `json:"min,omitempty"`
	Deleted  bool    `json:"del,omitempty"`
	Refused  bool    `json:"ref,omitempty"` // all writes of pods
	Failure  string  `json:"why,omitempty"` // reason of the condition ReplicaFailure
	Pods     []podIn `json:"pods,omitempty"`

	Did    []string `json:"did,omitempty"`
	Status string   `json:"status,omitempty"`
	Err    string   `json:"err,omitempty"`
}

type podIn struct {
	Phase    string `json:"p"`
	Node     int    `json:"n,omitempty"` // 0: none
	Ready    int    `json:"r,omitempty"` // seconds
	Going    bool   `json:"g,omitempty"`
	Other    bool   `json:"o,omitempty"` // labels of something else
	Orphan   bool   `json:"x,omitempty"`
	Cost     int    `json:"c,omitempty"`
	Restarts int32  `json:"s,omitempty"`
	Extra    bool   `json:"e,omitempty"` // a label of the template beyond the selector
}

func ago(now time.Time, s int) metav1.Time {
	return metav1.NewTime(now.Add(-time.Duration(s) * time.Second).Truncate(time.Second))
}

func (f *fact) objects(now time.Time) (*appsv1.ReplicaSet, []*corev1.Pod) {
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "d", Namespace: "default", UID: "rs-uid", Generation: 2},
		Spec: appsv1.ReplicaSetSpec{Replicas: &f.Replicas, MinReadySeconds: f.Min, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "d"}},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "d", "extra": "y"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}}},
		Status: appsv1.ReplicaSetStatus{ObservedGeneration: 1}}
	if f.Deleted {
		rs.DeletionTimestamp, rs.Finalizers = ptr.To(ago(now, 0)), []string{"x"}
	}
	if f.Failure != "" {
		rs.Status.Conditions = []appsv1.ReplicaSetCondition{{Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, Reason: f.Failure, Message: "m"}}
	}
	var pods []*corev1.Pod
	for i, in := range f.Pods {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", i), Namespace: "default", UID: types.UID(fmt.Sprint("u", i)), CreationTimestamp: ago(now, 3000-200*i), Labels: map[string]string{"app": "d"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}}, Status: corev1.PodStatus{Phase: corev1.PodPhase(in.Phase)}}
		if in.Extra {
			p.Labels["extra"] = "y"
		}
		if in.Other {
			p.Labels["app"] = "other"
		}
		if in.Orphan {
			p.OwnerReferences = nil
		}
		if in.Cost != 0 {
			p.Annotations = map[string]string{corev1.PodDeletionCost: strconv.Itoa(in.Cost)}
		}
		if in.Node > 0 {
			p.Spec.NodeName = "n" + strconv.Itoa(in.Node)
		}
		if in.Ready > 0 {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: ago(now, in.Ready)}}
		}
		if in.Going {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ptr.To(ago(now, 0)), ptr.To(int64(30))
		}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", RestartCount: in.Restarts}}
		pods = append(pods, p)
	}
	return rs, pods
}

// describe notes what there is now.
func (f *fact) describe(rs *appsv1.ReplicaSet, err error) {
	slices.Sort(f.Did)
	s := &rs.Status
	f.Status = fmt.Sprintf("%d replicas %d labeled %d ready %d available generation %d", s.Replicas, s.FullyLabeledReplicas, s.ReadyReplicas, s.AvailableReplicas, s.ObservedGeneration)
	if s.TerminatingReplicas != nil {
		f.Status += fmt.Sprint(" terminating ", *s.TerminatingReplicas)
	}
	for _, c := range s.Conditions {
		f.Status += fmt.Sprintf(" | %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	if err != nil {
		f.Err = "failed"
	}
}
