// Package etcdctl is the command line of etcd, as far as people use it to learn and to repair.
//
// In a real cluster it is run on a control-plane node, or in etcd's pod, with the certificates of an API server. Here it
// runs on the user's workstation beside kubectl, and its requests travel over the simulated network to the members: a
// member that is down, cut off or without a leader answers here as there, within the five seconds of
// --command-timeout. Its output follows etcdctl 3.7 (simple and table; JSON is not there), and snapshot status and
// restore, which moved to etcdutl, are understood under both names.
//
// Real are the requests and what comes of them. Simulated are files (a snapshot is kept under its name on the
// workstation's disk), certificates (flags for them are accepted and ignored) and the sizes of databases, which follow
// from the number of revisions. A restore is the whole documented procedure in one command, each step printed: stop the
// API servers and etcd, restore every member's data, start etcd, then the API servers.
package etcdctl
