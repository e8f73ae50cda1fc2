package apiserver

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

const (
	// maxEvictionTries is how often an eviction begins anew after a conflict (EvictionsRetry).
	maxEvictionTries = 20
	// maxDisruptedPods bounds the evictions that the disruption controller has not seen yet.
	maxDisruptedPods = 2000
)

// eviction is one request to delete a pod if its disruption budget allows it (registry/core/pod/storage/eviction.go).
type eviction struct {
	s     *Server
	k     *cacher // of pods
	req   *api.Request
	by    *sim.Actor
	del   api.Request // the delete that it ends in, as the client asked for it
	reply func(*api.Response)
	tries int
}

func (s *Server) evict(k *cacher, req *api.Request, by *sim.Actor, reply func(*api.Response)) {
	body, ok := req.Object.(*policyv1.Eviction)
	if !ok {
		reply(&api.Response{Err: apierrors.NewBadRequest(fmt.Sprintf("not a Eviction object: %T", req.Object))})
		return
	}
	if body.Name != req.Name {
		reply(&api.Response{Err: apierrors.NewBadRequest("name in URL does not match name in Eviction object")})
		return
	}
	e := &eviction{s: s, k: k, req: req, by: by, del: *req}
	e.del.Verb, e.del.Subresource, e.del.Object = api.Delete, "", nil
	if o := body.DeleteOptions; o != nil {
		e.del.GracePeriodSeconds, e.del.Preconditions, e.del.Propagation = o.GracePeriodSeconds, o.Preconditions, o.PropagationPolicy
		e.del.DryRun = e.del.DryRun || len(o.DryRun) > 0
	}
	e.reply = func(resp *api.Response) {
		if resp.Err == nil {
			resp.Object, resp.Created = body, true
		}
		reply(resp)
	}
	// Whether a pod is ready and what its budget allows is asked of the newest state.
	e.fresh(func() { e.s.kinds[api.PodDisruptionBudgets].fresh(e.try, e.storageError) })
}

func (e *eviction) fail(err error)         { e.reply(&api.Response{Err: err}) }
func (e *eviction) storageError(err error) { e.fail(storageError(err)) }
func (e *eviction) fresh(fn func())        { e.k.fresh(fn, e.storageError) }

// pinned reports that the client named the version of the pod that it means.
func (e *eviction) pinned() bool {
	return e.del.Preconditions != nil && e.del.Preconditions.ResourceVersion != nil
}

func (e *eviction) try() {
	e.tries++
	pod, _ := e.k.objects[api.Key(e.req.Namespace, e.req.Name)].(*corev1.Pod)
	if pod == nil {
		e.fail(notFound(e.k.r, e.req.Name))
		return
	}
	if over := pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed; over || pod.Status.Phase == corev1.PodPending {
		// Its disruption has happened already, or there is nothing to disrupt. A pod that may still become ready must
		// not do so meanwhile.
		e.delete(pod, !over && !e.pinned(), func(resp *api.Response) {
			if resp.Err != nil && apierrors.IsConflict(resp.Err) && !e.pinned() && e.tries < maxEvictionTries {
				e.fresh(e.try)
				return
			}
			e.reply(resp)
		})
		return
	}
	budget, err := e.budgetOf(pod)
	if err != nil {
		e.fail(err)
		return
	}
	switch {
	case budget == nil:
		e.delete(pod, false, e.reply)
	case !api.PodReady(pod) && mayEvictUnready(budget):
		e.delete(pod, true, func(resp *api.Response) {
			if resp.Err != nil && apierrors.IsConflict(resp.Err) && !e.pinned() {
				resp = &api.Response{Err: budgetInProcess(budget.Name)} // it may be ready now: ask again
			}
			e.reply(resp)
		})
	default:
		e.spend(pod, budget)
	}
}

// budgetOf is the disruption budget that covers a pod, nil if there is none.
func (e *eviction) budgetOf(pod *corev1.Pod) (*policyv1.PodDisruptionBudget, error) {
	var found *policyv1.PodDisruptionBudget
	budgets := e.s.kinds[api.PodDisruptionBudgets].objects
	for _, key := range slices.Sorted(maps.Keys(budgets)) {
		b := budgets[key].(*policyv1.PodDisruptionBudget)
		if b.Namespace != pod.Namespace {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		if found != nil {
			return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
				Status: metav1.StatusFailure, Code: 500,
				Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
			}}
		}
		found = b
	}
	return found, nil
}

// mayEvictUnready: a pod that is not ready counts for nothing, so it may go when the budget says so, or when enough
// others are healthy (KEP-3017).
func mayEvictUnready(b *policyv1.PodDisruptionBudget) bool {
	if p := b.Spec.UnhealthyPodEvictionPolicy; p != nil && *p == policyv1.AlwaysAllow {
		return true
	}
	return b.Status.DesiredHealthy > 0 && b.Status.CurrentHealthy >= b.Status.DesiredHealthy
}

// spend takes one disruption from the budget, notes the pod in it, and deletes the pod.
func (e *eviction) spend(pod *corev1.Pod, budget *policyv1.PodDisruptionBudget) {
	if e.del.DryRun {
		if err := disruptable(budget); err != nil {
			e.fail(err)
			return
		}
		e.delete(pod, false, e.reply)
		return
	}
	now := e.s.now()
	inner := *e.req
	inner.Verb, inner.Subresource, inner.Resource, inner.Name = api.Patch, "", api.PodDisruptionBudgets, budget.Name
	change := edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
		b := cur.(*policyv1.PodDisruptionBudget)
		if err := disruptable(b); err != nil {
			return nil, err
		}
		c := api.Copy(b)
		if c.Status.DisruptionsAllowed--; c.Status.DisruptionsAllowed == 0 {
			c.Status.Conditions = slices.Clone(c.Status.Conditions)
			meta.SetStatusCondition(&c.Status.Conditions, metav1.Condition{
				Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.InsufficientPodsReason,
				ObservedGeneration: c.Status.ObservedGeneration, LastTransitionTime: now,
			})
		}
		c.Status.DisruptedPods = maps.Clone(c.Status.DisruptedPods)
		if c.Status.DisruptedPods == nil {
			c.Status.DisruptedPods = map[string]metav1.Time{}
		}
		c.Status.DisruptedPods[pod.Name] = now
		return c, nil
	}}
	e.s.changeRaw(e.s.kinds[api.PodDisruptionBudgets], &inner, nil, change, func(resp *api.Response) {
		if resp.Err != nil {
			e.fail(resp.Err)
			return
		}
		e.delete(pod, false, e.reply)
	})
}

// disruptable is nil if a budget allows one more disruption.
func disruptable(b *policyv1.PodDisruptionBudget) error {
	s := &b.Status
	refuse := func(why, cause string) error {
		err := apierrors.NewForbidden(schema.GroupResource{Group: policyv1.GroupName, Resource: "poddisruptionbudget"}, b.Name, errors.New(why))
		return because(err, "The disruption budget "+b.Name+" does not allow evicting pods currently: "+cause)
	}
	switch {
	case s.ObservedGeneration < b.Generation:
		return budgetInProcess(b.Name)
	case s.DisruptionsAllowed < 0:
		return refuse("pdb disruptions allowed is negative", "pdb disruptions allowed is negative")
	case len(s.DisruptedPods) > maxDisruptedPods:
		return refuse("DisruptedPods map too big - too many evictions not confirmed by PDB controller",
			"too many pending evictions not confirmed by PDB controller")
	case s.DisruptionsAllowed > 0:
		return nil
	}
	cause := "The disruption budget " + b.Name
	c := meta.FindStatusCondition(s.Conditions, policyv1.DisruptionAllowedCondition)
	told := c != nil && c.Status == metav1.ConditionFalse && c.Message != ""
	switch {
	case told && c.Reason == policyv1.SyncFailedReason:
		cause += " does not allow evicting pods currently because it failed sync: " + c.Message
	case s.CurrentHealthy <= s.DesiredHealthy:
		cause += fmt.Sprintf(" needs %d healthy pods and has %d currently", s.DesiredHealthy, s.CurrentHealthy)
	case told:
		cause += fmt.Sprintf(" does not allow evicting pods currently (%s): %s", c.Reason, c.Message)
	default:
		cause += " does not allow evicting pods currently"
	}
	return because(apierrors.NewTooManyRequests(budgetViolated, 0), cause)
}

const budgetViolated = "Cannot evict pod as it would violate the pod's disruption budget."

// budgetInProcess asks the client to come back in ten seconds.
func budgetInProcess(name string) error {
	return because(apierrors.NewTooManyRequests(budgetViolated, 10), "The disruption budget "+name+" is still being processed by the server.")
}

func because(err *apierrors.StatusError, cause string) error {
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Type: policyv1.DisruptionBudgetCause, Message: cause})
	return err
}

// delete notes the disruption on the pod and deletes it; pin means this very version of it.
func (e *eviction) delete(pod *corev1.Pod, pin bool, done func(*api.Response)) {
	del := e.del
	if pin {
		p := metav1.Preconditions{ResourceVersion: &pod.ResourceVersion}
		if del.Preconditions != nil {
			p.UID = del.Preconditions.UID
		}
		del.Preconditions = &p
	}
	if del.DryRun {
		e.s.delete(e.k, &del, e.by, done)
		return
	}
	now := e.s.now()
	inner := *e.req
	inner.Verb, inner.Subresource = api.Patch, ""
	change := edit{unconditional: true, make: func(cur api.Object) (api.Object, error) {
		p := cur.(*corev1.Pod)
		if err := sameVersion(p, del.Preconditions); err != nil {
			return nil, err
		}
		c := api.Copy(p)
		c.Status.Conditions = append(withoutCondition(p.Status.Conditions, corev1.DisruptionTarget), corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
			Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting", LastTransitionTime: now,
		})
		return c, nil
	}}
	e.s.changeRaw(e.k, &inner, e.by, change, func(resp *api.Response) {
		if resp.Err != nil {
			done(resp)
			return
		}
		if p := del.Preconditions; p != nil && p.ResourceVersion != nil {
			version := resp.Object.GetResourceVersion() // it was this write that changed it
			del.Preconditions = &metav1.Preconditions{UID: p.UID, ResourceVersion: &version}
		}
		e.s.delete(e.k, &del, e.by, done)
	})
}

func sameVersion(pod *corev1.Pod, p *metav1.Preconditions) error {
	conflict := func(format string, args ...any) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "Pod"}, pod.Name, fmt.Errorf(format, args...))
	}
	if p == nil {
		return nil
	}
	if p.UID != nil && *p.UID != "" && *p.UID != pod.UID {
		return conflict("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, pod.UID)
	}
	if v := p.ResourceVersion; v != nil && *v != "" && *v != pod.ResourceVersion {
		return conflict("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *v, pod.ResourceVersion)
	}
	return nil
}
