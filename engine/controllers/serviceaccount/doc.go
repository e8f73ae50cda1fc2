// Package serviceaccount sees to it that every active namespace has a ServiceAccount "default": the service account
// controller of kube-controller-manager (k8s.io/kubernetes/pkg/controller/serviceaccount). Pods that name no account run
// as that one, and the API server refuses them while it is missing.
//
// It reads Namespaces and ServiceAccounts; it writes ServiceAccounts.
package serviceaccount
