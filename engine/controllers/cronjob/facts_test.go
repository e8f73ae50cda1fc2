package cronjob

import (
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// fact is one sync: a CronJob with its Jobs, and what upstream did.
type fact struct {
	After    int64   `json:"after"` // milliseconds from noon to now
	Schedule string  `json:"sched"`
	Zone     string  `json:"tz,omitempty"`
	Created  int64   `json:"created"`        // seconds before now
	Last     int64   `json:"last,omitempty"` // minutes before the hour of now
	Deadline int64   `json:"deadline,omitempty"`
	Policy   string  `json:"policy"`
	Suspend  bool    `json:"suspend,omitempty"`
	Deleted  bool    `json:"del,omitempty"`
	Keep     int32   `json:"keep"`
	KeepBad  int32   `json:"keepBad"`
	Jobs     []jobIn `json:"jobs,omitempty"`
	Fail     string  `json:"fail,omitempty"`

	Did    []string `json:"did,omitempty"`
	Status string   `json:"status,omitempty"`
	Wait   string   `json:"wait,omitempty"`
	Events []string `json:"events,omitempty"`
}

type jobIn struct {
	Minute int    `json:"m"`           // of its name, before the hour of now
	How    string `json:"h,omitempty"` // ok, bad or still running
	Start  int    `json:"s,omitempty"` // seconds before now; 0: not yet
	Listed bool   `json:"a,omitempty"` // in status.active
	Where  string `json:"w,omitempty"` // "": in the cache; late: only in the API; gone: nowhere
	Fresh  bool   `json:"f,omitempty"` // the API has it in status.active, the cache not
	Theirs bool   `json:"x,omitempty"` // somebody else's (where late)
}

func noon() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }

func (f *fact) now() time.Time { return noon().Add(time.Duration(f.After) * time.Millisecond) }

func (f *fact) hour() time.Time { return f.now().Truncate(time.Hour) }

func (f *fact) at(minute int) time.Time { return f.hour().Add(-time.Duration(minute) * time.Minute) }

func (f *fact) name(minute int) string { return fmt.Sprintf("c-%d", f.at(minute).Unix()/60) }

// objects are the CronJob as the cache has it and as the API has it, and its Jobs by where they are.
func (f *fact) objects() (cached, fresh *batchv1.CronJob, jobs, late []*batchv1.Job) {
	cj := &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default", UID: "cj-uid", CreationTimestamp: metav1.NewTime(f.now().Add(-time.Duration(f.Created) * time.Second).Truncate(time.Second))},
		Spec: batchv1.CronJobSpec{Schedule: f.Schedule, ConcurrencyPolicy: batchv1.ConcurrencyPolicy(f.Policy), Suspend: &f.Suspend,
			SuccessfulJobsHistoryLimit: &f.Keep, FailedJobsHistoryLimit: &f.KeepBad},
	}
	if f.Zone != "" {
		cj.Spec.TimeZone = &f.Zone
	}
	if f.Last > 0 {
		cj.Status.LastScheduleTime = ptr.To(metav1.NewTime(f.at(int(f.Last))))
	}
	if f.Deadline > 0 {
		cj.Spec.StartingDeadlineSeconds = &f.Deadline
	}
	if f.Deleted {
		cj.DeletionTimestamp, cj.Finalizers = ptr.To(metav1.NewTime(f.now())), []string{"x"}
	}
	var freshly []corev1.ObjectReference
	for _, in := range f.Jobs {
		j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: f.name(in.Minute), Namespace: "default", UID: types.UID("uid-" + f.name(in.Minute)),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(cj, batchv1.SchemeGroupVersion.WithKind("CronJob"))}}}
		if in.Theirs {
			j.OwnerReferences = nil
		}
		if in.Start > 0 {
			j.Status.StartTime = ptr.To(metav1.NewTime(f.now().Add(-time.Duration(in.Start) * time.Second)))
		}
		switch in.How {
		case "ok":
			j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
			j.Status.CompletionTime = ptr.To(metav1.NewTime(f.now().Add(-time.Duration(in.Start/2) * time.Second)))
		case "bad":
			j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue}}
		}
		ref := corev1.ObjectReference{Kind: "Job", APIVersion: "batch/v1", Namespace: "default", Name: j.Name, UID: j.UID}
		if in.Listed {
			cj.Status.Active = append(cj.Status.Active, ref)
		}
		if in.Fresh || in.Listed {
			freshly = append(freshly, ref)
		}
		switch in.Where {
		case "":
			jobs = append(jobs, j)
		case "late":
			late = append(late, j)
		}
	}
	fresh = cj.DeepCopy()
	fresh.Status.Active = freshly
	return cj, fresh, jobs, late
}

// statusText is a status as facts write it.
func statusText(s *batchv1.CronJobStatus) string {
	text := "active"
	for _, r := range s.Active {
		text += " " + r.Name
	}
	at := func(t *metav1.Time) string {
		if t == nil {
			return "never"
		}
		return t.UTC().Format("01-02T15:04:05")
	}
	return text + " last " + at(s.LastScheduleTime) + " success " + at(s.LastSuccessfulTime)
}
