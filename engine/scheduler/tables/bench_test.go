package tables_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/tables"
)

func benchCluster(nodes int) *cache.Cluster {
	c := cache.New()
	c.SetOwnerSelector(func(ref *metav1.OwnerReference, ns string) (labels.Selector, bool) {
		return labels.SelectorFromSet(labels.Set{"app": ref.Name}), true
	})
	for i := range nodes {
		name := fmt.Sprintf("node-%d", i)
		c.AddNode(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelTopologyZone: fmt.Sprintf("zone-%d", i%3)}},
			Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse("16"),
				corev1.ResourceMemory: resource.MustParse("64Gi"),
				corev1.ResourcePods:   resource.MustParse("110"),
			}}})
	}
	return c
}

func benchPods(deployments, n int) []*corev1.Pod {
	yes := true
	out := make([]*corev1.Pod, n)
	for d := range deployments {
		app := fmt.Sprintf("app-%d", d)
		template := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Labels: map[string]string{"app": app, "pod-template-hash": "5d"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: app, UID: types.UID(app), Controller: &yes}}},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx:1.26", Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("128Mi")}}}}}}
		for i := d; i < n; i += deployments {
			p := template
			p.Name = fmt.Sprintf("%s-%d", app, i)
			p.UID = types.UID(p.Name)
			out[i] = &p
		}
	}
	return out
}

// BenchmarkSchedule is the cost of one pod: find its shape, look, choose, assume. Ten pods a node are bound, then the
// cluster is emptied. With one Deployment and with a hundred whose pods come in turn.
func BenchmarkSchedule(b *testing.B) {
	for _, nodes := range []int{100, 1000, 5000} {
		for _, deployments := range []int{1, 100} {
			b.Run(fmt.Sprintf("nodes=%d/deployments=%d", nodes, deployments), func(b *testing.B) {
				c := benchCluster(nodes)
				e := tables.New(c)
				rng := rand.New(rand.NewPCG(1, 2))
				pods := benchPods(deployments, 10*nodes)
				start, k := 0, 0
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if k == len(pods) {
						b.StopTimer()
						for _, p := range pods {
							c.RemovePod(p.UID)
						}
						k = 0
						b.StartTimer()
					}
					p := pods[k]
					k++
					s := c.Shape(p)
					out := e.Find(s, nil, start, rng)
					start = (start + out.Looked) % nodes
					c.Assume(p, s, out.Node)
				}
			})
		}
	}
}

// BenchmarkUniqueLabels is the worst case: no two pods alike, as the pods of a StatefulSet or an indexed Job are not.
func BenchmarkUniqueLabels(b *testing.B) {
	for _, nodes := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			c := benchCluster(nodes)
			e := tables.New(c)
			rng := rand.New(rand.NewPCG(1, 2))
			pods := benchPods(1, b.N)
			for i, p := range pods {
				p.Labels = map[string]string{"app": "app-0", "apps.kubernetes.io/pod-index": fmt.Sprint(i)}
			}
			start := 0
			b.ReportAllocs()
			b.ResetTimer()
			for i, p := range pods {
				if i >= 10*nodes {
					c.RemovePod(pods[i-10*nodes].UID)
				}
				s := c.Shape(p)
				out := e.Find(s, nil, start, rng)
				start = (start + out.Looked) % nodes
				c.Assume(p, s, out.Node)
			}
		})
	}
}
