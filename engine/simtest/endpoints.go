package simtest

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
)

// endpoints: when nothing is under way, a Service's EndpointSlices list the addresses that the pods it selects have of its
// families, each in a slice of its kind, and call ready those that are.
func endpoints(j *judge) {
	j.onCalm = append(j.onCalm, func() {
		for _, key := range sortedKeys(j.mirror[api.Services]) {
			svc := j.mirror[api.Services][key].(*corev1.Service)
			if len(svc.Spec.Selector) == 0 {
				continue
			}
			var want, got []string
			for _, pk := range sortedKeys(j.mirror[api.Pods]) {
				p := j.mirror[api.Pods][pk].(*corev1.Pod)
				if p.Namespace != svc.Namespace || ended(p) || p.Status.PodIP == "" || !selects(svc.Spec.Selector, p.Labels) {
					continue
				}
				for _, ip := range p.Status.PodIPs {
					if slices.Contains(svc.Spec.IPFamilies, familyOf(ip.IP)) {
						want = append(want, fmt.Sprintf("%s=%s ready=%v", p.Name, ip.IP, api.PodReady(p) && p.DeletionTimestamp == nil))
					}
				}
			}
			for _, sk := range sortedKeys(j.mirror[api.EndpointSlices]) {
				s := j.mirror[api.EndpointSlices][sk].(*discoveryv1.EndpointSlice)
				if s.Namespace != svc.Namespace || s.Labels[discoveryv1.LabelServiceName] != svc.Name {
					continue
				}
				for i := range s.Endpoints {
					e := &s.Endpoints[i]
					if string(s.AddressType) != string(familyOf(e.Addresses[0])) {
						j.fault("endpoints", "EndpointSlice %s of type %s lists %s", sk, s.AddressType, e.Addresses[0])
					}
					got = append(got, fmt.Sprintf("%s=%s ready=%v", e.TargetRef.Name, e.Addresses[0], *e.Conditions.Ready))
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				j.fault("endpoints", "Service %s selects\n  %s\nits slices list\n  %s", key, strings.Join(want, "\n  "), strings.Join(got, "\n  "))
			}
		}
	})
}

func familyOf(ip string) corev1.IPFamily {
	if strings.Contains(ip, ":") {
		return corev1.IPv6Protocol
	}
	return corev1.IPv4Protocol
}

func selects(sel, labels map[string]string) bool {
	for k, v := range sel {
		if labels[k] != v {
			return false
		}
	}
	return true
}
