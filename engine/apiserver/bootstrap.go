package apiserver

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
)

// eventTTL is how long Events are kept (--event-ttl).
const eventTTL = time.Hour

// bootstrap makes what every cluster has from the start: the system namespaces and the kubernetes Service.
func (s *Server) bootstrap() {
	var todo []api.Object
	for _, ns := range []string{metav1.NamespaceSystem, metav1.NamespacePublic, "kube-node-lease", metav1.NamespaceDefault} {
		todo = append(todo, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}})
	}
	first := s.alloc.cidr.Masked().Addr().Next().String()
	todo = append(todo, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "kubernetes", Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"}},
		Spec: corev1.ServiceSpec{
			ClusterIP: first, ClusterIPs: []string{first}, Type: corev1.ServiceTypeClusterIP,
			Ports: []corev1.ServicePort{{Name: "https", Port: 443, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(6443)}},
		},
	})
	ready, port, proto, name := true, int32(6443), corev1.ProtocolTCP, "https"
	todo = append(todo, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "kubernetes", Labels: map[string]string{discoveryv1.LabelServiceName: "kubernetes"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{s.conf.Advertise}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
		Ports:       []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &proto}},
	})
	s.ensure(todo)
}

func (s *Server) ensure(todo []api.Object) {
	if len(todo) == 0 {
		return
	}
	obj := todo[0]
	r := api.ResourceOf(obj)
	k := s.kinds[r]
	k.atLeast(0, func() {
		s.kinds[api.Namespaces].atLeast(0, func() {
			if k.objects[api.KeyOf(obj)] != nil {
				s.ensure(todo[1:])
				return
			}
			fresh := obj.DeepCopyObject().(api.Object)
			s.Serve(&api.Request{Verb: api.Create, Resource: r, Namespace: obj.GetNamespace(), Name: obj.GetName(), Object: fresh}, s.a, func(resp *api.Response) {
				if resp.Err != nil && !apierrors.IsAlreadyExists(resp.Err) {
					s.a.After(100*time.Millisecond, "retry bootstrap", func() { s.ensure(todo) })
					return
				}
				s.ensure(todo[1:])
			})
		})
	})
}
