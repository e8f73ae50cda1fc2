// Package selectorindex answers "which selectors match these labels" without trying them all.
//
// Upstream lists the services (or ReplicaSets, or budgets) of the namespace and tries each against the pod
// (k8s.io/endpointslice/util, ServiceSelectorCache); that is work proportional to the number of services for one event
// of one pod. Here each selector is filed under one label value that it insists on, so that only those are tried that
// have a value in common with the pod.
package selectorindex
