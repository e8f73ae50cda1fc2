package servicecidrs

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestDeletion is what becomes of a range "going" that is deleted, beside others and with addresses (upstream's
// TestControllerSync, TestController_canDeleteCIDR).
func TestDeletion(t *testing.T) {
	foreign := address("10.1.0.5")
	foreign.Labels[networkingv1.LabelManagedBy] = "somebody"
	for name, c := range map[string]struct {
		going     []string
		others    map[string][]string
		addresses []string
		by        *networkingv1.IPAddress
		stays     bool
	}{
		"nothing else":                              {going: []string{"10.1.0.0/24"}},
		"an IPv4 address":                           {going: []string{"10.1.0.0/24"}, addresses: []string{"10.1.0.5"}, stays: true},
		"an IPv6 address":                           {going: []string{"fd00:1::/112"}, addresses: []string{"fd00:1::5"}, stays: true},
		"an address of another network":             {going: []string{"10.1.0.0/24"}, addresses: []string{"10.2.0.5"}},
		"an address of somebody else's":             {going: []string{"10.1.0.0/24"}, by: foreign},
		"both families, one address":                {going: []string{"10.1.0.0/24", "fd00:1::/112"}, addresses: []string{"fd00:1::5"}, stays: true},
		"the same IPv4 range":                       {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.0/24"}}, addresses: []string{"10.1.0.5"}},
		"the same IPv6 range":                       {going: []string{"fd00:1::/112"}, others: map[string][]string{"o": {"fd00:1::/112"}}, addresses: []string{"fd00:1::5"}},
		"a larger one":                              {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.0/16"}}, addresses: []string{"10.1.0.5"}},
		"a smaller one that has the address":        {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.0/26"}}, addresses: []string{"10.1.0.5"}},
		"a smaller one that has not all":            {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.0/26"}}, addresses: []string{"10.1.0.5", "10.1.0.100"}, stays: true},
		"its last address is the others' first":     {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.64/26"}}, addresses: []string{"10.1.0.64"}, stays: true},
		"the broadcast address":                     {going: []string{"10.1.0.0/24"}, addresses: []string{"10.1.0.255"}},
		"the network's own":                         {going: []string{"10.1.0.0/24"}, addresses: []string{"10.1.0.0"}},
		"the last of IPv6 is like any":              {going: []string{"fd00:1::/112"}, addresses: []string{"fd00:1::ffff"}, stays: true},
		"one family within another range":           {going: []string{"10.1.0.0/24", "fd00:1::/112"}, others: map[string][]string{"o": {"10.1.0.0/16"}}, addresses: []string{"10.1.0.5"}},
		"one family within, the other is needed":    {going: []string{"10.1.0.0/24", "fd00:1::/112"}, others: map[string][]string{"o": {"10.1.0.0/16"}}, addresses: []string{"fd00:1::5"}, stays: true},
		"two smaller ones have the addresses":       {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"10.1.0.0/25"}, "p": {"10.1.0.128/25"}}, addresses: []string{"10.1.0.5", "10.1.0.200"}},
		"a range that is as large and of no family": {going: []string{"10.1.0.0/24"}, others: map[string][]string{"o": {"fd00::/8"}}, addresses: []string{"10.1.0.5"}, stays: true},
	} {
		s := apitest.New()
		s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
		apitest.Put(s, cidr("going", c.going...))
		for name, list := range c.others {
			apitest.Put(s, cidr(name, list...))
		}
		for _, a := range c.addresses {
			apitest.Put(s, address(a))
		}
		if c.by != nil {
			apitest.Put(s, c.by)
		}
		s.Run(time.Second)
		apitest.Edit(s, "", "going", func(r *networkingv1.ServiceCIDR) { r.DeletionTimestamp = ptr.To(s.Now()) })
		s.Run(9 * time.Second)
		r := apitest.Get[*networkingv1.ServiceCIDR](s, "", "going")
		require.NotNil(t, r, name)
		want := metav1.ConditionTrue
		if c.stays {
			want = metav1.ConditionFalse
		}
		assert.Equal(t, want, r.Status.Conditions[0].Status, name)
		s.Run(2 * time.Second)
		assert.Equal(t, c.stays, apitest.Get[*networkingv1.ServiceCIDR](s, "", "going") != nil, name)
	}
}

// TestFinalizerAndCondition: both come back when somebody takes them; those of others stay.
func TestFinalizerAndCondition(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	r := cidr("r", "10.1.0.0/24")
	r.Finalizers = []string{"example.com/own"}
	r.Status.Conditions = []metav1.Condition{{Type: "Own", Status: "True"}}
	apitest.Put(s, r)
	get := func() *networkingv1.ServiceCIDR { return apitest.Get[*networkingv1.ServiceCIDR](s, "", "r") }
	s.Run(time.Second)
	assert.Equal(t, []string{"example.com/own", Finalizer}, get().Finalizers)
	require.Len(t, get().Status.Conditions, 2)
	apitest.Edit(s, "", "r", func(r *networkingv1.ServiceCIDR) { r.Finalizers, r.Status.Conditions = nil, nil })
	s.Run(time.Second)
	assert.Equal(t, []string{Finalizer}, get().Finalizers)
	assert.Len(t, get().Status.Conditions, 1)
	n := len(s.Requests)
	apitest.Edit(s, "", "r", func(r *networkingv1.ServiceCIDR) { r.Labels = map[string]string{"x": "y"} })
	s.Run(time.Minute)
	assert.Len(t, s.Requests, n)
}

// TestWritesThatFail are repeated; of the condition an event tells.
func TestWritesThatFail(t *testing.T) {
	s := apitest.New()
	var left = map[string]int{"": 2, "status": 2}
	s.Before = func(r *api.Request) error {
		if r.Resource == api.ServiceCIDRs && r.Verb == api.Patch && left[r.Subresource] > 0 {
			left[r.Subresource]--
			return errors.New("no")
		}
		return nil
	}
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, cidr("r", "10.1.0.0/24"))
	s.Run(time.Minute)
	r := apitest.Get[*networkingv1.ServiceCIDR](s, "", "r")
	assert.Equal(t, []string{Finalizer}, r.Finalizers)
	assert.Equal(t, metav1.ConditionTrue, r.Status.Conditions[0].Status)
	assert.Equal(t, []string{"KubernetesServiceCIDRError: The ServiceCIDR Status can not be set to Ready=True"}, s.Events())
}
