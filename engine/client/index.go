package client

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

// index groups the objects of a cache by values computed from them.
type index[T Typed] struct {
	name    string
	values  func(T) []string
	buckets map[string]*bucket[T]
}

// bucket keeps objects of one value; a large one knows their places.
type bucket[T Typed] struct {
	list []T
	pos  map[string]int
}

const bucketMapFrom = 32

// AddIndex makes the cache findable by values of its objects. Objects already held are indexed at once.
func (k *Cache[T]) AddIndex(name string, values func(T) []string) {
	for _, x := range k.indexes {
		if x.name == name {
			return
		}
	}
	x := &index[T]{name: name, values: values, buckets: map[string]*bucket[T]{}}
	k.indexes = append(k.indexes, x)
	var none T
	for _, o := range k.list {
		x.update(api.KeyOf(o), none, o)
	}
}

// ByIndex are the objects with a value, in a deterministic but arbitrary order. The slice is the cache's own.
func (k *Cache[T]) ByIndex(name, value string) []T {
	for _, x := range k.indexes {
		if x.name == name {
			if b := x.buckets[value]; b != nil {
				return b.list
			}
			return nil
		}
	}
	panic("client: cache of " + k.r.Name + " has no index " + name)
}

// IndexNamespace is the name of the index that ByNamespace makes.
const IndexNamespace = "namespace"

// ByNamespace is an index function for AddIndex(IndexNamespace, ...).
func ByNamespace[T Typed](o T) []string { return []string{o.GetNamespace()} }

// IndexOwner is the name of the index that ByOwner makes.
const IndexOwner = "owner"

// ByOwner is an index function: the UID of the controlling owner, "" for none.
func ByOwner[T Typed](o T) []string {
	for i, refs := 0, o.GetOwnerReferences(); i < len(refs); i++ {
		if refs[i].Controller != nil && *refs[i].Controller {
			return []string{string(refs[i].UID)}
		}
	}
	return []string{""}
}

// IndexOrphans is the name of the index that Orphans makes.
const IndexOrphans = "orphans"

// Orphans is an index function: the namespace of what nobody controls.
func Orphans[T Typed](o T) []string {
	if metav1.GetControllerOfNoCopy(o) == nil {
		return []string{o.GetNamespace()}
	}
	return nil
}

func (x *index[T]) update(key string, old, new T) {
	var none T
	var before, after []string
	if !Same(old, none) {
		before = x.values(old)
	}
	if !Same(new, none) {
		after = x.values(new)
	}
	for _, v := range before {
		if !slices.Contains(after, v) {
			b := x.buckets[v]
			if b == nil {
				continue // a value named twice
			}
			b.remove(key)
			if len(b.list) == 0 {
				delete(x.buckets, v)
			}
		}
	}
	for _, v := range after {
		b := x.buckets[v]
		if b == nil {
			b = &bucket[T]{}
			x.buckets[v] = b
		}
		b.put(key, new)
	}
}

func (b *bucket[T]) find(key string) int {
	if b.pos != nil {
		if i, ok := b.pos[key]; ok {
			return i
		}
		return -1
	}
	for i, o := range b.list {
		if api.KeyOf(o) == key {
			return i
		}
	}
	return -1
}

func (b *bucket[T]) put(key string, o T) {
	if i := b.find(key); i >= 0 {
		b.list[i] = o
		return
	}
	b.list = append(b.list, o)
	if b.pos != nil {
		b.pos[key] = len(b.list) - 1
	} else if len(b.list) > bucketMapFrom {
		b.pos = make(map[string]int, 2*len(b.list))
		for i, o := range b.list {
			b.pos[api.KeyOf(o)] = i
		}
	}
}

func (b *bucket[T]) remove(key string) {
	i := b.find(key)
	if i < 0 {
		return
	}
	last := len(b.list) - 1
	moved := b.list[last]
	b.list[i] = moved
	var none T
	b.list[last] = none
	b.list = b.list[:last]
	if b.pos != nil {
		delete(b.pos, key)
		if i != last {
			b.pos[api.KeyOf(moved)] = i
		}
	}
}
