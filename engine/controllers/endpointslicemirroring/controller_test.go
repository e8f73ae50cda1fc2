package endpointslicemirroring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

func service(s *apitest.Server, selector map[string]string) {
	apitest.Put(s, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: "default"}, Spec: corev1.ServiceSpec{Selector: selector}})
}

func list(ips ...string) []corev1.EndpointAddress {
	out := make([]corev1.EndpointAddress, len(ips))
	for i := range ips {
		out[i].IP = ips[i]
	}
	return out
}

func ports(n ...int32) []corev1.EndpointPort {
	var out []corev1.EndpointPort
	for _, n := range n {
		out = append(out, corev1.EndpointPort{Name: fmt.Sprint("p", n), Port: n, Protocol: corev1.ProtocolTCP})
	}
	return out
}

func endpoints(s *apitest.Server, subsets ...corev1.EndpointSubset) *corev1.Endpoints {
	return apitest.Put(s, &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: "default"}, Subsets: subsets})
}

// text is each slice as "family ports: addresses", sorted; addresses that are not ready are in brackets.
func text(s *apitest.Server) []string {
	out := []string{}
	for _, sl := range apitest.List[*discoveryv1.EndpointSlice](s) {
		line := string(sl.AddressType)
		for _, p := range sl.Ports {
			line += " " + *p.Name
		}
		line += ":"
		for _, e := range sl.Endpoints {
			a := strings.Join(e.Addresses, "+")
			if !*e.Conditions.Ready {
				a = "(" + a + ")"
			}
			line += " " + a
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func run(s *apitest.Server) { s.Run(100 * time.Millisecond) }

func TestOneSliceAllFields(t *testing.T) {
	s := start()
	service(s, nil)
	ep := apitest.Put(s, &corev1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{Name: "db", Namespace: "default", Labels: map[string]string{"team": "a"}, Annotations: map[string]string{
			"note": "x", corev1.EndpointsLastChangeTriggerTime: "now", corev1.LastAppliedConfigAnnotation: "{}"}},
		Subsets: []corev1.EndpointSubset{{Addresses: []corev1.EndpointAddress{{IP: "192.0.2.7", Hostname: "one", NodeName: ptr.To("n"),
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: "p"}}}, Ports: ports(5432)}},
	})
	run(s)
	all := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, all, 1)
	got := *all[0]
	assert.Regexp(t, "^db-.....$", got.Name)
	got.ResourceVersion, got.UID, got.CreationTimestamp, got.Name = "", "", metav1.Time{}, ""
	want := discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "db-", Namespace: "default", Generation: 1,
			Labels: map[string]string{"team": "a", "kubernetes.io/service-name": "db",
				"endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io"},
			Annotations: map[string]string{"note": "x"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Endpoints", Name: "db", UID: ep.UID,
				Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("p5432"), Port: ptr.To(int32(5432)), Protocol: ptr.To(corev1.ProtocolTCP)}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"192.0.2.7"}, Hostname: ptr.To("one"), NodeName: ptr.To("n"),
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: "p"}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)}}},
	}
	assert.Empty(t, cmp.Diff(want, got))
	n := len(s.Requests)
	apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) { e.Annotations[corev1.EndpointsLastChangeTriggerTime] = "later" })
	s.Run(time.Minute)
	assert.Len(t, s.Requests, n, "nothing is written twice")
	apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) { e.Labels = map[string]string{"team": "b"} })
	run(s)
	assert.Equal(t, "b", apitest.List[*discoveryv1.EndpointSlice](s)[0].Labels["team"])
}

func TestFamiliesSubsetsAndReadiness(t *testing.T) {
	s := start()
	service(s, nil)
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.2", "fd00::2", "10.0.0.1"), NotReadyAddresses: list("10.0.0.3"), Ports: ports(80)},
		corev1.EndpointSubset{Addresses: list("10.0.0.9"), Ports: ports(81)})
	run(s)
	assert.Equal(t, []string{"IPv4 p80: 10.0.0.1 10.0.0.2 (10.0.0.3)", "IPv4 p81: 10.0.0.9", "IPv6 p80: fd00::2"}, text(s))
	names := map[string]bool{}
	for _, sl := range apitest.List[*discoveryv1.EndpointSlice](s) {
		names[sl.Name] = true
	}
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.2"), Ports: ports(82)})
	run(s)
	assert.Equal(t, []string{"IPv4 p82: 10.0.0.2"}, text(s))
	assert.True(t, names[apitest.List[*discoveryv1.EndpointSlice](s)[0].Name], "a slice that would go is used again")
	endpoints(s)
	run(s)
	assert.Empty(t, text(s), "unlike the other controller it leaves no empty slice")
}

func TestSubsetsWithTheSamePortsAreOne(t *testing.T) {
	s := start()
	service(s, nil)
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.2"), Ports: ports(80, 81)}, corev1.EndpointSubset{Addresses: list("10.0.0.1", "10.0.0.2"), Ports: ports(81, 80)})
	run(s)
	require.Len(t, text(s), 1)
	assert.True(t, strings.HasSuffix(text(s)[0], ": 10.0.0.1 10.0.0.2"), text(s)[0])
}

func TestWhatIsNotMirrored(t *testing.T) {
	for name, put := range map[string]func(*apitest.Server){
		"no Service": func(*apitest.Server) {},
		"selector":   func(s *apitest.Server) { service(s, map[string]string{"a": "b"}) },
		"skip": func(s *apitest.Server) {
			service(s, nil)
			apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) {
				e.Labels = map[string]string{"endpointslice.kubernetes.io/skip-mirror": "true"}
			})
		},
		"leader": func(s *apitest.Server) {
			service(s, nil)
			apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) {
				e.Annotations = map[string]string{"control-plane.alpha.kubernetes.io/leader": "{}"}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start()
			endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1"), Ports: ports(80)})
			put(s)
			s.Run(time.Minute)
			assert.Empty(t, s.Requests)
		})
	}
}

func TestCleanUp(t *testing.T) {
	for name, change := range map[string]func(*apitest.Server){
		"Endpoints gone": func(s *apitest.Server) { apitest.Remove[*corev1.Endpoints](s, "default", "db") },
		"Service gone":   func(s *apitest.Server) { apitest.Remove[*corev1.Service](s, "default", "db") },
		"selector":       func(s *apitest.Server) { service(s, map[string]string{"a": "b"}) },
		"skip": func(s *apitest.Server) {
			apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) {
				e.Labels = map[string]string{"endpointslice.kubernetes.io/skip-mirror": "true"}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start()
			service(s, nil)
			endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1", "fd00::1"), Ports: ports(80)})
			run(s)
			require.Len(t, text(s), 2)
			change(s)
			s.Run(time.Minute)
			assert.Empty(t, text(s))
			assert.Len(t, s.Requests, 4, "%v", s.Requests)
		})
	}
}

func TestForeignWritesAreUndone(t *testing.T) {
	s := start()
	service(s, nil)
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1"), Ports: ports(80)})
	run(s)
	name := apitest.List[*discoveryv1.EndpointSlice](s)[0].Name
	apitest.Edit(s, "default", name, func(sl *discoveryv1.EndpointSlice) {
		sl.Endpoints = append(sl.Endpoints, discoveryv1.Endpoint{Addresses: []string{"10.0.0.8"}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)}})
		sl.Generation++
	})
	run(s)
	assert.Equal(t, []string{"IPv4 p80: 10.0.0.1"}, text(s))
	apitest.Remove[*discoveryv1.EndpointSlice](s, "default", name)
	run(s)
	assert.Equal(t, []string{"IPv4 p80: 10.0.0.1"}, text(s))
}

func TestLimitsAndBadAddressesAreTold(t *testing.T) {
	s := start()
	service(s, nil)
	var ips []string
	for i := range 1003 {
		ips = append(ips, fmt.Sprintf("10.1.%d.%d", i/250, i%250+1))
	}
	endpoints(s, corev1.EndpointSubset{Addresses: append(list("010.1.0.1", "nonsense"), list(ips...)...), Ports: ports(80)})
	s.Run(time.Second)
	all := apitest.List[*discoveryv1.EndpointSlice](s)
	require.Len(t, all, 1)
	assert.Len(t, all[0].Endpoints, 999, "two ways to write an address are one")
	assert.Contains(t, s.Events(), "TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 5 addresses were skipped")
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1", "nonsense"), Ports: ports(80)})
	s.Run(time.Second)
	assert.Contains(t, s.Events(), "InvalidIPAddress: Skipped 1 invalid IP addresses when mirroring to EndpointSlices")
	assert.Equal(t, []string{"IPv4 p80: 10.0.0.1"}, text(s))
}

func TestFailuresAreTriedAgain(t *testing.T) {
	s := start()
	fail := error(apierrors.NewInternalError(fmt.Errorf("boom")))
	s.Before = func(r *api.Request) error {
		if r.Resource == api.EndpointSlices && r.Verb != api.List && r.Verb != api.Get {
			return fail
		}
		return nil
	}
	service(s, nil)
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1"), Ports: ports(80)})
	s.Run(6500 * time.Millisecond)
	assert.Len(t, s.Requests, 3, "at once, after 1 s and after 2 s more")
	s.Run(time.Hour)
	n := len(s.Requests)
	assert.Equal(t, 16, n)
	fail = nil
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.2"), Ports: ports(80)})
	run(s)
	assert.Equal(t, []string{"IPv4 p80: 10.0.0.2"}, text(s))
	fail = apierrors.NewInternalError(fmt.Errorf("boom"))
	apitest.Remove[*corev1.Endpoints](s, "default", "db")
	run(s)
	fail = nil
	s.Run(2 * time.Second)
	assert.Empty(t, text(s))
}

// New Endpoints of an old name take over the slices, which would otherwise be collected with the old ones.
func TestOwnersAreReplaced(t *testing.T) {
	s := start()
	service(s, nil)
	endpoints(s, corev1.EndpointSubset{Addresses: list("10.0.0.1"), Ports: ports(80)})
	run(s)
	apitest.Edit(s, "default", "db", func(e *corev1.Endpoints) { e.UID = "other" })
	run(s)
	assert.EqualValues(t, "other", apitest.List[*discoveryv1.EndpointSlice](s)[0].OwnerReferences[0].UID)
}
