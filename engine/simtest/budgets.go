package simtest

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

var podDisruptionBudgets = api.ByGVK(schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"})

// budgets: an eviction is granted only from what a budget still allows, and takes one from it; and where nobody else
// took pods away lately, enough healthy ones are left.
func budgets(j *judge) {
	hurt := map[string]sim.Time{} // by namespace: when a pod stopped being available, but by an eviction
	evicted := map[string]bool{}  // pods, by UID
	j.onChange = append(j.onChange, func(r *api.Resource, old, new api.Object) {
		switch r {
		case api.Pods:
			was, _ := old.(*corev1.Pod)
			is, _ := new.(*corev1.Pod)
			if was != nil && available(was) && (is == nil || !available(is)) && !evicted[string(was.UID)] {
				hurt[was.Namespace] = j.c.Now()
			}
		case podDisruptionBudgets:
			was, _ := old.(*policyv1.PodDisruptionBudget)
			is, _ := new.(*policyv1.PodDisruptionBudget)
			if was == nil || is == nil {
				return
			}
			granted := int32(0)
			for name := range is.Status.DisruptedPods {
				if _, ok := was.Status.DisruptedPods[name]; !ok {
					granted++
					if p, ok := j.mirror[api.Pods][api.Key(is.Namespace, name)].(*corev1.Pod); ok {
						evicted[string(p.UID)] = true
					}
				}
			}
			if granted == 0 {
				return
			}
			if granted != 1 || was.Status.DisruptionsAllowed < 1 || is.Status.DisruptionsAllowed != was.Status.DisruptionsAllowed-1 {
				j.fault("budgets", "PodDisruptionBudget %s: %d evictions took what is allowed from %d to %d", api.KeyOf(is), granted, was.Status.DisruptionsAllowed, is.Status.DisruptionsAllowed)
			}
			j.healthyLeft(is, hurt[is.Namespace])
		}
	})
}

// healthyLeft counts the healthy pods of a budget without those it has given up.
func (j *judge) healthyLeft(b *policyv1.PodDisruptionBudget, hurt sim.Time) {
	if len(j.broken) > 0 || j.c.Now().Sub(j.lastHurt) < recovery || j.c.Now().Sub(hurt) < memory {
		return
	}
	sel, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		return
	}
	n := int32(0)
	for _, o := range j.mirror[api.Pods] {
		p := o.(*corev1.Pod)
		if _, given := b.Status.DisruptedPods[p.Name]; !given && p.Namespace == b.Namespace && available(p) && sel.Matches(labels.Set(p.Labels)) {
			n++
		}
	}
	if n < b.Status.DesiredHealthy {
		j.fault("budgets", "PodDisruptionBudget %s: after an eviction %d healthy pods are left, %d are promised", api.KeyOf(b), n, b.Status.DesiredHealthy)
	}
}
