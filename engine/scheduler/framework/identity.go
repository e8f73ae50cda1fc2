package framework

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "k8s.io/api/core/v1"
)

// Identity reports a label that tells the pods of one controller apart. It would make every pod of a StatefulSet or
// an indexed Job a shape of its own, so shapes leave it out as long as nothing selects by it.
func Identity(key string) bool {
	return key == appsv1.StatefulSetPodNameLabel || key == appsv1.PodIndexLabel || key == batchv1.JobCompletionIndexAnnotation
}

// SelectsIdentity reports that a pod's affinity or spreading selects by an identity label.
func SelectsIdentity(pod *corev1.Pod) bool {
	for i := range pod.Spec.TopologySpreadConstraints {
		c := &pod.Spec.TopologySpreadConstraints[i]
		if byIdentity(c.LabelSelector) {
			return true
		}
		for _, k := range c.MatchLabelKeys {
			if Identity(k) {
				return true
			}
		}
	}
	a := pod.Spec.Affinity
	if a == nil {
		return false
	}
	terms := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) bool {
		for i := range required {
			if byIdentity(required[i].LabelSelector) {
				return true
			}
		}
		for i := range preferred {
			if byIdentity(preferred[i].PodAffinityTerm.LabelSelector) {
				return true
			}
		}
		return false
	}
	if p := a.PodAffinity; p != nil && terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution) {
		return true
	}
	p := a.PodAntiAffinity
	return p != nil && terms(p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution)
}

func byIdentity(s *metav1.LabelSelector) bool {
	if s == nil {
		return false
	}
	for k := range s.MatchLabels {
		if Identity(k) {
			return true
		}
	}
	for i := range s.MatchExpressions {
		if Identity(s.MatchExpressions[i].Key) {
			return true
		}
	}
	return false
}

// SameLabels reports that two pods have the same labels; with anonymous, but for identity labels.
func SameLabels(a, b map[string]string, anonymous bool) bool {
	if !anonymous {
		return sameStrings(a, b)
	}
	covered := func(a, b map[string]string) bool {
		for k, v := range a {
			if w, ok := b[k]; (!ok || v != w) && !Identity(k) {
				return false
			}
		}
		return true
	}
	return covered(a, b) && covered(b, a)
}
