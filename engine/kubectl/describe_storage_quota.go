package kubectl

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine/api"
)

// describeNamespace adds the namespace's quotas and limits to its page.
func (c *cmd) describeNamespace(p *page, n *corev1.Namespace, finish func()) {
	c.do(&api.Request{Verb: api.List, Resource: api.ResourceQuotas, Namespace: n.Name}, func(quotas *api.Response) {
		c.do(&api.Request{Verb: api.List, Resource: api.LimitRanges, Namespace: n.Name}, func(limits *api.Response) {
			p.namespace(n)
			p.quotas(typed[*corev1.ResourceQuota](quotas.Items))
			p.limitRanges(typed[*corev1.LimitRange](limits.Items))
			finish()
		})
	})
}

func scopeHelp(scope string) string {
	switch corev1.ResourceQuotaScope(scope) {
	case corev1.ResourceQuotaScopeTerminating:
		return "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system."
	case corev1.ResourceQuotaScopeNotTerminating:
		return "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate."
	case corev1.ResourceQuotaScopeBestEffort:
		return "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service."
	case corev1.ResourceQuotaScopeNotBestEffort:
		return "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service."
	}
	return ""
}

// scopes writes what a quota is confined to, each scope with what it means after a bullet.
func (p *page) scopes(level int, bullet string, q *corev1.ResourceQuota) {
	if len(q.Spec.Scopes) == 0 {
		return
	}
	var scopes []string
	for _, s := range q.Spec.Scopes {
		scopes = append(scopes, string(s))
	}
	slices.Sort(scopes)
	p.line(level, "Scopes:\t%s", strings.Join(scopes, ", "))
	for _, s := range scopes {
		if text := scopeHelp(s); text != "" {
			p.line(level, "%s %s", bullet, text)
		}
	}
}

func (p *page) quota(q *corev1.ResourceQuota) {
	p.line(0, "Name:\t%s", q.Name)
	p.line(0, "Namespace:\t%s", q.Namespace)
	p.scopes(0, " *", q)
	p.line(0, "Resource\tUsed\tHard")
	p.line(0, "--------\t----\t----")
	for _, name := range resourceNames(q.Status.Hard) {
		hard, used := q.Status.Hard[name], q.Status.Used[name]
		if hard.Format != used.Format {
			used = *resource.NewQuantity(used.Value(), hard.Format)
		}
		p.line(0, "%s\t%s\t%s", name, used.String(), hard.String())
	}
}

func (p *page) quotas(list []*corev1.ResourceQuota) {
	p.line(0, "")
	if len(list) == 0 {
		p.line(0, "No resource quota.")
		return
	}
	p.line(0, "Resource Quotas")
	for _, q := range list {
		p.line(1, "Name:\t%s", q.Name)
		p.scopes(1, "*", q)
		p.line(1, "Resource\tUsed\tHard")
		p.line(1, "--------\t---\t---")
		for _, name := range resourceNames(q.Status.Hard) {
			hard, used := q.Status.Hard[name], q.Status.Used[name]
			p.line(1, "%s\t%s\t%s", name, used.String(), hard.String())
		}
	}
}

func (p *page) limitRange(l *corev1.LimitRange) {
	p.line(0, "Name:\t%s", l.Name)
	p.line(0, "Namespace:\t%s", l.Namespace)
	p.line(0, "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio")
	p.line(0, "----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
	p.limits(l, "")
}

func (p *page) limitRanges(list []*corev1.LimitRange) {
	p.line(0, "")
	if len(list) == 0 {
		p.line(0, "No LimitRange resource.")
		return
	}
	p.line(0, "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio")
	p.line(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
	for _, l := range list {
		p.limits(l, " ")
	}
}

// limits writes a line for each resource that a limit names. Upstream's order of resources is random; here it is theirs.
func (p *page) limits(l *corev1.LimitRange, space string) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		lists := []corev1.ResourceList{item.Min, item.Max, item.DefaultRequest, item.Default, item.MaxLimitRequestRatio}
		all := corev1.ResourceList{}
		for _, list := range lists {
			for name, q := range list {
				all[name] = q
			}
		}
		for _, name := range resourceNames(all) {
			cells := []string{space + string(item.Type), string(name)}
			for _, list := range lists {
				cell := "-"
				if q, ok := list[name]; ok {
					cell = q.String()
				}
				cells = append(cells, cell)
			}
			p.line(0, "%s", strings.Join(cells, "\t"))
		}
	}
}
