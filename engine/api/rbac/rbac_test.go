package rbac

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func rule(groups, resources, verbs []string, names ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: groups, Resources: resources, Verbs: verbs, ResourceNames: names}
}

func l(s ...string) []string { return s }

// The cases are those of component-helpers' policy_comparator_test.go.
func TestMissing(t *testing.T) {
	for name, c := range map[string]struct{ owned, wanted, missing []rbacv1.PolicyRule }{
		"exact":              {[]rbacv1.PolicyRule{rule(l("v1"), l("builds"), l("get"))}, []rbacv1.PolicyRule{rule(l("v1"), l("builds"), l("get"))}, nil},
		"any subresource":    {[]rbacv1.PolicyRule{rule(l("v1"), l("*/scale"), l("get"))}, []rbacv1.PolicyRule{rule(l("v1"), l("foo/scale"), l("get"))}, nil},
		"several for one":    {[]rbacv1.PolicyRule{rule(l("v1"), l("d"), l("delete")), rule(l("v1"), l("b"), l("delete")), rule(l("v1"), l("b", "d"), l("update"))}, []rbacv1.PolicyRule{rule(l("v1"), l("b", "d"), l("delete", "update"))}, nil},
		"one is missing":     {[]rbacv1.PolicyRule{rule(l("v1"), l("b", "d"), l("delete", "update")), rule(l("v1"), l("pods"), l("delete"))}, []rbacv1.PolicyRule{rule(l("v1"), l("b", "d", "pods"), l("delete", "update"))}, []rbacv1.PolicyRule{rule(l("v1"), l("pods"), l("update"))}},
		"star of groups":     {[]rbacv1.PolicyRule{rule(l("*"), l("roles"), l("get"))}, []rbacv1.PolicyRule{rule(l("a", "*"), l("roles"), l("get"))}, nil},
		"a list is no star":  {[]rbacv1.PolicyRule{rule(l("a"), l("roles"), l("get", "list"))}, []rbacv1.PolicyRule{rule(l("a"), l("roles"), l("*"))}, []rbacv1.PolicyRule{rule(l("a"), l("roles"), l("*"))}},
		"all resources":      {[]rbacv1.PolicyRule{rule(l(""), l("*"), l("get"))}, []rbacv1.PolicyRule{rule(l(""), l("pods/log"), l("get"))}, nil},
		"any name":           {[]rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"))}, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"), "a", "b")}, nil},
		"names, not all":     {[]rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"), "a")}, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"))}, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"))}},
		"one name too many":  {[]rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"), "a")}, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"), "a", "b")}, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get"), "b")}},
		"paths":              {[]rbacv1.PolicyRule{{NonResourceURLs: l("/apis/*", "/v"), Verbs: l("get")}}, []rbacv1.PolicyRule{{NonResourceURLs: l("/apis/x", "/v", "/w"), Verbs: l("get")}}, []rbacv1.PolicyRule{{NonResourceURLs: l("/w"), Verbs: l("get")}}},
		"a path, no resouce": {[]rbacv1.PolicyRule{rule(l("*"), l("*"), l("*"))}, []rbacv1.PolicyRule{{NonResourceURLs: l("/v"), Verbs: l("get")}}, []rbacv1.PolicyRule{{NonResourceURLs: l("/v"), Verbs: l("get")}}},
	} {
		require.Empty(t, cmp.Diff(c.missing, Missing(c.owned, c.wanted)), name)
	}
}

func TestAllows(t *testing.T) {
	r := rule(l("apps"), l("deployments", "*/scale"), l("get"))
	for _, c := range []struct {
		a  Access
		ok bool
	}{
		{Access{Verb: "get", Group: "apps", Resource: "deployments"}, true},
		{Access{Verb: "get", Group: "apps", Resource: "deployments", Subresource: "status"}, false},
		{Access{Verb: "get", Group: "apps", Resource: "deployments", Subresource: "scale"}, true},
		{Access{Verb: "get", Group: "apps", Resource: "replicasets", Subresource: "scale"}, true},
		{Access{Verb: "get", Group: "apps", Resource: "replicasets"}, false},
		{Access{Verb: "get", Group: "", Resource: "deployments"}, false},
		{Access{Verb: "list", Group: "apps", Resource: "deployments"}, false},
	} {
		require.Equal(t, c.ok, Allows(&r, &c.a), "%+v", c.a)
	}
}

func TestShortAndCompact(t *testing.T) {
	rules := Compact(Breakdown(&rbacv1.PolicyRule{APIGroups: l(""), Resources: l("pods", "services"), Verbs: l("get", "list")}), true)
	require.Len(t, rules, 2)
	require.Equal(t, `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`, Short(&rules[0]))
	require.Equal(t, `{NonResourceURLs:["/x"], Verbs:["get"]}`, Short(&rbacv1.PolicyRule{NonResourceURLs: l("/x"), Verbs: l("get")}))
	require.Equal(t, `{APIGroups:["a"], Resources:["b"], ResourceNames:["c"], Verbs:["d"]}`, Short(&rbacv1.PolicyRule{APIGroups: l("a"), Resources: l("b"), ResourceNames: l("c"), Verbs: l("d")}))
}

func TestReconcile(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "r", Labels: map[string]string{"a": "mine"}}
	expected := Rules{Meta: metav1.ObjectMeta{Labels: map[string]string{"a": "b", "c": "d"}}, Rules: []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get", "list"))}}
	r := ReconcileRules(Rules{Meta: meta, Rules: []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get")), rule(l(""), l("nodes"), l("get"))}}, expected, false)
	require.Equal(t, Update, r.Operation)
	require.Equal(t, map[string]string{"a": "mine", "c": "d"}, r.Meta.Labels)
	require.Equal(t, []rbacv1.PolicyRule{rule(l(""), l("pods"), l("get")), rule(l(""), l("nodes"), l("get")), rule(l(""), l("pods"), l("list"))}, r.Rules.Rules)
	require.Equal(t, None, ReconcileRules(r.Rules, expected, false).Operation)
	require.Equal(t, expected.Rules, ReconcileRules(r.Rules, expected, true).Rules.Rules)
	meta.Annotations = map[string]string{rbacv1.AutoUpdateAnnotationKey: "false"}
	require.True(t, ReconcileRules(Rules{Meta: meta}, expected, false).Protected)

	ref := rbacv1.RoleRef{Kind: "Role", Name: "x"}
	jane, bob := rbacv1.Subject{Kind: "User", Name: "jane"}, rbacv1.Subject{Kind: "User", Name: "bob"}
	b := ReconcileBinding(Binding{RoleRef: ref, Subjects: []rbacv1.Subject{jane}}, Binding{RoleRef: ref, Subjects: []rbacv1.Subject{bob}}, false)
	require.Equal(t, []rbacv1.Subject{jane, bob}, b.Subjects)
	require.Equal(t, Recreate, ReconcileBinding(Binding{RoleRef: ref}, Binding{RoleRef: rbacv1.RoleRef{Kind: "Role", Name: "y"}}, false).Operation)
}
