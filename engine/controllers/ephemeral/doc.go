// Package ephemeral is the ephemeral-volume-controller: it makes the claims of generic ephemeral volumes.
//
// In a real cluster a pod may bring a claim along: a volume of kind "ephemeral" holds a template, and the controller
// creates from it a claim named after pod and volume, owned by the pod, so that it goes when the pod goes. The scheduler
// waits for it. A claim of that name that belongs to somebody else is not touched: an event of the pod says so.
//
// It reads Pods and PersistentVolumeClaims; it writes claims and Events. Upstream: pkg/controller/volume/ephemeral.
package ephemeral
