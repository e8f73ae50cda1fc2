package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/sim"
)

// evictionPeriod is how often the eviction manager looks at what pods use (evictionMonitoringPeriod).
const evictionPeriod = 10 * time.Second

// watchSizes looks, while the pod runs, whether an emptyDir has more in it than its sizeLimit
// (pkg/kubelet/eviction/eviction_manager.go, emptyDirLimitEviction). Pods without such a limit cost nothing.
func (p *pod) watchSizes() {
	limited := false
	for i := range p.obj.Spec.Volumes {
		e := p.obj.Spec.Volumes[i].EmptyDir
		limited = limited || e != nil && e.SizeLimit != nil && !e.SizeLimit.IsZero()
	}
	if !limited || p.static != nil {
		return
	}
	s := p.k.a.Sim()
	s.In(sim.Context{Background: true}, func() {
		p.k.a.After(p.k.nextTick(evictionPeriod), "look at volume sizes", func() {
			if p.sb == nil || p.leaving() || p.finished || p.k.pods[p.obj.UID] != p {
				return
			}
			for i := range p.obj.Spec.Volumes {
				v := &p.obj.Spec.Volumes[i]
				if v.EmptyDir == nil || v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.IsZero() || p.sb.Bytes(v.Name) <= v.EmptyDir.SizeLimit.Value() {
					continue
				}
				s.Foreground()
				p.evict(`Usage of EmptyDir volume "` + v.Name + `" exceeds the limit "` + v.EmptyDir.SizeLimit.String() + `". `)
				return
			}
			p.watchSizes()
		})
	})
}

// evict ends a pod that takes more than it may: it fails at once, and its containers get a second (evictPod).
func (p *pod) evict(message string) {
	p.k.record(p, "evicted: "+message)
	p.event(nil, corev1.EventTypeWarning, "Evicted", message)
	p.override = &terminalStatus{corev1.PodFailed, "Evicted", message}
	p.terminate(time.Second)
}
