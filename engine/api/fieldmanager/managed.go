package fieldmanager

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"tabernetes/engine/order"
)

// managed is metadata.managedFields taken apart: sets by manager, as structured-merge-diff wants them.
type managed struct {
	fields fieldpath.ManagedFields
	times  map[string]*metav1.Time
	ids    map[string]metav1.ManagedFieldsEntry // what each manager identifier stands for, without fields and time
}

func newManaged() *managed {
	return &managed{fields: fieldpath.ManagedFields{}, times: map[string]*metav1.Time{}, ids: map[string]metav1.ManagedFieldsEntry{}}
}

// identify is the identifier of an entry's manager. It looks like upstream's, by which conflicts and the oldest
// updaters are sorted; the version is no part of an applier's.
func (m *managed) identify(e *metav1.ManagedFieldsEntry) string {
	b := []byte{'{'}
	add := func(name, v string) {
		if v == "" {
			return
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, name), ':')
		b = appendQuoted(b, v)
	}
	add("manager", e.Manager)
	add("operation", string(e.Operation))
	if e.Operation != metav1.ManagedFieldsOperationApply {
		add("apiVersion", e.APIVersion)
	}
	add("subresource", e.Subresource)
	id := string(append(b, '}'))
	m.ids[id] = metav1.ManagedFieldsEntry{Manager: e.Manager, Operation: e.Operation, APIVersion: e.APIVersion, Subresource: e.Subresource}
	return id
}

// decode reads entries; the error says what is wrong with them (managedfields.ValidateManagedFields).
func decode(entries []metav1.ManagedFieldsEntry) (*managed, error) {
	m := newManaged()
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Operation != metav1.ManagedFieldsOperationApply && e.Operation != metav1.ManagedFieldsOperationUpdate:
			return nil, errors.New("operation must be `Apply` or `Update`")
		case e.APIVersion == "":
			return nil, errors.New("apiVersion must not be empty")
		case e.FieldsType == "":
			return nil, fmt.Errorf("missing fieldsType in managed fields entry %d", i)
		case e.FieldsType != fieldsV1:
			return nil, fmt.Errorf("invalid fieldsType %q in managed fields entry %d", e.FieldsType, i)
		}
		set, err := decodeSet(e.FieldsV1)
		if err != nil {
			return nil, fmt.Errorf("error decoding versioned set from %s: error decoding set: %w", e.Manager, err)
		}
		m.put(e, set)
	}
	return m, nil
}

func (m *managed) put(e *metav1.ManagedFieldsEntry, set *fieldpath.Set) {
	id := m.identify(e)
	m.fields[id] = fieldpath.NewVersionedSet(set, fieldpath.APIVersion(e.APIVersion), e.Operation == metav1.ManagedFieldsOperationApply)
	m.times[id] = e.Time
}

const fieldsV1 = "FieldsV1"

// encode makes the entries, sorted as upstream sorts them; nil if there are none.
func (m *managed) encode() []metav1.ManagedFieldsEntry {
	var out []metav1.ManagedFieldsEntry
	for _, id := range slices.Sorted(maps.Keys(m.fields)) {
		vs := m.fields[id]
		e := m.ids[id]
		e.APIVersion = string(vs.APIVersion())
		if vs.Applied() {
			e.Operation = metav1.ManagedFieldsOperationApply
		}
		e.Time, e.FieldsType, e.FieldsV1 = m.times[id], fieldsV1, encodeSet(vs.Set())
		out = append(out, e)
	}
	sortEntries(out)
	return out
}

func sortEntries(list []metav1.ManagedFieldsEntry) {
	order.By(list, func(a, b metav1.ManagedFieldsEntry) int {
		return cmp.Or(
			cmp.Compare(a.Operation, b.Operation), cmp.Compare(seconds(a.Time), seconds(b.Time)), cmp.Compare(a.Manager, b.Manager),
			cmp.Compare(a.APIVersion, b.APIVersion), cmp.Compare(a.Subresource, b.Subresource))
	})
}

func seconds(t *metav1.Time) int64 {
	if t == nil {
		return 0
	}
	return t.Unix()
}

// Validate says what is wrong with entries that a client sent.
func Validate(entries []metav1.ManagedFieldsEntry) error {
	_, err := decode(entries)
	return err
}

// isReset: an empty list, or a list of one empty entry, is how clients ask for tracking to end.
func isReset(entries []metav1.ManagedFieldsEntry) bool {
	if len(entries) == 0 {
		return entries != nil
	}
	return len(entries) == 1 && reflect.DeepEqual(entries[0], metav1.ManagedFieldsEntry{})
}

// SameButTimes reports that two lists of entries differ in nothing but their times.
func SameButTimes(a, b []metav1.ManagedFieldsEntry) bool {
	return slices.EqualFunc(a, b, func(x, y metav1.ManagedFieldsEntry) bool {
		return x.Manager == y.Manager && x.Operation == y.Operation && x.APIVersion == y.APIVersion && x.Subresource == y.Subresource &&
			x.FieldsType == y.FieldsType && rawOf(&x) == rawOf(&y)
	})
}

func rawOf(e *metav1.ManagedFieldsEntry) string {
	if e.FieldsV1 == nil {
		return ""
	}
	return e.FieldsV1.GetRawString()
}

// maxUpdaters is how many managers may hold fields by updates; the oldest beyond are merged (capmanagers.go).
const (
	maxUpdaters = 10
	oldUpdaters = "ancient-changes"
)

// capUpdaters merges the oldest updaters into one a version until there are few enough.
func (m *managed) capUpdaters() {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(m.fields)) {
		if !m.fields[id].Applied() {
			ids = append(ids, id)
		}
	}
	left := len(ids)
	if left <= maxUpdaters {
		return
	}
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(seconds(m.times[a]), seconds(m.times[b])) })
	first := map[fieldpath.APIVersion]string{}
	for i := 0; i < len(ids) && left > maxUpdaters; i++ {
		vs, when := m.fields[ids[i]], m.times[ids[i]]
		version := vs.APIVersion()
		f, ok := first[version]
		if !ok {
			first[version] = ids[i]
			continue
		}
		bucket := m.identify(&metav1.ManagedFieldsEntry{Manager: oldUpdaters, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: string(version)})
		if _, ok := m.fields[bucket]; !ok {
			m.fields[bucket] = m.fields[f]
			delete(m.fields, f)
		}
		m.fields[bucket] = fieldpath.NewVersionedSet(vs.Set().Union(m.fields[bucket].Set()), version, vs.Applied())
		delete(m.fields, ids[i])
		left--
		m.times[bucket] = when
	}
}
