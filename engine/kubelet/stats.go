package kubelet

import (
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
	"tabernetes/engine/sim"
)

// What the machine takes besides its containers: the kernel, systemd, containerd and the kubelet itself.
const (
	systemCPU    = 45  // thousandths of a core
	systemMemory = 420 // MiB
)

// Stats is /metrics/resource: what cAdvisor read last. The readings are not kept: what had been used at those moments
// follows from what was done (runtime.Container.Samples).
func (s server) Stats(reply func(*api.NodeStats)) {
	k := s.k
	out := &api.NodeStats{Pods: map[string][]api.ContainerStats{}}
	at := k.a.Now() / sim.Time(runtime.SamplePeriod) * sim.Time(runtime.SamplePeriod)
	out.At = k.a.WallAt(at)
	out.Start = k.a.WallAt(k.rt.Booted())
	used := time.Duration(0)
	out.Memory = systemMemory << 20
	for _, p := range k.pods {
		var list []api.ContainerStats
		for _, c := range p.ctrs {
			if c.run == nil {
				continue
			}
			last, prev, ok := c.run.Samples()
			if !ok {
				continue
			}
			used += last.CPU - prev.CPU
			out.Memory += last.Memory
			list = append(list, api.ContainerStats{Name: c.spec.Name, Usage: api.Usage{
				Start: k.a.WallAt(c.run.Started), At: out.At, CPU: last.CPU, PrevCPU: prev.CPU, Memory: last.Memory}})
		}
		if list != nil {
			out.Pods[api.KeyOf(p.obj)] = list
		}
	}
	used += time.Duration(systemCPU) * runtime.SamplePeriod / 1000
	out.CPU = min(used, time.Duration(k.rt.Cores)*runtime.SamplePeriod/1000)
	out.Memory = min(out.Memory, k.capacity.Memory().Value())
	reply(out)
}
