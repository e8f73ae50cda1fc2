package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// The worker's step: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions, SyncPod). First volumes,
// then the sandbox, then what must be killed, then the containers in order.

func (p *pod) prepare() {
	p.mount(func(r *retry) {
		switch {
		case p.k.a.Dead():
		case r != nil:
			p.done(r)
		case p.leaving():
			p.done(nil)
		case p.sb == nil || !p.sb.Ready:
			p.sandbox()
		default:
			p.kills()
		}
	})
}

// leaving reports that the pod was told to end while a step was under way.
func (p *pod) leaving() bool { return p.obj.DeletionTimestamp != nil || p.gone || p.terminating }

func (p *pod) sandbox() {
	k := p.k
	if p.sb != nil {
		p.event(nil, corev1.EventTypeNormal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
	}
	k.rt.RunSandbox(p.obj, func(sb *runtime.Sandbox) {
		if k.a.Dead() {
			return
		}
		p.sb = sb
		p.acted = true
		if !k.net.Attach(sb) {
			sb.Ready = false
			p.event(nil, corev1.EventTypeWarning, "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"host-local\" failed (add): failed to allocate for range 0: no IP addresses available in range set: "+k.net.PodCIDRs()[0])
			p.done(&retry{backOffPeriod})
			return
		}
		p.fillVolumes()
		p.watchSizes()
		if p.leaving() {
			p.done(nil)
			return
		}
		p.startEphemeral(0, nil)
	})
}

// kills stops the containers that a probe or a changed spec condemned, all at once, and goes on when they have ended.
func (p *pod) kills() {
	left := 1
	next := func() {
		if left--; left == 0 && !p.k.a.Dead() {
			p.startEphemeral(0, nil)
		}
	}
	for i := range p.ctrs {
		c := &p.ctrs[i]
		if c.unhealthy == "" || c.run == nil || c.run.State != runtime.Running {
			c.unhealthy = ""
			continue
		}
		left++
		p.acted = true
		grace := p.specGrace()
		if pr := c.spec.LivenessProbe; pr != nil && pr.TerminationGracePeriodSeconds != nil {
			grace = time.Duration(*pr.TerminationGracePeriodSeconds) * time.Second
		}
		message := c.unhealthy
		p.killContainer(c, message, grace, next)
	}
	next()
}

func (p *pod) specGrace() time.Duration {
	if g := p.obj.Spec.TerminationGracePeriodSeconds; g != nil {
		return time.Duration(*g) * time.Second
	}
	return 30 * time.Second
}

// startNext starts, one after the other, the containers from index i on whose turn it is.
func (p *pod) startNext(i int, failed *retry, initialized bool) {
	for ; i < len(p.ctrs); i++ {
		c := &p.ctrs[i]
		if p.leaving() {
			break
		}
		running := c.run != nil && c.run.State == runtime.Running
		switch c.kind {
		case initKind:
			if c.run != nil && c.run.State == runtime.Exited && c.run.ExitCode == 0 || p.regularStarted() {
				continue
			}
			initialized = false
			if running {
				p.done(failed)
				return
			}
		case sidecar:
			if running {
				if !c.started && !p.regularStarted() {
					p.done(failed) // the next init container waits until this one has started
					return
				}
				continue
			}
		default:
			if running {
				continue
			}
		}
		if !p.restartable(c) {
			if c.kind == initKind {
				break // a failed init container that will not be tried again: the pod has failed
			}
			continue
		}
		p.startContainer(c, func(r *retry) {
			if r != nil && (failed == nil || r.after < failed.after) {
				failed = r
			}
			if p.k.a.Dead() {
				return
			}
			if c.kind == initKind || c.kind == sidecar && (r != nil || !c.started && !p.regularStarted()) {
				p.done(failed)
				return
			}
			p.startNext(i+1, failed, initialized)
		})
		return
	}
	p.done(failed)
}

func (p *pod) regularStarted() bool {
	for i := range p.ctrs {
		if c := &p.ctrs[i]; c.kind == regular && c.run != nil && c.run.State != runtime.Created {
			return true
		}
	}
	return false
}

// fail notes why a container could not be started.
func (p *pod) fail(c *ctr, reason, message string) {
	if c.reason != reason || c.message != message {
		p.news = true
	}
	c.reason, c.message = reason, message
}

// startContainer is startContainer of kuberuntime_container.go, after the crash back-off of doBackOff.
func (p *pod) startContainer(c *ctr, done func(*retry)) {
	k := p.k
	if prev := exited(c.run); prev != nil {
		now := k.a.Now()
		if c.crash.since(prev.Ended, now) {
			p.event(c, corev1.EventTypeWarning, "BackOff", "Back-off restarting failed container "+c.spec.Name+" in pod "+p.name())
			p.fail(c, "CrashLoopBackOff", "back-off "+c.crash.d.String()+" restarting failed container="+c.spec.Name+" pod="+p.name())
			done(&retry{prev.Ended.Add(c.crash.d).Sub(now)})
			return
		}
		c.crash.next(prev.Ended, now)
	}
	p.ensureImage(c, func(im *runtime.Image, reason, message string) {
		if k.a.Dead() {
			return
		}
		if im == nil {
			p.event(c, corev1.EventTypeWarning, "Failed", "Error: "+reason)
			p.fail(c, reason, message)
			done(&retry{backOffPeriod})
			return
		}
		if p.leaving() {
			done(nil)
			return
		}
		p.environment(c, func(env []string, err string) {
			if k.a.Dead() {
				return
			}
			if err != "" {
				p.event(c, corev1.EventTypeWarning, "Failed", "Error: "+err)
				p.fail(c, "CreateContainerConfigError", err)
				done(&retry{backOffPeriod})
				return
			}
			if im.App != nil {
				p.create(c, im, env, done)
				return
			}
			p.ensureAccess(func() {
				if p.leaving() {
					done(nil)
					return
				}
				p.create(c, im, env, done)
			})
		})
	})
}

// exited is the run whose end the crash back-off counts from.
func exited(run *runtime.Container) *runtime.Container {
	if run != nil && run.State == runtime.Running {
		run = run.Prev
	}
	if run != nil && run.State == runtime.Exited {
		return run
	}
	return nil
}

func (p *pod) create(c *ctr, im *runtime.Image, env []string, done func(*retry)) {
	k := p.k
	attempt := int32(0)
	if c.run != nil {
		attempt = c.run.Attempt + 1
	} else if s := findStatus(p.status(), c.spec.Name); s != nil && s.ContainerID != "" {
		attempt = s.RestartCount + 1
	}
	vars := variablesOf(env)
	conf := runtime.Config{Spec: c.spec, Image: im, Attempt: attempt, Env: env, Command: vars.expandAll(c.spec.Command), Args: vars.expandAll(c.spec.Args)}
	if !vars.fit(conf.Command, conf.Args) {
		p.event(c, corev1.EventTypeWarning, "Failed", "Error: "+tooLong)
		p.fail(c, "RunContainerError", tooLong)
		done(&retry{backOffPeriod})
		return
	}
	for i := range c.spec.VolumeMounts {
		if x := c.spec.VolumeMounts[i].SubPathExpr; x != "" {
			if conf.SubPaths == nil {
				conf.SubPaths = make([]string, len(c.spec.VolumeMounts))
			}
			conf.SubPaths[i] = vars.expand(x)
		}
	}
	p.sb.Create(conf, func(run *runtime.Container) {
		if k.a.Dead() {
			return
		}
		p.acted = true
		p.event(c, corev1.EventTypeNormal, "Created", "Container created")
		run.Start(func(err error) {
			if k.a.Dead() {
				return
			}
			c.run = run
			c.ready, c.started, c.unhealthy = false, false, ""
			if err != nil {
				run.StartRecord = k.record(p, "failed to start container "+c.spec.Name+": "+err.Error())
				p.event(c, corev1.EventTypeWarning, "Failed", "Error: "+err.Error())
				p.fail(c, "RunContainerError", err.Error())
				done(&retry{backOffPeriod})
				return
			}
			run.StartRecord = k.record(p, "started container "+c.spec.Name)
			p.event(c, corev1.EventTypeNormal, "Started", "Container started")
			c.reason, c.message = "", ""
			if c.kind != ephemeral {
				p.startProbes(c)
			}
			p.deadline()
			p.postStart(c, run, func(failed string) {
				if failed == "" {
					done(nil)
					return
				}
				p.event(c, corev1.EventTypeWarning, "FailedPostStartHook", "PostStartHook failed")
				p.killContainer(c, "FailedPostStartHook", p.specGrace(), func() {
					p.fail(c, "PostStartHookError", failed)
					done(&retry{backOffPeriod})
				})
			})
		})
	})
}

// deadline is active_deadline.go: a pod that may run only so long fails when the time is over.
func (p *pod) deadline() {
	d := p.obj.Spec.ActiveDeadlineSeconds
	if d == nil || p.dead.Pending() {
		return
	}
	st := p.status()
	start := p.k.a.Wall()
	if st.StartTime != nil {
		start = st.StartTime.Time
	}
	left := time.Duration(*d)*time.Second - p.k.a.Wall().Sub(start)
	s := p.k.a.Sim()
	s.In(sim.Context{Cause: s.Cause(), Background: s.Context().Background}, func() {
		p.dead = p.k.a.After(max(left, 0), "active deadline", func() {
			p.event(nil, corev1.EventTypeNormal, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
			p.override = &terminalStatus{corev1.PodFailed, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"}
			p.terminate(p.specGrace())
		})
	})
}
