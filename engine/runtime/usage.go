package runtime

import (
	"math"
	"time"

	"tabernetes/engine/sim"
)

// meterWindow is the time constant over which CPU use is averaged, near metrics-server's 15 s.
const meterWindow = 15 * time.Second

// meter keeps a decaying count of requests: no event is needed for it to fall.
type meter struct {
	at   sim.Time
	rate float64 // requests a second
	n    uint32
}

func (m *meter) start(now sim.Time) { *m = meter{at: now} }

func (m *meter) decay(now sim.Time) {
	if d := now.Sub(m.at); d > 0 {
		m.rate *= math.Exp(-float64(d) / float64(meterWindow))
		m.at = now
	}
}

func (m *meter) request(now sim.Time) {
	m.decay(now)
	m.rate += 1 / meterWindow.Seconds()
	m.n++
}

// Usage is what a container takes now: CPU in thousandths of a core, memory in bytes.
type Usage struct {
	MilliCPU float64
	Memory   int64
}

// Usage is the container's use of resources, averaged over the last quarter of a minute.
func (c *Container) Usage() Usage {
	if c.State != Running {
		return Usage{}
	}
	if c.app == nil {
		return Usage{MilliCPU: 1, Memory: 1 << 20}
	}
	m := c.meter
	m.decay(c.Sandbox.rt.a.Now())
	cpu := c.app.IdleCPU*1000 + m.rate*c.app.CPUPerRequest.Seconds()*1000
	if lim := c.Spec.Resources.Limits.Cpu().MilliValue(); lim > 0 {
		cpu = min(cpu, float64(lim))
	}
	// Each connection in work holds some memory.
	return Usage{MilliCPU: cpu, Memory: int64(c.app.MemoryMB)<<20 + int64(m.rate*20_000)}
}

// Requests counts what the container has served.
func (c *Container) Requests() int { return int(c.meter.n) }
