package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/sim"
)

// syncBatchPeriod is how often the status manager compares all statuses with the API's.
const syncBatchPeriod = 10 * time.Second

// nextTick is how long it is to the next tick of a ticker. Its phase is a property of the node, so that nodes do not
// tick in step.
func (k *Kubelet) nextTick(period time.Duration) time.Duration {
	phase := sim.Time(k.net.Phase(period))
	now := k.a.Now()
	next := (now-phase)/sim.Time(period)*sim.Time(period) + phase
	for next <= now {
		next += sim.Time(period)
	}
	return next.Sub(now)
}

// contradicted notes that somebody else wrote what is the kubelet's to say: the node lifecycle controller calls pods
// not ready when it has lost sight of the node. The next batch of the status manager puts it right (syncBatch and
// needsReconcile of pkg/kubelet/status/status_manager.go).
func (p *pod) contradicted(old, obj *corev1.Pod) {
	if p.writing || p.unsent || p.gone || p.finished || terminal(obj.Status.Phase) || old.ResourceVersion == obj.ResourceVersion {
		return
	}
	ours := p.last
	if ours == nil {
		ours = &old.Status
	}
	if !contradicts(&obj.Status, ours) {
		return
	}
	p.last = ours
	if !p.batch.Pending() {
		p.batch = p.k.a.After(p.k.nextTick(syncBatchPeriod), "sync statuses", func() {
			if p.last != nil && !p.writing && !p.unsent && !terminal(p.obj.Status.Phase) && contradicts(&p.obj.Status, p.last) {
				p.unsent = true
				p.write()
			}
		})
	}
}

// contradicts compares the kubelet's part of two statuses.
func contradicts(theirs, ours *corev1.PodStatus) bool {
	if sameStatus(theirs, ours) {
		return false
	}
	next := *ours
	next.Conditions = mergeConditions(theirs.Conditions, ours.Conditions)
	return !sameStatus(theirs, &next)
}
