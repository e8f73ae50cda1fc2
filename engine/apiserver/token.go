package apiserver

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver/auth"
)

// defaultTokenSeconds is how long a token lives whose request does not say.
const defaultTokenSeconds = 60 * 60

var tokenRequestKind = authenticationv1.SchemeGroupVersion.WithKind("TokenRequest")

// checkToken says whom a token stands for; audiences nil means the API server's.
func (g *gate) checkToken(token string, audiences []string) (api.UserInfo, []string, error) {
	now := g.s.a.Wall()
	c, shared, err := g.key.Verify(token, audiences, now)
	if err != nil {
		return api.UserInfo{}, nil, err
	}
	u, err := auth.Account(c, now, func(resource, namespace, name string) (metav1.Object, error) {
		var r *api.Resource
		key := api.Key(namespace, name)
		switch resource {
		case "pods":
			r = api.Pods
		case "secrets":
			r = api.Secrets
		case "nodes":
			r, key = api.Nodes, name
		default:
			r = api.ServiceAccounts
		}
		if o := g.s.kinds[r].objects[key]; o != nil {
			return o, nil
		}
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, name)
	})
	return u, shared, err
}

// createToken serves serviceaccounts/token. Upstream: pkg/registry/core/serviceaccount/storage/token.go.
func (s *Server) createToken(k *cacher, req *api.Request, reply func(*api.Response)) {
	in, ok := req.Object.(*authenticationv1.TokenRequest)
	if !ok {
		reply(&api.Response{Err: apierrors.NewBadRequest(fmt.Sprintf("not a TokenRequest: %T", req.Object))})
		return
	}
	fail := func(err error) { reply(&api.Response{Err: err}) }
	switch {
	case in.Name != "" && in.Name != req.Name:
		fail(tokenInvalid(req.Name, field.Invalid(field.NewPath("metadata", "name"), in.Name, "must match the service account name if specified")))
		return
	case in.Namespace != "" && in.Namespace != req.Namespace:
		fail(tokenInvalid(req.Name, field.Invalid(field.NewPath("metadata", "namespace"), in.Namespace, "must match the service account namespace if specified")))
		return
	}
	k.fresh(func() {
		sa, _ := k.objects[api.Key(req.Namespace, req.Name)].(*corev1.ServiceAccount)
		if sa == nil {
			fail(notFound(api.ServiceAccounts, req.Name))
			return
		}
		t := in.DeepCopy()
		c, err := s.tokenClaims(t, sa)
		if err != nil {
			fail(err)
			return
		}
		if t.Status.Token, err = s.gate.key.Sign(c); err != nil {
			fail(apierrors.NewInternalError(errors.New("failed to generate token: " + err.Error())))
			return
		}
		reply(&api.Response{Object: t, Created: true})
	}, func(err error) { fail(storageError(err)) })
}

func tokenInvalid(name string, errs ...*field.Error) error {
	return apierrors.NewInvalid(tokenRequestKind.GroupKind(), name, errs)
}

// tokenClaims completes a request and makes what its token says.
func (s *Server) tokenClaims(t *authenticationv1.TokenRequest, sa *corev1.ServiceAccount) (*auth.Claims, error) {
	if t.UID != "" && t.UID != sa.UID {
		return nil, apierrors.NewConflict(schema.GroupResource{Group: tokenRequestKind.Group, Resource: tokenRequestKind.Kind}, sa.Name,
			errors.New("the UID in the token request ("+string(t.UID)+") does not match the UID of the service account ("+string(sa.UID)+")"))
	}
	now := s.a.Wall()
	t.Name, t.Namespace, t.UID, t.CreationTimestamp = sa.Name, sa.Namespace, sa.UID, s.now()
	t.Status = authenticationv1.TokenRequestStatus{}
	if len(t.Spec.Audiences) == 0 {
		t.Spec.Audiences = []string{auth.Issuer}
	}
	if t.Spec.ExpirationSeconds == nil {
		seconds := int64(defaultTokenSeconds)
		t.Spec.ExpirationSeconds = &seconds
	}
	lifetime := *t.Spec.ExpirationSeconds
	at := field.NewPath("spec", "expirationSeconds")
	switch {
	case lifetime < auth.MinLifetime:
		return nil, tokenInvalid("", field.Invalid(at, lifetime, "may not specify a duration less than 10 minutes"))
	case lifetime > auth.MaxLifetime:
		return nil, tokenInvalid("", field.Invalid(at, lifetime, "may not specify a duration larger than 2^32 seconds"))
	}
	c := &auth.Claims{
		Audience: t.Spec.Audiences, Issuer: auth.Issuer, ID: string(s.newUID()), Subject: auth.AccountUser(sa.Namespace, sa.Name),
		IssuedAt: now.Unix(), NotBefore: now.Unix(),
		Bound: auth.Bound{Namespace: sa.Namespace, ServiceAccount: auth.Ref{Name: sa.Name, UID: string(sa.UID)}},
	}
	if err := s.bindToken(t.Spec.BoundObjectRef, sa, &c.Bound); err != nil {
		return nil, err
	}
	t.Status.ExpirationTimestamp = metav1.Time{Time: now.Add(time.Duration(lifetime) * time.Second).Truncate(time.Second)}
	if lifetime == auth.WarnLifetime && c.Bound.Pod != nil && slices.Equal(t.Spec.Audiences, []string{auth.Issuer}) {
		c.Bound.WarnAfter = now.Unix() + lifetime
		lifetime = auth.ExtendedLifetime
	}
	c.Expiry = now.Unix() + lifetime
	return c, nil
}

// bindToken ties a token to an object, with which it ends.
func (s *Server) bindToken(ref *authenticationv1.BoundObjectReference, sa *corev1.ServiceAccount, b *auth.Bound) error {
	if ref == nil {
		return nil
	}
	gvk := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
	find := func(r *api.Resource, namespace string) (*auth.Ref, api.Object, error) {
		o := s.kinds[r].objects[api.Key(namespace, ref.Name)]
		if o == nil {
			return nil, nil, notFound(r, ref.Name)
		}
		return &auth.Ref{Name: o.GetName(), UID: string(o.GetUID())}, o, nil
	}
	var uid string
	switch {
	case gvk.Group == "" && gvk.Kind == "Pod":
		r, o, err := find(api.Pods, sa.Namespace)
		if err != nil {
			return err
		}
		p := o.(*corev1.Pod)
		if p.Spec.ServiceAccountName != sa.Name {
			return apierrors.NewBadRequest("cannot bind token for serviceaccount " + strconv.Quote(sa.Name) + " to pod running with different serviceaccount name.")
		}
		b.Pod, uid = r, r.UID
		if n := p.Spec.NodeName; n != "" {
			b.Node = &auth.Ref{Name: n}
			if o := s.kinds[api.Nodes].objects[n]; o != nil {
				b.Node.UID = string(o.GetUID())
			}
		}
	case gvk.Group == "" && gvk.Kind == "Node":
		r, _, err := find(api.Nodes, "")
		if err != nil {
			return err
		}
		b.Node, uid = r, r.UID
	case gvk.Group == "" && gvk.Kind == "Secret":
		r, _, err := find(api.Secrets, sa.Namespace)
		if err != nil {
			return err
		}
		b.Secret, uid = r, r.UID
	default:
		return apierrors.NewBadRequest("cannot bind token to object of type " + gvk.String())
	}
	if ref.UID != "" && ref.UID != types.UID(uid) {
		return apierrors.NewConflict(schema.GroupResource{Group: gvk.Group, Resource: gvk.Kind}, ref.Name,
			errors.New("the UID in the bound object reference ("+string(ref.UID)+") does not match the UID in record. The object might have been deleted and then recreated"))
	}
	return nil
}
