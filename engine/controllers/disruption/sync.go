package disruption

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

const (
	// DeletionTimeout is how long a pod in status.disruptedPods may take to be seen being deleted.
	DeletionTimeout = 2 * time.Minute
	// recheckDelay is what the rate limiter of upstream's queue adds to a recheck.
	recheckDelay = 5 * time.Millisecond
)

func (k *Controller) sync(key string, done func(error)) {
	b, ok := k.budgets.GetKey(key)
	if !ok {
		done(nil)
		return
	}
	k.trySync(key, b, func(err error) {
		if err == nil || apierrors.IsConflict(err) {
			done(err)
			return
		}
		k.failSafe(b, err, done)
	})
}

func (k *Controller) trySync(key string, b *policyv1.PodDisruptionBudget, done func(error)) {
	t := k.tallies[key]
	if t.err != nil {
		k.rec.Event(b, corev1.EventTypeWarning, "NoPods", "Failed to get pods: "+t.err.Error())
		done(t.err)
		return
	}
	if t.pods == 0 {
		k.rec.Event(b, corev1.EventTypeNormal, "NoPods", "No matching pods found")
	}
	// The answer of a scale subresource may take a while: what is counted belongs to one moment.
	pods, healthyPods, bare := t.pods, t.healthy, t.bare
	k.expected(b, t, pods, func(expected, desired int32, scaled bool, err error) {
		if err != nil {
			k.rec.Event(b, corev1.EventTypeWarning, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: "+err.Error())
			done(err)
			return
		}
		if scaled && bare > 0 {
			k.rec.Event(b, corev1.EventTypeWarning, "UnmanagedPods", "Pods selected by this PodDisruptionBudget (selector: "+api.SelectorText(b.Spec.Selector)+") were found "+
				"to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "+
				"To account for these pods please set \".spec.minAvailable\" "+
				"field of the PDB to an integer value.")
		}
		now := k.a.Wall()
		disrupted, leaving, recheck := k.disrupted(b, t, now)
		k.updateStatus(b, int32(healthyPods-leaving), desired, expected, disrupted, func(err error) {
			if err == nil {
				t.recheck.Stop()
				if !recheck.IsZero() {
					t.recheck = k.a.After(recheck.Sub(now)+recheckDelay, "recheck budget", func() { k.queue.Add(key) })
				}
			}
			done(err)
		})
	})
}

// expected gives the number of pods that there should be and how many of them must be healthy. scaled means that the
// former is the scale of their controllers.
func (k *Controller) expected(b *policyv1.PodDisruptionBudget, t *tally, pods int, then func(expected, desired int32, scaled bool, err error)) {
	share := func(v *intstr.IntOrString, of func(scale, n int32) int32) {
		k.owners.scale(k, b.Namespace, t.controllers(), func(scale int32, err error) {
			if err != nil {
				then(0, 0, true, err)
				return
			}
			n, err := intstr.GetScaledValueFromIntOrPercent(v, int(scale), true)
			then(scale, of(scale, int32(n)), true, err)
		})
	}
	switch {
	case b.Spec.MaxUnavailable != nil:
		share(b.Spec.MaxUnavailable, func(scale, n int32) int32 { return max(scale-n, 0) })
	case b.Spec.MinAvailable != nil && b.Spec.MinAvailable.Type == intstr.String:
		share(b.Spec.MinAvailable, func(_, n int32) int32 { return n })
	case b.Spec.MinAvailable != nil:
		then(int32(pods), b.Spec.MinAvailable.IntVal, false, nil)
	default:
		then(0, 0, false, nil)
	}
}

// disrupted are the pods whose eviction has been granted and whose deletion has not been seen, how many of them are
// healthy still, and when the first of them has had its time; zero if there is none.
func (k *Controller) disrupted(b *policyv1.PodDisruptionBudget, t *tally, now time.Time) (kept map[string]metav1.Time, leaving int, recheck time.Time) {
	for _, name := range slices.Sorted(maps.Keys(b.Status.DisruptedPods)) {
		at := b.Status.DisruptedPods[name]
		p, ok := k.pods.Get(b.Namespace, name)
		if !ok || p.DeletionTimestamp != nil || !t.selector.Matches(labelSet(p)) {
			continue
		}
		end := at.Add(DeletionTimeout)
		if end.Before(now) {
			// The namespace twice instead of namespace and name is upstream's.
			k.rec.Event(p, corev1.EventTypeWarning, "NotDeleted", "Pod was expected by PDB "+b.Namespace+"/"+b.Namespace+" to be deleted but it wasn't")
			continue
		}
		if kept == nil {
			kept = map[string]metav1.Time{}
		}
		kept[name] = at
		if end.After(now) && healthy(p) {
			leaving++
		}
		if recheck.IsZero() || end.Before(recheck) {
			recheck = end
		}
	}
	return kept, leaving, recheck
}

func (k *Controller) updateStatus(b *policyv1.PodDisruptionBudget, healthy, desired, expected int32, disrupted map[string]metav1.Time, done func(error)) {
	allowed := healthy - desired
	if expected <= 0 || allowed <= 0 {
		allowed = 0
	}
	s := &b.Status
	if s.CurrentHealthy == healthy && s.DesiredHealthy == desired && s.ExpectedPods == expected && s.DisruptionsAllowed == allowed &&
		maps.EqualFunc(s.DisruptedPods, disrupted, func(a, b metav1.Time) bool { return a.Equal(&b) }) &&
		s.ObservedGeneration == b.Generation && conditionUpToDate(b) {
		done(nil)
		return
	}
	o := api.Copy(b)
	o.Status = policyv1.PodDisruptionBudgetStatus{
		CurrentHealthy: healthy, DesiredHealthy: desired, ExpectedPods: expected, DisruptionsAllowed: allowed,
		DisruptedPods: disrupted, ObservedGeneration: b.Generation, Conditions: s.Conditions,
	}
	if allowed > 0 {
		k.setCondition(o, metav1.ConditionTrue, policyv1.SufficientPodsReason, "")
	} else {
		k.setCondition(o, metav1.ConditionFalse, policyv1.InsufficientPodsReason, "")
	}
	k.write(o, done)
}

// failSafe closes a budget that could not be synced. When that is written the sync is over: what changes its pods, or
// the write itself, brings the next.
func (k *Controller) failSafe(b *policyv1.PodDisruptionBudget, failure error, done func(error)) {
	o := api.Copy(b)
	o.Status.DisruptionsAllowed = 0
	k.setCondition(o, metav1.ConditionFalse, policyv1.SyncFailedReason, failure.Error())
	k.write(o, done)
}

func (k *Controller) setCondition(o *policyv1.PodDisruptionBudget, status metav1.ConditionStatus, reason, message string) {
	o.Status.Conditions = slices.Clone(o.Status.Conditions)
	meta.SetStatusCondition(&o.Status.Conditions, metav1.Condition{
		Type: policyv1.DisruptionAllowedCondition, Status: status, Reason: reason, Message: message,
		ObservedGeneration: o.Status.ObservedGeneration, LastTransitionTime: metav1.NewTime(k.a.Wall().Truncate(time.Second)),
	})
}

func conditionUpToDate(b *policyv1.PodDisruptionBudget) bool {
	c := meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
	switch {
	case c == nil:
		return false
	case b.Status.DisruptionsAllowed > 0:
		return c.Status == metav1.ConditionTrue && c.Reason == policyv1.SufficientPodsReason
	}
	return c.Status == metav1.ConditionFalse && c.Reason == policyv1.InsufficientPodsReason
}

// write replaces the status, unless an eviction has spent from the budget since it was read: then it conflicts.
func (k *Controller) write(o *policyv1.PodDisruptionBudget, done func(error)) {
	client.Update(k.c, api.PodDisruptionBudgets, "status", o, func(_ *policyv1.PodDisruptionBudget, err error) { done(err) })
}
