package cronjob

import (
	"errors"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"tabernetes/engine/api/cron"
)

// nextScheduleDelta is how long after its time a schedule is looked at: the clocks of machines differ a little.
const nextScheduleDelta = 100 * time.Millisecond

// manyMissed is the number of missed times from which on the clock, or the CronJob, is suspect.
const manyMissed = 100

func zoneOf(cj *batchv1.CronJob) string {
	if cj.Spec.TimeZone == nil {
		return ""
	}
	return *cj.Spec.TimeZone
}

// namesZone reports a schedule with a zone in itself, which is not officially supported.
func namesZone(cj *batchv1.CronJob) bool { return strings.Contains(cj.Spec.Schedule, "TZ") }

// scheduleOf is a CronJob's schedule with its time zone in the form that the parser reads.
func scheduleOf(cj *batchv1.CronJob) string {
	if cj.Spec.TimeZone != nil && !namesZone(cj) {
		if _, err := cron.Location(*cj.Spec.TimeZone); err == nil {
			return "TZ=" + *cj.Spec.TimeZone + " " + cj.Spec.Schedule
		}
	}
	return cj.Spec.Schedule
}

// times are the scheduled times that have passed.
type times struct {
	since  time.Time // from when on they are looked for: the last time used, or the creation
	latest time.Time // the newest; zero if there is none
	missed int64     // about how many there are
}

var errTooDense = errors.New("time difference between two schedules is less than 1 second")

// passed finds the scheduled times up to now; deadline leaves out those that startingDeadlineSeconds has ruled out. An
// error means a schedule that never comes, as February 31.
func passed(cj *batchv1.CronJob, now time.Time, s *cron.Schedule, deadline bool) (times, error) {
	t := times{since: cj.CreationTimestamp.UTC()}
	if last := cj.Status.LastScheduleTime; last != nil {
		t.since = last.UTC()
	}
	if limit := cj.Spec.StartingDeadlineSeconds; deadline && limit != nil {
		if from := now.Add(-time.Second * time.Duration(*limit)); from.After(t.since) {
			t.since = from
		}
	}
	first := s.Next(t.since)
	second := s.Next(first)
	if now.Before(first) {
		return t, nil
	}
	if now.Before(second) {
		t.latest = first
		return t, nil
	}
	every := int64(second.Sub(first).Round(time.Second).Seconds())
	if every < 1 {
		return t, errTooDense
	}
	// About how many times fit in; from the last but one of them the exact ones are counted.
	t.missed = int64(now.Sub(first).Seconds())/every + 1
	for at := s.Next(first.Add(time.Duration((t.missed-2)*every) * time.Second)); !at.After(now); at = s.Next(at) {
		t.latest = at
	}
	return t, nil
}

// untilNext is how long to wait for the next scheduled time.
func untilNext(cj *batchv1.CronJob, now time.Time, s *cron.Schedule) time.Duration {
	t, err := passed(cj, now, s, false)
	from := t.latest
	switch {
	case err != nil:
		from = now
	case from.IsZero() && t.missed == 0:
		from = t.since
	case from.IsZero():
		from = now
	}
	return s.Next(from).Add(nextScheduleDelta).Sub(now)
}
