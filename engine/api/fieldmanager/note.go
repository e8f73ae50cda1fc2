package fieldmanager

import (
	"maps"
	"slices"
	"strings"
	"unsafe"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"tabernetes/engine/api"
)

// The FieldsTypes of entries that are notes; see the package's documentation.
const (
	lazyCreated = "Created"
	lazyStatus  = "Status"
)

func isNote(e *metav1.ManagedFieldsEntry) bool {
	return e.FieldsType == lazyCreated || e.FieldsType == lazyStatus
}

// split parts entries into those with known fields and notes. Neither list is shared with the argument.
func split(entries []metav1.ManagedFieldsEntry) (exact, lazy []metav1.ManagedFieldsEntry) {
	for i := range entries {
		if isNote(&entries[i]) {
			lazy = append(lazy, entries[i])
		} else {
			exact = append(exact, entries[i])
		}
	}
	return exact, lazy
}

// notes remembers the lists it made in the current second, so that equal objects share one.
type notes struct {
	second int64
	made   map[noteKey][]metav1.ManagedFieldsEntry
}

type noteKey struct {
	old                unsafe.Pointer // the list that was changed
	n                  int
	manager, sub, kind string
	version            string
}

const maxNotes = 4096

func (n *notes) shared(old []metav1.ManagedFieldsEntry, e *metav1.ManagedFieldsEntry, build func() []metav1.ManagedFieldsEntry) []metav1.ManagedFieldsEntry {
	if s := e.Time.Unix(); s != n.second || n.made == nil || len(n.made) >= maxNotes {
		n.second, n.made = s, map[noteKey][]metav1.ManagedFieldsEntry{}
	}
	k := noteKey{unsafe.Pointer(unsafe.SliceData(old)), len(old), e.Manager, e.Subresource, e.FieldsType, e.APIVersion}
	list, ok := n.made[k]
	if !ok {
		list = build()
		n.made[k] = list
	}
	return list
}

// Note tracks a write of a component: obj takes the place of cur (nil: it is new). It returns what obj's managedFields
// are to be. Most writes cost a look at the entries; one that may take fields from somebody whose fields are known is
// compared. cur and obj share what the writer left alone.
func (m *Manager) Note(r *api.Resource, cur, obj api.Object, w Writer) []metav1.ManagedFieldsEntry {
	e := w.entry(r, metav1.ManagedFieldsOperationUpdate)
	e.Time = w.Now
	if cur == nil {
		e.FieldsType = lazyCreated
		return m.notes.shared(nil, &e, func() []metav1.ManagedFieldsEntry { return []metav1.ManagedFieldsEntry{e} })
	}
	old := cur.GetManagedFields()
	switch {
	case len(old) == 0:
		return nil // not tracked so far
	case w.Subresource == "status":
		if !sameMeta(cur, obj) {
			break
		}
		mine, others := -1, false
		for i := range old {
			o := &old[i]
			switch {
			case o.FieldsType == lazyStatus:
				if o.Manager != e.Manager {
					return m.track(r, cur, obj, old, w)
				}
				mine = i
			case o.FieldsType == fieldsV1 && !(o.Manager == e.Manager && o.Subresource == "status" && o.Operation == e.Operation):
				others = others || touchesStatus(o)
			}
		}
		if others {
			break
		}
		if mine >= 0 && seconds(old[mine].Time) == seconds(e.Time) {
			return old
		}
		e.FieldsType = lazyStatus
		return m.notes.shared(old, &e, func() []metav1.ManagedFieldsEntry { return withStatusNote(old, e) })
	case w.Subresource == "":
		mine := -1
		for i := range old {
			if !isNote(&old[i]) {
				mine = -1
				break
			}
			if old[i].FieldsType == lazyCreated && old[i].Manager == e.Manager {
				mine = i
			}
		}
		if mine < 0 {
			break
		}
		if seconds(old[mine].Time) == seconds(e.Time) {
			return old
		}
		e.FieldsType = lazyCreated
		return m.notes.shared(old, &e, func() []metav1.ManagedFieldsEntry {
			out := slices.Clone(old)
			out[mine].Time = e.Time
			sortEntries(out)
			return out
		})
	}
	return m.track(r, cur, obj, old, w)
}

// touchesStatus may say yes of an entry that has some other field of that name.
func touchesStatus(e *metav1.ManagedFieldsEntry) bool {
	return e.FieldsV1 != nil && strings.Contains(e.FieldsV1.GetRawString(), `"f:status"`)
}

// sameMeta reports that a status writer left labels, annotations, owners and finalizers alone. Most have the same words
// in memory.
func sameMeta(a, b api.Object) bool {
	return sameMap(a.GetLabels(), b.GetLabels()) && sameMap(a.GetAnnotations(), b.GetAnnotations()) &&
		slices.Equal(a.GetFinalizers(), b.GetFinalizers()) && slices.EqualFunc(a.GetOwnerReferences(), b.GetOwnerReferences(), sameOwner)
}

func sameMap(a, b map[string]string) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b)) || maps.Equal(a, b)
}

func sameOwner(a, b metav1.OwnerReference) bool {
	return a.UID == b.UID && a.Name == b.Name && a.Kind == b.Kind && a.APIVersion == b.APIVersion &&
		sameBool(a.Controller, b.Controller) && sameBool(a.BlockOwnerDeletion, b.BlockOwnerDeletion)
}

func sameBool(a, b *bool) bool { return a == b || a != nil && b != nil && *a == *b }

// withStatusNote puts a writer's status note in the place of what it had.
func withStatusNote(old []metav1.ManagedFieldsEntry, e metav1.ManagedFieldsEntry) []metav1.ManagedFieldsEntry {
	out := make([]metav1.ManagedFieldsEntry, 0, len(old)+1)
	for _, o := range old {
		if o.Manager != e.Manager || o.Subresource != e.Subresource || o.Operation != e.Operation {
			out = append(out, o)
			continue
		}
		if o.FieldsType == lazyStatus {
			e.FieldsV1 = o.FieldsV1
		} else if set, err := decodeSet(o.FieldsV1); err == nil {
			extendNote(&e, set)
		}
	}
	out = append(out, e)
	sortEntries(out)
	return out
}

// statusTree is the status and all below it, for RecursiveDifference.
var statusTree = fieldpath.NewSet(path("status"))

// extendNote adds the fields outside the status to what a status note knows exactly.
func extendNote(e *metav1.ManagedFieldsEntry, set *fieldpath.Set) {
	rest := set.RecursiveDifference(statusTree)
	if before, err := decodeSet(e.FieldsV1); err == nil {
		rest = rest.Union(before)
	}
	if !rest.Empty() {
		e.FieldsV1 = encodeSet(rest)
	}
}
