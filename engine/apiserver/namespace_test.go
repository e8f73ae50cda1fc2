package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// TestFinalizeRefusesUnknownFinalizers: what a namespace's finalize subresource takes is checked like any write, and a
// refusal leaves the namespace as it was.
func TestFinalizeRefusesUnknownFinalizers(t *testing.T) {
	w := newWorld(t)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}}
	made := w.do(&api.Request{Verb: api.Create, Resource: api.Namespaces, Object: ns})
	require.NoError(t, made.Err)
	next := api.Copy(made.Object.(*corev1.Namespace))
	next.Spec.Finalizers = []corev1.FinalizerName{"kubernetes", "bare"}
	put := func() error {
		return w.do(&api.Request{Verb: api.Update, Resource: api.Namespaces, Subresource: "finalize", Name: "team", Object: api.Copy(next)}).Err
	}
	require.EqualError(t, put(), `Namespace "team" is invalid: spec.finalizers[1]: Invalid value: "bare": name is neither a standard finalizer name nor is it fully qualified`)
	now := w.do(&api.Request{Verb: api.Get, Resource: api.Namespaces, Name: "team"}).Object
	require.Equal(t, made.Object, now)
	next.Spec.Finalizers[1] = "example.com/hold"
	require.NoError(t, put())
	now = w.do(&api.Request{Verb: api.Get, Resource: api.Namespaces, Name: "team"}).Object
	require.Equal(t, next.Spec.Finalizers, now.(*corev1.Namespace).Spec.Finalizers)
}
