package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// Annotations of the deployment controller, and the one people set.
const (
	revisionAnnotation        = "deployment.kubernetes.io/revision"
	revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history"
	desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas"
	maxReplicasAnnotation     = "deployment.kubernetes.io/max-replicas"
	changeCauseAnnotation     = "kubernetes.io/change-cause"
)

func revisionOf(o api.Object) (int64, error) {
	v, ok := o.GetAnnotations()[revisionAnnotation]
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(v, 10, 64)
}

func rolloutHistory(c *cmd) {
	revision := c.f.int("revision")
	if revision < 0 {
		c.failf("revision must be a positive integer: %v", revision)
		return
	}
	f, err := c.format(objectFormats)
	if err != nil {
		c.fail(err)
		return
	}
	c.rolloutTargets(func(r *result) {
		errs := r.errs
		each(len(r.infos), func(i int, next func()) {
			in := r.infos[i]
			show := func(list []past, err error) {
				if err == nil {
					err = c.printHistory(f, in, list, revision)
				}
				if err != nil {
					errs = append(errs, err)
				}
				next()
			}
			if _, ok := hasRevisions(in.obj); ok {
				c.pastRevisions(in, show)
				return
			}
			d, ok := in.obj.(*appsv1.Deployment)
			if !ok {
				show(nil, fmt.Errorf("no history viewer has been implemented for %q", in.res.GVK().GroupKind().String()))
				return
			}
			c.replicaSetsOf(d, func(sets []*appsv1.ReplicaSet, err error) { show(pastReplicaSets(sets), err) })
		}, func() { c.end(errs...) })
	})
}

// past is one revision of an object.
type past struct {
	number   int64
	res      *api.Resource // of obj
	obj      api.Object    // what -o prints
	template *corev1.PodTemplateSpec
	cause    string
}

func pastReplicaSets(sets []*appsv1.ReplicaSet) []past {
	var out []past
	for _, rs := range sets {
		if n, err := revisionOf(rs); err == nil {
			t := templateWithCause(rs)
			out = append(out, past{n, api.ReplicaSets, rs, t, t.Annotations[changeCauseAnnotation]})
		}
	}
	return out
}

func (c *cmd) printHistory(f *format, in *info, list []past, revision int64) error {
	byRevision := map[int64]past{}
	for _, r := range list {
		byRevision[r.number] = r
	}
	revisions := slices.Sorted(maps.Keys(byRevision))
	chosen, found := byRevision[revision]
	if revision > 0 && !found && (len(byRevision) > 0 || f.name != "") {
		return errors.New("unable to find the specified revision")
	}
	if f.name != "" {
		for _, n := range revisions {
			if r := byRevision[n]; revision == 0 || n == revision {
				c.did(f, &info{res: r.res, ns: in.ns, name: r.obj.GetName(), obj: r.obj}, "", "none")
			}
		}
		return nil
	}
	text, with := "No rollout history found.", ""
	if revision > 0 {
		with = fmt.Sprintf("with revision #%d", revision)
	}
	switch {
	case len(byRevision) == 0:
	case revision > 0:
		text = templateText(chosen.template)
	default:
		rows := [][]string{{"REVISION", "CHANGE-CAUSE"}}
		for _, n := range revisions {
			rows = append(rows, []string{strconv.FormatInt(n, 10), orNone(byRevision[n].cause)})
		}
		text = tabular(rows)
	}
	c.printf("%s %s\n%s\n", in, with, text)
	return nil
}

// templateWithCause is a replica set's template with the change-cause of the set among its annotations.
func templateWithCause(rs *appsv1.ReplicaSet) *corev1.PodTemplateSpec {
	t := rs.Spec.Template
	if cause := rs.Annotations[changeCauseAnnotation]; cause != "" {
		t.Annotations = maps.Clone(t.Annotations)
		if t.Annotations == nil {
			t.Annotations = map[string]string{}
		}
		t.Annotations[changeCauseAnnotation] = cause
	}
	return &t
}

// tabular aligns rows two spaces apart, as describe does.
func tabular(rows [][]string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return aligned(b.String())
}

func rolloutUndo(c *cmd) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.rolloutTargets(func(r *result) {
		errs := r.errs
		each(len(r.infos), func(i int, next func()) {
			in := r.infos[i]
			c.undo(in, c.f.int("to-revision"), dry, func(did string, err error) {
				if err != nil {
					errs = append(errs, err)
				} else {
					c.did(f, in, did, dry)
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}

// undo puts an older template back into a deployment.
// Upstream: k8s.io/kubectl/pkg/polymorphichelpers/rollback.go.
func (c *cmd) undo(in *info, to int64, dry string, then func(string, error)) {
	if _, ok := in.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; ok {
		c.errf("Warning: resource %s/%s was previously managed with 'kubectl apply'. Rolling back will not update the %s annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n",
			in.res.Name, in.name, corev1.LastAppliedConfigAnnotation)
	}
	if _, ok := hasRevisions(in.obj); ok {
		c.undoRevision(in, to, dry, then)
		return
	}
	d, ok := in.obj.(*appsv1.Deployment)
	switch {
	case !ok:
		then("", fmt.Errorf("no rollbacker has been implemented for %q", in.res.GVK().GroupKind()))
		return
	case to < 0:
		then("", fmt.Errorf("unable to find specified revision %v in history", to))
		return
	}
	c.replicaSetsOf(d, func(sets []*appsv1.ReplicaSet, err error) {
		if err != nil {
			then("", fmt.Errorf("failed to retrieve replica sets from deployment %s: %v", d.Name, err))
			return
		}
		rs, err := chooseRevision(d, sets, to)
		if err != nil {
			then("", err)
			return
		}
		if dry == "client" {
			then(templateText(&rs.Spec.Template), nil)
			return
		}
		if d.Spec.Paused {
			then("", errors.New("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"))
			return
		}
		template, now := withoutHash(&rs.Spec.Template), withoutHash(&d.Spec.Template)
		if equality.Semantic.DeepEqual(template, now) {
			then(fmt.Sprintf("skipped rollback (current template already matches revision %d)", to), nil)
			return
		}
		body, err := json.Marshal([]any{
			map[string]any{"op": "replace", "path": "/spec/template", "value": template},
			map[string]any{"op": "replace", "path": "/metadata/annotations", "value": undoAnnotations(d, rs)},
		})
		if err != nil {
			then("", err)
			return
		}
		c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.JSONPatchType, Patch: body,
			FieldManager: "kubectl", DryRun: dry == "server"}, func(r *api.Response) {
			if r.Err != nil {
				then("", fmt.Errorf("failed restoring revision %d: %v", to, r.Err))
				return
			}
			then("rolled back", nil)
		})
	})
}

// chooseRevision is the replica set of a revision; 0 means the one before the newest.
func chooseRevision(d *appsv1.Deployment, sets []*appsv1.ReplicaSet, to int64) (*appsv1.ReplicaSet, error) {
	var latest, previous *appsv1.ReplicaSet
	latestN, previousN := int64(-1), int64(-1)
	for _, rs := range sets {
		n, err := revisionOf(rs)
		switch {
		case err != nil:
		case to > 0:
			if n == to {
				return rs, nil
			}
		case latestN < n:
			previous, previousN = latest, latestN
			latest, latestN = rs, n
		case previousN < n:
			previous, previousN = rs, n
		}
	}
	if to > 0 {
		return nil, fmt.Errorf("unable to find specified revision %v in history", to)
	}
	if previous == nil {
		return nil, fmt.Errorf("no rollout history found for deployment %q", d.Name)
	}
	return previous, nil
}

func withoutHash(t *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	out := *t
	out.Labels = maps.Clone(t.Labels)
	delete(out.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return &out
}

// undoAnnotations are the replica set's annotations, except for those that are the deployment's own business.
func undoAnnotations(d *appsv1.Deployment, rs *appsv1.ReplicaSet) map[string]string {
	own := []string{corev1.LastAppliedConfigAnnotation, revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation,
		maxReplicasAnnotation, appsv1.DeprecatedRollbackTo}
	out := map[string]string{}
	for _, k := range own {
		if v, ok := d.Annotations[k]; ok {
			out[k] = v
		}
	}
	for k, v := range rs.Annotations {
		if !slices.Contains(own, k) {
			out[k] = v
		}
	}
	return out
}
