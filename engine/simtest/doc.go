// Package simtest judges the whole cluster: random sessions with faults, held against what must be true whatever
// happens.
//
// Real Kubernetes is tested so only in part: nobody can stop a real cluster between two of its messages, look into
// every process at once, and run the same accident again. Here all of it is one queue of events, so a judge can look
// after each of them. A Session makes a cluster from a seed and lets a person with little sense work on it: Deployments
// come, roll, pause, go back and go; Services and bare pods with them, in some sessions StatefulSets and CronJobs, Jobs,
// DaemonSets and disruption budgets, claims and volumes; nodes are cordoned, drained, tainted, lose
// power, and lose the link to the control plane in one direction or both; in clusters of one master and of three,
// masters go off and single components of theirs end or hang, disks are slow or full, links bad, clocks wrong. What the judge holds the cluster to is written down one invariant a file.
//
// First comes safety, at all times: no node is given more than it has (overcommit.go), a pod has one node for life
// (onenode.go), caches go forward and end up equal to the store (caches.go), the Deployment controller keeps the bounds
// of a rolling update (rollout.go), EndpointSlices say who is ready (endpoints.go), nodes start nothing they have not
// got (node.go), StatefulSets keep their order and have no pod twice (sets.go, order.go), Jobs their parallelism (jobs.go),
// evictions their budget (budgets.go), what was acknowledged stays (durable.go), claims and volumes keep to each other
// (volumes.go), nothing is left of what was deleted (orphans.go),
// the page is shown what there is (picture.go), nothing goes round in circles (storm.go). Then liveness: the faults end, and everything that can
// become ready does (liveness.go). And the session is the same, event for event, when it is made again from its seed
// or from its command log.
//
// The judge reads what the API server, the clients and the runtimes hold, through the windows the engine has for it;
// it sends no request, takes no virtual time and draws no randomness of the cluster's. A failure names the seed and
// prints the command log as JSON, which engine.Replay plays.
package simtest
