package cronjob

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/cron"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Workers is how many CronJobs are synced at once (--concurrent-cron-job-syncs).
const Workers = 5

// Controller is one running CronJob controller.
type Controller struct {
	a        *sim.Actor
	c        *client.Client
	rec      *client.Recorder
	jobs     *client.Cache[*batchv1.Job]
	cronJobs *client.Cache[*batchv1.CronJob]
	queue    *client.Queue
	alarms   map[string]alarm
}

// alarm is the time at which a CronJob is looked at again.
type alarm struct {
	at    sim.Time
	timer sim.Timer
}

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{
		a: c.Actor(), c: c, rec: client.NewRecorder(c, "cronjob-controller", ""), alarms: map[string]alarm{},
		jobs: client.Shared[*batchv1.Job](f, api.Jobs), cronJobs: client.Shared[*batchv1.CronJob](f, api.CronJobs),
	}
	k.queue = client.NewQueue(k.a, "cronjob", Workers, k.sync)
	k.jobs.AddIndex(client.IndexOwner, client.ByOwner[*batchv1.Job])
	k.cronJobs.Subscribe(k.onCronJob)
	k.jobs.Subscribe(k.onJob)
	client.WhenSynced(k.queue.Start, k.jobs, k.cronJobs)
	return k
}

// after queues a CronJob in d, or earlier if it is to be queued before.
func (k *Controller) after(key string, d time.Duration) {
	if d <= 0 {
		k.queue.Add(key)
		return
	}
	at := k.a.Now().Add(d)
	if x, ok := k.alarms[key]; ok {
		if x.at <= at {
			return
		}
		x.timer.Stop()
	}
	k.alarms[key] = alarm{at, k.a.Periodic(d, "schedule", func() {
		delete(k.alarms, key)
		k.queue.Add(key)
	})}
}

func (k *Controller) onCronJob(old, cj *batchv1.CronJob) {
	if cj == nil {
		key := api.KeyOf(old)
		if x, ok := k.alarms[key]; ok {
			x.timer.Stop()
			delete(k.alarms, key)
		}
		return
	}
	key := api.KeyOf(cj)
	if old != nil && (old.Spec.Schedule != cj.Spec.Schedule || zoneOf(old) != zoneOf(cj)) {
		// A new schedule is waited for; that it is late is found out when it comes.
		s, err := cron.Parse(scheduleOf(cj))
		if err != nil {
			k.rec.Event(cj, corev1.EventTypeWarning, "UnParseableCronJobSchedule", "unparseable schedule for cronjob: "+cj.Spec.Schedule)
			return
		}
		k.after(key, untilNext(cj, k.now(), s))
		return
	}
	k.queue.Add(key)
}

// now is the wall clock in UTC, the zone of schedules that name none.
func (k *Controller) now() time.Time { return k.a.Wall().UTC() }

func (k *Controller) onJob(old, j *batchv1.Job) {
	var was, is *metav1.OwnerReference
	if old != nil {
		was = metav1.GetControllerOfNoCopy(old)
	}
	if j != nil {
		is = metav1.GetControllerOfNoCopy(j)
	}
	if was != nil && (is == nil || is.UID != was.UID) {
		k.wake(old.Namespace, was)
	}
	if is != nil {
		k.wake(j.Namespace, is)
	}
}

// wake queues the CronJob of a controller reference, unless it is of another kind or gone.
func (k *Controller) wake(namespace string, ref *metav1.OwnerReference) {
	if ref.Kind != api.CronJobs.Kind {
		return
	}
	if cj, ok := k.cronJobs.Get(namespace, ref.Name); ok && cj.UID == ref.UID {
		k.queue.Add(api.KeyOf(cj))
	}
}
