package job

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestAsUpstream replays what upstream's controller did (syncJob of v1.37.2, run on random Jobs and pods): the same pods
// made, deleted and let go, the same statuses written one after the other.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(f)
		require.Equal(t, f.Did, got.Did, where)
		require.Equal(t, f.Status, got.Status, where)
		require.ElementsMatch(t, f.Events, got.Events, where)
	})
}

// replay makes one sync of what a fact describes, with caches that stand still.
func replay(f fact) fact {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) {
		k = Run(f)
		held := func(string, func(error)) {} // the test syncs
		k.queue, k.orphans = client.NewQueue(k.a, "held", 1, held), client.NewQueue(k.a, "held too", 1, held)
	})
	j, pods := f.objects()
	apitest.Put(s, j)
	for _, p := range pods {
		apitest.Put(s, p)
	}
	s.Run(time.Second)
	k.jobs.Stop()
	k.pods.Stop()

	f.Did, f.Status, f.Events = nil, nil, nil
	s.Before = func(r *api.Request) error {
		switch {
		case r.Resource == api.Jobs && r.Verb == api.Update:
			r.Object.SetResourceVersion("") // upstream's fakes know no conflict
			f.Status = append(f.Status, statusText(&r.Object.(*batchv1.Job).Status))
		case r.Resource == api.Pods && r.Verb == api.Create:
			f.Did = append(f.Did, createText(r.Object.GetAnnotations()))
		case r.Resource == api.Pods && r.Verb == api.Delete:
			f.Did = append(f.Did, "delete "+r.Name)
		case r.Resource == api.Pods && r.Verb == api.Patch:
			f.Did = append(f.Did, "free "+r.Name)
		}
		return nil
	}
	k.a.After(noon().Sub(k.a.Wall()), "sync", func() {
		k.sync("default/j", func(err error) {
			if err != nil {
				f.Did = append(f.Did, "error "+err.Error())
			}
		})
	})
	s.Run(noon().Sub(k.a.Wall()) + 2*time.Second)
	for _, e := range apitest.List[*corev1.Event](s) {
		for range e.Count {
			if e.Reason != "SuccessfulCreate" && e.Reason != "SuccessfulDelete" { // what writes pods tells of it
				f.Events = append(f.Events, podName.ReplaceAllString(e.Type+" "+e.Reason+" "+e.Message, "pod X"))
			}
		}
	}
	slices.Sort(f.Did)
	return f
}
