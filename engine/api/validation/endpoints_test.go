package validation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/validation"
)

// Addresses that were there are passed over, in whatever place they are now; a bad one among them is found.
func TestEndpointsUpdate(t *testing.T) {
	of := func(ips ...string) *corev1.Endpoints {
		ep := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", ResourceVersion: "1"},
			Subsets: []corev1.EndpointSubset{{Ports: []corev1.EndpointPort{{Port: 80, Protocol: corev1.ProtocolTCP}}}}}
		for _, ip := range ips {
			ep.Subsets[0].Addresses = append(ep.Subsets[0].Addresses, corev1.EndpointAddress{IP: ip})
		}
		return ep
	}
	bad := func(ep, old *corev1.Endpoints) []string {
		var out []string
		for _, e := range validation.Update(ep, old) {
			out = append(out, e.Field)
		}
		return out
	}
	old := of("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")
	assert.Empty(t, bad(of("10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.5"), old))
	assert.Empty(t, bad(of("10.0.0.4", "10.0.0.3"), old))
	assert.Equal(t, []string{"subsets[0].addresses[1].ip"}, bad(of("10.0.0.1", "127.0.0.1", "10.0.0.2", "10.0.0.3"), old))
	assert.Equal(t, []string{"subsets[0].addresses[3].ip"}, bad(of("10.0.0.2", "10.0.0.3", "10.0.0.4", "nonsense"), old)[:1])
	more := of("10.0.0.1")
	more.Subsets = append(more.Subsets, of("169.254.0.1").Subsets...)
	assert.Equal(t, []string{"subsets[1].addresses[0].ip"}, bad(more, old))
}
