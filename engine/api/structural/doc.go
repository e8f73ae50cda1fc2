// Package structural puts the schemas of custom resources to work: what an API server does with an OpenAPI v3 schema
// that a CustomResourceDefinition gives it.
//
// Compile makes a Schema from the definition's text once; with it objects, which are plain JSON values, are pruned of
// fields that the schema does not know, given their defaults, and validated with the messages of upstream's validator
// (k8s.io/kube-openapi/pkg/validation), including those for embedded objects and for lists that are sets or maps. An
// update is judged leniently where it leaves a value as it was (KEP-4008, ratcheting). Rules says whether a schema is
// structural at all (k8s.io/apiextensions-apiserver/pkg/apiserver/schema), which is checked before one is accepted.
//
// Everything here is real but CEL: rules of x-kubernetes-validations are not evaluated, so a definition that has any is
// refused where definitions are validated. Where upstream's order of messages is Go's random order of maps, the order
// here is that of the names.
package structural
