package apiserver

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/patch"
)

// The plugins MutatingAdmissionWebhook and ValidatingAdmissionWebhook (apiserver/pkg/admission/plugin/webhook). Which
// webhooks a write concerns, and what becomes of a write whose webhook does not answer, is upstream's. The call itself is
// Config.CallWebhook; where there is none, nobody answers.

// WebhookCall is a call of a webhook for one write.
type WebhookCall struct {
	Name     string // of the webhook
	URL      string // "https://hook.default.svc:443/path?timeout=10s"
	Client   *admissionregistrationv1.WebhookClientConfig
	Seconds  int32 // how long to wait
	Mutating bool

	Operation   string // CREATE, UPDATE, DELETE
	Resource    *api.Resource
	Subresource string
	Namespace   string
	ObjectName  string
	Object, Old api.Object
	User        string
	Groups      []string
	DryRun      bool
}

// WebhookAnswer is what came of a call.
type WebhookAnswer struct {
	Err      error          // nobody answered, or not in time
	Denied   *metav1.Status // the webhook says no
	Patch    []byte         // JSON patch of a mutating webhook
	Warnings []string
}

// hook is what the two kinds of webhooks have in common.
type hook struct {
	name      string
	client    *admissionregistrationv1.WebhookClientConfig
	rules     []admissionregistrationv1.RuleWithOperations
	ns, obj   *metav1.LabelSelector
	equal     bool // matchPolicy Equivalent
	ignore    bool // failurePolicy
	timeout   int32
	harmless  bool // sideEffects None or NoneOnDryRun
	mutating  bool
	condition bool // it has matchConditions, which are CEL
}

// hooks are the webhooks of one of the two kinds, by the names of their configurations.
func (s *Server) hooks(mutating bool) []hook {
	var out []hook
	if mutating {
		for _, c := range sorted[*admissionregistrationv1.MutatingWebhookConfiguration](s, api.MutatingWebhookConfigurations) {
			for i := range c.Webhooks {
				w := &c.Webhooks[i]
				out = append(out, hook{
					w.Name, &w.ClientConfig, w.Rules, w.NamespaceSelector, w.ObjectSelector, equivalent(w.MatchPolicy), ignores(w.FailurePolicy),
					seconds(w.TimeoutSeconds), withoutEffects(w.SideEffects), true, len(w.MatchConditions) > 0,
				})
			}
		}
		return out
	}
	for _, c := range sorted[*admissionregistrationv1.ValidatingWebhookConfiguration](s, api.ValidatingWebhookConfigurations) {
		for i := range c.Webhooks {
			w := &c.Webhooks[i]
			out = append(out, hook{
				w.Name, &w.ClientConfig, w.Rules, w.NamespaceSelector, w.ObjectSelector, equivalent(w.MatchPolicy), ignores(w.FailurePolicy),
				seconds(w.TimeoutSeconds), withoutEffects(w.SideEffects), false, len(w.MatchConditions) > 0,
			})
		}
	}
	return out
}

// callHooks calls the webhooks that a write concerns, one after another, and then goes on: with the first refusal, or with
// nil. A mutating webhook may put another object into the attributes.
func (s *Server) callHooks(a *attributes, mutating bool, then func(error)) {
	s.callNext(a, s.hooks(mutating), then)
}

// callBoth is callHooks of both kinds, for writes between which nothing happens.
func (s *Server) callBoth(a *attributes, then func(error)) {
	s.callHooks(a, true, func(err error) {
		if err != nil {
			then(err)
			return
		}
		s.callHooks(a, false, then)
	})
}

func (s *Server) callNext(a *attributes, hooks []hook, then func(error)) {
	for len(hooks) > 0 {
		h := &hooks[0]
		hooks = hooks[1:]
		concerned, err := s.concerns(a, h)
		if err != nil {
			then(err)
			return
		}
		if !concerned {
			continue
		}
		if a.req.DryRun && !h.harmless {
			then(apierrors.NewBadRequest("admission webhook " + strconv.Quote(h.name) + " does not support dry run"))
			return
		}
		s.callHook(a, h, func(err error) {
			if err != nil {
				then(err)
				return
			}
			s.callNext(a, hooks, then)
		})
		return
	}
	then(nil)
}

func equivalent(p *admissionregistrationv1.MatchPolicyType) bool {
	return p == nil || *p == admissionregistrationv1.Equivalent
}

func ignores(p *admissionregistrationv1.FailurePolicyType) bool {
	return p != nil && *p == admissionregistrationv1.Ignore
}

func seconds(p *int32) int32 {
	if p == nil {
		return 10
	}
	return *p
}

func withoutEffects(p *admissionregistrationv1.SideEffectClass) bool {
	return p != nil && (*p == admissionregistrationv1.SideEffectClassNone || *p == admissionregistrationv1.SideEffectClassNoneOnDryRun)
}

func (s *Server) callHook(a *attributes, h *hook, then func(error)) {
	address := hookURL(h)
	fail := func(why string) {
		if h.ignore {
			then(nil)
			return
		}
		then(apierrors.NewInternalError(errors.New("failed calling webhook " + strconv.Quote(h.name) + ": " + why)))
	}
	switch {
	case h.condition:
		fail("match conditions are CEL, which this API server does not evaluate")
		return
	case s.conf.CallWebhook == nil:
		fail("failed to call webhook: Post " + strconv.Quote(address) + ": " + s.unreachable(h.client))
		return
	}
	s.conf.CallWebhook(&WebhookCall{
		Name: h.name, URL: address, Client: h.client, Seconds: h.timeout, Mutating: h.mutating, Operation: string(a.op), Resource: a.r, Subresource: a.sub,
		Namespace: a.namespace(), ObjectName: a.name(), Object: a.obj, Old: a.old, User: a.req.User, Groups: a.req.Groups, DryRun: a.req.DryRun,
	}, func(w WebhookAnswer) {
		if w.Err != nil {
			fail("failed to call webhook: Post " + strconv.Quote(address) + ": " + w.Err.Error())
			return
		}
		a.warnings = append(a.warnings, w.Warnings...)
		if w.Denied != nil {
			then(denied(h.name, *w.Denied))
			return
		}
		if h.mutating && len(w.Patch) > 0 {
			if a.obj == nil {
				then(apierrors.NewInternalError(errors.New("admission webhook " + strconv.Quote(h.name) + " attempted to modify the object, which is not supported for this operation")))
				return
			}
			if err := a.patch(w.Patch); err != nil {
				then(apierrors.NewInternalError(err))
				return
			}
		}
		then(nil)
	})
}

// patch changes the object as a webhook's JSON patch says.
func (a *attributes) patch(doc []byte) error {
	cur := a.obj.DeepCopyObject().(api.Object)
	cur.GetObjectKind().SetGroupVersionKind(a.r.GVK())
	o, _, err := patch.Apply(types.JSONPatchType, cur, doc, "")
	obj, err := asObject(o, err)
	if err != nil {
		return err
	}
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	defaults.Set(obj)
	a.obj = obj
	return nil
}

// denied is the error of a webhook's no (webhook/errors/statuserror.go).
func denied(name string, st metav1.Status) error {
	by := "admission webhook " + strconv.Quote(name) + " denied the request"
	st.Code = max(st.Code, 400)
	st.Status = metav1.StatusFailure
	switch {
	case st.Message != "":
		st.Message = by + ": " + st.Message
	case st.Reason != "":
		st.Message = by + ": " + string(st.Reason)
	default:
		st.Message = by + " without explanation"
	}
	return &apierrors.StatusError{ErrStatus: st}
}

// hookURL is the address a webhook is called at.
func hookURL(h *hook) string {
	out := ""
	if c := h.client.Service; c != nil {
		port := int32(443)
		if c.Port != nil {
			port = *c.Port
		}
		out = "https://" + c.Name + "." + c.Namespace + ".svc:" + strconv.Itoa(int(port))
		if c.Path != nil {
			out += (&url.URL{Path: "/" + strings.TrimPrefix(*c.Path, "/")}).EscapedPath()
		} else {
			out += "/"
		}
	} else if h.client.URL != nil {
		out = *h.client.URL
	}
	return out + "?timeout=" + strconv.Itoa(int(h.timeout)) + "s"
}

// unreachable says why nobody answers, as far as the API server itself can know (apiserver/pkg/util/proxy, ResolveCluster).
func (s *Server) unreachable(c *admissionregistrationv1.WebhookClientConfig) string {
	if c.Service == nil {
		host := ""
		if c.URL != nil {
			if u, err := url.Parse(*c.URL); err == nil {
				host = u.Hostname()
			}
		}
		return "dial tcp: lookup " + host + ": no such host"
	}
	svc, _ := s.kinds[api.Services].objects[api.Key(c.Service.Namespace, c.Service.Name)].(*corev1.Service)
	if svc == nil {
		return "service " + strconv.Quote(c.Service.Name) + " not found"
	}
	port := int32(443)
	if c.Service.Port != nil {
		port = *c.Service.Port
	}
	switch svc.Spec.Type {
	case corev1.ServiceTypeExternalName:
		return "dial tcp: lookup " + svc.Spec.ExternalName + ": no such host"
	case corev1.ServiceTypeClusterIP:
		if svc.Spec.ClusterIP == corev1.ClusterIPNone {
			return `cannot route to service with ClusterIP "None"`
		}
	}
	if !slices.ContainsFunc(svc.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == port }) {
		return "no service port " + strconv.Itoa(int(port)) + " found for service " + strconv.Quote(svc.Name)
	}
	return "dial tcp " + svc.Spec.ClusterIP + ":" + strconv.Itoa(int(port)) + ": connect: connection refused"
}

// concerns reports that a webhook is to be called for a write (generic/webhook.go, ShouldCallHook).
func (s *Server) concerns(a *attributes, h *hook) (bool, error) {
	if a.r.Group == "admissionregistration.k8s.io" {
		return false, nil // or nobody could repair a broken one
	}
	var nsErr error
	if a.r.Namespaced || a.r == api.Namespaces {
		sel, err := metav1.LabelSelectorAsSelector(h.ns)
		if err != nil {
			return false, apierrors.NewInternalError(err)
		}
		if h.ns != nil && !sel.Empty() {
			set, found := s.namespaceLabels(a)
			if !found {
				nsErr = notFound(api.Namespaces, a.namespace())
			} else if !sel.Matches(set) {
				return false, nil
			}
		}
	}
	sel, err := metav1.LabelSelectorAsSelector(h.obj)
	if err != nil {
		return false, apierrors.NewInternalError(err)
	}
	if h.obj != nil && !sel.Empty() {
		matches := func(o api.Object) bool { return o != nil && sel.Matches(labels.Set(o.GetLabels())) }
		if !matches(a.obj) && !matches(a.old) {
			return false, nil
		}
	}
	for i := range h.rules {
		if ruleMatches(a, &h.rules[i], a.r) || h.equal && otherVersionMatches(a, &h.rules[i]) {
			return nsErr == nil, nsErr
		}
	}
	return false, nil
}

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
	if rule.Scope != nil && *rule.Scope != admissionregistrationv1.AllScopes && (*rule.Scope == admissionregistrationv1.NamespacedScope) != a.r.Namespaced {
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

// otherVersionMatches: a rule may name the kind in another of its versions.
func otherVersionMatches(a *attributes, rule *admissionregistrationv1.RuleWithOperations) bool {
	for _, r := range api.Builtin() {
		if r != a.r && r.Hub == a.r && ruleMatches(a, rule, r) {
			return true
		}
	}
	return false
}
