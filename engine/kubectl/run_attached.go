package kubectl

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
)

// attachesRun tells whether run attaches to its pod: -i implies it unless --attach says otherwise.
func (c *cmd) attachesRun() bool {
	return c.f.bool("attach") || !c.f.changed("attach") && c.f.bool("stdin")
}

// checkAttached are run's rules for the flags about attaching (cmd/run, Validate).
func (c *cmd) checkAttached(dry string) error {
	switch attach := c.attachesRun(); {
	case !attach && c.f.bool("rm"):
		return fmt.Errorf("--rm should only be used for attached containers")
	case attach && dry != "none":
		return fmt.Errorf("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)")
	}
	return nil
}

// runAttached attaches to the pod that run created, waits for its exit code where there will be one, and removes what
// was created if that was asked for.
func (c *cmd) runAttached(created []*info) {
	pod := created[0].obj.(*corev1.Pod)
	finish := func(err error) {
		if !c.f.bool("rm") {
			c.runEnded(err)
			return
		}
		o := c.deleteOptionsFrom(!c.f.bool("quiet"))
		o.grace = -1
		each(len(created), func(i int, next func()) {
			c.delete(created[i], o, func(_ api.Object, _ error) { next() })
		}, func() { c.runEnded(err) })
	}
	a := attaching{pod: pod, stdin: c.f.bool("stdin"), tty: c.f.bool("tty")}
	c.attachWhenReady(a, api.PodReady, func(err error) {
		restart := pod.Spec.RestartPolicy
		if err != nil || c.f.bool("leave-stdin-open") || restart == corev1.RestartPolicyAlways {
			finish(err)
			return
		}
		c.awaitPod(pod.Namespace, pod.Name, c.f.duration("pod-running-timeout"), func(p *corev1.Pod) bool {
			return podOver(p) && (restart == corev1.RestartPolicyNever || p.Status.Phase == corev1.PodSucceeded)
		}, func(p *corev1.Pod, err error) {
			if err == nil {
				err = podResult(p)
			}
			finish(err)
		})
	})
}

// podResult is how a pod of one container ended.
func podResult(p *corev1.Pod) error {
	if p.Status.Phase == corev1.PodSucceeded {
		return nil
	}
	if st := p.Status.ContainerStatuses; len(st) > 0 && st[0].State.Terminated != nil && st[0].State.Terminated.ExitCode != 0 {
		t := st[0].State.Terminated
		return &podExit{text: fmt.Sprintf("pod %s/%s terminated (%s)\n%s", p.Namespace, p.Name, t.Reason, t.Message), code: int(t.ExitCode)}
	}
	return fmt.Errorf("pod %s/%s failed with unknown exit code", p.Namespace, p.Name)
}

// podExit is an error whose exit code becomes kubectl's.
type podExit struct {
	text string
	code int
}

func (e *podExit) Error() string { return e.text }

func (c *cmd) runEnded(err error) {
	if e, ok := err.(*podExit); ok {
		c.errf("%s", e.text)
		c.exit(e.code)
		return
	}
	c.end(err)
}
