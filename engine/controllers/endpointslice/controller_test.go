package endpointslice

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1", Labels: map[string]string{corev1.LabelTopologyZone: "zone-a"}}})
	return s
}

func service(name string, fn func(*corev1.Service)) *corev1.Service {
	svc := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, ClusterIP: "10.96.0.10",
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports:      []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(8080)}}},
	}
	if fn != nil {
		fn(svc)
	}
	return svc
}

func pod(s *apitest.Server, i int) *corev1.Pod {
	return apitest.Put(s, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("web-%d", i), Namespace: "default", Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{NodeName: "node-1", Containers: []corev1.Container{{Name: "c",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip(i), PodIPs: []corev1.PodIP{{IP: ip(i)}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}},
	})
}

func ip(i int) string { return fmt.Sprintf("10.1.%d.%d", i/250, i%250+1) }

func sizes(s *apitest.Server) []int {
	var out []int
	for _, e := range apitest.List[*discoveryv1.EndpointSlice](s) {
		out = append(out, len(e.Endpoints))
	}
	slices.Sort(out)
	return out
}

func TestOneSlice(t *testing.T) {
	s := start()
	svc := apitest.Put(s, service("web", func(svc *corev1.Service) { svc.Labels = map[string]string{"team": "a"} }))
	p := pod(s, 1)
	s.Run(2 * time.Second)
	list := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, list, 1)
	got := *list[0]
	got.ResourceVersion, got.UID, got.CreationTimestamp, got.Name = "", "", metav1.Time{}, ""
	want := discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-", Namespace: "default", Generation: 1,
			Labels: map[string]string{"team": "a", "kubernetes.io/service-name": "web",
				"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
			Annotations: map[string]string{"endpoints.kubernetes.io/last-change-trigger-time": svc.CreationTimestamp.Format(time.RFC3339)},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: "web", UID: svc.UID,
				Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To(""), Port: ptr.To(int32(8080)), Protocol: ptr.To(corev1.ProtocolTCP)}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{ip(1)}, NodeName: ptr.To("node-1"), Zone: ptr.To("zone-a"),
			Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true), Serving: ptr.To(true), Terminating: ptr.To(false)},
			TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "web-1", UID: p.UID}}},
	}
	assert.Empty(t, cmp.Diff(want, got))

	apitest.Edit(s, "default", "web-1", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(2 * time.Second)
	c := apitest.List[*discoveryv1.EndpointSlice](s)[0].Endpoints[0].Conditions
	assert.Equal(t, []bool{false, true, true}, []bool{*c.Ready, *c.Serving, *c.Terminating})

	apitest.Remove[*corev1.Pod](s, "default", "web-1")
	s.Run(2 * time.Second)
	list = apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, list, 1, "a placeholder stays")
	assert.Empty(t, list[0].Endpoints)
	assert.Empty(t, list[0].Ports)

	before := len(s.Requests)
	pod(s, 2)
	s.Run(2 * time.Second)
	assert.Equal(t, []string{"update endpointslices default/" + list[0].Name}, s.Requests[before:], "the placeholder's name is kept")
	assert.Equal(t, []int{1}, sizes(s))
}

func TestHeadlessWithoutPortsAndDualStack(t *testing.T) {
	s := start()
	apitest.Put(s, service("headless", func(svc *corev1.Service) {
		svc.Spec.ClusterIP, svc.Spec.Ports = corev1.ClusterIPNone, nil
		svc.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol}
	}))
	pod(s, 1)
	s.Run(2 * time.Second)
	list := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, list, 2)
	for _, e := range list {
		assert.Contains(t, e.Labels, corev1.IsHeadlessService)
		assert.Empty(t, e.Ports)
		assert.Len(t, e.Endpoints, map[discoveryv1.AddressType]int{"IPv4": 1}[e.AddressType], e.AddressType)
	}
}

func TestNamedPortsMakeSlicesOfTheirOwn(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", func(svc *corev1.Service) { svc.Spec.Ports[0].TargetPort = intstr.FromString("http") }))
	pod(s, 1)
	pod(s, 2)
	apitest.Edit(s, "default", "web-2", func(p *corev1.Pod) { p.Spec.Containers[0].Ports[0].ContainerPort = 9090 })
	s.Run(2 * time.Second)
	assert.Equal(t, []int{1, 1}, sizes(s))
}

func TestPublishNotReadyAndUnknownNode(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", nil))
	pod(s, 1)
	pod(s, 2)
	apitest.Edit(s, "default", "web-2", func(p *corev1.Pod) { p.Spec.NodeName = "ghost" })
	s.Run(2 * time.Second)
	assert.Equal(t, []int{1}, sizes(s))
	assert.Contains(t, s.Events(), "FailedToUpdateEndpointSlices: Error updating Endpoint Slices for Service default/web: "+
		"skipping Pod web-2 for Service default/web: Node ghost Not Found")
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "ghost"}})
	s.Run(10 * time.Second)
	assert.Equal(t, []int{2}, sizes(s), "tried again")
	apitest.Edit(s, "default", "web-1", func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse })
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.PublishNotReadyAddresses = true })
	s.Run(3 * time.Second)
	for _, e := range apitest.List[*discoveryv1.EndpointSlice](s)[0].Endpoints {
		assert.True(t, *e.Conditions.Ready)
	}
}

func TestServiceChanges(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", nil))
	for i := range 3 {
		pod(s, i)
	}
	s.Run(2 * time.Second)
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Labels = map[string]string{"x": "y"} })
	s.Run(2 * time.Second)
	assert.Equal(t, "y", apitest.List[*discoveryv1.EndpointSlice](s)[0].Labels["x"])
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.Ports[0].TargetPort = intstr.FromInt32(9090) })
	s.Run(2 * time.Second)
	list := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, list, 1)
	assert.EqualValues(t, 9090, *list[0].Ports[0].Port)
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.TrafficDistribution = ptr.To("PreferSameZone") })
	s.Run(2 * time.Second)
	assert.Equal(t, &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: "zone-a"}}},
		apitest.List[*discoveryv1.EndpointSlice](s)[0].Endpoints[0].Hints)
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.Selector = map[string]string{"app": "none"} })
	s.Run(2 * time.Second)
	assert.Equal(t, []int{0}, sizes(s))
}

// A slice that somebody else spoils is repaired after a second.
func TestForeignWrite(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", nil))
	pod(s, 1)
	s.Run(2 * time.Second)
	name := apitest.List[*discoveryv1.EndpointSlice](s)[0].Name
	apitest.Edit(s, "default", name, func(e *discoveryv1.EndpointSlice) { e.Endpoints, e.Generation = nil, e.Generation+1 })
	s.Run(500 * time.Millisecond)
	assert.Equal(t, []int{0}, sizes(s))
	s.Run(2 * time.Second)
	assert.Equal(t, []int{1}, sizes(s))
	apitest.Remove[*discoveryv1.EndpointSlice](s, "default", apitest.List[*discoveryv1.EndpointSlice](s)[0].Name)
	s.Run(3 * time.Second)
	assert.Equal(t, []int{1}, sizes(s))
}

func TestSlicesOfAHundred(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", nil))
	for i := range 250 {
		pod(s, i)
	}
	s.Run(5 * time.Second)
	assert.Equal(t, []int{50, 100, 100}, sizes(s))
	before := len(s.Requests)
	apitest.Edit(s, "default", "web-7", func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse })
	s.Run(2 * time.Second)
	assert.Len(t, s.Requests[before:], 1, "one pod, one slice")
	for i := range 100 {
		apitest.Remove[*corev1.Pod](s, "default", fmt.Sprintf("web-%d", i))
	}
	s.Run(5 * time.Second)
	n := 0
	for _, size := range sizes(s) {
		n += size
	}
	assert.Equal(t, 150, n)
}

// TestDualStackSlices: each family has slices of its own, of at most a hundred; a Service that is given a family gets its
// slices, one that loses it loses them, and the others are not written to.
func TestDualStackSlices(t *testing.T) {
	s := start()
	apitest.Put(s, service("web", nil))
	for i := range 120 {
		pod(s, i)
		apitest.Edit(s, "default", fmt.Sprintf("web-%d", i), func(p *corev1.Pod) {
			p.Status.PodIPs = []corev1.PodIP{{IP: ip(i)}, {IP: fmt.Sprintf("fd00:10:244:1::%x", i+1)}}
		})
	}
	s.Run(5 * time.Second)
	byFamily := func() map[discoveryv1.AddressType][]int {
		out := map[discoveryv1.AddressType][]int{}
		for _, e := range apitest.List[*discoveryv1.EndpointSlice](s) {
			out[e.AddressType] = append(out[e.AddressType], len(e.Endpoints))
			for _, ep := range e.Endpoints {
				require.Len(t, ep.Addresses, 1)
				require.Equal(t, e.AddressType == discoveryv1.AddressTypeIPv6, strings.Contains(ep.Addresses[0], ":"))
			}
			require.Equal(t, int32(8080), *e.Ports[0].Port)
		}
		for _, l := range out {
			slices.Sort(l)
		}
		return out
	}
	v4 := []int{20, 100}
	require.Equal(t, map[discoveryv1.AddressType][]int{"IPv4": v4}, byFamily())

	before := len(s.Requests)
	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.Spec.IPFamilies = []corev1.IPFamily{"IPv4", "IPv6"} })
	s.Run(5 * time.Second)
	require.Equal(t, map[discoveryv1.AddressType][]int{"IPv4": v4, "IPv6": v4}, byFamily())
	require.Len(t, s.Requests[before:], 2, "two new slices and nothing else")

	before = len(s.Requests)
	apitest.Edit(s, "default", "web-7", func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse })
	s.Run(2 * time.Second)
	require.Len(t, s.Requests[before:], 2, "a slice of each family")

	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.Spec.IPFamilies = []corev1.IPFamily{"IPv6"} })
	s.Run(5 * time.Second)
	require.Equal(t, map[discoveryv1.AddressType][]int{"IPv6": v4}, byFamily())
}

// After any history the slices hold exactly the endpoints that a full look would find, each once.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(8) {
		s := start()
		apitest.Put(s, service("web", nil))
		r := rand.New(rand.NewPCG(seed, 1))
		for range 300 {
			i := r.IntN(230)
			name := fmt.Sprintf("web-%d", i)
			p := apitest.Get[*corev1.Pod](s, "default", name)
			switch {
			case p == nil:
				pod(s, i)
			case r.IntN(4) == 0:
				apitest.Remove[*corev1.Pod](s, "default", name)
			case r.IntN(3) == 0:
				apitest.Edit(s, "default", name, func(p *corev1.Pod) {
					p.Labels = map[string]string{"app": []string{"web", "other"}[r.IntN(2)]}
				})
			default:
				apitest.Edit(s, "default", name, func(p *corev1.Pod) {
					p.Status.Conditions[0].Status = []corev1.ConditionStatus{"True", "False"}[r.IntN(2)]
				})
			}
			if r.IntN(5) == 0 {
				s.Run(time.Duration(r.IntN(1500)) * time.Millisecond)
			}
		}
		s.Run(20 * time.Second)
		want, got := map[string]bool{}, map[string]bool{}
		for _, p := range apitest.List[*corev1.Pod](s) {
			if p.Labels["app"] == "web" {
				want[p.Name] = p.Status.Conditions[0].Status == corev1.ConditionTrue
			}
		}
		for _, e := range apitest.List[*discoveryv1.EndpointSlice](s) {
			assert.LessOrEqual(t, len(e.Endpoints), MaxEndpoints)
			for _, ep := range e.Endpoints {
				assert.NotContains(t, got, ep.TargetRef.Name, "twice")
				got[ep.TargetRef.Name] = *ep.Conditions.Ready
			}
		}
		assert.Empty(t, cmp.Diff(want, got), "seed %d", seed)
	}
}

// Ports are ordered as the real controller orders them: by the hash of a dump.
func TestPortOrder(t *testing.T) {
	http := discoveryv1.EndpointPort{Name: ptr.To("http"), Port: ptr.To(int32(8080)), Protocol: ptr.To(corev1.ProtocolTCP)}
	dns := discoveryv1.EndpointPort{Name: ptr.To("dns"), Port: ptr.To(int32(53)), Protocol: ptr.To(corev1.ProtocolUDP)}
	for _, in := range [][]discoveryv1.EndpointPort{{http, dns}, {dns, http}} {
		got := newPortSet(in).ports
		assert.Equal(t, []string{"http", "dns"}, []string{*got[0].Name, *got[1].Name}, "recorded from v1.37.2")
	}
}

// The controller does not take its own writes for somebody else's.
func TestOwnWritesAreNoNews(t *testing.T) {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) { k = Run(f) })
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	apitest.Put(s, service("web", nil))
	for i := range 30 {
		pod(s, i)
		s.Run(3 * time.Millisecond)
		assert.False(t, i > 2 && k.states["default/web"].full)
	}
	s.Run(5 * time.Second)
	assert.Equal(t, []int{30}, sizes(s))
}
