package namespace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func TestEmptiesAndFinalizes(t *testing.T) {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	apitest.Put(s, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Spec: corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{"kubernetes"}}})
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name, Namespace: "shop"} }
	apitest.Put(s, &corev1.Pod{ObjectMeta: meta("web"), Spec: corev1.PodSpec{NodeName: "node-1", TerminationGracePeriodSeconds: ptr.To(int64(30))}})
	apitest.Put(s, &corev1.ConfigMap{ObjectMeta: meta("settings")})
	held := &corev1.Secret{ObjectMeta: meta("held")}
	held.Finalizers = []string{"example.com/hold"}
	apitest.Put(s, held)
	apitest.Put(s, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "default"}})
	s.Run(time.Second)
	apitest.Edit(s, "", "shop", func(ns *corev1.Namespace) {
		ns.DeletionTimestamp = ptr.To(s.Now())
		ns.Status.Phase = corev1.NamespaceTerminating
	})
	s.Run(4 * time.Second)
	assert.Nil(t, apitest.Get[*corev1.Pod](s, "shop", "web").DeletionTimestamp, "after five seconds only")
	s.Run(2 * time.Second)
	require.NotNil(t, apitest.Get[*corev1.Pod](s, "shop", "web").DeletionTimestamp)
	assert.NotNil(t, apitest.Get[*corev1.ConfigMap](s, "shop", "settings"), "pods first")
	apitest.Remove[*corev1.Pod](s, "shop", "web")
	s.Run(20 * time.Second)
	assert.Nil(t, apitest.Get[*corev1.ConfigMap](s, "shop", "settings"))
	ns := apitest.Get[*corev1.Namespace](s, "", "shop")
	require.Len(t, ns.Status.Conditions, 5)
	assert.Equal(t, "Some resources are remaining: secrets. has 1 resource instances", ns.Status.Conditions[3].Message)
	assert.Equal(t, "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances", ns.Status.Conditions[4].Message)
	apitest.Remove[*corev1.Secret](s, "shop", "held")
	s.Run(20 * time.Second)
	assert.Nil(t, apitest.Get[*corev1.Namespace](s, "", "shop"))
	assert.NotNil(t, apitest.Get[*corev1.ConfigMap](s, "default", "other"))
	assert.True(t, s.Sim.Settled())
}
