package kubectl

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"tabernetes/engine/api"
)

func taintCommand() *command {
	return &command{name: "taint", use: "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N", short: "Update the taints on one or more nodes",
		flags: printFlags + selectorFlags + "all:b overwrite:b dry-run:s=none?unchanged field-manager:s validate:s=strict?strict", run: runTaint}
}

func runTaint(c *cmd) {
	dry, err := c.dryRun()
	var f *format
	if err == nil {
		f, err = c.format(objectFormats)
	}
	if err != nil {
		c.fail(err)
		return
	}
	// A taint may lack "=": its effect begins with a colon.
	var resources, specs []string
	for _, s := range c.args {
		if strings.Contains(s, "=") || strings.HasSuffix(s, "-") || strings.Contains(s, ":") {
			specs = append(specs, s)
		} else if len(specs) > 0 {
			c.failf("all resources must be specified before taint changes: %s", s)
			return
		} else {
			resources = append(resources, s)
		}
	}
	switch {
	case len(resources) < 1:
		c.failf("one or more resources must be specified as <resource> <name>")
		return
	case len(specs) < 1:
		c.failf("at least one taint update is required")
		return
	}
	add, remove, err := parseTaints(specs)
	if err != nil {
		c.usageError("%s", err.Error())
		return
	}
	all, sel := c.f.bool("all"), c.f.str("selector")
	switch {
	case all && sel != "":
		c.failf("setting 'all' parameter with a non empty selector is prohibited")
		return
	case api.ByName(resources[0]) != api.Nodes && !strings.Contains(resources[0], "/"):
		c.failf("invalid resource type %s, only node types are supported", resources[0])
		return
	case !all && sel == "" && len(resources) < 2 && !strings.Contains(resources[0], "/"):
		c.failf("at least one resource name must be specified since 'all' parameter is not set")
		return
	}
	s := selection{args: resources, labels: sel, all: all}
	c.resolve(s, func(r *result) {
		errs := r.errs
		each(len(r.infos), func(i int, next func()) {
			c.taint(r.infos[i], add, remove, dry, f, func(err error) {
				if err != nil {
					errs = append(errs, err)
				}
				next()
			})
		}, func() { c.end(errs...) })
	})
}

func parseTaints(specs []string) (add, remove []corev1.Taint, err error) {
	seen := map[string]bool{}
	for _, spec := range specs {
		text, removal := strings.CutSuffix(spec, "-")
		t, err := parseTaint(text)
		if err != nil {
			return nil, nil, err
		}
		if removal {
			remove = append(remove, corev1.Taint{Key: t.Key, Effect: t.Effect})
			continue
		}
		if t.Effect == "" {
			return nil, nil, fmt.Errorf("invalid taint spec: %v", spec)
		}
		id := t.Key + ":" + string(t.Effect)
		if seen[id] {
			return nil, nil, fmt.Errorf("duplicated taints with the same key and effect: %v", t)
		}
		seen[id] = true
		add = append(add, t)
	}
	var both []string
	for _, a := range add {
		for _, r := range remove {
			if a.Key == r.Key && (r.Effect == "" || a.Effect == r.Effect) {
				both = append(both, a.Key)
			}
		}
	}
	if len(both) > 0 {
		return nil, nil, fmt.Errorf("can not both modify and remove the following taint(s) in the same command: %s", strings.Join(both, ", "))
	}
	return add, remove, nil
}

// parseTaint reads KEY=VALUE:EFFECT, KEY:EFFECT or KEY.
func parseTaint(text string) (corev1.Taint, error) {
	parts := strings.Split(text, ":")
	t := corev1.Taint{Key: parts[0]}
	bad := fmt.Errorf("invalid taint spec: %v", text)
	if len(parts) > 2 {
		return t, bad
	}
	if len(parts) == 2 {
		t.Effect = corev1.TaintEffect(parts[1])
		switch t.Effect {
		case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		default:
			return t, fmt.Errorf("invalid taint effect: %v, unsupported taint effect", t.Effect)
		}
		kv := strings.Split(parts[0], "=")
		if len(kv) > 2 {
			return t, bad
		}
		t.Key = kv[0]
		if len(kv) == 2 {
			t.Value = kv[1]
			if errs := validation.IsValidLabelValue(t.Value); len(errs) > 0 {
				return t, fmt.Errorf("invalid taint spec: %v, %s", text, strings.Join(errs, "; "))
			}
		}
	}
	if errs := validation.IsQualifiedName(t.Key); len(errs) > 0 {
		return t, fmt.Errorf("invalid taint spec: %v, %s", text, strings.Join(errs, "; "))
	}
	return t, nil
}

// taint changes one node.
func (c *cmd) taint(in *info, add, remove []corev1.Taint, dry string, f *format, done func(error)) {
	n := in.obj.(*corev1.Node)
	overwrite := c.f.bool("overwrite")
	if !overwrite {
		var effects []string
		for i := range add {
			for j := range n.Spec.Taints {
				if n.Spec.Taints[j].MatchTaint(&add[i]) {
					effects = append(effects, add[i].Key)
				}
			}
		}
		if len(effects) > 0 {
			done(fmt.Errorf("node %s already has %v taint(s) with same effect(s) and --overwrite is false", n.Name, strings.Join(sortedStrings(effects), ",")))
			return
		}
	}
	list := append([]corev1.Taint{}, add...)
	for _, old := range n.Spec.Taints {
		replaced := false
		for i := range add {
			replaced = replaced || add[i].MatchTaint(&old)
		}
		if !replaced {
			list = append(list, old)
		}
	}
	var errs []error
	deleted := false
	for i := range remove {
		kept := []corev1.Taint{}
		for _, t := range list {
			if t.Key != remove[i].Key || remove[i].Effect != "" && t.Effect != remove[i].Effect {
				kept = append(kept, t)
			}
		}
		deleted = len(kept) < len(list)
		if !deleted {
			errs = append(errs, fmt.Errorf("taint %q not found", remove[i].ToString()))
		}
		list = kept
	}
	if len(errs) > 0 {
		done(aggregate(errs))
		return
	}
	did := "untainted"
	switch {
	case len(add) > 0 && deleted || overwrite:
		did = "modified"
	case len(add) > 0:
		did = "tainted"
	}
	if dry == "client" {
		out := api.Copy(n)
		out.Spec.Taints = list
		in.obj = out
		c.did(f, in, did, dry)
		done(nil)
		return
	}
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"taints": list}})
	if err != nil {
		done(err)
		return
	}
	c.do(&api.Request{Verb: api.Patch, Resource: in.res, Name: in.name, PatchType: types.StrategicMergePatchType, Patch: body,
		FieldManager: "kubectl-taint", DryRun: dry == "server"}, func(r *api.Response) {
		if r.Err == nil {
			in.obj = r.Object
			c.did(f, in, did, dry)
		}
		done(r.Err)
	})
}
