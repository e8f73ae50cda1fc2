package kubelet

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tabernetes/engine/runtime"
)

// postStart runs the container's postStart hook, if it has one. failed is "" or what went wrong.
func (p *pod) postStart(c *ctr, run *runtime.Container, done func(failed string)) {
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PostStart == nil {
		done("")
		return
	}
	p.hook(c, run, c.spec.Lifecycle.PostStart, done)
}

// hook runs a lifecycle handler (pkg/kubelet/lifecycle/handlers.go).
func (p *pod) hook(c *ctr, run *runtime.Container, h *corev1.LifecycleHandler, done func(failed string)) {
	a := p.k.a
	switch {
	case h.Sleep != nil:
		a.After(time.Duration(h.Sleep.Seconds)*time.Second, "hook", func() { done("") })
	case h.Exec != nil:
		run.Exec(h.Exec.Command, 0, func(out string, code int, err error) {
			switch {
			case a.Dead():
			case err != nil:
				done("command '" + strings.Join(h.Exec.Command, " ") + "' failed: " + err.Error())
			case code != 0:
				done("command '" + strings.Join(h.Exec.Command, " ") + "' exited with " + strconv.Itoa(code) + ": " + out)
			default:
				done("")
			}
		})
	case h.HTTPGet != nil:
		port, ok := containerPort(h.HTTPGet.Port, c.spec)
		target, listening := (*runtime.Container)(nil), false
		if ok {
			target, listening = p.sb.Listener(port)
		}
		if !listening {
			a.After(time.Millisecond, "hook", func() {
				done("Get \"http://" + p.sb.IP() + ":" + h.HTTPGet.Port.String() + "/" + strings.TrimPrefix(h.HTTPGet.Path, "/") + "\": dial tcp: connect: connection refused")
			})
			return
		}
		status, d := target.Serve(p.k.hostIP, "GET", h.HTTPGet.Path, "kube-lifecycle/v1.37", true)
		a.After(d, "hook", func() {
			if status == 0 || status >= 400 {
				done("HTTP status " + strconv.Itoa(status))
				return
			}
			done("")
		})
	default:
		done("")
	}
}

// containerPort resolves a port number or a port's name in the container.
func containerPort(v intstr.IntOrString, spec *corev1.Container) (int32, bool) {
	if v.Type == intstr.Int {
		return v.IntVal, v.IntVal > 0 && v.IntVal < 65536
	}
	for i := range spec.Ports {
		if spec.Ports[i].Name == v.StrVal {
			return spec.Ports[i].ContainerPort, true
		}
	}
	n, err := strconv.Atoi(v.StrVal)
	return int32(n), err == nil && n > 0 && n < 65536
}
