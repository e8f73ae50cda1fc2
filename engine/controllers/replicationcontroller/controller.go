package replicationcontroller

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/replicaset"
)

// Run starts the controller; it works once its caches are synced.
func Run(f *client.Informers) *replicaset.Controller {
	return replicaset.RunFor(f, replicaset.Kind{
		Resource: api.ReplicationControllers, Queue: "replicationmanager", Component: "replication-controller",
	}, newAdapter(f))
}

// adapter shows ReplicationControllers as ReplicaSets. Each version is converted once.
type adapter struct {
	cache *client.Cache[*corev1.ReplicationController]
	c     *client.Client
	seen  map[string]pair // by key
}

type pair struct {
	rc *corev1.ReplicationController
	rs *appsv1.ReplicaSet
}

func newAdapter(f *client.Informers) *adapter {
	cache := client.Shared[*corev1.ReplicationController](f, api.ReplicationControllers)
	cache.AddIndex(client.IndexOwner, client.ByOwner[*corev1.ReplicationController])
	return &adapter{cache, f.Client(), map[string]pair{}}
}

// OnSynced implements client.Syncable.
func (a *adapter) OnSynced(fn func()) { a.cache.OnSynced(fn) }

// Revision implements replicaset.Sets.
func (a *adapter) Revision() int64 { return a.cache.Revision() }

// Get implements replicaset.Sets.
func (a *adapter) Get(namespace, name string) (*appsv1.ReplicaSet, bool) {
	return a.GetKey(api.Key(namespace, name))
}

// GetKey implements replicaset.Sets.
func (a *adapter) GetKey(key string) (*appsv1.ReplicaSet, bool) {
	rc, ok := a.cache.GetKey(key)
	if !ok {
		return nil, false
	}
	return a.view(rc), true
}

func (a *adapter) view(rc *corev1.ReplicationController) *appsv1.ReplicaSet {
	key := api.KeyOf(rc)
	if p := a.seen[key]; p.rc == rc {
		return p.rs
	}
	p := pair{rc, toSet(rc)}
	a.seen[key] = p
	return p.rs
}

// ByOwner implements replicaset.Sets.
func (a *adapter) ByOwner(uid string) []*appsv1.ReplicaSet {
	var out []*appsv1.ReplicaSet
	for _, rc := range a.cache.ByIndex(client.IndexOwner, uid) {
		out = append(out, a.view(rc))
	}
	return out
}

// Subscribe implements replicaset.Sets.
func (a *adapter) Subscribe(fn func(old, new *appsv1.ReplicaSet)) {
	a.cache.Subscribe(func(old, rc *corev1.ReplicationController) {
		var was, is *appsv1.ReplicaSet
		if old != nil {
			was = a.view(old)
		}
		if rc != nil {
			is = a.view(rc)
		} else {
			delete(a.seen, api.KeyOf(old))
		}
		fn(was, is)
	})
}

// Object implements replicaset.Sets.
func (a *adapter) Object(rs *appsv1.ReplicaSet) api.Object {
	if p := a.seen[api.KeyOf(rs)]; p.rs == rs {
		return p.rc
	}
	return toController(rs) // an older version, in the middle of a sync
}

// UpdateStatus implements replicaset.Sets.
func (a *adapter) UpdateStatus(rs *appsv1.ReplicaSet, done func(int64, error)) {
	client.Update(a.c, api.ReplicationControllers, "status", toController(rs), func(now *corev1.ReplicationController, err error) {
		if err != nil {
			done(0, err)
			return
		}
		done(api.Revision(now), nil)
	})
}

// Read implements replicaset.Sets.
func (a *adapter) Read(namespace, name string, done func(*appsv1.ReplicaSet, error)) {
	client.Get(a.c, api.ReplicationControllers, namespace, name, func(rc *corev1.ReplicationController, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		done(toSet(rc), nil)
	})
}

// toSet shares all but the struct with rc.
func toSet(rc *corev1.ReplicationController) *appsv1.ReplicaSet {
	rs := &appsv1.ReplicaSet{
		ObjectMeta: rc.ObjectMeta,
		Spec:       appsv1.ReplicaSetSpec{Replicas: rc.Spec.Replicas, MinReadySeconds: rc.Spec.MinReadySeconds},
		Status: appsv1.ReplicaSetStatus{
			Replicas: rc.Status.Replicas, FullyLabeledReplicas: rc.Status.FullyLabeledReplicas, ReadyReplicas: rc.Status.ReadyReplicas,
			AvailableReplicas: rc.Status.AvailableReplicas, ObservedGeneration: rc.Status.ObservedGeneration,
		},
	}
	if rc.Spec.Selector != nil {
		rs.Spec.Selector = &metav1.LabelSelector{MatchLabels: rc.Spec.Selector}
	}
	if rc.Spec.Template != nil {
		rs.Spec.Template = *rc.Spec.Template
	}
	for _, c := range rc.Status.Conditions {
		rs.Status.Conditions = append(rs.Status.Conditions, appsv1.ReplicaSetCondition{
			Type: appsv1.ReplicaSetConditionType(c.Type), Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
		})
	}
	return rs
}

// toController is toSet backwards.
func toController(rs *appsv1.ReplicaSet) *corev1.ReplicationController {
	rc := &corev1.ReplicationController{
		ObjectMeta: rs.ObjectMeta,
		Spec:       corev1.ReplicationControllerSpec{Replicas: rs.Spec.Replicas, MinReadySeconds: rs.Spec.MinReadySeconds, Template: &rs.Spec.Template},
		Status: corev1.ReplicationControllerStatus{
			Replicas: rs.Status.Replicas, FullyLabeledReplicas: rs.Status.FullyLabeledReplicas, ReadyReplicas: rs.Status.ReadyReplicas,
			AvailableReplicas: rs.Status.AvailableReplicas, ObservedGeneration: rs.Status.ObservedGeneration,
		},
	}
	if rs.Spec.Selector != nil {
		rc.Spec.Selector = rs.Spec.Selector.MatchLabels
	}
	for _, c := range rs.Status.Conditions {
		rc.Status.Conditions = append(rc.Status.Conditions, corev1.ReplicationControllerCondition{
			Type: corev1.ReplicationControllerConditionType(c.Type), Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
		})
	}
	return rc
}
