package kubectl

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// attach waits for the container to run and attaches to it; one that is over shows its log.
func (d *debugger) attach(pod *corev1.Pod, container string, done func(error)) {
	c := d.c
	a := attaching{pod: pod, container: container, stdin: c.f.bool("stdin"), tty: c.f.bool("tty")}
	said := ""
	over := false
	stop := func() {}
	stop = c.observe(api.Pods, pod.Namespace, pod.Name, func(o api.Object) {
		if over {
			return
		}
		p, ok := o.(*corev1.Pod)
		if !ok {
			over = true
			done(notFound(api.Pods, ""))
			return
		}
		st := statusOfContainer(p, container)
		if st == nil || st.State.Running == nil && st.State.Terminated == nil {
			if st != nil && st.State.Waiting != nil && st.State.Waiting.Message != "" && !c.f.bool("quiet") && st.State.Waiting.Message != said {
				said = st.State.Waiting.Message
				c.errf("Warning: container %s: %s\n", container, said)
			}
			return
		}
		over = true
		stop()
		a.pod = p
		if st.State.Terminated != nil {
			c.logsOf(a, done)
			return
		}
		c.attachTo(a, func(err error) {
			if err != nil {
				c.errf("warning: couldn't attach to pod/%s, falling back to streaming logs: %v\n", p.Name, err)
				c.logsOf(a, done)
				return
			}
			done(nil)
		})
	}, done)
	if over {
		stop()
	}
}

func statusOfContainer(p *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, list := range [...][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
