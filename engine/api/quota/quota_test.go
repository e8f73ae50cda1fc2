package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

func ptr[T any](v T) *T { return &v }

func list(pairs ...string) List {
	out := List{}
	for i := 0; i < len(pairs); i += 2 {
		out[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return out
}

var now = time.Unix(1e9, 0)

func TestUsage(t *testing.T) {
	c := func(req, lim List) corev1.Container {
		return corev1.Container{Resources: corev1.ResourceRequirements{Requests: req, Limits: lim}}
	}
	sidecar := c(list("cpu", "100m"), nil)
	sidecar.RestartPolicy = ptr(corev1.ContainerRestartPolicyAlways)
	p := &corev1.Pod{Spec: corev1.PodSpec{
		InitContainers: []corev1.Container{sidecar, c(list("cpu", "1", "memory", "1Gi"), nil)},
		Containers:     []corev1.Container{c(list("cpu", "200m", "nvidia.com/gpu", "1"), list("cpu", "1")), c(list("cpu", "300m", "hugepages-2Mi", "4Mi"), nil)},
		Overhead:       list("cpu", "50m"),
	}}
	require.Equal(t, "count/pods=1,cpu=1150m,hugepages-2Mi=4Mi,limits.cpu=1050m,memory=1Gi,pods=1,requests.cpu=1150m,requests.hugepages-2Mi=4Mi,requests.memory=1Gi,requests.nvidia.com/gpu=1",
		Text(Usage(api.Pods, p, now)), "the init container and the sidecar before it, and the overhead")
	p.Status.Phase = corev1.PodSucceeded
	require.Equal(t, "count/pods=1", Text(Usage(api.Pods, p, now)))

	svc := &corev1.Service{Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 1}, {Port: 2}}}}
	require.Equal(t, "count/services=1,services=1,services.loadbalancers=1,services.nodeports=2", Text(Usage(api.Services, svc, now)))
	svc.Spec.AllocateLoadBalancerNodePorts = ptr(false)
	require.Equal(t, "count/services=1,services=1,services.loadbalancers=1,services.nodeports=0", Text(Usage(api.Services, svc, now)))

	claim := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: ptr("gold"), Resources: corev1.VolumeResourceRequirements{Requests: list("storage", "1500m")}}}
	require.Equal(t, "count/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/requests.storage=2,persistentvolumeclaims=1,requests.storage=2",
		Text(Usage(api.PersistentVolumeClaims, claim, now)))
	require.Equal(t, "count/deployments.apps=1", Text(Usage(api.Deployments, nil, now)))
	require.Equal(t, "count/secrets=1,secrets=1", Text(Usage(api.Secrets, nil, now)))
}

func TestScopes(t *testing.T) {
	p := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}, PriorityClassName: "high"}}
	is := func(scopes ...corev1.ResourceQuotaScope) bool {
		return InScope(&corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{Scopes: scopes}}, p)
	}
	require.True(t, is(corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotTerminating))
	require.False(t, is(corev1.ResourceQuotaScopeNotBestEffort))
	require.False(t, is(corev1.ResourceQuotaScopeTerminating))
	class := func(op corev1.ScopeSelectorOperator, values ...string) bool {
		return InScope(&corev1.ResourceQuota{Spec: corev1.ResourceQuotaSpec{ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{
			{ScopeName: corev1.ResourceQuotaScopePriorityClass, Operator: op, Values: values}}}}}, p)
	}
	require.True(t, class(corev1.ScopeSelectorOpIn, "low", "high"))
	require.False(t, class(corev1.ScopeSelectorOpNotIn, "high"))
	require.True(t, class(corev1.ScopeSelectorOpExists))
	require.False(t, class(corev1.ScopeSelectorOpDoesNotExist))
	p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{NamespaceSelector: &metav1.LabelSelector{}}}}}
	require.True(t, is(corev1.ResourceQuotaScopeCrossNamespacePodAffinity))
}

func TestApply(t *testing.T) {
	q := func(name string, hard, used List) *corev1.ResourceQuota {
		return &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ResourceQuotaSpec{Hard: hard}, Status: corev1.ResourceQuotaStatus{Hard: hard, Used: used}}
	}
	port := func(typ corev1.ServiceType) *corev1.Service {
		return &corev1.Service{Spec: corev1.ServiceSpec{Type: typ, Ports: []corev1.ServicePort{{Port: 80}}}}
	}
	quotas := []*corev1.ResourceQuota{q("a", list("services.nodeports", "1"), list("services.nodeports", "0")), q("b", list("pods", "1"), list("pods", "0"))}
	c := Charge{Resource: api.Services, Obj: port(corev1.ServiceTypeNodePort), Old: port(corev1.ServiceTypeClusterIP), Now: now}
	require.True(t, c.Handled())
	next, why := c.Apply(quotas)
	require.Empty(t, why)
	require.Equal(t, "services.nodeports=1", Text(next[0].Status.Used))
	require.Equal(t, "services.nodeports=0", Text(quotas[0].Status.Used), "what was given stays as it was")
	require.Same(t, quotas[1], next[1])
	_, why = c.Apply(next)
	require.Equal(t, "exceeded quota: a, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1", why)
	c = Charge{Resource: api.Services, Obj: port(corev1.ServiceTypeClusterIP), Old: port(corev1.ServiceTypeNodePort), Now: now}
	again, why := c.Apply(next)
	require.Empty(t, why)
	require.Equal(t, next, again, "the controller gives back, not the API server")
	c = Charge{Resource: api.Pods, Subresource: "status", Obj: &corev1.Pod{}, Old: &corev1.Pod{}}
	require.False(t, c.Handled())
}
