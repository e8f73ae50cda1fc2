package validation

import (
	"cmp"
	"slices"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// errs collects what is wrong with one object. The rules are its methods, grouped in files by what they look at; each
// appends in upstream's order.
type errs struct {
	list field.ErrorList

	// An update checks metadata twice, as upstream does: once for all kinds, once as the kind wants it. What the first
	// pass found out need not be found out again.
	metaClean  bool            // nothing is wrong with the metadata for itself, but for a kind's rule for names
	updateDone bool            // the comparison with the old metadata was made
	updateErrs field.ErrorList // and gave this
}

var (
	metaPath   = field.NewPath("metadata")
	specPath   = field.NewPath("spec")
	statusPath = field.NewPath("status")
)

const (
	msgNegative    = "must be greater than or equal to 0"
	msgNotPositive = "must be greater than zero"
	msgImmutable   = "field is immutable"
	msgFileMode    = "must be a number between 0 and 0777 (octal), both inclusive"
)

func (e *errs) add(err *field.Error)               { e.list = append(e.list, err) }
func (e *errs) addAll(list field.ErrorList)        { e.list = append(e.list, list...) }
func (e *errs) required(p *field.Path, why string) { e.add(field.Required(p, why)) }
func (e *errs) invalid(p *field.Path, v any, why string) {
	e.add(field.Invalid(p, v, why))
}
func (e *errs) forbidden(p *field.Path, why string) { e.add(field.Forbidden(p, why)) }
func (e *errs) duplicate(p *field.Path, v any)      { e.add(field.Duplicate(p, v)) }
func (e *errs) notFound(p *field.Path, v any)       { e.add(field.NotFound(p, v)) }
func (e *errs) tooLong(p *field.Path, max int)      { e.add(field.TooLong(p, "", max)) }
func (e *errs) tooMany(p *field.Path, n, max int)   { e.add(field.TooMany(p, n, max)) }

// each reports one value once for every message of a syntax check.
func (e *errs) each(p *field.Path, v any, messages []string) {
	for _, m := range messages {
		e.invalid(p, v, m)
	}
}

// nonEmpty reports an empty string and tells whether there is one to look at.
func (e *errs) nonEmpty(p *field.Path, s string) bool {
	if s == "" {
		e.required(p, "")
	}
	return s != ""
}

func (e *errs) nonNegative(p *field.Path, v int64) {
	if v < 0 {
		e.invalid(p, v, msgNegative)
	}
}

func (e *errs) positive(p *field.Path, v int64) {
	if v <= 0 {
		e.invalid(p, v, msgNotPositive)
	}
}

func (e *errs) nonNegativeQuantity(p *field.Path, q resource.Quantity) {
	if q.Sign() < 0 {
		e.invalid(p, q.String(), msgNegative)
	}
}

// oneOf reports a value that is not allowed, listing those that are in the order given.
func oneOf[T ~string](e *errs, p *field.Path, v T, allowed ...T) {
	if !slices.Contains(allowed, v) {
		e.add(field.NotSupported(p, v, allowed))
	}
}

// someOf is oneOf for a field that must be set: an empty value is reported as missing.
func someOf[T ~string](e *errs, p *field.Path, v T, allowed ...T) {
	if v == "" {
		e.required(p, "")
	} else {
		oneOf(e, p, v, allowed...)
	}
}

// optionalOneOf is oneOf for a field that may be left out.
func optionalOneOf[T ~string](e *errs, p *field.Path, v *T, allowed ...T) {
	if v != nil {
		oneOf(e, p, *v, allowed...)
	}
}

func immutable(e *errs, p *field.Path, now, was any) {
	if !apiequality.Semantic.DeepEqual(was, now) {
		e.invalid(p, now, msgImmutable)
	}
}

// sortedKeys gives a map an order, so that the same object always yields the same text.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	if len(m) == 0 {
		return nil
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func deref[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
