package localpath

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// Names of what is shipped.
const (
	Namespace   = "local-path-storage"
	Program     = "local-path-provisioner"
	Image       = "docker.io/kindest/local-path-provisioner:v20250214-acbabc1a"
	HelperImage = "docker.io/kindest/local-path-helper:v20241212-8ac705d0"
	Account     = "local-path-provisioner-service-account"
	provisioner = "rancher.io/local-path"
	directory   = "/var/local-path-provisioner"
	configMap   = "local-path-config"
	role        = "local-path-provisioner-role"
)

// Objects are what kind applies (pkg/build/nodeimage/const_storage.go).
func Objects() []api.Object {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: Namespace} }
	rule := func(group, resources, verbs []string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: group, Resources: resources, Verbs: verbs}
	}
	core, read := []string{""}, []string{"get", "list", "watch"}
	taint := func(name string) corev1.Toleration {
		return corev1.Toleration{Key: "node-role.kubernetes.io/" + name, Operator: corev1.TolerationOpEqual, Effect: corev1.TaintEffectNoSchedule}
	}
	labels := map[string]string{"app": Program}
	one, wait, reclaim := int32(1), storagev1.VolumeBindingWaitForFirstConsumer, corev1.PersistentVolumeReclaimDelete
	return []api.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}},
		&corev1.ServiceAccount{ObjectMeta: meta(Account)},
		&rbacv1.Role{ObjectMeta: meta(role), Rules: []rbacv1.PolicyRule{
			rule(core, []string{"pods"}, []string{"get", "list", "watch", "create", "patch", "update", "delete"}),
		}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: role}, Rules: []rbacv1.PolicyRule{
			rule(core, []string{"nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"}, read),
			rule(core, []string{"persistentvolumes"}, []string{"get", "list", "watch", "create", "patch", "update", "delete"}),
			rule(core, []string{"events"}, []string{"create", "patch"}),
			rule([]string{"storage.k8s.io"}, []string{"storageclasses"}, read),
		}},
		&rbacv1.RoleBinding{ObjectMeta: meta("local-path-provisioner-bind"), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: Account, Namespace: Namespace}}},
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "local-path-provisioner-bind"},
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: Account, Namespace: Namespace}}},
		&corev1.ConfigMap{ObjectMeta: meta(configMap), Data: map[string]string{
			"config.json": "{\n        \"nodePathMap\":[\n        {\n                \"node\":\"DEFAULT_PATH_FOR_NON_LISTED_NODES\",\n                \"paths\":[\"" + directory + "\"]\n        }\n        ]\n}",
			"setup":       "#!/bin/sh\nset -eu\nmkdir -m 0777 -p \"$VOL_DIR\"",
			"teardown":    "#!/bin/sh\nset -eu\nrm -rf \"$VOL_DIR\"",
			"helperPod.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: helper-pod\nspec:\n  containers:\n  - name: helper-pod\n    image: " + HelperImage +
				"\n    imagePullPolicy: IfNotPresent",
		}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "standard", Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}},
			Provisioner: provisioner, VolumeBindingMode: &wait, ReclaimPolicy: &reclaim},
		&appsv1.Deployment{ObjectMeta: meta(Program), Spec: appsv1.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				NodeSelector: map[string]string{"kubernetes.io/os": "linux"},
				Tolerations:  []corev1.Toleration{taint("control-plane"), taint("master")},
				Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
					Weight: 100, Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{
						Key: "node-role.kubernetes.io/control-plane", Operator: corev1.NodeSelectorOpExists}}}}}}},
				ServiceAccountName: Account,
				Containers: []corev1.Container{{
					Name: Program, Image: Image, ImagePullPolicy: corev1.PullIfNotPresent,
					Command:      []string{Program, "--debug", "start", "--helper-image", HelperImage, "--config", "/etc/config/config.json"},
					VolumeMounts: []corev1.VolumeMount{{Name: "config-volume", MountPath: "/etc/config/"}},
					Env: []corev1.EnvVar{
						{Name: "POD_NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
						{Name: "CONFIG_MOUNT_PATH", Value: "/etc/config/"},
					},
				}},
				Volumes: []corev1.Volume{{Name: "config-volume", VolumeSource: corev1.VolumeSource{
					ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: configMap}}}}},
			}},
		}},
	}
}
