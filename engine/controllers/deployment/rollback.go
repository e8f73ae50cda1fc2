package deployment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Reasons of the events of a rollback asked for by annotation (kubectl patches the template itself instead).
const (
	RollbackRevisionNotFound  = "DeploymentRollbackRevisionNotFound"
	RollbackTemplateUnchanged = "DeploymentRollbackTemplateUnchanged"
	RollbackDone              = "DeploymentRollback"
)

// rollbackTo is the revision that the annotation left over from extensions/v1beta1 asks for; nil if it does not.
func rollbackTo(d *appsv1.Deployment) *int64 {
	v := d.Annotations[appsv1.DeprecatedRollbackTo]
	if v == "" {
		return nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func (s *sync) rollback() {
	s.revision(true, func(newRS *appsv1.ReplicaSet, old []*appsv1.ReplicaSet) {
		all := with(old, newRS)
		to := *rollbackTo(s.d)
		if to == 0 {
			if to = lastRevision(all); to == 0 {
				s.rec.Event(s.d, corev1.EventTypeWarning, RollbackRevisionNotFound, "Unable to find last revision.")
				s.clearRollback(s.done)
				return
			}
		}
		i := slices.IndexFunc(all, func(rs *appsv1.ReplicaSet) bool {
			v, err := revisionOf(rs)
			return err == nil && v == to
		})
		if i < 0 {
			s.rec.Event(s.d, corev1.EventTypeWarning, RollbackRevisionNotFound, "Unable to find the revision to rollback to.")
			s.clearRollback(s.done)
			return
		}
		s.rollbackOnto(all[i], to)
	})
}

func (s *sync) rollbackOnto(rs *appsv1.ReplicaSet, to int64) {
	if equalTemplates(&s.d.Spec.Template, &rs.Spec.Template) {
		s.rec.Event(s.d, corev1.EventTypeWarning, RollbackTemplateUnchanged,
			fmt.Sprintf("The rollback revision contains the same template as current deployment %q", s.d.Name))
		s.clearRollback(s.done)
		return
	}
	s.d.Spec.Template = rs.Spec.Template
	s.d.Spec.Template.Labels = withoutHash(rs.Spec.Template.Labels)
	// The Deployment takes the ReplicaSet's annotations, the change cause among them: otherwise its present ones would be
	// copied to the ReplicaSet.
	annotations := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(s.d.Annotations)) {
		if private(k) {
			annotations[k] = s.d.Annotations[k]
		}
	}
	for _, k := range slices.Sorted(maps.Keys(rs.Annotations)) {
		if !private(k) {
			annotations[k] = rs.Annotations[k]
		}
	}
	s.d.Annotations = annotations
	s.decide(rs.Name, fmt.Sprintf("roll back to revision %d: take the template of ReplicaSet", to))
	s.clearRollback(func(err error) {
		if err == nil {
			s.rec.Event(s.d, corev1.EventTypeNormal, RollbackDone, fmt.Sprintf("Rolled back deployment %q to revision %d", s.d.Name, to))
		}
		s.done(err)
	})
}

func (s *sync) clearRollback(then func(error)) {
	delete(s.d.Annotations, appsv1.DeprecatedRollbackTo)
	client.Update(s.c, api.Deployments, "", editable(s.d), func(_ *appsv1.Deployment, err error) { then(err) })
}
