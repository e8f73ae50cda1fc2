package servicecidrs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func cidr(name string, cidrs ...string) *networkingv1.ServiceCIDR {
	return &networkingv1.ServiceCIDR{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: cidrs}}
}

func address(name string) *networkingv1.IPAddress {
	return &networkingv1.IPAddress{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{networkingv1.LabelManagedBy: allocator}}}
}

func TestRanges(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	get := func(name string) *networkingv1.ServiceCIDR {
		return apitest.Get[*networkingv1.ServiceCIDR](s, "", name)
	}
	ready := func(name string) string {
		require.Len(t, get(name).Status.Conditions, 1)
		c := get(name).Status.Conditions[0]
		return string(c.Type) + "=" + string(c.Status) + " " + c.Reason + ": " + c.Message
	}
	remove := func(name string) {
		apitest.Edit(s, "", name, func(r *networkingv1.ServiceCIDR) { r.DeletionTimestamp = ptr.To(s.Now()) })
	}
	const isReady = "Ready=True : Kubernetes Service CIDR is ready"
	const isNeeded = "Ready=False Terminating: There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"

	kubernetes := cidr("kubernetes", "10.96.0.0/12", "fd00:10:96::/112")
	kubernetes.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Message: "Kubernetes default Service CIDR is ready"}}
	apitest.Put(s, kubernetes)
	apitest.Put(s, cidr("more", "10.200.0.0/24", "fd00:10:97::/112"))
	apitest.Put(s, address("10.96.0.1"))
	apitest.Put(s, address("fd00:10:97::5"))
	s.Run(time.Second)
	for _, name := range []string{"kubernetes", "more"} {
		require.Equal(t, []string{Finalizer}, get(name).Finalizers)
		require.Equal(t, isReady, ready(name))
	}

	remove("more")
	s.Run(time.Minute)
	require.Equal(t, isNeeded, ready("more"))

	// An address that goes sets it free; but not before every allocator knows.
	apitest.Remove[*networkingv1.IPAddress](s, "", "fd00:10:97::5")
	s.Run(time.Second)
	require.Nil(t, get("more"), "deleted a minute ago")

	// What may not be given away keeps no range.
	apitest.Put(s, cidr("edges", "10.201.0.0/24", "fd00:10:98::/112"))
	for _, ip := range []string{"10.201.0.0", "10.201.0.255", "fd00:10:98::"} {
		apitest.Put(s, address(ip))
	}
	s.Run(time.Second)
	remove("edges")
	s.Run(11 * time.Second)
	require.Nil(t, get("edges"))

	// A range within another one, or one of the same size, may go with all its addresses, ten seconds later.
	apitest.Put(s, cidr("part", "10.96.0.0/16"))
	apitest.Put(s, cidr("same", "10.96.0.0/12"))
	s.Run(time.Second)
	remove("part")
	s.Run(9 * time.Second)
	require.NotNil(t, get("part"))
	s.Run(2 * time.Second)
	require.Nil(t, get("part"))
	remove("kubernetes")
	s.Run(20 * time.Second)
	require.Nil(t, get("kubernetes"), "no IPv6 address, and the IPv4 ones lie in the other range")

	// The last range of an address stays until there is another.
	remove("same")
	s.Run(20 * time.Second)
	require.Equal(t, isNeeded, ready("same"))
	apitest.Put(s, cidr("big", "10.0.0.0/8"))
	s.Run(time.Second)
	require.Nil(t, get("same"))
}
