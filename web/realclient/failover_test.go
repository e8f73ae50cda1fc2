package realclient

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestFailover kills one control-plane node after the other, with its API server and its etcd member. Informers and a
// manager with leader election, all unmodified, go on.
func TestFailover(t *testing.T) {
	t.Parallel()
	s, err := startServer("-masters=3")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	conf := &rest.Config{Host: s.url, QPS: 200, Burst: 200}
	watches := &shortWatches{}
	cut := rest.CopyConfig(conf)
	cut.Wrap(func(next http.RoundTripper) http.RoundTripper { watches.next = next; return watches })
	(&kubectl{t: t, ns: "default", url: s.url}).ok("create", "namespace", "failover")
	k := &kubectl{t: t, ns: "failover", url: s.url}
	k.ok("apply", "-f", file(t, greetingCRD))
	k.ok("wait", "--for=condition=Established", "crd/greetings.example.org", "--timeout=30s")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	f := newFleet(ctx, t, conf, k.ns)
	f.write(ctx, t, "before", "1")
	f.sees(t, "before", "1")
	late := newFleet(ctx, t, cut, k.ns)
	watches.off.Store(true)
	then, err := f.client.CoreV1().ConfigMaps(k.ns).List(ctx, metav1.ListOptions{})
	require.NoError(t, err)
	c, _ := startManager(t, conf, k.ns, "only")
	greet := func(name string) {
		t.Helper()
		g := &Greeting{}
		g.Namespace, g.Name, g.Spec.To = k.ns, name, name
		eventually(t, "a greeting is made", func() bool {
			g.ResourceVersion = ""
			return client.IgnoreAlreadyExists(c.Create(ctx, g)) == nil
		})
		eventually(t, "it is said", func() bool {
			return c.Get(ctx, client.ObjectKeyFromObject(g), g) == nil && g.Status.Said == "hello "+name
		})
	}
	greet("first")
	for n := 1; n <= 3; n++ {
		machine := fmt.Sprint("control-plane-", n)
		require.NoError(t, s.do("kill "+machine))
		f.write(ctx, t, machine, "dead")
		f.sees(t, machine, "dead")
		greet(machine + "-dead")
		require.NoError(t, s.do("restart "+machine))
		f.write(ctx, t, machine, "back")
		f.sees(t, machine, "back")
		eventually(t, machine+" is ready again", func() bool {
			out, _, _ := k.run("get", "node", machine, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
			return out == "True"
		})
		greet(machine + "-back")
	}
	// No API server remembers what was before it started: watches from then expire, and informers list anew.
	w, err := f.client.CoreV1().ConfigMaps(k.ns).Watch(ctx, metav1.ListOptions{ResourceVersion: then.ResourceVersion})
	if err == nil {
		e := <-w.ResultChan()
		w.Stop()
		require.Equal(t, watch.Error, e.Type)
		err = apierrors.FromObject(e.Object)
	}
	require.True(t, apierrors.IsResourceExpired(err), "%v", err)
	watches.off.Store(false)
	late.sees(t, "control-plane-3", "back")
	for _, f := range []*fleet{f, late} {
		for name, index := range f.indexes {
			require.Len(t, index.ListKeys(), 1+1+1+3+6, name) // kube-root-ca.crt, before, and of each greeting its ConfigMap
		}
	}
}
