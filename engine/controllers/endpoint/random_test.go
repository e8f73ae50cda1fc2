package endpoint

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/endpointrules"
)

// Whatever becomes of pods and Service, the Endpoints are those that looking at all pods gives.
func TestAsLookingAtAllPods(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := start()
		service(s, func(svc *corev1.Service) {
			svc.Spec.Ports = []corev1.ServicePort{
				{Name: "a", Port: 80, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromString("http")},
				{Name: "b", Port: 81, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(81), AppProtocol: ptr.To("h2c")}}
		})
		for step := range 150 {
			change(s, r)
			if r.IntN(4) > 0 {
				s.Run(time.Duration(r.IntN(4)) * time.Millisecond)
				continue
			}
			apitest.Edit(s, "default", "web", func(svc *corev1.Service) { svc.Annotations = map[string]string{"step": fmt.Sprint(step)} }) // a sync
			s.Run(time.Second)
			require.Empty(t, cmp.Diff(naive(s), endpoints(s).Subsets, cmpopts.EquateEmpty()), "seed %d, step %d", seed, step)
		}
	}
}

func change(s *apitest.Server, r *rand.Rand) {
	i := r.IntN(16)
	name := fmt.Sprintf("web-%d", i)
	have := apitest.Get[*corev1.Pod](s, "default", name)
	if r.IntN(12) == 0 {
		apitest.Edit(s, "default", "web", func(svc *corev1.Service) {
			switch r.IntN(3) {
			case 0:
				svc.Spec.PublishNotReadyAddresses = !svc.Spec.PublishNotReadyAddresses
			case 1:
				svc.Spec.Ports[1].TargetPort = intstr.FromInt32(int32(81 + r.IntN(2)))
			default:
				svc.Spec.Selector = map[string]string{"app": [...]string{"web", "db"}[r.IntN(2)]}
			}
		})
		return
	}
	switch {
	case have == nil:
		pod(s, i, func(p *corev1.Pod) {
			p.Spec.Containers[0].Ports[0].ContainerPort = int32(8080 + r.IntN(4)/3)
			if r.IntN(3) == 0 {
				p.Status.PodIP, p.Status.PodIPs = "", nil
			}
			if r.IntN(3) == 0 {
				p.Spec.Hostname, p.Spec.Subdomain = "h", "web"
			}
		})
	case r.IntN(5) == 0:
		apitest.Remove[*corev1.Pod](s, "default", name)
	default:
		edit(s, i, func(p *corev1.Pod) {
			switch r.IntN(6) {
			case 0:
				p.Labels = map[string]string{"app": [...]string{"web", "db"}[r.IntN(2)]}
			case 1:
				p.DeletionTimestamp = ptr.To(s.Now())
			case 2:
				p.Status.Phase = [...]corev1.PodPhase{corev1.PodRunning, corev1.PodSucceeded}[r.IntN(2)]
			case 3:
				p.Status.PodIP = ip(r.IntN(16))
				p.Status.PodIPs = []corev1.PodIP{{IP: p.Status.PodIP}}
			default:
				p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, LastTransitionTime: metav1.Time{},
					Status: [...]corev1.ConditionStatus{corev1.ConditionTrue, corev1.ConditionFalse}[r.IntN(2)]}}
			}
		})
	}
}

// naive is what upstream does: a subset for each port of each pod, repacked.
func naive(s *apitest.Server) []corev1.EndpointSubset {
	svc := apitest.Get[*corev1.Service](s, "default", "web")
	var out []corev1.EndpointSubset
	for _, p := range apitest.List[*corev1.Pod](s) {
		if p.Labels["app"] != svc.Spec.Selector["app"] || p.Status.Phase == corev1.PodSucceeded || p.Status.PodIP == "" ||
			p.DeletionTimestamp != nil && !svc.Spec.PublishNotReadyAddresses {
			continue
		}
		a := corev1.EndpointAddress{IP: p.Status.PodIP, NodeName: &p.Spec.NodeName, Hostname: p.Spec.Hostname,
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID}}
		for i := range svc.Spec.Ports {
			n, ok := endpointrules.FindPort(p, &svc.Spec.Ports[i])
			if !ok {
				continue
			}
			sub := corev1.EndpointSubset{Ports: []corev1.EndpointPort{{Name: svc.Spec.Ports[i].Name, Port: n, Protocol: corev1.ProtocolTCP,
				AppProtocol: svc.Spec.Ports[i].AppProtocol}}}
			if svc.Spec.PublishNotReadyAddresses || api.PodReady(p) {
				sub.Addresses = []corev1.EndpointAddress{a}
			} else {
				sub.NotReadyAddresses = []corev1.EndpointAddress{a}
			}
			out = append(out, sub)
		}
	}
	return endpointrules.Repack(out)
}
