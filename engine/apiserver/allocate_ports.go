package apiserver

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The node port range of kube-apiserver's default. The first of them are left to those who ask for a number (KEP-3668).
const (
	nodePortFirst   = 30000
	nodePortLast    = 32767
	nodePortDynamic = nodePortFirst + (nodePortLast-nodePortFirst+1)/32
)

var portsPath = field.NewPath("spec", "ports")

func portKey(n int32) string { return ":" + strconv.Itoa(int(n)) }

// ports are the node ports of one write (portallocator.PortAllocationOperation).
type ports struct {
	*allocation
	mine map[int32]bool // taken by it, or by the Service's old form
	last int32          // dry run: the highest number yet
}

func (o *allocation) startPorts() *ports { return &ports{o, map[int32]bool{}, 0} }

// free reports that nobody has a port.
func (p *ports) free(n int32) bool { return !p.mine[n] && !p.busy(p.svc, portKey(n)) }

func (p *ports) mark(n int32) {
	p.mine[n] = true
	p.take(portKey(n))
	p.last = max(p.last, n)
}

// claim takes a port that was asked for.
func (p *ports) claim(n int32) error {
	switch {
	case n < nodePortFirst || n > nodePortLast:
		return fmt.Errorf("provided port is not in the valid range. The range of valid ports is %d-%d", nodePortFirst, nodePortLast)
	case !p.free(n):
		return errors.New("provided port is already allocated")
	}
	p.mark(n)
	return nil
}

// next takes any port, in a dry run a number nobody will get.
func (p *ports) next() (int32, error) {
	if p.dry {
		if p.last == 0 {
			p.last = nodePortLast + 1
		}
		p.mark(p.last + 1)
		return p.last, nil
	}
	for _, band := range [...][2]int{{nodePortDynamic, nodePortLast + 1}, {nodePortFirst, nodePortDynamic}} {
		size := band[1] - band[0]
		off := p.s.rng.IntN(size)
		for i := range size {
			n := int32(band[0] + (off+i)%size)
			if p.free(n) {
				p.mark(n)
				return n, nil
			}
		}
	}
	return 0, errors.New("range is full")
}

func noNodePort(err error) error {
	return apierrors.NewInternalError(fmt.Errorf("failed to allocate a nodePort: %w", err))
}

// mayHaveNodePort: the kinds of Services that can be reached at nodes' addresses.
func mayHaveNodePort(svc *corev1.Service) bool {
	return svc.Spec.Type == corev1.ServiceTypeNodePort || svc.Spec.Type == corev1.ServiceTypeLoadBalancer
}

// wantsNodePort: ports without a number get one.
func wantsNodePort(svc *corev1.Service) bool {
	return mayHaveNodePort(svc) && (svc.Spec.Type == corev1.ServiceTypeNodePort ||
		svc.Spec.AllocateLoadBalancerNodePorts == nil || *svc.Spec.AllocateLoadBalancerNodePorts)
}

func needsHealthCheckPort(svc *corev1.Service) bool {
	return svc.Spec.Type == corev1.ServiceTypeLoadBalancer && svc.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// newPorts allocates those of a new Service (initNodePorts). Ports of one number, say of TCP and UDP, share a node port.
func (o *allocation) newPorts() error {
	spec := &o.svc.Spec
	if !mayHaveNodePort(o.svc) {
		return nil
	}
	p := o.startPorts()
	spec.Ports = slices.Clone(spec.Ports)
	numbers := map[int32]int32{} // by port
	for i := range spec.Ports {
		sp := &spec.Ports[i]
		if sp.NodePort == 0 && !wantsNodePort(o.svc) {
			continue
		}
		n := numbers[sp.Port]
		switch {
		case n == 0:
			for j := range spec.Ports {
				if n == 0 && spec.Ports[j].Port == sp.Port {
					n = spec.Ports[j].NodePort
				}
			}
			var err error
			if n == 0 {
				if n, err = p.next(); err != nil {
					return noNodePort(err)
				}
			} else if err = p.claim(n); err != nil {
				return o.invalid(portsPath.Index(i).Child("nodePort"), n, err.Error())
			}
			sp.NodePort, numbers[sp.Port] = n, n
		case sp.NodePort == 0:
			sp.NodePort = n
		case sp.NodePort != n:
			if err := p.claim(sp.NodePort); err != nil {
				return o.invalid(portsPath.Index(i).Child("nodePort"), sp.NodePort, err.Error())
			}
		}
	}
	return p.healthCheck()
}

// healthCheck allocates the port at which a node tells load balancers whether it has endpoints.
func (p *ports) healthCheck() error {
	spec := &p.svc.Spec
	if !needsHealthCheckPort(p.svc) {
		return nil
	}
	if n := spec.HealthCheckNodePort; n != 0 {
		if err := p.claim(n); err != nil {
			return apierrors.NewInternalError(fmt.Errorf("failed to allocate requested HealthCheck NodePort %v: %v", n, err))
		}
		return nil
	}
	n, err := p.next()
	if err != nil {
		return apierrors.NewInternalError(fmt.Errorf("failed to allocate a HealthCheck NodePort %v: %v", n, err))
	}
	spec.HealthCheckNodePort = n
	return nil
}

// morePorts allocates what an update needs (updateNodePorts).
func (o *allocation) morePorts(old *corev1.Service) error {
	if !mayHaveNodePort(o.svc) {
		return nil
	}
	spec := &o.svc.Spec
	// What the old form has stays taken until the new one is stored: a port cannot become the health check's at once.
	p := o.startPorts()
	had := map[int32]bool{}
	for i := range old.Spec.Ports {
		n := old.Spec.Ports[i].NodePort
		had[n], p.mine[n] = true, true
	}
	p.mine[old.Spec.HealthCheckNodePort] = true
	type nodePort struct {
		Protocol corev1.Protocol
		NodePort int32
	}
	seen := map[nodePort]bool{}
	claimed := map[int32]bool{}
	spec.Ports = slices.Clone(spec.Ports)
	for i := range spec.Ports {
		sp := &spec.Ports[i]
		switch n := sp.NodePort; {
		case n == 0 && !wantsNodePort(o.svc):
			continue
		case n == 0:
			var err error
			if sp.NodePort, err = p.next(); err != nil {
				return noNodePort(err)
			}
		case !had[n] && !claimed[n]:
			if err := p.claim(n); err != nil {
				return o.invalid(portsPath.Index(i).Child("nodePort"), n, err.Error())
			}
			claimed[n] = true
		}
		k := nodePort{sp.Protocol, sp.NodePort}
		if seen[k] {
			return fmt.Errorf("duplicate nodePort: %v", k)
		}
		seen[k] = true
	}
	if needsHealthCheckPort(old) {
		return nil
	}
	return p.healthCheck()
}
