package network

import (
	"net/netip"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
)

// Every node has a range of pod addresses of each family and an address of its own of each, as in a dual-stack cluster
// of kind's; all follow from the order in which nodes are added, and a pod's IPv6 address ends like its IPv4 address,
// because the host-local plugin gives both out in turn.
const (
	podNet6  = "fd00:10:244:" // and the node's number: a /64 of fd00:10:244::/48
	nodeNet6 = "fd00:10::"    // and the node's number: fd00:10::/64
)

// prefix is the first three bytes of the node's pod addresses: 10.244.0 for the first node, 10.244.1 for the second,
// up to 10.255.255 and then from 10.128.0 on, so that all lie in 10.128.0.0/9.
func (nd *Node) prefix() string {
	b := 244 + nd.index/256
	if b > 255 {
		b = 128 + (b - 256)
	}
	return "10." + strconv.Itoa(b) + "." + strconv.Itoa(nd.index%256) + "."
}

// prefix6 is what the node's IPv6 pod addresses begin with: fd00:10:244:: for the first node, fd00:10:244:1:: for the
// second.
func (nd *Node) prefix6() string {
	if nd.index == 0 {
		return podNet6 + ":"
	}
	return podNet6 + strconv.FormatUint(uint64(nd.index), 16) + "::"
}

// PodCIDRs are the node's ranges of pod addresses, a /24 and a /64.
func (nd *Node) PodCIDRs() []string { return []string{nd.prefix() + "0/24", nd.prefix6() + "/64"} }

// IP is the node's own IPv4 address, 10.0.0.2 for the first node.
func (nd *Node) IP() string {
	i := nd.index + 2
	return "10.0." + strconv.Itoa(i/256) + "." + strconv.Itoa(i%256)
}

// IPs are the node's own addresses, IPv4 first. The IPv6 address of the first node is fd00:10::2.
func (nd *Node) IPs() []string {
	return []string{nd.IP(), nodeNet6 + strconv.FormatUint(uint64(nd.index+2), 16)}
}

// podIPs are the addresses that end in a byte. They share one string.
func (nd *Node) podIPs(b byte) []corev1.PodIP {
	v4, v6 := nd.prefix(), nd.prefix6()
	all := v4 + strconv.Itoa(int(b)) + v6 + strconv.FormatUint(uint64(b), 16)
	n := len(v4) + 1
	if b >= 10 {
		n++
	}
	if b >= 100 {
		n++
	}
	return []corev1.PodIP{{IP: all[:n]}, {IP: all[n:]}}
}

// locate finds the node that has a pod address, and the address's last byte.
func (n *Network) locate(text string) (*Node, byte, bool) {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return nil, 0, false
	}
	i, b := 0, byte(0)
	if ip.Is4() {
		a := ip.As4()
		if a[0] != 10 || a[1] < 128 {
			return nil, 0, false
		}
		if i = int(a[1]) - 244; i < 0 {
			i = int(a[1]) - 128 + 12
		}
		i, b = i<<8|int(a[2]), a[3]
	} else {
		a := ip.As16()
		if [6]byte(a[:]) != [6]byte{0xfd, 0, 0, 0x10, 0x02, 0x44} || [7]byte(a[8:]) != [7]byte{} {
			return nil, 0, false
		}
		i, b = int(a[6])<<8|int(a[7]), a[15]
	}
	if i >= len(n.nodes) {
		return nil, 0, false
	}
	return n.nodes[i], b, true
}

// byNodeIP finds a node by an address of its own.
func (n *Network) byNodeIP(text string) *Node {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return nil
	}
	i := 0
	if ip.Is4() {
		a := ip.As4()
		if a[0] != 10 || a[1] != 0 {
			return nil
		}
		i = int(a[2])<<8 | int(a[3])
	} else {
		a := ip.As16()
		if [14]byte(a[:]) != [14]byte{0xfd, 0, 0, 0x10} {
			return nil
		}
		i = int(a[14])<<8 | int(a[15])
	}
	if i -= 2; i >= 0 && i < len(n.nodes) {
		return n.nodes[i]
	}
	return nil
}

// own is a pod's address of a family, or "".
func own(sb *runtime.Sandbox, v6 bool) string {
	for i := range sb.IPs {
		if is6(sb.IPs[i].IP) == v6 {
			return sb.IPs[i].IP
		}
	}
	return ""
}

// is6 tells the family of an address that is known to be one.
func is6(ip string) bool {
	for i := 0; i < len(ip); i++ {
		if ip[i] == ':' {
			return true
		}
	}
	return false
}
