package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/network"
	"tabernetes/engine/proxy"
	"tabernetes/engine/sim"
)

func slice(ips ...string) *discoveryv1.EndpointSlice {
	port, name, yes := int32(80), "", true
	es := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "default", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		Ports: []discoveryv1.EndpointPort{{Port: &port, Name: &name}}}
	for _, ip := range ips {
		es.Endpoints = append(es.Endpoints, discoveryv1.Endpoint{Addresses: []string{ip}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}})
	}
	return es
}

// syncs are the times at which kube-proxy wrote rules, in milliseconds.
func syncs(s *sim.Sim) []int64 {
	var out []int64
	for i := 1; i <= s.Journal.Len(); i++ {
		if r := s.Journal.Get(sim.RecordID(i)); strings.HasPrefix(s.Journal.Ref(r.Ref), "proxies/") {
			out = append(out, int64(r.At)/1e6)
		}
	}
	return out
}

func TestSyncsAtMostOnceASecond(t *testing.T) {
	s := apitest.New()
	net := network.New(s.Sim)
	h := s.Sim.AddHost("node-1")
	nd := net.AddNode(h)
	h.Install("kube-proxy", func(a *sim.Actor) {
		proxy.Run(a, client.Config{Servers: []*sim.Host{s.Host}}, proxy.Config{NodeName: "node-1", Node: nd})
	})
	apitest.Put(s, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"}, Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.9", ClusterIPs: []string{"10.96.0.9"}, Ports: []corev1.ServicePort{{Port: 80}}}})
	s.Run(5 * time.Second)
	require.True(t, nd.Programmed())
	before := len(syncs(s.Sim))

	s.Run(100*time.Second - s.Sim.Now().Duration())
	for i := range 30 { // a change every 100 ms for three seconds
		apitest.Put(s, slice([]string{"10.244.0.2", "10.244.0.3", "10.244.0.4"}[:1+i%3]...))
		s.Run(100 * time.Millisecond)
	}
	s.Run(10 * time.Second)
	got := syncs(s.Sim)[before:]
	require.LessOrEqual(t, got[0], int64(100_020), "the first change after a quiet time is written at once")
	require.InDelta(t, 4, len(got), 1)
	for i := 1; i < len(got); i++ {
		require.GreaterOrEqual(t, got[i]-got[i-1], int64(1000))
	}
	require.True(t, s.Sim.Settled())

	// A node that boots again has no rules until its proxy has listed anew; what was deleted meanwhile is gone.
	h.Stop()
	apitest.Remove[*corev1.Service](s, "default", "web")
	s.Run(time.Second)
	h.Start()
	s.Run(5 * time.Second)
	require.True(t, nd.Programmed())
	require.Equal(t, network.ReasonNoService, firstFailure(t, s, net))
}

func firstFailure(t *testing.T, s *apitest.Server, net *network.Network) string {
	t.Helper()
	var src *network.Source
	s.Sim.AddHost("internet").Install("client", func(a *sim.Actor) {
		src = network.NewSource(a, net, network.SourceConfig{Service: "default/web", RPS: 1})
	})
	s.Run(3 * time.Second)
	for reason := range src.Stats().Reasons {
		return reason
	}
	return ""
}
