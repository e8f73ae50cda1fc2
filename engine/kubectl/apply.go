package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
)

func applyCommand() *command {
	last := printFlags + fileFlags
	return &command{name: "apply", use: "(-f FILENAME | -k DIRECTORY)", short: "Apply a configuration to a resource by file name or stdin",
		flags: printFlags + fileFlags + selectorFlags + "dry-run:s=none?unchanged validate:s=strict?strict field-manager:s server-side:b " +
			"force-conflicts:b overwrite:b=true force:b grace-period:i=-1 timeout:d=0s wait:b cascade:s=background?background prune:b all:b openapi-patch:b=true subresource:s",
		run: runApply,
		subs: []*command{
			{name: "edit-last-applied", use: "(RESOURCE/NAME | -f FILENAME)", short: "Edit latest last-applied-configuration annotations of a resource/object",
				flags: last + "validate:s=strict?strict field-manager:s windows-line-endings:b", run: runEditLastApplied},
			{name: "view-last-applied", use: "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)", short: "View the latest last-applied-configuration annotations of a resource/object", flags: last + selectorFlags + "all:b", run: viewLastApplied},
			{name: "set-last-applied", use: "-f FILENAME", short: "Set the last-applied-configuration annotation on a live object to match the contents of a file", flags: last + "dry-run:s=none?unchanged create-annotation:b", run: setLastAppliedCommand},
		}}
}

// Upstream's patcher: five tries without waiting, one second between the rest.
const maxPatchTries = 5

// runApply is apply -f, on this side (three-way merge) or on the server's.
func runApply(c *cmd) {
	files := c.f.list("filename")
	if len(files) == 0 {
		c.failf("must specify one of -f and -k")
		return
	}
	if len(c.args) > 0 {
		c.usageError("Unexpected args: %v", c.args)
		return
	}
	dry, f, validation, ok := c.createOptions()
	if !ok {
		return
	}
	serverSide := c.f.bool("server-side")
	switch {
	case c.f.bool("force-conflicts") && !serverSide:
		c.failf("--force-conflicts only works with --server-side")
		return
	case dry == "client" && serverSide:
		c.failf("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
		return
	case c.f.str("subresource") != "" && !serverSide:
		c.failf("--subresource can only be specified for --server-side")
		return
	case c.f.bool("force") && serverSide:
		c.failf("--force cannot be used with --server-side")
		return
	case dry == "server" && c.f.bool("force"):
		c.failf("--dry-run=server cannot be used with --force")
		return
	case c.f.bool("prune"):
		c.failf("--prune is not part of this kubectl: use delete -f or delete -l")
		return
	}
	infos, errs, err := c.selected(files)
	if err != nil {
		c.fail(err)
		return
	}
	if len(infos) == 0 && len(errs) == 0 {
		c.failf("no objects passed to apply")
		return
	}
	a := &applier{c: c, dry: dry, format: f, validation: validation}
	each(len(infos), func(i int, next func()) {
		done := func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		}
		if serverSide {
			a.server(infos[i], done)
		} else {
			a.one(infos[i], done)
		}
	}, func() {
		if f.name != "" && f.name != "name" {
			if err := a.printAll(); err != nil {
				errs = append(errs, err)
			}
		}
		c.end(errs...)
	})
}

// applier is one run of apply.
type applier struct {
	c          *cmd
	dry        string
	format     *format
	validation string
	applied    []*info
	quiet      bool // say nothing: somebody else uses the result
}

func (a *applier) did(in *info, operation string) {
	if a.quiet {
		return
	}
	if a.format.name != "" && a.format.name != "name" {
		a.applied = append(a.applied, in)
		return
	}
	a.c.did(a.format, in, operation, a.dry)
}

// printAll prints the objects of -o yaml and the like at the end: one alone, several as a List.
func (a *applier) printAll() error {
	if len(a.applied) == 0 {
		return nil
	}
	if len(a.applied) == 1 {
		return a.format.print(a.format.content(a.applied[0].res, a.applied[0].obj), a.c.out)
	}
	var items []any
	for _, in := range a.applied {
		items = append(items, a.format.content(in.res, in.obj))
	}
	list := listOf(items)
	list["metadata"] = map[string]any{}
	return a.format.print(list, a.c.out)
}

func (a *applier) manager(def string) string {
	if m := a.c.f.str("field-manager"); m != "" {
		return m
	}
	return def
}

// one applies one object by a three-way merge.
func (a *applier) one(in *info, done func(error)) {
	c := a.c
	if in.name == "" {
		meta, _ := in.raw["metadata"].(map[string]any)
		if g, _ := meta["generateName"].(string); g != "" {
			done(fmt.Errorf("from %s: cannot use generate name with apply", g))
			return
		}
		done(withSource(fmt.Sprintf("retrieving current configuration of:\n%s\nfrom server for:", in.describe()), in.source, errors.New("resource name may not be empty")))
		return
	}
	modified := withLastApplied(in.raw)
	get := &api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}
	c.do(get, func(r *api.Response) {
		switch {
		case apierrors.IsNotFound(r.Err):
			a.createNew(in, done)
		case r.Err != nil:
			done(withSource(fmt.Sprintf("retrieving current configuration of:\n%s\nfrom server for:", in.describe()), in.source, r.Err))
		default:
			if _, ok := r.Object.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; !ok {
				c.errf("Warning: resource %s/%s is missing the %s annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
					in.res.Name, in.name, corev1.LastAppliedConfigAnnotation)
			}
			a.patch(in, r.Object, modified, 1, done)
		}
	})
}

func (a *applier) createNew(in *info, done func(error)) {
	obj, err := a.c.object(in, a.validation)
	if err != nil {
		done(withSource("creating", in.source, err))
		return
	}
	setLastApplied(obj, in.raw)
	a.c.create(in, obj, a.dry, a.manager("kubectl-client-side-apply"), a.validation, func(err error) {
		if err == nil {
			a.did(in, "created")
		}
		done(withSource("creating", in.source, err))
	})
}

// patch sends what the merge of last-applied, manifest and live object gives.
func (a *applier) patch(in *info, live api.Object, modified []byte, try int, done func(error)) {
	current, err := json.Marshal(content(in.res, live, true))
	if err != nil {
		done(err)
		return
	}
	original := []byte(live.GetAnnotations()[corev1.LastAppliedConfigAnnotation])
	body, kind, err := threeWay(in.res, original, modified, current)
	fail := func(err error) {
		done(withSource(fmt.Sprintf("applying patch:\n%s\nto:\n%s\nfor:", body, in.describe()), in.source, err))
	}
	if err != nil {
		fail(err)
		return
	}
	finish := func(obj api.Object) {
		in.obj = obj
		if obj.GetDeletionTimestamp() != nil {
			a.c.errf("Warning: Detected changes to resource %s which is currently being deleted.\n", in.name)
		}
		if string(body) == "{}" {
			a.did(in, "unchanged")
		} else {
			a.did(in, "configured")
		}
		done(nil)
	}
	switch {
	case string(body) == "{}":
		finish(live)
		return
	case a.dry == "client":
		typed := api.Copy(live)
		typed.GetObjectKind().SetGroupVersionKind(in.res.GVK())
		out, _, err := patch.Apply(kind, typed, body, "Ignore")
		if err != nil {
			fail(fmt.Errorf("applying patch locally: %w", err))
			return
		}
		finish(out.(api.Object))
		return
	}
	a.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: kind, Patch: body,
		FieldManager: a.manager("kubectl-client-side-apply"), FieldValidation: a.validation, DryRun: a.dry == "server"}, func(r *api.Response) {
		switch {
		case r.Err == nil:
			finish(r.Object)
		case isConflict(r.Err) && try <= maxPatchTries:
			again := func() {
				a.c.do(&api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}, func(r *api.Response) {
					if r.Err != nil {
						fail(r.Err)
						return
					}
					a.patch(in, r.Object, modified, try+1, done)
				})
			}
			again()
		case (isConflict(r.Err) || apierrors.IsInvalid(r.Err)) && a.c.f.bool("force"):
			a.recreate(in, done)
		default:
			fail(withSource("patching", in.source, r.Err))
		}
	})
}

// threeWay makes the patch: strategic for kinds with a Go type, JSON merge for the rest.
func threeWay(res *api.Resource, original, modified, current []byte) ([]byte, types.PatchType, error) {
	sample := res.New()
	if _, ok := sample.(runtime.Unstructured); ok {
		body, err := patch.ThreeWayMerge(original, modified, current)
		if errors.Is(err, patch.ErrPreconditionFailed) {
			err = errors.New("At least one of apiVersion, kind and name was changed")
		}
		return body, types.MergePatchType, err
	}
	body, err := patch.ThreeWayStrategic(original, modified, current, sample)
	return body, types.StrategicMergePatchType, err
}

// recreate is --force: delete, wait until it is gone, create.
func (a *applier) recreate(in *info, done func(error)) {
	c := a.c
	timeout := c.f.duration("timeout")
	if timeout == 0 {
		timeout = 5 * time.Minute
	}
	c.delete(in, c.deleteOptionsFrom(false), func(_ api.Object, err error) {
		if err != nil {
			done(err)
			return
		}
		c.awaitGone(in, "", timeout, func(err error) {
			if err != nil {
				done(err)
				return
			}
			a.createNew(in, done)
		})
	})
}

// describe is how errors of apply name an object.
func (i *info) describe() string {
	gvr, gvk := i.res.GVR(), i.res.GVK()
	return fmt.Sprintf("Resource: %q, GroupVersionKind: %q\nName: %q, Namespace: %q", gvr.GroupVersion().String()+", Resource="+gvr.Resource,
		gvk.GroupVersion().String()+", Kind="+gvk.Kind, i.name, i.ns)
}
