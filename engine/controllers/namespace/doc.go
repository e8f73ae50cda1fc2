// Package namespace empties namespaces that are being deleted, and lets them go: the namespace controller of
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/namespace and its deletion package).
//
// Deleting a namespace only marks it: phase Terminating, and the finalizer "kubernetes" in its spec. Five seconds later
// this controller deletes everything in it, pods first; what lingers (pods within their grace period, objects with
// finalizers) it waits for, telling in the namespace's conditions what remains. When nothing is left it takes the
// finalizer away, and the namespace is gone.
//
// While an API server behind the aggregator does not answer, nobody knows what it holds there: everything else goes, and
// the namespace stays, with the condition NamespaceDeletionDiscoveryFailure.
//
// It reads Namespaces and APIServices and lists everything in them; it deletes that and writes the status and finalizers of Namespaces.
package namespace
