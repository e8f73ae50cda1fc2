package podgc

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func TestRemovesWhatNobodyElseWill(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f).threshold = 2 })
	apitest.Put(s, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}})
	put := func(name, node string, fn func(*corev1.Pod)) {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"}, Spec: corev1.PodSpec{NodeName: node},
			Status: corev1.PodStatus{Phase: corev1.PodRunning}}
		if fn != nil {
			fn(p)
		}
		apitest.Put(s, p)
	}
	has := func(name string) bool { return apitest.Get[*corev1.Pod](s, "default", name) != nil }
	put("healthy", "node-1", nil)
	put("ghost", "node-gone", nil)
	put("unbound", "", func(p *corev1.Pod) { p.DeletionTimestamp, p.Finalizers = ptr.To(s.Now()), nil })
	put("stuck", "node-1", func(p *corev1.Pod) { p.DeletionTimestamp = ptr.To(s.Now()) })
	for i := range 4 {
		s.Run(time.Second)
		put(fmt.Sprint("done-", i), "node-1", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	}
	var marked []corev1.PodCondition
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Delete && r.Name == "ghost" {
			marked = apitest.Get[*corev1.Pod](s, "default", "ghost").Status.Conditions
		}
		return nil
	}
	s.Run(21 * time.Second)
	assert.False(t, has("unbound"))
	assert.False(t, has("done-0"))
	assert.False(t, has("done-1"))
	assert.True(t, has("done-2"))
	assert.True(t, has("ghost"), "quarantine")
	apitest.Edit(s, "", "node-1", func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeOutOfService, Effect: corev1.TaintEffectNoExecute}}
	})
	s.Run(60 * time.Second)
	assert.False(t, has("ghost"))
	require.Len(t, marked, 1)
	assert.Equal(t, "PodGC: node no longer exists", marked[0].Message)
	assert.False(t, has("stuck"))
	assert.True(t, has("healthy"))
}
