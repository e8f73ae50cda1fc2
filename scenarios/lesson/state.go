package lesson

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/jsonpath"
)

// quality is a condition on an object that is at hand.
type quality interface {
	condition
	of(k *look, r *api.Resource, o api.Object, name string) (bool, *Texts)
}

// kind finds a kind that the cluster serves, or says that there is none.
func (k *look) kind(name string) *api.Resource {
	r := k.c.Resource(name)
	if r == nil {
		k.cannot(say("the cluster serves no kind %s", "集群中没有 %s 这种资源", quote(name)))
	}
	return r
}

// object holds when an object exists, and is as wanted.
type object struct {
	kind, namespace, name string
	of                    quality // nil: it exists
}

func (c *object) eval(k *look) (bool, *Texts) {
	r := k.kind(c.kind)
	if r == nil {
		return false, k.broken
	}
	key, label := c.name, r.Singular+"/"+c.name
	if r.Namespaced {
		ns := c.namespace
		if ns == "" {
			ns = "default"
		} else if ns != "default" {
			label = r.Singular + "/" + ns + "/" + c.name
		}
		key = ns + "/" + c.name
	}
	o := k.c.Peek(r, key)
	switch {
	case o == nil:
		return false, say("%s does not exist", "%s 不存在", label)
	case c.of == nil:
		return true, say("%s exists", "%s 存在", label)
	}
	return c.of.of(k, r, o, label)
}

// field is what -o jsonpath prints of an object.
type field struct {
	text string
	path *jsonpath.Path
	test test
}

func (f *field) eval(k *look) (bool, *Texts) { return false, &Texts{} }

func (f *field) of(k *look, r *api.Resource, o api.Object, name string) (bool, *Texts) {
	values, err := f.path.Values(k.seen.of(r, o), true)
	if err != nil {
		return k.cannot(say("%s of %s cannot be read: %v", "无法读取 %[2]s 的 %[1]s：%[3]v", f.text, name, err))
	}
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = jsonpath.Plain(v)
	}
	value := strings.Join(text, " ")
	ok := f.test.holds(value)
	if len(values) == 0 {
		return ok, say("%s of %s is not set", "%[2]s 没有设置 %[1]s", f.text, name)
	}
	return ok, say("%s of %s is %s", "%[2]s 的 %[1]s 是 %[3]s", f.text, name, shortened(value))
}

// conditionOf is a condition in an object's status.
type conditionOf struct{ name, status string }

func (c *conditionOf) eval(k *look) (bool, *Texts) { return false, &Texts{} }

func (c *conditionOf) of(k *look, r *api.Resource, o api.Object, name string) (bool, *Texts) {
	cond, current := api.ConditionIn(k.seen.of(r, o), c.name)
	status, _ := cond["status"].(string)
	reason, _ := cond["reason"].(string)
	switch {
	case cond == nil:
		return false, say("%s has no condition %s", "%s 没有 %s 状况", name, c.name)
	case !current:
		return false, say("the newest change of %s has yet to be looked at", "%s 的最新改动还没有被处理", name)
	case reason != "":
		status += " (" + reason + ")"
	}
	ok := strings.EqualFold(strings.SplitN(status, " ", 2)[0], c.status)
	return ok, say("condition %s of %s is %s", "%[2]s 的 %[1]s 状况是 %[3]s", c.name, name, status)
}

// counted is a number of objects.
type counted struct {
	kind, namespace string
	selector        labels.Selector
	where           []quality
	test            test
}

func (c *counted) eval(k *look) (bool, *Texts) {
	r := k.kind(c.kind)
	if r == nil {
		return false, k.broken
	}
	ns := c.namespace
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
		for _, q := range c.where {
			if ok, _ := q.of(k, r, o, ""); !ok {
				return
			}
		}
		fit++
	})
	name := r.Name
	if all == 1 {
		name = r.Singular
	}
	if !c.selector.Empty() {
		name += " (" + c.selector.String() + ")"
	}
	zh := r.Kind
	if !c.selector.Empty() {
		zh += "（" + c.selector.String() + "）"
	}
	ok := c.test.holds(strconv.Itoa(fit))
	switch {
	case len(c.where) > 0 && all > 0:
		return ok, &Texts{strconv.Itoa(fit) + " of " + strconv.Itoa(all) + " " + name + " fit", strconv.Itoa(all) + " 个 " + zh + " 中有 " + strconv.Itoa(fit) + " 个符合条件"}
	case all == 1:
		return ok, &Texts{"there is 1 " + name, "有 1 个 " + zh}
	}
	return ok, &Texts{"there are " + strconv.Itoa(all) + " " + name, "有 " + strconv.Itoa(all) + " 个 " + zh}
}
