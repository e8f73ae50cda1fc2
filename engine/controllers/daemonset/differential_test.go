package daemonset

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
	"tabernetes/engine/controllers/templatehash"
)

// TestAsUpstream replays what upstream's controller did (syncDaemonSet of v1.37.2, run on random DaemonSets, nodes and
// pods): the same pods made and deleted, revisions, status and events. Which nodes a rolling update takes first is
// random upstream.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(t, f)
		require.Equal(t, f.Created, got.Created, where)
		require.Equal(t, f.Removed, got.Removed, where)
		require.Equal(t, f.Status, got.Status, where)
		require.Equal(t, f.History, got.History, where)
		require.ElementsMatch(t, f.Events, got.Events, where)
		require.Equal(t, f.Err, got.Err, where)
	})
}

// replay makes one sync of what a fact describes, with caches that stand still.
func replay(t *testing.T, f fact) fact {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) {
		k = Run(f)
		k.queue = client.NewQueue(k.a, "held", 1, func(string, func(error)) {}) // the test syncs
	})
	ds, revs, nodes, pods := f.objects(func(template *corev1.PodTemplateSpec) []byte {
		data, err := templatehash.Patch(template)
		require.NoError(t, err)
		return data
	})
	s.Run(noon().Sub(s.Sim.Wall(s.Sim.Now())) - time.Second)
	for _, o := range nodes {
		apitest.Put(s, o)
	}
	for _, o := range revs {
		apitest.Put(s, o)
	}
	for _, o := range pods {
		apitest.Put(s, o)
	}
	apitest.Put(s, ds)
	ds.Generation = 2 // a new object's is 1
	s.Run(time.Second)
	k.daemons.Stop()
	k.pods.Stop()
	k.nodes.Stop()
	k.revisions.Stop()

	f.Created, f.Removed, f.Status, f.Events, f.Err = nil, nil, "", nil, ""
	var created, removed []string
	s.Before = func(r *api.Request) error {
		switch {
		case r.Verb == api.Update:
			r.Object.SetResourceVersion("") // upstream's fakes know no conflict
		case r.Resource == api.Pods && r.Verb == api.Create:
			created = append(created, targetOf(r.Object.(*corev1.Pod)))
		case r.Resource == api.Pods && r.Verb == api.Delete:
			removed = append(removed, r.Name)
		}
		return nil
	}
	var failure error
	k.a.After(0, "sync", func() { k.sync("default/d", func(err error) { failure = err }) })
	s.Run(3 * time.Second)
	f.describe(apitest.Get[*appsv1.DaemonSet](s, "default", "d"), apitest.List[*appsv1.ControllerRevision](s), created, removed, failure)
	for _, e := range apitest.List[*corev1.Event](s) {
		for range e.Count {
			if e.Reason != "SuccessfulCreate" && e.Reason != "SuccessfulDelete" { // what writes pods tells of it
				f.Events = append(f.Events, e.Type+" "+e.Reason+" "+e.Message)
			}
		}
	}
	return f
}
