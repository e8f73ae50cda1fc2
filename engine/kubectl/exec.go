package kubectl

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

func execCommand() *command {
	return &command{name: "exec", use: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]", short: "Execute a command in a container",
		flags: "filename/f:l container/c:s stdin/i:b tty/t:b quiet/q:b pod-running-timeout:d=1m0s", run: runExec}
}

// runExec is exec (kubectl/pkg/cmd/exec).
func runExec(c *cmd) {
	name, files := "", c.f.list("filename")
	var command []string
	if len(c.args) > 0 && c.dash != 0 {
		name = c.args[0]
	}
	switch {
	case c.dash == 0 || c.dash == 1:
		command = c.args[c.dash:]
	case len(c.args) > 1 || len(c.args) > 0 && len(files) > 0:
		c.usageError("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
		return
	}
	switch {
	case name == "" && len(files) == 0:
		c.failf("pod, type/name or --filename must be specified")
		return
	case len(command) == 0:
		c.failf("you must specify at least one command for the container")
		return
	}
	then := func(r *result) {
		switch {
		case len(r.errs) > 0:
			c.end(r.errs...)
		case len(r.infos) != 1:
			c.failf("cannot exec into multiple objects at a time")
		default:
			c.podOf(r.infos[0], func(pod *corev1.Pod) { c.execIn(pod, command) })
		}
	}
	if name == "" {
		c.gather(selection{table: c.table()}, func(r *result) { c.fresh(r, func() { then(r) }) })
		return
	}
	if !strings.Contains(name, "/") {
		name = "pods/" + name
	}
	c.resolve(selection{args: []string{name}, table: c.table()}, then)
}

// podOf is the pod itself, or the best of those an object selects.
func (c *cmd) podOf(in *info, then func(*corev1.Pod)) {
	if pod, ok := in.obj.(*corev1.Pod); ok {
		then(pod)
		return
	}
	sel, err := podsSelectedBy(in.obj)
	if err != nil {
		c.failf("cannot attach to %s: selector for %s not implemented", in, in.res.Kind)
		return
	}
	c.do(&api.Request{Verb: api.List, Resource: api.Pods, Namespace: in.ns, LabelSelector: sel}, func(r *api.Response) {
		pods := typed[*corev1.Pod](r.Items)
		switch {
		case r.Err != nil:
			c.fail(r.Err)
		case len(pods) == 0:
			c.after(c.f.duration("pod-running-timeout"), "no pod", func() { c.failf("timed out waiting for the condition") })
		default:
			slices.SortStableFunc(pods, func(a, b *corev1.Pod) int {
				switch {
				case logsBefore(a, b):
					return -1
				case logsBefore(b, a):
					return 1
				}
				return 0
			})
			then(pods[0])
		}
	})
}

// execContainer is the container meant (kubectl/pkg/cmd/util/podcmd).
func (c *cmd) execContainer(pod *corev1.Pod) (string, error) {
	name := c.f.str("container")
	if name == "" {
		name = pod.Annotations["kubectl.kubernetes.io/default-container"]
	}
	if name == "" && len(pod.Spec.Containers) > 0 {
		first := pod.Spec.Containers[0].Name
		if all := containerNames(pod); all != first && !c.f.bool("quiet") {
			c.errf("Defaulted container %q out of: %s\n", first, all)
		}
		return first, nil
	}
	found := slices.ContainsFunc(pod.Spec.Containers, func(x corev1.Container) bool { return x.Name == name }) ||
		slices.ContainsFunc(pod.Spec.InitContainers, func(x corev1.Container) bool { return x.Name == name }) ||
		slices.ContainsFunc(pod.Spec.EphemeralContainers, func(x corev1.EphemeralContainer) bool { return x.Name == name })
	if !found {
		return "", fmt.Errorf("container %s is not valid for pod %s out of: %s", name, pod.Name, containerNames(pod))
	}
	return name, nil
}

func (c *cmd) execIn(pod *corev1.Pod, command []string) {
	if p := pod.Status.Phase; p == corev1.PodSucceeded || p == corev1.PodFailed {
		c.failf("cannot exec into a container in a completed pod; current phase is %s", p)
		return
	}
	container, err := c.execContainer(pod)
	if err != nil {
		c.fail(err)
		return
	}
	o := api.StreamOptions{Container: container, Command: command, Stdin: c.f.bool("stdin"), Stdout: true, TTY: c.wantsTTY(c.f.bool("stdin"), c.f.bool("tty"))}
	o.Stderr = !o.TTY
	c.connect("exec", pod.Namespace, pod.Name, o, c.left).feed()
}
