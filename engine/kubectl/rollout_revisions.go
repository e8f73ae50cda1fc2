package kubectl

import (
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
)

// A StatefulSet or DaemonSet keeps its past in ControllerRevisions: each holds a strategic merge patch that puts its
// template back.

// hasRevisions tells whether an object keeps its past that way, and gives its selector.
func hasRevisions(o api.Object) (*metav1.LabelSelector, bool) {
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		return o.Spec.Selector, true
	case *appsv1.DaemonSet:
		return o.Spec.Selector, true
	}
	return nil, false
}

// revisionsOf lists the revisions that an object controls, the oldest first.
func (c *cmd) revisionsOf(in *info, then func([]*appsv1.ControllerRevision, error)) {
	selector, _ := hasRevisions(in.obj)
	sel, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		then(nil, fmt.Errorf("failed to create selector for %s %s: %v", in.res.Kind, in.name, err))
		return
	}
	c.do(&api.Request{Verb: api.List, Resource: api.ControllerRevisions, Namespace: in.ns, LabelSelector: sel}, func(r *api.Response) {
		if r.Err != nil {
			then(nil, fmt.Errorf("unable to find history controlled by %s %s: %v", in.res.Kind, in.name, r.Err))
			return
		}
		var out []*appsv1.ControllerRevision
		for _, rev := range typed[*appsv1.ControllerRevision](r.Items) {
			if metav1.IsControlledBy(rev, in.obj) {
				out = append(out, rev)
			}
		}
		slices.SortStableFunc(out, func(a, b *appsv1.ControllerRevision) int { return int(a.Revision - b.Revision) })
		then(out, nil)
	})
}

// asOf is an object as a revision would restore it.
func asOf(in *info, rev *appsv1.ControllerRevision) (api.Object, error) {
	obj := api.Copy(in.obj)
	obj.GetObjectKind().SetGroupVersionKind(in.res.GVK())
	out, err := patch.Strategic(obj, rev.Data.Raw)
	if err != nil {
		return nil, err
	}
	return out.(api.Object), nil
}

func templateOf(o api.Object) *corev1.PodTemplateSpec {
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	}
	return nil
}

// pastRevisions are an object's revisions as history shows them.
func (c *cmd) pastRevisions(in *info, then func([]past, error)) {
	c.revisionsOf(in, func(list []*appsv1.ControllerRevision, err error) {
		var out []past
		for _, rev := range list {
			obj, broken := asOf(in, rev)
			if broken != nil {
				then(nil, fmt.Errorf("unable to parse history %s", rev.Name))
				return
			}
			out = append(out, past{rev.Revision, in.res, obj, templateOf(obj), rev.Annotations[changeCauseAnnotation]})
		}
		then(out, err)
	})
}

// undoRevision puts an older template back by the patch that its revision holds.
// Upstream: k8s.io/kubectl/pkg/polymorphichelpers/rollback.go.
func (c *cmd) undoRevision(in *info, to int64, dry string, then func(string, error)) {
	if to < 0 {
		then("", fmt.Errorf("unable to find specified revision %v in history", to))
		return
	}
	c.revisionsOf(in, func(list []*appsv1.ControllerRevision, err error) {
		if err == nil && to == 0 && len(list) <= 1 {
			err = errors.New("no last revision to roll back to")
		}
		if err != nil {
			then("", err)
			return
		}
		var rev *appsv1.ControllerRevision
		if to == 0 {
			rev = list[len(list)-2]
		} else if i := slices.IndexFunc(list, func(r *appsv1.ControllerRevision) bool { return r.Revision == to }); i >= 0 {
			rev = list[i]
		} else {
			then("", fmt.Errorf("unable to find specified revision %v in history", to))
			return
		}
		restored, err := asOf(in, rev)
		if err != nil {
			then("", err)
			return
		}
		if dry == "client" {
			then("will roll back to "+templateText(templateOf(restored)), nil)
			return
		}
		if equality.Semantic.DeepEqual(templateOf(restored), templateOf(in.obj)) {
			then(fmt.Sprintf("skipped rollback (current template already matches revision %d)", to), nil)
			return
		}
		c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: rev.Data.Raw,
			FieldManager: "kubectl", DryRun: dry == "server"}, func(r *api.Response) {
			if r.Err != nil {
				then("", fmt.Errorf("failed restoring revision %d: %v", to, r.Err))
				return
			}
			then("rolled back", nil)
		})
	})
}
