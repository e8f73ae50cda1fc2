package fieldmanager

import (
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"tabernetes/engine/api"
)

// Apply merges a document into an object on behalf of a manager: server-side apply. live is the object as stored, or nil
// if there is none; patch is the document as decoded from JSON with integers as int64. The object returned is new, has
// its managedFields set and, like what a client sends, needs defaults, admission and validation; live is not changed.
//
// Errors are those of upstream: 409 with a cause a field for a conflict, 400 for a document of another kind or one with
// managedFields, and errors without a status where the document does not fit the kind (upstream answers 500).
//
// Upstream: FieldManager.Apply of managedfields/internal/fieldmanager.go and the managers it is wrapped in.
func (m *Manager) Apply(r *api.Resource, live api.Object, patch map[string]any, w Writer, force bool) (api.Object, error) {
	if live == nil {
		live = r.New()
	}
	gvk := kindOf(patch)
	if gvk != r.GVK() {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("invalid object type: %s", gvk.String()))
	}
	books, err := decode(m.resolve(r, live))
	if err != nil {
		return nil, fmt.Errorf("failed to decode managed fields: %w", err)
	}
	a := &application{m: m, r: r, live: bare(r, live), patch: patch, w: w}
	if len(books.fields) == 0 {
		before := w
		before.Manager = beforeFirstApply
		entries, err := m.update(r, nil, a.live, books, nil, before)
		if err != nil {
			return nil, fmt.Errorf("failed to create manager for existing fields: %w", err)
		}
		if books, err = decode(entries); err != nil {
			return nil, err
		}
	}
	obj, out, err := a.upgrading(books, force)
	if err != nil {
		var conflicts merge.Conflicts
		if errors.As(err, &conflicts) {
			return nil, out.conflictError(conflicts)
		}
		return nil, err
	}
	if w.Manager == kubectl && obj.GetAnnotations()[lastApplied] != "" {
		if err := setLastApplied(obj, patch); err != nil {
			return nil, err
		}
	}
	obj.SetManagedFields(out.encode())
	return obj, nil
}

// beforeFirstApply owns what an object held that nobody tracked.
const beforeFirstApply = "before-first-apply"

// kubectl is the manager for which objects change from client-side to server-side apply.
const kubectl = "kubectl"

func kindOf(doc map[string]any) kschema.GroupVersionKind {
	version, _ := doc["apiVersion"].(string)
	kind, _ := doc["kind"].(string)
	gv, err := kschema.ParseGroupVersion(version)
	if err != nil {
		return kschema.GroupVersionKind{}
	}
	return gv.WithKind(kind)
}

// application is one apply.
type application struct {
	m     *Manager
	r     *api.Resource
	live  api.Object // bare
	patch map[string]any
	w     Writer
}

// merge is the apply proper. books is not changed; the books returned are of use for naming conflicts as well.
func (a *application) merge(books *managed, force bool) (api.Object, *managed, error) {
	out := newManaged()
	maps.Copy(out.fields, books.fields)
	maps.Copy(out.times, books.times)
	maps.Copy(out.ids, books.ids)
	own := a.w.entry(a.r, metav1.ManagedFieldsOperationApply)
	id := out.identify(&own)
	if meta, ok := a.patch["metadata"].(map[string]any); ok {
		if _, ok := meta["managedFields"].([]any); ok {
			return nil, out, apierrors.NewBadRequest("metadata.managedFields must be nil")
		}
	}
	t := a.m.typeOf(a.r)
	config, err := t.FromUnstructured(a.patch)
	if err != nil {
		return nil, out, fmt.Errorf("failed to create typed patch object (%s): %w", a.named(), err)
	}
	v, err := valueOf(a.live)
	if err != nil {
		return nil, out, err
	}
	before, err := typed.AsTyped(v, t.Schema, t.TypeRef, typed.AllowDuplicates)
	if err != nil {
		return nil, out, fmt.Errorf("failed to create typed live object (%s): %w", a.named(), err)
	}
	merged, fields, err := a.m.updater(a.r, a.w.Subresource).Apply(before, config, fieldpath.APIVersion(a.r.APIVersion()), out.fields, id, force)
	if err != nil {
		return nil, out, err
	}
	out.fields = fields
	if vs, ok := fields[id]; ok {
		if set := strip(vs.Set()); set.Empty() {
			delete(fields, id)
		} else {
			fields[id] = fieldpath.NewVersionedSet(set, vs.APIVersion(), vs.Applied())
		}
	}
	if merged == nil { // nothing but the books changes
		return a.live.DeepCopyObject().(api.Object), out, nil
	}
	out.times[id] = a.w.Now
	obj, err := a.m.objectOf(a.r, merged)
	if err != nil {
		return nil, out, fmt.Errorf("failed to convert new object (%s) to proper version (%s): %w", a.named(), a.r.APIVersion(), err)
	}
	return obj, out, nil
}

// named is how upstream's errors name the document.
func (a *application) named() string {
	ns, name := "", ""
	if meta, ok := a.patch["metadata"].(map[string]any); ok {
		ns, _ = meta["namespace"].(string)
		name, _ = meta["name"].(string)
	}
	gvk := kindOf(a.patch)
	return ns + "/" + name + "; " + gvk.String()
}
