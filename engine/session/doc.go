// Package session is what happened to a cluster, and what might have: the branches of a session, each a log of commands
// over one configuration, and the cluster that stands at some moment of one of them.
//
// Seed, configuration and commands determine everything (package engine), so going back is a replay: another cluster is made
// and carried along the log to the moment asked for (engine.Player), in slices, so that whoever waits sees how far it is and
// can change their mind. Clusters that were left are parked for a while: forward from one of them is nearer than from the
// start. While the cluster shown stands before its branch's end it is in the past: time runs along the record and meets the
// present without a seam. Who only looks may do so there: such a command runs on the cluster shown, which is then on a
// detour, and is put back before time goes on. Whoever acts begins a branch.
//
// Encode writes a session down as text, small enough for a link once it is compressed; Decode reads it as what it is, a
// stranger's input.
package session
