package garbagecollector

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Workers is --concurrent-gc-syncs.
const Workers = 20

// Controller is one running garbage collector.
type Controller struct {
	a   *sim.Actor
	c   *client.Client
	rec *client.Recorder

	graph  map[types.UID]*node
	absent absentOwners
	table  *api.Table // what is served, as discovered last
	custom custom
	delete *client.Queue // UIDs of objects that may have to go
	orphan *client.Queue // UIDs of owners whose dependents are to be released
}

// Run starts the garbage collector; it works once the caches of all resources are synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, rec: client.NewRecorder(c, "garbage-collector-controller", ""), graph: map[types.UID]*node{}, table: api.BuiltinTable()}
	k.custom.caches = map[string]*client.Cache[api.Object]{}
	k.delete = client.NewQueue(k.a, "garbage_collector_attempt_to_delete", Workers, k.attemptToDelete)
	k.orphan = client.NewQueue(k.a, "garbage_collector_attempt_to_orphan", Workers, k.attemptToOrphan)
	var caches []client.Syncable
	for _, r := range api.Builtin() {
		if r.Kept() && r != api.Events {
			caches = append(caches, k.monitor(f, r))
		}
	}
	client.WhenSynced(func() {
		k.delete.Start()
		k.orphan.Start()
	}, caches...)
	return k
}

// monitor follows one resource, through the process's own cache where other controllers have one.
func (k *Controller) monitor(f *client.Informers, r *api.Resource) client.Syncable {
	switch r {
	case api.Pods:
		return follow[*corev1.Pod](k, f, r)
	case api.ReplicaSets:
		return follow[*appsv1.ReplicaSet](k, f, r)
	case api.Deployments:
		return follow[*appsv1.Deployment](k, f, r)
	case api.Services:
		return follow[*corev1.Service](k, f, r)
	case api.EndpointSlices:
		return follow[*discoveryv1.EndpointSlice](k, f, r)
	case api.Nodes:
		return follow[*corev1.Node](k, f, r)
	case api.Namespaces:
		return follow[*corev1.Namespace](k, f, r)
	case api.ServiceAccounts:
		return follow[*corev1.ServiceAccount](k, f, r)
	case api.ConfigMaps:
		return follow[*corev1.ConfigMap](k, f, r)
	case api.Secrets:
		return follow[*corev1.Secret](k, f, r)
	case api.Leases:
		return follow[*coordinationv1.Lease](k, f, r)
	}
	own := client.NewCache[api.Object](k.c, r, client.Selection{})
	own.Subscribe(func(old, obj api.Object) { k.changed(r, old, obj) })
	if r == api.CustomResourceDefinitions {
		own.Subscribe(k.definitionChanged)
	}
	return own
}

func follow[T client.Typed](k *Controller, f *client.Informers, r *api.Resource) client.Syncable {
	var none T
	cache := client.Shared[T](f, r)
	cache.Subscribe(func(old, obj T) {
		switch {
		case client.Same(obj, none):
			k.gone(r, old)
		case client.Same(old, none):
			k.changed(r, nil, obj)
		case !sameBonds(old, obj):
			k.changed(r, old, obj)
		}
	})
	return cache
}

// sameBonds reports an update that does not concern the graph.
func sameBonds(a, b api.Object) bool {
	return a.GetUID() == b.GetUID() && (a.GetDeletionTimestamp() == nil) == (b.GetDeletionTimestamp() == nil) &&
		sameSlice(a.GetOwnerReferences(), b.GetOwnerReferences(), sameRef) &&
		sameSlice(a.GetFinalizers(), b.GetFinalizers(), func(x, y string) bool { return x == y })
}

func sameSlice[E any](a, b []E, same func(E, E) bool) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, same))
}

func sameRef(a, b metav1.OwnerReference) bool {
	return a.UID == b.UID && a.Kind == b.Kind && a.Name == b.Name && a.APIVersion == b.APIVersion &&
		isTrue(a.Controller) == isTrue(b.Controller) && blocks(&a) == blocks(&b)
}

func isTrue(b *bool) bool { return b != nil && *b }

func blocks(r *metav1.OwnerReference) bool { return isTrue(r.BlockOwnerDeletion) }

// changed takes an added or updated object into the graph. old is nil for an object that is new.
func (k *Controller) changed(r *api.Resource, old, obj api.Object) {
	if obj == nil {
		k.gone(r, old)
		return
	}
	if old != nil && old.GetUID() != obj.GetUID() {
		k.gone(r, old)
		old = nil
	}
	if old != nil && sameBonds(old, obj) {
		return
	}
	n := k.graph[obj.GetUID()]
	switch {
	case n == nil:
		n = &node{res: r, namespace: obj.GetNamespace(), name: obj.GetName(), uid: obj.GetUID()}
		k.graph[n.uid] = n
	case n.virtual:
		k.observe(n, r, obj)
	}
	k.setOwners(n, obj.GetOwnerReferences())
	deleted := obj.GetDeletionTimestamp() != nil
	n.beingDeleted = n.beingDeleted || deleted
	if starts(old, obj, metav1.FinalizerOrphanDependents) {
		k.orphan.Add(string(n.uid))
		return
	}
	if starts(old, obj, metav1.FinalizerDeleteDependents) {
		n.deletingDependents = true
		for _, d := range n.dependents {
			k.delete.Add(string(d.uid))
		}
		k.delete.Add(string(n.uid))
	}
}

// observe turns what references told of into the object itself; dependents in another namespace are mistaken.
func (k *Controller) observe(n *node, r *api.Resource, obj api.Object) {
	n.virtual = false
	n.res, n.namespace, n.name = r, obj.GetNamespace(), obj.GetName()
	for _, d := range slices.Clone(n.dependents) {
		if n.namespace != "" && d.namespace != n.namespace {
			k.invalid(d, n)
			k.delete.Add(string(d.uid))
		}
	}
}

// invalid tells that an object names an owner in another namespace, which is as good as none.
func (k *Controller) invalid(n, owner *node) {
	i := slices.IndexFunc(n.owners, func(r metav1.OwnerReference) bool { return r.UID == owner.uid })
	if i < 0 || n.res == nil {
		return
	}
	o := &n.owners[i]
	k.rec.EventFor(corev1.ObjectReference{Kind: n.res.Kind, APIVersion: n.res.APIVersion(), Namespace: n.namespace, Name: n.name, UID: n.uid},
		corev1.EventTypeWarning, "OwnerRefInvalidNamespace", "",
		fmt.Sprintf("ownerRef [%s/%s, namespace: %s, name: %s, uid: %s] does not exist in namespace %q", o.APIVersion, o.Kind, n.namespace, o.Name, o.UID, n.namespace))
}

// starts reports that the deletion of an object begins to wait for a finalizer.
func starts(old, obj api.Object, finalizer string) bool {
	waits := func(o api.Object) bool {
		return o.GetDeletionTimestamp() != nil && slices.Contains(o.GetFinalizers(), finalizer)
	}
	return waits(obj) && (old == nil || !waits(old))
}

// setOwners brings a node's place in the graph in line with its references.
func (k *Controller) setOwners(n *node, refs []metav1.OwnerReference) {
	before := n.owners
	if sameSlice(before, refs, sameRef) {
		n.owners = refs
		return
	}
	find := func(in []metav1.OwnerReference, uid types.UID) *metav1.OwnerReference {
		for i := range in {
			if in[i].UID == uid {
				return &in[i]
			}
		}
		return nil
	}
	for i := range before {
		now := find(refs, before[i].UID)
		if blocks(&before[i]) && (now == nil || !blocks(now)) && k.graph[before[i].UID] != nil {
			k.delete.Add(string(before[i].UID)) // it may have waited for this
		}
		if owner := k.graph[before[i].UID]; now == nil && owner != nil {
			owner.removeDependent(n)
			k.drop(owner)
		}
	}
	n.owners = refs
	suspicious := false
	for i := range refs {
		if find(before, refs[i].UID) != nil {
			continue
		}
		owner := k.graph[refs[i].UID]
		if owner == nil {
			owner = &node{res: k.table.ByOwner(&refs[i]), name: refs[i].Name, uid: refs[i].UID, virtual: true}
			if owner.res == nil || owner.res.Namespaced {
				owner.namespace = n.namespace
			}
			k.graph[owner.uid] = owner
			k.delete.Add(string(owner.uid)) // is it there at all?
		} else if owner.namespace != "" && owner.namespace != n.namespace {
			if !owner.virtual {
				k.invalid(n, owner)
			}
			suspicious = true
		}
		owner.addDependent(n)
	}
	if suspicious {
		k.delete.Add(string(n.uid))
	}
}

// drop forgets an owner that was only told of, when nothing tells of it any more.
func (k *Controller) drop(owner *node) {
	if owner.virtual && len(owner.dependents) == 0 {
		delete(k.graph, owner.uid)
	}
}

func (k *Controller) gone(r *api.Resource, obj api.Object) {
	if n := k.graph[obj.GetUID()]; n != nil {
		k.remove(n)
	}
}

// remove takes an object that does not exist out of the graph and looks at who depended on it, and at who waited for it.
func (k *Controller) remove(n *node) {
	delete(k.graph, n.uid)
	if len(n.dependents) > 0 && n.res != nil {
		k.absent.add(absent{n.res.APIVersion(), n.res.Kind, n.namespace, n.name, n.uid})
	}
	for _, d := range n.dependents {
		k.delete.Add(string(d.uid))
	}
	for i := range n.owners {
		owner := k.graph[n.owners[i].UID]
		if owner == nil {
			continue
		}
		owner.removeDependent(n)
		if owner.deletingDependents {
			k.delete.Add(string(owner.uid))
		}
		k.drop(owner)
	}
}
