package apiserver

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"tabernetes/engine/api"
	"tabernetes/engine/api/quota"
)

// The RuntimeClass plugin (plugin/pkg/admission/runtimeclass).

func (s *Server) runtimeClassOf(a *attributes, p *corev1.Pod) (*nodev1.RuntimeClass, error) {
	if p.Spec.RuntimeClassName == nil {
		return nil, nil
	}
	c, _ := s.kinds[api.RuntimeClasses].objects[*p.Spec.RuntimeClassName].(*nodev1.RuntimeClass)
	if c == nil {
		a.behind = api.RuntimeClasses
		return nil, a.forbidden("pod rejected: RuntimeClass " + strconv.Quote(*p.Spec.RuntimeClassName) + " not found")
	}
	return c, nil
}

// admitRuntimeClass gives a new pod the overhead and the nodes of its runtime. The spec must be the caller's.
func (s *Server) admitRuntimeClass(a *attributes, p *corev1.Pod) error {
	c, err := s.runtimeClassOf(a, p)
	if c == nil {
		return err
	}
	if c.Overhead != nil {
		if len(p.Spec.Overhead) > 0 && !quota.Equal(c.Overhead.PodFixed, p.Spec.Overhead) {
			return a.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
		}
		p.Spec.Overhead = c.Overhead.PodFixed
	}
	if c.Scheduling == nil {
		return nil
	}
	selector := c.Scheduling.NodeSelector
	if p.Spec.NodeSelector != nil {
		merged := maps.Clone(p.Spec.NodeSelector)
		for _, k := range slices.Sorted(maps.Keys(selector)) {
			if have, ok := merged[k]; ok && have != selector[k] {
				return a.forbidden("conflict: runtimeClass.scheduling.nodeSelector[" + k + "] = " + selector[k] + "; pod.spec.nodeSelector[" + k + "] = " + have)
			}
			merged[k] = selector[k]
		}
		selector = merged
	}
	p.Spec.NodeSelector = selector
	p.Spec.Tolerations = mergeTolerations(p.Spec.Tolerations, c.Scheduling.Tolerations)
	return nil
}

// validateOverhead holds a pod's overhead against its runtime's.
func (s *Server) validateOverhead(a *attributes, p *corev1.Pod) error {
	if p.Spec.RuntimeClassName == nil && p.Spec.Overhead == nil {
		return nil
	}
	c, err := s.runtimeClassOf(a, p)
	switch {
	case err != nil:
		return err
	case c != nil && c.Overhead != nil:
		if !quota.Equal(c.Overhead.PodFixed, p.Spec.Overhead) {
			return a.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
		}
	case p.Spec.Overhead != nil:
		return a.forbidden("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
	}
	return nil
}

// mergeTolerations joins two lists and leaves out what another toleration covers (pkg/util/tolerations).
func mergeTolerations(first, second []corev1.Toleration) []corev1.Toleration {
	all := slices.Concat(first, second)
	var out []corev1.Toleration
next:
	for i := range all {
		for j := range out {
			if covers(&out[j], &all[i]) {
				continue next
			}
		}
		for j := i + 1; j < len(all); j++ {
			if !equality.Semantic.DeepEqual(&all[i], &all[j]) && covers(&all[j], &all[i]) {
				continue next
			}
		}
		out = append(out, all[i])
	}
	return out
}

// covers reports that one toleration tolerates all that another does.
func covers(wide, t *corev1.Toleration) bool {
	if equality.Semantic.DeepEqual(wide, t) {
		return true
	}
	if t.Key != wide.Key && (wide.Key != "" || wide.Operator != corev1.TolerationOpExists) {
		return false
	}
	if t.Effect != wide.Effect && wide.Effect != "" {
		return false
	}
	if wide.Effect == corev1.TaintEffectNoExecute && wide.TolerationSeconds != nil && (t.TolerationSeconds == nil || *t.TolerationSeconds > *wide.TolerationSeconds) {
		return false
	}
	switch wide.Operator {
	case corev1.TolerationOpEqual, "":
		return t.Operator == corev1.TolerationOpEqual && t.Value == wide.Value
	case corev1.TolerationOpExists:
		return true
	}
	return false
}
