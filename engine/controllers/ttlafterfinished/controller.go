package ttlafterfinished

import (
	"errors"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Workers is how many Jobs are looked at at once (--concurrent-ttl-after-finished-syncs).
const Workers = 5

// Controller is one running TTL-after-finished controller.
type Controller struct {
	a      *sim.Actor
	c      *client.Client
	jobs   *client.Cache[*batchv1.Job]
	queue  *client.Queue
	timers map[string]sim.Timer
}

// Run starts the controller; it works once its cache is synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, jobs: client.Shared[*batchv1.Job](f, api.Jobs), timers: map[string]sim.Timer{}}
	k.queue = client.NewQueue(k.a, "ttl_jobs_to_delete", Workers, k.sync)
	k.jobs.Subscribe(func(old, j *batchv1.Job) {
		if j == nil || !mortal(j) {
			if old != nil {
				k.forget(api.KeyOf(old))
			}
			return
		}
		k.queue.Add(api.KeyOf(j))
	})
	client.WhenSynced(k.queue.Start, k.jobs)
	return k
}

func (k *Controller) forget(key string) {
	if t, ok := k.timers[key]; ok {
		t.Stop()
		delete(k.timers, key)
	}
}

// mortal reports a finished Job with a TTL that is not being deleted.
func mortal(j *batchv1.Job) bool {
	return j.DeletionTimestamp == nil && j.Spec.TTLSecondsAfterFinished != nil && finishedBy(j) != nil
}

func finishedBy(j *batchv1.Job) *batchv1.JobCondition {
	for i := range j.Status.Conditions {
		c := &j.Status.Conditions[i]
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// expired reports that a Job's time is over; if it is not, a timer is set for it.
func (k *Controller) expired(key string, j *batchv1.Job) (bool, error) {
	k.forget(key)
	if !mortal(j) {
		return false, nil
	}
	at := finishedBy(j).LastTransitionTime
	if at.IsZero() {
		return false, errors.New("unable to find the time when the Job " + key + " finished")
	}
	left := at.Add(time.Duration(*j.Spec.TTLSecondsAfterFinished) * time.Second).Sub(k.a.Wall())
	if left <= 0 {
		return true, nil
	}
	k.timers[key] = k.a.After(left, "job TTL", func() { k.queue.Add(key) })
	return false, nil
}

func (k *Controller) sync(key string, done func(error)) {
	j, ok := k.jobs.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	if over, err := k.expired(key, j); err != nil || !over {
		done(err)
		return
	}
	client.Get(k.c, api.Jobs, j.Namespace, j.Name, func(fresh *batchv1.Job, err error) {
		if err != nil {
			if apierrors.IsNotFound(err) {
				err = nil
			}
			done(err)
			return
		}
		if over, err := k.expired(key, fresh); err != nil || !over {
			done(err)
			return
		}
		policy := metav1.DeletePropagationForeground
		k.c.Delete(api.Jobs, fresh.Namespace, fresh.Name, client.DeleteOptions{
			Propagation: &policy, Preconditions: &metav1.Preconditions{UID: &fresh.UID}}, done)
	})
}
