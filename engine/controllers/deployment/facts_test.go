package deployment

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// fact is one sync: a Deployment with its ReplicaSets, and what there was after upstream's sync.
type fact struct {
	Replicas int32    `json:"n"`
	Recreate bool     `json:"rec,omitempty"`
	Surge    string   `json:"surge,omitempty"`
	Un       string   `json:"un,omitempty"`
	Paused   bool     `json:"paused,omitempty"`
	Deleted  bool     `json:"del,omitempty"`
	Min      int32    `json:"min,omitempty"`
	Deadline int32    `json:"dead,omitempty"`
	Limit    int32    `json:"limit"`
	Image    string   `json:"img"`
	Rev      int      `json:"rev,omitempty"`
	Reason   string   `json:"why,omitempty"` // of the condition Progressing
	Ago      int      `json:"ago,omitempty"` // seconds, since it was updated
	Updated  int32    `json:"upd,omitempty"` // of the status
	Has      int32    `json:"has,omitempty"`
	Avail    int32    `json:"avail,omitempty"`
	Sets     []setIn  `json:"sets,omitempty"`
	Pods     []string `json:"pods,omitempty"` // "A Running"

	After  []string `json:"after,omitempty"`
	Status string   `json:"status,omitempty"`
	Events []string `json:"events,omitempty"`
	Err    string   `json:"err,omitempty"`
}

type setIn struct {
	Image   string `json:"i"`
	N       int32  `json:"n"`
	Has     int32  `json:"h"`
	Ready   int32  `json:"r,omitempty"`
	Avail   int32  `json:"a,omitempty"`
	Desired int32  `json:"d,omitempty"`
	Max     int32  `json:"m,omitempty"`
	Rev     int    `json:"v,omitempty"`
}

const revisionKey, desiredKey, maxKey = "deployment.kubernetes.io/revision", "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"

func (f *fact) objects(now time.Time) (*appsv1.Deployment, []*appsv1.ReplicaSet, []*corev1.Pod) {
	ago := func(s int) metav1.Time {
		return metav1.NewTime(now.Add(-time.Duration(s) * time.Second).Truncate(time.Second))
	}
	l := map[string]string{"app": "d"}
	template := func(image string) corev1.PodTemplateSpec {
		return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: l}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}}}
	}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "d", Namespace: "default", UID: "d-uid", Generation: 2, Annotations: map[string]string{"note": "x"}, CreationTimestamp: ago(5000)},
		Spec: appsv1.DeploymentSpec{Replicas: &f.Replicas, Selector: &metav1.LabelSelector{MatchLabels: l}, Template: template(f.Image), Paused: f.Paused,
			MinReadySeconds: f.Min, RevisionHistoryLimit: &f.Limit, Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}},
		Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: f.Has, UpdatedReplicas: f.Updated, AvailableReplicas: f.Avail},
	}
	if !f.Recreate {
		d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType,
			RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: ptr.To(intstr.Parse(f.Surge)), MaxUnavailable: ptr.To(intstr.Parse(f.Un))}}
	}
	if f.Deadline > 0 {
		d.Spec.ProgressDeadlineSeconds = &f.Deadline
	}
	if f.Rev > 0 {
		d.Annotations[revisionKey] = strconv.Itoa(f.Rev)
	}
	if f.Deleted {
		d.DeletionTimestamp, d.Finalizers = ptr.To(ago(0)), []string{"x"}
	}
	if f.Reason != "" {
		status := corev1.ConditionTrue
		if f.Reason == "ProgressDeadlineExceeded" {
			status = corev1.ConditionFalse
		}
		d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: status, Reason: f.Reason, Message: "m", LastUpdateTime: ago(f.Ago), LastTransitionTime: ago(f.Ago)}}
	}
	var sets []*appsv1.ReplicaSet
	for n, in := range f.Sets {
		hash := strings.ToLower(in.Image)
		sl := map[string]string{"app": "d", "pod-template-hash": hash}
		t := template(in.Image)
		t.Labels = sl
		rs := &appsv1.ReplicaSet{
			ObjectMeta: metav1.ObjectMeta{Name: "d-" + hash, Namespace: "default", UID: types.UID("rs-" + hash), Labels: sl, Annotations: map[string]string{"note": "x"}, CreationTimestamp: ago(1000 - n), Generation: 1,
				OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(d, appsv1.SchemeGroupVersion.WithKind("Deployment"))}},
			Spec:   appsv1.ReplicaSetSpec{Replicas: &in.N, Selector: &metav1.LabelSelector{MatchLabels: sl}, Template: t, MinReadySeconds: f.Min},
			Status: appsv1.ReplicaSetStatus{Replicas: in.Has, ReadyReplicas: in.Ready, AvailableReplicas: in.Avail, ObservedGeneration: 1},
		}
		set := func(k string, n int) {
			if n > 0 {
				rs.Annotations[k] = strconv.Itoa(n)
			}
		}
		set(revisionKey, in.Rev)
		set(desiredKey, int(in.Desired))
		set(maxKey, int(in.Max))
		sets = append(sets, rs)
	}
	var pods []*corev1.Pod
	for n, text := range f.Pods {
		image, phase, _ := strings.Cut(text, " ")
		for _, rs := range sets {
			if rs.Name == "d-"+strings.ToLower(image) {
				pods = append(pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("p", n), Namespace: "default", UID: types.UID(fmt.Sprint("p", n)), Labels: rs.Labels,
					OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}},
					Status: corev1.PodStatus{Phase: corev1.PodPhase(phase)}})
			}
		}
	}
	return d, sets, pods
}

var setNames = regexp.MustCompile(`d-[a-z0-9]+`)

// letters puts images in place of the names of ReplicaSets.
func letters(text string, sets []*appsv1.ReplicaSet) string {
	return setNames.ReplaceAllStringFunc(text, func(name string) string {
		for _, rs := range sets {
			if rs.Name == name {
				return rs.Spec.Template.Spec.Containers[0].Image
			}
		}
		return name
	})
}

// describe notes what there is now.
func (f *fact) describe(d *appsv1.Deployment, sets []*appsv1.ReplicaSet, err error) {
	f.After = []string{"deployment revision " + d.Annotations[revisionKey]}
	for _, rs := range sets {
		f.After = append(f.After, fmt.Sprintf("%s %d revision %s of %s at most %s note %s min %d", rs.Spec.Template.Spec.Containers[0].Image, *rs.Spec.Replicas, rs.Annotations[revisionKey], rs.Annotations[desiredKey], rs.Annotations[maxKey], rs.Annotations["note"], rs.Spec.MinReadySeconds))
	}
	slices.Sort(f.After)
	s := &d.Status
	f.Status = fmt.Sprintf("%d replicas %d updated %d ready %d available %d unavailable generation %d", s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas, s.UnavailableReplicas, s.ObservedGeneration)
	for _, c := range s.Conditions {
		f.Status += fmt.Sprintf(" | %s=%s %s: %s", c.Type, c.Status, c.Reason, letters(c.Message, sets))
	}
	if err != nil {
		f.Err = err.Error()
	}
}
