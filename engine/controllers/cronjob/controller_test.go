package cronjob

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"tabernetes/engine/api"
	"tabernetes/engine/api/cron"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func start() *apitest.Server {
	s := apitest.New()
	s.Start("kube-controller-manager", func(f *client.Informers) { Run(f) })
	return s
}

func cronJob(change ...func(*batchv1.CronJob)) *batchv1.CronJob {
	cj := &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default"},
		Spec: batchv1.CronJobSpec{Schedule: "* * * * *", ConcurrencyPolicy: batchv1.AllowConcurrent, Suspend: ptr.To(false),
			SuccessfulJobsHistoryLimit: ptr.To(int32(3)), FailedJobsHistoryLimit: ptr.To(int32(1)),
			JobTemplate: batchv1.JobTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"l": "v"}, Annotations: map[string]string{"a": "b"}}}},
	}
	for _, fn := range change {
		fn(cj)
	}
	return cj
}

func put(s *apitest.Server, change ...func(*batchv1.CronJob)) *batchv1.CronJob {
	return apitest.Put(s, cronJob(change...))
}

// olderBy makes a CronJob that was created before the session began.
func olderBy(s *apitest.Server, d time.Duration) func(*batchv1.CronJob) {
	return func(cj *batchv1.CronJob) { cj.CreationTimestamp = metav1.NewTime(s.Now().Add(-d)) }
}

func status(s *apitest.Server) batchv1.CronJobStatus {
	return apitest.Get[*batchv1.CronJob](s, "default", "c").Status
}

func jobs(s *apitest.Server) []string {
	var out []string
	for _, j := range apitest.List[*batchv1.Job](s) {
		out = append(out, j.Name)
	}
	return out
}

// nth is the name of the Job of the n-th minute of the session.
func nth(s *apitest.Server, n int) string {
	return jobName(cronJob(), s.Sim.Wall(0).Add(time.Duration(n)*time.Minute))
}

func end(s *apitest.Server, name string, how batchv1.JobConditionType) {
	apitest.Edit(s, "default", name, func(j *batchv1.Job) {
		now := s.Now()
		j.Status.Conditions = []batchv1.JobCondition{{Type: how, Status: corev1.ConditionTrue}}
		if how == batchv1.JobComplete {
			j.Status.CompletionTime = &now
		}
	})
	s.Run(time.Second)
}

func count(s *apitest.Server, reason string) int {
	n := 0
	for _, e := range apitest.List[*corev1.Event](s) {
		if e.Reason == reason {
			n += int(e.Count)
		}
	}
	return n
}

func TestAJobEachMinute(t *testing.T) {
	s := start()
	cj := put(s)
	s.Run(59 * time.Second)
	require.Empty(t, jobs(s))
	s.Run(2 * time.Second)
	require.Equal(t, []string{nth(s, 1)}, jobs(s))
	j := apitest.Get[*batchv1.Job](s, "default", nth(s, 1))
	assert.Equal(t, map[string]string{"l": "v"}, j.Labels)
	assert.Equal(t, map[string]string{"a": "b", batchv1.CronJobScheduledTimestampAnnotation: s.Sim.Wall(0).Add(time.Minute).UTC().Format(time.RFC3339)}, j.Annotations)
	assert.True(t, metav1.IsControlledBy(j, cj))
	st := status(s)
	require.Len(t, st.Active, 1)
	assert.Equal(t, corev1.ObjectReference{Kind: "Job", APIVersion: "batch/v1", Namespace: "default", Name: j.Name, UID: j.UID, ResourceVersion: j.ResourceVersion}, st.Active[0])
	assert.True(t, st.LastScheduleTime.Time.Equal(s.Sim.Wall(0).Add(time.Minute)))
	assert.Nil(t, st.LastSuccessfulTime)
	end(s, j.Name, batchv1.JobComplete)
	st = status(s)
	assert.Empty(t, st.Active)
	assert.NotNil(t, st.LastSuccessfulTime)
	assert.Equal(t, []string{"SuccessfulCreate: Created job " + j.Name, "SawCompletedJob: Saw completed job: " + j.Name + ", condition: Complete"}, s.Events())
	s.Run(2 * time.Minute)
	assert.Len(t, jobs(s), 3)
}

func TestAllowForbidReplace(t *testing.T) {
	for policy, want := range map[batchv1.ConcurrencyPolicy][]int{
		batchv1.AllowConcurrent: {1, 2, 3}, batchv1.ForbidConcurrent: {1}, batchv1.ReplaceConcurrent: {3},
	} {
		t.Run(string(policy), func(t *testing.T) {
			s := start()
			put(s, func(cj *batchv1.CronJob) { cj.Spec.ConcurrencyPolicy = policy })
			s.Run(3*time.Minute + time.Second)
			var names []string
			for _, n := range want {
				names = append(names, nth(s, n))
			}
			assert.Equal(t, names, jobs(s))
			assert.Len(t, status(s).Active, len(want))
			switch policy {
			case batchv1.ForbidConcurrent:
				assert.Contains(t, s.Events(), "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid")
				// What was forbidden is made up for when the other has ended.
				end(s, nth(s, 1), batchv1.JobComplete)
				assert.Equal(t, []string{nth(s, 1), nth(s, 3)}, jobs(s))
			case batchv1.ReplaceConcurrent:
				assert.Contains(t, s.Events(), "SuccessfulDelete: Deleted job "+nth(s, 1))
				assert.Contains(t, s.Requests, "delete jobs default/"+nth(s, 2))
			}
		})
	}
}

func TestHistoryLimits(t *testing.T) {
	s := start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.SuccessfulJobsHistoryLimit = ptr.To(int32(2)) })
	for n := 1; n <= 8; n++ {
		s.Run(s.Sim.Wall(0).Add(time.Duration(n)*time.Minute + time.Second).Sub(s.Sim.Wall(s.Sim.Now())))
		name := nth(s, n)
		at := s.Now()
		apitest.Edit(s, "default", name, func(j *batchv1.Job) { j.Status.StartTime = &at })
		end(s, name, []batchv1.JobConditionType{batchv1.JobComplete, batchv1.JobFailed}[n%2])
	}
	assert.Equal(t, []string{nth(s, 6), nth(s, 7), nth(s, 8)}, jobs(s))
	assert.Contains(t, s.Events(), "SuccessfulDelete: Deleted job "+nth(s, 1))

	s = start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.SuccessfulJobsHistoryLimit = ptr.To(int32(0)) })
	s.Run(61 * time.Second)
	end(s, nth(s, 1), batchv1.JobComplete)
	assert.Empty(t, jobs(s))
	assert.NotNil(t, status(s).LastSuccessfulTime, "it is noted in the sync that deletes the Job")
}

func TestSuspend(t *testing.T) {
	s := start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.Suspend = ptr.To(true) })
	s.Run(10 * time.Minute)
	assert.Empty(t, jobs(s))
	apitest.Edit(s, "default", "c", func(cj *batchv1.CronJob) { cj.Spec.Suspend = ptr.To(false) })
	s.Run(time.Second)
	assert.Equal(t, []string{nth(s, 10)}, jobs(s), "of the times that were missed, the newest")
}

func TestStartingDeadline(t *testing.T) {
	s := start()
	put(s, olderBy(s, 10*time.Minute), func(cj *batchv1.CronJob) {
		cj.Spec.Schedule, cj.Spec.StartingDeadlineSeconds = "0 * * * *", ptr.To(int64(120))
		cj.Spec.Suspend = ptr.To(true)
	})
	s.Run(time.Hour + 5*time.Minute)
	unsuspend := func(cj *batchv1.CronJob) { cj.Spec.Suspend = ptr.To(false) }
	apitest.Edit(s, "default", "c", unsuspend)
	s.Run(time.Second)
	assert.Empty(t, jobs(s), "five minutes late is too late")
	assert.Zero(t, count(s, "MissSchedule"), "times before the deadline are not even looked at")
	s.Run(55 * time.Minute)
	assert.Equal(t, []string{nth(s, 120)}, jobs(s))
}

// The deadline is compared to the fraction of a second.
func TestMissedByAFraction(t *testing.T) {
	s := start()
	s.Run(62*time.Second + 500*time.Millisecond)
	put(s, func(cj *batchv1.CronJob) {
		cj.CreationTimestamp = metav1.NewTime(s.Sim.Wall(0))
		cj.Spec.StartingDeadlineSeconds = ptr.To(int64(2))
	})
	s.Run(time.Second)
	assert.Empty(t, jobs(s))
	s.Run(time.Minute)
	assert.Equal(t, []string{nth(s, 2)}, jobs(s))
}

func TestTooManyMissedTimes(t *testing.T) {
	s := start()
	put(s, olderBy(s, 3*time.Hour))
	s.Run(time.Second)
	assert.Equal(t, []string{nth(s, 0)}, jobs(s), "it is started nevertheless")
	assert.Contains(t, s.Events(), "TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")

	s = start()
	put(s, olderBy(s, 3*time.Hour), func(cj *batchv1.CronJob) { cj.Spec.StartingDeadlineSeconds = ptr.To(int64(200)) })
	s.Run(time.Second)
	assert.Equal(t, []string{nth(s, 0)}, jobs(s))
	assert.Zero(t, count(s, "TooManyMissedTimes"))
}

func TestANewScheduleIsWaitedFor(t *testing.T) {
	s := start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.Schedule = "0 0 1 1 *" })
	s.Run(30 * time.Second)
	apitest.Edit(s, "default", "c", func(cj *batchv1.CronJob) { cj.Spec.Schedule = "*/2 * * * *" })
	s.Run(time.Minute)
	assert.Empty(t, jobs(s))
	s.Run(time.Minute)
	assert.Equal(t, []string{nth(s, 2)}, jobs(s))
	apitest.Edit(s, "default", "c", func(cj *batchv1.CronJob) { cj.Spec.Schedule = "nonsense" })
	s.Run(time.Hour)
	assert.Len(t, jobs(s), 1)
	assert.Contains(t, s.Events(), "UnParseableCronJobSchedule: unparseable schedule for cronjob: nonsense")
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for schedule, want := range map[string]string{
		"a b":          `UnparseableSchedule: unparseable schedule: "a b" : expected exactly 5 fields, found 2: [a b]`,
		"59 23 31 2 *": "InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
	} {
		s := start()
		put(s, func(cj *batchv1.CronJob) { cj.Spec.Schedule = schedule })
		s.Run(time.Hour)
		assert.Empty(t, jobs(s))
		assert.Equal(t, []string{want}, s.Events())
	}
	s := start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.TimeZone = ptr.To("Mars/Olympus") })
	s.Run(time.Hour)
	assert.Equal(t, []string{`UnknownTimeZone: invalid timeZone: "Mars/Olympus": unknown time zone Mars/Olympus`}, s.Events())
	s = start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.Schedule = "TZ=UTC * * * * *" })
	s.Run(61 * time.Second)
	assert.Len(t, jobs(s), 1)
	assert.True(t, slices.ContainsFunc(s.Events(), func(e string) bool {
		return strings.HasPrefix(e, `UnsupportedSchedule: CRON_TZ or TZ used in schedule "TZ=UTC * * * * *" is not officially supported, see `)
	}))
}

func TestTimeZones(t *testing.T) {
	s := start() // it is January
	put(s, func(cj *batchv1.CronJob) { cj.Spec.Schedule, cj.Spec.TimeZone = "30 10 * * *", ptr.To("Europe/Berlin") })
	s.Run(24 * time.Hour)
	l := apitest.List[*batchv1.Job](s)
	require.Len(t, l, 1)
	at, err := time.Parse(time.RFC3339, l[0].Annotations[batchv1.CronJobScheduledTimestampAnnotation])
	require.NoError(t, err)
	assert.Contains(t, l[0].Annotations[batchv1.CronJobScheduledTimestampAnnotation], "T10:30:00+01:00")
	assert.Equal(t, "09:30", at.UTC().Format("15:04"))
}

func TestAJobThatIsGone(t *testing.T) {
	s := start()
	put(s, func(cj *batchv1.CronJob) { cj.Spec.ConcurrencyPolicy = batchv1.ForbidConcurrent })
	s.Run(61 * time.Second)
	apitest.Remove[*batchv1.Job](s, "default", nth(s, 1))
	s.Run(time.Second)
	assert.Empty(t, status(s).Active)
	assert.Contains(t, s.Events(), "MissingJob: Active job went missing: "+nth(s, 1))
	assert.Empty(t, jobs(s), "its time was used")
}

func TestAJobThatNobodyExpected(t *testing.T) {
	s := start()
	cj := put(s)
	s.Run(time.Second)
	apitest.Put(s, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "by-hand", Namespace: "default",
		OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(cj, api.CronJobs.GVK())}}})
	s.Run(time.Second)
	assert.Equal(t, []string{"UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand"}, s.Events())
	assert.Empty(t, status(s).Active)
	end(s, "by-hand", batchv1.JobComplete)
	assert.NotNil(t, status(s).LastSuccessfulTime, "its success counts")
}

func TestTheNameIsALock(t *testing.T) {
	s := start()
	cj := put(s)
	// The controller made the Job and could not write the status.
	failed := 0
	s.Before = func(r *api.Request) error {
		if r.Resource == api.CronJobs && r.Subresource == "status" && failed < 2 {
			failed++
			return apierrors.NewInternalError(errors.New("no"))
		}
		return nil
	}
	s.Run(62 * time.Second)
	assert.Equal(t, 2, failed)
	assert.Equal(t, []string{nth(s, 1)}, jobs(s))
	require.Len(t, status(s).Active, 1)
	assert.Equal(t, 1, count(s, "SuccessfulCreate"))

	// Somebody else's Job of that name is left alone.
	apitest.Put(s, &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: nth(s, 2), Namespace: "default"}})
	s.Run(time.Minute)
	assert.Len(t, status(s).Active, 1)
	assert.False(t, metav1.IsControlledBy(apitest.Get[*batchv1.Job](s, "default", nth(s, 2)), cj))
}

func TestCreationRefused(t *testing.T) {
	s := start()
	put(s)
	s.Before = func(r *api.Request) error {
		if r.Resource == api.Jobs && r.Verb == api.Create {
			return apierrors.NewForbidden(api.Jobs.GR(), r.Name, errors.New("exceeded quota"))
		}
		return nil
	}
	s.Run(61 * time.Second)
	assert.Contains(t, s.Events(), `FailedCreate: Error creating job: jobs.batch "`+nth(s, 1)+`" is forbidden: exceeded quota`)
	assert.Nil(t, status(s).LastScheduleTime)
	s.Before = nil
	s.Run(10 * time.Second)
	assert.Equal(t, []string{nth(s, 1)}, jobs(s), "it is tried again")
}

func TestPassedTimes(t *testing.T) {
	at := func(text string) time.Time {
		x, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return x
	}
	for _, c := range []struct {
		schedule, created, last, now, want string
		deadline                           int64
		many                               bool
		wait                               time.Duration
	}{
		{schedule: "0 * * * *", created: "2026-01-05T09:30:00Z", now: "2026-01-05T09:59:59Z", wait: 1100 * time.Millisecond},
		{schedule: "0 * * * *", created: "2026-01-05T09:30:00Z", now: "2026-01-05T10:00:00Z", want: "2026-01-05T10:00:00Z", wait: time.Hour + nextScheduleDelta},
		{schedule: "0 * * * *", created: "2026-01-05T09:30:00Z", now: "2026-01-05T13:05:00Z", want: "2026-01-05T13:00:00Z", wait: 55*time.Minute + nextScheduleDelta},
		{schedule: "0 * * * *", created: "2026-01-01T09:30:00Z", last: "2026-01-05T13:00:00Z", now: "2026-01-05T13:05:00Z", wait: 55*time.Minute + nextScheduleDelta},
		{schedule: "0 * * * *", created: "2026-01-01T09:30:00Z", now: "2026-01-05T13:05:00Z", deadline: 3600, want: "2026-01-05T13:00:00Z", wait: 55*time.Minute + nextScheduleDelta},
		{schedule: "0 * * * *", created: "2026-01-01T00:30:00Z", now: "2026-01-05T13:05:00Z", want: "2026-01-05T13:00:00Z", many: true, wait: 55*time.Minute + nextScheduleDelta},
		// An irregular schedule: weekdays, at 6:30, 10:30, 14:30. Asked on a Sunday, the estimate oversteps Friday, as
		// upstream's does.
		{schedule: "30 6-16/4 * * 1-5", created: "2026-01-01T00:00:00Z", now: "2026-01-04T12:00:00Z", wait: 18*time.Hour + 30*time.Minute + nextScheduleDelta},
		{schedule: "30 6-16/4 * * 1-5", created: "2026-01-01T00:00:00Z", now: "2026-01-02T12:00:00Z", want: "2026-01-02T10:30:00Z", wait: 2*time.Hour + 30*time.Minute + nextScheduleDelta},
		{schedule: "@every 1h", created: "2026-01-05T09:15:00Z", now: "2026-01-05T14:20:00Z", want: "2026-01-05T14:15:00Z", wait: 55*time.Minute + nextScheduleDelta},
	} {
		s, err := cron.Parse(c.schedule)
		require.NoError(t, err)
		cj := cronJob(func(cj *batchv1.CronJob) {
			cj.Spec.Schedule, cj.CreationTimestamp = c.schedule, metav1.NewTime(at(c.created))
			if c.last != "" {
				cj.Status.LastScheduleTime = ptr.To(metav1.NewTime(at(c.last)))
			}
			if c.deadline != 0 {
				cj.Spec.StartingDeadlineSeconds = &c.deadline
			}
		})
		got, err := passed(cj, at(c.now), s, true)
		require.NoError(t, err)
		if c.want == "" {
			assert.True(t, got.latest.IsZero(), "%+v: %v", c, got.latest)
		} else {
			assert.Equal(t, c.want, got.latest.Format(time.RFC3339), "%+v", c)
		}
		assert.Equal(t, c.many, got.missed > manyMissed, "%+v", c)
		assert.Equal(t, c.wait, untilNext(cj, at(c.now), s), "%+v", c)
	}
}

func TestDeleted(t *testing.T) {
	s := start()
	put(s)
	s.Run(30 * time.Second)
	apitest.Remove[*batchv1.CronJob](s, "default", "c")
	s.Run(5 * time.Minute)
	assert.Empty(t, jobs(s))
	assert.True(t, s.Sim.Settled())
}
