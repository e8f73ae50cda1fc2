package endpoint

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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
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

func service(s *apitest.Server, fn func(*corev1.Service)) *corev1.Service {
	svc := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, ClusterIP: "10.96.0.10",
			IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports:      []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(8080)}}},
	}
	if fn != nil {
		fn(svc)
	}
	return apitest.Put(s, svc)
}

func ip(i int) string { return fmt.Sprintf("10.1.%d.%d", i/250, i%250+1) }

func pod(s *apitest.Server, i int, fn func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("web-%d", i), Namespace: "default", Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{NodeName: "node-1", Containers: []corev1.Container{{Name: "c",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip(i), PodIPs: []corev1.PodIP{{IP: ip(i)}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: s.Now()}}},
	}
	if fn != nil {
		fn(p)
	}
	return apitest.Put(s, p)
}

func edit(s *apitest.Server, i int, fn func(*corev1.Pod)) {
	apitest.Edit(s, "default", fmt.Sprintf("web-%d", i), fn)
}

func unready(p *corev1.Pod) {
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse}}
}

func endpoints(s *apitest.Server) *corev1.Endpoints {
	return apitest.Get[*corev1.Endpoints](s, "default", "web")
}

// text writes subsets as "ready|not ready:ports", one after the other.
func text(s *apitest.Server) string {
	ep := endpoints(s)
	if ep == nil {
		return "none"
	}
	var out []string
	for _, sub := range ep.Subsets {
		ips := func(l []corev1.EndpointAddress) string {
			var t []string
			for _, a := range l {
				t = append(t, strings.TrimPrefix(a.IP, "10.1.0."))
			}
			return strings.Join(t, ",")
		}
		line := ips(sub.Addresses)
		if len(sub.NotReadyAddresses) > 0 {
			line += "|" + ips(sub.NotReadyAddresses)
		}
		for _, p := range sub.Ports {
			line += fmt.Sprintf(":%s%d", p.Name, p.Port)
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func run(s *apitest.Server) { s.Run(100 * time.Millisecond) }

func TestOneObjectAllFields(t *testing.T) {
	s := start()
	svc := service(s, func(svc *corev1.Service) { svc.Labels = map[string]string{"team": "a"} })
	p := pod(s, 1, func(p *corev1.Pod) { p.Spec.Hostname, p.Spec.Subdomain = "one", "web" })
	run(s)
	got := *endpoints(s)
	got.ResourceVersion, got.UID, got.CreationTimestamp = "", "", metav1.Time{}
	want := corev1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", Generation: 1,
			Labels:      map[string]string{"team": "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller"},
			Annotations: map[string]string{"endpoints.kubernetes.io/last-change-trigger-time": svc.CreationTimestamp.Format(time.RFC3339)}},
		Subsets: []corev1.EndpointSubset{{
			Addresses: []corev1.EndpointAddress{{IP: ip(1), Hostname: "one", NodeName: ptr.To("node-1"),
				TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "default", Name: "web-1", UID: p.UID}}},
			Ports: []corev1.EndpointPort{{Port: 8080, Protocol: corev1.ProtocolTCP}},
		}},
	}
	assert.Empty(t, cmp.Diff(want, got))
	assert.Equal(t, []string{"create endpoints default/web"}, s.Requests)
}

func TestReadiness(t *testing.T) {
	s := start()
	service(s, nil)
	pod(s, 1, nil)
	pod(s, 2, unready)
	pod(s, 3, func(p *corev1.Pod) { p.Status.PodIP, p.Status.PodIPs = "", nil })
	pod(s, 4, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	run(s)
	assert.Equal(t, "2|3:8080", text(s))
	s.Run(2 * time.Second)
	at := s.Now()
	edit(s, 2, func(p *corev1.Pod) {
		p.Status.Conditions[0].Status, p.Status.Conditions[0].LastTransitionTime = corev1.ConditionTrue, at
	})
	run(s)
	assert.Equal(t, "2,3:8080", text(s))
	assert.Equal(t, at.UTC().Format(time.RFC3339), endpoints(s).Annotations[corev1.EndpointsLastChangeTriggerTime])
	edit(s, 1, func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	run(s)
	assert.Equal(t, "3:8080", text(s), "a pod on its way out is not listed at all")
	assert.NotContains(t, endpoints(s).Annotations, corev1.EndpointsLastChangeTriggerTime, "that was no news of readiness")
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.PublishNotReadyAddresses = true })
	edit(s, 2, unready)
	run(s)
	assert.Equal(t, "2,3:8080", text(s), "unless the Service publishes them")
	for i := 1; i <= 4; i++ {
		apitest.Remove[*corev1.Pod](s, "default", fmt.Sprintf("web-%d", i))
	}
	run(s)
	require.NotNil(t, endpoints(s), "the object stays")
	assert.Empty(t, endpoints(s).Subsets)
}

func TestNamedPortsRepack(t *testing.T) {
	s := start()
	service(s, func(svc *corev1.Service) {
		svc.Spec.Ports = []corev1.ServicePort{
			{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString("http")},
			{Name: "fixed", Port: 81, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(9000)}}
	})
	pod(s, 1, nil)
	pod(s, 2, nil)
	run(s)
	assert.Equal(t, "2,3:fixed9000:http8080", sorted(text(s)))
	pod(s, 3, func(p *corev1.Pod) { p.Spec.Containers[0].Ports[0].ContainerPort = 8090 })
	pod(s, 4, func(p *corev1.Pod) { p.Spec.Containers[0].Ports = nil })
	run(s)
	assert.ElementsMatch(t, []string{"2,3:http8080", "4:http8090", "2,3,4,5:fixed9000"}, strings.Fields(text(s)))
	n := len(s.Requests)
	edit(s, 2, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "web", "x": "y"} })
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Annotations = map[string]string{"a": "b"} })
	run(s)
	assert.Len(t, s.Requests, n, "the same subsets are not written again")
}

// sorted puts the ports of one subset into the order of their names.
func sorted(line string) string {
	f := strings.Split(line, ":")
	slices.Sort(f[1:])
	return strings.Join(f, ":")
}

func TestHeadless(t *testing.T) {
	s := start()
	service(s, func(svc *corev1.Service) { svc.Spec.ClusterIP, svc.Spec.Ports = corev1.ClusterIPNone, nil })
	pod(s, 1, nil)
	run(s)
	assert.Equal(t, "2", text(s), "no ports, but addresses")
	assert.Equal(t, map[string]string{"service.kubernetes.io/headless": "", LabelManagedBy: Name}, endpoints(s).Labels)
	n := len(s.Requests)
	edit(s, 1, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "web", "x": "y"} })
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Annotations = map[string]string{"a": "b"} })
	run(s)
	assert.Len(t, s.Requests, n)
}

func TestWhoGetsNone(t *testing.T) {
	s := start()
	service(s, func(svc *corev1.Service) { svc.Spec.Type = corev1.ServiceTypeExternalName })
	service(s, func(svc *corev1.Service) { svc.Name, svc.Spec.Selector = "by-hand", nil })
	pod(s, 1, nil)
	apitest.Put(s, &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "by-hand", Namespace: "default"}})
	s.Run(5 * time.Second)
	assert.Empty(t, s.Requests)
}

func TestFirstFamilyOnly(t *testing.T) {
	s := start()
	service(s, func(svc *corev1.Service) {
		svc.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
	})
	pod(s, 1, func(p *corev1.Pod) { p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: "fd00::0:1"}) })
	pod(s, 2, nil)
	run(s)
	assert.Equal(t, "fd00::1:8080", text(s), "as it is usually written; a pod without such an address is left out")
}

func TestServiceChanges(t *testing.T) {
	s := start()
	service(s, nil)
	pod(s, 1, nil)
	pod(s, 2, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "db"} })
	run(s)
	assert.Equal(t, "2:8080", text(s))
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Labels = map[string]string{"x": "y"} })
	run(s)
	assert.Equal(t, map[string]string{"x": "y", LabelManagedBy: Name}, endpoints(s).Labels)
	assert.Equal(t, "2:8080", text(s))
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.Selector = map[string]string{"app": "db"} })
	run(s)
	assert.Equal(t, "3:8080", text(s))
	edit(s, 1, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "db"} })
	edit(s, 2, func(p *corev1.Pod) { p.Labels = nil })
	run(s)
	assert.Equal(t, "2:8080", text(s), "pods come and go with their labels")
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Spec.Ports[0].TargetPort = intstr.FromInt32(9090) })
	run(s)
	assert.Equal(t, "2:9090", text(s))
}

func TestDeletionAndRepair(t *testing.T) {
	s := start()
	service(s, nil)
	pod(s, 1, nil)
	run(s)
	apitest.Remove[*corev1.Endpoints](s, "default", "web")
	run(s)
	assert.Equal(t, "2:8080", text(s), "deleted Endpoints come again")
	apitest.Remove[*corev1.Service](s, "default", "web")
	run(s)
	assert.Equal(t, "none", text(s))
	service(s, nil)
	run(s)
	assert.Equal(t, "2:8080", text(s))
}

func TestLeftovers(t *testing.T) {
	s := apitest.New()
	put := func(name string, annotations map[string]string) {
		apitest.Put(s, &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Annotations: annotations}})
	}
	put("gone", nil)
	put("leader", map[string]string{"control-plane.alpha.kubernetes.io/leader": "{}"})
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	run(s)
	put("later", nil)
	s.Run(time.Minute)
	left := map[string]bool{}
	for _, ep := range apitest.List[*corev1.Endpoints](s) {
		left[ep.Name] = true
	}
	assert.Equal(t, map[string]bool{"leader": true, "later": true}, left, "what has no Service goes when the controller starts, not after")
	gone := "delete endpoints default/gone"
	assert.Equal(t, []string{gone, gone}, s.Requests, "it makes sure when it hears of it")
}

func TestTruncation(t *testing.T) {
	s := start()
	service(s, nil)
	for i := range 1002 {
		pod(s, i, func(p *corev1.Pod) {
			if i%2 == 0 {
				unready(p)
			}
		})
	}
	s.Run(time.Second)
	ready, not := count(endpoints(s).Subsets)
	assert.Equal(t, []int{501, 499}, []int{ready, not}, "ready ones stay")
	assert.Equal(t, "truncated", endpoints(s).Annotations["endpoints.kubernetes.io/over-capacity"])
	for i := range 2 {
		apitest.Remove[*corev1.Pod](s, "default", fmt.Sprintf("web-%d", i))
	}
	s.Run(time.Second)
	ready, not = count(endpoints(s).Subsets)
	assert.Equal(t, []int{500, 500}, []int{ready, not})
	assert.NotContains(t, endpoints(s).Annotations, "endpoints.kubernetes.io/over-capacity")
}

func TestTruncateInProportion(t *testing.T) {
	list := func(n int) []corev1.EndpointAddress { return make([]corev1.EndpointAddress, n) }
	subs := []corev1.EndpointSubset{{Addresses: list(900), NotReadyAddresses: list(5)}, {Addresses: list(450)}, {Addresses: list(150)}}
	require.True(t, truncate(subs))
	assert.Equal(t, []int{600, 300, 100, 0}, []int{len(subs[0].Addresses), len(subs[1].Addresses), len(subs[2].Addresses), len(subs[0].NotReadyAddresses)})
	subs = []corev1.EndpointSubset{{Addresses: list(700), NotReadyAddresses: list(200)}, {NotReadyAddresses: list(400)}}
	require.True(t, truncate(subs))
	assert.Equal(t, []int{700, 100, 200}, []int{len(subs[0].Addresses), len(subs[0].NotReadyAddresses), len(subs[1].NotReadyAddresses)})
	assert.False(t, truncate([]corev1.EndpointSubset{{Addresses: list(1000)}}))
}

func TestFailuresAreToldAndTriedAgain(t *testing.T) {
	s := start()
	fail := error(apierrors.NewInternalError(fmt.Errorf("boom")))
	s.Before = func(r *api.Request) error {
		if r.Resource == api.Endpoints && (r.Verb == api.Create || r.Verb == api.Update) {
			return fail
		}
		return nil
	}
	service(s, nil)
	pod(s, 1, nil)
	s.Run(12 * time.Millisecond)
	assert.Contains(t, s.Events(), "FailedToCreateEndpoint: Failed to create endpoint for service default/web: Internal error occurred: boom")
	fail = nil
	s.Run(time.Second)
	assert.Equal(t, "2:8080", text(s))
	fail = apierrors.NewConflict(api.Endpoints.GR(), "web", fmt.Errorf("changed"))
	pod(s, 2, nil)
	s.Run(time.Second)
	assert.Contains(t, s.Events(), `FailedToUpdateEndpoint: Failed to update endpoint default/web: Operation cannot be fulfilled on endpoints "web": changed`)
	n := len(s.Requests)
	s.Run(time.Hour)
	more := len(s.Requests)
	assert.Greater(t, more, n)
	s.Run(time.Hour)
	assert.Len(t, s.Requests, more, "after 15 times it is given up")
	fail = nil
	pod(s, 3, nil)
	run(s)
	assert.Equal(t, "2,3,4:8080", text(s))

	fail = apierrors.NewForbidden(api.Endpoints.GR(), "web", nil)
	fail.(*apierrors.StatusError).ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	events := len(s.Events())
	apitest.Remove[*corev1.Endpoints](s, "default", "web")
	n = len(s.Requests)
	s.Run(time.Minute)
	assert.Equal(t, []string{"create endpoints default/web"}, s.Requests[n:], "in a namespace that ends nothing is tried twice")
	assert.Len(t, s.Events(), events)
}

// What somebody writes into the controller's object stays only where the controller does not look.
func TestForeignWrites(t *testing.T) {
	s := start()
	service(s, nil)
	pod(s, 1, nil)
	pod(s, 2, nil)
	run(s)
	n := len(s.Requests)
	apitest.Edit(s, "default", "web", func(ep *corev1.Endpoints) {
		ep.Subsets[0].Addresses[0], ep.Subsets[0].Addresses[1] = ep.Subsets[0].Addresses[1], ep.Subsets[0].Addresses[0]
	})
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Annotations = map[string]string{"a": "b"} })
	run(s)
	assert.Len(t, s.Requests, n, "another order is the same")
	apitest.Edit(s, "default", "web", func(ep *corev1.Endpoints) { ep.Subsets[0].Addresses = ep.Subsets[0].Addresses[:1] })
	run(s)
	assert.Equal(t, "3:8080", text(s), "nobody looks")
	apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Annotations = nil })
	run(s)
	assert.Equal(t, "2,3:8080", text(s))
}

// A thousand pods that get ready while writes are under way cost fewer writes than pods, and pods of no Service cost none.
func TestSyncsCoalesce(t *testing.T) {
	s := start()
	service(s, nil)
	for i := range 1000 {
		pod(s, i, unready)
	}
	run(s)
	n := len(s.Requests)
	for i := range 1000 {
		edit(s, i, func(p *corev1.Pod) { p.Status.Conditions[0].Status = corev1.ConditionTrue })
		if i%10 == 9 {
			s.Run(100 * time.Microsecond)
		}
	}
	s.Run(time.Second)
	ready, _ := count(endpoints(s).Subsets)
	assert.Equal(t, 1000, ready)
	assert.Less(t, len(s.Requests)-n, 50)
	n = len(s.Requests)
	pod(s, 2000, func(p *corev1.Pod) { p.Labels = nil })
	run(s)
	assert.Len(t, s.Requests, n)
}
