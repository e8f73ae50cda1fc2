package apiserver_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/client"
	"tabernetes/engine/etcd"
	"tabernetes/engine/sim"
)

const admin = "kubernetes-admin"

func withRBAC(c *apiserver.Config) { c.RBAC = true }

func (w *world) as(user string, req *api.Request) *api.Response {
	w.t.Helper()
	req.User = user
	return w.do(req)
}

func (w *world) createAs(user string, o api.Object) *api.Response {
	w.t.Helper()
	return w.as(user, &api.Request{Verb: api.Create, Resource: api.ResourceOf(o), Namespace: o.GetNamespace(), Name: o.GetName(), Object: o})
}

func TestNobodyIsRefusedWhileRolesAreMissing(t *testing.T) {
	w := &world{t: t, s: sim.New(sim.Config{Seed: 1})}
	w.h = w.s.AddHost("control-plane-1")
	members := etcd.NewCluster()
	w.h.Install("etcd", func(a *sim.Actor) { etcd.Boot(a, members, etcd.Config{}) })
	w.h.Install("kube-apiserver", func(a *sim.Actor) {
		apiserver.Run(a, apiserver.Config{Etcd: []*sim.Host{w.h}, ServiceCIDR: "10.96.0.0/12", Advertise: "10.0.0.2", RBAC: true})
	})
	w.s.AddHost("user").Install("test", func(a *sim.Actor) { w.c = client.New(a, client.Config{Servers: []*sim.Host{w.h}, User: "test"}) })
	var resp *api.Response
	var watched []api.WatchEvent
	var ended error
	for w.c == nil { // the machines are on; nothing has been read from etcd
		w.s.Step()
	}
	w.s.Do(func() {
		w.c.Do(&api.Request{Verb: api.List, Resource: api.Nodes, User: "system:kube-scheduler"}, func(r *api.Response) { resp = r })
		w.c.Watch(&api.Request{Resource: api.ClusterRoles, User: "system:kube-controller-manager", SendInitialEvents: true, AllowBookmarks: true},
			func(e []api.WatchEvent) { watched = append(watched, e...) }, func(err error) { ended = err })
	})
	w.run(200 * time.Millisecond)
	require.NotNil(t, resp)
	require.NoError(t, resp.Err)
	require.NoError(t, ended)
	require.Greater(t, len(watched), 70)

	// A server that starts again finds the policy and lets nobody wait for writes.
	w.h.KillProgram("kube-apiserver")
	w.run(time.Second)
	before := len(w.as(admin, listAll(api.ClusterRoles)).Items) // refused connection or not, the client dials again
	w.h.StartProgram("kube-apiserver")
	w.run(time.Second)
	after := w.as("system:kube-controller-manager", listAll(api.ClusterRoles))
	require.NoError(t, after.Err)
	require.Zero(t, before)
	require.Len(t, after.Items, 76)
	require.True(t, apierrors.IsForbidden(w.as("system:kube-scheduler", listAll(api.ClusterRoles)).Err))
}

func listAll(r *api.Resource) *api.Request { return &api.Request{Verb: api.List, Resource: r} }

func TestBootstrapPolicyIsReconciled(t *testing.T) {
	w := newWorld(t, withRBAC)
	get := func(r *api.Resource, name string) api.Object {
		resp := w.as(admin, &api.Request{Verb: api.Get, Resource: r, Name: name})
		require.NoError(t, resp.Err)
		return api.Copy(resp.Object)
	}
	update := func(o api.Object) {
		require.NoError(t, w.as(admin, &api.Request{Verb: api.Update, Resource: api.ResourceOf(o), Name: o.GetName(), Object: o}).Err)
	}
	// Taken away: comes back. Added: stays. Opted out: is left alone. Another role: is made anew. Kubeadm's: is not.
	dns := get(api.ClusterRoles, "system:kube-dns").(*rbacv1.ClusterRole)
	dns.Rules = []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}}}
	update(dns)
	mon := get(api.ClusterRoles, "system:monitoring").(*rbacv1.ClusterRole)
	mon.Rules, mon.Annotations = nil, map[string]string{rbacv1.AutoUpdateAnnotationKey: "false"}
	update(mon)
	basic := get(api.ClusterRoleBindings, "system:basic-user").(*rbacv1.ClusterRoleBinding)
	basic.Subjects = []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "jane"}}
	update(basic)
	for _, name := range []string{"kubeadm:get-nodes", "system:discovery"} {
		require.NoError(t, w.as(admin, &api.Request{Verb: api.Delete, Resource: api.ClusterRoleBindings, Name: name}).Err)
	}
	other := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "system:discovery"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"}}
	require.NoError(t, w.createAs(admin, other).Err)

	w.h.KillProgram("kube-apiserver")
	w.h.StartProgram("kube-apiserver")
	w.run(3 * time.Second)

	require.Len(t, get(api.ClusterRoles, "system:kube-dns").(*rbacv1.ClusterRole).Rules, 1+4)
	require.Empty(t, get(api.ClusterRoles, "system:monitoring").(*rbacv1.ClusterRole).Rules)
	require.Len(t, get(api.ClusterRoleBindings, "system:basic-user").(*rbacv1.ClusterRoleBinding).Subjects, 2)
	require.Equal(t, "system:discovery", get(api.ClusterRoleBindings, "system:discovery").(*rbacv1.ClusterRoleBinding).RoleRef.Name)
	require.True(t, apierrors.IsNotFound(w.as(admin, &api.Request{Verb: api.Get, Resource: api.ClusterRoleBindings, Name: "kubeadm:get-nodes"}).Err))
}

func TestAggregationRuleTakesAnAdministrator(t *testing.T) {
	w := newWorld(t, withRBAC)
	role := func(name string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
		return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules}
	}
	writer := role("writer", rbacv1.PolicyRule{APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}, Verbs: []string{"create", "update", "get"}})
	require.NoError(t, w.createAs(admin, writer).Err)
	require.NoError(t, w.createAs(admin, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "writer"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "writer"},
		Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "jane"}}}).Err)
	require.NoError(t, w.createAs("jane", role("empty")).Err)
	all := role("all")
	all.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{"a": "b"}}}}
	require.EqualError(t, w.createAs("jane", all).Err, `clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule`)
	require.NoError(t, w.createAs(admin, api.Copy(all)).Err)

	// What only the garbage collector needs anybody may change who may update.
	resp := w.as("jane", &api.Request{Verb: api.Get, Resource: api.ClusterRoles, Name: "all"})
	o := resp.Object.DeepCopyObject().(*rbacv1.ClusterRole)
	o.Finalizers = []string{"example.com/x"}
	require.NoError(t, w.as("jane", &api.Request{Verb: api.Update, Resource: api.ClusterRoles, Name: "all", Object: o}).Err)
	o = o.DeepCopy()
	o.ResourceVersion = ""
	o.Labels = map[string]string{"x": "y"}
	require.ErrorContains(t, w.as("jane", &api.Request{Verb: api.Update, Resource: api.ClusterRoles, Name: "all", Object: o}).Err, "must have cluster-admin privileges")
}

func TestReviews(t *testing.T) {
	w := newWorld(t, withRBAC)
	pods := &authorizationv1.ResourceAttributes{Namespace: "default", Verb: "list", Resource: "pods"}
	sar := func(spec authorizationv1.SubjectAccessReviewSpec) (*authorizationv1.SubjectAccessReviewStatus, error) {
		resp := w.createAs(admin, &authorizationv1.SubjectAccessReview{Spec: spec})
		if resp.Err != nil {
			return nil, resp.Err
		}
		return &resp.Object.(*authorizationv1.SubjectAccessReview).Status, nil
	}
	st, err := sar(authorizationv1.SubjectAccessReviewSpec{User: "system:kube-scheduler", ResourceAttributes: pods})
	require.NoError(t, err)
	require.Equal(t, authorizationv1.SubjectAccessReviewStatus{Allowed: true,
		Reason: `RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"`}, *st)
	st, _ = sar(authorizationv1.SubjectAccessReviewSpec{User: admin, ResourceAttributes: pods})
	require.False(t, st.Allowed, "a review knows only the groups it names")
	st, _ = sar(authorizationv1.SubjectAccessReviewSpec{User: "x", Groups: []string{"kubeadm:cluster-admins"}, ResourceAttributes: pods})
	require.True(t, st.Allowed)
	mine := *pods
	mine.FieldSelector = &authorizationv1.FieldSelectorAttributes{RawSelector: "spec.nodeName=n1"}
	st, _ = sar(authorizationv1.SubjectAccessReviewSpec{User: "system:node:n1", Groups: []string{"system:nodes"}, ResourceAttributes: &mine})
	require.True(t, st.Allowed)
	mine.FieldSelector = &authorizationv1.FieldSelectorAttributes{RawSelector: "&"}
	st, _ = sar(authorizationv1.SubjectAccessReviewSpec{User: "x", ResourceAttributes: &mine})
	require.Equal(t, "spec.resourceAttributes.fieldSelector ignored due to parse error", st.EvaluationError)
	_, err = sar(authorizationv1.SubjectAccessReviewSpec{})
	require.EqualError(t, err, `SubjectAccessReview.authorization.k8s.io "" is invalid: [spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified]`)
	_, err = sar(authorizationv1.SubjectAccessReviewSpec{User: "x", ResourceAttributes: pods, NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: "/x", Verb: "get"}})
	require.EqualError(t, err, `SubjectAccessReview.authorization.k8s.io "" is invalid: spec: Invalid value: {"Path":"/x","Verb":"get"}: exactly one of nonResourceAttributes or resourceAttributes must be specified`)

	local := &authorizationv1.LocalSubjectAccessReview{ObjectMeta: metav1.ObjectMeta{Namespace: "default"}, Spec: authorizationv1.SubjectAccessReviewSpec{User: "x", ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "other", Verb: "get", Resource: "pods"}}}
	require.EqualError(t, w.createAs(admin, local).Err, `LocalSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace`)
	require.EqualError(t, w.createAs("jane", api.Copy(local)).Err, `localsubjectaccessreviews.authorization.k8s.io is forbidden: User "jane" cannot create resource "localsubjectaccessreviews" in API group "authorization.k8s.io" in the namespace "default"`)

	rules := w.createAs("system:node:n1", &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "default"}})
	require.NoError(t, rules.Err)
	require.True(t, rules.Object.(*authorizationv1.SelfSubjectRulesReview).Status.Incomplete)
	require.Equal(t, "node authorizer does not support user rule resolution", rules.Object.(*authorizationv1.SelfSubjectRulesReview).Status.EvaluationError)
	require.EqualError(t, w.createAs("jane", &authorizationv1.SelfSubjectRulesReview{}).Err, "no namespace on request")
	require.True(t, apierrors.IsMethodNotSupported(w.as(admin, listAll(api.SubjectAccessReviews)).Err))
}

func TestTokensOfTheCluster(t *testing.T) {
	w := newWorld(t, withRBAC)
	sa := w.createAs(admin, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "robot"}})
	require.NoError(t, sa.Err)
	ask := func(spec authenticationv1.TokenRequestSpec) *api.Response {
		return w.as(admin, &api.Request{Verb: api.Create, Resource: api.ServiceAccounts, Subresource: "token", Namespace: "default", Name: "robot", Object: &authenticationv1.TokenRequest{Spec: spec}})
	}
	review := func(token string, audiences ...string) *authenticationv1.TokenReviewStatus {
		resp := w.createAs(admin, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences}})
		require.NoError(t, resp.Err)
		return &resp.Object.(*authenticationv1.TokenReview).Status
	}
	made := ask(authenticationv1.TokenRequestSpec{})
	require.NoError(t, made.Err)
	token := made.Object.(*authenticationv1.TokenRequest)
	require.Equal(t, int64(3600), *token.Spec.ExpirationSeconds)
	require.Equal(t, "robot", token.Name)
	st := review(token.Status.Token)
	require.True(t, st.Authenticated)
	require.Equal(t, "system:serviceaccount:default:robot", st.User.Username)
	require.Equal(t, string(sa.Object.GetUID()), st.User.UID)
	require.Equal(t, []string{"https://kubernetes.default.svc.cluster.local"}, st.Audiences)
	require.Equal(t, `[invalid bearer token, token audiences ["https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["vault"]]`, review(token.Status.Token, "vault").Error)
	require.Equal(t, "invalid bearer token", review("x").Error)
	vault := ask(authenticationv1.TokenRequestSpec{Audiences: []string{"vault"}}).Object.(*authenticationv1.TokenRequest).Status.Token
	require.Equal(t, []string{"vault"}, review(vault, "vault", "other").Audiences)

	// A token for somebody else is none for the API server.
	self := &api.Request{Verb: api.Create, Resource: api.SelfSubjectReviews, Object: &authenticationv1.SelfSubjectReview{}, Token: vault}
	require.EqualError(t, w.do(self).Err, "Unauthorized")
	self = &api.Request{Verb: api.Create, Resource: api.SelfSubjectReviews, Object: &authenticationv1.SelfSubjectReview{}, Token: token.Status.Token}
	resp := w.do(self)
	require.NoError(t, resp.Err)
	require.Equal(t, "system:serviceaccount:default:robot", resp.Object.(*authenticationv1.SelfSubjectReview).Status.UserInfo.Username)

	// The kubelet's way: bound to a pod of its node, for its account; prolonged when it asks for the odd hour.
	odd := int64(3607)
	p := pod("web")
	p.Namespace, p.Spec.ServiceAccountName = "default", "robot"
	bound := w.createAs(admin, p)
	require.NoError(t, bound.Err)
	ref := &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: "web", UID: bound.Object.GetUID()}
	fromNode := func() error {
		return w.as("system:node:n1", &api.Request{Verb: api.Create, Resource: api.ServiceAccounts, Subresource: "token", Namespace: "default", Name: "robot",
			Object: &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &odd, BoundObjectRef: ref}}}).Err
	}
	require.ErrorContains(t, fromNode(), "node: no relationship found between node 'n1' and this object")
	require.NoError(t, w.as(admin, &api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "web",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Target: corev1.ObjectReference{Kind: "Node", Name: "n1"}}}).Err)
	require.NoError(t, fromNode())
	podToken := ask(authenticationv1.TokenRequestSpec{ExpirationSeconds: &odd, BoundObjectRef: ref}).Object.(*authenticationv1.TokenRequest)
	w.run(2 * time.Hour)
	require.True(t, review(podToken.Status.Token).Authenticated, "after the hour it only would be warned of")
	require.Equal(t, "[invalid bearer token, service account token has expired]", review(token.Status.Token).Error)
	ref.UID = "other"
	require.True(t, apierrors.IsConflict(ask(authenticationv1.TokenRequestSpec{BoundObjectRef: ref}).Err))
	zero := int64(0)
	require.NoError(t, w.as(admin, &api.Request{Verb: api.Delete, Resource: api.Pods, Namespace: "default", Name: "web", GracePeriodSeconds: &zero}).Err)
	require.Equal(t, "[invalid bearer token, service account token has been invalidated]", review(podToken.Status.Token).Error)
}

// A kubelet sees its own pods, and watches as well as lists are asked about.
func TestWatchesAreAuthorized(t *testing.T) {
	w := newWorld(t, withRBAC)
	watch := func(user, node string) (err error) {
		sel := fields.Everything()
		if node != "" {
			sel = fields.OneTermEqualSelector("spec.nodeName", node)
		}
		w.s.Do(func() {
			w.c.Watch(&api.Request{Resource: api.Pods, User: user, FieldSelector: sel}, func([]api.WatchEvent) {}, func(e error) { err = e })
		})
		w.run(time.Second)
		return err
	}
	require.NoError(t, watch("system:node:n1", "n1"))
	require.EqualError(t, watch("system:node:n1", "n2"), `pods is forbidden: User "system:node:n1" cannot watch resource "pods" in API group "" at the cluster scope: node: can only list/watch pods with spec.nodeName field selector`)
	require.EqualError(t, watch("jane", ""), `pods is forbidden: User "jane" cannot watch resource "pods" in API group "" at the cluster scope`)
	require.NoError(t, watch(admin, ""))
}

// BenchmarkAuthorize is what a request of the hot path pays.
func BenchmarkAuthorize(b *testing.B) {
	w := newWorld(b, withRBAC)
	reqs := make([]*api.Request, 64)
	for i := range reqs {
		reqs[i] = &api.Request{Verb: api.Get, Resource: api.Pods, Namespace: "default", Name: strconv.Itoa(i), User: "system:kube-scheduler"}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := reqs[i&63]
		r.User, r.Groups = "system:kube-scheduler", nil
		if err := apiserver.Authorize(w.sv, r); err != nil {
			b.Fatal(err)
		}
	}
}
