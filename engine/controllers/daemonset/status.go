package daemonset

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// updateStatus writes the status if it says something new, once more from a fresh copy if the first write fails.
// processed means that this generation of the set has been acted upon.
func (k *Controller) updateStatus(s *set, ds *appsv1.DaemonSet, processed bool, done func(error)) {
	c := s.counts
	st := ds.Status
	st.DesiredNumberScheduled, st.CurrentNumberScheduled, st.NumberMisscheduled = int32(c.desired), int32(c.current), int32(c.misscheduled)
	st.NumberReady, st.UpdatedNumberScheduled = int32(c.ready), int32(c.updated)
	st.NumberAvailable, st.NumberUnavailable = int32(c.available), int32(c.desired-c.available)
	finish := func(err error) {
		if err != nil {
			done(fmt.Errorf("error storing status for daemon set %s: %w", s.key, err))
			return
		}
		if d := ds.Spec.MinReadySeconds; d > 0 && c.ready != c.available {
			k.queue.AddAfter(s.key, time.Duration(d)*time.Second)
		}
		done(nil)
	}
	if sameStatus(&st, &ds.Status) && ds.Status.ObservedGeneration >= ds.Generation {
		finish(nil)
		return
	}
	write := func(onto *appsv1.DaemonSet, then func(error)) {
		o := api.Copy(onto)
		st.ObservedGeneration, st.CollisionCount, st.Conditions = onto.Status.ObservedGeneration, onto.Status.CollisionCount, onto.Status.Conditions
		if processed {
			st.ObservedGeneration = ds.Generation
		}
		o.Status = st
		client.Update(k.c, api.DaemonSets, "status", o, func(now *appsv1.DaemonSet, err error) {
			if err == nil {
				s.wroteSet = max(s.wroteSet, api.Revision(now))
			}
			then(err)
		})
	}
	write(ds, func(err error) {
		if err == nil {
			finish(nil)
			return
		}
		client.Get(k.c, api.DaemonSets, ds.Namespace, ds.Name, func(fresh *appsv1.DaemonSet, err error) {
			if err != nil {
				finish(err)
				return
			}
			write(fresh, finish)
		})
	})
}

func sameStatus(a, b *appsv1.DaemonSetStatus) bool {
	return a.DesiredNumberScheduled == b.DesiredNumberScheduled && a.CurrentNumberScheduled == b.CurrentNumberScheduled &&
		a.NumberMisscheduled == b.NumberMisscheduled && a.NumberReady == b.NumberReady && a.UpdatedNumberScheduled == b.UpdatedNumberScheduled &&
		a.NumberAvailable == b.NumberAvailable && a.NumberUnavailable == b.NumberUnavailable
}
