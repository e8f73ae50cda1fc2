package statefulset

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// fact is one sync: a set with what exists of it, and what upstream did.
type fact struct {
	Replicas  int32     `json:"n"`
	Parallel  bool      `json:"par,omitempty"`
	OnDelete  bool      `json:"ond,omitempty"`
	Partition int32     `json:"part,omitempty"`
	Max       string    `json:"max,omitempty"`
	Min       int32     `json:"min,omitempty"` // minReadySeconds
	Start     int32     `json:"start,omitempty"`
	Deleted   bool      `json:"del,omitempty"`
	Limit     int32     `json:"limit"`
	Image     string    `json:"img"`           // of the template: A, B or C
	Current   string    `json:"cur,omitempty"` // image of status.currentRevision
	CurrentN  int32     `json:"curN,omitempty"`
	Revisions []string  `json:"revs,omitempty"` // images, in the order of their numbers
	Pods      []podIn   `json:"pods,omitempty"`
	Retain    string    `json:"ret,omitempty"` // two letters as retain()
	Claims    []claimIn `json:"claims,omitempty"`
	Fail      string    `json:"fail,omitempty"` // what is always refused, as a word of Did

	Did    []string `json:"did,omitempty"`
	Status string   `json:"status,omitempty"`
	Events []string `json:"events,omitempty"`
}

type podIn struct {
	Ordinal     int    `json:"o"`
	Image       string `json:"r,omitempty"` // of its revision
	Phase       string `json:"p"`
	Ready       int    `json:"rdy,omitempty"` // seconds
	Terminating bool   `json:"t,omitempty"`
	NoName      bool   `json:"x,omitempty"` // without the label of its name
	NoVolume    bool   `json:"v,omitempty"` // without the volume of its claim
}

type claimIn struct {
	Ordinal int      `json:"o"`
	Owners  []string `json:"own,omitempty"`
}

const setUID, podUID = "set-uid", "pod-uid-"

func template(image string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}}}
}

// objects are what a fact describes, as of now.
func (f *fact) objects(now time.Time, patch func(*corev1.PodTemplateSpec) []byte, hash func([]byte) string) (*appsv1.StatefulSet, []*appsv1.ControllerRevision, []*corev1.Pod, []*corev1.PersistentVolumeClaim) {
	name := func(image string) string {
		if image == "" {
			return ""
		}
		t := template(image)
		return "web-" + hash(patch(&t))
	}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", UID: setUID, Generation: 3},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &f.Replicas, ServiceName: "svc", RevisionHistoryLimit: &f.Limit, PodManagementPolicy: appsv1.OrderedReadyPodManagement, MinReadySeconds: f.Min,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, Template: template(f.Image),
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: &f.Partition}},
		},
		Status: appsv1.StatefulSetStatus{CurrentRevision: name(f.Current), CurrentReplicas: f.CurrentN, ObservedGeneration: 2, CollisionCount: ptr.To(int32(0))},
	}
	if f.Parallel {
		set.Spec.PodManagementPolicy = appsv1.ParallelPodManagement
	}
	if f.OnDelete {
		set.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
	} else if f.Max != "" {
		set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = ptr.To(intstr.Parse(f.Max))
	}
	if f.Start > 0 {
		set.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: f.Start}
	}
	if f.Deleted {
		set.DeletionTimestamp = &metav1.Time{Time: now}
	}
	if f.Retain != "" {
		of := map[byte]appsv1.PersistentVolumeClaimRetentionPolicyType{'D': appsv1.DeletePersistentVolumeClaimRetentionPolicyType, 'R': appsv1.RetainPersistentVolumeClaimRetentionPolicyType}
		set.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: of[f.Retain[0]], WhenScaled: of[f.Retain[1]]}
		set.Spec.VolumeClaimTemplates = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}}}
	}
	ref := func(api, kind, name string, uid types.UID, controller bool) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: api, Kind: kind, Name: name, UID: uid, Controller: &controller, BlockOwnerDeletion: &controller}
	}
	setRef := ref("apps/v1", "StatefulSet", "web", setUID, true)
	var revs []*appsv1.ControllerRevision
	for i, image := range f.Revisions {
		t := template(image)
		revs = append(revs, &appsv1.ControllerRevision{ObjectMeta: metav1.ObjectMeta{Name: name(image), Namespace: "default", UID: types.UID("rev-" + image),
			Labels: map[string]string{"app": "web"}, OwnerReferences: []metav1.OwnerReference{setRef}},
			Data: runtime.RawExtension{Raw: patch(&t)}, Revision: int64(i + 1)})
	}
	var pods []*corev1.Pod
	for _, in := range f.Pods {
		n := "web-" + itoa(in.Ordinal)
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: n, Namespace: "default", UID: types.UID(podUID + itoa(in.Ordinal)), OwnerReferences: []metav1.OwnerReference{setRef},
			Labels: map[string]string{"app": "web", "statefulset.kubernetes.io/pod-name": n, "apps.kubernetes.io/pod-index": itoa(in.Ordinal), "controller-revision-hash": name(in.Image)}},
			Spec: template(in.Image).Spec, Status: corev1.PodStatus{Phase: corev1.PodPhase(in.Phase)}}
		p.Spec.NodeName = "node-1"
		if in.NoName {
			delete(p.Labels, "statefulset.kubernetes.io/pod-name")
		}
		if in.Ready > 0 {
			p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-time.Duration(in.Ready) * time.Second))}}
		}
		if in.Terminating {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &metav1.Time{Time: now}, ptr.To(int64(30))
		}
		if f.Retain != "" && !in.NoVolume {
			p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + n}}}}
		}
		pods = append(pods, p)
	}
	var claims []*corev1.PersistentVolumeClaim
	for _, in := range f.Claims {
		n := "web-" + itoa(in.Ordinal)
		c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data-" + n, Namespace: "default"}}
		for _, o := range in.Owners {
			r := setRef
			switch o {
			case "oldset":
				r.UID = "old"
			case "set-":
				r = ref("apps/v1", "StatefulSet", "web", setUID, false)
			case "pod":
				r = ref("v1", "Pod", n, types.UID(podUID+itoa(in.Ordinal)), true)
			case "pod-":
				r = ref("v1", "Pod", n, types.UID(podUID+itoa(in.Ordinal)), false)
			case "oldpod":
				r = ref("v1", "Pod", n, "old", true)
			case "boss":
				r = ref("v1", "ConfigMap", "boss", "boss", true)
			case "friend":
				r = ref("v1", "ConfigMap", "friend", "friend", false)
			}
			c.OwnerReferences = append(c.OwnerReferences, r)
		}
		claims = append(claims, c)
	}
	return set, revs, pods, claims
}

func itoa(n int) string { return string('0' + rune(n)) }

// letters undoes the naming of revisions in a text.
func letters(hash func([]byte) string, patch func(*corev1.PodTemplateSpec) []byte) map[string]string {
	out := map[string]string{}
	for _, image := range []string{"A", "B", "C"} {
		t := template(image)
		out["web-"+hash(patch(&t))] = image
	}
	return out
}

// ownersOf are the owners of a claim in the words of claimIn.
func ownersOf(c *corev1.PersistentVolumeClaim) string {
	text := ""
	for _, r := range c.OwnerReferences {
		who := r.Name
		if r.UID == "old" {
			who += "(old)"
		}
		if r.Controller == nil || !*r.Controller {
			who += "-"
		}
		text += " " + who
	}
	return text
}
