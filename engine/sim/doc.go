// Package sim is the kernel: one queue of events, one virtual clock, one journal of causes.
//
// Everything that happens in a cluster is an event on one queue, ordered by (virtual time, sequence number). An
// [Actor] is a process (kube-apiserver, a kubelet, a traffic source); it lives on a [Host], sets timers, talks over
// a [Conn] or by datagram, and never blocks. A host that stops takes its actors with it: their timers and the
// messages on their way to them are dropped, as power loss would have it; what is kept across a stop is only what
// the component put on the host's Disk.
//
// While an event is handled the kernel knows the [Record] that caused it; everything scheduled, sent or recorded in
// it carries that cause on. The journal is therefore the true graph of what led to what, and its running hash is
// the proof that two runs, native or in a browser, were the same.
//
// Determinism rests on four rules that every package under engine obeys: no wall clock, no goroutines, no
// randomness but [Actor.Rand], no map iteration whose order can be seen. Real here: ordering, loss, latency,
// failure detection. Simulated: the hardware; handling an event takes no virtual time unless the actor says so.
//
// Background work (heartbeats, probes, resyncs) is marked so that "run until settled" can tell it from change:
// events inherit the mark from the event that scheduled them until something calls [Sim.Foreground].
package sim
