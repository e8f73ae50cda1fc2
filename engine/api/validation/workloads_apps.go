package validation

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const msgTemplateLabels = "`selector` does not match template `labels`"

// alwaysRunning: what these controllers keep alive must be restarted and cannot have an end.
func (e *errs) alwaysRunning(template *field.Path, spec *corev1.PodSpec, kind string) {
	oneOf(e, template.Child("spec", "restartPolicy"), spec.RestartPolicy, corev1.RestartPolicyAlways)
	if spec.ActiveDeadlineSeconds != nil {
		e.forbidden(template.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in "+kind+" is not Supported")
	}
}

func (e *errs) replicationControllerSpec(spec *corev1.ReplicationControllerSpec) {
	if len(spec.Selector) == 0 {
		e.required(specPath.Child("selector"), "")
	}
	template := specPath.Child("template")
	if spec.Template == nil {
		e.required(template, "")
		return
	}
	if len(spec.Selector) > 0 && !labels.SelectorFromSet(spec.Selector).Matches(labels.Set(spec.Template.Labels)) {
		e.invalid(template.Child("metadata", "labels"), spec.Template.Labels, msgTemplateLabels)
	}
	e.podTemplate(spec.Template, template)
	e.alwaysRunning(template, &spec.Template.Spec, "ReplicationController")
}

// replicationControllerDeclared is the second pass: the rules that stand beside the fields of the type. It leaves alone
// what an update does not change.
func (e *errs) replicationControllerDeclared(rc, old *corev1.ReplicationController) {
	if old == nil && rc.Name != "" {
		e.each(metaPath.Child("name"), rc.Name, subdomainName(rc.Name, false))
	}
	n := deref(rc.Spec.Replicas, 0)
	if old == nil || n != deref(old.Spec.Replicas, 0) {
		e.nonNegative(specPath.Child("replicas"), int64(n))
	}
	if old == nil || rc.Spec.MinReadySeconds != old.Spec.MinReadySeconds {
		e.nonNegative(specPath.Child("minReadySeconds"), int64(rc.Spec.MinReadySeconds))
	}
}

func (e *errs) replicationControllerStatus(s *corev1.ReplicationControllerStatus) {
	labeled := replicaCount{"fullyLabeledReplicas", int64(s.FullyLabeledReplicas)}
	ready := replicaCount{"readyReplicas", int64(s.ReadyReplicas)}
	available := replicaCount{"availableReplicas", int64(s.AvailableReplicas)}
	e.counts(replicaCount{"replicas", int64(s.Replicas)}, labeled, ready, available, replicaCount{"observedGeneration", s.ObservedGeneration})
	e.notAbove(s.Replicas, labeled, ready, available)
	e.availableAreReady(s.AvailableReplicas, s.ReadyReplicas)
}

func (e *errs) statefulSetSpec(spec *appsv1.StatefulSetSpec, update bool) {
	switch p := specPath.Child("podManagementPolicy"); spec.PodManagementPolicy {
	case "":
		e.required(p, "")
	case appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
	default:
		e.invalid(p, spec.PodManagementPolicy, "must be 'OrderedReady' or 'Parallel'")
	}
	e.statefulSetStrategy(specPath.Child("updateStrategy"), &spec.UpdateStrategy)
	if r := spec.PersistentVolumeClaimRetentionPolicy; r != nil {
		p := specPath.Child("persistentVolumeClaimRetentionPolicy")
		for _, f := range []struct {
			name   string
			policy appsv1.PersistentVolumeClaimRetentionPolicyType
		}{{"whenDeleted", r.WhenDeleted}, {"whenScaled", r.WhenScaled}} {
			oneOf(e, p.Child(f.name), f.policy, appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType)
		}
	}
	if !update { // they never change
		for i := range spec.VolumeClaimTemplates {
			e.claimSpec(specPath.Child("volumeClaimTemplates").Index(i).Child("spec"), &spec.VolumeClaimTemplates[i].Spec)
		}
	}
	e.nonNegative(specPath.Child("replicas"), int64(deref(spec.Replicas, 0)))
	e.nonNegative(specPath.Child("minReadySeconds"), int64(spec.MinReadySeconds))
	if spec.Ordinals != nil {
		e.nonNegative(specPath.Child("ordinals.start"), int64(spec.Ordinals.Start))
	}
	if !update && spec.ServiceName != "" {
		e.label(specPath.Child("serviceName"), spec.ServiceName)
	}
	p := specPath.Child("selector")
	if spec.Selector == nil {
		e.required(p, "")
	} else {
		e.labelSelector(p, spec.Selector)
		if len(spec.Selector.MatchLabels)+len(spec.Selector.MatchExpressions) == 0 {
			e.invalid(p, spec.Selector, "empty selector is invalid for statefulset")
		}
	}
	template := specPath.Child("template")
	if selector, err := metav1.LabelSelectorAsSelector(spec.Selector); err != nil {
		e.invalid(p, spec.Selector, "")
	} else {
		t := podOfSet(spec)
		if !selector.Empty() && !selector.Matches(labels.Set(t.Labels)) {
			e.invalid(template.Child("metadata", "labels"), t.Labels, msgTemplateLabels)
		}
		e.podTemplate(t, template)
		// Upstream looks at these a second time.
		e.labels(template.Child("labels"), t.Labels)
		e.annotations(template.Child("annotations"), t.Annotations)
		e.podAnnotations(template.Child("annotations"), t.Annotations, &t.Spec)
	}
	e.alwaysRunning(template, &spec.Template.Spec, "StatefulSet")
}

// podOfSet is the template as the controller will use it: host name, subdomain and the volumes of its claims are its own.
func podOfSet(spec *appsv1.StatefulSetSpec) *corev1.PodTemplateSpec {
	t := &spec.Template
	if t.Spec.Subdomain == "" && t.Spec.Hostname == "" && len(spec.VolumeClaimTemplates) == 0 {
		return t
	}
	c := *t
	c.Spec.Subdomain, c.Spec.Hostname = "", ""
	var volumes []corev1.Volume
	has := func(name string) bool {
		return slices.ContainsFunc(volumes, func(v corev1.Volume) bool { return v.Name == name })
	}
	for i := range spec.VolumeClaimTemplates {
		if name := spec.VolumeClaimTemplates[i].Name; !has(name) {
			volumes = append(volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name},
			}})
		}
	}
	claims := len(volumes)
	for _, v := range t.Spec.Volumes {
		if !slices.ContainsFunc(volumes[:claims], func(c corev1.Volume) bool { return c.Name == v.Name }) {
			volumes = append(volumes, v)
		}
	}
	c.Spec.Volumes = volumes
	return &c
}

func (e *errs) statefulSetStrategy(p *field.Path, s *appsv1.StatefulSetUpdateStrategy) {
	switch s.Type {
	case "":
		e.required(p, "")
	case appsv1.OnDeleteStatefulSetStrategyType:
		if s.RollingUpdate != nil {
			e.invalid(p.Child("rollingUpdate"), goNames{rollingInternals(s.RollingUpdate)}, "only allowed for updateStrategy 'RollingUpdate'")
		}
	case appsv1.RollingUpdateStatefulSetStrategyType:
		r := s.RollingUpdate
		if r == nil {
			return
		}
		e.nonNegative(p.Child("rollingUpdate", "partition"), int64(deref(r.Partition, 0)))
		if v := r.MaxUnavailable; v != nil {
			at := p.Child("rollingUpdate", "maxUnavailable")
			e.countOrPercent(at, *v)
			if amount(*v) == 0 {
				e.invalid(at, *v, "cannot be 0")
			}
			e.atMostAll(at, *v)
		}
	default:
		e.invalid(p, goNames{s}, "must be 'RollingUpdate' or 'OnDelete'")
	}
}

// rollingInternals: inside upstream the partition is a plain number.
func rollingInternals(r *appsv1.RollingUpdateStatefulSetStrategy) *appsv1.RollingUpdateStatefulSetStrategy {
	c := *r
	zero := int32(0)
	if c.Partition == nil {
		c.Partition = &zero
	}
	return &c
}

// statefulSetFrozen: what the pods of a set are bound to stays as it was.
func (e *errs) statefulSetFrozen(spec, was *appsv1.StatefulSetSpec) {
	immutable(e, specPath.Child("selector"), spec.Selector, was.Selector)
	immutableInternal(e, specPath.Child("volumeClaimTemplates"), untyped(spec.VolumeClaimTemplates), untyped(was.VolumeClaimTemplates))
	immutable(e, specPath.Child("serviceName"), spec.ServiceName, was.ServiceName)
	immutable(e, specPath.Child("podManagementPolicy"), spec.PodManagementPolicy, was.PodManagementPolicy)
}

// untyped is claims without the kind that only apps/v1 writes beside them.
func untyped(claims []corev1.PersistentVolumeClaim) []corev1.PersistentVolumeClaim {
	out := slices.Clone(claims)
	for i := range out {
		out[i].TypeMeta = metav1.TypeMeta{}
	}
	return out
}

func (e *errs) statefulSetStatus(set, old *appsv1.StatefulSet) {
	s := &set.Status
	ready := replicaCount{"readyReplicas", int64(s.ReadyReplicas)}
	current := replicaCount{"currentReplicas", int64(s.CurrentReplicas)}
	updated := replicaCount{"updatedReplicas", int64(s.UpdatedReplicas)}
	available := replicaCount{"availableReplicas", int64(s.AvailableReplicas)}
	e.counts(replicaCount{"replicas", int64(s.Replicas)}, ready, current, updated, available,
		replicaCount{"observedGeneration", s.ObservedGeneration}, replicaCount{"collisionCount", int64(deref(s.CollisionCount, 0))})
	e.notAbove(s.Replicas, ready, current, updated, available)
	if s.AvailableReplicas > s.ReadyReplicas {
		e.invalid(statusPath.Child("availableReplicas"), s.AvailableReplicas, "cannot be greater than status.readyReplicas")
	}
	e.objectMetaUpdate(&set.ObjectMeta, &old.ObjectMeta)
	e.collisionCount(s.CollisionCount, old.Status.CollisionCount)
}

func (e *errs) collisionCount(now, was *int32) {
	if was != nil && (now == nil || *now < *was) {
		e.invalid(statusPath.Child("collisionCount"), deref(now, 0), "cannot be decremented")
	}
}

func (e *errs) daemonSetSpec(spec *appsv1.DaemonSetSpec) {
	p, template := specPath.Child("selector"), specPath.Child("template")
	e.labelSelector(p, spec.Selector)
	if selector, err := metav1.LabelSelectorAsSelector(spec.Selector); err == nil && !selector.Matches(labels.Set(spec.Template.Labels)) {
		e.invalid(template.Child("metadata", "labels"), spec.Template.Labels, msgTemplateLabels)
	}
	if spec.Selector != nil && len(spec.Selector.MatchLabels)+len(spec.Selector.MatchExpressions) == 0 {
		e.invalid(p, spec.Selector, "empty selector is invalid for daemonset")
	}
	e.podTemplate(&spec.Template, template)
	e.alwaysRunning(template, &spec.Template.Spec, "DaemonSet")
	e.nonNegative(specPath.Child("minReadySeconds"), int64(spec.MinReadySeconds))
	e.daemonSetStrategy(specPath.Child("updateStrategy"), &spec.UpdateStrategy)
	e.nonNegative(specPath.Child("revisionHistoryLimit"), int64(deref(spec.RevisionHistoryLimit, 0)))
}

func (e *errs) daemonSetStrategy(p *field.Path, s *appsv1.DaemonSetUpdateStrategy) {
	switch s.Type {
	case appsv1.OnDeleteDaemonSetStrategyType:
	case appsv1.RollingUpdateDaemonSetStrategyType:
		rolling := p.Child("rollingUpdate")
		if s.RollingUpdate == nil {
			e.required(rolling, "")
			return
		}
		unavailable := deref(s.RollingUpdate.MaxUnavailable, intstr.FromInt32(0))
		surge := deref(s.RollingUpdate.MaxSurge, intstr.FromInt32(0))
		e.countOrPercent(rolling.Child("maxUnavailable"), unavailable)
		e.countOrPercent(rolling.Child("maxSurge"), surge)
		e.atMostAll(rolling.Child("maxUnavailable"), unavailable)
		e.atMostAll(rolling.Child("maxSurge"), surge)
		switch hasUnavailable, hasSurge := amount(unavailable) != 0, amount(surge) != 0; {
		case hasUnavailable && hasSurge:
			e.invalid(rolling.Child("maxSurge"), surge, "may not be set when maxUnavailable is non-zero")
		case !hasUnavailable && !hasSurge:
			e.required(rolling.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0")
		}
	default:
		e.add(field.NotSupported(p, goNames{s}, []string{string(appsv1.RollingUpdateDaemonSetStrategyType), string(appsv1.OnDeleteDaemonSetStrategyType)}))
	}
}

func (e *errs) daemonSetStatus(d, old *appsv1.DaemonSet) {
	e.objectMetaUpdate(&d.ObjectMeta, &old.ObjectMeta)
	s := &d.Status
	e.counts(replicaCount{"currentNumberScheduled", int64(s.CurrentNumberScheduled)}, replicaCount{"numberMisscheduled", int64(s.NumberMisscheduled)},
		replicaCount{"desiredNumberScheduled", int64(s.DesiredNumberScheduled)}, replicaCount{"numberReady", int64(s.NumberReady)},
		replicaCount{"observedGeneration", s.ObservedGeneration}, replicaCount{"updatedNumberScheduled", int64(s.UpdatedNumberScheduled)},
		replicaCount{"numberAvailable", int64(s.NumberAvailable)}, replicaCount{"numberUnavailable", int64(s.NumberUnavailable)},
		replicaCount{"collisionCount", int64(deref(s.CollisionCount, 0))})
	e.collisionCount(s.CollisionCount, old.Status.CollisionCount)
}
