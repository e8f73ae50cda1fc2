package kubectl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
)

// info is one object a command works on. obj is nil until it was read or decoded.
type info struct {
	res      *api.Resource
	ns, name string
	obj      api.Object
	source   string         // the file it came from
	raw      map[string]any // the manifest, and
	doc      manifest.Document
}

// String is "deployment.apps/web", the name kubectl prints.
func (i *info) String() string { return qualifiedName(i.res, i.name) }

func qualifiedName(r *api.Resource, name string) string {
	s := strings.ToLower(r.Kind)
	if r.Group != "" {
		s += "." + r.Group
	}
	return s + "/" + name
}

// target is what arguments ask for: one name, or all of a type that selectors match.
type target struct {
	res  *api.Resource
	name string // "": a list
}

// selection says how arguments become targets.
type selection struct {
	args          []string
	labels        string
	fields        string
	all           bool // --all was given
	allNamespaces bool
	typeImplied   bool // a type alone asks for all of it
	table         *api.Table
}

func (c *cmd) selectionFromFlags(args []string) selection {
	s := selection{args: args, typeImplied: true, table: c.table()}
	s.labels, s.fields = c.f.str("selector"), c.f.str("field-selector")
	s.all, s.allNamespaces = c.f.bool("all"), c.f.bool("all-namespaces")
	return s
}

func errNoResourceType(name string) error {
	return fmt.Errorf("the server doesn't have a resource type %q", name)
}

// lookup finds the resource types that an argument like "po,svc" or "all" names.
func lookup(t *api.Table, arg string) ([]*api.Resource, error) {
	var out []*api.Resource
	for _, name := range strings.Split(arg, ",") {
		if name == "" {
			continue
		}
		if name == "all" {
			out = append(out, preferred(t.ByCategory("all"))...)
			continue
		}
		r := t.ByName(name)
		if r == nil {
			many := preferred(t.ByCategory(name))
			if len(many) == 0 {
				return nil, errNoResourceType(name)
			}
			out = append(out, many...)
			continue
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, errNoResourceType(arg)
	}
	return out, nil
}

// Errors of k8s.io/cli-runtime/pkg/resource, builder.go.
var (
	errMissingResource = errors.New(`You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`)
	errNoNames       = errors.New("resource(s) were provided, but no name was specified")
	errNameSelector  = errors.New("name cannot be provided when a selector is specified")
	errAllNamespaces = errors.New("a resource cannot be retrieved by name across all namespaces")
)

// targets turns arguments into targets.
func (s selection) targets() ([]target, error) {
	args := s.args
	if s.all && s.labels != "" {
		return nil, errors.New("setting 'all' parameter but found a non empty selector. ")
	}
	if len(args) == 0 {
		return nil, errMissingResource
	}
	if strings.Contains(args[0], "/") {
		return s.tuples()
	}
	for _, a := range args[1:] {
		if strings.Contains(a, "/") {
			return nil, errors.New("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'")
		}
	}
	types, err := lookup(s.types(), args[0])
	if err != nil {
		return nil, err
	}
	var out []target
	names := args[1:]
	if len(names) == 0 {
		if s.labels == "" && s.fields == "" && !s.all && !s.typeImplied {
			return nil, errNoNames
		}
		for _, r := range types {
			out = append(out, target{res: r})
		}
		return out, nil
	}
	switch {
	case s.labels != "" || s.fields != "":
		return nil, errNameSelector
	case s.all:
		return nil, errors.New("selectors and the all flag cannot be used when passing resource/name arguments")
	}
	for _, r := range types {
		if s.allNamespaces && r.Namespaced {
			return nil, errAllNamespaces
		}
		for _, n := range names {
			out = append(out, target{res: r, name: n})
		}
	}
	return out, nil
}

func (s selection) tuples() ([]target, error) {
	if s.labels != "" || s.fields != "" || s.all {
		return nil, errors.New("selectors and the all flag cannot be used when passing resource/name arguments")
	}
	var out []target
	for _, a := range s.args {
		parts := strings.Split(a, "/")
		switch {
		case len(parts) < 2:
			return nil, fmt.Errorf("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'")
		case len(parts) > 2:
			return nil, errors.New("arguments in resource/name form may not have more than one slash")
		case parts[0] == "" || parts[1] == "":
			return nil, errors.New("arguments in resource/name form must have a single resource and name")
		}
		types, err := lookup(s.types(), parts[0])
		if err != nil {
			return nil, err
		}
		if len(types) != 1 {
			return nil, errors.New("arguments in resource/name form must have a single resource and name")
		}
		if s.allNamespaces && types[0].Namespaced {
			return nil, errAllNamespaces
		}
		out = append(out, target{types[0], parts[1]})
	}
	return out, nil
}

// result is what resolve found.
type result struct {
	infos  []*info
	errs   []error
	list   bool            // at least one type was listed
	rv     string          // revision of the last list
	single bool            // exactly one object was asked for by name
	types  []*api.Resource // that were asked for
}

// resolve reads the objects that arguments ask for, type by type.
func (c *cmd) resolve(s selection, then func(*result)) {
	targets, err := s.targets()
	if err != nil {
		c.fail(err)
		return
	}
	c.read(s, targets, then)
}

func (c *cmd) read(s selection, targets []target, then func(*result)) {
	sel, err := parseLabels(s.labels)
	if err != nil {
		c.fail(err)
		return
	}
	fsel, err := parseFields(s.fields)
	if err != nil {
		c.fail(err)
		return
	}
	res := &result{single: len(targets) == 1 && targets[0].name != ""}
	each(len(targets), func(i int, next func()) {
		t := targets[i]
		res.types = append(res.types, t.res)
		ns := ""
		if t.res.Namespaced && !s.allNamespaces {
			ns = c.ns
		}
		if t.name != "" {
			c.do(&api.Request{Verb: api.Get, Resource: t.res, Namespace: ns, Name: t.name}, func(r *api.Response) {
				if r.Err != nil {
					res.errs = append(res.errs, r.Err)
				} else {
					res.infos = append(res.infos, &info{res: t.res, ns: ns, name: t.name, obj: r.Object})
				}
				next()
			})
			return
		}
		res.list = true
		c.do(&api.Request{Verb: api.List, Resource: t.res, Namespace: ns, LabelSelector: sel, FieldSelector: fsel}, func(r *api.Response) {
			if r.Err != nil {
				res.errs = append(res.errs, r.Err)
			}
			res.rv = r.ResourceVersion
			for _, o := range r.Items {
				res.infos = append(res.infos, &info{res: t.res, ns: o.GetNamespace(), name: o.GetName(), obj: o})
			}
			next()
		})
	}, func() { then(res) })
}

// gather resolves either files or arguments, reading current objects for arguments only.
func (c *cmd) gather(s selection, then func(*result)) {
	if files := c.f.list("filename"); len(files) > 0 {
		if len(s.args) > 0 {
			c.failf("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well")
			return
		}
		infos, errs := c.manifests(files)
		then(&result{infos: infos, errs: errs, single: len(infos) == 1})
		return
	}
	c.resolve(s, then)
}

// fresh reads the current state of infos that came from files.
func (c *cmd) fresh(r *result, then func()) {
	var kept []*info
	each(len(r.infos), func(i int, next func()) {
		in := r.infos[i]
		if in.source == "" {
			kept = append(kept, in)
			next()
			return
		}
		c.do(&api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}, func(resp *api.Response) {
			if resp.Err != nil {
				r.errs = append(r.errs, resp.Err)
			} else {
				in.obj = resp.Object
				kept = append(kept, in)
			}
			next()
		})
	}, func() { r.infos = kept; then() })
}

func parseLabels(text string) (labels.Selector, error) {
	if text == "" {
		return nil, nil
	}
	sel, err := labels.Parse(text)
	if err != nil {
		return nil, err
	}
	return sel, nil
}

func parseFields(text string) (fields.Selector, error) {
	if text == "" {
		return nil, nil
	}
	return fields.ParseSelector(text)
}

// dropNotFound drops the errors that --ignore-not-found forgives.
func dropNotFound(errs []error) []error {
	var out []error
	for _, err := range errs {
		if !apierrors.IsNotFound(err) {
			out = append(out, err)
		}
	}
	return out
}

// types is the table that names are looked up in.
func (s *selection) types() *api.Table {
	if s.table == nil {
		return api.BuiltinTable()
	}
	return s.table
}

// preferred leaves out further versions of a resource.
func preferred(rows []*api.Resource) []*api.Resource {
	var out []*api.Resource
	for _, r := range rows {
		if !slices.ContainsFunc(out, func(x *api.Resource) bool { return x.Group == r.Group && x.Name == r.Name }) {
			out = append(out, r)
		}
	}
	return out
}
