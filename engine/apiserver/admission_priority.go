package apiserver

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"tabernetes/engine/api"
)

// The Priority plugin (plugin/pkg/admission/priority).

// The priorities every cluster has (pkg/apis/scheduling): they hold while the classes themselves are not there yet.
const (
	clusterCritical = 2000000000
	nodeCritical    = 2000001000
)

func (s *Server) priorityClass(name string) *schedulingv1.PriorityClass {
	if c, ok := s.kinds[api.PriorityClasses].objects[name].(*schedulingv1.PriorityClass); ok {
		return c
	}
	lower := corev1.PreemptLowerPriority
	switch name {
	case "system-cluster-critical":
		return &schedulingv1.PriorityClass{Value: clusterCritical, PreemptionPolicy: &lower}
	case "system-node-critical":
		return &schedulingv1.PriorityClass{Value: nodeCritical, PreemptionPolicy: &lower}
	}
	return nil
}

// globalDefault is the class of pods that name none: of several, which only a race can leave, the lowest.
func (s *Server) globalDefault() *schedulingv1.PriorityClass {
	var out *schedulingv1.PriorityClass
	for _, c := range sorted[*schedulingv1.PriorityClass](s, api.PriorityClasses) {
		if c.GlobalDefault && (out == nil || c.Value < out.Value) {
			out = c
		}
	}
	return out
}

// admitPriority resolves a new pod's class.
func (s *Server) admitPriority(a *attributes, p *corev1.Pod) error {
	var value int32
	var policy *corev1.PreemptionPolicy
	if name := p.Spec.PriorityClassName; name != "" {
		c := s.priorityClass(name)
		if c == nil {
			return a.forbidden("no PriorityClass with name " + name + " was found")
		}
		value, policy = c.Value, c.PreemptionPolicy
	} else if c := s.admission().defaultPriority; c != nil {
		p.Spec.PriorityClassName = c.Name
		value, policy = c.Value, c.PreemptionPolicy
	} else {
		lower := corev1.PreemptLowerPriority
		policy = &lower
	}
	if p.Spec.Priority != nil && *p.Spec.Priority != value {
		return a.forbidden("the integer value of priority (" + strconv.Itoa(int(*p.Spec.Priority)) + ") must not be provided in pod spec; priority admission controller computed " +
			strconv.Itoa(int(value)) + " from the given PriorityClass name")
	}
	p.Spec.Priority = &value
	if policy != nil {
		if p.Spec.PreemptionPolicy != nil && *p.Spec.PreemptionPolicy != *policy {
			return a.forbidden("the string value of PreemptionPolicy (" + string(*p.Spec.PreemptionPolicy) + ") must not be provided in pod spec; priority admission controller computed " +
				string(*policy) + " from the given PriorityClass name")
		}
		c := *policy
		p.Spec.PreemptionPolicy = &c
	}
	return nil
}

// validatePriorityClass allows one global default.
func (s *Server) validatePriorityClass(a *attributes, c *schedulingv1.PriorityClass) error {
	if d := s.admission().defaultPriority; c.GlobalDefault && d != nil && (a.op == opCreate || d.Name != c.Name) {
		return a.forbidden("PriorityClass " + d.Name + " is already marked as default. Only one default can exist")
	}
	return nil
}

// defaultTolerationSeconds of the DefaultTolerationSeconds plugin.
const defaultTolerationSeconds int64 = 300

// admitTolerations is the DefaultTolerationSeconds plugin.
func admitTolerations(p *corev1.Pod) {
	notReady, unreachable := false, false
	for _, t := range p.Spec.Tolerations {
		if t.Effect == corev1.TaintEffectNoExecute || t.Effect == "" {
			notReady = notReady || t.Key == corev1.TaintNodeNotReady || t.Key == ""
			unreachable = unreachable || t.Key == corev1.TaintNodeUnreachable || t.Key == ""
		}
	}
	if notReady && unreachable {
		return
	}
	out := slices.Clone(p.Spec.Tolerations)
	for _, x := range []struct {
		has bool
		key string
	}{{notReady, corev1.TaintNodeNotReady}, {unreachable, corev1.TaintNodeUnreachable}} {
		if !x.has {
			seconds := defaultTolerationSeconds
			out = append(out, corev1.Toleration{Key: x.key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds})
		}
	}
	p.Spec.Tolerations = out
}
