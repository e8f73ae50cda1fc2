// Package serviceaccount sees to it that every active namespace has a ServiceAccount "default": the service account
// controller of kube-controller-manager (k8s.io/kubernetes/pkg/controller/serviceaccount). Pods that name no account run
// as that one, and the API server refuses them while it is missing.
//
// The token controller beside it fills Secrets of type kubernetes.io/service-account-token that somebody makes for an
// account: a token without an end, the authority's certificate and the namespace. Such a Secret goes with its account.
// Not here: the cleaner of tokens that were made for accounts of their own accord, and the label with the day of their
// last use.
//
// It reads Namespaces, ServiceAccounts and Secrets; it writes ServiceAccounts and Secrets.
package serviceaccount
