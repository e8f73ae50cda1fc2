package cloud

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/controllers/apitest"
)

func getNode(s *apitest.Server, name string) *corev1.Node {
	return apitest.Get[*corev1.Node](s, "", name)
}

func getService(s *apitest.Server, name string) *corev1.Service {
	return apitest.Get[*corev1.Service](s, "default", name)
}

// told is how often an event came.
func told(s *apitest.Server, reason string) (n int) {
	for _, e := range apitest.List[*corev1.Event](s) {
		if e.Reason == reason {
			n += int(e.Count)
		}
	}
	return n
}

// TestWhatIsWrittenIntoANode (upstream's Test_syncNode).
func TestWhatIsWrittenIntoANode(t *testing.T) {
	for name, c := range map[string]struct {
		machine  Machine
		node     func(*corev1.Node)
		labels   map[string]string
		provider string
		taints   int
	}{
		"nothing is known":      {labels: map[string]string{"own": "1"}},
		"a type alone":          {machine: Machine{Type: "big"}, labels: map[string]string{"own": "1", "beta.kubernetes.io/instance-type": "big", "node.kubernetes.io/instance-type": "big"}},
		"a zone alone":          {machine: Machine{Zone: "a"}, labels: map[string]string{"own": "1", "failure-domain.beta.kubernetes.io/zone": "a", "topology.kubernetes.io/zone": "a"}},
		"the kubelet named it":  {machine: Machine{ProviderID: "tabernetes://x"}, node: func(n *corev1.Node) { n.Spec.ProviderID = "own://y" }, labels: map[string]string{"own": "1"}, provider: "own://y"},
		"without labels":        {machine: Machine{Type: "big"}, node: func(n *corev1.Node) { n.Labels = nil }, labels: map[string]string{"beta.kubernetes.io/instance-type": "big", "node.kubernetes.io/instance-type": "big"}},
		"another zone was told": {machine: Machine{Zone: "a"}, node: func(n *corev1.Node) { n.Labels["topology.kubernetes.io/zone"] = "z" }, labels: map[string]string{"own": "1", "failure-domain.beta.kubernetes.io/zone": "a", "topology.kubernetes.io/zone": "a"}},
		"others' taints stay": {node: func(n *corev1.Node) {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "x", Effect: "NoExecute"})
		}, labels: map[string]string{"own": "1"}, taints: 1},
		"the taint without value": {node: func(n *corev1.Node) { n.Spec.Taints[0].Value = "" }, labels: map[string]string{"own": "1"}},
	} {
		s, _ := start(map[string]Machine{"n": c.machine})
		n := node("n", TaintUninitialized)
		if c.node != nil {
			c.node(n)
		}
		apitest.Put(s, n)
		s.Run(time.Second)
		n = getNode(s, "n")
		assert.Equal(t, c.labels, n.Labels, name)
		assert.Equal(t, c.provider, n.Spec.ProviderID, name)
		assert.Len(t, n.Spec.Taints, c.taints, name)
		assert.Equal(t, 1, told(s, "Synced"), name)
	}
}

// TestLabelsFollow the old names once a node is initialized (Test_reconcileNodeLabels).
func TestLabelsFollow(t *testing.T) {
	const beta, stable = "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"
	for name, c := range map[string]struct{ have, want map[string]string }{
		"both, the same":     {map[string]string{beta: "a", stable: "a"}, map[string]string{beta: "a", stable: "a"}},
		"both, not the same": {map[string]string{beta: "a", stable: "b"}, map[string]string{beta: "a", stable: "a"}},
		"only the old":       {map[string]string{beta: "a"}, map[string]string{beta: "a", stable: "a"}},
		"only the new":       {map[string]string{stable: "b"}, map[string]string{stable: "b"}},
		"none":               {nil, nil},
		"region and type": {map[string]string{"failure-domain.beta.kubernetes.io/region": "r", "beta.kubernetes.io/instance-type": "t", "node.kubernetes.io/instance-type": "u"},
			map[string]string{"failure-domain.beta.kubernetes.io/region": "r", "topology.kubernetes.io/region": "r", "beta.kubernetes.io/instance-type": "t", "node.kubernetes.io/instance-type": "t"}},
	} {
		s, _ := start(map[string]Machine{"n": {}})
		n := node("n")
		n.Labels = c.have
		apitest.Put(s, n)
		s.Run(time.Second)
		assert.Equal(t, c.want, getNode(s, "n").Labels, name)
	}
}

// TestTheCloudHearsOfAMachineLater: the node waits, and is tried again.
func TestTheCloudHearsOfAMachineLater(t *testing.T) {
	machines := map[string]Machine{}
	s, _ := start(machines)
	apitest.Put(s, node("n", TaintUninitialized))
	s.Run(10 * time.Second)
	require.True(t, hasTaint(getNode(s, "n"), TaintUninitialized))
	machines["n"] = Machine{Zone: "a"}
	s.Run(20 * time.Second)
	assert.False(t, hasTaint(getNode(s, "n"), TaintUninitialized))
}

// TestNodesThatCannotBeWritten are written later; one that is gone is no error.
func TestNodesThatCannotBeWritten(t *testing.T) {
	s, _ := start(map[string]Machine{"n": {}, "gone": {}})
	tries := map[string]int{}
	s.Before = func(r *api.Request) error {
		if r.Resource != api.Nodes || r.Verb != api.Patch {
			return nil
		}
		if tries[r.Name]++; r.Name == "gone" {
			return apierrors.NewNotFound(r.Resource.GR(), r.Name)
		}
		if tries[r.Name] < 3 {
			return errors.New("no")
		}
		return nil
	}
	apitest.Put(s, node("n", TaintUninitialized))
	apitest.Put(s, node("gone", TaintUninitialized))
	s.Run(10 * time.Second)
	assert.False(t, hasTaint(getNode(s, "n"), TaintUninitialized))
	assert.Equal(t, map[string]int{"n": 3, "gone": 1}, tries)
	assert.Equal(t, 1, told(s, "Synced"))
}

// TestLifecycle is what becomes of nodes that are not ready (Test_NodesDeleted, Test_NodesShutdown).
func TestLifecycle(t *testing.T) {
	on, off := Machine{}, Machine{Off: true}
	for name, c := range map[string]struct {
		machine       *Machine
		status        corev1.ConditionStatus
		taint         bool // it has the mark
		gone, wantOff bool
	}{
		"ready, no machine":             {nil, corev1.ConditionTrue, false, false, false},
		"not ready, no machine":         {nil, corev1.ConditionFalse, false, true, false},
		"unknown, no machine":           {nil, corev1.ConditionUnknown, false, true, false},
		"never heard of, no machine":    {nil, "", false, true, false},
		"marked, and no machine at all": {nil, corev1.ConditionUnknown, true, true, false},
		"not ready, and it runs":        {&on, corev1.ConditionFalse, false, false, false},
		"not ready, and it is off":      {&off, corev1.ConditionFalse, false, false, true},
		"unknown, and it is off":        {&off, corev1.ConditionUnknown, false, false, true},
		"marked already":                {&off, corev1.ConditionUnknown, true, false, true},
		"marked, and it starts":         {&on, corev1.ConditionUnknown, true, false, true}, // until it is ready
		"marked, and it is ready":       {&on, corev1.ConditionTrue, true, false, false},
	} {
		machines := map[string]Machine{}
		if c.machine != nil {
			machines["n"] = *c.machine
		}
		s, _ := start(machines)
		n := node("n")
		if n.Status.Conditions[0].Status = c.status; c.status == "" {
			n.Status.Conditions = nil
		}
		if c.taint {
			n.Spec.Taints = []corev1.Taint{{Key: TaintShutdown, Effect: corev1.TaintEffectNoSchedule}}
		}
		apitest.Put(s, n)
		s.Run(11 * time.Second)
		n = getNode(s, "n")
		assert.Equal(t, c.gone, n == nil, name)
		if n != nil {
			assert.Equal(t, c.wantOff, hasTaint(n, TaintShutdown), name)
		} else {
			assert.Contains(t, s.Events(), "DeletingNode: Deleting node n because it does not exist in the cloud provider", name)
		}
	}
}

func TestADeletionThatFails(t *testing.T) {
	s, _ := start(nil)
	tries := 0
	s.Before = func(r *api.Request) error {
		if r.Resource == api.Nodes && r.Verb == api.Delete {
			if tries++; tries < 3 {
				return errors.New("no")
			}
		}
		return nil
	}
	n := node("n")
	n.Status.Conditions[0].Status = corev1.ConditionUnknown
	apitest.Put(s, n)
	s.Run(16 * time.Second)
	assert.Nil(t, getNode(s, "n"), "every five seconds")
	assert.Contains(t, s.Events(), "DeletingNodeFailed: Failed deleting node n: no")
}

// TestWhatABalancerIsToldOf: only some changes of a Service matter to its load balancer (TestNeedsUpdate).
func TestWhatABalancerIsToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*corev1.Service)
		again  bool
	}{
		"a label":       {func(o *corev1.Service) { o.Labels = map[string]string{"x": "y"} }, false},
		"the selector":  {func(o *corev1.Service) { o.Spec.Selector = map[string]string{"x": "y"} }, false},
		"an annotation": {func(o *corev1.Service) { o.Annotations = map[string]string{"x": "y"} }, true},
		"a port":        {func(o *corev1.Service) { o.Spec.Ports = []corev1.ServicePort{{Port: 81}} }, true},
		"affinity":      {func(o *corev1.Service) { o.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }, true},
		"affinity's time": {func(o *corev1.Service) {
			o.Spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: ptr.To(int32(9))}}
		}, true},
		"the traffic policy":  {func(o *corev1.Service) { o.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal }, true},
		"the health check":    {func(o *corev1.Service) { o.Spec.HealthCheckNodePort = 31000 }, true},
		"who may come":        {func(o *corev1.Service) { o.Spec.LoadBalancerSourceRanges = []string{"10.0.0.0/8"} }, true},
		"addresses of others": {func(o *corev1.Service) { o.Spec.ExternalIPs = []string{"1.2.3.4"} }, true},
	} {
		s, _ := start(nil)
		apitest.Put(s, node("n"))
		apitest.Put(s, service("web"))
		s.Run(5 * time.Second)
		before := told(s, "EnsuredLoadBalancer")
		require.Equal(t, 1, before, name)
		apitest.Edit(s, "default", "web", c.change)
		s.Run(5 * time.Second)
		assert.Equal(t, c.again, told(s, "EnsuredLoadBalancer") == 2, name)
	}
}

// TestNodesOfABalancer: who is a target, and what makes the controller look again (TestNodeChangesForStableNodeSetEnabled).
func TestNodesOfABalancer(t *testing.T) {
	s, p := start(map[string]Machine{"a": {}, "b": {}, "c": {}})
	for _, name := range []string{"a", "b", "c"} {
		apitest.Put(s, node(name))
	}
	apitest.Put(s, service("web"))
	nodes := func() string {
		s.Run(4 * time.Second)
		return strings.Join(p.Balancers()[0].Nodes, " ")
	}
	edit := func(name string, fn func(*corev1.Node)) { apitest.Edit(s, "", name, fn) }
	require.Equal(t, "a b c", nodes())
	edit("a", func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionUnknown })
	assert.Equal(t, "a b c", nodes(), "whether it is ready is the proxy's health check's business")
	edit("b", func(n *corev1.Node) { n.Labels[corev1.LabelNodeExcludeBalancers] = "false" })
	assert.Equal(t, "a b c", nodes())
	edit("b", func(n *corev1.Node) { n.Labels[corev1.LabelNodeExcludeBalancers] = "true" })
	assert.Equal(t, "a c", nodes())
	edit("c", func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: toBeDeleted, Effect: corev1.TaintEffectNoSchedule}}
	})
	assert.Equal(t, "a c", nodes(), "not at once: its connections end in peace")
	edit("b", func(n *corev1.Node) { delete(n.Labels, corev1.LabelNodeExcludeBalancers) })
	assert.Equal(t, "a b", nodes(), "but with the next change")
	assert.Equal(t, 2, told(s, "UpdatedLoadBalancer"))
	for _, name := range []string{"a", "b", "c"} {
		apitest.Remove[*corev1.Node](s, "", name)
	}
	assert.Equal(t, "", nodes())
	assert.Equal(t, 1, told(s, "UnAvailableLoadBalancer"))
}

// TestOrdersThatFail are repeated after five seconds, ten, twenty ... (minRetryDelay, maxRetryDelay).
func TestOrdersThatFail(t *testing.T) {
	s, p := start(nil)
	apitest.Put(s, node("n"))
	o := service("web")
	o.Spec.LoadBalancerIP = "192.0.2.1"
	apitest.Put(s, o)
	s.Run(4 * time.Second)
	assert.Contains(t, s.Events(), "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "+errForeign.Error())
	assert.Equal(t, []string{finalizer}, getService(s, "web").Finalizers)
	s.Run(time.Minute)
	assert.Equal(t, 4, told(s, "SyncLoadBalancerFailed"), "at 2, 9, 21 and 43 s")
	s.Run(time.Hour)
	assert.InDelta(t, 16, told(s, "SyncLoadBalancerFailed"), 3, "then every five minutes")
	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.Spec.LoadBalancerIP = "" })
	s.Run(4 * time.Second)
	assert.Len(t, p.Balancers(), 1)
}

// TestFinalizersThatCannotBeWritten: no load balancer without the finalizer that brings it down again.
func TestFinalizersThatCannotBeWritten(t *testing.T) {
	s, p := start(nil)
	fails := 1
	s.Before = func(r *api.Request) error {
		if r.Resource == api.Services && r.Verb == api.Patch && fails > 0 {
			fails--
			return errors.New("no")
		}
		return nil
	}
	apitest.Put(s, node("n"))
	apitest.Put(s, service("web"))
	s.Run(4 * time.Second)
	require.Empty(t, p.Balancers())
	assert.Contains(t, s.Events(), "SyncLoadBalancerFailed: Error syncing load balancer: failed to add load balancer cleanup finalizer: no")
	s.Run(4 * time.Second)
	require.Len(t, p.Balancers(), 1)
	fails = 1
	apitest.Edit(s, "default", "web", func(o *corev1.Service) { o.DeletionTimestamp = ptr.To(s.Now()) })
	s.Run(4 * time.Second)
	assert.Contains(t, s.Events(), "SyncLoadBalancerFailed: Error syncing load balancer: failed to remove load balancer cleanup finalizer: no")
	require.NotNil(t, getService(s, "web"))
	s.Run(10 * time.Second)
	assert.Nil(t, getService(s, "web"))
}

// TestAnotherUnderTheName: a Service is deleted without its finalizer and comes again: its load balancer is another one.
func TestAnotherUnderTheName(t *testing.T) {
	s, p := start(nil)
	apitest.Put(s, node("n"))
	apitest.Put(s, service("web"))
	s.Run(4 * time.Second)
	was := p.Balancers()[0].Name
	apitest.Remove[*corev1.Service](s, "default", "web")
	apitest.Put(s, service("web"))
	s.Run(10 * time.Second)
	require.Len(t, p.Balancers(), 1)
	assert.NotEqual(t, was, p.Balancers()[0].Name)
	assert.Equal(t, BalancerName(getService(s, "web").UID), p.Balancers()[0].Name)
}

// TestWhatIsLeftFromBefore: a controller that starts takes down what nobody wants any more (needsCleanup).
func TestWhatIsLeftFromBefore(t *testing.T) {
	s, p := start(nil)
	plain := service("plain")
	plain.Spec.Type, plain.Finalizers = corev1.ServiceTypeClusterIP, []string{"own", finalizer}
	going := service("going")
	going.Finalizers, going.DeletionTimestamp = []string{finalizer}, &metav1.Time{Time: s.Now().Time}
	class := service("class")
	class.Spec.LoadBalancerClass, class.Finalizers = ptr.To("other.io/lb"), []string{finalizer}
	for _, o := range []*corev1.Service{plain, going, class} {
		apitest.Put(s, o)
	}
	s.Run(5 * time.Second)
	assert.Equal(t, []string{"own"}, getService(s, "plain").Finalizers)
	assert.Nil(t, getService(s, "going"))
	assert.Equal(t, []string{finalizer}, getService(s, "class").Finalizers, "somebody else's business")
	assert.Empty(t, p.Balancers())
}

// TestTheAddressesAreUsedUp: the pools have an end.
func TestTheAddressesAreUsedUp(t *testing.T) {
	p := NewProvider(nil)
	n := 0
	for ; ; n++ {
		if _, err := p.ensure(fmt.Sprint(n), "x", []corev1.IPFamily{corev1.IPv4Protocol}, "", nil); err != nil {
			require.ErrorIs(t, err, errNoAddress)
			break
		}
	}
	assert.Equal(t, 2*253, n, "without the network's own address, its router and the broadcast address")
	p.remove("7")
	_, err := p.ensure("again", "x", []corev1.IPFamily{corev1.IPv4Protocol}, "", nil)
	assert.NoError(t, err)
}
