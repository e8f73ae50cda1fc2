package cronjob

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// TestAsUpstream replays what upstream's controller did (ControllerV2 of v1.37.2, run on random CronJobs and Jobs): the
// same writes, status, events and waits.
func TestAsUpstream(t *testing.T) {
	apitest.Facts(t, os.ReadFile, func(f fact, where string) {
		got := replay(f)
		require.Equal(t, f.Did, got.Did, where)
		require.Equal(t, f.Status, got.Status, where)
		want, _ := time.ParseDuration(f.Wait)
		wait, _ := time.ParseDuration(got.Wait)
		require.InDelta(t, want.Seconds(), wait.Seconds(), 0.1, where) // requests take their time here
		require.ElementsMatch(t, f.Events, got.Events, where)
	})
}

// replay makes one sync of what a fact describes, with caches that stand still.
func replay(f fact) fact {
	s := apitest.New()
	var k *Controller
	s.Start("kube-controller-manager", func(f *client.Informers) {
		k = Run(f)
		k.queue = client.NewQueue(k.a, "held", 1, nil) // never started: the test syncs
	})
	cached, fresh, jobs, late := f.objects()
	for _, j := range jobs {
		apitest.Put(s, j)
	}
	apitest.Put(s, cached)
	s.Run(time.Second)
	k.jobs.Stop()
	k.cronJobs.Stop()
	for _, j := range late {
		apitest.Put(s, j)
	}
	apitest.Edit(s, "default", "c", func(cj *batchv1.CronJob) { cj.Status.Active = fresh.Status.Active })

	f.Did, f.Status, f.Wait, f.Events = nil, "", "", nil
	s.Before = func(r *api.Request) error {
		did := ""
		switch {
		case r.Resource == api.CronJobs && r.Verb == api.Update:
			r.Object.SetResourceVersion("") // upstream's fakes know no conflict
			f.Status = statusText(&r.Object.(*batchv1.CronJob).Status)
		case r.Resource == api.Jobs && r.Verb == api.Create:
			did = "create " + r.Name + " " + r.Object.GetAnnotations()[batchv1.CronJobScheduledTimestampAnnotation]
		case r.Resource == api.Jobs && r.Verb == api.Delete:
			did = "delete " + r.Name
		default:
			return nil
		}
		if did != "" {
			f.Did = append(f.Did, did)
		}
		if f.Fail != "" && strings.HasPrefix(did, f.Fail+" ") {
			return errors.New("refused")
		}
		return nil
	}
	k.a.After(f.now().Sub(k.now()), "sync", func() {
		at := k.a.Now()
		delete(k.alarms, "default/c")
		k.sync("default/c", func(err error) {
			if err != nil {
				f.Did = append(f.Did, "error "+err.Error())
			}
			if x, ok := k.alarms["default/c"]; ok {
				f.Wait = (x.at.Sub(at) - k.a.Now().Sub(at)).String()
			}
		})
	})
	s.Run(f.now().Sub(k.now()) + 2*time.Second)
	for _, e := range apitest.List[*corev1.Event](s) {
		for range e.Count {
			f.Events = append(f.Events, e.Type+" "+e.Reason+" "+e.Message)
		}
	}
	return f
}
