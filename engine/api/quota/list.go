package quota

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// List is an amount of each of some resources.
type List = corev1.ResourceList

// Names are the resources of a list, sorted.
func Names(l List) []corev1.ResourceName {
	out := make([]corev1.ResourceName, 0, len(l))
	for k := range l {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Equal compares amounts.
func Equal(a, b List) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v.Cmp(w) != 0 {
			return false
		}
	}
	return true
}

// Add is a + b.
func Add(a, b List) List {
	out := make(List, len(a)+len(b))
	for k, v := range a {
		q := v.DeepCopy()
		if w, ok := b[k]; ok {
			q.Add(w)
		}
		out[k] = q
	}
	for k, v := range b {
		if _, ok := out[k]; !ok {
			out[k] = v.DeepCopy()
		}
	}
	return out
}

// growth is what a has more than b, never less than nothing.
func growth(a, b List) List {
	out := make(List, len(a))
	for k, v := range a {
		q := v.DeepCopy()
		if w, ok := b[k]; ok {
			q.Sub(w)
		}
		if q.Sign() < 0 {
			q = resource.MustParse("0")
		}
		out[k] = q
	}
	return out
}

// Mask keeps the named resources of a list.
func Mask(l List, names []corev1.ResourceName) List {
	out := List{}
	for _, k := range names {
		if v, ok := l[k]; ok {
			out[k] = v.DeepCopy()
		}
	}
	return out
}

func withoutZeros(l List) List {
	out := List{}
	for k, v := range l {
		if !v.IsZero() {
			out[k] = v
		}
	}
	return out
}

// Text prints a list as quota errors do: "cpu=1,memory=2Gi".
func Text(l List) string {
	var b strings.Builder
	for i, k := range Names(l) {
		if i > 0 {
			b.WriteByte(',')
		}
		q := l[k]
		b.WriteString(string(k) + "=" + q.String())
	}
	return b.String()
}

func joinNames(names []corev1.ResourceName) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func one() resource.Quantity { return *resource.NewQuantity(1, resource.DecimalSI) }

// Zero is nothing, as quotas print it.
func Zero() resource.Quantity { return resource.Quantity{Format: resource.DecimalSI} }

// AddTracked adds to a list, in place, what it has names for.
func AddTracked(sum, more List) {
	for k, v := range sum {
		if w, ok := more[k]; ok {
			v.Add(w)
			sum[k] = v
		}
	}
}
