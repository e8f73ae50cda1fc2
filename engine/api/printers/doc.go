// Package printers makes the tables of kubectl get.
//
// In a real cluster the columns of `kubectl get pods` are made by the API
// server: the client asks for a Table instead of a list, and the server, which
// knows the kind, computes a row of cells for each object. The famous STATUS of
// a pod, for example, is no field of the pod but the outcome of a dozen rules
// about its phase, its conditions and its containers, applied at this moment.
// The client only picks columns, aligns them and adds what it was asked for
// (namespace, labels, kind).
//
// Both halves are here and both are real: Columns and Row are the server's,
// with the cells, descriptions and priorities of upstream's
// pkg/printers/internalversion, and Printer is the client's
// (k8s.io/cli-runtime/pkg/printers with its tab writer), which can print one
// table at once or rows as a watch delivers them. Nothing is simulated, except
// that ages are counted to a time that the caller gives.
//
// The package reads objects and writes rows or text. It has no state but the
// column widths in a Printer.
package printers
