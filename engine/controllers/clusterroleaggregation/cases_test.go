package clusterroleaggregation

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/apitest"
)

// united is a role with an aggregation rule.
func united(name string, selectors ...metav1.LabelSelector) *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, AggregationRule: &rbacv1.AggregationRule{ClusterRoleSelectors: selectors}}
}

func labelled(pairs ...string) metav1.LabelSelector {
	out := metav1.LabelSelector{MatchLabels: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		out.MatchLabels[pairs[i]] = pairs[i+1]
	}
	return out
}

// TestUnion are upstream's TestSyncClusterRole and what selectors can say.
func TestUnion(t *testing.T) {
	foo, bar := map[string]string{"foo": "bar"}, map[string]string{"baz": "infra"}
	both := map[string]string{"foo": "bar", "baz": "infra"}
	with := func(r *rbacv1.ClusterRole, verbs ...string) *rbacv1.ClusterRole {
		r.Rules = role("", nil, verbs...).Rules
		return r
	}
	for name, c := range map[string]struct {
		roles []*rbacv1.ClusterRole
		want  []string // the verbs of "all"
		write bool
	}{
		"nothing is selected":     {[]*rbacv1.ClusterRole{united("all", labelled("foo", "bar")), role("a", nil, "get")}, nil, false},
		"one":                     {[]*rbacv1.ClusterRole{united("all", labelled("foo", "bar")), role("a", foo, "get")}, []string{"get"}, true},
		"as it is":                {[]*rbacv1.ClusterRole{with(united("all", labelled("foo", "bar")), "get"), role("a", foo, "get")}, []string{"get"}, false},
		"by name":                 {[]*rbacv1.ClusterRole{united("all", labelled("foo", "bar")), role("b", foo, "list"), role("a", foo, "get")}, []string{"get", "list"}, true},
		"two selectors, in order": {[]*rbacv1.ClusterRole{united("all", labelled("baz", "infra"), labelled("foo", "bar")), role("a", foo, "get"), role("b", bar, "list")}, []string{"list", "get"}, true},
		"one that both select":    {[]*rbacv1.ClusterRole{united("all", labelled("baz", "infra"), labelled("foo", "bar")), role("a", both, "get")}, []string{"get"}, true},
		"two labels, both needed": {[]*rbacv1.ClusterRole{united("all", labelled("baz", "infra", "foo", "bar")), role("a", foo, "get"), role("b", both, "list")}, []string{"list"}, true},
		"an empty selector":       {[]*rbacv1.ClusterRole{united("all", metav1.LabelSelector{}), role("a", nil, "get"), role("b", foo, "list")}, []string{"get", "list"}, true},
		"an expression": {[]*rbacv1.ClusterRole{united("all", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "foo", Operator: metav1.LabelSelectorOpDoesNotExist}}}),
			role("a", foo, "get"), role("b", bar, "list")}, []string{"list"}, true},
		"not its own": {[]*rbacv1.ClusterRole{func() *rbacv1.ClusterRole {
			r := with(united("all", labelled("foo", "bar")), "delete")
			r.Labels = foo
			return r
		}(), role("a", foo, "get")}, []string{"get"}, true},
		"a selector that is none": {[]*rbacv1.ClusterRole{with(united("all", metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "foo", Operator: "Like"}}}), "get"), role("a", foo, "list")}, []string{"get"}, false},
		"no rule of aggregation":  {[]*rbacv1.ClusterRole{role("all", nil, "get"), role("a", foo, "list")}, []string{"get"}, false},
	} {
		s := apitest.New()
		for _, r := range c.roles {
			apitest.Put(s, r)
		}
		s.Start("aggregator", func(f *client.Informers) { Run(f) })
		s.Run(10 * time.Second)
		var verbs []string
		for _, r := range apitest.Get[*rbacv1.ClusterRole](s, "", "all").Rules {
			verbs = append(verbs, r.Verbs...)
		}
		assert.Equal(t, c.want, verbs, name)
		assert.Equal(t, c.write, len(s.Requests) == 1, "%s: %v", name, s.Requests)
	}
}

// TestWhatChanges: labels, rules and rules of aggregation come and go.
func TestWhatChanges(t *testing.T) {
	s := apitest.New()
	apitest.Put(s, united("all", labelled("foo", "bar")))
	apitest.Put(s, role("a", map[string]string{"foo": "bar"}, "get"))
	apitest.Put(s, role("b", nil, "list"))
	s.Start("aggregator", func(f *client.Informers) { Run(f) })
	verbs := func() (out []string) {
		s.Run(time.Second)
		for _, r := range apitest.Get[*rbacv1.ClusterRole](s, "", "all").Rules {
			out = append(out, r.Verbs...)
		}
		return out
	}
	assert.Equal(t, []string{"get"}, verbs())
	apitest.Edit(s, "", "b", func(r *rbacv1.ClusterRole) { r.Labels = map[string]string{"foo": "bar"} })
	assert.Equal(t, []string{"get", "list"}, verbs(), "a role gains the label")
	apitest.Edit(s, "", "a", func(r *rbacv1.ClusterRole) { r.Labels = nil })
	assert.Equal(t, []string{"list"}, verbs(), "a role loses it")
	apitest.Edit(s, "", "b", func(r *rbacv1.ClusterRole) { r.Rules = role("", nil, "watch", "patch").Rules })
	assert.Equal(t, []string{"watch", "patch"}, verbs(), "its rules change")
	apitest.Edit(s, "", "all", func(r *rbacv1.ClusterRole) { r.AggregationRule = nil })
	apitest.Edit(s, "", "b", func(r *rbacv1.ClusterRole) { r.Rules = role("", nil, "get").Rules })
	assert.Equal(t, []string{"watch", "patch"}, verbs(), "it unites nothing any more, and keeps what it had")
	apitest.Edit(s, "", "all", func(r *rbacv1.ClusterRole) { r.AggregationRule = united("", labelled("foo", "bar")).AggregationRule })
	assert.Equal(t, []string{"get"}, verbs())
	apitest.Remove[*rbacv1.ClusterRole](s, "", "b")
	assert.Empty(t, verbs(), "the last one goes")
}

// TestWritesThatFail are repeated, unless the role is gone.
func TestWritesThatFail(t *testing.T) {
	s := apitest.New()
	apitest.Put(s, united("all", labelled("foo", "bar")))
	apitest.Put(s, united("gone", labelled("foo", "bar")))
	apitest.Put(s, role("a", map[string]string{"foo": "bar"}, "get"))
	tries := map[string]int{}
	s.Before = func(r *api.Request) error {
		if r.Resource != api.ClusterRoles || r.Verb != api.Patch {
			return nil
		}
		tries[r.Name]++
		if r.Name == "gone" {
			return apierrors.NewNotFound(r.Resource.GR(), r.Name)
		}
		if tries[r.Name] < 3 {
			return errors.New("no")
		}
		return nil
	}
	s.Start("aggregator", func(f *client.Informers) { Run(f) })
	s.Run(time.Minute)
	assert.Equal(t, []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}}, apitest.Get[*rbacv1.ClusterRole](s, "", "all").Rules)
	assert.Equal(t, 3, tries["all"])
	assert.Less(t, tries["gone"], 4, "once for each change of a role")
}
