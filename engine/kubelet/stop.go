package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/runtime"
)

// minimumGrace is what a container always gets (kuberuntime's minimumGracePeriodInSeconds).
const minimumGrace = 2 * time.Second

// stopLatency is about what passes between the kubelet's decision and the signal: the CRI call, containerd, the shim.
const stopLatency = 20 * time.Millisecond

// terminate is SyncTerminatingPod: liveness and startup probes end, all containers are stopped at once, sidecars
// after the others; then the sandbox goes and the last status is posted.
func (p *pod) terminate(grace time.Duration) {
	if p.terminated {
		p.confirmGone()
		return
	}
	if p.terminating {
		return
	}
	p.terminating = true
	p.requeue.Stop()
	p.dead.Stop()
	if p.override == nil && !p.gone {
		p.post(p.generate(false))
	}
	left := 1
	over := func() {
		if left--; left == 0 && !p.k.a.Dead() {
			p.stopped()
		}
	}
	sidecars := false
	running := 0
	regularOver := func() {
		if running--; running == 0 && sidecars {
			p.stopSidecars(len(p.ctrs)-1, grace, over)
		}
	}
	p.each(func(c *ctr) {
		if pr := c.probes; pr != nil {
			pr.stopHealth()
		}
		if !c.runs() {
			return
		}
		if c.kind == sidecar {
			sidecars = true
		} else {
			running++
		}
	})
	if sidecars {
		left++
	}
	if running == 0 && sidecars {
		running++
		regularOver()
	}
	p.each(func(c *ctr) {
		if c.kind != sidecar && c.runs() {
			left++
			p.killContainer(c, "", grace, func() { regularOver(); over() })
		}
	})
	over()
}

// hasten shortens the time that is left to containers that are being stopped, after the pod's grace period was cut.
func (p *pod) hasten(grace time.Duration) {
	p.each(func(c *ctr) {
		if c.runs() && c.run.Signalled() {
			c.run.Stop(max(grace, minimumGrace), func() {})
		}
	})
}

// stopSidecars stops them in the reverse of the order they were started in.
func (p *pod) stopSidecars(i int, grace time.Duration, done func()) {
	for ; i >= 0; i-- {
		c := &p.ctrs[i]
		if c.kind == sidecar && c.run != nil && c.run.State == runtime.Running {
			p.killContainer(c, "", grace, func() { p.stopSidecars(i-1, grace, done) })
			return
		}
	}
	done()
}

// killContainer is killContainer of kuberuntime_container.go: event, preStop hook, stop signal, and SIGKILL when the
// grace period is over.
func (p *pod) killContainer(c *ctr, message string, grace time.Duration, done func()) {
	k := p.k
	run := c.run
	c.killing = true
	if message == "" {
		message = "Stopping container " + c.spec.Name
	}
	p.event(c, corev1.EventTypeNormal, "Killing", message)
	begin := k.a.Now()
	stop := func() {
		if k.a.Dead() {
			return
		}
		if run.State == runtime.Running && run.SignalRecord == 0 {
			run.SignalRecord = k.record(p, "sent "+run.StopSignal()+" to container "+c.spec.Name)
		}
		left := grace - k.a.Now().Sub(begin).Truncate(time.Second)
		run.Stop(max(left, minimumGrace), func() {
			c.killing = false
			if !k.a.Dead() {
				// The exit's own record was written in the runtime's event, which this still is.
				done()
			}
		})
	}
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PreStop == nil || grace <= 0 {
		k.a.After(stopLatency/2+time.Duration(k.a.Rand().Int64N(int64(stopLatency))), "stop container", stop)
		return
	}
	k.record(p, "runs the preStop hook of container "+c.spec.Name)
	over := false
	limit := k.a.After(grace, "preStop limit", func() {
		if !over {
			over = true
			stop()
		}
	})
	p.hook(c, run, c.spec.Lifecycle.PreStop, func(failed string) {
		if over {
			return
		}
		over = true
		limit.Stop()
		if failed != "" {
			p.event(c, corev1.EventTypeWarning, "FailedPreStopHook", "PreStopHook failed")
		}
		stop()
	})
}

// stopped: every container has ended.
func (p *pod) stopped() {
	if p.busy {
		// A step was under way when the pod was told to end; what it started must be stopped too.
		p.again = false
		p.terminating = false
		p.k.a.After(100*time.Millisecond, "sync pod", func() {
			if p.alive() || p.busy {
				p.terminate(p.gracePeriod())
				return
			}
			p.terminating = true
			p.finish()
		})
		return
	}
	p.finish()
}

// teardown is how long the runtime takes to remove a sandbox with its network.
const teardown = 60 * time.Millisecond

func (p *pod) finish() {
	k := p.k
	for i := range p.ctrs {
		if pr := p.ctrs[i].probes; pr != nil {
			pr.stop()
			p.ctrs[i].probes = nil
		}
	}
	k.a.After(teardown, "stop sandbox", func() {
		if p.sb != nil {
			p.sb.Lost = k.a.Sim().Cause()
			k.net.Detach(p.sb)
			p.sb.Ready = false
		}
		if !p.gone {
			p.post(p.generate(true))
		}
		p.terminated = true
		p.finished = true
		p.unwatch()
		p.releaseVolumes()
		if p.gone {
			p.drop()
			return
		}
		if p.obj.DeletionTimestamp != nil {
			p.confirmGone()
		}
	})
}

// drop forgets the pod and what the runtime knows of it.
func (p *pod) drop() {
	if p.sb != nil {
		p.k.rt.Remove(p.sb)
	}
	p.k.forget(p)
	p.succeed()
}

// reject is what happens to a pod that the kubelet does not admit.
func (p *pod) reject(reason, message string) {
	p.k.record(p, "rejected: "+reason)
	p.event(nil, corev1.EventTypeWarning, reason, message)
	p.finished = true
	st := p.obj.Status
	st.Phase, st.Reason, st.Message = corev1.PodFailed, reason, "Pod was rejected: "+message
	st.QOSClass = qosClass(p.obj)
	if st.StartTime == nil {
		now := p.k.wall(p.k.a.Now())
		st.StartTime = &now
	}
	st.ObservedGeneration = p.obj.Generation
	p.post(&st)
}
