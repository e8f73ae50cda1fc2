package apiserver

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/podsecurity"
)

// The PodSecurity plugin (plugin/pkg/admission/security/podsecurity, k8s.io/pod-security-admission/admission). There is no
// audit log, so the audit mode is read and has no effect.

// maxPodsChecked is how many pods of a namespace are looked at when its level changes.
const maxPodsChecked = 3000

// secure judges a new pod, or one with new images.
func (s *Server) secure(a *attributes, p *corev1.Pod) error {
	n := s.adm.pods[a.req.Namespace]
	if n == nil {
		return nil
	}
	if old, ok := a.old.(*corev1.Pod); ok && a.op == opUpdate && !otherImages(p, old) {
		return nil
	}
	enforce := n.policy.Enforce
	r := podsecurity.Evaluate(enforce, p.Annotations, &p.Spec)
	if !r.Allowed() {
		return a.forbidden("violates PodSecurity " + strconv.Quote(enforce.String()) + ": " + r.Detail())
	}
	if n.policy.Warn != enforce {
		s.warnSecurity(a, n, p.Annotations, &p.Spec)
	}
	return nil
}

// secureTemplate warns of pods that would be made: templates are never refused.
func (s *Server) secureTemplate(a *attributes, t *corev1.PodTemplateSpec) {
	if n := s.adm.pods[a.req.Namespace]; n != nil && t != nil {
		s.warnSecurity(a, n, t.Annotations, &t.Spec)
	}
}

func (s *Server) warnSecurity(a *attributes, n *namespacePolicy, annotations map[string]string, spec *corev1.PodSpec) {
	warn := n.policy.Warn
	if r := podsecurity.Evaluate(warn, annotations, spec); !r.Allowed() {
		a.warn("would violate PodSecurity " + strconv.Quote(warn.String()) + ": " + r.Detail())
	}
}

// templateOf is the pod template of a workload; nil for all else.
func templateOf(o api.Object) *corev1.PodTemplateSpec {
	switch o := o.(type) {
	case *corev1.PodTemplate:
		return &o.Template
	case *corev1.ReplicationController:
		return o.Spec.Template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template
	case *appsv1.Deployment:
		return &o.Spec.Template
	case *appsv1.DaemonSet:
		return &o.Spec.Template
	case *appsv1.StatefulSet:
		return &o.Spec.Template
	case *batchv1.Job:
		return &o.Spec.Template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

func otherImages(p, old *corev1.Pod) bool {
	differ := func(a, b []corev1.Container) bool {
		return !slices.EqualFunc(a, b, func(x, y corev1.Container) bool { return x.Image == y.Image })
	}
	if differ(p.Spec.Containers, old.Spec.Containers) || differ(p.Spec.InitContainers, old.Spec.InitContainers) {
		return true
	}
	for i := range p.Spec.EphemeralContainers {
		c := &p.Spec.EphemeralContainers[i]
		if !slices.ContainsFunc(old.Spec.EphemeralContainers, func(o corev1.EphemeralContainer) bool { return o.Name == c.Name && o.Image == c.Image }) {
			return true
		}
	}
	return false
}

// secureNamespace checks the labels of a namespace, and warns of pods that its new level would not let in.
func (s *Server) secureNamespace(a *attributes, ns *corev1.Namespace) error {
	next, errs := podsecurity.PolicyOf(ns.Labels)
	if a.op == opCreate {
		if len(errs) > 0 {
			return invalid(api.Namespaces, ns.Name, errs)
		}
		return nil
	}
	was, oldErrs := podsecurity.PolicyOf(a.old.GetLabels())
	if len(errs) > 0 && (len(oldErrs) == 0 || errs.ToAggregate().Error() != oldErrs.ToAggregate().Error()) {
		return invalid(api.Namespaces, ns.Name, errs)
	}
	e, o := next.Enforce, was.Enforce
	if e == o || e.Level == podsecurity.Privileged || e.Version == o.Version && e.Level <= o.Level {
		return nil
	}
	s.warnOfPods(a, ns.Name, e)
	return nil
}

// warnOfPods tells which pods of a namespace are against a level, grouped by what is wrong.
func (s *Server) warnOfPods(a *attributes, namespace string, e podsecurity.LevelVersion) {
	var pods []*corev1.Pod
	for _, o := range s.kinds[api.Pods].objects {
		if p := o.(*corev1.Pod); p.Namespace == namespace {
			pods = append(pods, p)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	// One pod of each controller first: the others are like it.
	var first, rest []*corev1.Pod
	seen := map[string]bool{}
	for _, p := range pods {
		if owner := controllerUID(p); owner != "" && seen[owner] {
			rest = append(rest, p)
		} else {
			seen[owner] = true
			first = append(first, p)
		}
	}
	pods = append(first, rest...)
	total := len(pods)
	pods = pods[:min(total, maxPodsChecked)]
	type group struct {
		name  string
		count int
	}
	groups := map[string]group{}
	for _, p := range pods {
		if r := podsecurity.Evaluate(e, p.Annotations, &p.Spec); !r.Allowed() {
			g, ok := groups[r.Reason()]
			if !ok || p.Name < g.name {
				g.name = p.Name
			}
			g.count++
			groups[r.Reason()] = g
		}
	}
	if len(pods) < total {
		a.warn("new PodSecurity enforce level only checked against the first " + strconv.Itoa(len(pods)) + " of " + strconv.Itoa(total) + " existing pods")
	}
	if len(groups) == 0 {
		return
	}
	a.warn("existing pods in namespace " + strconv.Quote(namespace) + " violate the new PodSecurity enforce level " + strconv.Quote(e.String()))
	var out []string
	for reason, g := range groups {
		text := g.name
		switch g.count {
		case 1:
		case 2:
			text += " (and 1 other pod)"
		default:
			text += " (and " + strconv.Itoa(g.count-1) + " other pods)"
		}
		out = append(out, text+": "+reason)
	}
	slices.Sort(out)
	a.warnings = append(a.warnings, out...)
}
