package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"tabernetes/engine/api"
)

const metadataFlags = printFlags + fileFlags + selectorFlags +
	"all:b all-namespaces/A:b field-selector:s overwrite:b list:b local:b dry-run:s=none?unchanged resource-version:s field-manager:s"

func labelCommand() *command {
	return &command{name: "label", use: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
		short: "Update the labels on a resource", flags: metadataFlags, run: func(c *cmd) { (&metadataEdit{c: c, what: "label"}).run() }}
}

func annotateCommand() *command {
	return &command{name: "annotate", use: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
		short: "Update the annotations on a resource", flags: metadataFlags, run: func(c *cmd) { (&metadataEdit{c: c, what: "annotation"}).run() }}
}

// metadataEdit is one run of label or annotate.
type metadataEdit struct {
	c      *cmd
	what   string // "label" or "annotation"
	set    map[string]string
	remove []string
	dry    string
	format *format
}

// splitPairs cuts arguments into resources and KEY=VALUE or KEY- pairs.
func splitPairs(args []string, what string) (resources, pairs []string, err error) {
	for _, s := range args {
		pair := s != "" && s[0] != '=' && strings.Contains(s, "=") || strings.HasSuffix(s, "-") && s != "-"
		switch {
		case pair:
			pairs = append(pairs, s)
		case len(pairs) > 0:
			return nil, nil, fmt.Errorf("all resources must be specified before %s changes: %s", what, s)
		default:
			resources = append(resources, s)
		}
	}
	return resources, pairs, nil
}

func (m *metadataEdit) parse(pairs []string) error {
	m.set = map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			m.remove = append(m.remove, strings.TrimSuffix(pair, "-"))
			continue
		}
		if m.what == "label" {
			if errs := validation.IsValidLabelValue(value); len(errs) > 0 {
				return fmt.Errorf("invalid label value: %q: %s", pair, strings.Join(errs, ";"))
			}
		}
		m.set[key] = value
	}
	var both []string
	for _, key := range m.remove {
		if _, ok := m.set[key]; ok {
			both = append(both, key)
		}
	}
	if len(both) == 0 {
		return nil
	}
	if m.what == "label" {
		return errors.New("can not both modify and remove a label in the same command")
	}
	return fmt.Errorf("can not both modify and remove the following annotation(s) in the same command: %s", strings.Join(both, ", "))
}

func (m *metadataEdit) run() {
	c := m.c
	var err error
	if m.dry, err = c.dryRun(); err == nil {
		m.format, err = c.format(objectFormats)
	}
	var resources, pairs []string
	if err == nil {
		resources, pairs, err = splitPairs(c.args, m.what)
	}
	if err == nil {
		err = m.parse(pairs)
	}
	files := c.f.list("filename")
	switch {
	case err != nil:
	case c.f.bool("all") && c.f.str("selector") != "":
		err = errors.New("cannot set --all and --selector at the same time")
	case c.f.bool("all") && c.f.str("field-selector") != "":
		err = errors.New("cannot set --all and --field-selector at the same time")
	case c.f.bool("local"):
		err = errors.New("--local is not part of this kubectl")
	case len(resources) == 0 && len(files) == 0:
		err = errors.New("one or more resources must be specified as <resource> <name> or <resource>/<name>")
	case len(pairs) == 0 && !c.f.bool("list"):
		err = fmt.Errorf("at least one %s update is required", m.what)
	}
	if err != nil {
		c.fail(err)
		return
	}
	s := c.selectionFromFlags(resources)
	s.typeImplied = false
	c.gather(s, func(r *result) {
		c.fresh(r, func() {
			errs := r.errs
			each(len(r.infos), func(i int, next func()) {
				m.one(r.infos[i], r.single, func(err error) {
					if err != nil {
						errs = append(errs, err)
					}
					next()
				})
			}, func() { c.end(errs...) })
		})
	})
}

func (m *metadataEdit) values(o api.Object) map[string]string {
	if m.what == "label" {
		return o.GetLabels()
	}
	return o.GetAnnotations()
}

func (m *metadataEdit) one(in *info, single bool, done func(error)) {
	c := m.c
	have := m.values(in.obj)
	if c.f.bool("list") {
		indent := ""
		if !single {
			indent = " "
			c.printf("Listing %ss for %s.%s/%s:\n", m.what, in.res.Kind, in.res.Group, in.name)
		}
		for _, k := range sortedKeys(have) {
			c.printf("%s%s=%s\n", indent, k, have[k])
		}
		done(nil)
		return
	}
	if m.what == "label" && m.dry != "client" {
		for _, key := range m.remove {
			if _, ok := have[key]; !ok {
				c.printf("label %q not found.\n", key)
			}
		}
	}
	if err := m.overwrites(have); err != nil {
		done(err)
		return
	}
	changes := map[string]any{}
	added, removed := 0, 0
	for _, key := range sortedKeys(m.set) {
		if old, ok := have[key]; !ok || old != m.set[key] {
			changes[key] = m.set[key]
			added++
		}
	}
	for _, key := range m.remove {
		if _, ok := have[key]; ok {
			changes[key] = nil
			removed++
		}
	}
	did := "annotated"
	if m.what == "label" {
		switch {
		case added > 0 && removed > 0:
			did = "modified"
		case added > 0:
			did = "labeled"
		case removed > 0:
			did = "unlabeled"
		default:
			did = "not labeled"
		}
	}
	if len(changes) == 0 || m.dry == "client" {
		if len(changes) > 0 {
			in.obj = m.changed(in, changes)
		}
		c.did(m.format, in, did, m.dry)
		done(nil)
		return
	}
	meta := map[string]any{m.what + "s": changes}
	if rv := c.f.str("resource-version"); rv != "" {
		meta["resourceVersion"] = rv
	}
	body, err := json.Marshal(map[string]any{"metadata": meta})
	if err != nil {
		done(err)
		return
	}
	manager := "kubectl-label"
	if m.what == "annotation" {
		manager = "kubectl-annotate"
	}
	c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.MergePatchType, Patch: body,
		FieldManager: manager, DryRun: m.dry == "server"}, func(r *api.Response) {
		if r.Err == nil {
			in.obj = r.Object
			c.did(m.format, in, did, m.dry)
		}
		done(r.Err)
	})
}

// overwrites refuses to change a value unless --overwrite was given.
func (m *metadataEdit) overwrites(have map[string]string) error {
	if m.c.f.bool("overwrite") {
		return nil
	}
	var errs []error
	var texts []string
	for _, key := range sortedKeys(m.set) {
		old, ok := have[key]
		if !ok || old == m.set[key] || m.what != "label" && key == changeCauseAnnotation {
			continue
		}
		errs = append(errs, fmt.Errorf("'%s' already has a value (%s), and --overwrite is false", key, old))
		texts = append(texts, fmt.Sprintf("'%s' already has a value (%s)", key, old))
	}
	if len(errs) == 0 {
		return nil
	}
	if m.what == "label" {
		return aggregate(errs)
	}
	return fmt.Errorf("--overwrite is false but found the following declared annotation(s): %s", strings.Join(texts, "; "))
}

// changed is the object with the changes, for a dry run on this side.
func (m *metadataEdit) changed(in *info, changes map[string]any) api.Object {
	out := api.Copy(in.obj)
	values := map[string]string{}
	for k, v := range m.values(out) {
		values[k] = v
	}
	for k, v := range changes {
		if s, ok := v.(string); ok {
			values[k] = s
		} else {
			delete(values, k)
		}
	}
	var o metav1.Object = out
	if m.what == "label" {
		o.SetLabels(values)
	} else {
		o.SetAnnotations(values)
	}
	return out
}

// sortedStrings is a sorted copy.
func sortedStrings(list []string) []string {
	out := append([]string(nil), list...)
	sort.Strings(out)
	return out
}
