package scheduler_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// BenchmarkUnschedulable is an attempt to place a pod in a full cluster: the reasons, the look for preemption, the
// event and the condition. The pods are alike and all wait; a deletion elsewhere wakes them all.
func BenchmarkUnschedulable(b *testing.B) {
	for _, nodes := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			r := newRig(nil)
			for i := range nodes {
				name := fmt.Sprintf("node-%d", i)
				r.f.put(api.Nodes, node(name, "1", "1Gi"))
				r.f.put(api.Pods, pod("full-"+name, "800m", on(name)))
			}
			r.run(10 * time.Millisecond)
			b.ReportAllocs()
			b.ResetTimer()
			template := pod("p", "500m")
			for i := range b.N {
				p := *template
				p.Name = fmt.Sprintf("p-%d", i)
				r.f.put(api.Pods, &p)
			}
			r.s.RunUntil(r.s.Now().Add(time.Duration(b.N)*time.Millisecond+time.Second), 0)
			if _, _, waiting := r.k.Waiting(); waiting != b.N {
				b.Fatal(waiting)
			}
		})
	}
}

// BenchmarkCluster is the whole scheduler against an API server in memory: watches, queue, cycles, decisions,
// bindings and events, ten pods a node, of one ReplicaSet. The time is per pod.
func BenchmarkCluster(b *testing.B) {
	for _, nodes := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; n < b.N; n += 10 * nodes {
				b.StopTimer()
				r := newRig(nil)
				for i := range nodes {
					r.f.put(api.Nodes, node(fmt.Sprintf("node-%d", i), "16", "64Gi", func(n *corev1.Node) {
						n.Labels[corev1.LabelTopologyZone] = fmt.Sprintf("zone-%d", i%3)
					}))
				}
				r.run(10 * time.Millisecond)
				template := pod("p", "100m")
				yes := true
				template.Labels = map[string]string{"app": "web"}
				template.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "rs", Controller: &yes}}
				b.StartTimer()
				for i := range min(10*nodes, b.N-n) {
					p := *template
					p.Name = fmt.Sprintf("p-%d", i)
					p.UID = types.UID(p.Name)
					r.f.put(api.Pods, &p)
				}
				r.s.RunUntil(r.s.Now().Add(200*time.Second), 0)
				if len(r.f.bindings) != min(10*nodes, b.N-n) {
					b.Fatal(len(r.f.bindings), r.s.Now())
				}
			}
		})
	}
}
