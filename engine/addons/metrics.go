package addons

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiregistration"
	"tabernetes/engine/api/metrics"
)

// MetricsServerImage is what the Deployment of metrics-server runs.
const MetricsServerImage = "registry.k8s.io/metrics-server/metrics-server:v0.8.1"

const metricsServer = "metrics-server"

func ptr[T any](v T) *T { return &v }

func meta(namespace, name string, more ...string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"k8s-app": metricsServer}}
	for i := 0; i < len(more); i += 2 {
		m.Labels[more[i]] = more[i+1]
	}
	return m
}

// MetricsServer are the objects of metrics-server's components.yaml, in its order.
func MetricsServer() []api.Object {
	const ns = metav1.NamespaceSystem
	account := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: metricsServer, Namespace: ns}}
	role := func(kind, name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	read := []string{"get", "list", "watch"}
	const aggregate = "rbac.authorization.k8s.io/aggregate-to-"
	return []api.Object{
		&corev1.ServiceAccount{ObjectMeta: meta(ns, metricsServer)},
		&rbacv1.ClusterRole{ObjectMeta: meta("", "system:aggregated-metrics-reader", aggregate+"admin", "true", aggregate+"edit", "true", aggregate+"view", "true"),
			Rules: []rbacv1.PolicyRule{{APIGroups: []string{metrics.GroupName}, Resources: []string{"pods", "nodes"}, Verbs: read}}},
		&rbacv1.ClusterRole{ObjectMeta: meta("", "system:metrics-server"), Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"nodes/metrics"}, Verbs: []string{"get"}},
			{APIGroups: []string{""}, Resources: []string{"pods", "nodes"}, Verbs: read}}},
		&rbacv1.RoleBinding{ObjectMeta: meta(ns, "metrics-server-auth-reader"), RoleRef: role("Role", "extension-apiserver-authentication-reader"), Subjects: account},
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "metrics-server:system:auth-delegator"), RoleRef: role("ClusterRole", "system:auth-delegator"), Subjects: account},
		&rbacv1.ClusterRoleBinding{ObjectMeta: meta("", "system:metrics-server"), RoleRef: role("ClusterRole", "system:metrics-server"), Subjects: account},
		&corev1.Service{ObjectMeta: meta(ns, metricsServer), Spec: corev1.ServiceSpec{
			Ports:    []corev1.ServicePort{{Name: "https", AppProtocol: ptr("https"), Port: 443, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString("https")}},
			Selector: map[string]string{"k8s-app": metricsServer}}},
		metricsDeployment(),
		&apiregistration.APIService{ObjectMeta: meta("", "v1beta1.metrics.k8s.io"), Spec: apiregistration.APIServiceSpec{
			Group: metrics.GroupName, GroupPriorityMinimum: 100, InsecureSkipTLSVerify: true, Version: "v1beta1", VersionPriority: 100,
			Service: &apiregistration.ServiceReference{Name: metricsServer, Namespace: ns}}},
	}
}

func metricsDeployment() *appsv1.Deployment {
	probe := func(path string, delay int32) *corev1.Probe {
		return &corev1.Probe{FailureThreshold: 3, PeriodSeconds: 10, InitialDelaySeconds: delay, ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("https"), Scheme: corev1.URISchemeHTTPS}}}
	}
	const master = "node-role.kubernetes.io/control-plane"
	labels := map[string]string{"k8s-app": metricsServer}
	return &appsv1.Deployment{ObjectMeta: meta(metav1.NamespaceSystem, metricsServer), Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Strategy: appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: ptr(intstr.FromInt32(0))}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			Containers: []corev1.Container{{
				Name: metricsServer, Image: MetricsServerImage, ImagePullPolicy: corev1.PullIfNotPresent,
				Args: []string{"--cert-dir=/tmp", "--secure-port=10250", "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
					"--kubelet-use-node-status-port", "--metric-resolution=15s"},
				Ports:         []corev1.ContainerPort{{ContainerPort: 10250, Name: "https", Protocol: corev1.ProtocolTCP}},
				LivenessProbe: probe("/livez", 0), ReadinessProbe: probe("/readyz", 20),
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("200Mi")}},
				SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: ptr(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					ReadOnlyRootFilesystem: ptr(true), RunAsNonRoot: ptr(true), RunAsUser: ptr(int64(1000)),
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
				VolumeMounts: []corev1.VolumeMount{{MountPath: "/tmp", Name: "tmp-dir"}},
			}},
			NodeSelector:       map[string]string{corev1.LabelOSStable: "linux"},
			PriorityClassName:  "system-cluster-critical",
			ServiceAccountName: metricsServer,
			Volumes:            []corev1.Volume{{Name: "tmp-dir", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
			Tolerations:        []corev1.Toleration{{Key: master, Effect: corev1.TaintEffectNoSchedule}},
			Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
				Weight: 100, Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: master, Operator: corev1.NodeSelectorOpExists}}}}}}},
		}},
	}}
}
