package apiserver

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/podsecurity"
)

// admissionIndex is what the plugins look up, kept current by the watch caches, so that a write finds out in one step
// that nothing applies to it.
type admissionIndex struct {
	limits map[string][]*corev1.LimitRange    // by namespace, by name
	quotas map[string][]*corev1.ResourceQuota // by namespace, by name
	pods   map[string]*namespacePolicy        // Pod Security, of namespaces that ask for any

	defaultPriority *schedulingv1.PriorityClass // the global default
	mutating        []*hook                     // in the order in which they are called
	validating      []*hook
	hooked          bool // there are any of them

	stale bool // those above are to be found anew

	// generation changes with whatever the prepared pod specs depend on (podspec.go).
	generation uint64
}

type namespacePolicy struct {
	policy podsecurity.Policy
	errs   string
}

// note hears of every change of what the plugins look at.
func (s *Server) note(r *api.Resource, old, new api.Object) {
	switch r {
	case api.LimitRanges:
		s.adm.limits = regroup(s.adm.limits, old, new)
		s.adm.generation++
	case api.ResourceQuotas:
		s.adm.quotas = regroup(s.adm.quotas, old, new)
	case api.Namespaces:
		s.notePolicy(old, new)
	case api.PriorityClasses:
		s.adm.stale = true
		s.adm.generation++
	case api.RuntimeClasses:
		s.adm.generation++
	case api.MutatingWebhookConfigurations, api.ValidatingWebhookConfigurations:
		s.adm.stale = true
	}
}

// indexAdmission lets note hear of every change of what the plugins look at.
func (s *Server) indexAdmission() {
	for _, r := range []*api.Resource{api.LimitRanges, api.ResourceQuotas, api.Namespaces, api.PriorityClasses, api.RuntimeClasses,
		api.MutatingWebhookConfigurations, api.ValidatingWebhookConfigurations} {
		s.kinds[r].changed(func(c *change) { s.note(r, c.old, c.new) })
	}
}

// admission is the index, current.
func (s *Server) admission() *admissionIndex {
	if s.adm.stale {
		s.adm.stale = false
		s.adm.defaultPriority = s.globalDefault()
		s.findHooks()
	}
	return &s.adm
}

func (s *Server) notePolicy(old, new api.Object) {
	if new == nil {
		delete(s.adm.pods, old.GetName())
		return
	}
	p, errs := podsecurity.PolicyOf(new.GetLabels())
	if p.Harmless() && len(errs) == 0 {
		delete(s.adm.pods, new.GetName())
		return
	}
	n := &namespacePolicy{policy: p}
	if len(errs) > 0 {
		n.errs = errs.ToAggregate().Error()
	}
	if s.adm.pods == nil {
		s.adm.pods = map[string]*namespacePolicy{}
	}
	s.adm.pods[new.GetName()] = n
}

// regroup carries a change into lists by namespace, each sorted by name. Lists are replaced, never written.
func regroup[T api.Object](m map[string][]T, old, new api.Object) map[string][]T {
	if m == nil {
		m = map[string][]T{}
	}
	which := new
	if which == nil {
		which = old
	}
	list := slices.DeleteFunc(slices.Clone(m[which.GetNamespace()]), func(o T) bool { return o.GetName() == which.GetName() })
	if new != nil {
		i, _ := slices.BinarySearchFunc(list, new.GetName(), func(o T, name string) int { return strings.Compare(o.GetName(), name) })
		list = slices.Insert(list, i, new.(T))
	}
	if len(list) == 0 {
		delete(m, which.GetNamespace())
	} else {
		m[which.GetNamespace()] = list
	}
	return m
}

// sorted are the objects of a kind of which there are few, by name.
func sorted[T api.Object](s *Server, r *api.Resource) []T {
	k := s.kinds[r]
	out := make([]T, 0, len(k.objects))
	for _, o := range k.objects {
		out = append(out, o.(T))
	}
	slices.SortFunc(out, func(a, b T) int { return strings.Compare(a.GetName(), b.GetName()) })
	return out
}
