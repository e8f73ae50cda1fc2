// Package garbagecollector deletes what has lost its owner: the garbage collector of kube-controller-manager
// (k8s.io/kubernetes/pkg/controller/garbagecollector).
//
// It watches every resource and keeps a graph of who owns whom, by the owner references in the objects' metadata. When
// an owner is gone its dependents are looked at: one whose owners are all gone is deleted (background). Deleting in the
// foreground is the other way round: the owner stays, with the finalizer "foregroundDeletion", until the dependents that
// block it are gone. Orphaning takes the references out of the dependents and then the finalizer "orphan" from the
// owner. Before anything is deleted the API server is asked whether the owners are really gone, and the deletion holds
// only for the very object (UID and resourceVersion) that was looked at.
//
// Updates that change neither owner references nor finalizers nor the deletion timestamp end after a few comparisons.
//
// It reads all resources but Events; it deletes objects and writes their finalizers and owner references. Left out: the
// handling of two references with one UID that disagree about kind or name.
package garbagecollector
