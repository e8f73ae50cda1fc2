package network

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"tabernetes/engine/sim"
)

// TestAddresses: every node's addresses are canonical, lie in its ranges, are nobody else's, and lead back to it.
func TestAddresses(t *testing.T) {
	s := sim.New(sim.Config{Seed: 1})
	n := New(s)
	for i := range 3200 {
		n.AddNode(s.AddHost(fmt.Sprint("n", i)))
	}
	pods6, nodes6 := netip.MustParsePrefix("fd00:10:244::/48"), netip.MustParsePrefix("fd00:10::/64")
	seen := map[string]bool{}
	for _, nd := range []*Node{n.nodes[0], n.nodes[1], n.nodes[9], n.nodes[15], n.nodes[254], n.nodes[255], n.nodes[256], n.nodes[3071], n.nodes[3072], n.nodes[3199]} {
		cidrs := nd.PodCIDRs()
		require.Len(t, cidrs, 2)
		for _, text := range cidrs {
			require.Equal(t, text, netip.MustParsePrefix(text).Masked().String())
		}
		require.True(t, pods6.Overlaps(netip.MustParsePrefix(cidrs[1])))
		for _, b := range []byte{2, 9, 10, 16, 99, 100, 254} {
			for i, ip := range nd.podIPs(b) {
				a := netip.MustParseAddr(ip.IP)
				require.Equal(t, a.String(), ip.IP)
				require.Equal(t, i == 1, a.Is6())
				require.Equal(t, i == 1, is6(ip.IP))
				require.True(t, netip.MustParsePrefix(cidrs[i]).Contains(a), "%s in %s", a, cidrs[i])
				require.False(t, seen[ip.IP])
				seen[ip.IP] = true
				at, last, ok := n.locate(ip.IP)
				require.True(t, ok)
				require.Same(t, nd, at)
				require.Equal(t, b, last)
				require.Nil(t, n.byNodeIP(ip.IP))
			}
		}
		ips := nd.IPs()
		require.Len(t, ips, 2)
		require.Equal(t, nd.IP(), ips[0])
		require.True(t, nodes6.Contains(netip.MustParseAddr(ips[1])))
		for _, ip := range ips {
			require.Equal(t, netip.MustParseAddr(ip).String(), ip)
			require.Same(t, nd, n.byNodeIP(ip))
			_, _, ok := n.locate(ip)
			require.False(t, ok)
		}
	}
	for _, ip := range []string{"", "10.1.0.2", "fd00:10:245::2", "fd00:10:244:0:1::2", "fd00:10:244:ffff::2", "fd00:10::1", "fd00:10::ffff", "fd00:10:96::2", "::2", "203.0.113.2", "name"} {
		_, _, ok := n.locate(ip)
		require.False(t, ok, ip)
		require.Nil(t, n.byNodeIP(ip), ip)
	}
}
