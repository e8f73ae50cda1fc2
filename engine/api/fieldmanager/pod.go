package fieldmanager

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// What the ServiceAccount, Priority and DefaultTolerationSeconds plugins add to every pod.
const (
	tokenVolume    = "kube-api-access-"
	tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
)

// podBeforeAdmission takes out of a copy of a pod what admission and binding put in.
func podBeforeAdmission(p *corev1.Pod) {
	s := &p.Spec
	if p.Annotations[corev1.MirrorPodAnnotationKey] == "" {
		s.NodeName = "" // the scheduler's binding is nobody's
	}
	if s.ServiceAccountName == "default" {
		s.ServiceAccountName, s.DeprecatedServiceAccount = "", ""
	}
	s.Priority, s.PreemptionPolicy = nil, nil
	s.Tolerations = slices.DeleteFunc(slices.Clone(s.Tolerations), func(t corev1.Toleration) bool {
		return (t.Key == corev1.TaintNodeNotReady || t.Key == corev1.TaintNodeUnreachable) && t.Effect == corev1.TaintEffectNoExecute &&
			t.Operator == corev1.TolerationOpExists && t.TolerationSeconds != nil && *t.TolerationSeconds == 300
	})
	if len(s.Tolerations) == 0 {
		s.Tolerations = nil
	}
	s.Volumes = slices.DeleteFunc(slices.Clone(s.Volumes), func(v corev1.Volume) bool { return strings.HasPrefix(v.Name, tokenVolume) })
	if len(s.Volumes) == 0 {
		s.Volumes = nil
	}
	s.InitContainers, s.Containers = withoutToken(s.InitContainers), withoutToken(s.Containers)
}

func withoutToken(list []corev1.Container) []corev1.Container {
	out := slices.Clone(list)
	for i := range out {
		c := &out[i]
		c.VolumeMounts = slices.DeleteFunc(slices.Clone(c.VolumeMounts), func(v corev1.VolumeMount) bool { return v.MountPath == tokenMountPath })
		if len(c.VolumeMounts) == 0 {
			c.VolumeMounts = nil
		}
	}
	return out
}

// statusBefore is what the status writer found: an object like obj with the status that the server gave it at first.
func statusBefore(r *api.Resource, obj api.Object) api.Object {
	before := empty(r)
	if p, ok := obj.(*corev1.Pod); ok {
		b := before.(*corev1.Pod)
		b.Status.Phase, b.Status.QOSClass = corev1.PodPending, p.Status.QOSClass
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionTrue {
				c.ObservedGeneration = 0
				b.Status.Conditions = []corev1.PodCondition{c}
			}
		}
	}
	switch o := before.(type) {
	case *corev1.Namespace:
		o.Status.Phase = corev1.NamespaceActive
	case *corev1.PersistentVolumeClaim:
		o.Status.Phase = corev1.ClaimPending
	case *corev1.PersistentVolume:
		o.Status.Phase = corev1.VolumePending
	}
	return before
}
