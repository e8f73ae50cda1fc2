package apiserver

import (
	"reflect"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
)

// The plugins MutatingAdmissionWebhook and ValidatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook): here, which
// webhooks a write concerns (generic/webhook.go); admission_webhook_mutate.go and _call.go, what they are asked and answer.

// hook is what the two kinds of webhooks have in common.
type hook struct {
	name, configuration string
	target              *webhookTarget
	versions            []string // of AdmissionReview that it reads
	rules               []admissionregistrationv1.RuleWithOperations
	ns, obj             labels.Selector // nil: everything
	bad                 error           // a selector that cannot be read
	exact               bool            // matchPolicy
	ignore              bool            // failurePolicy
	timeout             int32           // seconds
	harmless            bool            // sideEffects None or NoneOnDryRun
	mutating            bool
	again               bool // reinvocationPolicy IfNeeded
	condition           bool // it has matchConditions, which are CEL
}

// invocation is a hook that a write concerns, and the version of the kind it wants to see.
type invocation struct {
	*hook
	r *api.Resource
	// obj and old are what the webhook is shown of custom objects that another webhook had to convert; else nil.
	obj, old api.Object
}

// hooksOf reads a configuration's webhooks.
func hooksOf(configuration string, list []admissionregistrationv1.ValidatingWebhook) []*hook {
	out := make([]*hook, len(list))
	for i := range list {
		w := &list[i]
		c := &w.ClientConfig
		h := &hook{
			name: w.Name, configuration: configuration, target: newWebhookTarget(c.URL, (*apiextensions.ServiceReference)(c.Service), c.CABundle),
			versions: w.AdmissionReviewVersions, rules: w.Rules, timeout: 10, condition: len(w.MatchConditions) > 0,
			exact:    w.MatchPolicy != nil && *w.MatchPolicy == admissionregistrationv1.Exact,
			ignore:   w.FailurePolicy != nil && *w.FailurePolicy == admissionregistrationv1.Ignore,
			harmless: w.SideEffects != nil && (*w.SideEffects == admissionregistrationv1.SideEffectClassNone || *w.SideEffects == admissionregistrationv1.SideEffectClassNoneOnDryRun),
		}
		if w.TimeoutSeconds != nil {
			h.timeout = *w.TimeoutSeconds
		}
		h.ns, h.obj = h.selector(w.NamespaceSelector), h.selector(w.ObjectSelector)
		out[i] = h
	}
	return out
}

func (h *hook) selector(s *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		h.bad = err
	}
	if s == nil || err != nil || sel.Empty() {
		return nil
	}
	return sel
}

// findHooks reads all configurations, by name: that is the order in which webhooks are called.
func (s *Server) findHooks() {
	s.adm.mutating, s.adm.validating = nil, nil
	for _, c := range sorted[*admissionregistrationv1.MutatingWebhookConfiguration](s, api.MutatingWebhookConfigurations) {
		list := make([]admissionregistrationv1.ValidatingWebhook, len(c.Webhooks))
		for i := range c.Webhooks {
			// A mutating webhook has the same fields, and one more.
			from, to := reflect.ValueOf(&c.Webhooks[i]).Elem(), reflect.ValueOf(&list[i]).Elem()
			for f := range to.NumField() {
				to.Field(f).Set(from.FieldByName(to.Type().Field(f).Name))
			}
		}
		hooks := hooksOf(c.Name, list)
		for i, h := range hooks {
			p := c.Webhooks[i].ReinvocationPolicy
			h.mutating, h.again = true, p != nil && *p == admissionregistrationv1.IfNeededReinvocationPolicy
		}
		s.adm.mutating = append(s.adm.mutating, hooks...)
	}
	for _, c := range sorted[*admissionregistrationv1.ValidatingWebhookConfiguration](s, api.ValidatingWebhookConfigurations) {
		s.adm.validating = append(s.adm.validating, hooksOf(c.Name, c.Webhooks)...)
	}
	s.adm.hooked = len(s.adm.mutating)+len(s.adm.validating) > 0
}

// concerns finds out whether a webhook is to be called for a write: nil if it is not (ShouldCallHook).
func (s *Server) concerns(a *attributes, h *hook) (*invocation, error) {
	if a.r.Group == "admissionregistration.k8s.io" {
		return nil, nil // or nobody could repair a broken one
	}
	var nsErr error
	if h.ns != nil && (a.r.Namespaced || a.r == api.Namespaces) {
		set, found := s.namespaceLabels(a)
		if !found {
			nsErr = notFound(api.Namespaces, a.namespace())
		} else if !h.ns.Matches(set) {
			return nil, nil
		}
	}
	if h.obj != nil {
		matches := func(o api.Object) bool { return o != nil && h.obj.Matches(labels.Set(o.GetLabels())) }
		if !matches(a.obj) && !matches(a.old) {
			return nil, nil
		}
	}
	r := s.matching(a, h)
	switch {
	case r == nil:
		return nil, nil
	case nsErr != nil:
		return nil, nsErr
	case h.bad != nil:
		return nil, apierrors.NewInternalError(h.bad)
	}
	return &invocation{hook: h, r: r}, nil
}

// matching is the version of the write's kind that a rule of the webhook names: the client's own, else any other.
func (s *Server) matching(a *attributes, h *hook) *api.Resource {
	asked := a.asked()
	for i := range h.rules {
		if ruleMatches(a, &h.rules[i], asked) {
			return asked
		}
	}
	if h.exact {
		return nil
	}
	rows := api.Builtin()
	if a.r.Custom != nil {
		rows = nil
		if d := s.custom.defs[a.r.Qualified()]; d != nil {
			rows = d.served
		}
	}
	for i := range h.rules {
		for _, r := range rows {
			if r != asked && r.Stored() == a.r && ruleMatches(a, &h.rules[i], r) {
				return r
			}
		}
	}
	return nil
}

// namespaceLabels are those of the write's namespace; of one that is made or changed, its new ones.
func (s *Server) namespaceLabels(a *attributes) (labels.Set, bool) {
	if a.r == api.Namespaces && a.sub == "" && a.obj != nil {
		return a.obj.GetLabels(), true
	}
	ns := s.kinds[api.Namespaces].objects[a.namespace()]
	if ns == nil {
		return nil, false
	}
	return ns.GetLabels(), true
}

func ruleMatches(a *attributes, rule *admissionregistrationv1.RuleWithOperations, r *api.Resource) bool {
	if rule.Scope != nil && *rule.Scope != admissionregistrationv1.AllScopes && (*rule.Scope == admissionregistrationv1.NamespacedScope) != r.Namespaced {
		return false
	}
	if !slices.ContainsFunc(rule.Operations, func(o admissionregistrationv1.OperationType) bool {
		return o == admissionregistrationv1.OperationAll || operation(o) == a.op
	}) {
		return false
	}
	either := func(list []string, want string) bool {
		return slices.Contains(list, "*") || slices.Contains(list, want)
	}
	if !either(rule.APIGroups, r.Group) || !either(rule.APIVersions, r.Version) {
		return false
	}
	return slices.ContainsFunc(rule.Resources, func(x string) bool {
		res, sub, _ := strings.Cut(x, "/")
		return (res == "*" || res == r.Name) && (sub == "*" || sub == a.sub)
	})
}
