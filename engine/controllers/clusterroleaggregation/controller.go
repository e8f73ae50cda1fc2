package clusterroleaggregation

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Workers is how many roles are looked at side by side.
const Workers = 5

// Controller is one running aggregation controller.
type Controller struct {
	a     *sim.Actor
	c     *client.Client
	roles *client.Cache[*rbacv1.ClusterRole]
	queue *client.Queue
	// aggregated are the names of the roles with an aggregation rule.
	aggregated map[string]bool
}

// Run starts the controller; it works once its cache is synced.
func Run(f *client.Informers) *Controller {
	c := f.Client()
	k := &Controller{a: c.Actor(), c: c, roles: client.Shared[*rbacv1.ClusterRole](f, api.ClusterRoles), aggregated: map[string]bool{}}
	k.queue = client.NewQueue(k.a, "ClusterRoleAggregator", Workers, k.sync)
	k.roles.Subscribe(func(old, r *rbacv1.ClusterRole) {
		switch {
		case r == nil:
			delete(k.aggregated, old.Name)
		case r.AggregationRule != nil:
			k.aggregated[r.Name] = true
		default:
			delete(k.aggregated, r.Name)
		}
		if k.roles.Synced() {
			k.enqueue()
		}
	})
	client.WhenSynced(func() {
		k.enqueue()
		k.queue.Start()
	}, k.roles)
	return k
}

func (k *Controller) enqueue() {
	names := make([]string, 0, len(k.aggregated))
	for name := range k.aggregated {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		k.queue.Add(name)
	}
}

func (k *Controller) sync(name string, done func(error)) {
	role, ok := k.roles.GetKey(name)
	if !ok || role.AggregationRule == nil {
		done(nil)
		return
	}
	rules, err := k.union(role)
	if err != nil || slices.EqualFunc(rules, role.Rules, equal) {
		done(err)
		return
	}
	k.a.Record(sim.KindDecision, api.Ref(api.ClusterRoles, "", name), "the roles it unites have other rules: write them")
	client.Mutate(k.c, api.ClusterRoles, "", "", name, func(r *rbacv1.ClusterRole) bool {
		r.Rules = rules
		return true
	}, func(_ *rbacv1.ClusterRole, err error) {
		if apierrors.IsNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// union are the rules of the selected roles, selector by selector, by name, each rule once.
func (k *Controller) union(role *rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	for i := range role.AggregationRule.ClusterRoleSelectors {
		sel, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, err
		}
		var chosen []*rbacv1.ClusterRole
		for _, r := range k.roles.All() {
			if r.Name != role.Name && sel.Matches(labels.Set(r.Labels)) {
				chosen = append(chosen, r)
			}
		}
		slices.SortFunc(chosen, func(a, b *rbacv1.ClusterRole) int { return strings.Compare(a.Name, b.Name) })
		for _, r := range chosen {
			for _, rule := range r.Rules {
				if !slices.ContainsFunc(rules, func(x rbacv1.PolicyRule) bool { return equal(x, rule) }) {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules, nil
}

// equal compares rules; no list and an empty one are the same.
func equal(a, b rbacv1.PolicyRule) bool {
	return slices.Equal(a.Verbs, b.Verbs) && slices.Equal(a.APIGroups, b.APIGroups) && slices.Equal(a.Resources, b.Resources) &&
		slices.Equal(a.ResourceNames, b.ResourceNames) && slices.Equal(a.NonResourceURLs, b.NonResourceURLs)
}
