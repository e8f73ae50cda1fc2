package warnings

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

func ptr[T any](v T) *T { return &v }

func TestCreate(t *testing.T) {
	items := func(paths ...string) (out []corev1.KeyToPath) {
		for _, p := range paths {
			out = append(out, corev1.KeyToPath{Key: "k", Path: p})
		}
		return out
	}
	for _, c := range []struct {
		name string
		obj  api.Object
		want []string
	}{
		{"nothing", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}}, nil},
		{"pod", &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "a.b", Annotations: map[string]string{"scheduler.alpha.kubernetes.io/critical-pod": "", "seccomp.security.alpha.kubernetes.io/pod": "x", "container.apparmor.security.beta.kubernetes.io/c": "unconfined"}},
			Spec: corev1.PodSpec{
				Containers: []corev1.Container{
					{Name: "c", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: "TCP"}, {ContainerPort: 81, Protocol: "TCP", HostIP: "10.0.0.1"}},
						Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"memory": resource.MustParse("100m")}}},
					{Name: "d", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: "TCP"}}},
				},
				TopologySpreadConstraints:     []corev1.TopologySpreadConstraint{{TopologyKey: "failure-domain.beta.kubernetes.io/zone"}},
				HostAliases:                   []corev1.HostAlias{{IP: "1.2.3.4"}, {IP: "1.2.3.4"}, {IP: "::FFFF"}},
				ImagePullSecrets:              []corev1.LocalObjectReference{{Name: "a"}, {Name: "a"}, {}},
				TerminationGracePeriodSeconds: ptr(int64(-1)),
			},
		}, []string{
			"metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
			`spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
			"spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
			`metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead`,
			`spec.hostAliases[1].ip: duplicate ip "1.2.3.4"`,
			`spec.imagePullSecrets[1].name: duplicate name "a"`,
			`spec.imagePullSecrets[2].name: invalid empty name ""`,
			`metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`,
			`metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead`,
			`spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer`,
			"spec.containers[0].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:81 Protocol:TCP HostIP:10.0.0.1}",
			"spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
			`spec.containers[1].ports[0]: duplicate port name "http" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]`,
			"spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
			`spec.hostAliases[2].ip: IPv6 address "::FFFF" should be in RFC 5952 canonical format ("::ffff")`,
		}},
		{"volumes", &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Volumes: []corev1.Volume{
			{Name: "g", VolumeSource: corev1.VolumeSource{GitRepo: &corev1.GitRepoVolumeSource{}}},
			{Name: "m", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "cfg"}, Items: items("a", "a/b", "c")}}},
			{Name: "p", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
				{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}, Items: items("token")}},
			}}}},
		}}}}}, []string{
			"spec.template.spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
			`volume "m" (ConfigMap "cfg"): overlapping paths: "a/b" with "a"`,
			`volume "p" (Projected): overlapping paths: "token" (Secret "s") with "token" (ServiceAccountToken)`,
		}},
		{"service", &corev1.Service{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"service.kubernetes.io/topology-aware-hints": "auto"}}, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.0.0.1", ClusterIPs: []string{"10.0.0.1"}, ExternalIPs: []string{"1.2.3.4"}, ExternalName: "x",
			LoadBalancerSourceRanges: []string{"10.1.2.3/8"}, TrafficDistribution: ptr("PreferClose"),
		}}, []string{
			"annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
			"spec.externalIPs is deprecated and may no longer be implemented in some clusters",
			`spec.loadBalancerSourceRanges[0]: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)`,
			`spec.externalName is ignored when spec.type is not "ExternalName"`,
			`spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"`,
		}},
		{"ingress", &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"kubernetes.io/ingress.class": "nginx"}}},
			[]string{`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`}},
		{"quota", &corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"cpu": resource.MustParse("2"), "limits.cpu": resource.MustParse("1")}}},
			[]string{"ResourceQuota cpu (2) should be less than limits.cpu (1)"}},
		{"job", &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: batchv1.JobSpec{CompletionMode: ptr(batchv1.IndexedCompletion), Completions: ptr(int32(200_000)), Parallelism: ptr(int32(20_000))}},
			[]string{"spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"}},
		{"secret", &corev1.Secret{Type: corev1.SecretTypeTLS, Data: map[string][]byte{"tls.crt": []byte("x"), "tls.key": nil}}, []string{"tls: failed to find any PEM data in certificate input"}},
		{"volume", &corev1.PersistentVolume{Spec: corev1.PersistentVolumeSpec{PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRecycle}},
			[]string{"spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, Create(c.obj)) })
	}
}

func TestUpdate(t *testing.T) {
	d := &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{NodeSelector: map[string]string{"beta.kubernetes.io/arch": "x"}}}}}
	require.Empty(t, Update(d, d), "the template is old")
	next := d.DeepCopy()
	next.Generation = 2
	require.Equal(t, []string{`spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead`}, Update(next, d))
	cj := &batchv1.CronJob{Spec: batchv1.CronJobSpec{Schedule: "TZ=UTC * * * * *"}}
	require.Equal(t, []string{"cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"}, Update(cj, cj))
}
