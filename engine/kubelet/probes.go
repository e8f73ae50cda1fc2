package kubelet

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// Probes: pkg/kubelet/prober. A worker for each probe of a running container ticks with the probe's period; a result
// counts once it came as often in a row as its threshold says.

type probeType uint8

const (
	startup probeType = iota
	liveness
	readiness
)

var probeNames = [...]string{"Startup", "Liveness", "Readiness"}

// probes are those of one run of a container.
type probes struct{ list [3]*prober }

type prober struct {
	p    *pod
	c    *ctr
	run  *runtime.Container
	spec *corev1.Probe
	typ  probeType
	tick func()
	t    sim.Timer

	success, result bool
	streak          int32
	over            bool // ended, or on hold until there is another container
}

// patience is how long a probe that has not succeeded yet keeps the world unsettled: a pod that is about to become
// ready is something to wait for, one that will never be is not.
const patience = time.Minute

// startProbes begins to probe a container that has started, after those of its earlier run ended. Containers without
// a startup probe count as started, and without a readiness probe as ready.
func (p *pod) startProbes(c *ctr) {
	if c.probes != nil {
		c.probes.stop()
		c.probes = nil
	}
	spec := c.spec
	if spec.StartupProbe == nil {
		c.started = true
		if spec.ReadinessProbe == nil {
			c.ready = true
		}
	}
	if c.kind == initKind || spec.StartupProbe == nil && spec.LivenessProbe == nil && spec.ReadinessProbe == nil {
		return
	}
	pr := &probes{}
	c.probes = pr
	if spec.StartupProbe != nil && !c.started {
		pr.list[startup] = p.newProber(c, startup, spec.StartupProbe)
		return
	}
	p.startHealth(c)
}

// startHealth begins the probes that wait for the container to have started.
func (p *pod) startHealth(c *ctr) {
	if s := c.spec.LivenessProbe; s != nil && !p.terminating {
		c.probes.list[liveness] = p.newProber(c, liveness, s)
	}
	if s := c.spec.ReadinessProbe; s != nil {
		c.probes.list[readiness] = p.newProber(c, readiness, s)
	} else {
		c.ready = true
	}
}

func (p *pod) newProber(c *ctr, typ probeType, spec *corev1.Probe) *prober {
	w := &prober{p: p, c: c, run: c.run, spec: spec, typ: typ, result: typ == liveness || typ == readiness && c.ready}
	w.tick = w.probe
	// A readiness probe runs as soon as the container's status is looked at; the others keep the rhythm of the worker,
	// which is as old as the pod.
	d := 15 * time.Millisecond
	if typ != readiness {
		period := w.period()
		d = period - time.Duration(int64(p.k.a.Now().Sub(p.since))%int64(period))
	}
	w.schedule(d)
	return w
}

func (w *prober) period() time.Duration {
	return time.Duration(max(w.spec.PeriodSeconds, 1)) * time.Second
}

func (w *prober) schedule(d time.Duration) {
	s := w.p.k.a.Sim()
	bg := w.typ == liveness || w.typ == readiness && w.result
	if !bg {
		limit := max(patience, time.Duration(w.spec.InitialDelaySeconds)*time.Second+time.Duration(w.spec.FailureThreshold)*w.period())
		bg = w.p.k.a.Now().Sub(w.run.Started) > limit
	}
	s.In(sim.Context{Cause: w.run.StartRecord, Background: bg}, func() {
		w.t = w.p.k.a.After(d, "probe", w.tick)
	})
}

func (pr *probes) stop() {
	for _, w := range pr.list {
		if w != nil {
			w.over = true
			w.t.Stop()
		}
	}
}

// stopHealth ends what could restart a container of a pod that is going; readiness is probed to the end.
func (pr *probes) stopHealth() {
	for _, typ := range [...]probeType{startup, liveness} {
		if w := pr.list[typ]; w != nil {
			w.over = true
			w.t.Stop()
		}
	}
}

// probe is doProbe of worker.go.
func (w *prober) probe() {
	if w.over || w.c.run != w.run {
		return
	}
	w.schedule(w.period())
	k := w.p.k
	if w.run.State != runtime.Running || k.a.Now().Sub(w.run.Started) < time.Duration(w.spec.InitialDelaySeconds)*time.Second {
		return
	}
	w.check(func(ok bool, output string) {
		if w.over || w.c.run != w.run || k.a.Dead() {
			return
		}
		if !ok {
			w.p.event(w.c, corev1.EventTypeWarning, "Unhealthy", probeNames[w.typ]+" probe failed: "+output)
		}
		if w.streak > 0 && w.success == ok {
			w.streak++
		} else {
			w.success, w.streak = ok, 1
		}
		limit := w.spec.FailureThreshold
		if ok {
			limit = w.spec.SuccessThreshold
		}
		if w.streak >= max(limit, 1) {
			w.decided(ok)
		}
	})
}

// decided is a probe's result that counts.
func (w *prober) decided(ok bool) {
	p, c := w.p, w.c
	switch w.typ {
	case readiness:
		if ok == w.result {
			return
		}
		w.result, c.ready = ok, ok
		p.k.record(p, "readiness probe of container "+c.spec.Name+" "+outcome(ok))
		p.postNow()
	case startup:
		if ok {
			c.started = true
			w.over = true
			w.t.Stop()
			c.probes.list[startup] = nil
			p.k.record(p, "startup probe of container "+c.spec.Name+" succeeded")
			p.startHealth(c)
			p.postNow()
			if c.kind == sidecar {
				p.sync()
			}
			return
		}
		w.condemn("startup")
	case liveness:
		if !ok {
			w.condemn("liveness")
		}
	}
}

func outcome(ok bool) string {
	if ok {
		return "succeeded"
	}
	return "failed"
}

// condemn has the container killed and started again.
func (w *prober) condemn(what string) {
	w.over = true
	w.t.Stop()
	w.p.k.record(w.p, what+" probe of container "+w.c.spec.Name+" failed")
	w.c.unhealthy = "Container " + w.c.spec.Name + " failed " + what + " probe, will be restarted"
	if w.p.obj.Spec.RestartPolicy == corev1.RestartPolicyNever && w.c.kind != sidecar {
		w.c.unhealthy = "Container " + w.c.spec.Name + " failed " + what + " probe"
	}
	s := w.p.k.a.Sim()
	s.In(sim.Context{Cause: s.Cause()}, w.p.sync)
}

// postNow writes the status after a probe's result changed it; that ends a background event's quiet.
func (p *pod) postNow() {
	s := p.k.a.Sim()
	s.In(sim.Context{Cause: s.Cause()}, func() {
		if !p.terminated && !p.finished {
			p.post(p.generate(false))
		}
	})
}

// check runs the probe's handler once. Probes of a program that answers are decided at once: their few hundred
// microseconds change nothing.
func (w *prober) check(done func(ok bool, output string)) {
	sb, spec := w.p.sb, w.spec
	timeout := time.Duration(max(spec.TimeoutSeconds, 1)) * time.Second
	switch {
	case spec.Exec != nil:
		w.run.Exec(spec.Exec.Command, timeout, func(out string, code int, err error) {
			if err != nil {
				out = err.Error()
			}
			done(err == nil && code == 0, out)
		})
	case spec.HTTPGet != nil:
		h := spec.HTTPGet
		port, ok := containerPort(h.Port, w.c.spec)
		if !ok {
			done(false, "strconv.Atoi: parsing "+strconv.Quote(h.Port.String())+": invalid syntax")
			return
		}
		host := h.Host
		if host == "" {
			host = sb.IP()
		}
		scheme := strings.ToLower(string(h.Scheme))
		if scheme == "" {
			scheme = "http"
		}
		path := "/" + strings.TrimPrefix(h.Path, "/")
		c, listening := sb.Listener(port)
		at := host + ":" + strconv.Itoa(int(port))
		url := scheme + "://" + at + path
		if !listening {
			done(false, "Get "+strconv.Quote(url)+": dial tcp "+at+": connect: connection refused")
			return
		}
		status, d := c.Serve(w.p.k.hostIP, "GET", path, "kube-probe/1.37", false)
		switch {
		case d > timeout || status == 0:
			done(false, "Get "+strconv.Quote(url)+": context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
		case status >= 200 && status < 400:
			done(true, "")
		default:
			done(false, "HTTP probe failed with statuscode: "+strconv.Itoa(status))
		}
	case spec.TCPSocket != nil:
		port, ok := containerPort(spec.TCPSocket.Port, w.c.spec)
		host := spec.TCPSocket.Host
		if host == "" {
			host = sb.IP()
		}
		if _, listening := sb.Listener(port); !ok || !listening {
			done(false, "dial tcp "+host+":"+strconv.Itoa(int(port))+": connect: connection refused")
			return
		}
		done(true, "")
	case spec.GRPC != nil:
		at := sb.IP() + ":" + strconv.Itoa(int(spec.GRPC.Port))
		if _, listening := sb.Listener(spec.GRPC.Port); !listening {
			done(false, "error: failed to connect service at "+strconv.Quote(at)+": connection error: desc = \"transport: Error while dialing: dial tcp "+at+": connect: connection refused\"")
			return
		}
		done(true, "")
	default:
		done(true, "")
	}
}
