package statefulset

import (
	"maps"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/podcontrol"
)

// parentAndOrdinal splits the name of a pod into the set it could be of and its ordinal; -1 if it has none.
func parentAndOrdinal(name string) (string, int) {
	at := strings.LastIndexByte(name, '-')
	if at < 0 || at+1 == len(name) {
		return "", -1
	}
	for _, c := range []byte(name[at+1:]) {
		if c < '0' || c > '9' {
			return "", -1
		}
	}
	n, err := strconv.ParseInt(name[at+1:], 10, 32)
	if err != nil {
		return name[:at], -1
	}
	return name[:at], int(n)
}

func ordinalOf(p *corev1.Pod) int {
	_, n := parentAndOrdinal(p.Name)
	return n
}

func podName(set *appsv1.StatefulSet, ordinal int) string {
	return set.Name + "-" + strconv.Itoa(ordinal)
}

func startOrdinal(set *appsv1.StatefulSet) int {
	if set.Spec.Ordinals != nil {
		return int(set.Spec.Ordinals.Start)
	}
	return 0
}

// inRange reports whether a pod's ordinal is one that the set wants.
func inRange(p *corev1.Pod, set *appsv1.StatefulSet) bool {
	n, start := ordinalOf(p), startOrdinal(set)
	return n >= start && n < start+int(*set.Spec.Replicas)
}

func revisionOf(p *corev1.Pod) string { return p.Labels[appsv1.StatefulSetRevisionLabel] }

// identityMatches reports a pod with the name and labels of a member of the set.
func identityMatches(set *appsv1.StatefulSet, p *corev1.Pod) bool {
	if p.Labels[appsv1.StatefulSetPodNameLabel] != p.Name || p.Namespace != set.Namespace {
		return false
	}
	parent, n := parentAndOrdinal(p.Name)
	return parent == set.Name && (n > 0 && p.Name[len(parent)+1] != '0' || n == 0 && len(p.Name) == len(parent)+2)
}

// storageMatches reports a pod whose volumes are its claims.
func storageMatches(set *appsv1.StatefulSet, p *corev1.Pod) bool {
	n := ordinalOf(p)
	if n < 0 {
		return false
	}
	for i := range set.Spec.VolumeClaimTemplates {
		t := &set.Spec.VolumeClaimTemplates[i]
		found := false
		for j := range p.Spec.Volumes {
			v := &p.Spec.Volumes[j]
			if v.Name == t.Name {
				found = v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claimName(set, t, n)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// newPod is a pod of a template as the set's member with an ordinal. What the template has in lists and maps is shared.
func newPod(set *appsv1.StatefulSet, refs []metav1.OwnerReference, template *corev1.PodTemplateSpec, revision string, ordinal int) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: podName(set, ordinal), GenerateName: podcontrol.Prefix(set.Name), Namespace: set.Namespace,
			Labels: template.Labels, Annotations: template.Annotations, Finalizers: template.Finalizers, OwnerReferences: refs,
		},
		Spec: template.Spec,
	}
	p.Spec.Hostname, p.Spec.Subdomain = p.Name, set.Spec.ServiceName
	takeIdentity(p)
	p.Labels[appsv1.StatefulSetRevisionLabel] = revision
	takeStorage(set, p)
	return p
}

// takeIdentity gives a pod that may be changed the labels of its ordinal, in a map of its own.
func takeIdentity(p *corev1.Pod) {
	l := make(map[string]string, len(p.Labels)+3)
	maps.Copy(l, p.Labels)
	l[appsv1.StatefulSetPodNameLabel] = p.Name
	l[appsv1.PodIndexLabel] = strconv.Itoa(ordinalOf(p))
	p.Labels = l
}

// takeStorage puts the claims into the volumes of a pod that may be changed, in place of volumes of the same names.
func takeStorage(set *appsv1.StatefulSet, p *corev1.Pod) {
	templates := set.Spec.VolumeClaimTemplates
	if len(templates) == 0 {
		return
	}
	n := ordinalOf(p)
	volumes := make([]corev1.Volume, 0, len(templates)+len(p.Spec.Volumes))
	isClaim := map[string]bool{}
	for i := range templates {
		isClaim[templates[i].Name] = true
		volumes = append(volumes, corev1.Volume{Name: templates[i].Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(set, &templates[i], n)}}})
	}
	for _, v := range p.Spec.Volumes {
		if !isClaim[v.Name] {
			volumes = append(volumes, v)
		}
	}
	p.Spec.Volumes = volumes
}

// created reports a pod that the API server has; one that is only planned has no phase.
func created(p *corev1.Pod) bool { return p.Status.Phase != "" }

func terminating(p *corev1.Pod) bool { return p.DeletionTimestamp != nil }

func ended(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded
}

func runningAndReady(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodRunning && api.PodReady(p)
}

// availableIn is how long a ready pod lacks of being available: 0 if it is. ok is false for a pod that is not ready,
// or of which nobody knows since when.
func availableIn(p *corev1.Pod, set *appsv1.StatefulSet, now time.Time) (d time.Duration, ok bool) {
	c := podcontrol.ReadyCondition(p)
	if c == nil || c.Status != corev1.ConditionTrue {
		return 0, false
	}
	if set.Spec.MinReadySeconds == 0 {
		return 0, true
	}
	if c.LastTransitionTime.IsZero() {
		return 0, false
	}
	wait := time.Duration(set.Spec.MinReadySeconds) * time.Second
	return max(0, c.LastTransitionTime.Add(wait).Sub(now)), true
}

func available(p *corev1.Pod, set *appsv1.StatefulSet, now time.Time) bool {
	d, ok := availableIn(p, set, now)
	return ok && d == 0
}

// unavailable reports a pod that is not available, or will not be for long.
func unavailable(p *corev1.Pod, set *appsv1.StatefulSet, now time.Time) bool {
	return !available(p, set, now) || terminating(p)
}
