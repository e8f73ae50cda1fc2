package fieldmanager

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"

	"tabernetes/engine/api"
)

// Update tracks a write that is no apply: what differs between live (nil: the object is new) and obj becomes the
// writer's. obj is the object with defaults and before admission, and with the managedFields the client sent. Update
// changes neither object and returns what obj's managedFields are to be; nil ends or does not begin the tracking.
//
// Upstream: FieldManager.UpdateNoErrors of managedfields/internal/fieldmanager.go; like there, what cannot be compared
// leaves managedFields as they were.
func (m *Manager) Update(r *api.Resource, live, obj api.Object, w Writer) []metav1.ManagedFieldsEntry {
	var old, sent []metav1.ManagedFieldsEntry
	if live != nil {
		old = live.GetManagedFields()
	}
	// Through a subresource nobody sets managedFields.
	if w.Subresource == "" {
		sent = obj.GetManagedFields()
		if isReset(sent) {
			if live != nil {
				return nil
			}
			sent = nil
		}
	}
	if len(sent) > 0 {
		// Who sends back what he was shown sends sets for everybody; notes are in nobody's document but the server's own.
		if books, err := decode(sent); err == nil && len(books.fields) > 0 {
			out, err := m.update(r, live, obj, books, nil, w)
			if err != nil {
				return old
			}
			return out
		}
	}
	return m.track(r, live, obj, old, w)
}

// track is Update with known entries.
func (m *Manager) track(r *api.Resource, live, obj api.Object, old []metav1.ManagedFieldsEntry, w Writer) []metav1.ManagedFieldsEntry {
	exact, lazy := split(old)
	if len(old) == 0 && live != nil && live.GetUID() != "" {
		return nil // nobody tracked it so far; the first apply will
	}
	books, err := decode(exact)
	if err != nil {
		books = newManaged()
	}
	out, err := m.update(r, live, obj, books, lazy, w)
	if err != nil {
		return old
	}
	return out
}

// currentOperation stands for the writer while it is compared, so that its time changes only if something did.
const currentOperation = "current-operation"

func (m *Manager) update(r *api.Resource, live, obj api.Object, books *managed, lazy []metav1.ManagedFieldsEntry, w Writer) ([]metav1.ManagedFieldsEntry, error) {
	if live == nil {
		live = empty(r)
	}
	set, err := m.compare(r, live, obj, books, w)
	if err != nil {
		return nil, err
	}
	if set != nil {
		own := w.entry(r, metav1.ManagedFieldsOperationUpdate)
		covered := false
		for i := range lazy {
			if l := &lazy[i]; l.Manager == own.Manager && l.Subresource == own.Subresource {
				covered = true
				l.Time = w.Now
				if l.FieldsType == lazyStatus {
					extendNote(l, set)
				}
			}
		}
		if !covered {
			id := books.identify(&own)
			if before, ok := books.fields[id]; ok {
				set = set.Union(before.Set())
			}
			books.fields[id] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(r.APIVersion()), false)
			books.times[id] = w.Now
		}
	}
	books.capUpdaters()
	out := books.encode()
	if len(lazy) > 0 {
		out = append(out, lazy...)
		sortEntries(out)
	}
	return out, nil
}

// compare takes what changed from everybody in the books and returns it, stripped of what nobody owns; nil: nothing.
func (m *Manager) compare(r *api.Resource, live, obj api.Object, books *managed, w Writer) (*fieldpath.Set, error) {
	version := fieldpath.APIVersion(r.APIVersion())
	a, b := bare(r, live), converted(bare(r, obj))
	if oneVersion(books, version) {
		dropEqual(a, b)
	}
	before, err := m.typedOf(r, a)
	if err != nil {
		return nil, err
	}
	after, err := m.typedOf(r, b)
	if err != nil {
		return nil, err
	}
	u := m.updater(r, w.Subresource)
	_, fields, err := u.Update(before, after, version, books.fields, currentOperation)
	if err != nil {
		return nil, err
	}
	books.fields = fields
	vs, ok := fields[currentOperation]
	if !ok {
		return nil, nil
	}
	delete(fields, currentOperation)
	set := strip(vs.Set())
	if set.Empty() {
		return nil, nil
	}
	return set, nil
}

func oneVersion(books *managed, version fieldpath.APIVersion) bool {
	for _, vs := range books.fields {
		if vs.APIVersion() != version {
			return false
		}
	}
	return true
}

func (m *Manager) updater(r *api.Resource, subresource string) *merge.Updater {
	filters := map[fieldpath.APIVersion]fieldpath.Filter{}
	if f := resetFields(r, subresource); f != nil {
		filters[fieldpath.APIVersion(r.APIVersion())] = f
	}
	return (&merge.UpdaterBuilder{Converter: converter{m, r}, IgnoreFilter: filters}).BuildUpdater()
}
