// Package ustar reads and writes tar archives in memory, as much of them as travels through kubectl cp.
//
// kubectl cp has no protocol of its own: it executes tar in the container and pipes an archive through the connection. Here
// both ends are simulated at times, the tar in a container and the workstation's kubectl; the other end may be the real one,
// so the bytes are the real format. It stands for archive/tar, which costs the module of the page far more than what is
// needed of it.
package ustar
