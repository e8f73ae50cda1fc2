// Package apitest is a small API server for tests of controllers: objects in memory, verbs without admission or
// validation, and watches, on a host of its own.
//
// It keeps the rules that controllers lean on: resourceVersion conflicts, generation, generateName, the status
// subresource, graceful deletion of pods that are on a node, finalizers and propagation policies. Anything a test wants
// to refuse or count goes through Before.
package apitest
