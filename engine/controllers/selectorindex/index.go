package selectorindex

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Index finds keys by the labels their selectors match. The zero Index is empty.
type Index struct {
	entries map[string]*entry
	buckets map[bucketKey][]*entry
}

type entry struct {
	key, namespace string
	selector       labels.Selector
	filed          []bucketKey
}

// bucketKey is a label value in a namespace; the empty label holds selectors that insist on no value.
type bucketKey struct{ namespace, label, value string }

// Set files a key under a selector, replacing the one it had. A selector that matches nothing may be labels.Nothing().
func (x *Index) Set(key, namespace string, sel labels.Selector) {
	x.Delete(key)
	if x.entries == nil {
		x.entries, x.buckets = map[string]*entry{}, map[bucketKey][]*entry{}
	}
	e := &entry{key: key, namespace: namespace, selector: sel}
	x.entries[key] = e
	reqs, selectable := sel.Requirements()
	if !selectable {
		return
	}
	e.filed = x.place(namespace, reqs)
	for _, b := range e.filed {
		x.buckets[b] = append(x.buckets[b], e)
	}
}

// place chooses the requirement whose buckets hold the fewest others.
func (x *Index) place(namespace string, reqs labels.Requirements) []bucketKey {
	var best []bucketKey
	fewest := -1
	for i := range reqs {
		switch reqs[i].Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
		default:
			continue
		}
		var keys []bucketKey
		n := 0
		for _, v := range reqs[i].ValuesUnsorted() {
			b := bucketKey{namespace, reqs[i].Key(), v}
			keys = append(keys, b)
			n += len(x.buckets[b])
		}
		if fewest < 0 || n < fewest {
			best, fewest = keys, n
		}
	}
	if best == nil {
		best = []bucketKey{{namespace: namespace}}
	}
	return best
}

// Delete takes a key out.
func (x *Index) Delete(key string) {
	e := x.entries[key]
	if e == nil {
		return
	}
	delete(x.entries, key)
	for _, b := range e.filed {
		l := x.buckets[b]
		i := slices.Index(l, e)
		l[i] = l[len(l)-1]
		l[len(l)-1] = nil
		if l = l[:len(l)-1]; len(l) == 0 {
			delete(x.buckets, b)
		} else {
			x.buckets[b] = l
		}
	}
}

// Match are the keys whose selectors match the labels of something in a namespace, sorted.
func (x *Index) Match(namespace string, set map[string]string) []string {
	if len(x.entries) == 0 {
		return nil
	}
	var out []string
	out = match(out, x.buckets[bucketKey{namespace: namespace}], set)
	for k, v := range set { // sorted below
		out = match(out, x.buckets[bucketKey{namespace, k, v}], set)
	}
	if len(out) > 1 {
		slices.Sort(out)
	}
	return out
}

func match(out []string, entries []*entry, set map[string]string) []string {
	for _, e := range entries {
		if e.selector.Matches(labels.Set(set)) {
			out = append(out, e.key)
		}
	}
	return out
}
