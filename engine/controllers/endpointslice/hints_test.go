package endpointslice

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/controllers/apitest"
)

func zoneNode(name, zone, cpu string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelTopologyZone: zone}},
		Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}}
}

// hintsOf counts ready endpoints by "zone of the endpoint→zone it is for", of all slices of a family.
func hintsOf(s *apitest.Server, family discoveryv1.AddressType) map[string]int {
	out := map[string]int{}
	for _, e := range apitest.List[*discoveryv1.EndpointSlice](s) {
		if e.AddressType != family {
			continue
		}
		for i := range e.Endpoints {
			ep := &e.Endpoints[i]
			to := "any"
			if ep.Hints != nil {
				to = ep.Hints.ForZones[0].Name
			}
			out[*ep.Zone+"→"+to]++
		}
	}
	return out
}

func onNode(s *apitest.Server, i int, node string) {
	pod(s, i)
	apitest.Edit(s, "default", fmt.Sprintf("web-%d", i), func(p *corev1.Pod) {
		p.Spec.NodeName = node
		p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: fmt.Sprintf("fd00:10:244::%x", i+1)})
	})
}

// TestTopologyAwareHints: endpoints are shared out to zones by CPU, their own first; where that cannot be done no endpoint
// has a hint, and an event says why.
func TestTopologyAwareHints(t *testing.T) {
	s := start()
	apitest.Put(s, zoneNode("node-1", "zone-a", "4")) // start's node had no CPU
	apitest.Put(s, zoneNode("node-2", "zone-b", "4"))
	master := zoneNode("control-plane-1", "", "4")
	master.Labels["node-role.kubernetes.io/control-plane"] = ""
	apitest.Put(s, master)
	apitest.Put(s, service("web", func(o *corev1.Service) {
		o.Annotations = map[string]string{corev1.AnnotationTopologyMode: "Auto"}
		o.Spec.IPFamilies = []corev1.IPFamily{"IPv4", "IPv6"}
	}))
	reasons := func() (out []string) {
		for _, e := range apitest.List[*corev1.Event](s) {
			out = append(out, e.Reason+": "+e.Message)
		}
		return out
	}
	onNode(s, 0, "node-1")
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→any": 1}, hintsOf(s, "IPv4"))
	require.Contains(t, reasons(), "TopologyAwareHintsDisabled: Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4")

	// Five in one zone and one in the other: two go over.
	for i := 1; i < 5; i++ {
		onNode(s, i, "node-1")
	}
	onNode(s, 5, "node-2")
	s.Run(3 * time.Second)
	want := map[string]int{"zone-a→zone-a": 3, "zone-a→zone-b": 2, "zone-b→zone-b": 1}
	require.Equal(t, want, hintsOf(s, "IPv4"))
	require.Equal(t, want, hintsOf(s, "IPv6"), "each family for itself")
	require.Contains(t, reasons(), "TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4")

	// A zone three times as large wants more; its node alone makes the Service be looked at.
	before := len(s.Requests)
	apitest.Put(s, zoneNode("node-3", "zone-b", "8"))
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→zone-a": 2, "zone-a→zone-b": 3, "zone-b→zone-b": 1}, hintsOf(s, "IPv4"))
	require.NotEmpty(t, s.Requests[before:])

	// Not ready nodes do not count: one zone is left.
	for _, name := range []string{"node-2", "node-3"} {
		apitest.Edit(s, "", name, func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionFalse })
	}
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→any": 5, "zone-b→any": 1}, hintsOf(s, "IPv4"))
	require.Contains(t, reasons(), "TopologyAwareHintsDisabled: "+noNodeInfo+", addressType: IPv6")

	for _, name := range []string{"node-2", "node-3"} {
		apitest.Edit(s, "", name, func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionTrue })
	}
	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.Labels = map[string]string{"look": "again"} })
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→zone-a": 2, "zone-a→zone-b": 3, "zone-b→zone-b": 1}, hintsOf(s, "IPv4"))

	// A pod that is not ready does not count: with five endpoints no share comes near enough.
	apitest.Edit(s, "default", "web-5", func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse })
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→any": 5, "zone-b→any": 1}, hintsOf(s, "IPv4"))
	require.Contains(t, reasons(), "TopologyAwareHintsDisabled: "+overloaded+" (5 endpoints, 2 zones), addressType: IPv4")
	apitest.Edit(s, "default", "web-5", func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionTrue })
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→zone-a": 2, "zone-a→zone-b": 3, "zone-b→zone-b": 1}, hintsOf(s, "IPv4"))

	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.Annotations = nil })
	s.Run(3 * time.Second)
	require.Equal(t, map[string]int{"zone-a→any": 5, "zone-b→any": 1}, hintsOf(s, "IPv4"))
	require.Contains(t, reasons(), "TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4")
	before = len(s.Requests)
	s.Run(time.Minute)
	require.Empty(t, s.Requests[before:])
}

// TestQuotas against upstream's arithmetic (topologycache_test.go, TestGetAllocations).
func TestQuotas(t *testing.T) {
	cluster := func(cpu ...int64) *zones {
		z := &zones{}
		for i, c := range cpu {
			z.change(fmt.Sprint(i), zoneNode(fmt.Sprint(i), "zone-"+string(rune('a'+i)), resource.NewMilliQuantity(c, resource.DecimalSI).String()))
		}
		return z
	}
	_, why := cluster(1000).quotas(10)
	require.Equal(t, noNodeInfo, why)
	_, why = cluster(2000, 2000, 2000).quotas(2)
	require.Equal(t, "Insufficient number of endpoints (2 endpoints, 3 zones)", why)
	_, why = cluster(1100, 2100, 3200).quotas(4)
	require.Equal(t, overloaded+" (4 endpoints, 3 zones)", why)
	got, why := cluster(1000, 1000, 2000).quotas(9)
	require.Empty(t, why)
	require.Equal(t, map[string]quota{"zone-a": {3, 2.25}, "zone-b": {3, 2.25}, "zone-c": {5, 4.5}}, got)
}
