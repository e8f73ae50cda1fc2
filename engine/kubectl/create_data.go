package kubectl

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// entry is one key of a config map or secret.
type entry struct {
	key   string
	value string
}

// entries reads --from-literal, --from-file and --from-env-file.
func (c *cmd) entries() ([]entry, error) {
	var out []entry
	if c.f.changed("from-env-file") && (c.f.changed("from-file") || c.f.changed("from-literal")) {
		return nil, errors.New("from-env-file cannot be combined with from-file or from-literal")
	}
	for _, source := range c.f.list("from-file") {
		found, err := c.fileEntries(source)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for _, source := range c.f.list("from-literal") {
		key, value, ok := strings.Cut(source, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("invalid literal source %v, expected key=value", source)
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[0] == value[n-1] {
			value = value[1 : n-1]
		}
		out = append(out, entry{key, value})
	}
	for _, name := range c.f.list("from-env-file") {
		text, ok := c.files[name]
		if !ok {
			return nil, fmt.Errorf("error reading %s: no such file or directory", name)
		}
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t")
			if line == "" || line[0] == '#' {
				continue
			}
			key, value, _ := strings.Cut(line, "=")
			if errs := validation.IsEnvVarName(key); len(errs) > 0 {
				return nil, fmt.Errorf("%q is not a valid key name: %s", key, strings.Join(errs, ";"))
			}
			out = append(out, entry{key, value})
		}
	}
	return out, nil
}

func (c *cmd) fileEntries(source string) ([]entry, error) {
	key, path, named := strings.Cut(source, "=")
	switch {
	case !named:
		path = source
		key = path[strings.LastIndexByte(path, '/')+1:]
	case key == "":
		return nil, fmt.Errorf("key name for file path %v missing", path)
	case path == "":
		return nil, fmt.Errorf("file path for key name %v missing", key)
	case strings.Contains(path, "="):
		return nil, errors.New("key names or file paths cannot contain '='")
	}
	if text, ok := c.files[path]; ok {
		return []entry{{key, text}}, nil
	}
	var names []string
	dir := strings.TrimSuffix(path, "/") + "/"
	for name := range c.files {
		if rest, ok := strings.CutPrefix(name, dir); ok && !strings.Contains(rest, "/") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("error reading %s: no such file or directory", path)
	}
	if named {
		return nil, errors.New("cannot give a key name for a directory path")
	}
	sort.Strings(names)
	var out []entry
	for _, name := range names {
		out = append(out, entry{name[len(dir):], c.files[name]})
	}
	return out, nil
}

func createConfigMap(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	entries, err := c.entries()
	if err != nil {
		c.fail(err)
		return
	}
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, e := range entries {
		if errs := validation.IsConfigMapKey(e.key); len(errs) > 0 {
			c.failf("%q is not a valid key name for a ConfigMap: %s", e.key, strings.Join(errs, ","))
			return
		}
		_, text := cm.Data[e.key]
		_, binary := cm.BinaryData[e.key]
		if text || binary {
			in := "Data"
			if binary {
				in = "BinaryData"
			}
			c.failf("cannot add key %q, another key by that name already exists in %s for ConfigMap %q", e.key, in, name)
			return
		}
		if !utf8.ValidString(e.value) {
			if cm.BinaryData == nil {
				cm.BinaryData = map[string][]byte{}
			}
			cm.BinaryData[e.key] = []byte(e.value)
			continue
		}
		if cm.Data == nil {
			cm.Data = map[string]string{}
		}
		cm.Data[e.key] = e.value
	}
	c.createGenerated(cm, failedTo("configmap:"))
}

func createSecret(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	entries, err := c.entries()
	if err != nil {
		c.fail(err)
		return
	}
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretType(c.f.str("type"))}
	for _, e := range entries {
		if errs := validation.IsConfigMapKey(e.key); len(errs) > 0 {
			c.failf("%q is not valid key name for a Secret %s", e.key, strings.Join(errs, ";"))
			return
		}
		if _, ok := s.Data[e.key]; ok {
			c.failf("cannot add key %s, another key by that name already exists", e.key)
			return
		}
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		s.Data[e.key] = []byte(e.value)
	}
	c.createGenerated(s, failedTo("secret"))
}
