package resourcequota

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/quota"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "default", Name: name} }

func amounts(pairs ...string) corev1.ResourceList {
	out := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		out[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return out
}

func pod(name string, change ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: meta(name), Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	for _, fn := range change {
		fn(p)
	}
	return p
}

func asks(requests, limits corev1.ResourceList) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources = corev1.ResourceRequirements{Requests: requests, Limits: limits}
	}
}

func priority(class string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.PriorityClassName = class }
}

func deadline(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = ptr.To(int64(60)) }

func claim(name, class, size string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{ObjectMeta: meta(name), Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class,
		Resources: corev1.VolumeResourceRequirements{Requests: amounts("storage", size)}}}
}

func service(name string, typ corev1.ServiceType, ports int) *corev1.Service {
	return &corev1.Service{ObjectMeta: meta(name), Spec: corev1.ServiceSpec{Type: typ, Ports: make([]corev1.ServicePort, ports)}}
}

func put(s *apitest.Server, o api.Object) {
	switch o := o.(type) {
	case *corev1.Pod:
		apitest.Put(s, o)
	case *corev1.Service:
		apitest.Put(s, o)
	case *corev1.PersistentVolumeClaim:
		apitest.Put(s, o)
	case *corev1.ConfigMap:
		apitest.Put(s, o)
	case *appsv1.Deployment:
		apitest.Put(s, o)
	}
}

// TestUsed is what a quota says is used of what is there (upstream's TestSyncResourceQuota, and the evaluators).
func TestUsed(t *testing.T) {
	elsewhere := pod("far", asks(amounts("cpu", "9"), nil))
	elsewhere.Namespace = "other"
	scopes := func(list ...corev1.ResourceQuotaScope) corev1.ResourceQuotaSpec {
		return corev1.ResourceQuotaSpec{Scopes: list}
	}
	selects := func(op corev1.ScopeSelectorOperator, values ...string) corev1.ResourceQuotaSpec {
		return corev1.ResourceQuotaSpec{ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{
			{ScopeName: corev1.ResourceQuotaScopePriorityClass, Operator: op, Values: values}}}}
	}
	classes := []api.Object{pod("none"), pod("low", priority("low")), pod("high", priority("high"))}
	cpu := amounts("cpu", "1")
	for name, c := range map[string]struct {
		spec corev1.ResourceQuotaSpec
		hard corev1.ResourceList
		have []api.Object
		want string
	}{
		"requests and limits": {hard: amounts("cpu", "9", "limits.memory", "9Gi", "requests.memory", "9Gi", "pods", "9"),
			have: []api.Object{pod("a", asks(amounts("cpu", "200m", "memory", "1Gi"), amounts("memory", "2Gi"))), pod("b", asks(cpu, nil)), elsewhere},
			want: "cpu=1200m,limits.memory=2Gi,pods=2,requests.memory=1Gi"},
		"extended resources": {hard: amounts("requests.nvidia.com/gpu", "4"),
			have: []api.Object{pod("a", asks(amounts("nvidia.com/gpu", "3"), amounts("nvidia.com/gpu", "3")))}, want: "requests.nvidia.com/gpu=3"},
		"pods that have ended": {hard: amounts("pods", "9", "count/pods", "9", "cpu", "9"),
			have: []api.Object{pod("a", asks(cpu, nil)), pod("b", asks(cpu, nil), func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })},
			want: "count/pods=2,cpu=1,pods=1"},
		"overdue to go": {hard: amounts("pods", "9"),
			have: []api.Object{pod("a", func(p *corev1.Pod) {
				p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ptr.To(metav1.Unix(0, 0)), ptr.To(int64(30))
			}), pod("b")}, want: "pods=1"},
		"terminating":       {spec: scopes(corev1.ResourceQuotaScopeTerminating), hard: amounts("pods", "9"), have: []api.Object{pod("a", deadline), pod("b"), pod("c")}, want: "pods=1"},
		"not terminating":   {spec: scopes(corev1.ResourceQuotaScopeNotTerminating), hard: amounts("pods", "9"), have: []api.Object{pod("a", deadline), pod("b"), pod("c")}, want: "pods=2"},
		"best effort":       {spec: scopes(corev1.ResourceQuotaScopeBestEffort), hard: amounts("pods", "9"), have: []api.Object{pod("a"), pod("b", asks(cpu, nil))}, want: "pods=1"},
		"not best effort":   {spec: scopes(corev1.ResourceQuotaScopeNotBestEffort), hard: amounts("pods", "9", "cpu", "9"), have: []api.Object{pod("a"), pod("b", asks(cpu, nil))}, want: "cpu=1,pods=1"},
		"two scopes":        {spec: scopes(corev1.ResourceQuotaScopeNotBestEffort, corev1.ResourceQuotaScopeTerminating), hard: amounts("pods", "9"), have: []api.Object{pod("a", deadline), pod("b", asks(cpu, nil)), pod("c", asks(cpu, nil), deadline)}, want: "pods=1"},
		"a class of":        {spec: selects(corev1.ScopeSelectorOpIn, "high", "higher"), hard: amounts("pods", "9"), have: classes, want: "pods=1"},
		"a class not of":    {spec: selects(corev1.ScopeSelectorOpNotIn, "high"), hard: amounts("pods", "9"), have: classes, want: "pods=2"},
		"any class":         {spec: selects(corev1.ScopeSelectorOpExists), hard: amounts("pods", "9"), have: classes, want: "pods=2"},
		"no class":          {spec: selects(corev1.ScopeSelectorOpDoesNotExist), hard: amounts("pods", "9"), have: classes, want: "pods=1"},
		"what has no scope": {spec: scopes(corev1.ResourceQuotaScopeTerminating), hard: amounts("services", "9", "pods", "9"), have: []api.Object{service("a", corev1.ServiceTypeClusterIP, 1)}, want: "pods=0,services=0"},
		"claims": {hard: amounts("persistentvolumeclaims", "9", "requests.storage", "99Gi", "gold.storageclass.storage.k8s.io/requests.storage", "99Gi", "gold.storageclass.storage.k8s.io/persistentvolumeclaims", "9"),
			have: []api.Object{claim("a", "gold", "1Gi"), claim("b", "gold", "2Gi"), claim("c", "tin", "4Gi")},
			want: "gold.storageclass.storage.k8s.io/persistentvolumeclaims=2,gold.storageclass.storage.k8s.io/requests.storage=3Gi,persistentvolumeclaims=3,requests.storage=7Gi"},
		"services": {hard: amounts("services", "9", "services.nodeports", "9", "services.loadbalancers", "9"),
			have: []api.Object{service("a", corev1.ServiceTypeClusterIP, 1), service("b", corev1.ServiceTypeNodePort, 2), service("c", corev1.ServiceTypeLoadBalancer, 3)},
			want: "services=3,services.loadbalancers=1,services.nodeports=5"},
		"numbers of objects": {hard: amounts("configmaps", "9", "count/configmaps", "9", "count/deployments.apps", "9"),
			have: []api.Object{&corev1.ConfigMap{ObjectMeta: meta("a")}, &appsv1.Deployment{ObjectMeta: meta("a")}, &appsv1.Deployment{ObjectMeta: meta("b")}},
			want: "configmaps=1,count/configmaps=1,count/deployments.apps=2"},
		"what nobody knows": {hard: amounts("example.com/x", "1", "count/nothing.example.com", "1", "pods", "1"), want: "pods=0"},
	} {
		s := apitest.New()
		for _, o := range c.have {
			put(s, o)
		}
		spec := c.spec
		spec.Hard = c.hard
		apitest.Put(s, &corev1.ResourceQuota{ObjectMeta: meta("q"), Spec: spec})
		s.Start("resourcequota", func(f *client.Informers) { Run(f) })
		s.Run(time.Second)
		q := apitest.Get[*corev1.ResourceQuota](s, "default", "q")
		assert.Equal(t, c.want, quota.Text(q.Status.Used), name)
		assert.Equal(t, quota.Text(c.hard), quota.Text(q.Status.Hard), name)
		n := len(s.Requests)
		s.Run(2 * Period)
		assert.Len(t, s.Requests, n, "%s: counted twice more, nothing to write", name)
	}
}

// TestCountsAnew is what makes the controller look again before five minutes have passed (replenishment).
func TestCountsAnew(t *testing.T) {
	s := apitest.New()
	put(s, service("a", corev1.ServiceTypeNodePort, 2))
	put(s, claim("a", "tin", "1Gi"))
	put(s, pod("a", deadline))
	put(s, &corev1.ConfigMap{ObjectMeta: meta("a")})
	quotas := func(name string, spec corev1.ResourceQuotaSpec) {
		apitest.Put(s, &corev1.ResourceQuota{ObjectMeta: meta(name), Spec: spec})
	}
	quotas("all", corev1.ResourceQuotaSpec{Hard: amounts("services.nodeports", "9", "requests.storage", "9Gi", "configmaps", "9")})
	quotas("long", corev1.ResourceQuotaSpec{Hard: amounts("pods", "9"), Scopes: []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeNotTerminating}})
	quotas("short", corev1.ResourceQuotaSpec{Hard: amounts("pods", "9"), Scopes: []corev1.ResourceQuotaScope{corev1.ResourceQuotaScopeTerminating}})
	s.Start("resourcequota", func(f *client.Informers) { Run(f) })
	used := func(name string) string {
		s.Run(time.Second)
		return quota.Text(apitest.Get[*corev1.ResourceQuota](s, "default", name).Status.Used)
	}
	require.Equal(t, "configmaps=1,requests.storage=1Gi,services.nodeports=2", used("all"))
	apitest.Edit(s, "default", "a", func(o *corev1.Service) { o.Spec.Type = corev1.ServiceTypeClusterIP })
	assert.Equal(t, "configmaps=1,requests.storage=1Gi,services.nodeports=0", used("all"), "a Service that is none of the nodes' any more")
	apitest.Edit(s, "default", "a", func(o *corev1.PersistentVolumeClaim) { o.Status.AllocatedResources = amounts("storage", "3Gi") })
	assert.Equal(t, "configmaps=1,requests.storage=3Gi,services.nodeports=0", used("all"), "what a claim was given")
	apitest.Remove[*corev1.ConfigMap](s, "default", "a")
	assert.Equal(t, "configmaps=0,requests.storage=3Gi,services.nodeports=0", used("all"), "an object that goes")
	assert.Equal(t, "pods=1", used("short"))
	assert.Equal(t, "pods=0", used("long"))

	// Somebody writes the usage: the next full count mends it.
	apitest.Edit(s, "default", "all", func(q *corev1.ResourceQuota) { q.Status.Used = amounts("configmaps", "7") })
	assert.Equal(t, "configmaps=7", used("all"))
	s.Run(Period)
	assert.Equal(t, "configmaps=0,requests.storage=3Gi,services.nodeports=0", used("all"))
	// The limit changes: what is used stays, and the status knows of it.
	apitest.Edit(s, "default", "all", func(q *corev1.ResourceQuota) { q.Spec.Hard = amounts("configmaps", "1") })
	assert.Equal(t, "configmaps=0", used("all"))
	assert.Equal(t, "configmaps=1", quota.Text(apitest.Get[*corev1.ResourceQuota](s, "default", "all").Status.Hard))
}

// TestWritesThatFail: a status that cannot be written is written later; a quota that goes is no error.
func TestWritesThatFail(t *testing.T) {
	s := apitest.New()
	refuse := true
	s.Before = func(r *api.Request) error {
		if refuse && r.Resource == api.ResourceQuotas && r.Subresource == "status" {
			return errors.New("no")
		}
		return nil
	}
	put(s, pod("a"))
	apitest.Put(s, &corev1.ResourceQuota{ObjectMeta: meta("q"), Spec: corev1.ResourceQuotaSpec{Hard: amounts("pods", "9")}})
	apitest.Put(s, &corev1.ResourceQuota{ObjectMeta: meta("r"), Spec: corev1.ResourceQuotaSpec{Hard: amounts("pods", "9")}})
	s.Start("resourcequota", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	require.Empty(t, apitest.Get[*corev1.ResourceQuota](s, "default", "q").Status.Used)
	apitest.Remove[*corev1.ResourceQuota](s, "default", "r")
	refuse = false
	s.Run(2 * time.Second)
	require.Equal(t, "pods=1", quota.Text(apitest.Get[*corev1.ResourceQuota](s, "default", "q").Status.Used))
	n := len(s.Requests)
	apitest.Remove[*corev1.Pod](s, "default", "a")
	s.Run(time.Second)
	require.Len(t, s.Requests, n+1, "one write, for the quota that is there")
}
