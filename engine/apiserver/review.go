package apiserver

import (
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
	"tabernetes/engine/api/validation"
	"tabernetes/engine/apiserver/auth"
)

// review answers the reviews of authentication.k8s.io and authorization.k8s.io: questions that are created, answered and
// not kept. Upstream: pkg/registry/authentication, pkg/registry/authorization.
func (s *Server) review(req *api.Request, reply func(*api.Response)) {
	o, err := s.bodyOf(req.Resource, req)
	if err == nil {
		o = api.Copy(o) // the sender's object stays as it is
		o, err = s.answerReview(req, o)
	}
	if err != nil {
		reply(&api.Response{Err: err})
		return
	}
	reply(&api.Response{Object: o, Created: true})
}

func (s *Server) answerReview(req *api.Request, o api.Object) (api.Object, error) {
	id, err := s.gate.authenticate(req)
	if err != nil {
		return nil, err
	}
	switch x := o.(type) {
	case *authenticationv1.SelfSubjectReview:
		return &authenticationv1.SelfSubjectReview{
			ObjectMeta: metav1.ObjectMeta{CreationTimestamp: s.now()},
			Status:     authenticationv1.SelfSubjectReviewStatus{UserInfo: userInfo(&id.UserInfo)},
		}, nil
	case *authenticationv1.TokenReview:
		return x, s.tokenReview(x)
	case *authorizationv1.SelfSubjectRulesReview:
		return s.rulesReview(id, x.Spec.Namespace)
	case *authorizationv1.SelfSubjectAccessReview:
		if errs := validation.Create(x); len(errs) > 0 {
			return nil, invalid(req.Resource, "", errs)
		}
		x.Status = s.access(id, x.Spec.ResourceAttributes, x.Spec.NonResourceAttributes)
	case *authorizationv1.SubjectAccessReview:
		if errs := validation.Create(x); len(errs) > 0 {
			return nil, invalid(req.Resource, "", errs)
		}
		x.Status = s.access(s.gate.subject(&x.Spec), x.Spec.ResourceAttributes, x.Spec.NonResourceAttributes)
	case *authorizationv1.LocalSubjectAccessReview:
		if errs := validation.Create(x); len(errs) > 0 {
			return nil, invalid(req.Resource, "", errs)
		}
		x.Status = s.access(s.gate.subject(&x.Spec), x.Spec.ResourceAttributes, x.Spec.NonResourceAttributes)
	default:
		return nil, notServed(req)
	}
	return o, nil
}

func userInfo(u *api.UserInfo) authenticationv1.UserInfo {
	out := authenticationv1.UserInfo{Username: u.Name, UID: u.UID, Groups: u.Groups}
	for k, v := range u.Extra {
		if out.Extra == nil {
			out.Extra = map[string]authenticationv1.ExtraValue{}
		}
		out.Extra[k] = v
	}
	return out
}

func (s *Server) tokenReview(x *authenticationv1.TokenReview) error {
	if x.Spec.Token == "" {
		return apierrors.NewBadRequest("token is required for TokenReview in authentication")
	}
	x.Status = authenticationv1.TokenReviewStatus{}
	u, shared, err := s.gate.checkToken(x.Spec.Token, x.Spec.Audiences)
	if err != nil {
		x.Status.Error = err.Error()
		if err != auth.ErrInvalidToken {
			// Of several authenticators that fail each is told: that of tokens and the one that ends the chain.
			x.Status.Error = "[" + auth.ErrInvalidToken.Error() + ", " + err.Error() + "]"
		}
		return nil
	}
	x.Status.Authenticated, x.Status.User, x.Status.Audiences = true, userInfo(&u), shared
	return nil
}

func (s *Server) rulesReview(id *auth.Identity, namespace string) (api.Object, error) {
	if namespace == "" {
		return nil, apierrors.NewBadRequest("no namespace on request")
	}
	out := &authorizationv1.SelfSubjectRulesReview{Status: authorizationv1.SubjectRulesReviewStatus{
		ResourceRules: []authorizationv1.ResourceRule{}, NonResourceRules: []authorizationv1.NonResourceRule{},
	}}
	st := &out.Status
	if !s.gate.enforce {
		st.ResourceRules = append(st.ResourceRules, authorizationv1.ResourceRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}})
		st.NonResourceRules = append(st.NonResourceRules, authorizationv1.NonResourceRule{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}})
		return out, nil
	}
	rules, errs := s.gate.policy.RulesFor(id, namespace)
	for _, r := range rules {
		if len(r.Resources) > 0 {
			st.ResourceRules = append(st.ResourceRules, authorizationv1.ResourceRule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames})
		}
		if len(r.NonResourceURLs) > 0 {
			st.NonResourceRules = append(st.NonResourceRules, authorizationv1.NonResourceRule{Verbs: r.Verbs, NonResourceURLs: r.NonResourceURLs})
		}
	}
	var texts []string
	if id.Node != "" {
		st.Incomplete = true
		texts = append(texts, "node authorizer does not support user rule resolution")
	}
	if len(errs) > 0 {
		texts = append(texts, auth.Joined(errs))
	}
	if st.EvaluationError = strings.Join(texts, ", "); len(texts) > 1 {
		st.EvaluationError = "[" + st.EvaluationError + "]"
	}
	return out, nil
}

// subject is the user a review asks about: its groups are those it names and no others.
func (g *gate) subject(spec *authorizationv1.SubjectAccessReviewSpec) *auth.Identity {
	u := api.UserInfo{Name: spec.User, UID: spec.UID, Groups: spec.Groups}
	for k, v := range spec.Extra {
		if u.Extra == nil {
			u.Extra = map[string][]string{}
		}
		u.Extra[k] = v
	}
	return auth.NewIdentity(u)
}

// access asks the chain.
func (s *Server) access(id *auth.Identity, r *authorizationv1.ResourceAttributes, n *authorizationv1.NonResourceAttributes) authorizationv1.SubjectAccessReviewStatus {
	a := &auth.Request{}
	var problems []string
	if r != nil {
		a.Access = rbac.Access{Verb: r.Verb, Group: r.Group, Resource: r.Resource, Subresource: r.Subresource, Namespace: r.Namespace, Name: r.Name}
		a.OfNode, problems = selectors(r)
	} else {
		a.Access = rbac.Access{Verb: n.Verb, Path: n.Path}
	}
	st := authorizationv1.SubjectAccessReviewStatus{Allowed: true}
	if s.gate.enforce {
		st.Allowed, st.Reason = s.gate.chain.Authorize(id, a)
	}
	st.EvaluationError = strings.Join(problems, "; ")
	return st
}

// selectors reads the selectors of a review: which node's pods it asks for, and what is wrong with them.
func selectors(r *authorizationv1.ResourceAttributes) (ofNode string, problems []string) {
	if f := r.FieldSelector; f != nil {
		if f.RawSelector != "" {
			sel, err := fields.ParseSelector(f.RawSelector)
			if err != nil {
				problems = append(problems, "spec.resourceAttributes.fieldSelector ignored due to parse error")
			} else {
				ofNode, _ = sel.RequiresExactMatch("spec.nodeName")
			}
		}
		bad, good := 0, 0
		for _, q := range f.Requirements {
			if (q.Operator != metav1.FieldSelectorOpIn && q.Operator != metav1.FieldSelectorOpNotIn) || len(q.Values) != 1 {
				bad++
				continue
			}
			good++
			if q.Operator == metav1.FieldSelectorOpIn && q.Key == "spec.nodeName" {
				ofNode = q.Values[0]
			}
		}
		problems = ignored(problems, "fieldSelector", bad, good)
	}
	if l := r.LabelSelector; l != nil {
		if l.RawSelector != "" {
			if _, err := labels.Parse(l.RawSelector); err != nil {
				problems = append(problems, "spec.resourceAttributes.labelSelector ignored due to parse error")
			}
		}
		bad := 0
		for i := range l.Requirements {
			if _, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: l.Requirements[i : i+1]}); err != nil {
				bad++
			}
		}
		problems = ignored(problems, "labelSelector", bad, len(l.Requirements)-bad)
	}
	return ofNode, problems
}

func ignored(problems []string, what string, bad, good int) []string {
	switch {
	case bad == 0:
		return problems
	case good > 0:
		return append(problems, "spec.resourceAttributes."+what+" partially ignored due to parse error")
	}
	return append(problems, "spec.resourceAttributes."+what+" ignored due to parse error")
}
