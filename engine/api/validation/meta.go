package validation

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// nameRule says what is wrong with a name. Of a prefix more will follow, so it may end in a dash.
type nameRule func(name string, prefix bool) []string

func subdomainName(name string, prefix bool) []string {
	if name := maskDash(name, prefix); !plainSubdomain(name) {
		return validation.IsDNS1123Subdomain(name)
	}
	return nil
}

func labelName(name string, prefix bool) []string {
	if name := maskDash(name, prefix); !plainLabel(name) {
		return validation.IsDNS1123Label(name)
	}
	return nil
}

// maskDash replaces the last two characters of a prefix "x-" by a letter: only the dash may be wrong at the end.
func maskDash(name string, prefix bool) string {
	if prefix && len(name) > 1 && strings.HasSuffix(name, "-") {
		return name[:len(name)-2] + "a"
	}
	return name
}

func (e *errs) subdomain(p *field.Path, s string) {
	if !plainSubdomain(s) {
		e.each(p, s, validation.IsDNS1123Subdomain(s))
	}
}
func (e *errs) label(p *field.Path, s string) {
	if !plainLabel(s) {
		e.each(p, s, validation.IsDNS1123Label(s))
	}
}
func (e *errs) qualified(p *field.Path, s string) { e.each(p, s, validation.IsQualifiedName(s)) }

// commonUpdate is what the API server checks for every update before the kind has its say; it may therefore report a
// thing twice, and clients show it once. Upstream: validateCommonFields in apiserver's registry/rest.
func (e *errs) commonUpdate(obj, old runtime.Object) {
	to, ok := obj.(metav1.ObjectMetaAccessor)
	from, okOld := old.(metav1.ObjectMetaAccessor)
	if !ok || !okOld {
		return
	}
	m, okMeta := to.GetObjectMeta().(*metav1.ObjectMeta)
	was, okWas := from.GetObjectMeta().(*metav1.ObjectMeta)
	if !okMeta || !okWas {
		return
	}
	// The server has fitted the namespace to the kind's scope before.
	namespaced := m.Namespace != "" || was.Namespace != ""
	e.objectMetaBase(m, namespaced, path.ValidatePathSegmentName)
	e.metaClean = len(e.list) == 0
	before := len(e.list)
	e.objectMetaUpdateBase(m, was)
	e.updateErrs, e.updateDone = e.list[before:len(e.list):len(e.list)], true
}

// objectMeta checks the metadata of a new object of a core or apps kind.
func (e *errs) objectMeta(m *metav1.ObjectMeta, namespaced bool, rule nameRule) {
	e.objectMetaBase(m, namespaced, rule)
	e.standardFinalizers(m)
}

// objectMetaBase is apimachinery's part, which some groups use alone.
func (e *errs) objectMetaBase(m *metav1.ObjectMeta, namespaced bool, rule nameRule) {
	if m.GenerateName != "" {
		e.each(metaPath.Child("generateName"), m.GenerateName, rule(m.GenerateName, true))
	}
	if m.Name == "" {
		e.required(metaPath.Child("name"), "name or generateName is required")
	} else {
		e.each(metaPath.Child("name"), m.Name, rule(m.Name, false))
	}
	if e.metaClean {
		return
	}
	if namespaced {
		if p := metaPath.Child("namespace"); e.nonEmpty(p, m.Namespace) {
			e.each(p, m.Namespace, labelName(m.Namespace, false))
		}
	} else if m.Namespace != "" {
		e.forbidden(metaPath.Child("namespace"), "not allowed on this type")
	}
	e.nonNegative(metaPath.Child("generation"), m.Generation)
	e.labels(metaPath.Child("labels"), m.Labels)
	e.annotations(metaPath.Child("annotations"), m.Annotations)
	e.ownerReferences(metaPath.Child("ownerReferences"), m.OwnerReferences)
	e.finalizers(metaPath.Child("finalizers"), m.Finalizers)
	e.managedFields(metaPath.Child("managedFields"), m.ManagedFields)
}

func (e *errs) objectMetaUpdate(m, old *metav1.ObjectMeta) {
	e.objectMetaUpdateBase(m, old)
	e.standardFinalizers(m)
}

func (e *errs) objectMetaUpdateBase(m, old *metav1.ObjectMeta) {
	if e.updateDone {
		e.addAll(e.updateErrs)
		return
	}
	if old.DeletionTimestamp != nil {
		e.noNewFinalizers(metaPath.Child("finalizers"), m.Finalizers, old.Finalizers)
	}
	if m.ResourceVersion == "" {
		e.invalid(metaPath.Child("resourceVersion"), m.ResourceVersion, "must be specified for an update")
	}
	e.nonNegative(metaPath.Child("generation"), m.Generation)
	if m.Generation < old.Generation {
		e.invalid(metaPath.Child("generation"), m.Generation, "must not be decremented")
	}
	// Compared one by one: this runs for every write, and reflection would cost more than the rest.
	if m.Name != old.Name {
		e.invalid(metaPath.Child("name"), m.Name, msgImmutable)
	}
	if m.Namespace != old.Namespace {
		e.invalid(metaPath.Child("namespace"), m.Namespace, msgImmutable)
	}
	if m.UID != old.UID {
		e.invalid(metaPath.Child("uid"), m.UID, msgImmutable)
	}
	if !m.CreationTimestamp.Equal(&old.CreationTimestamp) {
		e.invalid(metaPath.Child("creationTimestamp"), m.CreationTimestamp, msgImmutable)
	}
	if !m.DeletionTimestamp.Equal(old.DeletionTimestamp) {
		e.invalid(metaPath.Child("deletionTimestamp"), m.DeletionTimestamp, msgImmutable)
	}
	if now, was := m.DeletionGracePeriodSeconds, old.DeletionGracePeriodSeconds; (now == nil) != (was == nil) ||
		(now != nil && *now != *was) {
		e.invalid(metaPath.Child("deletionGracePeriodSeconds"), now, msgImmutable)
	}
	if e.metaClean {
		return
	}
	e.labels(metaPath.Child("labels"), m.Labels)
	e.annotations(metaPath.Child("annotations"), m.Annotations)
	e.ownerReferences(metaPath.Child("ownerReferences"), m.OwnerReferences)
	e.managedFields(metaPath.Child("managedFields"), m.ManagedFields)
}

func (e *errs) labels(p *field.Path, labels map[string]string) {
	for _, k := range sortedKeys(labels) {
		e.qualified(p, k)
		e.each(p, labels[k], validation.IsValidLabelValue(labels[k]))
	}
}

// maxAnnotationBytes bounds all keys and values of an object's annotations together.
const maxAnnotationBytes = 256 << 10

func (e *errs) annotations(p *field.Path, annotations map[string]string) {
	size := 0
	for _, k := range sortedKeys(annotations) {
		e.each(p, k, validation.IsQualifiedName(strings.ToLower(k)))
		size += len(k) + len(annotations[k])
	}
	if size > maxAnnotationBytes {
		e.tooLong(p, maxAnnotationBytes)
	}
}

func (e *errs) ownerReferences(p *field.Path, refs []metav1.OwnerReference) {
	controller := ""
	for i := range refs {
		ref := &refs[i]
		at := p.Index(i)
		gv, err := schema.ParseGroupVersion(ref.APIVersion)
		if ref.APIVersion == "" {
			e.required(at.Child("apiVersion"), "must not be empty")
		} else if err != nil || gv.Version == "" {
			e.invalid(at.Child("apiVersion"), ref.APIVersion, "must be <group>/<version> or <version>")
		}
		for _, f := range []struct{ name, value string }{{"kind", ref.Kind}, {"name", ref.Name}, {"uid", string(ref.UID)}} {
			if f.value == "" {
				e.required(at.Child(f.name), "must not be empty")
			}
		}
		if gvk := gv.WithKind(ref.Kind); gvk == (schema.GroupVersionKind{Version: "v1", Kind: "Event"}) {
			e.invalid(at, *ref, fmt.Sprintf("%s is disallowed from being an owner", gvk))
		}
		if !deref(ref.Controller, false) {
			continue
		}
		this := ref.Kind + "/" + ref.Name
		if controller != "" {
			e.invalid(p, refs, fmt.Sprintf(`Only one reference can have Controller set to true. Found "true" in references for %v and %v`, controller, this))
		} else {
			controller = this
		}
	}
}

func (e *errs) finalizers(p *field.Path, finalizers []string) {
	for _, f := range finalizers {
		e.qualified(p, f)
	}
	if slices.Contains(finalizers, metav1.FinalizerOrphanDependents) && slices.Contains(finalizers, metav1.FinalizerDeleteDependents) {
		e.invalid(p, finalizers, fmt.Sprintf("finalizer %s and %s cannot be both set", metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents))
	}
}

// standardFinalizers: a finalizer without a domain must be one of Kubernetes' own.
func (e *errs) standardFinalizers(m *metav1.ObjectMeta) {
	for i, f := range m.Finalizers {
		e.standardFinalizer(metaPath.Child("finalizers").Index(i), f)
	}
}

func (e *errs) standardFinalizer(p *field.Path, f string) {
	if strings.Contains(f, "/") {
		return
	}
	switch f {
	case "kubernetes", metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents:
	default:
		e.invalid(p, f, "name is neither a standard finalizer name nor is it fully qualified")
	}
}

func (e *errs) finalizerName(p *field.Path, f string) {
	e.qualified(p, f)
	e.standardFinalizer(p, f)
}

func (e *errs) noNewFinalizers(p *field.Path, now, was []string) {
	var added []string
	for _, f := range now {
		if !slices.Contains(was, f) && !slices.Contains(added, f) {
			added = append(added, f)
		}
	}
	if len(added) > 0 {
		slices.Sort(added)
		e.forbidden(p, fmt.Sprintf("no new finalizers can be added if the object is being deleted, found new finalizers %#v", added))
	}
}

const (
	maxFieldManagerBytes = 128
	maxSubresourceBytes  = 256
)

func (e *errs) managedFields(p *field.Path, entries []metav1.ManagedFieldsEntry) {
	for i := range entries {
		entry := &entries[i]
		switch entry.Operation {
		case metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate:
		case "":
			e.required(p.Index(i).Child("operation"), "must not be empty")
		default:
			e.add(field.NotSupported(p.Index(i).Child("operation"), entry.Operation,
				[]metav1.ManagedFieldsOperationType{metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate}))
		}
		// The server itself keeps notes of two more types (engine/api/fieldmanager).
		if t := entry.FieldsType; t != "" && t != "FieldsV1" && t != "Created" && t != "Status" {
			e.invalid(p.Index(i).Child("fieldsType"), entry.FieldsType, "must be `FieldsV1`")
		}
		e.fieldManager(p.Index(i).Child("manager"), entry.Manager)
		if len(entry.Subresource) > maxSubresourceBytes {
			e.tooLong(p.Index(i).Child("subresource"), maxSubresourceBytes)
		}
	}
}

func (e *errs) fieldManager(p *field.Path, manager string) {
	if len(manager) > maxFieldManagerBytes {
		e.tooLong(p, maxFieldManagerBytes)
	}
	for i, r := range manager {
		if !unicode.IsPrint(r) {
			e.invalid(p, manager, fmt.Sprintf("invalid character %#U (at position %d)", r, i))
		}
	}
}
