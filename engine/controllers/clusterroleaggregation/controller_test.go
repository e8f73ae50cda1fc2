package clusterroleaggregation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

func role(name string, labels map[string]string, verbs ...string) *rbacv1.ClusterRole {
	r := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	for _, v := range verbs {
		r.Rules = append(r.Rules, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{v}})
	}
	return r
}

func TestAggregation(t *testing.T) {
	s := apitest.New()
	view, edit := map[string]string{"to-view": "true"}, map[string]string{"to-edit": "true"}
	put := func(r *rbacv1.ClusterRole, from ...map[string]string) {
		for _, l := range from {
			if r.AggregationRule == nil {
				r.AggregationRule = &rbacv1.AggregationRule{}
			}
			r.AggregationRule.ClusterRoleSelectors = append(r.AggregationRule.ClusterRoleSelectors, metav1.LabelSelector{MatchLabels: l})
		}
		apitest.Put(s, r)
	}
	verbs := func(name string) (out []string) {
		for _, r := range apitest.Get[*rbacv1.ClusterRole](s, "", name).Rules {
			out = append(out, r.Verbs...)
		}
		return out
	}
	put(role("view", edit, "stale"), view)
	put(role("edit", nil), edit)
	put(role("b", view, "get", "list"))
	put(role("a", view, "list", "watch"))
	put(role("c", nil, "delete"))
	s.Start("aggregator", func(f *client.Informers) { Run(f) })
	s.Run(time.Second)
	require.Equal(t, []string{"list", "watch", "get"}, verbs("view"), "by name, each rule once")
	require.Equal(t, []string{"list", "watch", "get"}, verbs("edit"), "an aggregated role is aggregated again")
	n := len(s.Requests)
	s.Run(time.Minute)
	require.Len(t, s.Requests, n, "nothing is left to do")

	apitest.Remove[*rbacv1.ClusterRole](s, "", "a")
	s.Run(time.Second)
	require.Equal(t, []string{"get", "list"}, verbs("edit"))
	apitest.Edit(s, "", "view", func(r *rbacv1.ClusterRole) { r.Rules = nil })
	s.Run(time.Second)
	require.Equal(t, []string{"get", "list"}, verbs("view"), "who changes the union by hand changes it for a moment")
}
