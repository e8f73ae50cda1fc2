// Package realclient holds the native server to its promise: real kubectl and client-go work against it, unchanged.
//
// The tests build ../../web, start it on a free port with a small cluster, and use k8s.io/kubectl in this process and
// client-go as any program does. They are a module of their own so that the product's go.mod stays small.
package realclient
