package apiserver

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// same reports that an update changes nothing, in which case nothing is written (etcd3/store.go, GuaranteedUpdate).
func same(a, b api.Object) bool {
	// A status update of a workload that counts its pods anew differs in the counts: not worth a walk.
	switch x := a.(type) {
	case *api.Custom:
		return x.Equal(b.(*api.Custom))
	case *appsv1.ReplicaSet:
		if y := b.(*appsv1.ReplicaSet); x.Status.Replicas != y.Status.Replicas || x.Status.ReadyReplicas != y.Status.ReadyReplicas ||
			x.Status.AvailableReplicas != y.Status.AvailableReplicas {
			return false
		}
	case *appsv1.Deployment:
		if y := b.(*appsv1.Deployment); x.Status.Replicas != y.Status.Replicas || x.Status.ReadyReplicas != y.Status.ReadyReplicas ||
			x.Status.UpdatedReplicas != y.Status.UpdatedReplicas {
			return false
		}
	}
	return equality.Semantic.DeepEqual(a, b)
}

// renewal reports that an update of a Lease moves its renewTime and leaves everything else as it is. Such an update is
// a change and is valid because its predecessor was: the most frequent write of a cluster skips two deep comparisons.
func renewal(obj, cur api.Object) bool {
	n, ok := obj.(*coordinationv1.Lease)
	if !ok {
		return false
	}
	o := cur.(*coordinationv1.Lease)
	a, b := n.Spec, o.Spec
	if a.RenewTime == nil || b.RenewTime == nil || a.RenewTime.Equal(b.RenewTime) {
		return false
	}
	return equalPtr(a.HolderIdentity, b.HolderIdentity) && equalPtr(a.LeaseDurationSeconds, b.LeaseDurationSeconds) &&
		equalPtr(a.LeaseTransitions, b.LeaseTransitions) && equalPtr(a.Strategy, b.Strategy) && equalPtr(a.PreferredHolder, b.PreferredHolder) &&
		a.AcquireTime.Equal(b.AcquireTime) && maps.Equal(n.Labels, o.Labels) && maps.Equal(n.Annotations, o.Annotations) &&
		slices.Equal(n.Finalizers, o.Finalizers) && len(n.OwnerReferences) == len(o.OwnerReferences) &&
		(len(n.OwnerReferences) == 0 || equality.Semantic.DeepEqual(n.OwnerReferences, o.OwnerReferences))
}

func equalPtr[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

func unsupportedPatch(t types.PatchType) metav1.Status {
	return metav1.Status{
		Status: metav1.StatusFailure, Code: 415, Reason: metav1.StatusReasonUnsupportedMediaType,
		Message: "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
	}
}
