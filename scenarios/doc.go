// Package scenarios holds what people do with a cluster as plain files, and plays them without a browser.
//
// A script (scripts/*.txt) is a session written down: kubectl lines, clock commands, faults and load, each with the
// output it gives. Most behaviour of the project is specified this way. `go test ./scenarios -update` writes the
// outputs anew, to be reviewed as a diff. Lessons will stand beside them.
//
//	$ kubectl get nodes          a line of the terminal; its output follows
//	> advance 6m                 virtual time passes
//	> settle 2m                  until nothing but periodic work is left
//	> until 60s kubectl ...      until the command's output is what follows, at most so long
//	> kill node-1  / restart node-1
//	> load hello 50              requests a second to a Service; 0 stops
//	> stats                      the figures of the load, as JSON without latencies
//	> why pods/default/web-1     the chain of causes, effect first
//	> why failed-request         that of the first request that failed
//	> history nodes/node-1       what happened to an object, oldest first
//	# a comment
//
// Ages, random suffixes and addresses are real and stay as they are: a script runs with a seed of its own (`seed: N`
// and `nodes: N` in its first lines) and is reproducible to the byte.
package scenarios
