package job

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// track writes the status and moves ended pods into the counts: their UIDs are written, their finalizers removed, and
// the counters raised. failure is what went wrong before, and is given to done when the rest succeeds.
func (p *pass) track(active int32, changed bool, failure error, done func(error)) {
	st := &p.job.Status
	flush := changed || active != st.Active || st.Ready == nil || *st.Ready != p.ready || st.Terminating == nil || *st.Terminating != p.terminating
	ready, terminating := p.ready, p.terminating
	st.Active, st.Ready, st.Terminating = active, &ready, &terminating

	if indexed(p.job) {
		slices.SortStableFunc(p.pods, func(a, b *corev1.Pod) int { return indexOf(a) - indexOf(b) })
	}
	holding := map[types.UID]bool{} // pods with the finalizer
	for _, o := range p.pods {
		if tracked(o) && !p.removing[o.UID] {
			holding[o.UID] = true
		}
	}
	flush = countReleased(st, holding) || flush
	release, counted, full := p.collect()
	flush = counted || flush
	flush = p.writeIndexes() || flush
	flush = p.announce() || flush
	end := func(err error) {
		if err == nil {
			done(failure)
			return
		}
		done(tracking(err))
	}
	p.flush(flush, "adding uncounted pods to status", func(err error) {
		if err != nil {
			end(err)
			return
		}
		if flush {
			p.s.record = p.record
		}
		p.release(release, holding, func(rmErr error) {
			moved := countReleased(&p.job.Status, holding)
			if rmErr != nil {
				p.flush(moved, "removing uncounted pods from status", func(err error) {
					if err == nil {
						err = rmErr
					}
					end(err)
				})
				return
			}
			finished := !full && p.enact()
			p.flush(moved || finished, "removing uncounted pods from status", func(err error) {
				if err == nil && finished {
					p.over()
				}
				end(err)
			})
		})
	})
}

// collect puts the ended pods on the lists of the status. Pods whose finalizer may go are released after that is written.
func (p *pass) collect() (release []*corev1.Pod, changed, full bool) {
	j := p.job
	u := j.Status.UncountedTerminatedPods
	var fresh []int
	failing := p.finish != nil && p.finish.Type != batchv1.JobSuccessCriteriaMet
	for _, o := range p.pods {
		if !tracked(o) || p.removing[o.UID] {
			continue
		}
		fails := failed(o, j)
		if !p.mayRelease(o, fails) {
			continue
		}
		release = append(release, o)
		i := indexOf(o)
		switch {
		case o.Status.Phase == corev1.PodSucceeded && !p.uncountedFailed[o.UID]:
			if indexed(j) {
				if p.inRange(i) && !p.prevSucceeded.has(i) {
					fresh = append(fresh, i)
					changed = true
				}
			} else if !p.uncountedSucceeded[o.UID] {
				u.Succeeded = append(u.Succeeded, o.UID)
				changed = true
			}
		case fails || failing:
			if !p.uncountedFailed[o.UID] && (!indexed(j) || p.inRange(i)) && judge(j.Spec.PodFailurePolicy, o).counts {
				u.Failed = append(u.Failed, o.UID)
				changed = true
			}
		}
		if len(fresh)+len(u.Succeeded)+len(u.Failed) >= MaxUncounted {
			full = true
			break
		}
	}
	p.succeededIndexes = p.succeededIndexes.with(fresh)
	return release, changed, full
}

// mayRelease reports that a pod needs its finalizer no more.
func (p *pass) mayRelease(o *corev1.Pod, fails bool) bool {
	if p.job.DeletionTimestamp != nil || p.finish != nil || o.Status.Phase == corev1.PodSucceeded {
		return true
	}
	if !fails {
		return false
	}
	if i := indexOf(o); p.job.Spec.BackoffLimitPerIndex != nil && i != unknown {
		if d := p.delayed[i]; d != nil && d.UID == o.UID {
			return false // its successor's count comes from it
		}
	}
	return true
}

func (p *pass) writeIndexes() (changed bool) {
	if !indexed(p.job) {
		return false
	}
	st := &p.job.Status
	text := p.succeededIndexes.String()
	changed = text != st.CompletedIndexes
	st.Succeeded, st.CompletedIndexes = int32(p.succeededIndexes.total()), text
	var fails *string
	if p.failedIndexes != nil {
		s := p.failedIndexes.String()
		fails = &s
	}
	if (fails == nil) != (st.FailedIndexes == nil) || fails != nil && *fails != *st.FailedIndexes {
		st.FailedIndexes, changed = fails, true
	}
	return changed
}

// announce writes that the Job is going to end; the condition that it has ended comes when its pods have.
func (p *pass) announce() (changed bool) {
	c, j := p.finish, p.job
	switch {
	case c == nil:
	case c.Type == batchv1.JobFailureTarget:
		j.Status.Conditions = append(j.Status.Conditions, *c)
		p.finish = condition(batchv1.JobFailed, corev1.ConditionTrue, c.Reason, c.Message, p.k.now())
		return true
	case c.Type == batchv1.JobSuccessCriteriaMet:
		reason, message := c.Reason, c.Message
		if isTrue(j, batchv1.JobSuccessCriteriaMet) == nil {
			j.Status.Conditions = append(j.Status.Conditions, *c)
			changed = true
		}
		p.finish = condition(batchv1.JobComplete, corev1.ConditionTrue, reason, message, p.k.now())
	}
	return changed
}

// flush writes the status if need be, and goes on with what the server made of it.
func (p *pass) flush(need bool, what string, then func(error)) {
	if !need {
		then(nil)
		return
	}
	o := api.Copy(p.job)
	o.Status = *p.job.Status.DeepCopy()
	client.Update(p.k.c, api.Jobs, "status", o, func(now *batchv1.Job, err error) {
		if err != nil {
			then(fmt.Errorf("%s: %w", what, err))
			return
		}
		p.s.wroteJob = max(p.s.wroteJob, api.Revision(now))
		p.own(now)
		if p.job.Status.UncountedTerminatedPods == nil {
			p.job.Status.UncountedTerminatedPods = &batchv1.UncountedTerminatedPods{}
		}
		then(nil)
	})
}

// release removes finalizers, side by side, and takes the pods off holding.
func (p *pass) release(pods []*corev1.Pod, holding map[types.UID]bool, then func(error)) {
	left := len(pods)
	if left == 0 {
		then(nil)
		return
	}
	for _, o := range pods {
		p.s.removing[o.UID] = true
	}
	var failure error
	for _, o := range pods {
		p.k.untrack(o, func(_ *corev1.Pod, err error) {
			if err != nil {
				delete(p.s.removing, o.UID)
			}
			if err == nil || apierrors.IsNotFound(err) {
				delete(holding, o.UID)
			} else if failure == nil {
				failure = err
			}
			if left--; left == 0 {
				then(failure)
			}
		})
	}
}

// countReleased moves pods that have lost their finalizer from the lists to the counters.
func countReleased(st *batchv1.JobStatus, holding map[types.UID]bool) (changed bool) {
	move := func(list *[]types.UID, n *int32) {
		var kept []types.UID
		for _, uid := range *list {
			if holding[uid] {
				kept = append(kept, uid)
			}
		}
		if len(kept) != len(*list) {
			*n += int32(len(*list) - len(kept))
			*list, changed = kept, true
		}
	}
	move(&st.UncountedTerminatedPods.Succeeded, &st.Succeeded)
	move(&st.UncountedTerminatedPods.Failed, &st.Failed)
	return changed
}

// enact adds the condition that the Job has ended, once all pods are counted and gone.
func (p *pass) enact() bool {
	st := &p.job.Status
	u := st.UncountedTerminatedPods
	if p.finish == nil || len(u.Succeeded)+len(u.Failed) > 0 || p.terminating > 0 {
		return false
	}
	ensure(p.job, p.finish.Type, p.finish.Status, p.finish.Reason, p.finish.Message, p.k.now())
	if p.finish.Type == batchv1.JobComplete {
		at := p.finish.LastTransitionTime
		st.CompletionTime = &at
	}
	return true
}

// over tells that the Job has ended.
func (p *pass) over() {
	k, j := p.k, p.job
	p.s.deadline.Stop()
	p.s.finished = true
	if cached, ok := k.jobs.GetKey(p.key); ok && Finished(cached) {
		p.s.finished = false // seen before the answer
	}
	if p.finish.Type != batchv1.JobComplete {
		k.rec.Event(j, corev1.EventTypeWarning, p.finish.Reason, p.finish.Message)
		return
	}
	if j.Spec.Completions != nil && j.Status.Succeeded > *j.Spec.Completions {
		k.rec.Event(j, corev1.EventTypeWarning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached")
	}
	k.rec.Event(j, corev1.EventTypeNormal, "Completed", "Job completed")
}
