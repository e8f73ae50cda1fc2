package cloud

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Name is the provider's name, the scheme of its machines' providerIDs.
const Name = "tabernetes"

// How long the provider takes: to say something, and to set up or take down a load balancer.
const (
	askTime     = 5 * time.Millisecond
	balanceTime = 2 * time.Second
)

// Machine is what the provider knows of a machine.
type Machine struct {
	ProviderID   string
	Type         string // instance type
	Zone, Region string
	Off          bool // it was shut down, and may be started again
}

// Balancer is a load balancer that was ordered.
type Balancer struct {
	Name    string
	Service string       // namespace/name
	IPs     []netip.Addr // one for each family of the Service, in its order
	Nodes   []string     // where it sends to, sorted
}

// Provider is the cloud.
type Provider struct {
	// Machine finds the machine of a node; ok is false for one that is no more.
	Machine func(node string) (m Machine, ok bool)

	balancers []*Balancer // in the order they were set up
}

// NewProvider makes a cloud that has the machines that machine knows.
func NewProvider(machine func(node string) (Machine, bool)) *Provider {
	return &Provider{Machine: machine}
}

// Balancers lists the load balancers there are, oldest first. The slice must not be changed.
func (p *Provider) Balancers() []*Balancer { return p.balancers }

// BalancerName is the name of a Service's load balancer (cloudprovider.DefaultLoadBalancerName).
func BalancerName(uid types.UID) string {
	name := "a" + strings.ReplaceAll(string(uid), "-", "")
	return name[:min(len(name), 32)]
}

func (p *Provider) find(name string) *Balancer {
	for _, b := range p.balancers {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// pools are where addresses come from: TEST-NET-3 and TEST-NET-2 of RFC 5737, and a part of the network of RFC 3849.
var pools = [...]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8:113::/64")}

var (
	errNoAddress = errors.New("no address is left in 203.0.113.0/24 and 198.51.100.0/24")
	errForeign   = errors.New("the address asked for is not in 203.0.113.0/24, 198.51.100.0/24 or 2001:db8:113::/64")
	errTaken     = errors.New("the address asked for belongs to another load balancer")
	errFamily    = errors.New("the address asked for is of a family the Service does not have")
)

// address chooses one of a family for a load balancer: the one wanted, if it is of the family, or the first that is free.
func (p *Provider) address(f corev1.IPFamily, wanted netip.Addr) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, b := range p.balancers {
		for _, ip := range b.IPs {
			taken[ip] = true
		}
	}
	if wanted.IsValid() && familyOf(wanted) == f {
		if taken[wanted] {
			return netip.Addr{}, errTaken
		}
		return wanted, nil
	}
	for _, pool := range pools {
		// The first addresses belong to the network itself and its router.
		for a := pool.Addr().Next().Next(); familyOf(a) == f && pool.Contains(a.Next()); a = a.Next() {
			if !taken[a] {
				return a, nil
			}
		}
	}
	return netip.Addr{}, errNoAddress
}

func familyOf(a netip.Addr) corev1.IPFamily {
	if a.Is4() {
		return corev1.IPv4Protocol
	}
	return corev1.IPv6Protocol
}

// ensure sets a load balancer up or brings it up to date. It keeps the addresses it has of families it is still to have,
// unless another one is wanted.
func (p *Provider) ensure(name, service string, families []corev1.IPFamily, wanted string, nodes []string) (*Balancer, error) {
	var want netip.Addr
	if wanted != "" {
		a, err := netip.ParseAddr(wanted)
		switch {
		case err != nil || !slices.ContainsFunc(pools[:], func(n netip.Prefix) bool { return n.Contains(a) }):
			return nil, errForeign
		case !slices.Contains(families, familyOf(a)):
			return nil, errFamily
		}
		want = a
	}
	b := p.find(name)
	var ips []netip.Addr
	for _, f := range families {
		at := -1
		if b != nil {
			at = slices.IndexFunc(b.IPs, func(a netip.Addr) bool {
				return familyOf(a) == f && (!want.IsValid() || familyOf(want) != f || a == want)
			})
		}
		if at >= 0 {
			ips = append(ips, b.IPs[at])
			continue
		}
		ip, err := p.address(f, want)
		if err != nil {
			return nil, err
		}
		ips = append(ips, ip)
	}
	if b == nil {
		b = &Balancer{Name: name, Service: service}
		p.balancers = append(p.balancers, b)
	}
	b.IPs, b.Nodes = ips, nodes
	return b, nil
}

func (p *Provider) remove(name string) {
	p.balancers = slices.DeleteFunc(p.balancers, func(b *Balancer) bool { return b.Name == name })
}
