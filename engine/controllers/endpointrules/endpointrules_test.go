package endpointrules

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/dump"
	"k8s.io/utils/ptr"
)

func TestDumpsAreSpews(t *testing.T) {
	http := discoveryv1.EndpointPort{Name: ptr.To("http"), Port: ptr.To(int32(8080)), Protocol: ptr.To(corev1.ProtocolTCP), AppProtocol: ptr.To("h2c")}
	assert.Equal(t, dump.ForHash(http), dumpSlicePort(&http))
	assert.Equal(t, dump.ForHash(discoveryv1.EndpointPort{}), dumpSlicePort(&discoveryv1.EndpointPort{}))
	port := corev1.EndpointPort{Name: "http", Port: 80, Protocol: corev1.ProtocolTCP, AppProtocol: ptr.To("h2c")}
	assert.Equal(t, dump.ForHash(port), "(v1.EndpointPort)"+dumpPort(&port))
	for _, s := range []corev1.EndpointSubset{
		{},
		{Addresses: []corev1.EndpointAddress{}, Ports: []corev1.EndpointPort{}},
		{Addresses: []corev1.EndpointAddress{{IP: "10.0.0.1", Hostname: "h", NodeName: ptr.To("n"), TargetRef: &corev1.ObjectReference{
			Kind: "Pod", Namespace: "a", Name: "b", UID: "c", APIVersion: "v1", ResourceVersion: "4", FieldPath: "f"}}, {IP: "::1"}},
			NotReadyAddresses: []corev1.EndpointAddress{{IP: "10.0.0.3"}}, Ports: []corev1.EndpointPort{port, {}}},
	} {
		assert.Equal(t, dump.ForHash(s), string(dumpSubset(&s)))
	}
}

// Repacking says of each address at each port what the subsets said, once, in the order of upstream's hashes.
func TestRepackKeepsWhatWasSaid(t *testing.T) {
	type place struct {
		ip   string
		uid  types.UID
		port corev1.EndpointPort
	}
	said := func(subsets []corev1.EndpointSubset) map[place]bool {
		m := map[place]bool{}
		for _, s := range subsets {
			ports := s.Ports
			if len(ports) == 0 {
				ports = []corev1.EndpointPort{{}}
			}
			for _, p := range ports {
				note := func(list []corev1.EndpointAddress, ready bool) {
					for _, a := range list {
						k := place{a.IP, "", p}
						if a.TargetRef != nil {
							k.uid = a.TargetRef.UID
						}
						was, ok := m[k]
						m[k] = ready && (was || !ok)
					}
				}
				note(s.Addresses, true)
				note(s.NotReadyAddresses, false)
			}
		}
		return m
	}
	sum := func(v any) []byte {
		h := fnv.New128a()
		fmt.Fprintf(h, "%v", dump.ForHash(v))
		return h.Sum(nil)
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		var in []corev1.EndpointSubset
		for range r.IntN(6) {
			var s corev1.EndpointSubset
			for range r.IntN(4) {
				a := corev1.EndpointAddress{IP: fmt.Sprint("10.0.0.", r.IntN(4))}
				if r.IntN(2) == 0 {
					a.TargetRef = &corev1.ObjectReference{UID: types.UID(fmt.Sprint(r.IntN(3)))}
				}
				if r.IntN(2) == 0 {
					s.Addresses = append(s.Addresses, a)
				} else {
					s.NotReadyAddresses = append(s.NotReadyAddresses, a)
				}
			}
			for _, n := range r.Perm(3)[:r.IntN(3)] {
				s.Ports = append(s.Ports, corev1.EndpointPort{Name: fmt.Sprint("p", n), Port: int32(80 + n), Protocol: corev1.ProtocolTCP})
			}
			in = append(in, s)
		}
		before := dump.ForHash(in)
		out := Repack(in)
		assert.Equal(t, before, dump.ForHash(in), "the input stays")
		assert.Empty(t, cmp.Diff(said(in), said(out)))
		assert.Empty(t, cmp.Diff(out, Repack(out)), "it is a fixed point")
		for i, s := range out {
			assert.True(t, i == 0 || bytes.Compare(sum(out[i-1]), sum(s)) < 0, "subsets by hash")
			for j := range s.Ports {
				assert.True(t, j == 0 || bytes.Compare(sum(s.Ports[j-1]), sum(s.Ports[j])) < 0, "ports by hash")
			}
			for _, list := range [][]corev1.EndpointAddress{s.Addresses, s.NotReadyAddresses} {
				assert.True(t, slices.IsSortedFunc(list, func(a, b corev1.EndpointAddress) int { return CompareAddresses(&a, &b) }))
			}
		}
		reversed := slices.Clone(in)
		slices.Reverse(reversed)
		assert.Empty(t, cmp.Diff(out, Repack(reversed)), "the order of the input is nothing")
	}
}
