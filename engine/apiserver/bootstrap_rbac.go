package apiserver

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/rbac"
	"tabernetes/engine/apiserver/auth"
)

// bootstrapRetry is how long the server waits before it tries again to make what is missing.
const bootstrapRetry = 100 * time.Millisecond

// bootstrap reconciles the default roles and bindings and calls done when all are as they should be: the post-start
// hook rbac/bootstrap-roles (pkg/registry/rbac/rest). Objects are made side by side, so that etcd writes them together.
// What kubeadm makes is made once: in a cluster that has no cluster roles yet.
func (g *gate) bootstrap(done func()) {
	kubeadm := len(g.s.kinds[api.ClusterRoles].objects) == 0
	var round func()
	round = func() {
		want := []auth.Objects{auth.Bootstrap()}
		if kubeadm {
			want = append(want, auth.Kubeadm())
		}
		var cluster, namespaced []*api.Request
		for _, ns := range [...]string{metav1.NamespaceSystem, metav1.NamespacePublic} {
			cluster = g.missing(cluster, api.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}})
		}
		for i, o := range want {
			once := i > 0
			for _, r := range o.ClusterRoles {
				cluster = g.reconcileRole(cluster, api.ClusterRoles, r, once)
			}
			for _, b := range o.ClusterRoleBindings {
				cluster = g.reconcileBinding(cluster, api.ClusterRoleBindings, b, once)
			}
			for _, r := range o.Roles {
				namespaced = g.reconcileRole(namespaced, api.Roles, r, once)
			}
			for _, b := range o.RoleBindings {
				namespaced = g.reconcileBinding(namespaced, api.RoleBindings, b, once)
			}
			for _, sa := range o.ServiceAccounts {
				namespaced = g.missing(namespaced, api.ServiceAccounts, sa)
			}
		}
		g.all(cluster, func(ok bool) {
			g.all(namespaced, func(fine bool) {
				if ok && fine {
					done()
					return
				}
				g.s.a.After(bootstrapRetry, "retry rbac bootstrap", round)
			})
		})
	}
	round()
}

// all sends requests at once; a conflict, or an object that came or went meanwhile, is looked at in another round.
func (g *gate) all(reqs []*api.Request, done func(ok bool)) {
	left, ok := len(reqs), true
	if left == 0 {
		done(true)
		return
	}
	for _, req := range reqs {
		g.s.Serve(req, g.s.a, func(resp *api.Response) {
			made := resp.Err == nil && req.Verb != api.Delete // what was deleted is still to be made
			ok = ok && (made || req.Verb == api.Create && apierrors.IsAlreadyExists(resp.Err))
			if left--; left == 0 {
				done(ok)
			}
		})
	}
}

func (g *gate) request(verb api.Verb, r *api.Resource, o api.Object) *api.Request {
	req := &api.Request{Verb: verb, Resource: r, Namespace: o.GetNamespace(), Name: o.GetName(), User: loopbackUser, UserAgent: "kube-apiserver", FieldManager: "kube-apiserver"}
	if verb != api.Delete {
		req.Object = o
	}
	return req
}

func (g *gate) missing(reqs []*api.Request, r *api.Resource, o api.Object) []*api.Request {
	if g.s.kinds[r].objects[api.KeyOf(o)] == nil {
		reqs = append(reqs, g.request(api.Create, r, o))
	}
	return reqs
}

// reconcileRole adds the request that brings a role to what is expected, if it takes one. A role that is made once is
// left alone when it exists.
func (g *gate) reconcileRole(reqs []*api.Request, r *api.Resource, expected api.Object, once bool) []*api.Request {
	have := g.s.kinds[r].objects[api.KeyOf(expected)]
	if have == nil || once {
		return g.missing(reqs, r, expected)
	}
	res := rbac.ReconcileRules(rulesOf(have), rulesOf(expected), false)
	if res.Operation == rbac.None || res.Protected {
		return reqs
	}
	o := api.Copy(have)
	switch x := o.(type) {
	case *rbacv1.ClusterRole:
		x.ObjectMeta, x.Rules, x.AggregationRule = res.Meta, res.Rules.Rules, res.Aggregation
	case *rbacv1.Role:
		x.ObjectMeta, x.Rules = res.Meta, res.Rules.Rules
	}
	return append(reqs, g.request(api.Update, r, o))
}

func rulesOf(o api.Object) rbac.Rules {
	switch x := o.(type) {
	case *rbacv1.ClusterRole:
		return rbac.Rules{Meta: x.ObjectMeta, Rules: x.Rules, Aggregation: x.AggregationRule}
	case *rbacv1.Role:
		return rbac.Rules{Meta: x.ObjectMeta, Rules: x.Rules}
	}
	return rbac.Rules{}
}

// reconcileBinding is reconcileRole for bindings. One of another role is deleted first and made in the next round.
func (g *gate) reconcileBinding(reqs []*api.Request, r *api.Resource, expected api.Object, once bool) []*api.Request {
	have := g.s.kinds[r].objects[api.KeyOf(expected)]
	if have == nil || once {
		return g.missing(reqs, r, expected)
	}
	res := rbac.ReconcileBinding(bindingOf(have), bindingOf(expected), false)
	switch {
	case res.Operation == rbac.None || res.Protected:
		return reqs
	case res.Operation == rbac.Recreate:
		uid := have.GetUID()
		del := g.request(api.Delete, r, have)
		del.Preconditions = &metav1.Preconditions{UID: &uid}
		return append(reqs, del)
	}
	o := api.Copy(have)
	switch x := o.(type) {
	case *rbacv1.ClusterRoleBinding:
		x.ObjectMeta, x.Subjects = res.Meta, res.Subjects
	case *rbacv1.RoleBinding:
		x.ObjectMeta, x.Subjects = res.Meta, res.Subjects
	}
	return append(reqs, g.request(api.Update, r, o))
}

func bindingOf(o api.Object) rbac.Binding {
	switch x := o.(type) {
	case *rbacv1.ClusterRoleBinding:
		return rbac.Binding{Meta: x.ObjectMeta, RoleRef: x.RoleRef, Subjects: x.Subjects}
	case *rbacv1.RoleBinding:
		return rbac.Binding{Meta: x.ObjectMeta, RoleRef: x.RoleRef, Subjects: x.Subjects}
	}
	return rbac.Binding{}
}
