package daemonset

import (
	"maps"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"tabernetes/engine/api/nodeaffinity"
)

// templateGenerationLabel is the label of pods from before there were revisions, still written and honoured
// (extensions/v1beta1, DaemonSetTemplateGenerationKey).
const templateGenerationLabel = "pod-template-generation"

// rule decides about nodes for the pods of one template.
type rule struct {
	node        string // spec.nodeName of the template
	required    *nodeaffinity.Required
	tolerations []corev1.Toleration
}

func newRule(spec *corev1.PodSpec) rule {
	return rule{node: spec.NodeName, required: nodeaffinity.RequiredOf(spec), tolerations: tolerations(spec)}
}

// place reports whether a pod should run on a node, and whether one that runs there may go on.
func (r *rule) place(n *corev1.Node) (run, keep bool) {
	if r.node != "" && r.node != n.Name || !r.required.Match(n) {
		return false, false
	}
	run, keep = true, true
	for i := range n.Spec.Taints {
		t := &n.Spec.Taints[i]
		if t.Effect != corev1.TaintEffectNoExecute && t.Effect != corev1.TaintEffectNoSchedule || r.tolerates(t) {
			continue
		}
		run = false
		if t.Effect == corev1.TaintEffectNoExecute {
			keep = false
		}
	}
	return run, keep
}

func (r *rule) tolerates(t *corev1.Taint) bool {
	for i := range r.tolerations {
		if r.tolerations[i].ToleratesTaint(klog.Logger{}, t, false) {
			return true
		}
	}
	return false
}

// tolerations are the template's, and those that every daemon pod has.
func tolerations(spec *corev1.PodSpec) []corev1.Toleration {
	ts := spec.Tolerations
	add := func(key string, effect corev1.TaintEffect) {
		t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: effect}
		out := make([]corev1.Toleration, 0, len(ts)+1)
		replaced := false
		for i := range ts {
			if t.MatchToleration(&ts[i]) {
				out, replaced = append(out, t), true
			} else {
				out = append(out, ts[i])
			}
		}
		if !replaced {
			out = append(out, t)
		}
		ts = out
	}
	add(corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute)
	add(corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)
	add(corev1.TaintNodeDiskPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodeMemoryPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodePIDPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodeUnschedulable, corev1.TaintEffectNoSchedule)
	if spec.HostNetwork {
		add(corev1.TaintNodeNetworkUnavailable, corev1.TaintEffectNoSchedule)
	}
	return ts
}

// podTemplate is the template of the pods of a revision, but for the affinity of each.
func podTemplate(ds *appsv1.DaemonSet, hash string) *corev1.PodTemplateSpec {
	t := ds.Spec.Template
	t.Spec.Tolerations = tolerations(&t.Spec)
	t.Labels = maps.Clone(t.Labels)
	if t.Labels == nil {
		t.Labels = map[string]string{}
	}
	if g, ok := templateGeneration(ds); ok {
		t.Labels[templateGenerationLabel] = g
	}
	if hash != "" {
		t.Labels[appsv1.DefaultDaemonSetUniqueLabelKey] = hash
	}
	return &t
}

// templateGeneration is the deprecated counter of the template's changes, as the label of pods has it.
func templateGeneration(ds *appsv1.DaemonSet) (string, bool) {
	n, err := strconv.ParseInt(ds.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64)
	return strconv.FormatInt(n, 10), err == nil
}

// onNode is a template's affinity with the required part of the node affinity replaced by a node's name: they cannot
// contradict each other, the node has been chosen by it.
func onNode(a *corev1.Affinity, node string) *corev1.Affinity {
	out := corev1.Affinity{}
	if a != nil {
		out = *a
	}
	na := corev1.NodeAffinity{}
	if out.NodeAffinity != nil {
		na = *out.NodeAffinity
	}
	na.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchFields: []corev1.NodeSelectorRequirement{{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}},
	}}}
	out.NodeAffinity = &na
	return &out
}

// targetOf is the node a pod is on or meant for; "" if it is meant for none.
func targetOf(p *corev1.Pod) string {
	if p.Spec.NodeName != "" {
		return p.Spec.NodeName
	}
	a := p.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return ""
	}
	for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, e := range t.MatchFields {
			if e.Key == metav1.ObjectNameField && e.Operator == corev1.NodeSelectorOpIn {
				if len(e.Values) != 1 {
					return ""
				}
				return e.Values[0]
			}
		}
	}
	return ""
}
