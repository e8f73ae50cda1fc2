package api

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
)

// Journal words and selectable fields of the workload kinds; see describe.go and fields.go.

func replicationControllerField(o Object, _ string) string {
	return itoa(o.(*corev1.ReplicationController).Status.Replicas)
}

func jobField(o Object, _ string) string { return itoa(o.(*batchv1.Job).Status.Succeeded) }

func describeReplicationController(old, new Object) string {
	n := new.(*corev1.ReplicationController)
	if old == nil {
		s := "replicas " + replicas(n.Spec.Replicas)
		if n.Spec.Template != nil {
			s += ", image " + images(n.Spec.Template)
		}
		return s
	}
	o := old.(*corev1.ReplicationController)
	p := change(nil, "replicas", replicas(o.Spec.Replicas), replicas(n.Spec.Replicas))
	p = change(p, "current", itoa(o.Status.Replicas), itoa(n.Status.Replicas))
	p = change(p, "ready", itoa(o.Status.ReadyReplicas), itoa(n.Status.ReadyReplicas))
	return strings.Join(p, ", ")
}

func describeStatefulSet(old, new Object) string {
	n := new.(*appsv1.StatefulSet)
	if old == nil {
		return "replicas " + replicas(n.Spec.Replicas) + ", image " + images(&n.Spec.Template)
	}
	o := old.(*appsv1.StatefulSet)
	p := change(nil, "replicas", replicas(o.Spec.Replicas), replicas(n.Spec.Replicas))
	p = change(p, "image", images(&o.Spec.Template), images(&n.Spec.Template))
	p = change(p, "revision", o.Status.UpdateRevision, n.Status.UpdateRevision)
	p = change(p, "updated", itoa(o.Status.UpdatedReplicas), itoa(n.Status.UpdatedReplicas))
	p = change(p, "ready", itoa(o.Status.ReadyReplicas), itoa(n.Status.ReadyReplicas))
	return strings.Join(p, ", ")
}

func describeDaemonSet(old, new Object) string {
	n := new.(*appsv1.DaemonSet)
	if old == nil {
		return "image " + images(&n.Spec.Template)
	}
	o := old.(*appsv1.DaemonSet)
	p := change(nil, "image", images(&o.Spec.Template), images(&n.Spec.Template))
	p = change(p, "desired", itoa(o.Status.DesiredNumberScheduled), itoa(n.Status.DesiredNumberScheduled))
	p = change(p, "current", itoa(o.Status.CurrentNumberScheduled), itoa(n.Status.CurrentNumberScheduled))
	p = change(p, "updated", itoa(o.Status.UpdatedNumberScheduled), itoa(n.Status.UpdatedNumberScheduled))
	p = change(p, "ready", itoa(o.Status.NumberReady), itoa(n.Status.NumberReady))
	return strings.Join(p, ", ")
}

func describeRevision(old, new Object) string {
	n := new.(*appsv1.ControllerRevision).Revision
	if old == nil {
		return "revision " + strconv.FormatInt(n, 10)
	}
	return strings.Join(change(nil, "revision", strconv.FormatInt(old.(*appsv1.ControllerRevision).Revision, 10), strconv.FormatInt(n, 10)), ", ")
}

func suspended(b *bool) string {
	if b != nil && *b {
		return "suspended"
	}
	return "running"
}

// jobEnd is the condition that ended a Job: Complete or Failed.
func jobEnd(j *batchv1.Job) string {
	for i := range j.Status.Conditions {
		c := &j.Status.Conditions[i]
		if c.Status == corev1.ConditionTrue && (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) {
			return string(c.Type)
		}
	}
	return ""
}

func describeJob(old, new Object) string {
	n := new.(*batchv1.Job)
	if old == nil {
		return "parallelism " + replicas(n.Spec.Parallelism) + ", image " + images(&n.Spec.Template)
	}
	o := old.(*batchv1.Job)
	p := change(nil, "parallelism", replicas(o.Spec.Parallelism), replicas(n.Spec.Parallelism))
	if s := suspended(n.Spec.Suspend); s != suspended(o.Spec.Suspend) {
		p = append(p, s)
	}
	p = change(p, "active", itoa(o.Status.Active), itoa(n.Status.Active))
	p = change(p, "succeeded", itoa(o.Status.Succeeded), itoa(n.Status.Succeeded))
	p = change(p, "failed", itoa(o.Status.Failed), itoa(n.Status.Failed))
	if end := jobEnd(n); end != jobEnd(o) {
		p = append(p, end)
	}
	return strings.Join(p, ", ")
}

func describeCronJob(old, new Object) string {
	n := new.(*batchv1.CronJob)
	if old == nil {
		return "schedule " + n.Spec.Schedule
	}
	o := old.(*batchv1.CronJob)
	p := change(nil, "schedule", o.Spec.Schedule, n.Spec.Schedule)
	if s := suspended(n.Spec.Suspend); s != suspended(o.Spec.Suspend) {
		p = append(p, s)
	}
	p = change(p, "active", strconv.Itoa(len(o.Status.Active)), strconv.Itoa(len(n.Status.Active)))
	return strings.Join(p, ", ")
}

func describeAutoscaler(old, new Object) string {
	n := new.(*autoscalingv2.HorizontalPodAutoscaler)
	bounds := func(h *autoscalingv2.HorizontalPodAutoscaler) string {
		return replicas(h.Spec.MinReplicas) + " to " + itoa(h.Spec.MaxReplicas)
	}
	if old == nil {
		return n.Spec.ScaleTargetRef.Kind + "/" + n.Spec.ScaleTargetRef.Name + ", replicas " + bounds(n)
	}
	o := old.(*autoscalingv2.HorizontalPodAutoscaler)
	p := change(nil, "bounds", bounds(o), bounds(n))
	p = change(p, "current", itoa(o.Status.CurrentReplicas), itoa(n.Status.CurrentReplicas))
	p = change(p, "desired", itoa(o.Status.DesiredReplicas), itoa(n.Status.DesiredReplicas))
	return strings.Join(p, ", ")
}

// autoscalerHeartbeat: a status update that only tells what the metrics are now.
func autoscalerHeartbeat(old, new Object) bool {
	a, b := *old.(*autoscalingv2.HorizontalPodAutoscaler), *new.(*autoscalingv2.HorizontalPodAutoscaler)
	a.Status.CurrentMetrics, b.Status.CurrentMetrics = nil, nil
	a.ManagedFields, b.ManagedFields = nil, nil
	a.ResourceVersion = b.ResourceVersion
	return apiequality.Semantic.DeepEqual(&a, &b)
}

func describeDisruptionBudget(old, new Object) string {
	n := new.(*policyv1.PodDisruptionBudget)
	if old == nil {
		switch {
		case n.Spec.MinAvailable != nil:
			return "min available " + n.Spec.MinAvailable.String()
		case n.Spec.MaxUnavailable != nil:
			return "max unavailable " + n.Spec.MaxUnavailable.String()
		}
		return ""
	}
	o := old.(*policyv1.PodDisruptionBudget)
	p := change(nil, "disruptions allowed", itoa(o.Status.DisruptionsAllowed), itoa(n.Status.DisruptionsAllowed))
	p = change(p, "healthy", itoa(o.Status.CurrentHealthy), itoa(n.Status.CurrentHealthy))
	return strings.Join(p, ", ")
}
