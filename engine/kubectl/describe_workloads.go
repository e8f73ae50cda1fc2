package kubectl

import (
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"

	"tabernetes/engine/api"
)

// describeWorkloads writes the page of one of the workload kinds beyond Deployment and ReplicaSet and calls finish; it reports
// whether the kind is one of them.
func (c *cmd) describeWorkloads(p *page, in *info, finish func()) bool {
	switch o := in.obj.(type) {
	case *corev1.ReplicationController:
		c.podsOf(o, labels.SelectorFromSet(o.Spec.Selector), func(pods []*corev1.Pod) {
			p.replicationController(o, pods)
			finish()
		})
		return true
	case *appsv1.StatefulSet:
		c.podsOf(o, selectorOrNothing(o.Spec.Selector), func(pods []*corev1.Pod) {
			p.statefulSet(o, pods)
			finish()
		})
		return true
	case *appsv1.DaemonSet:
		c.podsOf(o, selectorOrNothing(o.Spec.Selector), func(pods []*corev1.Pod) {
			p.daemonSet(o, pods)
			finish()
		})
		return true
	case *batchv1.Job:
		p.job(o)
	case *batchv1.CronJob:
		p.cronJob(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		p.autoscaler(o)
	case *autoscalingv1.HorizontalPodAutoscaler:
		// Upstream asks for v2 first, whatever version was named.
		p.autoscaler(api.HorizontalPodAutoscalersV1.ToHub(o).(*autoscalingv2.HorizontalPodAutoscaler))
	case *policyv1.PodDisruptionBudget:
		p.disruptionBudget(o)
	default:
		return false
	}
	finish()
	return true
}

func selectorOrNothing(s *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return sel
}

// podsOf lists the pods that a controller's selector selects.
func (c *cmd) podsOf(o api.Object, sel labels.Selector, then func([]*corev1.Pod)) {
	c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: o.GetNamespace(), LabelSelector: sel}, func(r *api.Response) {
		then(typed[*corev1.Pod](r.Items))
	})
}

func (p *page) replicationController(rc *corev1.ReplicationController, pods []*corev1.Pod) {
	p.line(0, "Name:\t%s", rc.Name)
	p.line(0, "Namespace:\t%s", rc.Namespace)
	p.line(0, "Selector:\t%s", labels.FormatLabels(rc.Spec.Selector))
	p.labels("Labels", rc.Labels)
	p.annotations("Annotations", rc.Annotations)
	p.line(0, "Replicas:\t%d current / %d desired", rc.Status.Replicas, orOne(rc.Spec.Replicas))
	p.podsStatus(rc, pods)
	if rc.Spec.Template != nil {
		p.template(rc.Spec.Template)
	}
	if len(rc.Status.Conditions) > 0 {
		p.line(0, "Conditions:")
		p.line(1, "Type\tStatus\tReason")
		p.line(1, "----\t------\t------")
		for i := range rc.Status.Conditions {
			c := &rc.Status.Conditions[i]
			p.line(1, "%s \t%s\t%s", c.Type, c.Status, c.Reason)
		}
	}
}

func (p *page) statefulSet(s *appsv1.StatefulSet, pods []*corev1.Pod) {
	p.line(0, "Name:\t%s", s.Name)
	p.line(0, "Namespace:\t%s", s.Namespace)
	p.line(0, "CreationTimestamp:\t%s", stamp(s.CreationTimestamp))
	p.line(0, "Selector:\t%s", selectorText(s.Spec.Selector))
	p.labels("Labels", s.Labels)
	p.annotations("Annotations", s.Annotations)
	if s.Spec.ServiceName != "" {
		p.line(0, "Service Name:\t%s", s.Spec.ServiceName)
	}
	if s.Spec.PodManagementPolicy != "" {
		p.line(0, "Pod Management Policy:\t%s", s.Spec.PodManagementPolicy)
	}
	p.line(0, "Replicas:\t%d desired | %d total", orOne(s.Spec.Replicas), s.Status.Replicas)
	p.line(0, "Update Strategy:\t%s", s.Spec.UpdateStrategy.Type)
	if ru := s.Spec.UpdateStrategy.RollingUpdate; ru != nil && ru.Partition != nil {
		p.line(1, "Partition:\t%d", *ru.Partition)
		if ru.MaxUnavailable != nil {
			p.line(1, "MaxUnavailable:\t%s", ru.MaxUnavailable.String())
		}
	}
	if r := s.Spec.PersistentVolumeClaimRetentionPolicy; r != nil {
		p.line(0, "Persistent Volume Claim Retention Policy:")
		p.line(1, "WhenDeleted:\t%s", r.WhenDeleted)
		p.line(1, "WhenScaled:\t%s", r.WhenScaled)
	}
	p.podsStatus(s, pods)
	p.template(&s.Spec.Template)
	p.claimTemplates(s.Spec.VolumeClaimTemplates)
}

func (p *page) claimTemplates(claims []corev1.PersistentVolumeClaim) {
	if len(claims) == 0 {
		p.line(0, "Volume Claims:\t<none>")
		return
	}
	p.line(0, "Volume Claims:")
	for i := range claims {
		claim := &claims[i]
		class, ok := claim.Annotations[corev1.BetaStorageClassAnnotation]
		if !ok && claim.Spec.StorageClassName != nil {
			class = *claim.Spec.StorageClassName
		}
		p.line(1, "Name:\t%s", claim.Name)
		p.line(1, "StorageClass:\t%s", class)
		p.indented("Labels", claim.Labels)
		p.indented("Annotations", claim.Annotations)
		capacity := "<default>"
		if q, ok := claim.Spec.Resources.Requests[corev1.ResourceStorage]; ok {
			capacity = q.String()
		}
		p.line(1, "Capacity:\t%s", capacity)
		var modes []string
		for _, m := range claim.Spec.AccessModes {
			modes = append(modes, string(m))
		}
		p.line(1, "Access Modes:\t[%s]", strings.Join(modes, " "))
	}
}

// indented writes a map one level in, a line for each key.
func (p *page) indented(title string, m map[string]string) {
	if len(m) == 0 {
		p.line(1, "%s:\t<none>", title)
	}
	for i, k := range sortedKeys(m) {
		if i == 0 {
			p.line(1, "%s:\t%s=%s", title, k, m[k])
		} else {
			p.line(1, "\t%s=%s", k, m[k])
		}
	}
}

func (p *page) daemonSet(d *appsv1.DaemonSet, pods []*corev1.Pod) {
	s := &d.Status
	p.line(0, "Name:\t%s", d.Name)
	p.line(0, "Namespace:\t%s", d.Namespace)
	p.line(0, "Selector:\t%s", selectorText(d.Spec.Selector))
	p.line(0, "Node-Selector:\t%s", labels.FormatLabels(d.Spec.Template.Spec.NodeSelector))
	p.labels("Labels", d.Labels)
	p.annotations("Annotations", d.Annotations)
	p.line(0, "Desired Number of Nodes Scheduled: %d", s.DesiredNumberScheduled)
	p.line(0, "Current Number of Nodes Scheduled: %d", s.CurrentNumberScheduled)
	p.line(0, "Number of Nodes Scheduled with Up-to-date Pods: %d", s.UpdatedNumberScheduled)
	p.line(0, "Number of Nodes Scheduled with Available Pods: %d", s.NumberAvailable)
	p.line(0, "Number of Nodes Misscheduled: %d", s.NumberMisscheduled)
	p.podsStatus(d, pods)
	p.template(&d.Spec.Template)
}

func (p *page) job(j *batchv1.Job) {
	p.line(0, "Name:\t%s", j.Name)
	p.line(0, "Namespace:\t%s", j.Namespace)
	p.jobSelector(j.Spec.Selector)
	p.labels("Labels", j.Labels)
	p.annotations("Annotations", j.Annotations)
	if owner := controller(j); owner != "" {
		p.line(0, "Controlled By:\t%s", owner)
	}
	if n := j.Spec.Parallelism; n != nil {
		p.line(0, "Parallelism:\t%d", *n)
	}
	p.line(0, "Completions:\t%s", orUnset(j.Spec.Completions))
	if m := j.Spec.CompletionMode; m != nil {
		p.line(0, "Completion Mode:\t%s", *m)
	}
	if b := j.Spec.Suspend; b != nil {
		p.line(0, "Suspend:\t%t", *b)
	}
	if n := j.Spec.BackoffLimit; n != nil {
		p.line(0, "Backoff Limit:\t%d", *n)
	}
	if n := j.Spec.TTLSecondsAfterFinished; n != nil {
		p.line(0, "TTL Seconds After Finished:\t%d", *n)
	}
	start, end := j.Status.StartTime, j.Status.CompletionTime
	if start != nil {
		p.line(0, "Start Time:\t%s", stamp(*start))
	}
	if end != nil {
		p.line(0, "Completed At:\t%s", stamp(*end))
	}
	if start != nil && end != nil {
		p.line(0, "Duration:\t%s", duration.HumanDuration(end.Sub(start.Time)))
	}
	if n := j.Spec.ActiveDeadlineSeconds; n != nil {
		p.line(0, "Active Deadline Seconds:\t%ds", *n)
	}
	ready := ""
	if n := j.Status.Ready; n != nil {
		ready = fmt.Sprintf(" (%d Ready)", *n)
	}
	p.line(0, "Pods Statuses:\t%d Active%s / %d Succeeded / %d Failed", j.Status.Active, ready, j.Status.Succeeded, j.Status.Failed)
	if m := j.Spec.CompletionMode; m != nil && *m == batchv1.IndexedCompletion {
		p.line(0, "Completed Indexes:\t%s", orNone(shortIndexes(j.Status.CompletedIndexes)))
	}
	p.template(&j.Spec.Template)
}

func (p *page) jobSelector(s *metav1.LabelSelector) {
	if sel, err := metav1.LabelSelectorAsSelector(s); err == nil {
		p.line(0, "Selector:\t%s", sel.String())
	} else {
		p.line(0, "Selector:\tFailed to get selector: %s", err)
	}
}

func orUnset[T ~int32 | ~int64](n *T) string {
	if n == nil {
		return "<unset>"
	}
	return strconv.FormatInt(int64(*n), 10)
}

// shortIndexes cuts a list of indexes at the first comma after fifty characters.
func shortIndexes(list string) string {
	const most = 50
	if len(list) > most {
		if at := strings.IndexByte(list[most:], ','); at >= 0 {
			return list[:most+at+1] + "..."
		}
	}
	return list
}

func (p *page) cronJob(j *batchv1.CronJob) {
	spec := &j.Spec
	p.line(0, "Name:\t%s", j.Name)
	p.line(0, "Namespace:\t%s", j.Namespace)
	p.labels("Labels", j.Labels)
	p.annotations("Annotations", j.Annotations)
	p.line(0, "Schedule:\t%s", spec.Schedule)
	p.line(0, "Concurrency Policy:\t%s", spec.ConcurrencyPolicy)
	suspend, zone, last, deadline := "<unset>", "<unset>", "<unset>", "<unset>"
	if b := spec.Suspend; b != nil {
		suspend = "False"
		if *b {
			suspend = "True"
		}
	}
	if spec.TimeZone != nil {
		zone = *spec.TimeZone
	}
	if n := spec.StartingDeadlineSeconds; n != nil {
		deadline = strconv.FormatInt(*n, 10) + "s"
	}
	if t := j.Status.LastScheduleTime; t != nil {
		last = stamp(*t)
	}
	p.line(0, "Suspend:\t%s", suspend)
	p.line(0, "Time Zone:\t%s", zone)
	p.line(0, "Successful Job History Limit:\t%s", orUnset(spec.SuccessfulJobsHistoryLimit))
	p.line(0, "Failed Job History Limit:\t%s", orUnset(spec.FailedJobsHistoryLimit))
	p.line(0, "Starting Deadline Seconds:\t%s", deadline)
	t := &spec.JobTemplate.Spec
	if t.Selector != nil {
		p.jobSelector(t.Selector)
	} else {
		p.line(0, "Selector:\t<unset>")
	}
	p.line(0, "Parallelism:\t%s", orUnset(t.Parallelism))
	p.line(0, "Completions:\t%s", orUnset(t.Completions))
	if n := t.ActiveDeadlineSeconds; n != nil {
		p.line(0, "Active Deadline Seconds:\t%ds", *n)
	}
	p.template(&t.Template)
	p.line(0, "Last Schedule Time:\t%s", last)
	var active []string
	for i := range j.Status.Active {
		active = append(active, j.Status.Active[i].Name)
	}
	p.line(0, "Active Jobs:\t%s", orNone(strings.Join(active, ", ")))
}

func (p *page) disruptionBudget(b *policyv1.PodDisruptionBudget) {
	p.line(0, "Name:\t%s", b.Name)
	p.line(0, "Namespace:\t%s", b.Namespace)
	if v := b.Spec.MinAvailable; v != nil {
		p.line(0, "Min available:\t%s", v.String())
	} else if v := b.Spec.MaxUnavailable; v != nil {
		p.line(0, "Max unavailable:\t%s", v.String())
	}
	if b.Spec.Selector != nil {
		p.line(0, "Selector:\t%s", metav1.FormatLabelSelector(b.Spec.Selector))
	} else {
		p.line(0, "Selector:\t<unset>")
	}
	p.line(0, "Status:")
	p.line(2, "Allowed disruptions:\t%d", b.Status.DisruptionsAllowed)
	p.line(2, "Current:\t%d", b.Status.CurrentHealthy)
	p.line(2, "Desired:\t%d", b.Status.DesiredHealthy)
	p.line(2, "Total:\t%d", b.Status.ExpectedPods)
}
