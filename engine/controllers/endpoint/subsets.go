package endpoint

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/controllers/endpointrules"
)

// portsAt are the ports of a Service at a pod.
func portsAt(svc *corev1.Service, pod *corev1.Pod) []corev1.EndpointPort {
	out := make([]corev1.EndpointPort, 0, len(svc.Spec.Ports))
	for i := range svc.Spec.Ports {
		sp := &svc.Spec.Ports[i]
		if n, ok := endpointrules.FindPort(pod, sp); ok {
			out = append(out, corev1.EndpointPort{Name: sp.Name, Port: n, Protocol: sp.Protocol, AppProtocol: sp.AppProtocol})
		}
	}
	return out
}

// subsets are those of a Service's pods, at most MaxAddresses; same says that they are the current ones, over that there
// were more. Nothing is built if the pods that fit are as they were.
func subsets(svc *corev1.Service, members []*member, current *corev1.Endpoints) (want []corev1.EndpointSubset, same, over bool) {
	portless := len(svc.Spec.Ports) == 0 && svc.Spec.ClusterIP == corev1.ClusterIPNone
	ready, unready, alike := 0, 0, true
	var first *member
	for _, m := range members {
		switch {
		case !m.in || len(svc.Spec.Ports) == 0 && !portless:
			continue
		case first == nil:
			first = m
		case alike:
			alike = samePorts(first.ports, m.ports)
		}
		if m.ready {
			ready++
		} else {
			unready++
		}
	}
	var have []corev1.EndpointSubset
	if current != nil {
		have = current.Subsets
	}
	if first == nil || alike && len(first.ports) == 0 && !portless {
		return []corev1.EndpointSubset{}, len(have) == 0, false
	}
	if !alike {
		want = endpointrules.Repack(byPod(svc, members))
		over = truncate(want)
		return want, sameSubsets(want, have) || sameSubsets(want, endpointrules.Repack(have)), over
	}
	if over = ready+unready > MaxAddresses; over { // as truncate does with one subset
		ready = min(ready, MaxAddresses)
		unready = MaxAddresses - ready
	}
	ports := slices.Clone(first.ports)
	endpointrules.SortPorts(ports)
	if len(have) == 1 && samePorts(have[0].Ports, ports) && len(have[0].Addresses) == ready && len(have[0].NotReadyAddresses) == unready &&
		sameAddresses(members, &have[0]) {
		return have, true, over
	}
	want = []corev1.EndpointSubset{build(members, ports, ready, unready)}
	return want, !canonical(have, ports) && sameSubsets(want, endpointrules.Repack(have)), over
}

// sameAddresses compares the first members that are in, ready or not, with as many addresses.
func sameAddresses(members []*member, have *corev1.EndpointSubset) bool {
	ready, unready := have.Addresses, have.NotReadyAddresses
	for _, m := range members {
		if !m.in {
			continue
		}
		from := &unready
		if m.ready {
			from = &ready
		}
		if len(*from) == 0 {
			continue // beyond what fits
		}
		if !sameAddress(&m.addr, &(*from)[0]) {
			return false
		}
		*from = (*from)[1:]
	}
	return true
}

// build is one subset with so many of the addresses.
func build(members []*member, ports []corev1.EndpointPort, ready, unready int) corev1.EndpointSubset {
	s := corev1.EndpointSubset{Ports: ports}
	if ready > 0 {
		s.Addresses = make([]corev1.EndpointAddress, 0, ready)
	}
	if unready > 0 {
		s.NotReadyAddresses = make([]corev1.EndpointAddress, 0, unready)
	}
	for _, m := range members {
		switch {
		case !m.in:
		case m.ready && ready > 0:
			s.Addresses = append(s.Addresses, m.addr)
			ready--
		case !m.ready && unready > 0:
			s.NotReadyAddresses = append(s.NotReadyAddresses, m.addr)
			unready--
		}
	}
	return s
}

// byPod are subsets of one address and its ports, for pods at which the Service's named ports are different ones.
func byPod(svc *corev1.Service, members []*member) []corev1.EndpointSubset {
	// Ports are one if their protocols of the application are one pointer, here the Service's as it is now.
	protocols := make(map[string]*string, len(svc.Spec.Ports))
	for i := range svc.Spec.Ports {
		protocols[svc.Spec.Ports[i].Name] = svc.Spec.Ports[i].AppProtocol
	}
	out := make([]corev1.EndpointSubset, 0, len(members))
	for _, m := range members {
		if !m.in || len(m.ports) == 0 {
			continue
		}
		s := corev1.EndpointSubset{Ports: slices.Clone(m.ports)}
		for i := range s.Ports {
			s.Ports[i].AppProtocol = protocols[s.Ports[i].Name]
		}
		if a := []corev1.EndpointAddress{m.addr}; m.ready {
			s.Addresses = a
		} else {
			s.NotReadyAddresses = a
		}
		out = append(out, s)
	}
	return out
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

// sameSubsets compares subsets of the controller's with others.
func sameSubsets(own, b []corev1.EndpointSubset) bool {
	addresses := func(a, b []corev1.EndpointAddress) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameAddress(&a[i], &b[i]) {
				return false
			}
		}
		return true
	}
	return slices.EqualFunc(own, b, func(a, b corev1.EndpointSubset) bool {
		return samePorts(a.Ports, b.Ports) && addresses(a.Addresses, b.Addresses) && addresses(a.NotReadyAddresses, b.NotReadyAddresses)
	})
}

// sameAddress compares an address of the controller's with another. Of which revision of the pod it is does not matter.
func sameAddress(own, a *corev1.EndpointAddress) bool {
	if *own == *a {
		return true
	}
	if a.TargetRef == nil || a.NodeName == nil {
		return false
	}
	r := *a.TargetRef
	r.ResourceVersion = ""
	return own.IP == a.IP && own.Hostname == a.Hostname && *own.NodeName == *a.NodeName && *own.TargetRef == r
}

func samePorts(a, b []corev1.EndpointPort) bool {
	if len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) {
		return true
	}
	return slices.EqualFunc(a, b, func(a, b corev1.EndpointPort) bool {
		return a.Name == b.Name && a.Port == b.Port && a.Protocol == b.Protocol &&
			(a.AppProtocol == b.AppProtocol || a.AppProtocol != nil && b.AppProtocol != nil && *a.AppProtocol == *b.AppProtocol)
	})
}
