package deployment

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestAsUpstream replays what upstream's controller did (syncDeployment of v1.37.2, run on random Deployments and
// ReplicaSets): the same sizes and annotations, status and events. The revision of the current ReplicaSet is always right
// in them: upstream puts it right twice in one sync, the second time over what it read before the first.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(f)
		require.Equal(t, f.After, got.After, where)
		require.Equal(t, f.Status, got.Status, where)
		require.ElementsMatch(t, f.Events, got.Events, where)
		require.Equal(t, f.Err, got.Err, where)
	})
}

// replay makes one sync of what a fact describes, with caches that stand still.
func replay(f fact) fact {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) {
		k = Run(f)
		k.queue = client.NewQueue(k.a, "held", 1, func(string, func(error)) {}) // the test syncs
	})
	d, sets, pods := f.objects(s.Sim.Wall(s.Sim.Now().Add(time.Second)))
	apitest.Put(s, d)
	d.Generation = 2 // a new object's is 1
	for _, rs := range sets {
		apitest.Put(s, rs)
	}
	for _, p := range pods {
		apitest.Put(s, p)
	}
	s.Run(time.Second)
	k.deployments.Stop()
	k.sets.Stop()
	k.pods.Stop()

	f.After, f.Status, f.Events, f.Err = nil, "", nil, ""
	s.Before = func(r *api.Request) error {
		if r.Verb == api.Update {
			r.Object.SetResourceVersion("") // upstream's fakes know no conflict
		}
		return nil
	}
	var failure error
	k.a.After(0, "sync", func() { newSync(k, "default/d", d, func(err error) { failure = err }).run() })
	s.Run(3 * time.Second)
	after := apitest.List[*appsv1.ReplicaSet](s)
	f.describe(apitest.Get[*appsv1.Deployment](s, "default", "d"), after, failure)
	for _, e := range apitest.List[*corev1.Event](s) {
		for range e.Count {
			f.Events = append(f.Events, letters(e.Type+" "+e.Reason+" "+e.Message, append(slices.Clone(sets), after...)))
		}
	}
	return f
}
