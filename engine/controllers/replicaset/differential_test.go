package replicaset

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestAsUpstream replays what upstream's controller did (syncReplicaSet of v1.37.2, run on random ReplicaSets and pods):
// the same pods made, deleted and let go, the same status.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(f)
		require.Equal(t, f.Did, got.Did, where)
		require.Equal(t, f.Status, got.Status, where)
		require.Equal(t, f.Err, got.Err, where)
	})
}

// replay makes one sync of what a fact describes, with caches that stand still.
func replay(f fact) fact {
	s := apitest.New()
	var k *Controller
	var pods, sets interface{ Stop() }
	s.Start("kube-controller-manager", func(f *client.Informers) {
		k = Run(f)
		pods, sets = k.pods, client.Shared[*appsv1.ReplicaSet](f, api.ReplicaSets)
		k.queue = client.NewQueue(k.a, "held", 1, func(string, func(error)) {}) // the test syncs
	})
	rs, all := f.objects(s.Sim.Wall(s.Sim.Now().Add(time.Second)))
	apitest.Put(s, rs)
	rs.Generation = 2 // a new object's is 1
	for _, p := range all {
		apitest.Put(s, p)
	}
	s.Run(time.Second)
	pods.Stop()
	sets.Stop()

	f.Did, f.Status, f.Err = nil, "", ""
	s.Before = func(r *api.Request) error {
		did := map[api.Verb]string{api.Create: "create", api.Delete: "delete " + r.Name, api.Patch: "claim " + r.Name}[r.Verb]
		if r.Resource != api.Pods || did == "" {
			return nil
		}
		f.Did = append(f.Did, did)
		if f.Refused && r.Verb != api.Patch {
			return errors.New("refused")
		}
		return nil
	}
	var failure error
	k.a.After(0, "sync", func() { k.sync("default/d", func(err error) { failure = err }) })
	s.Run(3 * time.Second)
	f.describe(apitest.Get[*appsv1.ReplicaSet](s, "default", "d"), failure)
	return f
}
