package statefulset

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// roll deletes pods of other revisions than the update's, from the highest ordinal down to the partition, as far as
// maxUnavailable allows. All replicas of a monotonic set are available when it comes to this.
func (p *pass) roll(done func(error)) {
	least, most := 0, 1
	if r := p.set.Spec.UpdateStrategy.RollingUpdate; r != nil {
		least = int(*r.Partition)
		n, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(r.MaxUnavailable, intstr.FromInt32(1)), len(p.replicas), false)
		if err != nil {
			done(err)
			return
		}
		most = max(n, 1) // a small percentage rounds down to nothing
	}
	missing, hopeless := 0, 0
	for _, pod := range p.replicas {
		if unavailable(pod, p.set, p.now) {
			missing++
			if !p.monotonic() && p.outdated(pod) && !terminating(pod) {
				hopeless++
			}
		}
	}
	if missing >= most && hopeless == 0 {
		done(nil)
		return
	}
	var victims []*corev1.Pod
	take := func(budget int, which func(*corev1.Pod) bool) {
		for _, pod := range slices.Backward(p.replicas[min(least, len(p.replicas)):]) {
			if budget == 0 {
				return
			}
			if p.outdated(pod) && !terminating(pod) && which(pod) {
				victims = append(victims, pod)
				budget--
			}
		}
	}
	if p.monotonic() {
		take(most-missing, func(*corev1.Pod) bool { return true })
	} else {
		// What does not work anyway goes first and costs nothing of the budget; what works goes within the rest of it.
		works := func(pod *corev1.Pod) bool { return !unavailable(pod, p.set, p.now) }
		take(-1, func(pod *corev1.Pod) bool { return !works(pod) })
		take(max(0, most-missing), works)
	}
	p.deleteInTurn(victims, done)
}

// outdated reports a pod of another revision than the update's.
func (p *pass) outdated(pod *corev1.Pod) bool { return revisionOf(pod) != p.update.Name }
