package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

func TestTokenLifeCycle(t *testing.T) {
	key, now := NewKey(1), time.Unix(1_800_000_000, 0)
	c := &Claims{
		Audience: []string{Issuer, "vault"}, Expiry: now.Unix() + 3600, IssuedAt: now.Unix(), NotBefore: now.Unix(), Issuer: Issuer, ID: "jti", Subject: AccountUser("ns", "robot"),
		Bound: Bound{Namespace: "ns", ServiceAccount: Ref{"robot", "u1"}, Pod: &Ref{"p", "u2"}, Node: &Ref{"n1", "u3"}},
	}
	token, err := key.Sign(c)
	require.NoError(t, err)
	parts := strings.Split(token, ".")
	h := hmac.New(sha256.New, key.secret[:])
	h.Write([]byte(parts[0] + "." + parts[1]))
	require.Equal(t, base64.RawURLEncoding.EncodeToString(h.Sum(nil)), parts[2])
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.Equal(t, `{"aud":["https://kubernetes.default.svc.cluster.local","vault"],"exp":1800003600,"iat":1800000000,"iss":"https://kubernetes.default.svc.cluster.local","jti":"jti",`+
		`"kubernetes.io":{"namespace":"ns","node":{"name":"n1","uid":"u3"},"pod":{"name":"p","uid":"u2"},"serviceaccount":{"name":"robot","uid":"u1"}},"nbf":1800000000,"sub":"system:serviceaccount:ns:robot"}`, string(body))

	verify := func(token string, at time.Duration, audiences ...string) ([]string, string) {
		_, shared, err := key.Verify(token, audiences, now.Add(at))
		if err != nil {
			return nil, err.Error()
		}
		return shared, ""
	}
	shared, fault := verify(token, 0)
	require.Equal(t, []string{Issuer}, shared)
	require.Empty(t, fault)
	shared, _ = verify(token, 0, "vault", "x")
	require.Equal(t, []string{"vault"}, shared)
	_, fault = verify(token, 0, "x")
	require.Equal(t, `token audiences ["https://kubernetes.default.svc.cluster.local" "vault"] is invalid for the target audiences ["x"]`, fault)
	_, fault = verify(token, time.Hour+30*time.Second)
	require.Empty(t, fault, "clocks may be a minute apart")
	_, fault = verify(token, time.Hour+2*time.Minute)
	require.Equal(t, "service account token has expired", fault)
	_, fault = verify(token, -2*time.Minute)
	require.Equal(t, "service account token is not valid yet", fault)
	for _, bad := range []string{"", "a.b.c", "x", parts[0] + "." + parts[1] + ".!", parts[0] + ".e30." + parts[2]} {
		_, fault = verify(bad, 0)
		require.Equal(t, "invalid bearer token", fault, bad)
	}
	forged, err := (&Key{id: key.id, header: key.header}).Sign(c)
	require.NoError(t, err)
	_, fault = verify(forged, 0)
	require.Equal(t, "go-jose/go-jose: error in cryptographic primitive", fault)
	other, err := NewKey(2).Sign(c)
	require.NoError(t, err)
	_, fault = verify(other, 0)
	require.Equal(t, "invalid signature, no keys found", fault)

	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot", UID: "u1"}}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", UID: "u2"}}
	get := func(resource, namespace, name string) (metav1.Object, error) {
		switch {
		case resource == "serviceaccounts" && sa != nil:
			return sa, nil
		case resource == "pods" && pod != nil:
			return pod, nil
		}
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: resource}, name)
	}
	u, err := Account(c, now, get)
	require.NoError(t, err)
	require.Equal(t, api.UserInfo{
		Name: "system:serviceaccount:ns:robot", UID: "u1", Groups: []string{"system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"},
		Extra: map[string][]string{
			"authentication.kubernetes.io/pod-name": {"p"}, "authentication.kubernetes.io/pod-uid": {"u2"}, "authentication.kubernetes.io/node-name": {"n1"},
			"authentication.kubernetes.io/node-uid": {"u3"}, "authentication.kubernetes.io/credential-id": {"JTI=jti"},
		},
	}, u)
	gone := metav1.NewTime(now.Add(-2 * time.Minute))
	pod.DeletionTimestamp = &gone
	_, err = Account(c, now, get)
	require.EqualError(t, err, "service account token has been invalidated")
	pod.DeletionTimestamp, pod.UID = nil, "other"
	_, err = Account(c, now, get)
	require.EqualError(t, err, "pod UID (other) does not match service account pod ref claim (u2)")
	pod = nil
	_, err = Account(c, now, get)
	require.EqualError(t, err, "service account token has been invalidated")
	sa.UID = "again"
	_, err = Account(c, now, get)
	require.EqualError(t, err, "service account UID (again) does not match claim (u1)")
	sa = nil
	_, err = Account(c, now, get)
	require.EqualError(t, err, `serviceaccounts "robot" not found`)
}

func TestImpersonation(t *testing.T) {
	p := bootstrapped()
	z := New(p, nothing{})
	get := ask("list", "", "pods", "", "default", "")
	grant := func(user string, rules ...rbacv1.PolicyRule) {
		p.Change(nil, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: user}, Rules: rules})
		p.Change(nil, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: refTo("ClusterRole", user), Subjects: []rbacv1.Subject{subject("u:" + user)}})
	}
	is := func(by string, wanted api.UserInfo) (*Identity, string) {
		id, err := z.Impersonate(who(by), &wanted, get)
		if err != nil {
			return nil, err.Error()
		}
		return id, ""
	}
	id, fault := is("kubernetes-admin", api.UserInfo{Name: "jane"})
	require.Empty(t, fault)
	require.Equal(t, []string{"system:authenticated"}, id.Groups)
	id, _ = is("kubernetes-admin", api.UserInfo{Name: "system:serviceaccount:dev:robot"})
	require.Equal(t, []string{"system:serviceaccounts", "system:serviceaccounts:dev", "system:authenticated"}, id.Groups)
	id, _ = is("kubernetes-admin", api.UserInfo{Name: "system:anonymous"})
	require.Equal(t, []string{"system:unauthenticated"}, id.Groups)
	id, _ = is("kubernetes-admin", api.UserInfo{Name: "root", Groups: []string{"system:masters"}, UID: "1", Extra: map[string][]string{"a": {"b"}}})
	require.True(t, id.Super, "the old way may do what the constrained one may not")
	id, _ = is("kubernetes-admin", api.UserInfo{Name: "system:node:n1"})
	require.Equal(t, []string{"system:nodes", "system:authenticated"}, id.Groups)
	require.Equal(t, "n1", id.Node)

	_, fault = is("jane", api.UserInfo{Name: "bob"})
	require.Equal(t, `pods is forbidden: User "jane" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"`, fault)

	grant("jane", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"users", "groups"}, Verbs: []string{"impersonate"}, ResourceNames: []string{"bob", "devs"}})
	_, fault = is("jane", api.UserInfo{Name: "bob", Groups: []string{"devs"}})
	require.Empty(t, fault)
	_, fault = is("jane", api.UserInfo{Name: "eve"})
	require.Contains(t, fault, "impersonate-on:user-info:list")

	grant("max", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"impersonate-on:user-info:list"}},
		rbacv1.PolicyRule{APIGroups: []string{"authentication.k8s.io"}, Resources: []string{"users"}, Verbs: []string{"impersonate:user-info"}, ResourceNames: []string{"bob"}})
	_, fault = is("max", api.UserInfo{Name: "bob"})
	require.Empty(t, fault)
	_, fault = is("max", api.UserInfo{Name: "eve"})
	require.Equal(t, `users.authentication.k8s.io "eve" is forbidden: User "max" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope`, fault)
	_, fault = is("max", api.UserInfo{Name: "bob", Groups: []string{"system:masters"}})
	require.Contains(t, fault, "impersonating the system:masters group is not allowed")
}
