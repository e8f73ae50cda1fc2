package disruption

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/order"
	"tabernetes/engine/sim"
)

// tally is what the controller keeps of one budget, current with every event of the pods it covers.
type tally struct {
	selector labels.Selector
	err      error // of the selector
	pods     int
	healthy  int // ready and not being deleted
	bare     int // without a controller
	owners   map[types.UID]*owned
	recheck  sim.Timer // when a disrupted pod's time is over
}

// owned are the pods of one controller.
type owned struct {
	ref metav1.OwnerReference
	n   int
}

func newTally(b *policyv1.PodDisruptionBudget) *tally {
	t := &tally{owners: map[types.UID]*owned{}}
	if t.selector, t.err = metav1.LabelSelectorAsSelector(b.Spec.Selector); t.err != nil {
		t.selector = labels.Nothing()
	}
	return t
}

func labelSet(p *corev1.Pod) labels.Set { return labels.Set(p.Labels) }

// count adds a pod that the budget covers (by 1) or takes it out again (by -1).
func (t *tally) count(p *corev1.Pod, by int) {
	t.pods += by
	if healthy(p) {
		t.healthy += by
	}
	ref := metav1.GetControllerOfNoCopy(p)
	if ref == nil {
		t.bare += by
		return
	}
	o := t.owners[ref.UID]
	if o == nil {
		o = &owned{ref: *ref}
		t.owners[ref.UID] = o
	}
	if o.n += by; o.n == 0 {
		delete(t.owners, ref.UID)
	}
}

// controllers are the references to the pods' controllers, in the order of their names.
func (t *tally) controllers() []metav1.OwnerReference {
	out := make([]metav1.OwnerReference, 0, len(t.owners))
	for _, o := range t.owners { // sorted below
		out = append(out, o.ref)
	}
	order.By(out, func(a, b metav1.OwnerReference) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(string(a.UID), string(b.UID))
	})
	return out
}

func healthy(p *corev1.Pod) bool { return p.DeletionTimestamp == nil && api.PodReady(p) }
