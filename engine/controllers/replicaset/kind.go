package replicaset

import (
	appsv1 "k8s.io/api/apps/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// Kind is whose pods the controller keeps: ReplicaSets, or ReplicationControllers seen as such.
type Kind struct {
	Resource    *api.Resource
	Queue       string
	Component   string // of the events
	Terminating bool   // the status counts terminating pods
}

// Sets are the objects of a kind as ReplicaSets.
type Sets interface {
	client.Syncable
	Get(namespace, name string) (*appsv1.ReplicaSet, bool)
	GetKey(key string) (*appsv1.ReplicaSet, bool)
	// ByOwner are those that the owner of this UID controls.
	ByOwner(uid string) []*appsv1.ReplicaSet
	// Revision is the newest resourceVersion seen.
	Revision() int64
	Subscribe(fn func(old, new *appsv1.ReplicaSet))
	// Object is the object itself, for owner references and events.
	Object(rs *appsv1.ReplicaSet) api.Object
	// UpdateStatus writes the status and gives the new resourceVersion.
	UpdateStatus(rs *appsv1.ReplicaSet, done func(revision int64, err error))
	// Read asks the server.
	Read(namespace, name string, done func(*appsv1.ReplicaSet, error))
}

// stored are ReplicaSets as they are.
type stored struct {
	*client.Cache[*appsv1.ReplicaSet]
	c *client.Client
}

func newStored(f *client.Informers) stored {
	cache := client.Shared[*appsv1.ReplicaSet](f, api.ReplicaSets)
	cache.AddIndex(client.IndexOwner, client.ByOwner[*appsv1.ReplicaSet])
	return stored{cache, f.Client()}
}

func (s stored) ByOwner(uid string) []*appsv1.ReplicaSet { return s.ByIndex(client.IndexOwner, uid) }

func (s stored) Object(rs *appsv1.ReplicaSet) api.Object { return rs }

func (s stored) UpdateStatus(rs *appsv1.ReplicaSet, done func(int64, error)) {
	client.Update(s.c, api.ReplicaSets, "status", rs, func(now *appsv1.ReplicaSet, err error) {
		if err != nil {
			done(0, err)
			return
		}
		done(api.Revision(now), nil)
	})
}

func (s stored) Read(namespace, name string, done func(*appsv1.ReplicaSet, error)) {
	client.Get(s.c, api.ReplicaSets, namespace, name, done)
}
