package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The workload kinds beyond Deployment and ReplicaSet (upstream: pkg/apis/GROUP/VERSION/defaults.go). Each function
// reports whether the kind is one of them.

func setWorkloads(obj runtime.Object) bool {
	switch o := obj.(type) {
	case *corev1.ReplicationController:
		setReplicationController(o)
	case *corev1.PodTemplate:
		PodTemplate(&o.Template)
	case *appsv1.StatefulSet:
		setStatefulSet(o)
	case *appsv1.DaemonSet:
		setDaemonSet(o)
	case *appsv1.ControllerRevision:
	case *batchv1.Job:
		setJob(o)
	case *batchv1.CronJob:
		setCronJob(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		setAutoscaler(o)
	case *autoscalingv1.HorizontalPodAutoscaler:
		orElse(&o.Spec.MinReplicas, 1) // the CPU target comes with the conversion to v2
	default:
		return false
	}
	return true
}

// setReplicationController: the template's labels stand in for a selector and for labels of its own. The maps are
// shared, as upstream shares them; nobody writes into them.
func setReplicationController(rc *corev1.ReplicationController) {
	spec := &rc.Spec
	if spec.Template != nil {
		if labels := spec.Template.Labels; labels != nil {
			if len(spec.Selector) == 0 {
				spec.Selector = labels
			}
			if len(rc.Labels) == 0 {
				rc.Labels = labels
			}
		}
		PodTemplate(spec.Template)
	}
	orElse(&spec.Replicas, 1)
}

func setStatefulSet(s *appsv1.StatefulSet) {
	spec := &s.Spec
	orValue(&spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	strategy := &spec.UpdateStrategy
	if strategy.Type == "" {
		strategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		if strategy.RollingUpdate == nil {
			strategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{}
		}
	}
	// A strategy that is named without its parameters stays without them.
	if strategy.Type == appsv1.RollingUpdateStatefulSetStrategyType && strategy.RollingUpdate != nil {
		orElse(&strategy.RollingUpdate.Partition, 0)
		orElse(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
	}
	if spec.PersistentVolumeClaimRetentionPolicy == nil {
		spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{}
	}
	orValue(&spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	orValue(&spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	orElse(&spec.Replicas, 1)
	orElse(&spec.RevisionHistoryLimit, 10)
	PodTemplate(&spec.Template)
	for i := range spec.VolumeClaimTemplates {
		setClaimTemplate(&spec.VolumeClaimTemplates[i])
	}
}

// setClaimTemplate: the API server writes claims inside a StatefulSet out with their kind and a phase.
func setClaimTemplate(c *corev1.PersistentVolumeClaim) {
	c.APIVersion, c.Kind = "v1", "PersistentVolumeClaim"
	orValue(&c.Status.Phase, corev1.ClaimPending)
	orElse(&c.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	roundToMilli(c.Spec.Resources.Limits)
	roundToMilli(c.Spec.Resources.Requests)
	roundToMilli(c.Status.Capacity)
	roundToMilli(c.Status.AllocatedResources)
}

func setDaemonSet(d *appsv1.DaemonSet) {
	strategy := &d.Spec.UpdateStrategy
	orValue(&strategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if strategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		if strategy.RollingUpdate == nil {
			strategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{}
		}
		orElse(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		orElse(&strategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	orElse(&d.Spec.RevisionHistoryLimit, 10)
	PodTemplate(&d.Spec.Template)
}
