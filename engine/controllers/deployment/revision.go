package deployment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/ownership"
	"tabernetes/engine/controllers/templatehash"
)

// Annotations the controller keeps its books in.
const (
	RevisionAnnotation        = "deployment.kubernetes.io/revision"
	RevisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	DesiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	MaxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"
)

// maxHistory bounds the revision-history annotation, in characters.
const maxHistory = 2000

// maxName is the longest name of a ReplicaSet.
const maxName = 253

// revisionOf is the revision annotation as a number; 0 if there is none.
func revisionOf(o metav1.Object) (int64, error) {
	v, ok := o.GetAnnotations()[RevisionAnnotation]
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(v, 10, 64)
}

func maxRevision(sets []*appsv1.ReplicaSet) int64 {
	highest := int64(0)
	for _, rs := range sets {
		if v, err := revisionOf(rs); err == nil && v > highest {
			highest = v
		}
	}
	return highest
}

// lastRevision is the second highest.
func lastRevision(sets []*appsv1.ReplicaSet) int64 {
	first, second := int64(0), int64(0)
	for _, rs := range sets {
		v, err := revisionOf(rs)
		switch {
		case err != nil:
		case v >= first:
			first, second = v, first
		case v > second:
			second = v
		}
	}
	return second
}

// revision gives the new and the old ReplicaSets after bringing the books up to date: the revision of the new one is
// above all others, and the Deployment's annotation says the same. create makes the new one if there is none.
func (s *sync) revision(create bool, then func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet)) {
	existing, old := s.find()
	next := strconv.FormatInt(maxRevision(old)+1, 10)
	if existing == nil {
		if !create {
			then(nil, old)
			return
		}
		s.create(next, old, func(rs *appsv1.ReplicaSet) { then(rs, old) })
		return
	}
	rs := api.Copy(existing)
	rs.Annotations = cloneMap(rs.Annotations)
	changed := annotateNew(s.d, rs, next, true)
	if changed || rs.Spec.MinReadySeconds != s.d.Spec.MinReadySeconds {
		rs.Spec.MinReadySeconds = s.d.Spec.MinReadySeconds
		client.Update(s.c, api.ReplicaSets, "", rs, func(rs *appsv1.ReplicaSet, err error) {
			s.try(func() {
				s.adopted(rs)
				then(rs, old)
			})(err)
		})
		return
	}
	write := setRevision(s.d, rs.Annotations[RevisionAnnotation])
	if hasDeadline(s.d) && condition(&s.d.Status, appsv1.DeploymentProgressing) == nil {
		s.set(&s.d.Status, appsv1.DeploymentProgressing, corev1.ConditionTrue, FoundNewRSReason, fmt.Sprintf("Found new replica set %q", rs.Name))
		write = true
	}
	if !write {
		then(existing, old)
		return
	}
	s.writeStatus(s.try(func() { then(existing, old) }))
}

// adopted remembers a newer version of the current ReplicaSet for the rest of the pass.
func (s *sync) adopted(rs *appsv1.ReplicaSet) {
	s.match = rs
	if i := slices.IndexFunc(s.sets, func(o *appsv1.ReplicaSet) bool { return o.UID == rs.UID }); i >= 0 {
		s.sets[i] = rs
	}
}

// create makes the ReplicaSet of the current template, with as many replicas as the strategy allows at once.
func (s *sync) create(revision string, old []*appsv1.ReplicaSet, then func(*appsv1.ReplicaSet)) {
	d := s.d
	hash := templatehash.Compute(&d.Spec.Template, d.Status.CollisionCount)
	template := d.Spec.Template
	template.Labels = cloneMap(template.Labels)
	template.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	selector := &metav1.LabelSelector{MatchLabels: cloneMap(d.Spec.Selector.MatchLabels), MatchExpressions: d.Spec.Selector.MatchExpressions}
	selector.MatchLabels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	zero := int32(0)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: setName(d.Name, hash), Namespace: d.Namespace,
			OwnerReferences: ownership.Refs(d, api.Deployments), Labels: template.Labels,
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: &zero, MinReadySeconds: d.Spec.MinReadySeconds, Selector: selector, Template: template},
	}
	n, err := newReplicas(d, with(old, rs), rs)
	if err != nil {
		s.done(err)
		return
	}
	rs.Spec.Replicas = &n
	annotateNew(d, rs, revision, false)
	s.decide(rs.Name, fmt.Sprintf("%s: new template, revision %s, %d of %d replicas at once%s: create ReplicaSet",
		d.Spec.Strategy.Type, revision, n, *d.Spec.Replicas, bounds(d)))
	client.Create(s.c, api.ReplicaSets, rs, func(made *appsv1.ReplicaSet, err error) {
		if apierrors.IsAlreadyExists(err) {
			s.collision(rs, err, func(found *appsv1.ReplicaSet) { s.created(found, revision, false, n, then) })
			return
		}
		if err != nil {
			s.createFailed(rs, err)
			return
		}
		s.created(made, revision, true, n, then)
	})
}

// collision: a ReplicaSet of that name exists. It is the wanted one if the cache was late; else two templates have the
// same hash, and collisionCount makes the next attempt hash differently.
func (s *sync) collision(rs *appsv1.ReplicaSet, err error, then func(*appsv1.ReplicaSet)) {
	found, ok := s.Controller.sets.Get(rs.Namespace, rs.Name)
	if !ok {
		s.done(apierrors.NewNotFound(api.ReplicaSets.GR(), rs.Name))
		return
	}
	if metav1.IsControlledBy(found, s.d) && equalTemplates(&s.d.Spec.Template, &found.Spec.Template) {
		then(found)
		return
	}
	n := int32(1)
	if s.d.Status.CollisionCount != nil {
		n += *s.d.Status.CollisionCount
	}
	s.d.Status.CollisionCount = &n
	s.writeStatus(func(error) { s.done(err) })
}

func (s *sync) createFailed(rs *appsv1.ReplicaSet, err error) {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		s.done(err)
		return
	}
	msg := fmt.Sprintf("Failed to create new replica set %q: %v", rs.Name, err)
	s.rec.Event(s.d, corev1.EventTypeWarning, FailedRSCreateReason, msg)
	if !hasDeadline(s.d) {
		s.done(err)
		return
	}
	s.set(&s.d.Status, appsv1.DeploymentProgressing, corev1.ConditionFalse, FailedRSCreateReason, msg)
	s.writeStatus(func(error) { s.done(err) })
}

func (s *sync) created(rs *appsv1.ReplicaSet, revision string, isNew bool, n int32, then func(*appsv1.ReplicaSet)) {
	if isNew && n > 0 {
		s.rec.Event(s.d, corev1.EventTypeNormal, "ScalingReplicaSet", fmt.Sprintf("Scaled up replica set %s from 0 to %d", rs.Name, n))
	}
	write := setRevision(s.d, revision)
	if isNew && hasDeadline(s.d) {
		s.set(&s.d.Status, appsv1.DeploymentProgressing, corev1.ConditionTrue, NewReplicaSetReason, fmt.Sprintf("Created new replica set %q", rs.Name))
		write = true
	}
	if !write {
		then(rs)
		return
	}
	s.writeStatus(s.try(func() { then(rs) }))
}

func setName(deployment, hash string) string {
	if room := maxName - 1 - len(hash); len(deployment) > room && room > 0 {
		deployment = deployment[:room]
	}
	return deployment + "-" + hash
}

func setRevision(d *appsv1.Deployment, revision string) bool {
	if d.Annotations[RevisionAnnotation] == revision {
		return false
	}
	d.Annotations[RevisionAnnotation] = revision
	return true
}

// private reports annotations that belong to one object and are not copied between a Deployment and its ReplicaSets.
func private(key string) bool {
	switch key {
	case corev1.LastAppliedConfigAnnotation, RevisionAnnotation, RevisionHistoryAnnotation, DesiredReplicasAnnotation,
		MaxReplicasAnnotation, appsv1.DeprecatedRollbackTo:
		return true
	}
	return false
}

// annotateNew brings the annotations of the new ReplicaSet, which may be changed, up to date: those of the Deployment,
// the revision, and for one that does not exist yet the replica counts. It reports whether anything changed.
func annotateNew(d *appsv1.Deployment, rs *appsv1.ReplicaSet, revision string, exists bool) bool {
	if rs.Annotations == nil {
		rs.Annotations = map[string]string{}
	}
	changed := false
	for _, k := range slices.Sorted(maps.Keys(d.Annotations)) {
		if v, ok := rs.Annotations[k]; !private(k) && (!ok || v != d.Annotations[k]) {
			rs.Annotations[k] = d.Annotations[k]
			changed = true
		}
	}
	before, had := rs.Annotations[RevisionAnnotation]
	was := int64(0)
	if before != "" {
		var err error
		if was, err = strconv.ParseInt(before, 10, 64); err != nil {
			return false
		}
	}
	is, err := strconv.ParseInt(revision, 10, 64)
	if err != nil {
		return false
	}
	if was < is {
		rs.Annotations[RevisionAnnotation] = revision
		changed = true
		if had {
			appendHistory(rs, before)
		}
	}
	if !exists && annotateReplicas(rs, *d.Spec.Replicas, *d.Spec.Replicas+maxSurge(d)) {
		changed = true
	}
	return changed
}

// appendHistory notes a revision that a ReplicaSet had before it was rolled back to, forgetting the oldest if need be.
func appendHistory(rs *appsv1.ReplicaSet, revision string) {
	history := rs.Annotations[RevisionHistoryAnnotation]
	if history == "" {
		rs.Annotations[RevisionHistoryAnnotation] = revision
		return
	}
	list := strings.Split(history, ",")
	size := len(history) + len(revision) + 1
	for size > maxHistory && len(list) > 0 {
		size -= len(list[0]) + 1
		list = list[1:]
	}
	if size <= maxHistory {
		rs.Annotations[RevisionHistoryAnnotation] = strings.Join(append(list, revision), ",")
	}
}

// annotateReplicas notes the Deployment's size on a ReplicaSet, which may be changed, and reports whether that is new.
func annotateReplicas(rs *appsv1.ReplicaSet, desired, most int32) bool {
	d, m := strconv.Itoa(int(desired)), strconv.Itoa(int(most))
	if rs.Annotations[DesiredReplicasAnnotation] == d && rs.Annotations[MaxReplicasAnnotation] == m {
		return false
	}
	rs.Annotations[DesiredReplicasAnnotation], rs.Annotations[MaxReplicasAnnotation] = d, m
	return true
}
