package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api/manifest"
)

// header is the comment above the text. JSON has no comments.
func (e *editing) header() string {
	if e.form.name == "json" {
		return ""
	}
	var b strings.Builder
	if e.mode == editLastApplied {
		b.WriteString("# Please edit the 'last-applied-configuration' annotations below.\n" +
			"# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n")
	} else {
		b.WriteString("# Please edit the object below. Lines beginning with a '#' will be ignored,\n" +
			"# and an empty file will abort the edit. If an error occurs while saving this file will be\n" +
			"# reopened with the relevant failures.\n#\n")
	}
	for _, r := range e.reasons {
		b.WriteString("# " + commented(r.head))
		if len(r.causes) > 0 {
			b.WriteString(":")
		}
		b.WriteString("\n")
		for _, cause := range r.causes {
			b.WriteString("# * " + commented(cause) + "\n")
		}
		b.WriteString("#\n")
	}
	return b.String()
}

// commented goes on with a comment in each further line of a text.
func commented(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '\n' && i+1 < len(s) && s[i+1] != '#' {
			b.WriteString("# ")
		}
	}
	return b.String()
}

// check is what kubectl looks at before it sends anything: that the text is YAML and says what it is. Whether fields are
// right is the server's to say.
func (e *editing) check() error {
	if e.validation == "Ignore" {
		return nil
	}
	text, err := yaml.YAMLToJSON([]byte(withoutComments(e.edited)))
	if err != nil {
		return err
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	m, ok := doc.(map[string]any)
	if !ok || m == nil {
		return errors.New("invalid object to validate")
	}
	var errs []error
	for _, name := range []string{"apiVersion", "kind"} {
		v, has := m[name]
		text, isText := v.(string)
		switch {
		case !has || v == nil:
			errs = append(errs, errors.New(name+" not set"))
		case !isText:
			errs = append(errs, errors.New(name+" isn't string type"))
		case name == "apiVersion":
			if _, err := schema.ParseGroupVersion(text); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return aggregate(errs)
}

// read finds the objects of a text.
func (e *editing) read(text string) (infos []*info, contents []map[string]any, err error) {
	const source = "edited-file"
	docs, err := manifest.Split([]byte(text))
	if err != nil {
		return nil, nil, fileError(source, err)
	}
	for _, doc := range docs {
		res := e.c.table().ByGVK(doc.GVK)
		if res == nil {
			return nil, nil, fmt.Errorf("resource mapping not found for name: %q namespace: %q from %q: no matches for kind %q in version %q\nensure CRDs are installed first",
				doc.Name, doc.Namespace, source, doc.GVK.Kind, doc.GVK.GroupVersion().String())
		}
		m := map[string]any{}
		if err := kjson.UnmarshalCaseSensitivePreserveInts(doc.Raw, &m); err != nil {
			return nil, nil, fileError(source, err)
		}
		infos = append(infos, &info{res: res, ns: doc.Namespace, name: doc.Name, source: source, doc: doc})
		contents = append(contents, m)
	}
	return infos, contents, nil
}

// place requires that an object stays in its namespace.
func (e *editing) place(in *info, m map[string]any) error {
	ns := e.c.ns
	switch {
	case !in.res.Namespaced:
		in.ns = ""
	case in.ns == "":
		in.ns = ns
		meta, _ := m["metadata"].(map[string]any)
		if meta == nil {
			meta = map[string]any{}
			m["metadata"] = meta
		}
		meta["namespace"] = ns
	case in.ns != ns:
		return fmt.Errorf("the namespace from the provided object %q does not match the namespace %q. You must pass '--namespace=%s' to perform this operation.", in.ns, ns, in.ns)
	}
	return nil
}

// withoutComments drops the lines that are comments.
func withoutComments(text string) string {
	lines := strings.SplitAfter(text, "\n")
	var b strings.Builder
	for _, line := range lines {
		if t := strings.TrimSpace(line); !strings.HasPrefix(t, "#") || strings.HasPrefix(t, "#!") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// essence is a text without what makes no difference.
func essence(text string) string {
	if out, err := yaml.YAMLToJSON([]byte(text)); err == nil {
		return string(out)
	}
	return withoutComments(text)
}

func hasLines(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}
