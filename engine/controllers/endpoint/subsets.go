package endpoint

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/endpointrules"
)

// included are the places that belong into Endpoints: with an address, not ended, and not on their way out unless the
// Service wants those, too. They stay in the list's memory.
func included(svc *corev1.Service, list []place) []place {
	return slices.DeleteFunc(list, func(p place) bool {
		pod := p.pod
		return p.ip == "" || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded ||
			pod.DeletionTimestamp != nil && !svc.Spec.PublishNotReadyAddresses
	})
}

// portsAt are the ports of a Service at a pod.
func portsAt(svc *corev1.Service, pod *corev1.Pod, into []corev1.EndpointPort) []corev1.EndpointPort {
	for i := range svc.Spec.Ports {
		sp := &svc.Spec.Ports[i]
		if n, ok := endpointrules.FindPort(pod, sp); ok {
			into = append(into, corev1.EndpointPort{Name: sp.Name, Port: n, Protocol: sp.Protocol, AppProtocol: sp.AppProtocol})
		}
	}
	return into
}

// subsets are those of a Service's pods, and whether they are other than the current ones. Nothing is built unless they
// are; what is built shares the addresses that stay.
func subsets(svc *corev1.Service, list []place, current *corev1.Endpoints) ([]corev1.EndpointSubset, bool) {
	headless := len(svc.Spec.Ports) == 0
	if headless && svc.Spec.ClusterIP != corev1.ClusterIPNone {
		list = nil
	}
	var ports, buf []corev1.EndpointPort
	alike := true
	for i := range list {
		if headless {
			break
		}
		buf = portsAt(svc, list[i].pod, buf[:0])
		if i == 0 {
			ports = slices.Clone(buf)
		} else if !slices.Equal(buf, ports) {
			alike = false
			break
		}
	}
	if alike && len(ports) == 0 && !headless {
		list = nil
	}
	var have []corev1.EndpointSubset
	if current != nil {
		have = current.Subsets
	}
	if len(list) == 0 {
		return []corev1.EndpointSubset{}, len(have) != 0
	}
	if !alike {
		want := endpointrules.Repack(byPod(svc, list))
		return want, !sameSubsets(want, have) && !sameSubsets(want, endpointrules.Repack(have))
	}
	endpointrules.SortPorts(ports)
	if len(have) == 1 && samePorts(have[0].Ports, ports) && sameAddresses(svc, list, &have[0]) {
		return nil, false
	}
	want := []corev1.EndpointSubset{build(svc, list, ports, have)}
	return want, canonical(have, ports) || !sameSubsets(want, endpointrules.Repack(have))
}

// canonical reports one subset with these ports in the order the controller writes: repacking it would change nothing.
func canonical(have []corev1.EndpointSubset, ports []corev1.EndpointPort) bool {
	if len(have) != 1 {
		return len(have) == 0
	}
	sorted := func(l []corev1.EndpointAddress) bool {
		for i := 1; i < len(l); i++ {
			if endpointrules.CompareAddresses(&l[i-1], &l[i]) >= 0 {
				return false
			}
		}
		return true
	}
	return samePorts(have[0].Ports, ports) && sorted(have[0].Addresses) && sorted(have[0].NotReadyAddresses)
}

func ready(svc *corev1.Service, pod *corev1.Pod) bool {
	return svc.Spec.PublishNotReadyAddresses || api.PodReady(pod)
}

func hostname(svc *corev1.Service, pod *corev1.Pod) string {
	if pod.Spec.Subdomain == svc.Name {
		return pod.Spec.Hostname
	}
	return ""
}

// sameAddress compares an address with that of a pod. Which revision of the pod it is of is not looked at.
func sameAddress(svc *corev1.Service, p *place, a *corev1.EndpointAddress) bool {
	r := a.TargetRef
	return a.IP == p.ip && r != nil && r.UID == p.pod.UID && r.Name == p.pod.Name && r.Namespace == p.pod.Namespace &&
		r.Kind == "Pod" && r.APIVersion == "" && r.FieldPath == "" &&
		a.NodeName != nil && *a.NodeName == p.pod.Spec.NodeName && a.Hostname == hostname(svc, p.pod)
}

// sameSubsets compares subsets of the controller's with others, but for the revisions of what addresses point to.
func sameSubsets(a, b []corev1.EndpointSubset) bool {
	addresses := func(a, b []corev1.EndpointAddress) bool {
		return slices.EqualFunc(a, b, func(a, b corev1.EndpointAddress) bool {
			if b.TargetRef == nil || b.NodeName == nil {
				return false
			}
			r := *b.TargetRef
			r.ResourceVersion = ""
			return a.IP == b.IP && a.Hostname == b.Hostname && *a.NodeName == *b.NodeName && *a.TargetRef == r
		})
	}
	return slices.EqualFunc(a, b, func(a, b corev1.EndpointSubset) bool {
		return samePorts(a.Ports, b.Ports) && addresses(a.Addresses, b.Addresses) && addresses(a.NotReadyAddresses, b.NotReadyAddresses)
	})
}

func samePorts(a, b []corev1.EndpointPort) bool {
	return slices.EqualFunc(a, b, func(a, b corev1.EndpointPort) bool {
		return a.Name == b.Name && a.Port == b.Port && a.Protocol == b.Protocol &&
			(a.AppProtocol == b.AppProtocol || a.AppProtocol != nil && b.AppProtocol != nil && *a.AppProtocol == *b.AppProtocol)
	})
}

func sameAddresses(svc *corev1.Service, list []place, have *corev1.EndpointSubset) bool {
	if len(list) != len(have.Addresses)+len(have.NotReadyAddresses) {
		return false
	}
	n, m := have.Addresses, have.NotReadyAddresses
	for i := range list {
		from := &m
		if ready(svc, list[i].pod) {
			from = &n
		}
		if len(*from) == 0 || !sameAddress(svc, &list[i], &(*from)[0]) {
			return false
		}
		*from = (*from)[1:]
	}
	return true
}

// target is what an address points to, in one piece of memory.
type target struct {
	ref  corev1.ObjectReference
	node string
}

// newAddress copies what it needs of the pod, so that Endpoints do not keep old pods in memory.
func newAddress(svc *corev1.Service, p *place) corev1.EndpointAddress {
	t := &target{corev1.ObjectReference{Kind: "Pod", Namespace: p.pod.Namespace, Name: p.pod.Name, UID: p.pod.UID}, p.pod.Spec.NodeName}
	return corev1.EndpointAddress{IP: p.ip, Hostname: hostname(svc, p.pod), NodeName: &t.node, TargetRef: &t.ref}
}

// build is one subset with all addresses.
func build(svc *corev1.Service, list []place, ports []corev1.EndpointPort, have []corev1.EndpointSubset) corev1.EndpointSubset {
	s := corev1.EndpointSubset{Ports: ports}
	n := 0
	for i := range list {
		if ready(svc, list[i].pod) {
			n++
		}
	}
	if n > 0 {
		s.Addresses = make([]corev1.EndpointAddress, 0, n)
	}
	if n < len(list) {
		s.NotReadyAddresses = make([]corev1.EndpointAddress, 0, len(list)-n)
	}
	var old [2][]corev1.EndpointAddress
	if len(have) == 1 {
		old = [2][]corev1.EndpointAddress{have[0].Addresses, have[0].NotReadyAddresses}
	}
	for i := range list {
		a, found := corev1.EndpointAddress{}, false
		for j := range old {
			for len(old[j]) > 0 && old[j][0].IP < list[i].ip {
				old[j] = old[j][1:]
			}
			if len(old[j]) > 0 && sameAddress(svc, &list[i], &old[j][0]) {
				a, found = old[j][0], true
			}
		}
		if !found {
			a = newAddress(svc, &list[i])
		}
		if ready(svc, list[i].pod) {
			s.Addresses = append(s.Addresses, a)
		} else {
			s.NotReadyAddresses = append(s.NotReadyAddresses, a)
		}
	}
	return s
}

// byPod are subsets of one address and its ports, for pods at which the Service's named ports are different ones.
func byPod(svc *corev1.Service, list []place) []corev1.EndpointSubset {
	out := make([]corev1.EndpointSubset, 0, len(list))
	for i := range list {
		ports := portsAt(svc, list[i].pod, nil)
		if len(ports) == 0 {
			continue
		}
		s := corev1.EndpointSubset{Ports: ports}
		if a := []corev1.EndpointAddress{newAddress(svc, &list[i])}; ready(svc, list[i].pod) {
			s.Addresses = a
		} else {
			s.NotReadyAddresses = a
		}
		out = append(out, s)
	}
	return out
}
