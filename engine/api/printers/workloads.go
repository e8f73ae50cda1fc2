package printers

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"

	"tabernetes/engine/api"
)

// The workload kinds beyond Deployment and ReplicaSet: nil for any other kind.

func workloadsColumns(kind schema.GroupKind) []metav1.TableColumnDefinition {
	name, age := nameColumn(), ageColumn()
	switch kind {
	case schema.GroupKind{Kind: "ReplicationController"}:
		spec, status := corev1.ReplicationControllerSpec{}.SwaggerDoc(), corev1.ReplicationControllerStatus{}.SwaggerDoc()
		return append(append([]metav1.TableColumnDefinition{name,
			integer(column("Desired", spec["replicas"])),
			integer(column("Current", status["replicas"])),
			integer(column("Ready", status["readyReplicas"])),
			age}, templateColumns()...), wide(column("Selector", spec["selector"])))
	case schema.GroupKind{Kind: "PodTemplate"}:
		return []metav1.TableColumnDefinition{name,
			column("Containers", "Names of each container in the template."),
			column("Images", "Images referenced by each container in the template."),
			column("Pod Labels", "The labels for the pod template.")}
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}:
		return append([]metav1.TableColumnDefinition{name, column("Ready", "Number of the pod with ready state"), age}, templateColumns()...)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"}:
		status := appsv1.DaemonSetStatus{}.SwaggerDoc()
		return append(append([]metav1.TableColumnDefinition{name,
			integer(column("Desired", status["desiredNumberScheduled"])),
			integer(column("Current", status["currentNumberScheduled"])),
			integer(column("Ready", status["numberReady"])),
			integer(column("Up-to-date", status["updatedNumberScheduled"])),
			integer(column("Available", status["numberAvailable"])),
			column("Node Selector", corev1.PodSpec{}.SwaggerDoc()["nodeSelector"]),
			age}, templateColumns()...), wide(column("Selector", appsv1.DaemonSetSpec{}.SwaggerDoc()["selector"])))
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "ControllerRevision"}:
		return []metav1.TableColumnDefinition{name,
			column("Controller", "Controller of the object"),
			column("Revision", appsv1.ControllerRevision{}.SwaggerDoc()["revision"]),
			age}
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		return append(append([]metav1.TableColumnDefinition{name,
			column("Status", "Status of the job."),
			column("Completions", batchv1.JobStatus{}.SwaggerDoc()["succeeded"]),
			column("Duration", "Time required to complete the job."),
			age}, templateColumns()...), wide(column("Selector", batchv1.JobSpec{}.SwaggerDoc()["selector"])))
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}:
		spec, status := batchv1.CronJobSpec{}.SwaggerDoc(), batchv1.CronJobStatus{}.SwaggerDoc()
		suspend := column("Suspend", spec["suspend"])
		suspend.Type = "boolean"
		return append(append([]metav1.TableColumnDefinition{name,
			column("Schedule", spec["schedule"]),
			column("Timezone", spec["timeZone"]),
			suspend,
			integer(column("Active", status["active"])),
			column("Last Schedule", status["lastScheduleTime"]),
			age}, templateColumns()...), wide(column("Selector", batchv1.JobSpec{}.SwaggerDoc()["selector"])))
	case schema.GroupKind{Group: autoscalingv1.GroupName, Kind: "Scale"}:
		plain := name
		plain.Format = ""
		return []metav1.TableColumnDefinition{plain,
			integer(column("Desired", autoscalingv1.ScaleSpec{}.SwaggerDoc()["replicas"])),
			integer(column("Available", autoscalingv1.ScaleStatus{}.SwaggerDoc()["replicas"])),
			age}
	case schema.GroupKind{Group: autoscalingv2.GroupName, Kind: "HorizontalPodAutoscaler"}:
		spec := autoscalingv2.HorizontalPodAutoscalerSpec{}.SwaggerDoc()
		return []metav1.TableColumnDefinition{name,
			column("Reference", spec["scaleTargetRef"]),
			column("Targets", spec["metrics"]),
			column("MinPods", spec["minReplicas"]),
			column("MaxPods", spec["maxReplicas"]),
			column("Replicas", autoscalingv2.HorizontalPodAutoscalerStatus{}.SwaggerDoc()["currentReplicas"]),
			age}
	case schema.GroupKind{Group: policyv1.GroupName, Kind: "PodDisruptionBudget"}:
		return []metav1.TableColumnDefinition{name,
			column("Min Available", "The minimum number of pods that must be available."),
			column("Max Unavailable", "The maximum number of pods that may be unavailable."),
			integer(column("Allowed Disruptions", "Calculated number of pods that may be disrupted at this time.")),
			age}
	}
	return nil
}

func (c clock) workloadsRow(row *metav1.TableRow, obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		var containers []corev1.Container
		if o.Spec.Template != nil {
			containers = o.Spec.Template.Spec.Containers
		}
		names, images := containerCells(containers)
		row.Cells = []any{o.Name, int64(replicas(o.Spec.Replicas)), int64(o.Status.Replicas), int64(o.Status.ReadyReplicas),
			c.since(o.CreationTimestamp), names, images, labels.FormatLabels(o.Spec.Selector)}
	case *corev1.PodTemplate:
		names, images := containerCells(o.Template.Spec.Containers)
		row.Cells = []any{o.Name, names, images, labels.FormatLabels(o.Template.Labels)}
	case *appsv1.StatefulSet:
		names, images := containerCells(o.Spec.Template.Spec.Containers)
		row.Cells = []any{o.Name, fmt.Sprintf("%d/%d", o.Status.ReadyReplicas, replicas(o.Spec.Replicas)), c.since(o.CreationTimestamp), names, images}
	case *appsv1.DaemonSet:
		names, images := containerCells(o.Spec.Template.Spec.Containers)
		s := &o.Status
		row.Cells = []any{o.Name, int64(s.DesiredNumberScheduled), int64(s.CurrentNumberScheduled), int64(s.NumberReady),
			int64(s.UpdatedNumberScheduled), int64(s.NumberAvailable), labels.FormatLabels(o.Spec.Template.Spec.NodeSelector),
			c.since(o.CreationTimestamp), names, images, metav1.FormatLabelSelector(o.Spec.Selector)}
	case *appsv1.ControllerRevision:
		row.Cells = []any{o.Name, controllerName(o), o.Revision, c.since(o.CreationTimestamp)}
	case *batchv1.Job:
		row.Cells = c.job(o)
	case *batchv1.CronJob:
		row.Cells = c.cronJob(o)
	case *autoscalingv1.Scale:
		row.Cells = []any{o.Name, int64(o.Spec.Replicas), int64(o.Status.Replicas), c.since(o.CreationTimestamp)}
	case *autoscalingv2.HorizontalPodAutoscaler:
		row.Cells = c.autoscaler(o)
	case *autoscalingv1.HorizontalPodAutoscaler:
		row.Cells = c.autoscaler(api.HorizontalPodAutoscalersV1.ToHub(o).(*autoscalingv2.HorizontalPodAutoscaler))
	case *policyv1.PodDisruptionBudget:
		row.Cells = []any{o.Name, "N/A", "N/A", int64(o.Status.DisruptionsAllowed), c.since(o.CreationTimestamp)}
		if v := o.Spec.MinAvailable; v != nil {
			row.Cells[1] = v.String()
		}
		if v := o.Spec.MaxUnavailable; v != nil {
			row.Cells[2] = v.String()
		}
	default:
		return false
	}
	return true
}

// controllerName is "KIND.GROUP/NAME" of an object's controller.
func controllerName(o metav1.Object) string {
	ref := api.ControllerOf(o)
	if ref == nil {
		return none
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return none
	}
	return strings.ToLower(gv.WithKind(ref.Kind).GroupKind().String()) + "/" + ref.Name
}

func jobStatus(j *batchv1.Job) string {
	has := func(t batchv1.JobConditionType) bool {
		for i := range j.Status.Conditions {
			if c := &j.Status.Conditions[i]; c.Type == t {
				return c.Status == corev1.ConditionTrue
			}
		}
		return false
	}
	switch {
	case has(batchv1.JobComplete):
		return "Complete"
	case has(batchv1.JobFailed):
		return "Failed"
	case j.DeletionTimestamp != nil:
		return "Terminating"
	case has(batchv1.JobSuspended):
		return "Suspended"
	case has(batchv1.JobFailureTarget):
		return "FailureTarget"
	case has(batchv1.JobSuccessCriteriaMet):
		return "SuccessCriteriaMet"
	}
	return "Running"
}

func (c clock) job(j *batchv1.Job) []any {
	completions := fmt.Sprintf("%d/1", j.Status.Succeeded)
	if n := j.Spec.Completions; n != nil {
		completions = fmt.Sprintf("%d/%d", j.Status.Succeeded, *n)
	} else if parallelism := replicas(j.Spec.Parallelism); parallelism > 1 {
		completions += fmt.Sprintf(" of %d", parallelism)
	}
	took := ""
	if start, end := j.Status.StartTime, j.Status.CompletionTime; start != nil && end != nil {
		took = duration.HumanDuration(end.Sub(start.Time))
	} else if start != nil {
		took = duration.HumanDuration(c.now.Sub(start.Time))
	}
	names, images := containerCells(j.Spec.Template.Spec.Containers)
	return []any{j.Name, jobStatus(j), completions, took, c.since(j.CreationTimestamp), names, images, metav1.FormatLabelSelector(j.Spec.Selector)}
}

func (c clock) cronJob(j *batchv1.CronJob) []any {
	last, zone, suspend := none, none, "<unset>"
	if t := j.Status.LastScheduleTime; t != nil {
		last = c.since(*t)
	}
	if z := j.Spec.TimeZone; z != nil {
		zone = *z
	}
	if s := j.Spec.Suspend; s != nil {
		suspend = "False"
		if *s {
			suspend = "True"
		}
	}
	template := &j.Spec.JobTemplate.Spec
	names, images := containerCells(template.Template.Spec.Containers)
	return []any{j.Name, j.Spec.Schedule, zone, suspend, int64(len(j.Status.Active)), last, c.since(j.CreationTimestamp),
		names, images, metav1.FormatLabelSelector(template.Selector)}
}
