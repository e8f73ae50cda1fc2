package defaults

import (
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func createWorkloads(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		o.Generation, o.Status = 1, corev1.ReplicationControllerStatus{}
	case *corev1.PodTemplate:
		o.Generation = 1
	case *appsv1.StatefulSet:
		o.Generation, o.Status = 1, appsv1.StatefulSetStatus{}
	case *appsv1.DaemonSet:
		o.Generation, o.Status = 1, appsv1.DaemonSetStatus{}
		setTemplateGeneration(o, max(1, templateGeneration(o)))
	case *appsv1.ControllerRevision:
	case *batchv1.Job:
		if o.Spec.ManualSelector == nil || !*o.Spec.ManualSelector {
			selectOwnPods(o)
		}
		o.Generation, o.Status = 1, batchv1.JobStatus{}
		o.Spec.Scheduling = nil // its feature gate is off by default
	case *batchv1.CronJob:
		o.Generation, o.Status = 1, batchv1.CronJobStatus{}
		o.Spec.JobTemplate.Spec.Scheduling = nil
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Generation, o.Status = 1, autoscalingv2.HorizontalPodAutoscalerStatus{}
	case *policyv1.PodDisruptionBudget:
		o.Generation, o.Status = 1, policyv1.PodDisruptionBudgetStatus{}
		cleanSelector(o)
	default:
		return false
	}
	return true
}

func updateWorkloads(obj, old runtime.Object) bool {
	changed := func(now, was any) int64 {
		if apiequality.Semantic.DeepEqual(now, was) {
			return 0
		}
		return 1
	}
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		was := old.(*corev1.ReplicationController)
		o.Status = was.Status
		o.Generation += changed(&o.Spec, &was.Spec)
	case *corev1.PodTemplate:
		o.Generation += changed(&o.Template, &old.(*corev1.PodTemplate).Template)
	case *appsv1.StatefulSet:
		was := old.(*appsv1.StatefulSet)
		o.Status = was.Status
		o.Generation += changed(&o.Spec, &was.Spec)
	case *appsv1.DaemonSet:
		was := old.(*appsv1.DaemonSet)
		o.Status = was.Status
		template := changed(&o.Spec.Template, &was.Spec.Template)
		setTemplateGeneration(o, templateGeneration(was)+template)
		o.Generation += max(template, changed(&o.Spec, &was.Spec))
	case *appsv1.ControllerRevision:
	case *batchv1.Job:
		was := old.(*batchv1.Job)
		o.Status, o.Spec.Scheduling = was.Status, nil
		o.Generation += changed(&o.Spec, &was.Spec)
	case *batchv1.CronJob:
		was := old.(*batchv1.CronJob)
		o.Status, o.Spec.JobTemplate.Spec.Scheduling = was.Status, nil
		o.Generation += changed(&o.Spec, &was.Spec)
	case *autoscalingv2.HorizontalPodAutoscaler:
		was := old.(*autoscalingv2.HorizontalPodAutoscaler)
		o.Status = was.Status
		o.Generation += changed(&o.Spec, &was.Spec)
	case *policyv1.PodDisruptionBudget:
		was := old.(*policyv1.PodDisruptionBudget)
		o.Status = was.Status
		o.Generation += changed(&o.Spec, &was.Spec)
		if !apiequality.Semantic.DeepEqual(o.Spec.Selector, was.Spec.Selector) {
			cleanSelector(o)
		}
	default:
		return false
	}
	return true
}

func statusWorkloads(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		o.Spec = old.(*corev1.ReplicationController).Spec
	case *appsv1.StatefulSet:
		o.Spec = old.(*appsv1.StatefulSet).Spec
	case *appsv1.DaemonSet:
		was := old.(*appsv1.DaemonSet)
		o.Spec = was.Spec
		setTemplateGeneration(o, templateGeneration(was)) // upstream keeps it in the spec
	case *batchv1.Job:
		o.Spec = old.(*batchv1.Job).Spec
	case *batchv1.CronJob:
		o.Spec = old.(*batchv1.CronJob).Spec
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Spec = old.(*autoscalingv2.HorizontalPodAutoscaler).Spec
	case *policyv1.PodDisruptionBudget:
		o.Spec = old.(*policyv1.PodDisruptionBudget).Spec
	default:
		return false
	}
	return true
}

// A DaemonSet counts the changes of its template. The field for it was left out of apps/v1 and lives on as an
// annotation, which clients cannot set: it is written anew whenever the object is.

func templateGeneration(d *appsv1.DaemonSet) int64 {
	n, err := strconv.ParseInt(d.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func setTemplateGeneration(d *appsv1.DaemonSet, n int64) {
	text := strconv.FormatInt(n, 10)
	if d.Annotations[appsv1.DeprecatedTemplateGeneration] == text {
		return
	}
	annotations := maps.Clone(d.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[appsv1.DeprecatedTemplateGeneration] = text
	d.Annotations = annotations
}

// noLegacyMatch is the label by which policy/v1beta1 once said "everything" and "nothing".
const noLegacyMatch = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"

// cleanSelector takes that label out of selectors that say more; "exists" alone keeps its meaning, nothing.
func cleanSelector(b *policyv1.PodDisruptionBudget) {
	s := b.Spec.Selector
	if s == nil || len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 1 &&
		s.MatchExpressions[0].Key == noLegacyMatch && s.MatchExpressions[0].Operator == metav1.LabelSelectorOpExists {
		return
	}
	isLegacy := func(r metav1.LabelSelectorRequirement) bool { return r.Key == noLegacyMatch }
	if slices.ContainsFunc(s.MatchExpressions, isLegacy) {
		b.Spec.Selector = &metav1.LabelSelector{
			MatchLabels: s.MatchLabels, MatchExpressions: slices.DeleteFunc(slices.Clone(s.MatchExpressions), isLegacy),
		}
	}
}
