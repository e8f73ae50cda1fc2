package garbagecollector

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// node is an object in the graph, or an owner that nothing but references tell of (virtual).
type node struct {
	res       *api.Resource // nil: a virtual owner of a kind the cluster does not serve
	namespace string
	name      string
	uid       types.UID
	owners    []metav1.OwnerReference

	virtual            bool
	beingDeleted       bool
	deletingDependents bool // deleted in the foreground

	dependents []*node
	place      int // in the dependents of the first owner
}

func (n *node) ref() string {
	if n.res == nil {
		return n.name
	}
	return api.Ref(n.res, n.namespace, n.name)
}

// blocking are the dependents that a foreground deletion of n waits for.
func (n *node) blocking() []*node {
	var out []*node
	for _, d := range n.dependents {
		if slices.ContainsFunc(d.owners, func(r metav1.OwnerReference) bool {
			return r.UID == n.uid && r.BlockOwnerDeletion != nil && *r.BlockOwnerDeletion
		}) {
			out = append(out, d)
		}
	}
	return out
}

func (n *node) addDependent(d *node) {
	if slices.ContainsFunc(d.owners[:1], func(r metav1.OwnerReference) bool { return r.UID == n.uid }) {
		d.place = len(n.dependents)
	}
	n.dependents = append(n.dependents, d)
}

// removeDependent is quick for a dependent whose first owner n is.
func (n *node) removeDependent(d *node) {
	i := d.place
	if i >= len(n.dependents) || n.dependents[i] != d {
		if i = slices.Index(n.dependents, d); i < 0 {
			return
		}
	}
	last := len(n.dependents) - 1
	moved := n.dependents[last]
	n.dependents[i] = moved
	n.dependents[last] = nil
	n.dependents = n.dependents[:last]
	if len(moved.owners) > 0 && moved.owners[0].UID == n.uid {
		moved.place = i
	}
	if last == 0 {
		n.dependents = nil
	}
}

// absent identifies an owner that is known not to exist.
type absent struct {
	apiVersion, kind, namespace, name string
	uid                               types.UID
}

// absentLimit bounds the memory of absent owners, as upstream's cache.
const absentLimit = 500

type absentOwners struct {
	m     map[absent]bool
	order []absent
}

func (a *absentOwners) add(k absent) {
	if a.m[k] {
		return
	}
	if a.m == nil {
		a.m = map[absent]bool{}
	}
	a.m[k] = true
	if a.order = append(a.order, k); len(a.order) > absentLimit {
		delete(a.m, a.order[0])
		a.order = a.order[1:]
	}
}

func absentKey(r *metav1.OwnerReference, namespace string) absent {
	return absent{r.APIVersion, r.Kind, namespace, r.Name, r.UID}
}
