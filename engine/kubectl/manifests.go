package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
	"tabernetes/engine/api/manifest"
)

// selected are the objects of -f arguments that --selector chooses. err says what is wrong with the selector.
func (c *cmd) selected(names []string) (infos []*info, errs []error, err error) {
	sel, err := parseLabels(c.f.str("selector"))
	if err != nil {
		return nil, nil, err
	}
	infos, errs = c.manifests(names)
	if sel != nil {
		infos = slices.DeleteFunc(infos, func(in *info) bool {
			obj, err := c.object(in, "Ignore")
			return err != nil || !sel.Matches(labelMap(obj.GetLabels()))
		})
	}
	return infos, errs, nil
}

// manifests reads the objects of -f arguments. A fault in one document leaves the others.
func (c *cmd) manifests(names []string) (infos []*info, errs []error) {
	for _, name := range c.expand(names, &errs) {
		text, source := "", name
		if name == "-" {
			text, source = c.stdin, "STDIN"
		} else {
			text = c.files[name]
		}
		docs, err := manifest.Split([]byte(text))
		for _, doc := range docs {
			in, err := c.document(doc, source)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			infos = append(infos, in)
		}
		if err != nil {
			errs = append(errs, fileError(source, err))
		}
	}
	return infos, errs
}

// expand finds the files of -f arguments: names, and folders as the names that begin with them.
func (c *cmd) expand(names []string, errs *[]error) []string {
	var out []string
	for _, name := range names {
		if _, ok := c.files[name]; ok || name == "-" {
			out = append(out, name)
			continue
		}
		if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") {
			*errs = append(*errs, fmt.Errorf("unable to read URL %q: this workstation has no way to the internet", name))
			continue
		}
		dir := strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/") + "/"
		if name == "." || name == "./" {
			dir = ""
		}
		var found []string
		for file := range c.files {
			rest, ok := strings.CutPrefix(file, dir)
			if !ok || strings.Contains(rest, "/") && !c.f.bool("recursive") {
				continue
			}
			for _, ext := range []string{".json", ".yaml", ".yml", ".kyaml"} {
				if strings.HasSuffix(file, ext) {
					found = append(found, file)
				}
			}
		}
		if rest, ok := strings.CutPrefix(name, "./"); ok && len(found) == 0 {
			if _, ok := c.files[rest]; ok {
				found = []string{rest}
			}
		}
		if len(found) == 0 {
			*errs = append(*errs, fmt.Errorf("the path %q does not exist", name))
			continue
		}
		sort.Strings(found)
		out = append(out, found...)
	}
	return out
}

func fileError(source string, err error) error {
	var at *manifest.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	switch text := err.Error(); {
	case runtime.IsMissingKind(err) || runtime.IsMissingVersion(err):
		return fmt.Errorf("unable to decode %q: %v", source, err)
	case strings.HasPrefix(text, "yaml: "):
		return fmt.Errorf("error parsing %s: error converting YAML to JSON: %v", source, err)
	}
	return fmt.Errorf("error parsing %s: %v", source, err)
}

// document finds the resource of a document. Its object is decoded leniently; strict checking is the server's.
func (c *cmd) document(doc manifest.Document, source string) (*info, error) {
	res := c.table().ByGVK(doc.GVK)
	if res == nil {
		return nil, fmt.Errorf("resource mapping not found for name: %q namespace: %q from %q: no matches for kind %q in version %q\nensure CRDs are installed first",
			doc.Name, doc.Namespace, source, doc.GVK.Kind, doc.GVK.GroupVersion().String())
	}
	in := &info{res: res, ns: doc.Namespace, name: doc.Name, source: source, doc: doc}
	if err := json.Unmarshal(doc.Raw, &in.raw); err != nil {
		return nil, fileError(source, err)
	}
	if !res.Namespaced {
		in.ns = ""
		return in, nil
	}
	if in.ns == "" {
		in.ns = c.ns
	} else if c.nsSet && in.ns != c.ns {
		return nil, fmt.Errorf("the namespace from the provided object %q does not match the namespace %q. You must pass '--namespace=%s' to perform this operation.", in.ns, c.ns, in.ns)
	}
	meta, _ := in.raw["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		in.raw["metadata"] = meta
	}
	meta["namespace"] = in.ns
	return in, nil
}

// validation is the value of --validate in the API's words.
func (c *cmd) validation() (string, error) {
	switch v := c.f.str("validate"); v {
	case "true", "strict", "":
		return "Strict", nil
	case "warn":
		return "Warn", nil
	case "false", "ignore":
		return "Ignore", nil
	default:
		return "", fmt.Errorf(`invalid - validate option %q; must be one of: strict (or true), warn, ignore (or false)`, v)
	}
}

// object decodes a manifest as the server does with this field validation.
func (c *cmd) object(in *info, validation string) (api.Object, error) {
	obj := in.res.New()
	warnings, err := manifest.Decode(in.doc, obj, validation == "Strict")
	if err != nil {
		kind := in.res.Kind
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", kind, in.res.Version, kind, err))
	}
	if validation == "Warn" {
		for _, w := range warnings {
			c.errf("Warning: %s\n", w)
		}
	}
	if in.res.Namespaced {
		obj.SetNamespace(in.ns)
	}
	return obj, nil
}
