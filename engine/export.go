package engine

import (
	networkingv1 "k8s.io/api/networking/v1"

	"tabernetes/engine/addons/clouddisk"
	"tabernetes/engine/addons/localpath"
	"tabernetes/engine/addons/metricsserver"
	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/portable"
)

// cleaner knows whose writes are this cluster's own: the addons are part of it.
var cleaner = portable.Cleaner{Components: []string{localpath.Program, clouddisk.Controller, metricsserver.Program}}

// ipAllocator is who makes the IPAddress of a Service.
const ipAllocator = "ipallocator.k8s.io"

// maxPruned is up to how many objects Export leaves out fields that equal their defaults: that takes a millisecond each.
const maxPruned = 2000

// Export is what people made in the cluster, as manifests that make the same in another one, and what was left out.
// It looks at what is committed, whether or not anything runs.
func (c *Cluster) Export() (string, []portable.Left, error) {
	var left portable.Leaving
	type found struct {
		r *api.Resource
		o api.Object
	}
	var objects []found
	for _, r := range c.stored() {
		c.Each(r, func(_ string, o api.Object) {
			if why := c.staysBehind(r, o); why != "" {
				left.Add(why, r.Kind, o.GetNamespace(), o.GetName())
				return
			}
			objects = append(objects, found{r, o})
		})
	}
	docs := make([]map[string]any, len(objects))
	for i, f := range objects {
		docs[i] = cleaner.Object(f.r, f.o, len(objects) <= maxPruned)
	}
	comments := []string{"kubectl apply -f FILE makes these objects in any cluster."}
	if portable.Defines(docs) {
		comments = append(comments, portable.DefinedLate)
	}
	text, err := portable.Write(docs, comments...)
	return text, left.List(), err
}

// stored are the rows under which objects are kept, custom ones among them.
func (c *Cluster) stored() []*api.Resource {
	var out []*api.Resource
	seen := map[*api.Resource]bool{}
	for _, r := range c.table().All() {
		if r = r.Stored(); r.Verbs == nil && !r.Remote && !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

// table is what is served now, or was when there was a server.
func (c *Cluster) table() *api.Table {
	for _, s := range c.Servers() {
		if s != nil {
			return s.Table()
		}
	}
	return api.BuiltinTable()
}

// staysBehind is why an object is left out of an export; "" if it is not. What the cluster made is known by its books, be its
// name what it may.
func (c *Cluster) staysBehind(r *api.Resource, o api.Object) portable.Reason {
	switch r {
	case api.Nodes, api.CSINodes:
		return portable.Machine
	case api.Events:
		return portable.Passing
	}
	switch {
	case o.GetDeletionTimestamp() != nil:
		return portable.Deleting
	case api.ControllerOf(o) != nil:
		if fieldmanager.MadeWithin(c.rootOwner(o)) {
			return portable.Cluster
		}
		return portable.Owned
	case r == api.IPAddresses && o.GetLabels()[networkingv1.LabelManagedBy] == ipAllocator:
		return portable.Cluster // the API server's, which asks nobody
	case !fieldmanager.MadeWithin(o):
		return ""
	}
	switch r {
	case api.Namespaces, api.ServiceAccounts:
		if cleaner.Changed(fieldmanager.Entries(o)) {
			return "" // what somebody put into it is worth keeping, and such a manifest may be applied to what is there
		}
	case api.PersistentVolumes:
		return portable.Provisioned
	case api.Leases:
		return portable.Passing
	}
	return portable.Cluster
}

// Import makes manifests fit to apply here, also such as `kubectl get -o yaml` gave of another cluster; it applies nothing.
func (c *Cluster) Import(text string) (string, []portable.Left, error) {
	return cleaner.Read(text, portable.Target{Table: c.table(), Namespace: func(name string) bool { return c.peek(api.Namespaces, name) != nil }})
}

// rootOwner is the object on whose behalf controllers made another: its controller, that one's, and so on.
func (c *Cluster) rootOwner(o api.Object) api.Object {
	for range maxOwners {
		ref := api.ControllerOf(o)
		if ref == nil {
			break
		}
		r := c.table().ByOwner(ref)
		if r == nil {
			break
		}
		key := ref.Name
		if r.Namespaced {
			key = api.Key(o.GetNamespace(), ref.Name)
		}
		owner := c.peek(r, key)
		if owner == nil || owner.GetUID() != ref.UID {
			break
		}
		o = owner
	}
	return o
}

// maxOwners is how long a chain of owners may be; CronJobs have the longest that upstream makes.
const maxOwners = 8
