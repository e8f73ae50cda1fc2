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
	v6 := is6(ip)
	if s := nd.net.rules.byIP[ip]; s != nil {
		if svc := s.at(nd.services); svc != nil {
			if slices.Contains(svc.Spec.ClusterIPs, ip) {
				return s, via{port: port, v6: v6}
			}
			if slices.Contains(svc.Spec.ExternalIPs, ip) || slices.Contains(virtualIPs(svc), ip) {
				return s, via{port: port, v6: v6, outside: true}
			}
		}
		return nil, via{}
	}
	if s := nd.net.rules.byPort[port]; s != nil && nd.net.byNodeIP(ip) == nd {
		if svc := s.at(nd.services); svc != nil && serves(svc, v6) &&
			slices.ContainsFunc(svc.Spec.Ports, func(p corev1.ServicePort) bool { return p.NodePort == port }) {
			return s, via{nodePort: port, v6: v6, outside: true}
		}
	}
	return nil, via{}
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
	views := s.family(nd.endpoints, by.v6)
	sticky := svc.Spec.SessionAffinity == corev1.ServiceAffinityClientIP
	key := affinityKey{s.key, client}
	if sticky {
		timeout := 10800 * time.Second
		if c := svc.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
			timeout = time.Duration(*c.ClientIP.TimeoutSeconds) * time.Second
		}
		if e, ok := nd.affinity[key]; ok && nd.net.s.Now().Sub(e.at) < timeout {
			if t, ok := nd.pick(views, sp, local, rng, e.ip); ok {
				nd.affinity[key] = affinityEntry{e.ip, nd.net.s.Now()}
				return t, routed
			}
		}
	}
	t, ok := nd.pick(views, sp, local, rng, "")
	if !ok {
		// What has endpoints, but none here, is dropped; what has none at all is refused.
		if _, elsewhere := nd.pick(views, sp, false, rng, ""); local && elsewhere {
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

// pick chooses an endpoint with equal chances: a ready one, or if there is none, one that still serves while it
// terminates (KEP-1669). only restricts the choice to one address.
func (nd *Node) pick(views []*sliceView, sp *corev1.ServicePort, local bool, rng *rand.Rand, only string) (target, bool) {
	for _, v := range views {
		v.compile()
	}
	ready := func(v *sliceView) []*discoveryv1.Endpoint { return v.ready }
	if !local {
		if by := nd.near(views, sp); by != nil {
			ready = by
		}
	}
	for _, list := range [...]func(*sliceView) []*discoveryv1.Endpoint{ready, func(v *sliceView) []*discoveryv1.Endpoint { return v.fallback }} {
		n := 0
		for _, v := range views {
			if port(v.slice, sp) != 0 {
				n += nd.count(list(v), local, only)
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
			p := port(v.slice, sp)
			if p == 0 {
				continue
			}
			list := list(v)
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

func port(es *discoveryv1.EndpointSlice, sp *corev1.ServicePort) int32 {
	for i := range es.Ports {
		p := &es.Ports[i]
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
