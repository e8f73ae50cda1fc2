package cloud

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

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
	Service string // namespace/name
	IP      netip.Addr
	Nodes   []string // where it sends to, sorted
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

// pools are where addresses come from: TEST-NET-3 and TEST-NET-2 of RFC 5737.
var pools = [...]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24")}

var (
	errNoAddress = errors.New("no address is left in 203.0.113.0/24 and 198.51.100.0/24")
	errForeign   = errors.New("the address asked for is not in 203.0.113.0/24 or 198.51.100.0/24")
	errTaken     = errors.New("the address asked for belongs to another load balancer")
)

// address chooses one for a new load balancer: the one wanted, or the first that is free.
func (p *Provider) address(wanted string) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, b := range p.balancers {
		taken[b.IP] = true
	}
	if wanted != "" {
		a, err := netip.ParseAddr(wanted)
		switch {
		case err != nil || !slices.ContainsFunc(pools[:], func(n netip.Prefix) bool { return n.Contains(a) }):
			return netip.Addr{}, errForeign
		case taken[a]:
			return netip.Addr{}, errTaken
		}
		return a, nil
	}
	for _, pool := range pools {
		// The first addresses belong to the network itself and its router.
		for a := pool.Addr().Next().Next(); pool.Contains(a.Next()); a = a.Next() {
			if !taken[a] {
				return a, nil
			}
		}
	}
	return netip.Addr{}, errNoAddress
}

// ensure sets a load balancer up or brings it up to date.
func (p *Provider) ensure(name, service, wanted string, nodes []string) (*Balancer, error) {
	b := p.find(name)
	if b == nil || wanted != "" && b.IP.String() != wanted {
		ip, err := p.address(wanted)
		if err != nil {
			return nil, err
		}
		if b == nil {
			b = &Balancer{Name: name, Service: service}
			p.balancers = append(p.balancers, b)
		}
		b.IP = ip
	}
	b.Nodes = nodes
	return b, nil
}

func (p *Provider) remove(name string) {
	p.balancers = slices.DeleteFunc(p.balancers, func(b *Balancer) bool { return b.Name == name })
}
