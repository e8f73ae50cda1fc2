package resourcequota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api/quota"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func TestCountsWhatEnds(t *testing.T) {
	s := apitest.New()
	pod := func(name string) *corev1.Pod {
		return apitest.Put(s, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}, Spec: corev1.PodSpec{Containers: []corev1.Container{
			{Name: "c", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("100m")}}}}}})
	}
	pod("a")
	pod("b")
	apitest.Put(s, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "c"}})
	apitest.Put(s, &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "q"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{"pods": resource.MustParse("5"), "requests.cpu": resource.MustParse("1"), "configmaps": resource.MustParse("3"), "example.com/x": resource.MustParse("1")}}})
	s.Start("resourcequota", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	used := func() string { return quota.Text(apitest.Get[*corev1.ResourceQuota](s, "default", "q").Status.Used) }
	require.Equal(t, "configmaps=0,pods=2,requests.cpu=200m", used())
	require.Len(t, apitest.Get[*corev1.ResourceQuota](s, "default", "q").Status.Hard, 4)

	apitest.Remove[*corev1.Pod](s, "default", "a")
	s.Run(time.Second)
	require.Equal(t, "configmaps=0,pods=1,requests.cpu=100m", used())
	apitest.Edit(s, "default", "b", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })
	s.Run(time.Second)
	require.Equal(t, "configmaps=0,pods=0,requests.cpu=0", used())

	apitest.Put(s, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "c"}})
	s.Run(time.Second)
	require.Equal(t, "configmaps=0,pods=0,requests.cpu=0", used(), "the API server charges what is new")
	s.Run(Period)
	require.Equal(t, "configmaps=1,pods=0,requests.cpu=0", used(), "and everything is counted now and then")
	apitest.Edit(s, "default", "q", func(q *corev1.ResourceQuota) { q.Spec.Hard = corev1.ResourceList{"secrets": resource.MustParse("1")} })
	s.Run(time.Second)
	require.Equal(t, "secrets=0", used())
}
