// Package lesson reads lessons and says whether their steps are done.
//
// A lesson is a folder of text files (../AUTHORING.md tells how one is written): scenario.yaml with a cluster, steps, checks
// and a solution, two texts with the same structure, and manifests. Parse reads them all at once, strictly, and tells
// everything that is wrong with file and line. It is the only parser: the page's engine has it, lint, the build and the tests.
// Its input is hostile until shown otherwise, so there are limits on size, number and depth, and no input makes it panic or
// take long.
//
// A check is a condition on the objects of a cluster, on its load, or on what happened since a moment: commands of the
// session's log and records of the journal with their causes. Check asks from outside, as an inspector does: it sends no
// request, takes no virtual time, and leaves no trace. It depends on the cluster and the moment alone, not on when it was
// asked before, so it says the same in a session that was replayed.
//
// Play is a learner who knows the solution: it runs a lesson from beginning to end and wants every check to fail before and
// to hold after its step's solution.
package lesson
