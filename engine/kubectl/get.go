package kubectl

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"tabernetes/engine/api"
	"tabernetes/engine/api/jsonpath"
	"tabernetes/engine/api/printers"
)

func getCommand() *command {
	return &command{name: "get", use: "[(-o|--output=)json|yaml|name|jsonpath|jsonpath-as-json|custom-columns|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...)",
		short: "Display one or many resources",
		flags: printFlags + fileFlags + selectorFlags + "field-selector:s all-namespaces/A:b watch/w:b watch-only:b output-watch-events:b ignore-not-found:b " +
			"no-headers:b show-labels:b show-kind:b label-columns/L:l sort-by:s chunk-size:i=500 server-print:b=true subresource:s raw:s",
		suggestFor: "list ls", run: runGet}
}

// getter is one run of get.
type getter struct {
	c  *cmd
	f  *format
	s  selection
	by string // --sort-by
}

const suggestResources = `Use "kubectl api-resources" for a complete list of supported resources.`

func runGet(c *cmd) {
	if len(c.args) == 0 && len(c.f.list("filename")) == 0 && c.f.str("raw") == "" {
		c.errf("You must specify the type of resource to get. %s\n\n", suggestResources)
		c.usageError("Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).")
		return
	}
	if c.f.str("raw") != "" {
		switch {
		case len(c.args) > 0:
			c.failf("arguments may not be passed when --raw is specified")
		case c.f.bool("watch") || c.f.bool("watch-only") || c.f.str("selector") != "":
			c.failf("--raw may not be specified with other flags that filter the server request or alter the output")
		case c.f.str("output") != "":
			c.failf("--raw and --output are mutually exclusive")
		default:
			c.raw("GET", nil)
		}
		return
	}
	f, err := c.format(getFormats)
	if err == nil {
		switch {
		case c.f.bool("show-labels") && f.name != "" && f.name != "wide":
			err = fmt.Errorf("--show-labels option cannot be used with %s printer", c.f.str("output"))
		case len(c.f.list("label-columns")) > 0 && f.name == "custom-columns":
			err = fmt.Errorf("--label-columns option cannot be used with %s printer", c.f.str("output"))
		case c.f.bool("output-watch-events") && !c.f.bool("watch") && !c.f.bool("watch-only"):
			err = errors.New("--output-watch-events option can only be used with --watch or --watch-only")
		case c.f.str("subresource") != "" && !slices.Contains([]string{"status", "scale"}, c.f.str("subresource")):
			err = fmt.Errorf("invalid subresource value: %q. Must be one of [status scale resize]", c.f.str("subresource"))
		}
	}
	if err != nil {
		c.fail(err)
		return
	}
	g := &getter{c: c, f: f, s: c.selectionFromFlags(c.args), by: c.f.str("sort-by")}
	if c.f.bool("watch") || c.f.bool("watch-only") {
		if g.by != "" {
			if c.f.bool("watch") {
				c.errf("warning: --watch requested, --sort-by will be ignored for watch events received\n")
			} else {
				c.errf("warning: --watch-only requested, --sort-by will be ignored\n")
			}
		}
		g.watch()
		return
	}
	c.gather(g.s, func(r *result) {
		c.fresh(r, func() {
			if c.f.bool("ignore-not-found") {
				r.errs = dropNotFound(r.errs)
			}
			if f.name == "" || f.name == "wide" {
				g.table(r)
			} else {
				g.generic(r)
			}
		})
	})
}

// table prints like kubectl without -o, or with -o wide.
func (g *getter) table(r *result) {
	c := g.c
	errs := r.errs
	infos := r.infos
	if g.by != "" {
		if err := g.sortRows(infos); err != nil {
			c.fail(err)
			return
		}
	}
	withKind := c.f.bool("show-kind")
	for _, in := range infos {
		withKind = withKind || in.res != infos[0].res
	}
	allNamespaced := !g.s.allNamespaces
	for _, in := range infos {
		allNamespaced = allNamespaced && in.res.Namespaced
	}
	for _, t := range r.types {
		allNamespaced = allNamespaced && t.Namespaced
	}
	written := false
	for i := 0; i < len(infos); {
		res := infos[i].res
		j := i
		var objs []api.Object
		for ; j < len(infos) && infos[j].res == res; j++ {
			objs = append(objs, infos[j].obj)
		}
		i = j
		o := g.options(res, withKind)
		text := printers.NewPrinter(o).Print(columnsOf(res), rowsOf(objs, c))
		if written && text != "" && !o.NoHeaders {
			c.out("\n")
		}
		c.out(text)
		written = written || text != ""
	}
	if !written && !c.f.bool("ignore-not-found") && len(errs) == 0 {
		if allNamespaced {
			c.errf("No resources found in %s namespace.\n", c.ns)
		} else {
			c.errf("No resources found\n")
		}
	}
	c.end(errs...)
}

func (g *getter) options(res *api.Resource, withKind bool) printers.Options {
	f := g.c.f
	o := printers.Options{
		Wide: g.f.name == "wide", NoHeaders: f.bool("no-headers"), ShowLabels: f.bool("show-labels"),
		LabelColumns: f.list("label-columns"), WithNamespace: g.s.allNamespaces && res.Namespaced,
	}
	if withKind {
		o.WithKind = res.GVK().GroupKind()
	}
	return o
}

func columnsOf(res *api.Resource) []metav1.TableColumnDefinition {
	return printers.ColumnsOf(res)
}

func rowsOf(objs []api.Object, c *cmd) []metav1.TableRow {
	rows := make([]metav1.TableRow, len(objs))
	for i, o := range objs {
		rows[i] = printers.Row(o, c.sh.a.Wall())
		if rows[i].Object.Object == nil {
			rows[i].Object = runtime.RawExtension{Object: o}
		}
	}
	return rows
}

// sortRows orders objects of each type by the field of --sort-by.
// Upstream: k8s.io/kubectl/pkg/cmd/get/sorter.go.
func (g *getter) sortRows(infos []*info) error {
	expr, err := jsonpath.Relaxed(g.by)
	if err != nil {
		return err
	}
	p, err := jsonpath.Parse(expr)
	if err != nil {
		return err
	}
	keys := map[*info]any{}
	found := false
	for _, in := range infos {
		values, err := p.Values(content(in.res, in.obj, false), true)
		if err != nil {
			return err
		}
		if len(values) > 0 {
			keys[in] = values[0]
			found = true
		}
	}
	if !found && len(infos) > 0 {
		return fmt.Errorf("couldn't find any field with path %q in the list of objects", expr)
	}
	for from := 0; from < len(infos); {
		to := from
		for to < len(infos) && infos[to].res == infos[from].res {
			to++
		}
		part := infos[from:to]
		sort.SliceStable(part, func(i, j int) bool { return lessField(keys[part[i]], keys[part[j]]) })
		from = to
	}
	return nil
}

// lessField orders missing before present; text that is a quantity is compared as one.
func lessField(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b != nil
	}
	x, okX := a.(string)
	y, okY := b.(string)
	if okX && okY {
		if p, q, ok := quantities(x, y); ok {
			return p.Cmp(q) < 0
		}
		return naturalLess(x, y)
	}
	n, ok := jsonpath.Compare(a, b)
	return ok && n < 0
}

// generic prints objects by -o.
func (g *getter) generic(r *result) {
	c := g.c
	errs := r.errs
	if len(errs) > 0 && r.single {
		c.end(errs...)
		return
	}
	if len(r.infos) == 0 && c.f.bool("ignore-not-found") {
		c.end(errs...)
		return
	}
	if g.by != "" {
		if err := g.sortRows(r.infos); err != nil {
			c.fail(err)
			return
		}
	}
	switch {
	case g.f.name == "name":
		for _, in := range r.infos {
			c.printf("%s\n", in)
		}
	case g.f.name == "custom-columns":
		var items []map[string]any
		for _, in := range r.infos {
			items = append(items, content(in.res, in.obj, false))
		}
		c.out(columnsText(g.f.cols, items, !c.f.bool("no-headers")))
	case r.single && len(r.infos) == 1:
		if err := g.f.print(g.f.content(r.infos[0].res, r.infos[0].obj), c.out); err != nil {
			errs = append(errs, err)
		}
	default:
		var items []any
		for _, in := range r.infos {
			items = append(items, g.f.content(in.res, in.obj))
		}
		if err := g.f.print(listOf(items), c.out); err != nil {
			errs = append(errs, err)
		}
	}
	c.end(errs...)
}

// watch is get -w: what is there now, then each change until Ctrl-C or the server ends the stream.
func (g *getter) watch() {
	c := g.c
	targets, err := g.s.targets()
	if err != nil {
		c.fail(err)
		return
	}
	for _, t := range targets {
		if t.res != targets[0].res {
			c.failf("you may only specify a single resource type")
			return
		}
	}
	if len(targets) > 1 {
		c.failf("watch is only supported on individual resources and resource collections - %d resources were found", len(targets))
		return
	}
	t := targets[0]
	ns := ""
	if t.res.Namespaced && !g.s.allNamespaces {
		ns = c.ns
	}
	sel, err := parseLabels(g.s.labels)
	if err != nil {
		c.fail(err)
		return
	}
	fsel, err := parseFields(g.s.fields)
	if err != nil {
		c.fail(err)
		return
	}
	if t.name != "" {
		fsel = fields.OneTermEqualSelector("metadata.name", t.name)
	}
	show := g.shower(t.res)
	c.do(&api.Request{Verb: api.List, Resource: t.res, Namespace: ns, LabelSelector: sel, FieldSelector: fsel}, func(r *api.Response) {
		if r.Err == nil && t.name != "" && len(r.Items) == 0 {
			r.Err = notFound(t.res, t.name)
			if c.f.bool("ignore-not-found") {
				c.end()
				return
			}
		}
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		if !c.f.bool("watch-only") {
			for _, o := range r.Items {
				show(string(watch.Added), o)
			}
		}
		c.watch(&api.Request{Resource: t.res, Namespace: ns, LabelSelector: sel, FieldSelector: fsel, ResourceVersion: r.ResourceVersion}, func(e api.WatchEvent) {
			if e.Type != watch.Bookmark && e.Object != nil {
				show(string(e.Type), e.Object)
			}
		}, func(err error) {
			c.errf("error: the watch ended: %v\n", err)
			c.exit(1)
		})
	})
}

// shower prints one object of a watch.
func (g *getter) shower(res *api.Resource) func(event string, o api.Object) {
	c := g.c
	events := c.f.bool("output-watch-events")
	switch g.f.name {
	case "", "wide":
		p := printers.NewPrinter(g.options(res, c.f.bool("show-kind")))
		return func(event string, o api.Object) {
			rows := rowsOf([]api.Object{o}, c)
			if events {
				c.out(p.PrintEvent(event, columnsOf(res), rows))
			} else {
				c.out(p.Print(columnsOf(res), rows))
			}
		}
	case "name":
		return func(event string, o api.Object) { c.printf("%s\n", qualifiedName(res, o.GetName())) }
	case "custom-columns":
		header := !c.f.bool("no-headers")
		return func(event string, o api.Object) {
			text := columnsText(g.f.cols, []map[string]any{content(res, o, false)}, header)
			header = false
			c.out(text)
		}
	}
	first := true
	return func(event string, o api.Object) {
		m := g.f.content(res, o)
		if events {
			m = map[string]any{"type": event, "object": m}
		}
		text, err := g.f.text(m)
		if events && g.f.name == "json" {
			text = jsonText(struct {
				Type   string `json:"type"`
				Object any    `json:"object"`
			}{event, m["object"]})
		}
		if err != nil {
			c.errOut(errorText(err, c.sh.o.Server))
			return
		}
		if g.f.name == "yaml" && !first {
			text = "---\n" + text
		}
		first = false
		c.out(text)
	}
}
