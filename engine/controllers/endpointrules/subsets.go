package endpointrules

import (
	"cmp"
	"slices"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// CompareAddresses orders addresses by IP, as text, then by the UID of what they are addresses of.
func CompareAddresses(a, b *corev1.EndpointAddress) int {
	if c := cmp.Compare(a.IP, b.IP); c != 0 {
		return c
	}
	switch {
	case a.TargetRef == nil && b.TargetRef == nil:
		return 0
	case a.TargetRef == nil:
		return -1
	case b.TargetRef == nil:
		return 1
	}
	return cmp.Compare(a.TargetRef.UID, b.TargetRef.UID)
}

// addressKey tells addresses apart: pods may share one.
type addressKey struct {
	ip  string
	uid types.UID
}

// located is a known address by its place, as it is found at a port.
type located struct {
	at    int
	ready bool
}

// portGroup are the addresses at a port.
type portGroup struct {
	port  corev1.EndpointPort
	addrs []located
	have  map[int]int // place of the address to the place in addrs
}

// Repack brings subsets into the canonical layout: one for each set of addresses, with all the ports they have in
// common. An address that is ready and not ready at one port is not. What it is given is not written to; the addresses'
// own parts are shared.
func Repack(subsets []corev1.EndpointSubset) []corev1.EndpointSubset {
	var addrs []*corev1.EndpointAddress
	known := map[addressKey]int{}
	var groups []*portGroup
	byPort := map[corev1.EndpointPort]*portGroup{}
	for i := range subsets {
		s := &subsets[i]
		ports := s.Ports
		if len(ports) == 0 {
			ports = []corev1.EndpointPort{{Port: -1}} // addresses without ports are kept
		}
		for _, port := range ports {
			g := byPort[port]
			if g == nil {
				g = &portGroup{port: port, have: map[int]int{}}
				byPort[port] = g
				groups = append(groups, g)
			}
			add := func(list []corev1.EndpointAddress, ready bool) {
				for j := range list {
					key := addressKey{ip: list[j].IP}
					if list[j].TargetRef != nil {
						key.uid = list[j].TargetRef.UID
					}
					at, ok := known[key]
					if !ok {
						at = len(addrs)
						known[key] = at
						addrs = append(addrs, &list[j])
					}
					g.add(at, ready)
				}
			}
			add(s.Addresses, true)
			add(s.NotReadyAddresses, false)
		}
	}
	// In the order of the addresses, so that equal sets are equal lists.
	rank := make([]int, len(addrs))
	order := make([]int, len(addrs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return CompareAddresses(addrs[a], addrs[b]) })
	for i, at := range order {
		rank[at] = i
	}
	out := []corev1.EndpointSubset{}
	var made []*portGroup
	for _, g := range groups {
		if len(g.addrs) == 0 {
			continue
		}
		slices.SortFunc(g.addrs, func(a, b located) int { return rank[a.at] - rank[b.at] })
		i := slices.IndexFunc(made, func(o *portGroup) bool { return slices.Equal(o.addrs, g.addrs) })
		if i < 0 {
			i = len(made)
			made = append(made, g)
			out = append(out, g.subset(addrs))
		}
		if g.port.Port > 0 {
			out[i].Ports = append(out[i].Ports, g.port)
		}
	}
	for i := range out {
		SortPorts(out[i].Ports)
	}
	sortSubsets(out)
	return out
}

func (g *portGroup) add(at int, ready bool) {
	i, ok := g.have[at]
	if !ok {
		g.have[at] = len(g.addrs)
		g.addrs = append(g.addrs, located{at, ready})
		return
	}
	g.addrs[i].ready = g.addrs[i].ready && ready
}

func (g *portGroup) subset(addrs []*corev1.EndpointAddress) corev1.EndpointSubset {
	var s corev1.EndpointSubset
	for _, l := range g.addrs {
		if l.ready {
			s.Addresses = append(s.Addresses, *addrs[l.at])
		} else {
			s.NotReadyAddresses = append(s.NotReadyAddresses, *addrs[l.at])
		}
	}
	return s
}

func sortSubsets(subsets []corev1.EndpointSubset) {
	if len(subsets) < 2 {
		return
	}
	hashes := make([]string, len(subsets))
	for i := range subsets {
		hashes[i] = hash(string(dumpSubset(&subsets[i])))
	}
	sort.Sort(byHash[corev1.EndpointSubset]{subsets, hashes})
}

func dumpSubset(s *corev1.EndpointSubset) []byte {
	b := dumpAddresses([]byte("(v1.EndpointSubset){Addresses:"), s.Addresses)
	b = dumpAddresses(append(b, " NotReadyAddresses:"...), s.NotReadyAddresses)
	b = append(b, " Ports:([]v1.EndpointPort)"...)
	if s.Ports == nil {
		return append(b, "<nil>}"...)
	}
	for i := range s.Ports {
		b = append(b, " ["[boolInt(i == 0)])
		b = append(b, dumpPort(&s.Ports[i])...)
	}
	return closeList(b, len(s.Ports), "}")
}

func dumpAddresses(b []byte, list []corev1.EndpointAddress) []byte {
	b = append(b, "([]v1.EndpointAddress)"...)
	if list == nil {
		return append(b, "<nil>"...)
	}
	for i := range list {
		a := &list[i]
		b = append(b, " ["[boolInt(i == 0)])
		b = append(b, "{IP:(string)"+a.IP+" Hostname:(string)"+a.Hostname+" NodeName:"+pointer(a.NodeName, "string")+" TargetRef:(*v1.ObjectReference)"...)
		if r := a.TargetRef; r == nil {
			b = append(b, "<nil>}"...)
		} else {
			b = append(b, "{Kind:(string)"+r.Kind+" Namespace:(string)"+r.Namespace+" Name:(string)"+r.Name+" UID:(types.UID)"+string(r.UID)+
				" APIVersion:(string)"+r.APIVersion+" ResourceVersion:(string)"+r.ResourceVersion+" FieldPath:(string)"+r.FieldPath+"}}"...)
		}
	}
	return closeList(b, len(list), "")
}

func closeList(b []byte, n int, end string) []byte {
	if n == 0 {
		b = append(b, '[')
	}
	return append(append(b, ']'), end...)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
