package api

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// Workloads beyond Deployment and ReplicaSet, what scales them and what protects them.
var (
	PodTemplates = &Resource{
		Version: "v1", Kind: "PodTemplate", Name: "podtemplates", Singular: "podtemplate", Namespaced: true,
		New: empty[corev1.PodTemplate](), NewList: listOf[corev1.PodTemplateList](),
	}
	ReplicationControllers = &Resource{
		Version: "v1", Kind: "ReplicationController", Name: "replicationcontrollers", Singular: "replicationcontroller", ShortNames: []string{"rc"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status", "scale"},
		New: empty[corev1.ReplicationController](), NewList: listOf[corev1.ReplicationControllerList](),
		FieldNames: []string{"status.replicas"}, Field: replicationControllerField, Describe: describeReplicationController,
	}
	ControllerRevisions = &Resource{
		Group: "apps", Version: "v1", Kind: "ControllerRevision", Name: "controllerrevisions", Singular: "controllerrevision", Namespaced: true,
		New: empty[appsv1.ControllerRevision](), NewList: listOf[appsv1.ControllerRevisionList](),
		Describe: describeRevision,
	}
	DaemonSets = &Resource{
		Group: "apps", Version: "v1", Kind: "DaemonSet", Name: "daemonsets", Singular: "daemonset", ShortNames: []string{"ds"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[appsv1.DaemonSet](), NewList: listOf[appsv1.DaemonSetList](),
		Describe: describeDaemonSet,
	}
	StatefulSets = &Resource{
		Group: "apps", Version: "v1", Kind: "StatefulSet", Name: "statefulsets", Singular: "statefulset", ShortNames: []string{"sts"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status", "scale"},
		New: empty[appsv1.StatefulSet](), NewList: listOf[appsv1.StatefulSetList](),
		Describe: describeStatefulSet,
	}
	CronJobs = &Resource{
		Group: "batch", Version: "v1", Kind: "CronJob", Name: "cronjobs", Singular: "cronjob", ShortNames: []string{"cj"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[batchv1.CronJob](), NewList: listOf[batchv1.CronJobList](),
		Describe: describeCronJob,
	}
	Jobs = &Resource{
		Group: "batch", Version: "v1", Kind: "Job", Name: "jobs", Singular: "job", Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[batchv1.Job](), NewList: listOf[batchv1.JobList](),
		FieldNames: []string{"status.successful"}, Field: jobField, Describe: describeJob,
	}
	HorizontalPodAutoscalers = &Resource{
		Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler", Name: "horizontalpodautoscalers", Singular: "horizontalpodautoscaler", ShortNames: []string{"hpa"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[autoscalingv2.HorizontalPodAutoscaler](), NewList: listOf[autoscalingv2.HorizontalPodAutoscalerList](),
		Describe: describeAutoscaler, Heartbeat: autoscalerHeartbeat,
	}
	HorizontalPodAutoscalersV1 = &Resource{
		Group: "autoscaling", Version: "v1", Kind: "HorizontalPodAutoscaler", Name: "horizontalpodautoscalers", Singular: "horizontalpodautoscaler", ShortNames: []string{"hpa"}, Categories: []string{"all"}, Namespaced: true, Subresources: []string{"status"},
		Hub: HorizontalPodAutoscalers, New: empty[autoscalingv1.HorizontalPodAutoscaler](), NewList: listOf[autoscalingv1.HorizontalPodAutoscalerList](),
		ToHub: autoscalerToV2, FromHub: autoscalerToV1,
	}
	PodDisruptionBudgets = &Resource{
		Group: "policy", Version: "v1", Kind: "PodDisruptionBudget", Name: "poddisruptionbudgets", Singular: "poddisruptionbudget", ShortNames: []string{"pdb"}, Namespaced: true, Subresources: []string{"status"},
		New: empty[policyv1.PodDisruptionBudget](), NewList: listOf[policyv1.PodDisruptionBudgetList](),
		Describe: describeDisruptionBudget,
	}
)
