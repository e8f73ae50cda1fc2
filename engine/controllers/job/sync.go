package job

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/podcontrol"
)

// pass is one sync of a Job.
type pass struct {
	k   *Controller
	key string
	s   *state
	job *batchv1.Job // a copy whose status may be changed

	pods, active                        []*corev1.Pod
	succeeded, failed                   int32
	uncountedSucceeded, uncountedFailed map[types.UID]bool
	removing                            map[types.UID]bool // as the pass began
	prevSucceeded, succeededIndexes     indexes
	failedIndexes                       *indexes            // with a back-off limit per index
	delayed                             map[int]*corev1.Pod // by index: the failed pod that its successor is counted from
	record                              record
	finish                              *batchv1.JobCondition
	terminating, ready                  int32
}

func (k *Controller) sync(key string, done func(error)) {
	shared, ok := k.jobs.GetKey(key)
	if !ok {
		k.expect.Forget(key)
		done(nil)
		return
	}
	s := k.state(shared)
	switch {
	case external(shared), s.finished:
		done(nil)
		return
	case Finished(shared):
		s.record = record{}
		done(nil)
		return
	case k.pods.Revision() < s.wrotePods || k.jobs.Revision() < s.wroteJob:
		done(errStale)
		return
	}
	if m := shared.Spec.CompletionMode; m != nil && *m != batchv1.NonIndexedCompletion && *m != batchv1.IndexedCompletion {
		k.rec.Event(shared, corev1.EventTypeWarning, "UnknownCompletionMode", "Skipped Job sync because completion mode is unknown")
		done(nil)
		return
	}
	p := &pass{k: k, key: key, s: s}
	p.own(shared)
	if p.job.Status.UncountedTerminatedPods == nil {
		p.job.Status.UncountedTerminatedPods = &batchv1.UncountedTerminatedPods{}
	}
	satisfied := k.expect.Satisfied(key)
	p.claim(func(err error) {
		if err != nil {
			done(err)
			return
		}
		p.count()
		p.decide(satisfied, done)
	})
}

// own takes a version of the Job, with a status of its own.
func (p *pass) own(j *batchv1.Job) {
	p.job = api.Copy(j)
	p.job.Status = *j.Status.DeepCopy()
}

// claim finds the pods of the Job, adopting and releasing.
func (p *pass) claim(then func(error)) {
	k, selector := p.k, selectorOf(p.job)
	all := append([]*corev1.Pod(nil), k.pods.ByIndex(client.IndexOwner, string(p.job.UID))...)
	clean := true
	for _, o := range all {
		clean = clean && selector.Matches(labels.Set(o.Labels))
	}
	for _, o := range k.pods.ByIndex(client.IndexOrphans, p.job.Namespace) {
		if selector.Matches(labels.Set(o.Labels)) {
			all, clean = append(all, o), false
		}
	}
	if clean {
		p.pods = all
		then(nil)
		return
	}
	claims := ownership.Claims[*corev1.Pod]{Client: k.c, Owner: p.job, OwnerRes: api.Jobs, Selector: selector, Resource: api.Pods, Finalizers: []string{trackingFinalize}}
	claims.Claim(all, func(claimed []*corev1.Pod, err error) {
		p.pods = claimed
		then(err)
	})
}

// count looks at the pods once.
func (p *pass) count() {
	j, st := p.job, &p.job.Status
	for _, o := range p.pods {
		switch {
		case podcontrol.Active(o):
			p.active = append(p.active, o)
			if api.PodReady(o) {
				p.ready++
			}
		case podcontrol.Terminating(o):
			p.terminating++
		}
	}
	p.uncountedSucceeded, p.uncountedFailed = set(st.UncountedTerminatedPods.Succeeded), set(st.UncountedTerminatedPods.Failed)
	p.removing = map[types.UID]bool{}
	for uid := range p.s.removing {
		p.removing[uid] = true
	}
	succeeded := p.valid(p.uncountedSucceeded, func(o *corev1.Pod) bool { return o.Status.Phase == corev1.PodSucceeded })
	failing := p.valid(p.uncountedFailed, func(o *corev1.Pod) bool { return failed(o, j) })
	counted := len(failing)
	if j.Spec.PodFailurePolicy != nil {
		for _, o := range failing {
			if !judge(j.Spec.PodFailurePolicy, o).counts {
				counted--
			}
		}
	}
	p.succeeded = st.Succeeded + int32(len(succeeded)+len(p.uncountedSucceeded))
	p.failed = st.Failed + int32(counted+len(p.uncountedFailed))
	if st.StartTime == nil && !suspended(j) {
		now := p.k.now()
		st.StartTime = &now
	}
	p.record = p.s.record.next(succeeded, failing)
}

func set(uids []types.UID) map[types.UID]bool {
	m := make(map[types.UID]bool, len(uids))
	for _, u := range uids {
		m[u] = true
	}
	return m
}

// valid are the pods still to be counted that a filter takes.
func (p *pass) valid(uncounted map[types.UID]bool, take func(*corev1.Pod) bool) []*corev1.Pod {
	var out []*corev1.Pod
	for _, o := range p.pods {
		if !tracked(o) || uncounted[o.UID] || p.removing[o.UID] {
			continue
		}
		if indexed(p.job) && !p.inRange(indexOf(o)) {
			continue
		}
		if take(o) {
			out = append(out, o)
		}
	}
	return out
}

func (p *pass) inRange(i int) bool { return i != unknown && i < int(*p.job.Spec.Completions) }

// decide finds out whether the Job ends, and acts accordingly.
func (p *pass) decide(satisfied bool, done func(error)) {
	j := p.job
	p.ending()
	if indexed(j) {
		p.endingByIndex()
	}
	active := int32(len(p.active))
	if p.finish != nil {
		p.deleteActive(func(deleted, ready int32, failure error) {
			if deleted != active || !satisfied {
				p.finish = nil // not before all pods are known to go
			}
			p.terminating += deleted
			p.ready -= ready
			p.track(active-deleted, false, failure, done)
		})
		return
	}
	managed := satisfied && j.DeletionTimestamp == nil
	finish := func(active int32, failure error) {
		complete := p.succeeded > 0 && active == 0
		if j.Spec.Completions != nil {
			complete = p.succeeded >= *j.Spec.Completions && active == 0
		}
		changed := false
		if complete {
			p.finish = condition(batchv1.JobSuccessCriteriaMet, corev1.ConditionTrue, batchv1.JobReasonCompletionsReached,
				"Reached expected number of succeeded pods", p.k.now())
		} else if managed {
			changed = p.suspension()
		}
		p.track(active, changed, failure, done)
	}
	if !managed {
		finish(active, nil)
		return
	}
	p.manage(finish)
}

// ending looks for a reason to end: one that was written before, the pod failure policy, the back-off limit, the
// deadline.
func (p *pass) ending() {
	k, j := p.k, p.job
	p.s.deadline.Stop()
	if p.finish = isTrue(j, batchv1.JobSuccessCriteriaMet); p.finish != nil {
		return
	}
	if c := isTrue(j, batchv1.JobFailureTarget); c != nil {
		p.finish = condition(batchv1.JobFailed, corev1.ConditionTrue, c.Reason, c.Message, k.now())
		return
	}
	if m := failJobMessage(j, p.pods); m != "" {
		p.finish = k.failing(batchv1.JobReasonPodFailurePolicy, m)
		return
	}
	left, limited := deadlineIn(j, k.a.Wall())
	switch {
	case p.failed > *j.Spec.BackoffLimit || pastBackoffLimitOnFailure(j, p.pods):
		p.finish = k.failing(batchv1.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit")
	case limited && left <= 0:
		p.finish = k.failing(batchv1.JobReasonDeadlineExceeded, "Job was active longer than specified deadline")
	case limited:
		key := p.key
		p.s.deadline = k.a.After(left, "active deadline", func() { k.queue.Add(key) })
	}
}

// endingByIndex looks at the indexes: which have succeeded or failed, and whether that ends the Job.
func (p *pass) endingByIndex() {
	j := p.job
	completions := int(*j.Spec.Completions)
	p.prevSucceeded = parseIndexes(j.Status.CompletedIndexes, completions)
	var fresh []int
	for _, o := range p.pods {
		if i := indexOf(o); o.Status.Phase == corev1.PodSucceeded && p.inRange(i) && tracked(o) {
			fresh = append(fresh, i)
		}
	}
	p.succeededIndexes = p.prevSucceeded.with(fresh)
	p.succeeded = int32(p.succeededIndexes.total())
	if j.Spec.BackoffLimitPerIndex != nil {
		p.failIndexes()
		n := p.failedIndexes.total()
		switch {
		case p.finish != nil:
		case j.Spec.MaxFailedIndexes != nil && n > int(*j.Spec.MaxFailedIndexes):
			p.finish = p.k.failing(batchv1.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes")
		case n > 0 && n+int(p.succeeded) >= completions:
			p.finish = p.k.failing(batchv1.JobReasonFailedIndexes, "Job has failed indexes")
		}
		p.delay()
	}
	if p.finish == nil {
		if m := successMet(j, p.succeededIndexes); m != "" {
			p.finish = condition(batchv1.JobSuccessCriteriaMet, corev1.ConditionTrue, batchv1.JobReasonSuccessPolicy, m, p.k.now())
		}
	}
}

// suspension says in the status whether the Job is suspended, and reports a change.
func (p *pass) suspension() bool {
	k, j := p.k, p.job
	now := k.now()
	if suspended(j) {
		if !ensure(j, batchv1.JobSuspended, corev1.ConditionTrue, "JobSuspended", "Job suspended", now) {
			return false
		}
		k.rec.Event(j, corev1.EventTypeNormal, "Suspended", "Job suspended")
		j.Status.StartTime = nil
		return true
	}
	if !ensure(j, batchv1.JobSuspended, corev1.ConditionFalse, "JobResumed", "Job resumed", now) {
		return false
	}
	k.rec.Event(j, corev1.EventTypeNormal, "Resumed", "Job resumed")
	j.Status.StartTime = &now
	return true
}

func tracking(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("tracking status: %w", err)
}
