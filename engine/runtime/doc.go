// Package runtime is what a node runs containers with: containerd, its image store, and the programs inside the
// containers.
//
// In a real cluster the kubelet asks containerd over the CRI to make a pod sandbox (a network namespace with the
// pod's address), to pull images from registries, and to create, start, stop and exec in containers, which are
// processes of the node's kernel. Here the kubelet calls a [Runtime] in the same manner, and a container is a small
// record whose program is either an [App] of the image catalogue (a web server, a database: which ports it opens and
// how long after its start, what it answers, how it takes SIGTERM, what it costs in CPU and memory) or commands,
// parsed by mvdan.cc/sh's syntax package and evaluated in virtual time over a small file system.
//
// Real: names and tags are resolved as containerd resolves them and fail with its texts; images pull one after the
// other at a bandwidth; PID 1 ignores signals it has no handler for, so "sleep 3600" takes its whole grace period; a
// container that lost power is found exited with code 255, reason Unknown, when the node boots again. Simulated: the
// catalogue knows the images of the documentation and of this project's lessons, not the Internet; an app listens or
// does not, there is no memory behind its memory use. A running app costs no events at all: whether it listens is
// computed from its start time.
//
// Commands have three streams. Whoever executes one, or attaches to the container's own program, writes to its input and
// hears its outputs apart, as they come; with a terminal in between (tty.go) keys are echoed, lines edited, Ctrl-C ends
// what runs in the foreground. A shell reads its commands one by one from wherever it reads. Pipes are not streams: the
// left side ends before the right begins. There is one process namespace per command, no users, no links and no modes in
// the file systems; the host's own file system, which a hostPath volume or a node's debugger would show, is empty.
//
// It reads and writes nothing of the API. What survives power loss (images, the records of containers) is kept apart
// from what does not (processes).
package runtime
