package runtime

import (
	"time"

	"tabernetes/engine/sim"
)

// SamplePeriod is the distance of the moments at which the use of resources is read: metrics-server's default
// resolution (--metric-resolution=15s). All nodes are read at the same multiples of it.
const SamplePeriod = 15 * time.Second

// workers is how many requests a server works on at a time, and backlog how many it has, waiting ones included, before it
// accepts no more: 511 connections wait in the kernel's queue. Both are Apache's defaults.
const (
	workers = 150
	backlog = workers + 511
)

// meter counts CPU time. Nothing happens for it while time passes: a container uses CPU by work it was given, done one
// after the other as fast as its limit allows, and by what runs without end; both are known ahead, so what had been used
// at any later moment follows from the last change. Times are integers, or different machines would differ.
type meter struct {
	given int64    // nanoseconds of CPU: work given so far, and what ran without end until since
	since sim.Time // the last change of base
	free  sim.Time // when the work given will be done
	base  int32    // what runs without end, thousandths of a core
	tick  int32    // the sample period of the last change
	at    [2]int64 // used at the beginning of that period, and of the one before
	n     uint32   // requests
	queue int32    // requests that were in work or waited at the beginning of the period
}

// cores is how much CPU the container may use, in thousandths: its limit, else its node's all.
func (c *Container) cores() int64 {
	if lim := c.Spec.Resources.Limits.Cpu().MilliValue(); lim > 0 {
		return lim
	}
	return c.Sandbox.rt.cores()
}

// cores of the machine, in thousandths.
func (rt *Runtime) cores() int64 {
	if rt.Cores > 0 {
		return rt.Cores
	}
	return 4000
}

func (m *meter) used(t sim.Time, cores int64) int64 {
	n := m.given
	if t > m.since {
		n += min(int64(m.base), cores) * int64(t.Sub(m.since)/time.Microsecond)
	}
	if m.free > t {
		n -= int64(m.free.Sub(t)) / 1000 * cores
	}
	return max(n, 0)
}

func tickOf(t sim.Time) int32 { return int32(t / sim.Time(SamplePeriod)) }

func tickAt(tick int32) sim.Time { return sim.Time(tick) * sim.Time(SamplePeriod) }

// sampled is what had been used at the beginnings of a period and of the one before, if nothing changed since m.
func (m *meter) sampled(tick int32, cores int64) (at [2]int64) {
	switch tick - m.tick {
	case 0:
		return m.at
	case 1:
		return [2]int64{m.used(tickAt(tick), cores), m.at[0]}
	}
	return [2]int64{m.used(tickAt(tick), cores), m.used(tickAt(tick-1), cores)}
}

func (c *Container) roll(now sim.Time, cores int64) {
	m := &c.meter
	if t := tickOf(now); t != m.tick {
		m.at, m.queue = m.sampled(t, cores), int32(c.waiting(tickAt(t)))
		m.tick = t
	}
}

// startMeter begins to count.
func (c *Container) startMeter() {
	now := c.Sandbox.rt.a.Now()
	c.meter = meter{since: now, free: now, tick: tickOf(now)}
	if c.app != nil {
		c.meter.base = int32(c.app.IdleCPU * 1000)
	}
}

// runEndless adds a program that uses CPU without end; a negative number takes it away.
func (c *Container) runEndless(milli int32) {
	now, cores := c.Sandbox.rt.a.Now(), c.cores()
	m := &c.meter
	c.roll(now, cores)
	m.given += min(int64(m.base), cores) * int64(now.Sub(m.since)/time.Microsecond)
	m.since, m.base = now, m.base+milli
}

// work gives the container work of so much CPU time; it is done after d. One piece of work runs on one core.
func (c *Container) work(cpu time.Duration) (d time.Duration) {
	if cpu <= 0 {
		return 0
	}
	now, cores := c.Sandbox.rt.a.Now(), c.cores()
	m := &c.meter
	c.roll(now, cores)
	m.given += int64(cpu)
	m.free = max(m.free, now).Add(cpu * 1000 / time.Duration(cores))
	return max(m.free.Sub(now), cpu*1000/time.Duration(min(cores, 1000)))
}

// Queued is how long work that comes now waits for CPU until it is begun.
func (c *Container) Queued() time.Duration {
	return max(c.meter.free.Sub(c.Sandbox.rt.a.Now()), 0)
}

// waiting counts the requests that are in work or wait for it at a moment.
func (c *Container) waiting(t sim.Time) int64 {
	if c.app == nil || c.app.CPUPerRequest <= 0 || c.meter.free <= t {
		return 0
	}
	return int64(c.meter.free.Sub(t)) / 1000 * c.cores() / int64(c.app.CPUPerRequest)
}

// Sample is a container's use of resources as it was read at a moment.
type Sample struct {
	At     sim.Time
	CPU    time.Duration // used since the start
	Memory int64         // working set, bytes
}

// Samples are the newest reading and the one before it; ok is false if the container did not run by then.
func (c *Container) Samples() (last, prev Sample, ok bool) {
	t := tickOf(c.Sandbox.rt.a.Now())
	last.At, prev.At = tickAt(t), tickAt(t-1)
	if c.State != Running || last.At < c.Started {
		return last, prev, false
	}
	at := c.meter.sampled(t, c.cores())
	last.CPU, prev.CPU = time.Duration(at[0]), time.Duration(at[1])
	queue := int64(c.meter.queue)
	if c.meter.tick != t {
		queue = c.waiting(last.At)
	}
	last.Memory = c.memory(queue)
	return last, prev, true
}

// memory is the working set: what the program takes when it starts, and what the requests in work hold.
func (c *Container) memory(queue int64) int64 {
	if c.app == nil {
		return 1 << 20
	}
	kb := int64(c.app.RequestKB)
	if kb == 0 {
		kb = 64
	}
	n := int64(c.app.MemoryMB)<<20 + min(queue, workers)*kb<<10
	if lim := c.Spec.Resources.Limits.Memory().Value(); lim > 0 {
		n = min(n, lim)
	}
	return n
}

// Requests counts what the container has served.
func (c *Container) Requests() int { return int(c.meter.n) }
