package kubectl

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
)

// The field managers of kubectl's applies.
const (
	serverSideManager  = "kubectl"
	lastAppliedManager = "kubectl-last-applied"
)

// server applies one object on the server's side.
func (a *applier) server(in *info, done func(error)) {
	if in.name == "" {
		meta, _ := in.raw["metadata"].(map[string]any)
		if g, _ := meta["generateName"].(string); g != "" {
			done(fmt.Errorf("from %s: cannot use generate name with apply", g))
			return
		}
	}
	body, err := json.Marshal(in.raw)
	if err != nil {
		done(withSource("serverside-apply", in.source, err))
		return
	}
	sub := a.c.f.str("subresource")
	a.sendApply(in, sub, a.manager(serverSideManager), body, a.c.f.bool("force-conflicts"), func(r *api.Response) {
		switch {
		case apierrors.IsUnsupportedMediaType(r.Err):
			done(fmt.Errorf("Server-side apply not available on the server: (%v)", r.Err))
			return
		case isConflict(r.Err):
			done(fmt.Errorf(conflictHelp, r.Err))
			return
		case r.Err != nil:
			done(r.Err)
			return
		}
		in.obj = r.Object
		a.changeOver(in, body, func() {
			if in.obj.GetDeletionTimestamp() != nil {
				a.c.errf("Warning: Detected changes to resource %s which is currently being deleted.\n", in.name)
			}
			a.did(in, "serverside-applied")
			done(nil)
		})
	})
}

func (a *applier) sendApply(in *info, sub, manager string, body []byte, force bool, then func(*api.Response)) {
	a.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Subresource: sub, Namespace: in.ns, Name: in.name, PatchType: types.ApplyPatchType, Patch: body,
		FieldManager: manager, FieldValidation: a.validation, Force: force, DryRun: a.dry == "server"}, then)
}

// changeOver turns an object that was applied on the client's side into one applied on the server's: its annotation gets
// an owner, and what the old manager owned becomes the new one's, so that fields dropped from the manifest go. What
// fails is a warning (kubectl/pkg/cmd/apply, migrateToSSAIfNecessary).
func (a *applier) changeOver(in *info, body []byte, then func()) {
	if _, ok := in.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; !ok {
		then()
		return
	}
	a.keepAnnotation(in, func(err error) {
		if err != nil {
			a.c.errf("Warning: failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply. This is non-fatal and will be retried next time you apply. Error: %s\n", err)
			then()
			return
		}
		a.migrate(in, 1, func(migrated bool, err error) {
			if err != nil {
				a.c.errf("Warning: server rejected managed fields migration to Server-Side Apply. This is non-fatal and will be retried next time you apply. Error: %s\n", err)
			}
			if err != nil || !migrated {
				then()
				return
			}
			a.sendApply(in, "", a.manager(serverSideManager), body, a.c.f.bool("force-conflicts"), func(r *api.Response) {
				if r.Err != nil {
					a.c.errf("Warning: failed to re-apply configuration after performing Server-Side Apply migration. This is non-fatal and will be retried next time you apply. Error: %s\n", r.Err)
				} else {
					in.obj = r.Object
				}
				then()
			})
		})
	})
}

var lastAppliedField = []string{"metadata", "annotations", corev1.LastAppliedConfigAnnotation}

// keepAnnotation applies nothing but the annotation, so that it does not go with the manager it came from.
func (a *applier) keepAnnotation(in *info, then func(error)) {
	entries := a.format.shown(in.res, in.obj).GetManagedFields()
	if a.manager(serverSideManager) != serverSideManager || len(fieldmanager.Owners(entries, metav1.ManagedFieldsOperationApply, lastAppliedField...)) > 0 {
		then(nil)
		return
	}
	meta := map[string]any{"name": in.obj.GetName(), "annotations": map[string]any{
		corev1.LastAppliedConfigAnnotation: in.obj.GetAnnotations()[corev1.LastAppliedConfigAnnotation],
	}}
	if ns := in.obj.GetNamespace(); ns != "" {
		meta["namespace"] = ns
	}
	body, err := json.Marshal(map[string]any{"apiVersion": in.res.APIVersion(), "kind": in.res.Kind, "metadata": meta})
	if err != nil {
		then(nil)
		return
	}
	a.sendApply(in, "", lastAppliedManager, body, false, func(r *api.Response) {
		if r.Err == nil {
			in.obj = r.Object
		}
		then(r.Err)
	})
}

// migrate hands the fields of the managers of client-side apply over, as often as somebody else writes meanwhile.
func (a *applier) migrate(in *info, try int, then func(migrated bool, err error)) {
	entries := a.format.shown(in.res, in.obj).GetManagedFields()
	csa := fieldmanager.Owners(entries, metav1.ManagedFieldsOperationUpdate, lastAppliedField...)
	moved, err := fieldmanager.Migrate(entries, csa, a.manager(serverSideManager))
	if err != nil || moved == nil {
		then(false, err)
		return
	}
	body, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/metadata/managedFields", "value": moved},
		{"op": "replace", "path": "/metadata/resourceVersion", "value": in.obj.GetResourceVersion()},
	})
	if err != nil {
		then(false, err)
		return
	}
	a.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.JSONPatchType, Patch: body,
		FieldManager: a.manager(serverSideManager), FieldValidation: a.validation, DryRun: a.dry == "server"}, func(r *api.Response) {
		switch {
		case r.Err == nil:
			in.obj = r.Object
			then(true, nil)
		case !isConflict(r.Err) || try >= maxPatchTries:
			then(false, r.Err)
		default:
			a.c.do(&api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}, func(r *api.Response) {
				if r.Err != nil {
					then(false, r.Err)
					return
				}
				in.obj = r.Object
				a.migrate(in, try+1, then)
			})
		}
	})
}

const conflictHelp = `%v
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the ` + "`--force-conflicts`" + ` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`
