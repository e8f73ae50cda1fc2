package kubectl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/jsonpath"
)

// Output formats of -o. Those that start a word with = carry an argument.
var (
	objectFormats = []string{"go-template", "go-template-file", "json", "jsonpath", "jsonpath-as-json", "jsonpath-file", "kyaml", "name", "template", "templatefile", "yaml"}
	getFormats    = []string{"custom-columns", "custom-columns-file", "go-template", "go-template-file", "json", "jsonpath", "jsonpath-as-json", "jsonpath-file", "kyaml", "name", "template", "templatefile", "wide", "yaml"}
)

// format is a parsed -o.
type format struct {
	name string // "", "wide", "name", "yaml", "json", "jsonpath", "jsonpath-as-json", "custom-columns"
	arg  string
	path *jsonpath.Path
	cols []customColumn
	// allowMissing is --allow-missing-template-keys.
	allowMissing bool
	managed      bool
	books        *fieldmanager.Manager // makes the managedFields that are shown
}

// format reads -o and --template. operation is what "-o name"-less printing says happened; it does not matter here.
func (c *cmd) format(allowed []string) (*format, error) {
	text := c.f.str("output")
	name, arg, has := strings.Cut(text, "=")
	f := &format{name: name, arg: arg, allowMissing: true, managed: c.f.bool("show-managed-fields")}
	if c.f.byLong("allow-missing-template-keys") != nil {
		f.allowMissing = c.f.bool("allow-missing-template-keys")
	}
	if !has && c.f.changed("template") {
		f.arg, has = c.f.str("template"), true
		if name == "" {
			f.name = "go-template"
		}
	}
	if f.name != "" && !slices.Contains(allowed, f.name) {
		return nil, noPrinter(text, allowed)
	}
	switch f.name {
	case "go-template", "go-template-file", "template", "templatefile":
		return nil, errors.New("go-template output is not part of this kubectl: its template language is too big for this page. Use -o jsonpath=TEMPLATE, custom-columns=NAME:.path, json or yaml")
	case "jsonpath-file":
		data, ok := c.files[arg]
		if !ok {
			return nil, fmt.Errorf("error reading --template %s, open %s: no such file or directory\n", arg, arg)
		}
		f.name, f.arg = "jsonpath", data
	case "custom-columns-file":
		data, ok := c.files[arg]
		if !ok {
			return nil, fmt.Errorf("error reading template %s, open %s: no such file or directory\n", arg, arg)
		}
		cols, err := parseColumnsFile(data)
		if err != nil {
			return nil, err
		}
		f.name, f.cols = "custom-columns", cols
		return f, nil
	}
	// Only JSON and YAML are without managed fields by themselves.
	f.managed = f.managed || has && strings.Contains(f.arg, "managedFields")
	switch f.name {
	case "jsonpath", "jsonpath-as-json":
		if f.arg == "" {
			return nil, errors.New("template format specified but no template given")
		}
		p, err := jsonpath.Parse(f.arg)
		if err != nil {
			return nil, fmt.Errorf("error parsing jsonpath %s, %v", f.arg, err)
		}
		f.path = p
	case "custom-columns":
		if f.arg == "" {
			return nil, errors.New("custom-columns format specified but no custom columns given")
		}
		cols, err := parseColumns(f.arg)
		if err != nil {
			return nil, err
		}
		f.cols = cols
	}
	return f, nil
}

// content is an object as JSON values, with its kind, and without managed fields unless they are wanted.
func content(r *api.Resource, obj api.Object, managed bool) map[string]any {
	m := api.Content(r, obj)
	if meta, ok := m["metadata"].(map[string]any); ok && !managed {
		delete(meta, "managedFields")
	}
	return m
}

// content is content of an object of the server, with the managed fields that clients see.
func (f *format) content(r *api.Resource, obj api.Object) map[string]any {
	if f.managed {
		obj = f.shown(r, obj)
	}
	return content(r, obj, f.managed)
}

func (f *format) shown(r *api.Resource, obj api.Object) api.Object {
	if r == nil || api.ResourceOf(obj) != r {
		return obj
	}
	if f.books == nil {
		f.books = fieldmanager.New()
	}
	return f.books.Shown(r, obj)
}

// print writes one object or list in the format.
func (f *format) print(m map[string]any, out func(string)) error {
	text, err := f.text(m)
	if err != nil {
		return err
	}
	out(text)
	return nil
}

func (f *format) text(m map[string]any) (string, error) {
	switch f.name {
	case "json":
		return jsonText(m), nil
	case "yaml":
		b, err := yaml.Marshal(m)
		return string(b), err
	case "kyaml":
		return kyamlText(m)
	case "jsonpath":
		return f.path.Print(m, f.arg, f.allowMissing)
	case "jsonpath-as-json":
		values, err := f.path.Values(m, f.allowMissing)
		if err != nil {
			return "", fmt.Errorf("error executing jsonpath %q: %v", f.arg, err)
		}
		return jsonText(values), nil
	case "custom-columns":
		return columnsText(f.cols, itemsOf(m), true), nil
	}
	return "", fmt.Errorf("no printer for %q", f.name)
}

func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	if err := enc.Encode(v); err != nil {
		return err.Error() + "\n"
	}
	return b.String()
}

// itemsOf opens a List.
func itemsOf(m map[string]any) []map[string]any {
	items, ok := m["items"].([]any)
	if !ok {
		return []map[string]any{m}
	}
	out := make([]map[string]any, 0, len(items))
	for _, item := range items {
		if item, ok := item.(map[string]any); ok {
			out = append(out, item)
		}
	}
	return out
}

// listOf wraps objects as kubectl does for several: a v1 List without a revision.
func listOf(items []any) map[string]any {
	if items == nil {
		items = []any{}
	}
	return map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}, "items": items}
}

// did prints what a command did to an object: "pod/web created", or the object itself if -o asks for it.
func (c *cmd) did(f *format, in *info, operation, dryRun string) {
	switch f.name {
	case "", "wide":
		c.printf("%s %s%s\n", in, operation, dryRunSuffix(dryRun))
	case "name":
		c.printf("%s\n", in)
	default:
		if err := f.print(f.content(in.res, in.obj), func(s string) {
			if f.name == "yaml" {
				if c.printed {
					s = "---\n" + s
				}
				c.printed = true
			}
			c.out(s)
		}); err != nil {
			c.errOut(errorText(err, c.sh.o.Server))
		}
	}
}
