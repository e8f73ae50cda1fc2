package cloud

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func node(name string, taints ...string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"own": "1"}}}
	for _, t := range taints {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: t, Value: "true", Effect: corev1.TaintEffectNoSchedule})
	}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return n
}

// start runs the controllers beside an API; machines can be changed while they run.
func start(machines map[string]Machine) (*apitest.Server, *Provider) {
	s := apitest.New()
	p := NewProvider(func(name string) (Machine, bool) { m, ok := machines[name]; return m, ok })
	s.Start(Program, func(f *client.Informers) { lead(f, p) })
	return s, p
}

func TestNodesAreInitialized(t *testing.T) {
	s, _ := start(map[string]Machine{"node-1": {ProviderID: "tabernetes://node-1", Type: "standard-4", Zone: "zone-a", Region: "region-1"}})
	apitest.Put(s, node("node-1", TaintUninitialized, "other"))
	apitest.Put(s, node("stranger", TaintUninitialized))
	s.Run(time.Second)
	n := apitest.Get[*corev1.Node](s, "", "node-1")
	require.Equal(t, map[string]string{
		"own": "1", "topology.kubernetes.io/zone": "zone-a", "topology.kubernetes.io/region": "region-1", "node.kubernetes.io/instance-type": "standard-4",
		"failure-domain.beta.kubernetes.io/zone": "zone-a", "failure-domain.beta.kubernetes.io/region": "region-1", "beta.kubernetes.io/instance-type": "standard-4",
	}, n.Labels)
	require.Equal(t, "tabernetes://node-1", n.Spec.ProviderID)
	require.Len(t, n.Spec.Taints, 1)
	require.Equal(t, "other", n.Spec.Taints[0].Key)
	require.True(t, hasTaint(apitest.Get[*corev1.Node](s, "", "stranger"), TaintUninitialized), "the cloud does not know it")
}

func TestNodesFollowTheirMachines(t *testing.T) {
	machines := map[string]Machine{"off": {Off: true}, "on": {}, "ready": {Off: true}}
	s, _ := start(machines)
	for _, name := range []string{"off", "on", "gone", "ready"} {
		n := node(name)
		if name != "ready" {
			n.Status.Conditions[0].Status = corev1.ConditionUnknown
		}
		apitest.Put(s, n)
	}
	s.Run(11 * time.Second)
	get := func(name string) *corev1.Node { return apitest.Get[*corev1.Node](s, "", name) }
	require.Nil(t, get("gone"), "a node without a machine is deleted")
	require.True(t, hasTaint(get("off"), TaintShutdown))
	require.False(t, hasTaint(get("on"), TaintShutdown))
	require.False(t, hasTaint(get("ready"), TaintShutdown), "whoever is ready is not asked about")
	apitest.Edit(s, "", "off", func(n *corev1.Node) {
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	})
	s.Run(6 * time.Second)
	require.False(t, hasTaint(get("off"), TaintShutdown))
}

func service(name string) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}}}
}

func TestLoadBalancers(t *testing.T) {
	s, p := start(map[string]Machine{})
	apitest.Put(s, node("node-1"))
	excluded := node("control-plane-1")
	excluded.Labels[corev1.LabelNodeExcludeBalancers] = ""
	apitest.Put(s, excluded)
	apitest.Put(s, service("web"))
	other := service("other")
	other.Spec.LoadBalancerClass = ptr.To("example.org/lb")
	apitest.Put(s, other)
	s.Run(5 * time.Second)
	get := func(name string) *corev1.Service { return apitest.Get[*corev1.Service](s, "default", name) }
	require.Equal(t, []corev1.LoadBalancerIngress{{IP: "203.0.113.2", IPMode: ptr.To(corev1.LoadBalancerIPModeVIP)}}, get("web").Status.LoadBalancer.Ingress)
	require.Equal(t, []string{finalizer}, get("web").Finalizers)
	require.Empty(t, get("other").Status.LoadBalancer.Ingress, "somebody else's class")
	require.Equal(t, []string{"node-1"}, p.Balancers()[0].Nodes)

	apitest.Put(s, node("node-2"))
	s.Run(time.Second)
	require.Equal(t, []string{"node-1", "node-2"}, p.Balancers()[0].Nodes)

	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(5 * time.Second)
	require.Empty(t, p.Balancers())
	require.Nil(t, get("web"), "nothing keeps it any more")

	taken := service("one")
	taken.Spec.LoadBalancerIP = "198.51.100.7"
	apitest.Put(s, taken)
	s.Run(5 * time.Second)
	second := service("two")
	second.Spec.LoadBalancerIP = "198.51.100.7"
	apitest.Put(s, second)
	s.Run(3 * time.Second)
	require.Equal(t, "198.51.100.7", get("one").Status.LoadBalancer.Ingress[0].IP)
	require.Empty(t, get("two").Status.LoadBalancer.Ingress)
	apitest.Edit(s, "default", "two", func(o *corev1.Service) { o.Spec.LoadBalancerIP = "" })
	s.Run(5 * time.Second)
	require.Equal(t, "203.0.113.2", get("two").Status.LoadBalancer.Ingress[0].IP)

	apitest.Edit(s, "default", "one", func(o *corev1.Service) { o.Spec.Type = corev1.ServiceTypeClusterIP })
	s.Run(5 * time.Second)
	require.Empty(t, get("one").Status.LoadBalancer.Ingress)
	require.Empty(t, get("one").Finalizers)
	require.Len(t, p.Balancers(), 1)
}

// TestFamilies: a load balancer has an address of each family of its Service, and keeps one as the other comes and goes.
func TestFamilies(t *testing.T) {
	s, p := start(map[string]Machine{})
	apitest.Put(s, node("node-1"))
	o := service("web")
	o.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
	apitest.Put(s, o)
	s.Run(5 * time.Second)
	ips := func() []string {
		var out []string
		for _, in := range apitest.Get[*corev1.Service](s, "default", "web").Status.LoadBalancer.Ingress {
			out = append(out, in.IP)
		}
		return out
	}
	require.Equal(t, []string{"2001:db8:113::2", "203.0.113.2"}, ips())
	change := func(to func(*corev1.ServiceSpec)) []string {
		apitest.Edit(s, "default", "web", func(o *corev1.Service) { to(&o.Spec) })
		s.Run(5 * time.Second)
		return ips()
	}
	require.Equal(t, []string{"2001:db8:113::2"}, change(func(o *corev1.ServiceSpec) { o.IPFamilies = o.IPFamilies[:1] }))
	require.Equal(t, []string{"2001:db8:113::5"}, change(func(o *corev1.ServiceSpec) { o.LoadBalancerIP = "2001:db8:113::5" }))
	require.Equal(t, []string{"2001:db8:113::5", "203.0.113.2"}, change(func(o *corev1.ServiceSpec) {
		o.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
	}))
	require.Equal(t, []string{"2001:db8:113::5"}, change(func(o *corev1.ServiceSpec) { o.IPFamilies = o.IPFamilies[:1] }))
	require.Equal(t, []string{"2001:db8:113::5"}, change(func(o *corev1.ServiceSpec) { o.LoadBalancerIP = "203.0.113.9" }), "a family the Service does not have")
	require.Len(t, p.Balancers(), 1)
}
