// Package apiextensions has the types of apiextensions.k8s.io/v1: CustomResourceDefinition and the JSON schemas in it.
//
// In a real cluster they belong to k8s.io/apiextensions-apiserver, a module with a server of its own in it; only the
// types are needed here, with the same fields and JSON names, so that every manifest of a custom resource reads and
// prints alike. Nothing is simulated and nothing behaves here: defaults, validation and printed columns are where those
// of all kinds are, the schemas are put to work by package structural, and the API server's custom resource files
// serve what a definition defines.
package apiextensions
