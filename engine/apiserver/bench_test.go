package apiserver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
)

// BenchmarkWrite is one status update of a pod, from the request to the last watcher that hears of it, while many
// other pods exist and many others watch: neither may cost it anything. Three watchers hear of each write.
func BenchmarkWrite(b *testing.B) {
	for _, x := range []struct{ pods, watchers int }{{10, 0}, {10_000, 0}, {10_000, 1000}} {
		b.Run(fmt.Sprintf("pods=%d/others=%d", x.pods, x.watchers), func(b *testing.B) {
			w := newWorld(b)
			for i := range x.pods {
				w.create(i)
			}
			heard := 0
			watch := func(req *api.Request, fn func()) {
				req.Resource, req.ResourceVersion = api.Pods, "0"
				w.s.Do(func() {
					w.c.Watch(req, func(ev []api.WatchEvent) {
						for range ev {
							fn()
						}
					}, nil)
				})
			}
			for i := range x.watchers {
				req := &api.Request{}
				switch i % 4 {
				case 0:
					req.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", fmt.Sprintf("node-%d", i))
				case 1:
					req.Namespace, req.FieldSelector = "default", fields.OneTermEqualSelector("metadata.name", fmt.Sprintf("pod-%d", i+1))
				case 2:
					req.Namespace = fmt.Sprintf("team-%d", i)
				default:
					req.LabelSelector = labels.SelectorFromSet(labels.Set{"app": fmt.Sprintf("app-%d", i)})
				}
				watch(req, func() {})
			}
			hear := func() { heard++ }
			watch(&api.Request{}, hear)
			watch(&api.Request{Namespace: "default"}, hear)
			watch(&api.Request{LabelSelector: labels.SelectorFromSet(labels.Set{"app": "app-0"})}, hear)
			w.run(1e9)
			heard = 0
			b.ResetTimer()
			for i := range b.N {
				r := w.do(&api.Request{Verb: api.Patch, Resource: api.Pods, Subresource: "status", Namespace: "default", Name: "pod-0", PatchType: api.TypedPatch,
					Mutate: func(o api.Object) bool {
						o.(*corev1.Pod).Status.Message = fmt.Sprint(i)
						return true
					}})
				require.NoError(b, r.Err)
			}
			w.run(1e9)
			b.StopTimer()
			require.Equal(b, 3*b.N, heard)
		})
	}
}

// BenchmarkList is a list of 10,000 pods from the cache.
func BenchmarkList(b *testing.B) {
	w := newWorld(b)
	for i := range 10_000 {
		w.create(i)
	}
	for b.Loop() {
		require.Len(b, w.do(&api.Request{Verb: api.List, Resource: api.Pods}).Items, 10_000)
	}
}

func (w *world) create(i int) {
	p := pod(fmt.Sprintf("pod-%d", i))
	p.Labels = map[string]string{"app": fmt.Sprintf("app-%d", i/1000)}
	require.NoError(w.t, w.do(&api.Request{Verb: api.Create, Resource: api.Pods, Namespace: "default", Object: p}).Err)
}
