package lesson

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/jsonpath"
)

// kind finds a kind that the cluster serves; nil if there is none, which nothing can be said about.
func (k *look) kind(name string) *api.Resource {
	r := k.c.Resource(name)
	if r == nil {
		k.broken = say("the cluster serves no kind $1", "集群中没有 $1 这种资源", quote(name))
	}
	return r
}

// object holds when an object exists, and is as wanted.
func (k *look) object(c *condition) (bool, *Texts) {
	kind, name, _ := strings.Cut(c.Object, "/")
	r := k.kind(kind)
	if r == nil {
		return false, k.broken
	}
	label, key := r.Singular+"/"+strings.TrimPrefix(name, "default/"), name
	if r.Namespaced && !strings.Contains(name, "/") {
		key = "default/" + name
	}
	o := k.c.Peek(r, key)
	switch {
	case o == nil:
		return false, say("$1 does not exist", "$1 不存在", label)
	case c.path == nil && c.Condition == "":
		return true, say("$1 exists", "$1 存在", label)
	}
	return k.quality(c, r, o, label)
}

// quality holds when a field or a condition of an object is as wanted.
func (k *look) quality(c *condition, r *api.Resource, o api.Object, name string) (bool, *Texts) {
	content := k.seen.of(r, o)
	if c.path == nil {
		want, status, ok := strings.Cut(c.Condition, "=")
		if !ok {
			status = "True"
		}
		cond, current := api.ConditionIn(content, want)
		is, _ := cond["status"].(string)
		switch {
		case cond == nil:
			return false, say("$1 has no condition $2", "$1 没有 $2 状况", name, want)
		case !current:
			return false, say("the newest change of $1 has yet to be looked at", "$1 的最新改动还没有被处理", name)
		}
		ok = strings.EqualFold(is, status)
		if reason, _ := cond["reason"].(string); reason != "" {
			is += " (" + reason + ")"
		}
		return ok, say("condition $2 of $1 is $3", "$1 的 $2 状况是 $3", name, want, is)
	}
	values, err := c.path.Values(content, true)
	if err != nil {
		k.broken = say("$2 of $1 cannot be read: $3", "无法读取 $1 的 $2：$3", name, c.Field, err.Error())
		return false, k.broken
	}
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = jsonpath.Plain(v)
	}
	value := strings.Join(text, " ")
	if len(values) == 0 {
		return c.holds(value), say("$2 of $1 is not set", "$1 没有设置 $2", name, c.Field)
	}
	return c.holds(value), say("$2 of $1 is $3", "$1 的 $2 是 $3", name, c.Field, clip(value))
}

// count holds when there are so many objects.
func (k *look) count(c *condition) (bool, *Texts) {
	r := k.kind(c.Count)
	if r == nil {
		return false, k.broken
	}
	ns := c.Namespace
	if ns == "" {
		ns = "default"
	}
	all, fit := 0, 0
	k.c.Each(r, func(_ string, o api.Object) {
		if r.Namespaced && ns != "*" && o.GetNamespace() != ns || !c.selector.Matches(labels.Set(o.GetLabels())) {
			return
		}
		if r.Hub != nil {
			o = r.FromHub(o)
		}
		all++
		for _, q := range c.Where {
			if ok, _ := k.quality(q, r, o, o.GetName()); !ok {
				return
			}
		}
		fit++
	})
	name, zh := r.Name, r.Kind
	if all == 1 {
		name = r.Singular
	}
	if c.Selector != "" {
		name += " (" + clip(c.Selector) + ")"
		zh += "（" + clip(c.Selector) + "）"
	}
	ok := c.holds(strconv.Itoa(fit))
	if fit < all {
		return ok, say("$1 of $2 $3 fit", "$2 个 $4 中有 $1 个符合条件", strconv.Itoa(fit), strconv.Itoa(all), name, zh)
	}
	return ok, say("the number of $2 is $1", "有 $1 个 $3", strconv.Itoa(all), name, zh)
}
