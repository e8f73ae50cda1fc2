package kubectl

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
)

// victims are the pods of a node that drain removes, what it warns of, and what stands in the way.
type victims struct {
	pods     []*corev1.Pod
	warnings []string
	errs     []error
}

// verdict is what the filters say of a pod.
type verdict struct {
	remove           bool
	warning, refusal string
}

// victims lists and filters the pods of a node.
// Upstream: k8s.io/kubectl/pkg/drain, filters.go.
func (d *drainer) victims(node string, then func(victims, error)) {
	sel, _ := parseLabels(d.c.f.str("pod-selector"))
	d.c.do(&api.Request{Verb: api.List, Resource: api.Pods, LabelSelector: sel, FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node)}, func(r *api.Response) {
		if r.Err != nil {
			then(victims{}, r.Err)
			return
		}
		pods := typed[*corev1.Pod](r.Items)
		verdicts := make([]verdict, len(pods))
		each(len(pods), func(i int, next func()) {
			d.judge(pods[i], func(v verdict) {
				verdicts[i] = v
				next()
			})
		}, func() { then(collect(pods, verdicts), nil) })
	})
}

func collect(pods []*corev1.Pod, verdicts []verdict) victims {
	var v victims
	group := func(pick func(verdict) string) (order []string, members map[string][]string) {
		members = map[string][]string{}
		for i, p := range pods {
			if msg := pick(verdicts[i]); msg != "" {
				if members[msg] == nil {
					order = append(order, msg)
				}
				members[msg] = append(members[msg], p.Namespace+"/"+p.Name)
			}
		}
		return order, members
	}
	for i, p := range pods {
		if verdicts[i].remove {
			v.pods = append(v.pods, p)
		}
	}
	order, members := group(func(v verdict) string { return v.warning })
	for _, msg := range order {
		v.warnings = append(v.warnings, msg+": "+strings.Join(members[msg], ", "))
	}
	order, members = group(func(v verdict) string { return v.refusal })
	for _, msg := range order {
		v.errs = append(v.errs, fmt.Errorf("cannot delete %s: %s", msg, strings.Join(members[msg], ", ")))
	}
	return v
}

// judge applies the filters in upstream's order; the last warning is the one that stays.
func (d *drainer) judge(p *corev1.Pod, then func(verdict)) {
	f := d.c.f
	if d.skips(p) {
		then(verdict{})
		return
	}
	finished := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	// Each filter takes the word of the one before: of several warnings only that of the last filter remains.
	rest := func() {
		if _, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
			then(verdict{})
			return
		}
		local := false
		for i := range p.Spec.Volumes {
			local = local || p.Spec.Volumes[i].EmptyDir != nil
		}
		switch {
		case finished:
			then(verdict{remove: true})
		case local && !f.bool("delete-emptydir-data") && !f.bool("delete-local-data"):
			then(verdict{refusal: "Pods with local storage (use --delete-emptydir-data to override)"})
		case metav1.GetControllerOf(p) != nil:
			then(verdict{remove: true})
		case f.bool("force"):
			then(verdict{remove: true, warning: "deleting Pods that declare no controller"})
		default:
			then(verdict{refusal: "Pods that declare no controller (use --force to override)"})
		}
	}
	owner := metav1.GetControllerOf(p)
	if owner == nil || owner.Kind != "DaemonSet" || owner.APIVersion != "apps/v1" || finished {
		rest()
		return
	}
	managed := func(err error) {
		switch {
		case err != nil && apierrors.IsNotFound(err) && f.bool("force"):
			rest() // an orphan
		case err != nil:
			then(verdict{refusal: err.Error()})
		case !f.bool("ignore-daemonsets"):
			then(verdict{refusal: "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"})
		default:
			then(verdict{warning: "ignoring DaemonSet-managed Pods"})
		}
	}
	d.c.do(&api.Request{Verb: api.Get, Resource: api.DaemonSets, Namespace: p.Namespace, Name: owner.Name}, func(r *api.Response) { managed(r.Err) })
}

// skips tells that a pod has been terminating for so long that drain does not wait for it.
func (d *drainer) skips(p *corev1.Pod) bool {
	limit := d.c.f.int("skip-wait-for-delete-timeout")
	return limit > 0 && p.DeletionTimestamp != nil && int64(d.c.sh.a.Wall().Sub(p.DeletionTimestamp.Time).Seconds()) > limit
}
