// Package scenarios holds what people do with a cluster as plain files, and plays them without a browser.
//
// A script (scripts/*.txt) is a session written down: kubectl lines, clock commands, faults and load, each with the
// output it gives. Most behaviour of the project is specified this way. `go test ./scenarios -update` writes the
// outputs anew, to be reviewed as a diff. Lessons stand beside them, in lessons/: package lesson reads and plays them.
//
//	$ kubectl get nodes          a line of the terminal; its output follows
//	> advance 6m                 virtual time passes
//	> settle 2m                  until nothing but periodic work is left
//	> until 60s kubectl ...      until the command's output is what follows, at most so long
//	$ etcdctl member list        as is a line of etcdctl, and of kube-scheduler: --config FILE changes its configuration
//	> edit s/old/new/          the editor that the line opened is left, with this change or without one
//	> type ls /                a line for the command that reads from the terminal (exec -it, run -it); ^C and ^D are keys
//	> editor                   what it says above the object
//	> kill node-1  / restart node-1               a machine loses power, and gets it back
//	> kill etcd@control-plane-2                   one component ends; restart starts it
//	> pause etcd@control-plane-2 / continue ...   SIGSTOP, for a machine all of it
//	> cut node-1,node-2 * [both] / heal ...       links, in the direction written or both; * is all other machines
//	> link node-1 * 80ms [10%] [both]             a link's latency and loss; 0ms: as ever
//	> disk control-plane-1 500ms|full|ok          a slow or full disk
//	> clock node-1 -90s                           a clock that is off
//	> control-plane              who leads, who voted, where the logs are
//	> load hello 50              requests a second to a Service; 0 stops
//	> stats                      the figures of the load, as JSON without latencies
//	> why pods/default/web-1     the chain of causes, effect first; of a pod that waits also what would let it in
//	> why failed-request         that of the first request that failed
//	> scores pods/default/web-1   how the scheduler scored the nodes, with the weights of the pod's profile
//	> history nodes/node-1       what happened to an object, oldest first
//	> export                     everything that was made, as manifests; what was left out and why stands below
//	> import FILE                manifests of another cluster, made fit to apply here
//	> journal [pods/default/web-1]              the journal as text, or the lines about an object
//	# a comment
//
// Ages, random suffixes and addresses are real and stay as they are: a script runs with a seed of its own (`seed: N`,
// `nodes: N` and `masters: N` in its first lines; `addons: 1` brings metrics-server along) and is reproducible to the byte.
package scenarios
