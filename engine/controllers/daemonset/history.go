package daemonset

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/templatehash"
)

const hashLabel = appsv1.DefaultDaemonSetUniqueLabelKey

// history gives the revision of the current template, made if it does not exist, and the older ones, oldest first.
func (k *Controller) history(s *set, ds *appsv1.DaemonSet, then func(cur *appsv1.ControllerRevision, old []*appsv1.ControllerRevision, err error)) {
	if s.patch == nil {
		var err error
		if s.patch, err = templatehash.Patch(&ds.Spec.Template); err != nil {
			then(nil, nil, err)
			return
		}
	}
	patch := s.patch
	fail := func(err error) { then(nil, nil, err) }
	k.claimRevisions(s, ds, func(all []*appsv1.ControllerRevision, err error) {
		if err != nil {
			fail(err)
			return
		}
		k.label(all, func(err error) {
			if err != nil {
				fail(err)
				return
			}
			var current, old []*appsv1.ControllerRevision
			next := int64(1)
			for _, r := range all {
				if bytes.Equal(r.Data.Raw, patch) {
					current = append(current, r)
				} else {
					old = append(old, r)
					next = max(next, r.Revision+1)
				}
			}
			switch {
			case len(current) == 0:
				k.snapshot(s, ds, patch, next, func(cur *appsv1.ControllerRevision, err error) { then(cur, old, err) })
				return
			case len(current) == 1 && current[0].Revision >= next:
				then(current[0], old, nil)
				return
			}
			k.dedup(s, current, func(cur *appsv1.ControllerRevision, err error) {
				if err != nil || cur.Revision >= next {
					then(cur, old, err)
					return
				}
				o := api.Copy(cur)
				o.Revision = next
				client.Update(k.c, api.ControllerRevisions, "", o, func(_ *appsv1.ControllerRevision, err error) { then(cur, old, err) })
			})
		})
	})
}

// claimRevisions are the set's revisions, adopted and released, by revision.
func (k *Controller) claimRevisions(s *set, ds *appsv1.DaemonSet, then func([]*appsv1.ControllerRevision, error)) {
	all := slices.Clone(k.revisions.ByIndex(client.IndexOwner, string(ds.UID)))
	clean := !slices.ContainsFunc(all, func(r *appsv1.ControllerRevision) bool { return !s.selector.Matches(labels.Set(r.Labels)) })
	for _, r := range k.revisions.ByIndex(client.IndexOrphans, ds.Namespace) {
		if s.selector.Matches(labels.Set(r.Labels)) {
			all, clean = append(all, r), false
		}
	}
	done := func(all []*appsv1.ControllerRevision, err error) {
		slices.SortFunc(all, func(a, b *appsv1.ControllerRevision) int {
			if a.Revision != b.Revision {
				return int(a.Revision - b.Revision)
			}
			return strings.Compare(a.Name, b.Name)
		})
		then(all, err)
	}
	if clean {
		done(all, nil)
		return
	}
	claims := ownership.Claims[*appsv1.ControllerRevision]{Client: k.c, Owner: ds, OwnerRes: api.DaemonSets, Selector: s.selector, Resource: api.ControllerRevisions}
	claims.Claim(all, done)
}

// label gives revisions that lack it the label of their hash, for which their name stands in.
func (k *Controller) label(all []*appsv1.ControllerRevision, then func(error)) {
	for i, r := range all {
		if _, ok := r.Labels[hashLabel]; ok {
			continue
		}
		o := api.Copy(r)
		o.Labels = maps.Clone(o.Labels)
		if o.Labels == nil {
			o.Labels = map[string]string{}
		}
		o.Labels[hashLabel] = o.Name
		client.Update(k.c, api.ControllerRevisions, "", o, func(now *appsv1.ControllerRevision, err error) {
			if err != nil {
				then(err)
				return
			}
			all[i] = now
			k.label(all, then)
		})
		return
	}
	then(nil)
}

// dedup keeps the newest of several revisions of one template, after it has given its pods to it.
func (k *Controller) dedup(s *set, current []*appsv1.ControllerRevision, then func(*appsv1.ControllerRevision, error)) {
	keep := current[len(current)-1]
	if len(current) == 1 {
		then(keep, nil)
		return
	}
	var steps []func(done func(error))
	hash := keep.Labels[hashLabel]
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(s.ds.UID)) {
		if p.Labels[hashLabel] == hash || !s.selector.Matches(labels.Set(p.Labels)) {
			continue
		}
		steps = append(steps, func(done func(error)) {
			client.Mutate(k.c, api.Pods, "", p.Namespace, p.Name, func(o *corev1.Pod) bool {
				l := maps.Clone(o.Labels)
				l[hashLabel] = hash
				o.Labels = l
				return true
			}, func(_ *corev1.Pod, err error) { done(err) })
		})
	}
	for _, r := range current[:len(current)-1] {
		steps = append(steps, func(done func(error)) {
			k.c.Delete(api.ControllerRevisions, r.Namespace, r.Name, client.DeleteOptions{}, done)
		})
	}
	inTurn(steps, func(err error) { then(keep, err) })
}

// inTurn does one step after the other until one fails.
func inTurn(steps []func(done func(error)), done func(error)) {
	if len(steps) == 0 {
		done(nil)
		return
	}
	steps[0](func(err error) {
		if err != nil {
			done(err)
			return
		}
		inTurn(steps[1:], done)
	})
}

// snapshot makes the revision of the current template. A name that another template has already is a collision of
// hashes: the set's collision count goes up, and the next sync makes another name of it.
func (k *Controller) snapshot(s *set, ds *appsv1.DaemonSet, patch []byte, revision int64, then func(*appsv1.ControllerRevision, error)) {
	hash := templatehash.Compute(&ds.Spec.Template, ds.Status.CollisionCount)
	l := maps.Clone(ds.Spec.Template.Labels)
	if l == nil {
		l = map[string]string{}
	}
	l[hashLabel] = hash
	name := ds.Name + "-" + hash
	r := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ds.Namespace, Labels: l, Annotations: ds.Annotations, OwnerReferences: s.refs},
		Data:       runtime.RawExtension{Raw: patch}, Revision: revision,
	}
	client.Create(k.c, api.ControllerRevisions, r, func(made *appsv1.ControllerRevision, failure error) {
		if !apierrors.IsAlreadyExists(failure) {
			then(made, failure)
			return
		}
		client.Get(k.c, api.ControllerRevisions, ds.Namespace, name, func(there *appsv1.ControllerRevision, err error) {
			if err != nil || bytes.Equal(there.Data.Raw, patch) {
				then(there, err)
				return
			}
			k.collide(ds, failure, then)
		})
	})
}

func (k *Controller) collide(ds *appsv1.DaemonSet, failure error, then func(*appsv1.ControllerRevision, error)) {
	client.Get(k.c, api.DaemonSets, ds.Namespace, ds.Name, func(fresh *appsv1.DaemonSet, err error) {
		if err != nil {
			then(nil, err)
			return
		}
		was, is := ds.Status.CollisionCount, fresh.Status.CollisionCount
		if (was == nil) != (is == nil) || was != nil && *was != *is {
			then(nil, fmt.Errorf("found a stale collision count (%s, expected %s) of DaemonSet %q while processing; will retry until it is updated",
				number(was), number(is), ds.Name))
			return
		}
		n := int32(1)
		if is != nil {
			n = *is + 1
		}
		o := api.Copy(fresh)
		o.Status.CollisionCount = &n
		client.Update(k.c, api.DaemonSets, "status", o, func(_ *appsv1.DaemonSet, err error) {
			if err == nil {
				err = failure
			}
			then(nil, err)
		})
	})
}

func number(n *int32) string {
	if n == nil {
		return "none"
	}
	return strconv.Itoa(int(*n))
}

// cleanup deletes the oldest revisions beyond revisionHistoryLimit that no pod is of.
func (k *Controller) cleanup(s *set, ds *appsv1.DaemonSet, old []*appsv1.ControllerRevision, done func(error)) {
	kill := len(old) - int(*ds.Spec.RevisionHistoryLimit)
	if kill <= 0 {
		done(nil)
		return
	}
	live := map[string]bool{}
	for _, p := range k.pods.ByIndex(client.IndexOwner, string(ds.UID)) {
		live[p.Labels[hashLabel]] = true
	}
	var steps []func(func(error))
	for _, r := range old {
		if len(steps) == kill {
			break
		}
		if h := r.Labels[hashLabel]; h == "" || !live[h] {
			steps = append(steps, func(done func(error)) {
				k.c.Delete(api.ControllerRevisions, r.Namespace, r.Name, client.DeleteOptions{}, done)
			})
		}
	}
	inTurn(steps, done)
}
