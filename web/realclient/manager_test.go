package realclient

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const greetingCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: greetings.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: greetings, singular: greeting, kind: Greeting, shortNames: [hi]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: To, type: string, jsonPath: .spec.to}
    - {name: Said, type: string, jsonPath: .status.said}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [to]
            properties:
              to: {type: string, minLength: 1}
              times: {type: integer, minimum: 1, default: 1}
          status:
            type: object
            properties:
              said: {type: string}
              by: {type: string}
`

// Greeting is the kind of greetingCRD.
type Greeting struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		To    string `json:"to"`
		Times int    `json:"times,omitempty"`
	} `json:"spec"`
	Status struct {
		Said string `json:"said,omitempty"`
		By   string `json:"by,omitempty"`
	} `json:"status,omitempty"`
}

func (g *Greeting) DeepCopyObject() runtime.Object {
	c := *g
	g.ObjectMeta.DeepCopyInto(&c.ObjectMeta)
	return &c
}

// GreetingList is a list of them.
type GreetingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Greeting `json:"items"`
}

func (l *GreetingList) DeepCopyObject() runtime.Object {
	c := *l
	c.Items = nil
	for i := range l.Items {
		c.Items = append(c.Items, *l.Items[i].DeepCopyObject().(*Greeting))
	}
	return &c
}

// greeter says each greeting into a ConfigMap it owns.
type greeter struct {
	client.Client
	name string
}

func (r *greeter) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var g Greeting
	if err := r.Get(ctx, req.NamespacedName, &g); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: g.Namespace, Name: g.Name}}
	if _, err := controllerutil.CreateOrUpdate(ctx, r, m, func() error {
		m.Data = map[string]string{"text": "hello " + g.Spec.To}
		return controllerutil.SetControllerReference(&g, m, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	g.Status.Said, g.Status.By = m.Data["text"], r.name
	return ctrl.Result{}, r.Status().Update(ctx, &g)
}

// startManager runs a manager of its own until the test ends or it is stopped.
func startManager(t *testing.T, conf *rest.Config, ns, name string) (c client.Client, stop func()) {
	s := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(s))
	gv := schema.GroupVersion{Group: "example.org", Version: "v1"}
	s.AddKnownTypes(gv, &Greeting{}, &GreetingList{})
	metav1.AddToGroupVersion(s, gv)
	skip := true
	lease, renew, retry := 3*time.Second, 2*time.Second, 200*time.Millisecond
	m, err := ctrl.NewManager(conf, ctrl.Options{
		Scheme: s, Metrics: server.Options{BindAddress: "0"}, Controller: config.Controller{SkipNameValidation: &skip},
		LeaderElection: true, LeaderElectionID: "greeter.example.org", LeaderElectionNamespace: ns, LeaderElectionReleaseOnCancel: true,
		LeaseDuration: &lease, RenewDeadline: &renew, RetryPeriod: &retry,
	})
	require.NoError(t, err)
	require.NoError(t, ctrl.NewControllerManagedBy(m).For(&Greeting{}).Owns(&corev1.ConfigMap{}).Complete(&greeter{m.GetClient(), name}))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Start(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if stopped.CompareAndSwap(false, true) {
			cancel()
			require.NoError(t, <-done)
		}
	}
	t.Cleanup(stop)
	c, err = client.New(conf, client.Options{Scheme: s})
	require.NoError(t, err)
	return c, stop
}

func eventually(t *testing.T, what string, held func() bool) {
	t.Helper()
	require.Eventually(t, held, 90*time.Second, 50*time.Millisecond, what)
}

// TestManager is an operator as people write them: a custom kind, a controller-runtime manager with leader election,
// ownership and status, and a second manager that takes over.
func TestManager(t *testing.T) {
	log.SetLogger(logr.Discard())
	k := newKubectl(t, "operator")
	k.ok("apply", "-f", file(t, greetingCRD))
	k.ok("wait", "--for=condition=Established", "crd/greetings.example.org", "--timeout=30s")

	c, stopFirst := startManager(t, clientConfig(), k.ns, "first")
	ctx := t.Context()
	g := &Greeting{ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "one"}}
	err := c.Create(ctx, g.DeepCopyObject().(*Greeting))
	require.True(t, apierrors.IsInvalid(err), "%v", err)
	g.Spec.To = "world"
	require.NoError(t, c.Create(ctx, g))
	require.Equal(t, 1, g.Spec.Times, "the default")
	key := client.ObjectKeyFromObject(g)
	said := func(text, by string) func() bool {
		return func() bool {
			return c.Get(ctx, key, g) == nil && g.Status.Said == text && g.Status.By == by
		}
	}
	eventually(t, "the first manager reconciles", said("hello world", "first"))

	startManager(t, clientConfig(), k.ns, "second")
	stopFirst()
	require.NoError(t, c.Get(ctx, key, g))
	g.Spec.To = "moon"
	require.NoError(t, c.Update(ctx, g))
	eventually(t, "the second manager takes over", said("hello moon", "second"))
	require.Contains(t, k.ok("get", "hi"), "moon   hello moon")

	var m corev1.ConfigMap
	require.NoError(t, c.Get(ctx, key, &m))
	require.NoError(t, c.Delete(ctx, g))
	eventually(t, "what it owned goes with it", func() bool { return apierrors.IsNotFound(c.Get(ctx, key, &m)) })
	k.ok("delete", "crd", "greetings.example.org")
	eventually(t, "the kind is gone", func() bool { return c.List(ctx, &GreetingList{}) != nil })
}
