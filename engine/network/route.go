package network

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Program is what kube-proxy does when it syncs: the node forwards by the state of the API as of these revisions.
// record is the journal record of the sync.
func (nd *Node) Program(services, endpoints int64, record sim.RecordID) {
	nd.services, nd.endpoints = services, endpoints
	if record != 0 {
		nd.synced = record
	}
}

// Programmed reports whether the node has any rules.
func (nd *Node) Programmed() bool { return nd.services > 0 || nd.endpoints > 0 }

type affinityKey struct{ service, client string }

type affinityEntry struct {
	ip string
	at sim.Time
}

// target is where rules send a packet.
type target struct {
	endpoint *discoveryv1.Endpoint
	slice    *discoveryv1.EndpointSlice
	port     int32
}

// verdict is why rules send it nowhere.
type verdict string

const (
	routed      verdict = ""
	noService   verdict = "no such service"
	noPort      verdict = "no such port"
	noEndpoints verdict = "no endpoints"
	noLocal     verdict = "no local endpoints"
)

// via is how a connection comes to a Service.
type via struct {
	port     int32 // of the Service; 0: its first
	nodePort int32 // instead
	v6       bool  // the family, which kube-proxy keeps apart
	outside  bool  // by an address that leads into the cluster: a node port, a load balancer, an external address
	pod      bool  // from a pod, for which externalTrafficPolicy does not count
}

// destination is the Service that the node's rules see in an address and port.
func (nd *Node) destination(ip string, port int32) (*service, via) {
	v := via{port: port, v6: is6(ip)}
	s := nd.net.rules.byAddress[ip]
	if s != nil {
		if svc := s.at(nd.services); svc != nil {
			if slices.Contains(svc.Spec.ClusterIPs, ip) {
				return s, v
			}
			if v.outside = true; slices.Contains(svc.Spec.ExternalIPs, ip) || slices.Contains(virtualIPs(svc), ip) {
				return s, v
			}
		}
		return nil, v
	}
	if s = nd.net.rules.byAddress[nodePort(port)]; s != nil && nd.net.byNodeIP(ip) == nd {
		if svc := s.at(nd.services); svc != nil && serves(svc, v.v6) && slices.Contains(addressesOf(svc), nodePort(port)) {
			return s, via{nodePort: port, v6: v.v6, outside: true}
		}
	}
	return nil, v
}

// serves reports that a Service has a family.
func serves(svc *corev1.Service, v6 bool) bool {
	if v6 {
		return slices.Contains(svc.Spec.IPFamilies, corev1.IPv6Protocol)
	}
	return len(svc.Spec.IPFamilies) == 0 || slices.Contains(svc.Spec.IPFamilies, corev1.IPv4Protocol)
}

// route applies the node's rules to a new connection of a client to a Service.
func (nd *Node) route(s *service, by via, client string, rng *rand.Rand) (target, verdict) {
	svc := s.at(nd.services)
	if svc == nil {
		return target{}, noService
	}
	var sp *corev1.ServicePort
	for i := range svc.Spec.Ports {
		p := &svc.Spec.Ports[i]
		if by.nodePort != 0 && p.NodePort == by.nodePort || by.nodePort == 0 && (by.port == 0 && p.Protocol != corev1.ProtocolUDP || p.Port == by.port) {
			sp = p
			break
		}
	}
	if sp == nil {
		return target{}, noPort
	}
	local := false
	if by.outside {
		local = svc.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal && !by.pod
	} else {
		local = svc.Spec.InternalTrafficPolicy != nil && *svc.Spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyLocal
	}
	views := s.slicesAt(nd.endpoints)
	sticky := svc.Spec.SessionAffinity == corev1.ServiceAffinityClientIP
	key := affinityKey{s.key, client}
	if sticky {
		timeout := 10800 * time.Second
		if c := svc.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			timeout = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
		if e, ok := nd.affinity[key]; ok && nd.net.s.Now().Sub(e.at) < timeout {
			if t, ok := nd.pick(views, sp, by.v6, local, rng, e.ip); ok {
				nd.affinity[key] = affinityEntry{e.ip, nd.net.s.Now()}
				return t, routed
			}
		}
	}
	t, ok := nd.pick(views, sp, by.v6, local, rng, "")
	if !ok {
		// What has endpoints, but none here, is dropped; what has none at all is refused.
		if _, elsewhere := nd.pick(views, sp, by.v6, false, rng, ""); local && elsewhere {
			return t, noLocal
		}
		return t, noEndpoints
	}
	if sticky {
		if nd.affinity == nil {
			nd.affinity = map[affinityKey]affinityEntry{}
		}
		nd.affinity[key] = affinityEntry{t.endpoint.Addresses[0], nd.net.s.Now()}
	}
	return t, routed
}

// pick chooses an endpoint of a family with equal chances: a ready one, or if there is none, one that still serves while
// it terminates (KEP-1669). only restricts the choice to one address.
func (nd *Node) pick(views []*sliceView, sp *corev1.ServicePort, v6, local bool, rng *rand.Rand, only string) (target, bool) {
	of := everywhere
	if !local {
		of = nd.near(views, sp, v6)
	}
	for _, of := range [...]scope{of, terminating} {
		n := 0
		for _, v := range views {
			if v.port(sp, v6) != 0 {
				n += nd.count(nd.within(v, of), local, only)
			}
		}
		if n == 0 {
			continue
		}
		k := 0
		if n > 1 {
			k = rng.IntN(n)
		}
		for _, v := range views {
			p := v.port(sp, v6)
			if p == 0 {
				continue
			}
			list := nd.within(v, of)
			if !local && only == "" {
				if k < len(list) {
					return target{list[k], v.slice, p}, true
				}
				k -= len(list)
				continue
			}
			for _, e := range list {
				if nd.eligible(e, local, only) {
					if k == 0 {
						return target{e, v.slice, p}, true
					}
					k--
				}
			}
		}
	}
	return target{}, false
}

func (nd *Node) eligible(e *discoveryv1.Endpoint, local bool, only string) bool {
	return (!local || e.NodeName != nil && *e.NodeName == nd.host.Name) && (only == "" || e.Addresses[0] == only)
}

func (nd *Node) count(list []*discoveryv1.Endpoint, local bool, only string) int {
	if !local && only == "" {
		return len(list)
	}
	n := 0
	for _, e := range list {
		if nd.eligible(e, local, only) {
			n++
		}
	}
	return n
}

// port is the number that a port of the Service has at the slice's endpoints; 0: they do not have it, or are of the other
// family.
func (v *sliceView) port(sp *corev1.ServicePort, v6 bool) int32 {
	if (v.slice.AddressType == discoveryv1.AddressTypeIPv6) != v6 {
		return 0
	}
	for i := range v.slice.Ports {
		p := &v.slice.Ports[i]
		if p.Port != nil && (p.Name == nil && sp.Name == "" || p.Name != nil && *p.Name == sp.Name) {
			return *p.Port
		}
	}
	return 0
}

func podKey(e *discoveryv1.Endpoint, ns string) string {
	if e.TargetRef == nil {
		return ""
	}
	if e.TargetRef.Namespace != "" {
		ns = e.TargetRef.Namespace
	}
	return api.Key(ns, e.TargetRef.Name)
}
