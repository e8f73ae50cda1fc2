package cronjob

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/cron"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/sim"
)

// never is the wait of a CronJob that waits for no time: it is suspended, is being deleted, or has no schedule.
const never = time.Duration(math.MinInt64)

// pass is one sync of a CronJob.
type pass struct {
	k    *Controller
	key  string
	jobs []*batchv1.Job // of the CronJob, as the cache has them
	// mine is the copy whose status is written in the end. cj is the same unless the server turned out to know more than
	// the cache: then what is noted in it is lost, the write fails as outdated, and the sync is done again.
	mine, cj *batchv1.CronJob
	dirty    bool // the status says something new
	now      time.Time
	schedule *cron.Schedule
}

func (k *Controller) sync(key string, done func(error)) {
	cj, ok := k.cronJobs.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	p := &pass{k: k, key: key, mine: api.Copy(cj), jobs: slices.Clone(k.jobs.ByIndex(client.IndexOwner, string(cj.UID)))}
	p.cj = p.mine
	finish := func(next time.Duration, failure error) {
		end := func(err error) {
			switch {
			case err != nil:
				done(err)
			case next != never:
				k.after(key, next)
				done(nil)
			default:
				done(failure)
			}
		}
		if !p.dirty {
			end(nil)
			return
		}
		client.Update(k.c, api.CronJobs, "status", p.mine, func(_ *batchv1.CronJob, err error) { end(err) })
	}
	p.cleanup(func() {
		p.now = k.now()
		p.children(0, func(err error) {
			if err != nil {
				finish(never, err)
				return
			}
			p.missing(slices.Clone(p.cj.Status.Active), func(err error) {
				if err != nil {
					finish(never, err)
					return
				}
				p.start(finish)
			})
		})
	})
}

func (p *pass) event(typ, reason, text string) { p.k.rec.Event(p.cj, typ, reason, text) }

func (p *pass) active(uid types.UID) bool {
	return slices.ContainsFunc(p.cj.Status.Active, func(r corev1.ObjectReference) bool { return r.UID == uid })
}

func (p *pass) forget(uid types.UID) {
	p.cj.Status.Active = slices.DeleteFunc(slices.Clone(p.cj.Status.Active), func(r corev1.ObjectReference) bool { return r.UID == uid })
}

// finished is how a Job ended, "" if it has not.
func finished(j *batchv1.Job) batchv1.JobConditionType {
	for i := range j.Status.Conditions {
		c := &j.Status.Conditions[i]
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return c.Type
		}
	}
	return ""
}

// cleanup deletes the oldest Jobs beyond the history limits.
func (p *pass) cleanup(then func()) {
	var old []*batchv1.Job
	surplus := func(how batchv1.JobConditionType, limit *int32) {
		if limit == nil {
			return
		}
		list := slices.DeleteFunc(slices.Clone(p.jobs), func(j *batchv1.Job) bool { return finished(j) != how })
		slices.SortFunc(list, byStart)
		old = append(old, list[:max(0, len(list)-int(*limit))]...)
	}
	surplus(batchv1.JobComplete, p.cj.Spec.SuccessfulJobsHistoryLimit)
	surplus(batchv1.JobFailed, p.cj.Spec.FailedJobsHistoryLimit)
	var next func(i int)
	next = func(i int) {
		if i == len(old) {
			then()
			return
		}
		p.delete(old[i], func(bool) { next(i + 1) })
	}
	next(0)
}

// byStart orders Jobs by the time they started; those that have not come last.
func byStart(a, b *batchv1.Job) int {
	s, t := a.Status.StartTime, b.Status.StartTime
	switch {
	case s == nil && t == nil, s != nil && t != nil && s.Equal(t):
		return strings.Compare(a.Name, b.Name)
	case s == nil:
		return 1
	case t == nil:
		return -1
	}
	return s.Compare(t.Time)
}

// delete removes a Job with its pods, and from the list of those that run.
func (p *pass) delete(j *batchv1.Job, then func(ok bool)) {
	background := metav1.DeletePropagationBackground
	p.k.c.Delete(api.Jobs, j.Namespace, j.Name, client.DeleteOptions{Propagation: &background}, func(err error) {
		if err != nil {
			p.event(corev1.EventTypeWarning, "FailedDelete", "Deleted job: "+err.Error())
			then(false)
			return
		}
		p.forget(j.UID)
		p.event(corev1.EventTypeNormal, "SuccessfulDelete", "Deleted job "+j.Name)
		p.dirty = true
		then(true)
	})
}

// children notes what became of the CronJob's Jobs, from the i-th on.
func (p *pass) children(i int, then func(error)) {
	for ; i < len(p.jobs); i++ {
		j := p.jobs[i]
		how, listed := finished(j), p.active(j.UID)
		switch {
		case how == "" && !listed:
			client.Get(p.k.c, api.CronJobs, p.cj.Namespace, p.cj.Name, func(fresh *batchv1.CronJob, err error) {
				if err != nil {
					then(err)
					return
				}
				was := p.cj
				if p.cj = api.Copy(fresh); !p.active(j.UID) {
					p.cj = was
					p.event(corev1.EventTypeWarning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: "+j.Name)
				}
				p.children(i+1, then)
			})
			return
		case how == "":
			continue
		case listed:
			p.forget(j.UID)
			p.event(corev1.EventTypeNormal, "SawCompletedJob", "Saw completed job: "+j.Name+", condition: "+string(how))
			p.dirty = true
		}
		at, last := j.Status.CompletionTime, p.cj.Status.LastSuccessfulTime
		if how == batchv1.JobComplete && (last == nil || at != nil && at.After(last.Time)) {
			p.cj.Status.LastSuccessfulTime = at
			p.dirty = true
		}
	}
	then(nil)
}

// missing takes Jobs that are gone out of the list of those that run.
func (p *pass) missing(listed []corev1.ObjectReference, then func(error)) {
	if len(listed) == 0 {
		then(nil)
		return
	}
	r := listed[0]
	if slices.ContainsFunc(p.jobs, func(j *batchv1.Job) bool { return j.UID == r.UID }) {
		p.missing(listed[1:], then)
		return
	}
	client.Get(p.k.c, api.Jobs, r.Namespace, r.Name, func(_ *batchv1.Job, err error) {
		switch {
		case apierrors.IsNotFound(err):
			p.event(corev1.EventTypeNormal, "MissingJob", "Active job went missing: "+r.Name)
			p.forget(r.UID)
			p.dirty = true
		case err != nil:
			then(err)
			return
		}
		p.missing(listed[1:], then)
	})
}

// start makes the Job that is due, if one is. finish gets how long to wait for the next time, never for not at all.
func (p *pass) start(finish func(time.Duration, error)) {
	cj := p.cj
	if cj.DeletionTimestamp != nil {
		finish(never, nil)
		return
	}
	if cj.Spec.TimeZone != nil {
		if _, err := cron.Location(*cj.Spec.TimeZone); err != nil {
			p.event(corev1.EventTypeWarning, "UnknownTimeZone", "invalid timeZone: "+strconv.Quote(*cj.Spec.TimeZone)+": "+err.Error())
			finish(never, nil)
			return
		}
	}
	if cj.Spec.Suspend != nil && *cj.Spec.Suspend {
		finish(never, nil)
		return
	}
	if namesZone(cj) {
		p.event(corev1.EventTypeWarning, "UnsupportedSchedule", "CRON_TZ or TZ used in schedule "+strconv.Quote(cj.Spec.Schedule)+
			" is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
	}
	s, err := cron.Parse(scheduleOf(cj))
	if err != nil {
		p.event(corev1.EventTypeWarning, "UnparseableSchedule", "unparseable schedule: "+strconv.Quote(cj.Spec.Schedule)+" : "+err.Error())
		finish(never, nil)
		return
	}
	p.schedule = s
	t, err := passed(cj, p.now, s, true)
	if err != nil {
		p.event(corev1.EventTypeWarning, "InvalidSchedule", "invalid schedule: "+cj.Spec.Schedule+" : "+err.Error())
		finish(never, nil)
		return
	}
	wait := func() { finish(untilNext(p.cj, p.now, s), nil) }
	at := t.latest
	if at.IsZero() || at.After(p.now) {
		wait()
		return
	}
	if t.missed > manyMissed {
		p.event(corev1.EventTypeWarning, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	limit := cj.Spec.StartingDeadlineSeconds
	name := jobName(cj, at)
	listed := slices.ContainsFunc(cj.Status.Active, func(r corev1.ObjectReference) bool { return r.Name == name && r.Namespace == cj.Namespace })
	switch {
	case limit != nil && at.Add(time.Second*time.Duration(*limit)).Before(p.now):
		p.event(corev1.EventTypeWarning, "MissSchedule", "Missed scheduled time to start a job: "+at.UTC().Format(time.RFC1123Z))
		wait()
	case listed, cj.Status.LastScheduleTime != nil && cj.Status.LastScheduleTime.Time.Equal(at):
		wait()
	case cj.Spec.ConcurrencyPolicy == batchv1.ForbidConcurrent && len(cj.Status.Active) > 0:
		p.event(corev1.EventTypeNormal, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
		wait()
	case cj.Spec.ConcurrencyPolicy == batchv1.ReplaceConcurrent:
		p.replace(slices.Clone(cj.Status.Active), func(err error) {
			if err != nil {
				finish(never, err)
				return
			}
			p.create(at, finish)
		})
	default:
		p.create(at, finish)
	}
}

// replace deletes the Jobs that run.
func (p *pass) replace(listed []corev1.ObjectReference, then func(error)) {
	if len(listed) == 0 {
		then(nil)
		return
	}
	client.Get(p.k.c, api.Jobs, listed[0].Namespace, listed[0].Name, func(j *batchv1.Job, err error) {
		if err != nil {
			p.event(corev1.EventTypeWarning, "FailedGet", "Get job: "+err.Error())
			then(err)
			return
		}
		p.delete(j, func(ok bool) {
			if !ok {
				then(errors.New("could not replace job " + api.KeyOf(j)))
				return
			}
			p.replace(listed[1:], then)
		})
	})
}

// jobName is the name of the Job of a scheduled time: it ends in the minutes since 1970, so that there can be only one.
func jobName(cj *batchv1.CronJob, at time.Time) string {
	return cj.Name + "-" + strconv.FormatInt(at.Unix()/60, 10)
}

// jobFor is the Job of a scheduled time.
func jobFor(cj *batchv1.CronJob, at time.Time) (*batchv1.Job, error) {
	zone, err := cron.Location(zoneOf(cj))
	if err != nil {
		return nil, err
	}
	t := &cj.Spec.JobTemplate
	annotations := map[string]string{}
	for k, v := range t.Annotations {
		annotations[k] = v
	}
	annotations[batchv1.CronJobScheduledTimestampAnnotation] = at.In(zone).Format(time.RFC3339)
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: jobName(cj, at), Namespace: cj.Namespace, Labels: t.Labels, Annotations: annotations,
			OwnerReferences: ownership.Refs(cj, api.CronJobs)},
		Spec: t.Spec,
	}, nil
}

func (p *pass) create(at time.Time, finish func(time.Duration, error)) {
	cj := p.cj
	j, err := jobFor(cj, at)
	if err != nil {
		finish(never, err)
		return
	}
	p.k.a.Record(sim.KindDecision, api.Ref(api.CronJobs, cj.Namespace, cj.Name), "scheduled time "+at.UTC().Format(time.RFC3339)+" has come: creating Job "+j.Name)
	note := func(j *batchv1.Job) {
		cj.Status.Active = append(slices.Clone(cj.Status.Active), client.ReferenceTo(j, ""))
		cj.Status.LastScheduleTime = &metav1.Time{Time: at}
		p.dirty = true
		finish(untilNext(cj, p.now, p.schedule), nil)
	}
	name := j.Name
	client.Create(p.k.c, api.Jobs, j, func(made *batchv1.Job, err error) {
		switch {
		case err == nil:
			p.event(corev1.EventTypeNormal, "SuccessfulCreate", "Created job "+made.Name)
			note(made)
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			finish(never, err)
		case apierrors.IsAlreadyExists(err):
			// Made before, by this controller if it is ours: then the status could not be written.
			client.Get(p.k.c, api.Jobs, cj.Namespace, name, func(there *batchv1.Job, err error) {
				if err != nil || !metav1.IsControlledBy(there, cj) || p.active(there.UID) {
					finish(never, err)
					return
				}
				note(there)
			})
		default:
			p.event(corev1.EventTypeWarning, "FailedCreate", "Error creating job: "+err.Error())
			finish(never, err)
		}
	})
}
