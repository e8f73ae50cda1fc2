package apiserver

import (
	"errors"
	"net/netip"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
)

// allocator gives Services their cluster addresses and node ports (pkg/registry/core/service/{ipallocator,
// portallocator}). Which addresses are in use is said by the IPAddress objects (KEP-1880), which ports by the Services
// themselves; what is promised but not yet committed is remembered here.
type allocator struct {
	s        *Server
	cidr     netip.Prefix
	promised map[string]string // addresses and ports of writes under way, and the Service each is for
	chosen   map[string]bool   // of these, the addresses that were chosen here, not by the client
}

// The node port range of kube-apiserver's default.
const (
	nodePortFirst = 30000
	nodePortLast  = 32767
)

func newAllocator(s *Server, cidr string) *allocator {
	return &allocator{s: s, cidr: netip.MustParsePrefix(cidr), promised: map[string]string{}, chosen: map[string]bool{}}
}

func portKey(n int32) string { return ":" + strconv.Itoa(int(n)) }

// portsInUse are those no Service but svc itself may have.
func (a *allocator) portsInUse(svc *corev1.Service) map[string]bool {
	used := make(map[string]bool, len(a.promised))
	for k, owner := range a.promised {
		used[k] = owner != api.KeyOf(svc)
	}
	for _, o := range a.s.kinds[api.Services].objects {
		other := o.(*corev1.Service)
		if other.Namespace == svc.Namespace && other.Name == svc.Name {
			continue
		}
		for i := range other.Spec.Ports {
			if n := other.Spec.Ports[i].NodePort; n != 0 {
				used[portKey(n)] = true
			}
		}
	}
	return used
}

func (a *allocator) port(used map[string]bool) (int32, error) {
	const size = nodePortLast - nodePortFirst + 1
	off := a.s.rng.IntN(size)
	for i := 0; i < size; i++ {
		n := int32(nodePortFirst + (off+i)%size)
		if !used[portKey(n)] {
			return n, nil
		}
	}
	return 0, apierrors.NewInternalError(errors.New("failed to allocate a nodePort: range is full"))
}

func needsClusterIP(svc *corev1.Service) bool {
	return svc.Spec.Type != corev1.ServiceTypeExternalName && svc.Spec.ClusterIP != corev1.ClusterIPNone
}

func needsNodePort(svc *corev1.Service) bool {
	return svc.Spec.Type == corev1.ServiceTypeNodePort || svc.Spec.Type == corev1.ServiceTypeLoadBalancer &&
		(svc.Spec.AllocateLoadBalancerNodePorts == nil || *svc.Spec.AllocateLoadBalancerNodePorts)
}

// create fills in a new Service's families, addresses and ports. release gives back what was promised; it is to be
// called when the write fails, and harmless later.
func (a *allocator) create(obj api.Object) (release func(), err error) {
	svc, ok := obj.(*corev1.Service)
	if !ok {
		return func() {}, nil
	}
	return a.fill(svc)
}

func (a *allocator) fill(svc *corev1.Service) (func(), error) {
	owner := api.KeyOf(svc)
	var taken []string
	take := func(k string) { a.promised[k] = owner; taken = append(taken, k) }
	release := func() {
		for _, k := range taken {
			if a.promised[k] == owner {
				delete(a.promised, k)
				delete(a.chosen, k)
			}
		}
	}
	fail := func(p *field.Path, value any, detail string) (func(), error) {
		release()
		return func() {}, invalid(api.Services, svc.Name, field.ErrorList{field.Invalid(p, value, detail)})
	}
	if svc.Spec.Type != corev1.ServiceTypeExternalName {
		if svc.Spec.IPFamilyPolicy == nil {
			p := corev1.IPFamilyPolicySingleStack
			if len(svc.Spec.Selector) == 0 && svc.Spec.ClusterIP == corev1.ClusterIPNone {
				p = corev1.IPFamilyPolicyRequireDualStack
			}
			svc.Spec.IPFamilyPolicy = &p
		}
		if *svc.Spec.IPFamilyPolicy == corev1.IPFamilyPolicyRequireDualStack && svc.Spec.ClusterIP != corev1.ClusterIPNone {
			return fail(field.NewPath("spec", "ipFamilyPolicy"), *svc.Spec.IPFamilyPolicy, "this cluster is not configured for dual-stack services")
		}
		if len(svc.Spec.IPFamilies) == 0 {
			svc.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv4Protocol}
			if *svc.Spec.IPFamilyPolicy == corev1.IPFamilyPolicyRequireDualStack {
				svc.Spec.IPFamilies = append(svc.Spec.IPFamilies, corev1.IPv6Protocol)
			}
		}
		for i, f := range svc.Spec.IPFamilies {
			if f == corev1.IPv6Protocol && svc.Spec.ClusterIP != corev1.ClusterIPNone {
				return fail(field.NewPath("spec", "ipFamilies").Index(i), f, "not configured on this cluster")
			}
		}
	}
	if needsClusterIP(svc) {
		if svc.Spec.ClusterIP == "" && len(svc.Spec.ClusterIPs) > 0 {
			svc.Spec.ClusterIP = svc.Spec.ClusterIPs[0]
		}
		if svc.Spec.ClusterIP == "" {
			ip, err := a.address(svc)
			if err != nil {
				release()
				return func() {}, err
			}
			svc.Spec.ClusterIP = ip
			a.chosen[ip] = true
		} else if why := a.claim(svc, svc.Spec.ClusterIP); why != "" {
			return fail(field.NewPath("spec", "clusterIPs"), []string{svc.Spec.ClusterIP}, "failed to allocate IP "+svc.Spec.ClusterIP+": "+why)
		}
		svc.Spec.ClusterIPs = []string{svc.Spec.ClusterIP}
		take(svc.Spec.ClusterIP)
	} else if svc.Spec.ClusterIP == corev1.ClusterIPNone {
		svc.Spec.ClusterIPs = []string{corev1.ClusterIPNone}
	}
	if needsNodePort(svc) {
		ports := make([]corev1.ServicePort, len(svc.Spec.Ports))
		copy(ports, svc.Spec.Ports)
		svc.Spec.Ports = ports
		used := a.portsInUse(svc)
		for i := range ports {
			if ports[i].NodePort == 0 {
				n, err := a.port(used)
				if err != nil {
					release()
					return func() {}, err
				}
				ports[i].NodePort = n
			} else if used[portKey(ports[i].NodePort)] {
				return fail(field.NewPath("spec", "ports").Index(i).Child("nodePort"), ports[i].NodePort, "provided port is already allocated")
			}
			take(portKey(ports[i].NodePort))
			used[portKey(ports[i].NodePort)] = true
		}
	}
	// Once committed, the Service itself says what it uses.
	a.s.a.After(retryEtcd*10, "forget promises", release)
	return release, nil
}

// update keeps a Service's addresses and ports where its new form leaves them out, and gives it what it newly needs.
func (a *allocator) update(obj, cur api.Object) error {
	svc, ok := obj.(*corev1.Service)
	if !ok {
		return nil
	}
	old := cur.(*corev1.Service)
	if needsClusterIP(svc) && needsClusterIP(old) {
		if svc.Spec.ClusterIP == "" {
			svc.Spec.ClusterIP = old.Spec.ClusterIP
		}
		if len(svc.Spec.ClusterIPs) == 0 {
			svc.Spec.ClusterIPs = old.Spec.ClusterIPs
		}
		if len(svc.Spec.IPFamilies) == 0 {
			svc.Spec.IPFamilies = old.Spec.IPFamilies
		}
		if svc.Spec.IPFamilyPolicy == nil {
			svc.Spec.IPFamilyPolicy = old.Spec.IPFamilyPolicy
		}
		if svc.Spec.ClusterIP != old.Spec.ClusterIP {
			return nil // validation says that it is immutable
		}
	}
	if needsNodePort(svc) && needsNodePort(old) {
		ports := make([]corev1.ServicePort, len(svc.Spec.Ports))
		copy(ports, svc.Spec.Ports)
		svc.Spec.Ports = ports
		for i := range ports {
			for j := range old.Spec.Ports {
				o := &old.Spec.Ports[j]
				if ports[i].NodePort == 0 && ports[i].Port == o.Port && ports[i].Protocol == o.Protocol {
					ports[i].NodePort = o.NodePort
				}
			}
		}
	} else if !needsNodePort(svc) && needsNodePort(old) {
		ports := make([]corev1.ServicePort, len(svc.Spec.Ports))
		copy(ports, svc.Spec.Ports)
		for i := range ports {
			if i < len(old.Spec.Ports) && ports[i].NodePort == old.Spec.Ports[i].NodePort {
				ports[i].NodePort = 0
			}
		}
		svc.Spec.Ports = ports
	}
	_, err := a.fill(svc)
	return err
}
