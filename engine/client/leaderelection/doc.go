// Package leaderelection lets one of several equal processes work while the others wait.
//
// In a real cluster kube-scheduler and kube-controller-manager run on every control-plane node, and all but one of each
// do nothing: they compete for a Lease in kube-system. Whoever holds it writes its renewTime every two seconds; the
// others look every two to four seconds, and when the Lease has not changed for fifteen seconds of their own clock, they
// try to take it. Only the API server's optimistic concurrency decides who wins. A holder that cannot renew for ten
// seconds must stop at once, before anybody else may believe it gone: its process ends, and whatever it still had in
// mind with it. It is started again and waits in line.
//
// All of it is real here: the algorithm is client-go's tools/leaderelection with the resource lock on Leases, timings,
// jitter, record and Events included. Nothing compares clocks of two machines: times in the Lease are for people, what
// counts is how long the observer has seen no change. It reads and writes one Lease, through a client of its own whose
// requests end after half the renew deadline.
package leaderelection
