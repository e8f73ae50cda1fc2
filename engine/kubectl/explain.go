package kubectl

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
)

func explainCommand() *command {
	return &command{name: "explain", use: "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]",
		short: "Get documentation for a resource", flags: "recursive/R:b api-version:s output/o:s=plaintext max-depth:i=0", run: runExplain}
}

// runExplain prints what kubectl's template for plain text makes of an OpenAPI document
// (k8s.io/kubectl/pkg/explain/v2/templates/plaintext.tmpl); here the document is what the kinds' types say.
func runExplain(c *cmd) {
	recursive, depth := c.f.bool("recursive"), int(c.f.int("max-depth"))
	switch {
	case len(c.args) == 0:
		c.fail(fmt.Errorf("You must specify the type of resource to explain. %s\n", suggestResources))
		return
	case len(c.args) > 1:
		c.fail(errors.New("We accept only this format: explain RESOURCE\n"))
		return
	case depth > 0 && !recursive:
		c.failf("--max-depth requires --recursive")
		return
	case depth < 0:
		c.failf("--max-depth must be non-negative")
		return
	}
	if o := c.f.str("output"); o != "plaintext" && o != "plaintext-openapiv2" {
		c.failf("unrecognized format: %s", o)
		return
	}
	res, path := c.explained(c.args[0])
	if res == nil {
		c.fail(errNoResourceType(strings.SplitN(c.args[0], ".", 2)[0]))
		return
	}
	if v := c.f.str("api-version"); v != "" {
		gv, err := schema.ParseGroupVersion(v)
		if err != nil {
			c.fail(err)
			return
		}
		other := c.table().ByGVR(gv.WithResource(res.Name))
		if other == nil || other.Version != gv.Version {
			c.failf("couldn't find resource for \"%v\"", gv.WithResource(res.Name).String())
			return
		}
		res = other
	}
	text, ok := explainText(res, path, recursive, depth)
	if !ok {
		c.failf("field %q does not exist", path[len(path)-1])
		return
	}
	c.out(text)
	c.end()
}

// explained splits "pods.spec" and "deployments.v1.apps.spec" into a resource and a path of fields: as much as can be of
// it is the resource.
func (c *cmd) explained(arg string) (*api.Resource, []string) {
	parts := strings.Split(arg, ".")
	for n := len(parts); n > 1; n-- {
		if r := c.table().ByName(strings.Join(parts[:n], ".")); r != nil {
			return r, parts[n:]
		}
	}
	return c.table().ByName(parts[0]), parts[1:]
}

// explainText is false if there is no field at the path.
func explainText(r *api.Resource, path []string, recursive bool, depth int) (string, bool) {
	var b strings.Builder
	if r.Group != "" {
		b.WriteString("GROUP:      " + r.Group + "\n")
	}
	b.WriteString("KIND:       " + r.Kind + "\nVERSION:    " + r.Version + "\n\n")
	m, description := modelOf(r), ""
	for i, name := range path {
		f := m.find(name)
		if f == nil {
			return "", false
		}
		if i == len(path)-1 {
			b.WriteString("FIELD: " + name + " <" + f.model.typ + ">\n" + enumText(f.model.enum, -1, 0, true) + "\n\n")
		}
		m, description = f.model, f.description
	}
	b.WriteString("DESCRIPTION:\n")
	text := ""
	for _, d := range append([]string{description}, m.descriptions()...) {
		if d != "" {
			text += d + "\n"
		}
	}
	if text == "" {
		text = "<empty>"
	}
	b.WriteString(indent(4, wrap(76, text)) + "\n")
	var fields strings.Builder
	(&fieldLister{out: &fields, recursive: recursive, depth: depth}).list(m, 1, nil)
	if fields.Len() > 0 {
		b.WriteString("FIELDS:\n" + fields.String())
	}
	b.WriteString("\n")
	return b.String(), true
}

// descriptions are those of a type and of what is in it, if it is a list or a map.
func (m *model) descriptions() []string {
	var out []string
	for ; m != nil; m = m.below {
		if m.description != "" {
			out = append(out, m.description)
		}
	}
	return out
}

// find follows a field's name, through lists and maps.
func (m *model) find(name string) *modelField {
	for ; m != nil; m = m.below {
		for _, f := range m.fields() {
			if f.name == name {
				return &f
			}
		}
	}
	return nil
}

type fieldLister struct {
	out       *strings.Builder
	recursive bool
	depth     int
}

func (l *fieldLister) list(m *model, level int, above []string) {
	for ; m != nil; m = m.below {
		if m.ref != "" {
			for _, r := range above {
				if r == m.ref {
					return // a type in itself
				}
			}
			above = append(above[:len(above):len(above)], m.ref)
		}
		for _, f := range m.fields() {
			l.field(&f, level)
			if l.recursive && (l.depth == 0 || level < l.depth) {
				l.list(f.model, level+1, above)
			}
		}
	}
}

func (l *fieldLister) field(f *modelField, level int) {
	margin := 2 * level
	l.out.WriteString(strings.Repeat(" ", margin) + f.name + "\t<" + f.model.typ + ">")
	if f.required {
		l.out.WriteString(" -required-")
	}
	l.out.WriteString(enumText(f.model.enum, 4, margin, false) + "\n")
	if l.recursive {
		return
	}
	text := f.description
	if text == "" {
		text = "<no description>"
	}
	l.out.WriteString(indent(margin+2, wrap(78-margin, text)) + "\n\n")
}

// enumText lists the values of an enumeration, at most limit of them (-1: all).
func enumText(values []any, limit, margin int, long bool) string {
	if len(values) == 0 {
		return ""
	}
	var b strings.Builder
	if long {
		b.WriteString("ENUM:")
	} else {
		b.WriteString("\n" + strings.Repeat(" ", margin) + "enum: ")
	}
	for i, v := range values {
		if limit >= 0 && i >= limit {
			b.WriteString(", ....")
			break
		}
		switch {
		case long:
			b.WriteString("\n    ")
		case i > 0:
			b.WriteString(", ")
		}
		if v == "" {
			v = `""`
		}
		fmt.Fprint(&b, v)
	}
	return b.String()
}
