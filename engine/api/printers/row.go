package printers

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
)

const none = "<none>"

// clock counts ages up to one moment.
type clock struct{ now time.Time }

func (c clock) since(t metav1.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(c.now.Sub(t.Time))
}

// Row returns an object's row with a cell for every column of Columns: text,
// or int64 where upstream has numbers. The row's object is obj itself; the API
// server replaces it by what the request's includeObject asks for. For an
// object without metadata the cells are empty.
//
// Upstream: pkg/printers/internalversion/printers.go, as the API server calls
// it, which is always with the wide columns.
func Row(obj runtime.Object, now time.Time) metav1.TableRow {
	c := clock{now}
	row := metav1.TableRow{Object: runtime.RawExtension{Object: obj}}
	switch o := obj.(type) {
	case *corev1.Pod:
		row.Cells = c.pod(o)
		row.Conditions = podConditions(o)
	case *corev1.Node:
		row.Cells = c.node(o)
	case *corev1.Service:
		row.Cells = c.service(o)
	case *corev1.Namespace:
		row.Cells = []any{o.Name, string(o.Status.Phase), c.since(o.CreationTimestamp)}
	case *corev1.ConfigMap:
		row.Cells = []any{o.Name, int64(len(o.Data) + len(o.BinaryData)), c.since(o.CreationTimestamp)}
	case *corev1.Secret:
		row.Cells = []any{o.Name, string(o.Type), int64(len(o.Data)), c.since(o.CreationTimestamp)}
	case *corev1.ServiceAccount:
		row.Cells = []any{o.Name, c.since(o.CreationTimestamp)}
	case *corev1.Event:
		row.Cells = c.event(o)
	case *appsv1.Deployment:
		row.Cells = c.deployment(o)
	case *appsv1.ReplicaSet:
		row.Cells = c.replicaSet(o)
	case *discoveryv1.EndpointSlice:
		row.Cells = c.endpointSlice(o)
	case *coordinationv1.Lease:
		holder := ""
		if o.Spec.HolderIdentity != nil {
			holder = *o.Spec.HolderIdentity
		}
		row.Cells = []any{o.Name, holder, c.since(o.CreationTimestamp)}
	default:
		if c.workloadsRow(&row, obj) || c.storageRow(&row, obj) || c.policiesRow(&row, obj) || c.extensionsRow(&row, obj) {
			break
		}
		if m, err := meta.Accessor(obj); err == nil {
			row.Cells = []any{m.GetName(), m.GetCreationTimestamp().Time.UTC().Format(time.RFC3339)}
		}
	}
	return row
}
