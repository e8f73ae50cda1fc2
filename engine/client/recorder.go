package client

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// Recorder writes Events about objects for a component, correlating repeats as upstream does.
type Recorder struct {
	c         *Client
	component string // "kubelet", "deployment-controller", "default-scheduler"
	host      string // node name, or ""
	modern    bool
	corr      correlator
	stamp     int64 // the newest event's name ends in it
}

// NewRecorder makes a recorder in the manner of core/v1 events (count, firstTimestamp, lastTimestamp).
func NewRecorder(c *Client, component, host string) *Recorder {
	return &Recorder{c: c, component: component, host: host}
}

// NewModernRecorder makes a recorder in the manner of events.k8s.io/v1 (eventTime, series), as the scheduler uses.
func NewModernRecorder(c *Client, component string) *Recorder {
	return &Recorder{c: c, component: component, modern: true}
}

// Event records that something happened to obj. typ is corev1.EventTypeNormal or EventTypeWarning.
func (r *Recorder) Event(obj api.Object, typ, reason, message string) {
	r.EventFor(ReferenceTo(obj, ""), typ, reason, "", message)
}

// ReferenceTo is the reference an event carries. fieldPath may name a part, e.g. "spec.containers{web}".
func ReferenceTo(obj api.Object, fieldPath string) corev1.ObjectReference {
	res := api.ResourceOf(obj)
	return corev1.ObjectReference{
		Kind: res.Kind, APIVersion: res.APIVersion(), Namespace: obj.GetNamespace(), Name: obj.GetName(),
		UID: obj.GetUID(), ResourceVersion: obj.GetResourceVersion(), FieldPath: fieldPath,
	}
}
