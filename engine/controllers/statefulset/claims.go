package statefulset

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// ConflictingController is the reason of the event about a claim that somebody else controls.
const ConflictingController = "ConflictingController"

// claimName is the name of the claim of a template and an ordinal: www-web-0.
func claimName(set *appsv1.StatefulSet, template *corev1.PersistentVolumeClaim, ordinal int) string {
	return template.Name + "-" + podName(set, ordinal)
}

// newClaim makes the claim of a template for an ordinal.
func newClaim(set *appsv1.StatefulSet, template *corev1.PersistentVolumeClaim, ordinal int) *corev1.PersistentVolumeClaim {
	c := *template
	c.Name, c.Namespace = claimName(set, template, ordinal), set.Namespace
	c.Labels = make(map[string]string, len(template.Labels)+1)
	maps.Copy(c.Labels, template.Labels)
	maps.Copy(c.Labels, set.Spec.Selector.MatchLabels)
	return &c
}

// retention is what becomes of the claims, Retain unless the set says otherwise.
func retention(set *appsv1.StatefulSet) (deleteWithSet, deleteWhenScaled bool) {
	p := set.Spec.PersistentVolumeClaimRetentionPolicy
	if p == nil {
		return false, false
	}
	return p.WhenDeleted == appsv1.DeletePersistentVolumeClaimRetentionPolicyType, p.WhenScaled == appsv1.DeletePersistentVolumeClaimRetentionPolicyType
}

// refersTo reports a reference to an object by name and kind; the UID may be that of an earlier one.
func refersTo(ref *metav1.OwnerReference, o api.Object, r *api.Resource) bool {
	return ref.APIVersion == r.APIVersion() && ref.Kind == r.Kind && ref.Name == o.GetName()
}

func owns(claim *corev1.PersistentVolumeClaim, o api.Object) bool {
	return slices.ContainsFunc(claim.OwnerReferences, func(r metav1.OwnerReference) bool { return r.UID == o.GetUID() })
}

// staleOwner reports a claim that refers to an earlier object of the same name.
func staleOwner(claim *corev1.PersistentVolumeClaim, o api.Object, r *api.Resource) bool {
	i := slices.IndexFunc(claim.OwnerReferences, func(ref metav1.OwnerReference) bool { return refersTo(&ref, o, r) })
	return i >= 0 && claim.OwnerReferences[i].UID != o.GetUID()
}

// foreignController reports a claim with a controller that is neither the set nor the pod, under a policy that needs
// one of them to be it.
func foreignController(claim *corev1.PersistentVolumeClaim, set *appsv1.StatefulSet, p *corev1.Pod) bool {
	if whenDeleted, whenScaled := retention(set); !whenDeleted && !whenScaled {
		return false
	}
	for i := range claim.OwnerReferences {
		ref := &claim.OwnerReferences[i]
		switch {
		case refersTo(ref, set, api.StatefulSets):
			if ref.UID != set.UID {
				return true
			}
		case refersTo(ref, p, api.Pods):
			if ref.UID != p.UID {
				return true
			}
		case ref.Controller != nil && *ref.Controller:
			return true
		}
	}
	return false
}

// wantedOwners says who must own the claims of a pod under the set's policy: the pod when it is scaled away and its
// claims are to go with it, otherwise the set if they are to go with the set.
func wantedOwners(set *appsv1.StatefulSet, p *corev1.Pod) (bySet, byPod bool) {
	whenDeleted, whenScaled := retention(set)
	byPod = whenScaled && !inRange(p, set)
	return whenDeleted && !byPod, byPod
}

// ownersUpToDate reports a claim whose owners are as the policy wants them, or one that must not be touched.
func ownersUpToDate(claim *corev1.PersistentVolumeClaim, set *appsv1.StatefulSet, p *corev1.Pod) bool {
	if staleOwner(claim, set, api.StatefulSets) || staleOwner(claim, p, api.Pods) {
		return true // of an earlier set or pod, whose collection is under way
	}
	if foreignController(claim, set, p) {
		return !owns(claim, set) && !owns(claim, p)
	}
	for i := range claim.OwnerReferences {
		ref := &claim.OwnerReferences[i]
		if (ref.UID == set.UID || ref.UID == p.UID) && (ref.Controller == nil || !*ref.Controller) {
			return false
		}
	}
	bySet, byPod := wantedOwners(set, p)
	return owns(claim, set) == bySet && owns(claim, p) == byPod
}

// withOwners is a claim with the owners that the policy wants.
func withOwners(claim *corev1.PersistentVolumeClaim, set *appsv1.StatefulSet, p *corev1.Pod) *corev1.PersistentVolumeClaim {
	foreign := foreignController(claim, set, p)
	o := api.Copy(claim)
	o.OwnerReferences = slices.DeleteFunc(slices.Clone(claim.OwnerReferences), func(ref metav1.OwnerReference) bool {
		return refersTo(&ref, set, api.StatefulSets) || refersTo(&ref, p, api.Pods)
	})
	if foreign {
		return o
	}
	add := func(owner api.Object, r *api.Resource) {
		if !owns(o, owner) {
			o.OwnerReferences = append(o.OwnerReferences, *metav1.NewControllerRef(owner, r.GVK()))
		}
	}
	bySet, byPod := wantedOwners(set, p)
	if byPod {
		add(p, api.Pods)
	}
	if bySet {
		add(set, api.StatefulSets)
	}
	return o
}

// eachClaim calls fn for the claims of a pod that exist, until it returns false.
func (k *Controller) eachClaim(set *appsv1.StatefulSet, p *corev1.Pod, fn func(*corev1.PersistentVolumeClaim) bool) {
	n := ordinalOf(p)
	for i := range set.Spec.VolumeClaimTemplates {
		if c, ok := k.claims.Get(set.Namespace, claimName(set, &set.Spec.VolumeClaimTemplates[i], n)); ok && !fn(c) {
			return
		}
	}
}

// claimsMatch reports that all claims of a pod that exist have the owners that the policy wants.
func (k *Controller) claimsMatch(set *appsv1.StatefulSet, p *corev1.Pod) bool {
	match := true
	k.eachClaim(set, p, func(c *corev1.PersistentVolumeClaim) bool {
		match = ownersUpToDate(c, set, p)
		return match
	})
	return match
}

// claimsStale reports that a pod must wait for the collection of the claims of its predecessor, which was scaled away.
func (k *Controller) claimsStale(set *appsv1.StatefulSet, p *corev1.Pod) bool {
	stale := false
	if _, whenScaled := retention(set); whenScaled {
		k.eachClaim(set, p, func(c *corev1.PersistentVolumeClaim) bool {
			stale = staleOwner(c, p, api.Pods)
			return !stale
		})
	}
	return stale
}

// ownClaims gives the claims of a pod the owners that the policy wants.
func (k *Controller) ownClaims(s *state, set *appsv1.StatefulSet, p *corev1.Pod, done func(error)) {
	var todo []*corev1.PersistentVolumeClaim
	k.eachClaim(set, p, func(c *corev1.PersistentVolumeClaim) bool {
		if foreignController(c, set, p) {
			// The missing letter is upstream's.
			k.rec.Event(set, corev1.EventTypeWarning, ConflictingController, "PersistentVolumeClaim "+c.Name+
				" has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim")
		}
		if !ownersUpToDate(c, set, p) {
			todo = append(todo, withOwners(c, set, p))
		}
		return true
	})
	inTurn(len(todo), func(i int, then func(error)) {
		name := todo[i].Name
		client.Update(k.c, api.PersistentVolumeClaims, "", todo[i], func(now *corev1.PersistentVolumeClaim, err error) {
			if err != nil {
				err = fmt.Errorf("could not update claim %s for delete policy ownerRefs: %w", name, err)
			} else {
				s.wroteClaims = max(s.wroteClaims, api.Revision(now))
			}
			then(err)
		})
	}, done)
}

// createClaims makes the claims of a pod that do not exist. One that is being deleted is an error: the pod must not
// come before it is gone.
func (k *Controller) createClaims(s *state, set *appsv1.StatefulSet, p *corev1.Pod, done func(error)) {
	var errs []error
	templates, n := set.Spec.VolumeClaimTemplates, ordinalOf(p)
	inTurn(len(templates), func(i int, then func(error)) {
		name := claimName(set, &templates[i], n)
		if there, ok := k.claims.Get(set.Namespace, name); ok {
			if there.DeletionTimestamp != nil {
				errs = append(errs, fmt.Errorf("pvc %s is being deleted", name))
			}
			then(nil)
			return
		}
		client.Create(k.c, api.PersistentVolumeClaims, newClaim(set, &templates[i], n), func(made *corev1.PersistentVolumeClaim, err error) {
			if err == nil {
				s.wroteClaims = max(s.wroteClaims, api.Revision(made))
			} else {
				errs = append(errs, fmt.Errorf("failed to create PVC %s: %w", name, err))
			}
			if !apierrors.IsAlreadyExists(err) {
				k.claimEvent(set, p, name, err)
			}
			then(nil)
		})
	}, func(error) { done(aggregate(errs)) })
}

func (k *Controller) claimEvent(set *appsv1.StatefulSet, p *corev1.Pod, claim string, err error) {
	if err == nil {
		k.rec.Event(set, corev1.EventTypeNormal, "SuccessfulCreate", "Create Claim "+claim+" Pod "+p.Name+" in StatefulSet "+set.Name+" success")
		return
	}
	k.rec.Event(set, corev1.EventTypeWarning, "FailedCreate", "Create Claim "+claim+" for Pod "+p.Name+" in StatefulSet "+set.Name+" failed error: "+err.Error())
}

// inTurn does n steps one after the other until one fails.
func inTurn(n int, step func(i int, then func(error)), done func(error)) {
	var next func(i int)
	next = func(i int) {
		if i == n {
			done(nil)
			return
		}
		step(i, func(err error) {
			if err != nil {
				done(err)
				return
			}
			next(i + 1)
		})
	}
	next(0)
}

// aggregate joins errors as upstream prints them: one as it is, several once each in brackets.
func aggregate(errs []error) error {
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	text := ""
	var seen []string
	for _, e := range errs {
		if m := e.Error(); !slices.Contains(seen, m) {
			seen = append(seen, m)
			if text != "" {
				text += ", "
			}
			text += m
		}
	}
	if len(seen) == 1 {
		return errors.New(text)
	}
	return errors.New("[" + text + "]")
}
