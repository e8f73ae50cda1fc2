package defaults

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestPullPolicyByImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for image, want := range map[string]corev1.PullPolicy{
		"nginx": "Always", "nginx:latest": "Always", "nginx:1.26": "IfNotPresent",
		"localhost:5000/a/b": "Always", "localhost:5000/a/b:v1": "IfNotPresent",
		"nginx@" + digest: "IfNotPresent", "nginx:latest@" + digest: "Always",
		"gcr.io/google-samples/gb-frontend:v5": "IfNotPresent", "Registry.Example/a": "Always",
		// Not references at all: nothing says that they move.
		"": "IfNotPresent", "Nginx": "IfNotPresent", "a//b": "IfNotPresent", "nginx:": "IfNotPresent",
		" nginx": "IfNotPresent", strings.Repeat("a", 64): "IfNotPresent", strings.Repeat("y", 300): "IfNotPresent",
	} {
		assert.Equal(t, want, pullPolicyFor(image, ""), image)
	}
	assert.Equal(t, corev1.PullNever, pullPolicyFor("nginx", corev1.PullNever))
}

func containerWith(requests, limits corev1.ResourceList) corev1.Container {
	return corev1.Container{Name: "c", Image: "nginx", Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}
}

func list(cpu, memory string) corev1.ResourceList {
	l := corev1.ResourceList{}
	if cpu != "" {
		l[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if memory != "" {
		l[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return l
}

func TestQOSClass(t *testing.T) {
	for name, c := range map[string]struct {
		spec corev1.PodSpec
		want corev1.PodQOSClass
	}{
		"nothing":        {corev1.PodSpec{Containers: []corev1.Container{containerWith(nil, nil)}}, corev1.PodQOSBestEffort},
		"equal":          {corev1.PodSpec{Containers: []corev1.Container{containerWith(list("1", "1Gi"), list("1", "1Gi"))}}, corev1.PodQOSGuaranteed},
		"cpu only":       {corev1.PodSpec{Containers: []corev1.Container{containerWith(list("1", ""), list("1", ""))}}, corev1.PodQOSBurstable},
		"requests":       {corev1.PodSpec{Containers: []corev1.Container{containerWith(list("1", "1Gi"), nil)}}, corev1.PodQOSBurstable},
		"one of two":     {corev1.PodSpec{Containers: []corev1.Container{containerWith(list("1", "1Gi"), list("1", "1Gi")), containerWith(nil, nil)}}, corev1.PodQOSBurstable},
		"init counts":    {corev1.PodSpec{InitContainers: []corev1.Container{containerWith(nil, nil)}, Containers: []corev1.Container{containerWith(list("1", "1Gi"), list("1", "1Gi"))}}, corev1.PodQOSBurstable},
		"pod level wins": {corev1.PodSpec{Resources: &corev1.ResourceRequirements{Requests: list("1", "1Gi"), Limits: list("1", "1Gi")}, Containers: []corev1.Container{containerWith(nil, nil)}}, corev1.PodQOSGuaranteed},
	} {
		assert.Equal(t, c.want, QOSClass(&c.spec), name)
	}
}

// TestPodsShareTheirTemplate: what only a Pod gets must not leak into the template whose slices it shares.
func TestPodsShareTheirTemplate(t *testing.T) {
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		HostNetwork:               true,
		Containers:                []corev1.Container{{Name: "c", Image: "nginx", Ports: []corev1.ContainerPort{{ContainerPort: 80}}, Resources: corev1.ResourceRequirements{Limits: list("1", "")}}},
		Resources:                 &corev1.ResourceRequirements{Limits: list("2", "")},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{MatchLabelKeys: []string{"app"}, LabelSelector: &metav1.LabelSelector{}}},
	}}
	PodTemplate(&template)
	before := template.DeepCopy()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "x"}}, Spec: template.Spec}
	Set(pod)
	PrepareForCreate(pod)
	assert.Equal(t, before, &template)
	assert.Equal(t, list("1", ""), pod.Spec.Containers[0].Resources.Requests)
	assert.EqualValues(t, 80, pod.Spec.Containers[0].Ports[0].HostPort)
	assert.Equal(t, "x", pod.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions[0].Values[0])
	again := pod.DeepCopy()
	Set(again)
	assert.Equal(t, pod, again, "defaulting twice changes nothing")
}

func TestServiceDefaults(t *testing.T) {
	s := &corev1.Service{Spec: corev1.ServiceSpec{
		Type: corev1.ServiceTypeLoadBalancer, SessionAffinity: corev1.ServiceAffinityClientIP, Ports: []corev1.ServicePort{{Port: 80}},
	}}
	Set(s)
	assert.Equal(t, corev1.ServiceExternalTrafficPolicyCluster, s.Spec.ExternalTrafficPolicy)
	assert.True(t, *s.Spec.AllocateLoadBalancerNodePorts)
	assert.EqualValues(t, 10800, *s.Spec.SessionAffinityConfig.ClientIP.TimeoutSeconds)
	assert.Equal(t, intstr.FromInt32(80), s.Spec.Ports[0].TargetPort)
	assert.Equal(t, corev1.ProtocolTCP, s.Spec.Ports[0].Protocol)
}

func TestServiceUpdateKeepsAndDropsAllocations(t *testing.T) {
	old := &corev1.Service{Spec: corev1.ServiceSpec{
		Type: corev1.ServiceTypeNodePort, ClusterIP: "10.96.0.9", ClusterIPs: []string{"10.96.0.9"},
		Ports: []corev1.ServicePort{{Port: 80, Protocol: "TCP", NodePort: 30080}},
	}}
	again := &corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, Ports: []corev1.ServicePort{{Port: 80, Protocol: "TCP"}}}}
	PrepareForUpdate(again, old)
	assert.Equal(t, old.Spec, again.Spec)
	inner := old.DeepCopy()
	inner.Spec.Type = corev1.ServiceTypeClusterIP
	PrepareForUpdate(inner, old)
	assert.Zero(t, inner.Spec.Ports[0].NodePort)
	outer := old.DeepCopy()
	outer.Spec.Type = corev1.ServiceTypeExternalName
	PrepareForUpdate(outer, old)
	assert.Empty(t, outer.Spec.ClusterIPs)
	headless := &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone}}
	PrepareForCreate(headless)
	assert.Equal(t, []string{"None"}, headless.Spec.ClusterIPs)
}

func TestGenerationCountsSpecChanges(t *testing.T) {
	one := int32(1)
	old := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Generation: 4, UID: "u"}, Spec: appsv1.DeploymentSpec{Replicas: &one}, Status: appsv1.DeploymentStatus{Replicas: 1}}
	same := old.DeepCopy()
	same.Labels, same.Generation, same.UID = map[string]string{"a": "b"}, 99, ""
	same.Status.Replicas = 7
	PrepareForUpdate(same, old)
	assert.EqualValues(t, 4, same.Generation)
	assert.EqualValues(t, 1, same.Status.Replicas)
	assert.EqualValues(t, "u", same.UID)
	annotated := old.DeepCopy()
	annotated.Annotations = map[string]string{"a": "b"}
	PrepareForUpdate(annotated, old)
	assert.EqualValues(t, 5, annotated.Generation)
	status := old.DeepCopy()
	status.Spec.Replicas, status.Status.Replicas = nil, 3
	PrepareForStatusUpdate(status, old)
	assert.Equal(t, old.Spec, status.Spec)
	assert.EqualValues(t, 3, status.Status.Replicas)
	assert.EqualValues(t, 4, status.Generation)
}

func TestSmallKinds(t *testing.T) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	Set(ns)
	PrepareForCreate(ns)
	assert.Equal(t, map[string]string{"kubernetes.io/metadata.name": "a"}, ns.Labels)
	assert.Equal(t, []corev1.FinalizerName{"kubernetes"}, ns.Spec.Finalizers)
	assert.Equal(t, corev1.NamespaceActive, ns.Status.Phase)

	secret := &corev1.Secret{StringData: map[string]string{"a": "b"}}
	Set(secret)
	assert.Equal(t, corev1.SecretTypeOpaque, secret.Type)
	assert.Equal(t, map[string][]byte{"a": []byte("b")}, secret.Data)

	node := &corev1.Node{Spec: corev1.NodeSpec{PodCIDR: "10.0.0.0/24"}, Status: corev1.NodeStatus{Capacity: list("4", "")}}
	Set(node)
	assert.Equal(t, node.Status.Capacity, node.Status.Allocatable)
	assert.Equal(t, []string{"10.0.0.0/24"}, node.Spec.PodCIDRs)

	slice := &discoveryv1.EndpointSlice{Ports: []discoveryv1.EndpointPort{{}}}
	Set(slice)
	assert.Equal(t, "", *slice.Ports[0].Name)
	assert.Equal(t, corev1.ProtocolTCP, *slice.Ports[0].Protocol)

	pod := &corev1.Pod{Spec: corev1.PodSpec{SchedulingGates: []corev1.PodSchedulingGate{{Name: "a"}}}}
	PrepareForCreate(pod)
	assert.Equal(t, "SchedulingGated", pod.Status.Conditions[0].Reason)
}
