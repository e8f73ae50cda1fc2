package network

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Network is the physical network of one cluster.
type Network struct {
	// OnRequest sees each request of a traffic source when it is over. It must not schedule.
	OnRequest func(RequestView)

	s      *sim.Sim
	nodes  []*Node
	byHost map[string]*Node
	rules  Rules
	dns    []*dns // one for each of its processes

	requests uint64
	cursor   int // of the external balancer
	failures int
}

// New makes the network of a cluster.
func New(s *sim.Sim) *Network {
	n := &Network{s: s, byHost: map[string]*Node{}}
	n.rules.init(n)
	return n
}

// Rules is the history of Services and EndpointSlices that all nodes share.
func (n *Network) Rules() *Rules { return &n.rules }

// Nodes lists the nodes in the order they were added. The slice must not be changed.
func (n *Network) Nodes() []*Node { return n.nodes }

// Node finds a node by its host's name, or nil.
func (n *Network) Node(name string) *Node { return n.byHost[name] }

// Node is the network stack of a host.
type Node struct {
	net   *Network
	host  *sim.Host
	a     *sim.Actor // the kernel
	index int
	next  int
	pods  map[byte]*runtime.Sandbox // by the last byte of the addresses
	gone  map[byte]sim.RecordID     // addresses that were given back, and the record of it
	onNet []*runtime.Sandbox        // pods in the host's own network

	// What the node's kernel forwards by: how far its kube-proxy had come at its last sync.
	services, endpoints int64
	synced              sim.RecordID
	affinity            map[affinityKey]affinityEntry
	zone                string // the node's, as its kube-proxy has learned it
}

// AddNode gives a host a network stack. Addresses follow from the order in which nodes are added.
func (n *Network) AddNode(h *sim.Host) *Node {
	nd := &Node{net: n, host: h, index: len(n.nodes), pods: map[byte]*runtime.Sandbox{}, gone: map[byte]sim.RecordID{}}
	n.nodes = append(n.nodes, nd)
	n.byHost[h.Name] = nd
	h.Install("kernel", func(a *sim.Actor) {
		// A kernel that boots has no rules and no pod addresses.
		nd.a, nd.services, nd.endpoints, nd.affinity, nd.onNet, nd.zone = a, 0, 0, nil, nil, ""
		clear(nd.pods)
		clear(nd.gone)
	})
	return nd
}

// Network is the network the node is part of.
func (nd *Node) Network() *Network { return nd.net }

// Host is the node's machine.
func (nd *Node) Host() *sim.Host { return nd.host }

// Attach gives a sandbox its addresses. It reports false when the node has none left.
func (nd *Node) Attach(sb *runtime.Sandbox) bool {
	if sb.HostNetwork {
		for _, ip := range nd.IPs() {
			sb.IPs = append(sb.IPs, corev1.PodIP{IP: ip})
		}
		nd.onNet = append(nd.onNet, sb)
		return true
	}
	for range 253 {
		// Addresses are given in turn, as the host-local plugin does, so that one is not reused at once.
		nd.next = nd.next%253 + 1
		b := byte(nd.next + 1)
		if nd.pods[b] == nil {
			nd.pods[b] = sb
			delete(nd.gone, b)
			sb.IPs = nd.podIPs(b)
			return true
		}
	}
	return false
}

// Detach takes a sandbox's addresses back; the event being handled is remembered as the reason why nothing answers.
func (nd *Node) Detach(sb *runtime.Sandbox) {
	if sb.HostNetwork {
		nd.onNet = slices.DeleteFunc(nd.onNet, func(o *runtime.Sandbox) bool { return o == sb })
		return
	}
	_, b, ok := nd.net.locate(sb.IP())
	if ok && nd.pods[b] == sb {
		delete(nd.pods, b)
		nd.gone[b] = nd.net.s.Cause()
	}
}

// Fault is the newest record of a fault of the node's machine, or 0.
func (nd *Node) Fault() sim.RecordID {
	j := &nd.net.s.Journal
	for _, ref := range [...]string{"hosts/" + nd.host.Name, "nodes/" + nd.host.Name} {
		r := j.Newest(ref)
		for i := 0; r != nil && i < 256; i++ {
			if r.Kind == sim.KindFault {
				return r.ID
			}
			r = j.Before(r)
		}
	}
	return 0
}

// Phase spreads the nodes' tickers of a period over it, the same on every start.
func (nd *Node) Phase(period time.Duration) time.Duration {
	return time.Duration(uint64(nd.index+1) * 0x9e3779b97f4a7c15 % uint64(period))
}
