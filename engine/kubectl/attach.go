package kubectl

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

func attachCommand() *command {
	return &command{name: "attach", use: "(POD | TYPE/NAME) -c CONTAINER", short: "Attach to a running container",
		flags: "container/c:s stdin/i:b tty/t:b quiet/q:b detach-keys:s=ctrl-p,ctrl-q pod-running-timeout:d=1m0s", run: runAttach}
}

// runAttach is attach (kubectl/pkg/cmd/attach).
func runAttach(c *cmd) {
	switch n := len(c.args); {
	case n == 0:
		c.failf("at least 1 argument is required for attach")
		return
	case n > 2:
		c.failf("expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw %d: %v", n, "["+strings.Join(c.args, " ")+"]")
		return
	case c.f.duration("pod-running-timeout") <= 0:
		c.failf("--pod-running-timeout must be higher than zero")
		return
	}
	args := c.args
	if len(args) == 1 && !strings.Contains(args[0], "/") {
		args = []string{"pods", args[0]}
	}
	c.resolve(selection{args: args, table: c.table()}, func(r *result) {
		if len(r.errs) > 0 {
			c.end(r.errs...)
			return
		}
		c.podOf(r.infos[0], func(pod *corev1.Pod) {
			if p := pod.Status.Phase; p == corev1.PodSucceeded || p == corev1.PodFailed {
				c.failf("cannot attach a container in a completed pod; current phase is %s", p)
				return
			}
			a := attaching{pod: pod, stdin: c.f.bool("stdin"), tty: c.f.bool("tty")}
			c.attachTo(a, c.left)
		})
	})
}

// attaching is what is attached to, and how.
type attaching struct {
	pod        *corev1.Pod
	container  string // "": the pod's default
	stdin, tty bool
}

// attachTo connects the terminal with a container's program until either ends.
func (c *cmd) attachTo(a attaching, done func(error)) {
	name, err := a.container, error(nil)
	if name == "" {
		name, err = c.execContainer(a.pod)
	}
	if err != nil {
		done(fmt.Errorf("cannot attach to the container: %w", err))
		return
	}
	spec, ephemeral := containerOf(a.pod, name)
	quiet := c.f.bool("quiet")
	switch {
	case a.tty && !spec.TTY:
		a.tty = false
		if !quiet {
			c.errf("error: Unable to use a TTY - container %s did not allocate one\n", name)
		}
	case spec.TTY:
		a.tty = true
	}
	o := api.StreamOptions{Container: name, Stdin: a.stdin, Stdout: true, TTY: c.wantsTTY(a.stdin, a.tty)}
	o.Stderr = !o.TTY
	if !quiet {
		c.errOut("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n" +
			"If you don't see a command prompt, try pressing enter.\n")
	}
	r := c.connect("attach", a.pod.Namespace, a.pod.Name, o, func(err error) {
		if err == nil && !quiet && o.TTY {
			again := fmt.Sprintf("'kubectl attach %s -c %s -n %s -i -t'", a.pod.Name, name, a.pod.Namespace)
			if ephemeral {
				c.printf("Session ended, the ephemeral container will not be restarted but may be reattached using %s if it is still running\n", again)
			} else {
				c.printf("Session ended, resume using %s command\n", again)
			}
		}
		done(err)
	})
	if o.TTY {
		// A size that changes makes the shell there draw its prompt again.
		r.resize(terminalWidth+1, terminalHeight+1)
		r.resize(terminalWidth, terminalHeight)
	}
	r.feed()
}

// containerOf finds a container of a pod, which is there.
func containerOf(pod *corev1.Pod, name string) (spec corev1.Container, ephemeral bool) {
	for _, list := range [...][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return list[i], false
			}
		}
	}
	for i := range pod.Spec.EphemeralContainers {
		if e := &pod.Spec.EphemeralContainers[i]; e.Name == name {
			return corev1.Container(e.EphemeralContainerCommon), true
		}
	}
	return spec, false
}

// awaitPod watches a pod until a condition holds. It gives the pod, or why not.
func (c *cmd) awaitPod(ns, name string, timeout time.Duration, cond func(*corev1.Pod) bool, then func(*corev1.Pod, error)) {
	over := false
	stop := func() {}
	timer := c.after(timeout, "timeout", func() {
		if !over {
			over = true
			stop()
			then(nil, fmt.Errorf("timed out waiting for the condition"))
		}
	})
	finish := func(pod *corev1.Pod, err error) {
		if !over {
			over = true
			timer.Stop()
			stop()
			then(pod, err)
		}
	}
	stop = c.observe(api.Pods, ns, name, func(o api.Object) {
		pod, ok := o.(*corev1.Pod)
		switch {
		case over:
		case !ok:
			finish(nil, notFound(api.Pods, name))
		case cond(pod):
			finish(pod, nil)
		}
	}, func(err error) { finish(nil, err) })
	if over {
		stop()
	}
}

// attachWhenReady waits until a new pod runs, shows what it printed before, and attaches; a pod that is over by then
// shows its log (cmd/run, handleAttachPod).
func (c *cmd) attachWhenReady(a attaching, ready func(*corev1.Pod) bool, done func(error)) {
	c.awaitPod(a.pod.Namespace, a.pod.Name, c.f.duration("pod-running-timeout"), func(p *corev1.Pod) bool {
		return podOver(p) || ready(p)
	}, func(pod *corev1.Pod, err error) {
		if err != nil {
			done(err)
			return
		}
		a.pod = pod
		if a.container == "" {
			a.container = pod.Spec.Containers[0].Name
		}
		c.logsOf(a, func(err error) {
			if podOver(pod) {
				done(err)
				return
			}
			if err != nil {
				c.errf("warning: couldn't fetch pre-attach logs: %v\n", err)
			}
			c.attachTo(a, func(err error) {
				if err != nil {
					c.errf("warning: couldn't attach to pod/%s, falling back to streaming logs: %v\n", pod.Name, err)
					c.logsOf(a, done)
					return
				}
				done(nil)
			})
		})
	})
}

func podOver(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// logsOf prints a container's log as it is.
func (c *cmd) logsOf(a attaching, done func(error)) {
	c.do(&api.Request{Verb: api.Get, Resource: api.Pods, Subresource: "log", Namespace: a.pod.Namespace, Name: a.pod.Name,
		Log: &api.LogOptions{Container: a.container}}, func(r *api.Response) {
		c.out(r.Text)
		done(r.Err)
	})
}
