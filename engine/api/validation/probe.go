package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// livenessProbe checks liveness and startup probes, which one success must satisfy.
func (c *containerChecker) livenessProbe(p *field.Path, probe *corev1.Probe) {
	if probe == nil {
		return
	}
	c.probe(p, probe)
	if probe.SuccessThreshold != 1 {
		c.invalid(p.Child("successThreshold"), probe.SuccessThreshold, "must be 1")
	}
}

func (c *containerChecker) readinessProbe(p *field.Path, probe *corev1.Probe) {
	if probe == nil {
		return
	}
	c.probe(p, probe)
	if probe.TerminationGracePeriodSeconds != nil {
		c.invalid(p.Child("terminationGracePeriodSeconds"), probe.TerminationGracePeriodSeconds, "must not be set for readinessProbes")
	}
}

func (c *containerChecker) probe(p *field.Path, probe *corev1.Probe) {
	c.handler(p, handler{exec: probe.Exec, httpGet: probe.HTTPGet, tcpSocket: probe.TCPSocket, grpc: probe.GRPC})
	c.nonNegative(p.Child("initialDelaySeconds"), int64(probe.InitialDelaySeconds))
	c.nonNegative(p.Child("timeoutSeconds"), int64(probe.TimeoutSeconds))
	c.nonNegative(p.Child("periodSeconds"), int64(probe.PeriodSeconds))
	c.nonNegative(p.Child("successThreshold"), int64(probe.SuccessThreshold))
	c.nonNegative(p.Child("failureThreshold"), int64(probe.FailureThreshold))
	if grace := probe.TerminationGracePeriodSeconds; grace != nil && *grace <= 0 {
		c.invalid(p.Child("terminationGracePeriodSeconds"), *grace, "must be greater than 0")
	}
}

func (c *containerChecker) lifecycle(p *field.Path, l *corev1.Lifecycle) {
	hook := func(name string, h *corev1.LifecycleHandler) {
		if h != nil {
			c.handler(p.Child(name), handler{exec: h.Exec, httpGet: h.HTTPGet, tcpSocket: h.TCPSocket, sleep: h.Sleep})
		}
	}
	hook("postStart", l.PostStart)
	hook("preStop", l.PreStop)
	if l.StopSignal != nil {
		c.stopSignal(p.Child("stopSignal"), *l.StopSignal)
	}
}

// handler is what probes and hooks may do; exactly one must be set.
type handler struct {
	exec      *corev1.ExecAction
	httpGet   *corev1.HTTPGetAction
	tcpSocket *corev1.TCPSocketAction
	grpc      *corev1.GRPCAction
	sleep     *corev1.SleepAction
}

func (c *containerChecker) handler(p *field.Path, h handler) {
	found := false
	// Only the first handler is looked into.
	one := func(name string, set bool, check func(*field.Path)) {
		if !set {
			return
		}
		if found {
			c.forbidden(p.Child(name), "may not specify more than 1 handler type")
			return
		}
		found = true
		check(p.Child(name))
	}
	one("exec", h.exec != nil, func(p *field.Path) {
		if len(h.exec.Command) == 0 {
			c.required(p.Child("command"), "")
		}
	})
	one("httpGet", h.httpGet != nil, func(p *field.Path) { c.httpGet(p, h.httpGet) })
	one("tcpSocket", h.tcpSocket != nil, func(p *field.Path) { c.portOrName(p.Child("port"), h.tcpSocket.Port) })
	one("grpc", h.grpc != nil, func(p *field.Path) { c.portOrName(p.Child("port"), intstr.FromInt32(h.grpc.Port)) })
	one("sleep", h.sleep != nil, func(p *field.Path) {
		// A missing grace period is an error of its own.
		if grace := c.spec.TerminationGracePeriodSeconds; grace != nil && (h.sleep.Seconds < 0 || h.sleep.Seconds > *grace) {
			c.invalid(p, h.sleep.Seconds, fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", *grace))
		}
	})
	if !found {
		c.required(p, "must specify a handler type")
	}
}

func (e *errs) httpGet(p *field.Path, h *corev1.HTTPGetAction) {
	e.nonEmpty(p.Child("path"), h.Path)
	e.portOrName(p.Child("port"), h.Port)
	oneOf(e, p.Child("scheme"), h.Scheme, corev1.URISchemeHTTP, corev1.URISchemeHTTPS)
	for i := range h.HTTPHeaders {
		name := h.HTTPHeaders[i].Name
		e.each(p.Child("httpHeaders"), name, validation.IsHTTPHeaderName(name))
	}
}

// portOrName checks a port given by number, or by the name of a container's port.
func (e *errs) portOrName(p *field.Path, port intstr.IntOrString) {
	switch port.Type {
	case intstr.Int:
		e.each(p, port.IntValue(), validation.IsValidPortNum(port.IntValue()))
	case intstr.String:
		e.each(p, port.StrVal, validation.IsValidPortName(port.StrVal))
	default:
		e.add(field.InternalError(p, fmt.Errorf("unknown type: %v", port.Type)))
	}
}

func (c *containerChecker) stopSignal(p *field.Path, signal corev1.Signal) {
	switch {
	case c.spec.OS == nil:
		c.forbidden(p, "may not be set for containers with empty `spec.os.name`")
	case c.spec.OS.Name == corev1.Windows:
		oneOf(c.errs, p, signal, "SIGKILL", "SIGTERM")
	case c.spec.OS.Name == corev1.Linux:
		oneOf(c.errs, p, signal, linuxSignals...)
	}
}

// linuxSignals in the order of their names, as the error lists them.
var linuxSignals = []corev1.Signal{
	"SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO",
	"SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGRTMAX", "SIGRTMAX-1", "SIGRTMAX-10",
	"SIGRTMAX-11", "SIGRTMAX-12", "SIGRTMAX-13", "SIGRTMAX-14", "SIGRTMAX-2", "SIGRTMAX-3", "SIGRTMAX-4", "SIGRTMAX-5",
	"SIGRTMAX-6", "SIGRTMAX-7", "SIGRTMAX-8", "SIGRTMAX-9", "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+10", "SIGRTMIN+11",
	"SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5",
	"SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8", "SIGRTMIN+9", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM",
	"SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU",
	"SIGXFSZ",
}
