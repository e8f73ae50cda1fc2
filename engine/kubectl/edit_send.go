package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"

	"tabernetes/engine/api"
	"tabernetes/engine/api/patch"
)

// send carries out what was edited, object by object, and ends, or opens the editor again.
func (e *editing) send(infos []*info, contents []map[string]any) {
	var failed error
	each(len(infos), func(i int, next func()) {
		then := func(err error) {
			if err != nil {
				failed = err
				e.preserved(err)
				return
			}
			next()
		}
		switch e.mode {
		case editBeforeCreate:
			e.create(infos[i], contents[i], then)
		case editLastApplied:
			e.changed(infos[i], contents[i], func(_ []byte) { e.annotate(infos[i], contents[i], then) }, then)
		default:
			e.changed(infos[i], contents[i], func(was []byte) { e.patch(infos[i], contents[i], was, then) }, then)
		}
	}, func() {
		if failed == nil {
			e.outcome()
		}
	})
}

// outcome decides how it goes on when everything was sent.
func (e *editing) outcome() {
	switch {
	case e.retryable > 0:
		e.c.errf("You can run `kubectl replace -f %s` to try this update again.\n", e.file)
		e.c.exit(1)
	case e.notFound > 0:
		e.c.errf("The edits you made on deleted resources have been saved to %q\n", e.file)
		e.c.exit(1)
	case e.invalid == 0:
		e.c.sh.forget(e.file)
		e.done(nil)
	default:
		e.again()
	}
}

// changed finds the object that was edited, by its UID, and calls then with what it was if it differs now.
func (e *editing) changed(in *info, m map[string]any, then func(was []byte), done func(error)) {
	uid := uidOf(m)
	for i := range e.infos {
		if uidOf(e.contents[i]) != uid {
			continue
		}
		was, err := json.Marshal(e.contents[i])
		var is []byte
		if err == nil {
			is, err = json.Marshal(m)
		}
		switch {
		case err != nil:
			done(err)
		case string(was) == string(is):
			in.obj = e.infos[i].obj
			e.did(in, m, "skipped")
			done(nil)
		default:
			then(was)
		}
		return
	}
	done(fmt.Errorf("no original object found for &unstructured.Unstructured{Object:%#v}", m))
}

func uidOf(m map[string]any) string {
	meta, _ := m["metadata"].(map[string]any)
	uid, _ := meta["uid"].(string)
	return uid
}

// did says what happened to an object; without an answer of the server it is shown as it was edited.
func (e *editing) did(in *info, m map[string]any, operation string) {
	if in.obj != nil || e.f.name == "" || e.f.name == "name" {
		e.c.did(e.f, in, operation, "none")
		return
	}
	if err := e.f.print(m, e.c.out); err != nil {
		e.c.errOut(errorText(err, e.c.sh.o.Server))
	}
}

var errIdentityChanged = errors.New("At least one of apiVersion, kind and name was changed")

// patch sends the difference to what was edited.
func (e *editing) patch(in *info, m map[string]any, was []byte, done func(error)) {
	is, err := json.Marshal(m)
	if err != nil {
		done(err)
		return
	}
	kind := types.StrategicMergePatchType
	var body []byte
	sample := in.res.New()
	if _, custom := sample.(runtime.Unstructured); custom {
		kind = types.MergePatchType
		body, err = patch.TwoWayMerge(was, is)
	} else {
		body, err = patch.TwoWayStrategic(was, is, sample)
	}
	if err == nil && identityChanged(body) {
		err = errIdentityChanged
	}
	if err != nil {
		done(err)
		return
	}
	if e.c.f.bool("output-patch") {
		e.c.printf("Patch: %s\n", body)
	}
	e.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Subresource: e.c.f.str("subresource"), Namespace: in.ns, Name: in.name, PatchType: kind, Patch: body,
		FieldManager: e.manager, FieldValidation: e.validation}, func(r *api.Response) {
		if r.Err != nil {
			e.c.errf("%s\n", e.refused(r.Err, in))
			done(nil)
			return
		}
		in.obj = r.Object
		e.did(in, m, "edited")
		done(nil)
	})
}

func identityChanged(body []byte) bool {
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		return false
	}
	_, apiVersion := m["apiVersion"]
	_, kind := m["kind"]
	meta, _ := m["metadata"].(map[string]any)
	_, name := meta["name"]
	return apiVersion || kind || name
}

// annotate replaces the annotation by what was edited.
func (e *editing) annotate(in *info, m map[string]any, done func(error)) {
	text, err := json.Marshal(m)
	var body []byte
	if err == nil {
		body, err = json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{corev1.LastAppliedConfigAnnotation: string(text) + "\n"}}})
	}
	if err != nil {
		done(err)
		return
	}
	e.c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: e.namespace(in), Name: in.name, PatchType: types.MergePatchType, Patch: body,
		FieldManager: e.manager, FieldValidation: e.validation}, func(r *api.Response) {
		if r.Err == nil {
			e.did(in, m, "edited")
		}
		done(r.Err)
	})
}

func (e *editing) namespace(in *info) string {
	if in.res.Namespaced {
		return e.c.ns
	}
	return ""
}

// create makes the edited object.
func (e *editing) create(in *info, m map[string]any, done func(error)) {
	text, err := json.Marshal(m)
	if err == nil {
		in.doc.Raw = text
		in.raw = map[string]any{}
		err = kjson.UnmarshalCaseSensitivePreserveInts(text, &in.raw)
	}
	var obj api.Object
	if err == nil {
		obj, err = e.c.object(in, e.validation)
	}
	if err != nil {
		done(err)
		return
	}
	e.c.create(in, obj, "none", e.manager, e.validation, func(err error) {
		if err == nil {
			e.did(in, m, "created")
		}
		done(err)
	})
}

// refused counts an error of the server and puts it into words.
func (e *editing) refused(err error, in *info) string {
	name := in.res.Qualified()
	switch {
	case apierrors.IsInvalid(err):
		e.invalid++
		r := editReason{head: fmt.Sprintf("%s %q was not valid", name, in.name)}
		var status apierrors.APIStatus
		if errors.As(err, &status) && status.Status().Details != nil {
			for _, cause := range status.Status().Details.Causes {
				r.causes = append(r.causes, cause.Field+": "+cause.Message)
			}
		}
		e.reasons = append(e.reasons, r)
		return fmt.Sprintf("error: %s %q is invalid", name, in.name)
	case apierrors.IsNotFound(err):
		e.notFound++
		return fmt.Sprintf("error: %s %q could not be found on the server", name, in.name)
	}
	e.retryable++
	return fmt.Sprintf("error: %s %q could not be patched: %v", name, in.name, err)
}

// edit opens the user's editor with a text. then gets what was saved, or false if nothing was.
func (c *cmd) edit(name, text string, then func(saved string, ok bool)) {
	ctx := c.sh.a.Sim().Context()
	answered := false
	c.editor(name, text, func(saved string, ok bool) {
		if answered || c.over {
			return
		}
		answered = true
		// What follows is a consequence of the command, not of whoever happened to run when the user saved.
		c.sh.a.Sim().In(ctx, func() { c.after(0, "edited", func() { then(saved, ok) }) })
	})
}

// keep holds a temporary file, which later commands of the workstation may name.
func (sh *Shell) keep(name, text string) {
	if sh.kept == nil {
		sh.kept = map[string]string{}
	}
	sh.kept[name] = text
}

func (sh *Shell) forget(name string) { delete(sh.kept, name) }

// with adds the shell's temporary files to those of a command.
func (sh *Shell) with(files map[string]string) map[string]string {
	if len(sh.kept) == 0 {
		return files
	}
	all := map[string]string{}
	for name, text := range sh.kept {
		all[name] = text
	}
	for name, text := range files {
		all[name] = text
	}
	return all
}
