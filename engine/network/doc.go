// Package network is the wire: the addresses of pods and nodes, the forwarding rules in each node's kernel, cluster
// DNS, and the requests of users that traverse all of it.
//
// In a real cluster a network plugin gives each pod an address on its node, the kernel's iptables rules (written by
// kube-proxy) turn a Service's virtual address into that of an endpoint chosen at random, and packets go to the node
// that has it. Here a [Node] has the addresses of its pods, and a request is a few events: it arrives at an entry
// node, is matched against the rules which that node knows at that moment, travels to the endpoint's node over the
// links of package sim (which may be cut), finds a container that listens or does not, is answered after the
// program's service time, and travels back.
//
// The network is dual-stack: nodes and pods have an IPv4 and an IPv6 address each, Services those of the families they
// ask for, and what is sent to an address of one family arrives at one of the same. Names resolve to both; a program that
// does not choose connects over IPv4, as it does where the other addresses are unique local ones.
//
// Rules are shared. What a node's kernel contains is a pure function of how far its kube-proxy has followed the
// Services and EndpointSlices, so [Rules] keeps each Service's history once for the cluster, and a node is two
// revision numbers. A change costs every node O(1), and a node whose proxy lags really does route by old rules.
//
// [Network.Call] is how a program of a machine, kube-apiserver above all, calls a program in a pod over TLS: through the
// same rules, to a server that shows its certificate.
//
// Real: staleness, random choice, session affinity, traffic policies and distribution, terminating endpoints, node ports
// and load balancers' addresses, which failure follows from which state. Simulated: one packet a request, a 1 s client timeout, no retransmission; an address from which
// the pod is gone swallows packets. A failed request leaves a journal record whose cause is the true one: the power
// loss, the start of a container that did not listen yet, the signal that a container got while rules were stale.
package network
