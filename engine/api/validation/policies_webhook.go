package validation

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Upstream: pkg/apis/admissionregistration/validation/validation.go. What an update must not be refused for, because
// the object has had it for years, cannot be there: this server never accepted it.

// webhook is what validating and mutating webhooks share.
type webhook struct {
	admissionregistrationv1.ValidatingWebhook
	reinvocation  *admissionregistrationv1.ReinvocationPolicyType
	oldConditions []admissionregistrationv1.MatchCondition
}

func (e *errs) validatingWebhooks(c, old *admissionregistrationv1.ValidatingWebhookConfiguration) {
	e.objectMetaBase(&c.ObjectMeta, false, subdomainName)
	hooks := make([]webhook, len(c.Webhooks))
	for i := range c.Webhooks {
		hooks[i].ValidatingWebhook = c.Webhooks[i]
		if old != nil && len(old.Webhooks) == len(c.Webhooks) {
			hooks[i].oldConditions = old.Webhooks[i].MatchConditions
		}
	}
	e.webhooks(hooks)
}

func (e *errs) mutatingWebhooks(c, old *admissionregistrationv1.MutatingWebhookConfiguration) {
	e.objectMetaBase(&c.ObjectMeta, false, subdomainName)
	hooks := make([]webhook, len(c.Webhooks))
	for i := range c.Webhooks {
		h := &c.Webhooks[i]
		hooks[i] = webhook{reinvocation: h.ReinvocationPolicy, ValidatingWebhook: admissionregistrationv1.ValidatingWebhook{
			Name: h.Name, ClientConfig: h.ClientConfig, Rules: h.Rules, FailurePolicy: h.FailurePolicy, MatchPolicy: h.MatchPolicy,
			NamespaceSelector: h.NamespaceSelector, ObjectSelector: h.ObjectSelector, SideEffects: h.SideEffects,
			TimeoutSeconds: h.TimeoutSeconds, AdmissionReviewVersions: h.AdmissionReviewVersions, MatchConditions: h.MatchConditions,
		}}
		if old != nil && len(old.Webhooks) == len(c.Webhooks) {
			hooks[i].oldConditions = old.Webhooks[i].MatchConditions
		}
	}
	e.webhooks(hooks)
}

func (e *errs) webhooks(hooks []webhook) {
	conditionsKept := true
	for i := range hooks {
		conditionsKept = conditionsKept && reflect.DeepEqual(hooks[i].oldConditions, hooks[i].MatchConditions)
	}
	names := map[string]bool{}
	for i := range hooks {
		h, p := &hooks[i], field.NewPath("webhooks").Index(i)
		e.webhook(p, h)
		if !conditionsKept {
			e.matchConditions(p.Child("matchConditions"), h.MatchConditions)
		}
		e.reviewVersions(p.Child("admissionReviewVersions"), h.AdmissionReviewVersions)
		if h.Name != "" && names[h.Name] {
			e.duplicate(p.Child("name"), h.Name)
		}
		names[h.Name] = true
	}
}

const (
	minWebhookTimeout = 1 // seconds
	maxWebhookTimeout = 30
)

func (e *errs) webhook(p *field.Path, h *webhook) {
	e.addAll(validation.IsFullyQualifiedName(p.Child("name"), h.Name))
	for i := range h.Rules {
		e.operationsRule(p.Child("rules").Index(i), &h.Rules[i])
	}
	optionalOneOf(e, p.Child("failurePolicy"), h.FailurePolicy, admissionregistrationv1.Fail, admissionregistrationv1.Ignore)
	optionalOneOf(e, p.Child("matchPolicy"), h.MatchPolicy, admissionregistrationv1.Equivalent, admissionregistrationv1.Exact)
	if h.SideEffects == nil {
		e.required(p.Child("sideEffects"), "must specify one of None, NoneOnDryRun")
	} else {
		oneOf(e, p.Child("sideEffects"), *h.SideEffects, admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.SideEffectClassNoneOnDryRun)
	}
	if t := h.TimeoutSeconds; t != nil && (*t > maxWebhookTimeout || *t < minWebhookTimeout) {
		e.invalid(p.Child("timeoutSeconds"), *t, "the timeout value must be between 1 and 30 seconds")
	}
	e.labelSelector(p.Child("namespaceSelector"), h.NamespaceSelector)
	e.labelSelector(p.Child("objectSelector"), h.ObjectSelector)
	optionalOneOf(e, p.Child("reinvocationPolicy"), h.reinvocation, admissionregistrationv1.IfNeededReinvocationPolicy, admissionregistrationv1.NeverReinvocationPolicy)
	target, at := &h.ClientConfig, p.Child("clientConfig")
	switch {
	case (target.URL == nil) == (target.Service == nil):
		e.required(at, "exactly one of url or service is required")
	case target.URL != nil:
		e.webhookURL(at.Child("url"), *target.URL)
	default:
		e.webhookService(at.Child("service"), target.Service)
	}
}

func (e *errs) webhookURL(p *field.Path, text string) {
	const form = "; desired format: https://host[/path]"
	u, err := url.Parse(text)
	if err != nil {
		e.required(p, "url must be a valid URL: "+err.Error()+form)
		return
	}
	if u.Scheme != "https" {
		e.invalid(p, u.Scheme, "'https' is the only allowed URL scheme"+form)
	}
	if u.Host == "" {
		e.invalid(p, u.Host, "host must be specified"+form)
	}
	if u.User != nil {
		e.invalid(p, u.User.String(), "user information is not permitted in the URL")
	}
	if u.Fragment != "" {
		e.invalid(p, u.Fragment, "fragments are not permitted in the URL")
	}
	if u.RawQuery != "" {
		e.invalid(p, u.RawQuery, "query parameters are not permitted in the URL")
	}
}

func (e *errs) webhookService(p *field.Path, s *admissionregistrationv1.ServiceReference) {
	// Upstream mistakes the one for the other, so each is reported at the other's path.
	e.nonEmpty(p.Child("name"), s.Namespace)
	e.nonEmpty(p.Child("namespace"), s.Name)
	port := deref(s.Port, 0)
	if wrong := validation.IsValidPortNum(int(port)); wrong != nil {
		e.invalid(p.Child("port"), port, "port is not valid: "+strings.Join(wrong, ", "))
	}
	path, at := deref(s.Path, ""), p.Child("path")
	switch path {
	case "", "/":
		return
	case "//":
		e.invalid(at, path, "segment[0] may not be empty")
		return
	}
	if path[0] != '/' {
		e.invalid(at, path, "must start with a '/'")
	}
	for i, step := range strings.Split(strings.TrimSuffix(path[1:], "/"), "/") {
		if step == "" {
			e.invalid(at, path, fmt.Sprintf("segment[%d] may not be empty", i))
			continue
		}
		for _, m := range validation.IsDNS1123Subdomain(step) {
			e.invalid(at, path, fmt.Sprintf("segment[%d]: %v", i, m))
		}
	}
}

func (e *errs) reviewVersions(p *field.Path, versions []string) {
	if len(versions) == 0 {
		e.required(p, "must specify one of v1, v1beta1")
		return
	}
	known := false
	for i, v := range versions {
		if slices.Contains(versions[:i], v) {
			e.invalid(p.Index(i), v, "duplicate version")
			continue
		}
		e.each(p.Index(i), v, validation.IsDNS1035Label(v))
		known = known || v == "v1" || v == "v1beta1"
	}
	if !known {
		e.invalid(p, versions, "must include at least one of v1, v1beta1")
	}
}

func (e *errs) operationsRule(p *field.Path, r *admissionregistrationv1.RuleWithOperations) {
	at := p.Child("operations")
	if len(r.Operations) == 0 {
		e.required(at, "")
	}
	if len(r.Operations) > 1 && slices.Contains(r.Operations, admissionregistrationv1.OperationAll) {
		e.invalid(at, r.Operations, "if '*' is present, must not specify other operations")
	}
	for i, op := range r.Operations {
		oneOf(e, at.Index(i), op, admissionregistrationv1.OperationAll, admissionregistrationv1.Connect, admissionregistrationv1.Create,
			admissionregistrationv1.Delete, admissionregistrationv1.Update)
	}
	wild := func(name, what string, list []string) {
		if len(list) == 0 {
			e.required(p.Child(name), "")
		}
		if len(list) > 1 && slices.Contains(list, "*") {
			e.invalid(p.Child(name), list, "if '*' is present, must not specify other API "+what)
		}
	}
	wild("apiGroups", "groups", r.APIGroups)
	wild("apiVersions", "versions", r.APIVersions)
	for i, v := range r.APIVersions {
		e.nonEmpty(p.Child("apiVersions").Index(i), v)
	}
	e.ruleResources(p.Child("resources"), r.Resources)
	optionalOneOf(e, p.Child("scope"), r.Scope, admissionregistrationv1.AllScopes, admissionregistrationv1.ClusterScope, admissionregistrationv1.NamespacedScope)
}

// ruleResources checks names such as "pods", "pods/log", "pods/*", "*/scale", "*" and "*/*".
func (e *errs) ruleResources(p *field.Path, resources []string) {
	if len(resources) == 0 {
		e.required(p, "")
	}
	allSubresources, ofAll := map[string]bool{}, map[string]bool{}
	plain := false
	for i, name := range resources {
		if name == "" {
			e.required(p.Index(i), "")
			continue
		}
		resource, sub, has := strings.Cut(name, "/")
		if !has {
			plain = name != "*" // upstream looks at the last one only
			continue
		}
		if allSubresources[resource] {
			e.invalid(p.Index(i), name, fmt.Sprintf("if '%s/*' is present, must not specify %s", resource, name))
		}
		if ofAll[sub] {
			e.invalid(p.Index(i), name, fmt.Sprintf("if '*/%s' is present, must not specify %s", sub, name))
		}
		if sub == "*" {
			allSubresources[resource] = true
		}
		if resource == "*" {
			ofAll[sub] = true
		}
	}
	if len(resources) > 1 && slices.Contains(resources, "*/*") {
		e.invalid(p, resources, "if '*/*' is present, must not specify other resources")
	}
	if plain && slices.Contains(resources, "*") {
		e.invalid(p, resources, "if '*' is present, must not specify other resources without subresources")
	}
}

const maxMatchConditions = 64

func (e *errs) matchConditions(p *field.Path, list []admissionregistrationv1.MatchCondition) {
	if len(list) > maxMatchConditions {
		e.tooMany(p, len(list), maxMatchConditions)
	}
	names := map[string]bool{}
	for i, c := range list {
		at := p.Index(i)
		if strings.TrimSpace(c.Expression) == "" {
			e.required(at.Child("expression"), "")
		} else {
			e.expression(at.Child("expression"))
		}
		if name := at.Child("name"); e.nonEmpty(name, c.Name) {
			e.qualified(name, c.Name)
			if names[c.Name] {
				e.duplicate(name, c.Name)
			}
			names[c.Name] = true
		}
	}
}

func (e *errs) matchResources(p *field.Path, m *admissionregistrationv1.MatchResources) {
	if m == nil {
		return
	}
	if m.MatchPolicy == nil {
		e.required(p.Child("matchPolicy"), "")
	} else {
		oneOf(e, p.Child("matchPolicy"), *m.MatchPolicy, admissionregistrationv1.Equivalent, admissionregistrationv1.Exact)
	}
	selector := func(at *field.Path, s *metav1.LabelSelector) {
		if s == nil {
			e.required(at, "")
		}
		e.labelSelector(at, s)
	}
	selector(p.Child("namespaceSelector"), m.NamespaceSelector)
	selector(p.Child("objectSelector"), m.ObjectSelector)
	for i := range m.ResourceRules {
		e.namedRule(p.Child("resourceRules").Index(i), &m.ResourceRules[i])
	}
	for i := range m.ExcludeResourceRules {
		e.namedRule(p.Child("excludeResourceRules").Index(i), &m.ExcludeResourceRules[i])
	}
}

func (e *errs) namedRule(p *field.Path, r *admissionregistrationv1.NamedRuleWithOperations) {
	for i, name := range r.ResourceNames {
		at := p.Child("resourceNames").Index(i)
		e.each(at, name, pathName(name, false))
		if slices.Contains(r.ResourceNames[:i], name) {
			e.duplicate(at, name)
		}
	}
	e.operationsRule(p, &r.RuleWithOperations)
}
