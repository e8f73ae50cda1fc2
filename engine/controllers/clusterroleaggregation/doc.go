// Package clusterroleaggregation fills the rules of aggregated ClusterRoles: the clusterrole-aggregation-controller of
// kube-controller-manager (k8s.io/kubernetes/pkg/controller/clusterroleaggregation).
//
// A ClusterRole with an aggregationRule says by labels which other ClusterRoles it unites: that is how admin, edit and
// view gain the rights on a custom resource when somebody adds a role with the label aggregate-to-view. The controller
// writes the union into the role's rules and writes it again when somebody changes them by hand. As upstream's, every
// change of any ClusterRole makes it look at all aggregated ones: there are few.
//
// It reads and writes ClusterRoles. It may write more rights than it has by the verb escalate.
package clusterroleaggregation
