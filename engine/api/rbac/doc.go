// Package rbac is the arithmetic of RBAC rules: what a rule allows, which rights one set of rules has that another
// lacks, how rules are shown in few words, and how a role or binding is brought to what it should be without taking
// away what others added.
//
// In a real cluster the same functions are linked into kube-apiserver (plugin/pkg/auth/authorizer/rbac,
// pkg/registry/rbac/validation) and into kubectl (k8s.io/component-helpers/auth/rbac), so they stand beside the kinds,
// where both may use them. Nothing here is simulated: roles, bindings and rules are the API's own types, and the order
// of everything is the order of its input.
//
// It reads and writes nothing but its arguments; objects given to it are not changed.
package rbac
