package kubectl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/api/jsonpath"
)

func waitCommand() *command {
	return &command{name: "wait", use: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
		short: "Wait for a specific condition on one or many resources",
		flags: printFlags + fileFlags + selectorFlags + "field-selector:s all:b all-namespaces/A:b for:a timeout:d=30s", run: runWait}
}

// waitFor is one --for.
type waitFor struct {
	kind   string // "create", "delete", "condition", "jsonpath"
	name   string
	value  string
	path   *jsonpath.Path
	anyVal bool
}

func parseWaitFor(text string) (waitFor, error) {
	lower := strings.ToLower(text)
	switch {
	case lower == "delete", lower == "create":
		return waitFor{kind: lower}, nil
	case strings.HasPrefix(text, "condition="):
		name, value, ok := strings.Cut(strings.TrimPrefix(text, "condition="), "=")
		if !ok {
			value = "true"
		}
		return waitFor{kind: "condition", name: name, value: value}, nil
	case strings.HasPrefix(text, "jsonpath="):
		return parseWaitPath(strings.TrimPrefix(text, "jsonpath="))
	}
	return waitFor{}, fmt.Errorf("unrecognized condition: %q", text)
}

func parseWaitPath(text string) (waitFor, error) {
	// A single "=" separates path and value; "==" belongs to a filter.
	var parts []string
	from := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '=' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '=' {
			i++
			continue
		}
		parts = append(parts, text[from:i])
		from = i + 1
	}
	parts = append(parts, text[from:])
	if len(parts) > 2 {
		return waitFor{}, errors.New("jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'")
	}
	expr, err := jsonpath.Relaxed(parts[0])
	if err != nil {
		return waitFor{}, err
	}
	if expr == "" {
		return waitFor{}, errors.New("jsonpath expression cannot be empty")
	}
	p, err := jsonpath.Parse(expr)
	if err != nil {
		return waitFor{}, err
	}
	w := waitFor{kind: "jsonpath", path: p, anyVal: len(parts) == 1}
	if !w.anyVal {
		if w.value = strings.Trim(parts[1], `'"`); w.value == "" {
			return w, errors.New("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
		}
	}
	return w, nil
}

// met tells whether an object satisfies the condition.
func (w waitFor) met(res *api.Resource, obj api.Object) (bool, error) {
	m := content(res, obj, false)
	if w.kind == "create" {
		return true, nil
	}
	if w.kind == "jsonpath" {
		values, err := w.path.Values(m, true)
		switch {
		case err != nil || len(values) == 0:
			return false, err
		case len(values) > 1:
			return false, errors.New("given jsonpath expression matches more than one value")
		case w.anyVal:
			return true, nil
		}
		switch values[0].(type) {
		case map[string]any, []any:
			return false, errors.New("jsonpath leads to a nested object or list which is not supported")
		}
		return strings.TrimSpace(jsonpath.Plain(values[0])) == strings.TrimSpace(w.value), nil
	}
	cond, current := api.ConditionIn(m, w.name)
	state, _ := cond["status"].(string)
	return current && strings.EqualFold(state, w.value), nil
}

func runWait(c *cmd) {
	f, err := c.format(objectFormats)
	var conditions []waitFor
	for _, text := range c.f.list("for") {
		w, e := parseWaitFor(text)
		if e != nil && err == nil {
			err = e
		}
		conditions = append(conditions, w)
	}
	if err == nil && len(conditions) == 0 {
		err = fmt.Errorf("unrecognized condition: %q", c.f.list("for"))
	}
	if err != nil {
		c.fail(err)
		return
	}
	timeout := c.f.duration("timeout")
	if timeout < 0 {
		timeout = 168 * time.Hour
	}
	wt := &waiter{c: c, f: f, conditions: conditions, once: timeout == 0, deadline: c.sh.a.Now().Add(timeout).Duration()}
	for _, w := range conditions {
		wt.deletion = wt.deletion || w.kind == "delete"
		wt.creation = wt.creation || w.kind == "create"
	}
	wt.find()
}

// waiter is one run of wait.
type waiter struct {
	c                  *cmd
	f                  *format
	conditions         []waitFor
	deletion, creation bool
	once               bool
	deadline           time.Duration
}

func (w *waiter) left() time.Duration { return w.deadline - w.c.sh.a.Now().Duration() }

func (w *waiter) find() {
	c := w.c
	s := c.selectionFromFlags(c.args)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			missing := len(r.errs) > 0 && len(dropNotFound(r.errs)) == 0 || len(r.errs) == 0 && len(r.infos) == 0
			if w.creation && missing {
				if w.left() <= 0 {
					c.failf("timed out waiting for the condition")
					return
				}
				c.after(500*time.Millisecond, "wait for create", w.find)
				return
			}
			if w.deletion {
				r.errs = dropNotFound(r.errs)
			}
			w.each(r)
		})
	})
}

func (w *waiter) each(r *result) {
	c := w.c
	errs := r.errs
	each(len(r.infos), func(i int, next func()) {
		each(len(w.conditions), func(j int, nextCondition func()) {
			w.one(r.infos[i], w.conditions[j], func(err error) {
				if err != nil {
					errs = append(errs, err)
					next()
					return
				}
				c.did(w.f, r.infos[i], "condition met", "none")
				nextCondition()
			})
		}, next)
	}, func() {
		if len(r.infos) == 0 && len(errs) == 0 && !w.deletion {
			errs = append(errs, errors.New("no matching resources found"))
		}
		c.end(errs...)
	})
}

func (w *waiter) one(in *info, cond waitFor, done func(error)) {
	c := w.c
	if w.once {
		ok, err := false, error(nil)
		if cond.kind != "delete" {
			ok, err = cond.met(in.res, in.obj)
		}
		if err == nil && !ok {
			err = fmt.Errorf("condition not met for %s/%s", in.res.Name, in.name)
		}
		done(err)
		return
	}
	if cond.kind == "delete" {
		c.awaitGone(in, in.obj.GetUID(), w.left(), done)
		return
	}
	over := false
	stop := func() {}
	timer := c.after(max(0, w.left()), "timeout", func() {
		over = true
		stop()
		done(fmt.Errorf("timed out waiting for the condition on %s/%s", in.res.Name, in.name))
	})
	finish := func(err error) {
		if !over {
			over = true
			timer.Stop()
			stop()
			done(err)
		}
	}
	first := true
	stop = c.observe(in.res, in.ns, in.name, func(obj api.Object) {
		switch {
		case over:
		case obj == nil:
			// One that is not there at all is an error; one that goes may come again.
			if first {
				finish(notFound(in.res, in.name))
			}
		default:
			ok, err := cond.met(in.res, obj)
			if ok || err != nil {
				in.obj = obj
				finish(err)
			}
		}
		first = false
	}, finish)
	if over {
		stop()
	}
}
