package apiserver

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
)

// eventTTL is how long Events are kept (--event-ttl).
const eventTTL = time.Hour

// bootstrap makes what every cluster has from the start: the system namespaces, the kubernetes Service and the
// system's priority classes.
func (s *Server) bootstrap() {
	var todo []api.Object
	for _, ns := range []string{metav1.NamespaceSystem, metav1.NamespacePublic, "kube-node-lease", metav1.NamespaceDefault} {
		todo = append(todo, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}})
	}
	todo = append(todo, s.alloc.defaultRange())
	first := s.alloc.cidrs[0].Masked().Addr().Next().String()
	todo = append(todo, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "kubernetes", Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"}},
		Spec: corev1.ServiceSpec{
			ClusterIP: first, ClusterIPs: []string{first}, Type: corev1.ServiceTypeClusterIP,
			Ports: []corev1.ServicePort{{Name: "https", Port: 443, Protocol: corev1.ProtocolTCP, TargetPort: intstr.FromInt32(6443)}},
		},
	})
	for _, c := range api.SystemPriorityClasses() {
		todo = append(todo, c)
	}
	s.ensure(todo)
}

func (s *Server) ensure(todo []api.Object) {
	if len(todo) == 0 {
		s.alloc.start()
		s.serving()
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
