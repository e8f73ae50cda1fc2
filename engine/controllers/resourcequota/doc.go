// Package resourcequota keeps status.used of every ResourceQuota true: the resource quota controller of
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/resourcequota).
//
// The API server charges what is created (engine/apiserver, the ResourceQuota plugin), and nobody gives back what ends:
// this controller counts a namespace anew when an object a quota tracks is deleted, when a pod ends or is resized, when a
// Service or a claim changes what it costs, when the quota itself changes, and every five minutes. It also puts spec.hard
// into status.hard, without which the API server charges nothing.
//
// Custom resources are counted too (count/PLURAL.GROUP): while a quota names one, the controller asks every thirty seconds
// what is served. A kind that is defined after its quota is unknown to it until the next count of everything.
//
// It watches ResourceQuotas, and of all other resources only those that some quota tracks, from the moment it does; it
// writes the status of ResourceQuotas. What objects cost is engine/api/quota, which the API server shares.
package resourcequota
