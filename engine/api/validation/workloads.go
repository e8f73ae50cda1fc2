package validation

import (
	"encoding/json"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The workload kinds beyond Deployment and ReplicaSet. Each method reports whether the kind is one of them.

func (e *errs) createWorkloads(obj runtime.Object) bool {
	return e.createWorkload(obj) && e.once()
}

func (e *errs) updateWorkloads(obj, old runtime.Object) bool {
	return e.updateWorkload(obj, old) && e.once()
}

func (e *errs) statusWorkloads(obj, old runtime.Object) bool {
	return e.statusWorkload(obj, old) && e.once()
}

// once drops repeated errors, as the second, declarative pass does with those of the first. It is always true.
func (e *errs) once() bool {
	var out field.ErrorList
	for _, err := range e.list {
		if text := err.Error(); !slices.ContainsFunc(out, func(x *field.Error) bool { return x.Error() == text }) {
			out = append(out, err)
		}
	}
	e.list = out
	return true
}

func (e *errs) createWorkload(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		e.objectMeta(&o.ObjectMeta, true, anyName)
		e.replicationControllerSpec(&o.Spec)
		e.replicationControllerDeclared(o, nil)
	case *corev1.PodTemplate:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.podTemplate(&o.Template, field.NewPath("template"))
	case *appsv1.StatefulSet:
		e.objectMeta(&o.ObjectMeta, true, labelName)
		e.statefulSetSpec(&o.Spec, false)
	case *appsv1.DaemonSet:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.daemonSetSpec(&o.Spec)
	case *appsv1.ControllerRevision:
		e.revision(o)
		e.revisionData(o.Data.Raw)
	case *batchv1.Job:
		m := o.ObjectMeta
		if onlyOwnLabels(o) {
			m.Labels = nil // they are there already, but upstream adds them when it stores the Job
		}
		e.objectMeta(&m, true, subdomainName)
		e.ownSelector(o, true)
		e.jobSpec(&o.Spec, specPath)
		e.jobSelector(&o.Spec)
		e.indexedHostnames(o)
	case *batchv1.CronJob:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.cronJobSpec(&o.Spec, nil)
		if len(o.Name) > maxCronJobName {
			e.invalid(metaPath.Child("name"), o.Name, "must be no more than 52 characters")
		}
		e.scheduleDeclared(&o.Spec)
	case *autoscalingv2.HorizontalPodAutoscaler:
		e.objectMeta(&o.ObjectMeta, true, subdomainName)
		e.autoscalerSpec(&o.Spec, nil)
	case *policyv1.PodDisruptionBudget:
		e.disruptionBudgetSpec(&o.Spec)
		if len(e.list) == 0 {
			e.objectMetaBase(&o.ObjectMeta, true, path.ValidatePathSegmentName)
		}
	default:
		return false
	}
	return true
}

func (e *errs) updateWorkload(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		was := old.(*corev1.ReplicationController)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.replicationControllerSpec(&o.Spec)
		e.replicationControllerDeclared(o, was)
	case *corev1.PodTemplate:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.PodTemplate).ObjectMeta)
		e.podTemplate(&o.Template, field.NewPath("template"))
	case *appsv1.StatefulSet:
		was := old.(*appsv1.StatefulSet)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.statefulSetSpec(&o.Spec, true)
		e.statefulSetFrozen(&o.Spec, &was.Spec)
	case *appsv1.DaemonSet:
		was := old.(*appsv1.DaemonSet)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		immutable(e, specPath.Child("selector"), o.Spec.Selector, was.Spec.Selector)
		e.daemonSetSpec(&o.Spec)
	case *appsv1.ControllerRevision:
		was := old.(*appsv1.ControllerRevision)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.revision(o)
		immutable(e, field.NewPath("data"), o.Data, was.Data)
	case *batchv1.Job:
		was := old.(*batchv1.Job)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.jobSpec(&o.Spec, specPath)
		e.jobSelector(&o.Spec)
		e.jobFrozen(&o.Spec, was)
		e.indexedHostnames(o)
	case *batchv1.CronJob:
		was := old.(*batchv1.CronJob)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.cronJobSpec(&o.Spec, &was.Spec)
		e.scheduleDeclared(&o.Spec)
	case *autoscalingv2.HorizontalPodAutoscaler:
		was := old.(*autoscalingv2.HorizontalPodAutoscaler)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.autoscalerSpec(&o.Spec, &was.Spec)
	case *policyv1.PodDisruptionBudget:
		e.disruptionBudgetSpec(&o.Spec)
	default:
		return false
	}
	return true
}

func (e *errs) statusWorkload(obj, old runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*corev1.ReplicationController).ObjectMeta)
		e.replicationControllerStatus(&o.Status)
	case *appsv1.StatefulSet:
		e.statefulSetStatus(o, old.(*appsv1.StatefulSet))
	case *appsv1.DaemonSet:
		e.daemonSetStatus(o, old.(*appsv1.DaemonSet))
	case *batchv1.Job:
		was := old.(*batchv1.Job)
		e.objectMetaUpdate(&o.ObjectMeta, &was.ObjectMeta)
		e.jobStatus(o, was)
	case *batchv1.CronJob:
	case *autoscalingv2.HorizontalPodAutoscaler:
		e.objectMetaUpdate(&o.ObjectMeta, &old.(*autoscalingv2.HorizontalPodAutoscaler).ObjectMeta)
		for i := range o.Status.Conditions {
			if g := o.Status.Conditions[i].ObservedGeneration; g != nil {
				e.nonNegative(statusPath.Child("conditions").Index(i).Child("observedGeneration"), *g)
			}
		}
		e.counts(replicaCount{"currentReplicas", int64(o.Status.CurrentReplicas)}, replicaCount{"desiredReplicas", int64(o.Status.DesiredReplicas)})
	case *policyv1.PodDisruptionBudget:
		e.metaConditions(statusPath.Child("conditions"), o.Status.Conditions)
		s := &o.Status
		e.counts(replicaCount{"disruptionsAllowed", int64(s.DisruptionsAllowed)}, replicaCount{"currentHealthy", int64(s.CurrentHealthy)},
			replicaCount{"desiredHealthy", int64(s.DesiredHealthy)}, replicaCount{"expectedPods", int64(s.ExpectedPods)})
	default:
		return false
	}
	return true
}

// anyName leaves the judgement of a name to the second, declarative pass.
func anyName(string, bool) []string { return nil }

func (e *errs) revision(r *appsv1.ControllerRevision) {
	e.objectMeta(&r.ObjectMeta, true, subdomainName)
	e.nonNegative(field.NewPath("revision"), r.Revision)
}

func (e *errs) revisionData(raw []byte) {
	p := field.NewPath("data")
	var v any
	if raw == nil {
		e.required(p, "data is mandatory")
	} else if err := json.Unmarshal(raw, &v); err != nil {
		e.invalid(p, "<value omitted>", "error parsing data: "+err.Error())
	} else if v == nil {
		e.required(p, "data is mandatory")
	} else if _, object := v.(map[string]any); !object {
		e.required(p, "data must be a valid JSON object")
	}
}
