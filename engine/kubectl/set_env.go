package kubectl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"tabernetes/engine/api"
)

func setEnvCommand() *command {
	return &command{name: "env", use: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N", short: "Update environment variables on a pod template",
		flags: setFlags + selectorFlags + "containers/c:s=* from:s prefix:s env/e:a keys:l list:b overwrite:b=true", run: setEnv}
}

func setEnv(c *cmd) {
	resources, pairs, ok := splitEnv(c.args)
	s, read := c.newSetter("env updated", "failed to patch env update to pod template:")
	if !read {
		return
	}
	from, list := c.f.str("from"), c.f.bool("list")
	var err error
	switch {
	case c.f.bool("all") && c.f.str("selector") != "":
		err = errors.New("cannot set --all and --selector at the same time")
	case !ok:
		err = fmt.Errorf("all resources must be specified before environment changes: %s", strings.Join(c.args, " "))
	case c.f.bool("local") && s.dry == "server":
		err = errLocalServer
	case len(resources) == 0 && len(c.f.list("filename")) == 0:
		err = errors.New("one or more resources must be specified as <resource> <name> or <resource>/<name>")
	case list && s.f.name != "":
		err = errors.New("--list and --output may not be specified together")
	case len(c.f.list("keys")) > 0 && from == "":
		err = errors.New("when specifying --keys, a configmap or secret must be provided with --from")
	}
	var e *envEdit
	if err == nil {
		e, err = c.parseEnv(append(slices.Clone(c.f.list("env")), pairs...))
	}
	if err != nil {
		c.fail(err)
		return
	}
	s.quiet = list
	s.edit = func(in *info, obj api.Object) (bool, error) { return true, c.changeEnv(e, in, obj, list) }
	if from == "" {
		e.prefix(c.f.str("prefix"))
		s.run(resources)
		return
	}
	sel := c.selectionFromFlags([]string{from})
	sel.labels, sel.typeImplied = "", false
	c.resolve(sel, func(r *result) {
		if err := aggregate(r.errs); err != nil {
			c.fail(err)
			return
		}
		for _, in := range r.infos {
			if !c.importEnv(e, in.obj) {
				c.failf("unsupported resource specified in --from")
				return
			}
		}
		e.prefix(c.f.str("prefix"))
		s.run(resources)
	})
}

// splitEnv separates resources from changes, which are KEY=VALUE or KEY-. Resources come first.
func splitEnv(args []string) (resources, pairs []string, ok bool) {
	for _, a := range args {
		switch change := strings.LastIndexByte(a, '=') > 0 || strings.HasSuffix(a, "-"); {
		case change:
			pairs = append(pairs, a)
		case len(pairs) > 0:
			return nil, nil, false
		default:
			resources = append(resources, a)
		}
	}
	return resources, pairs, true
}

// envEdit is what changes in an environment.
type envEdit struct {
	set    []corev1.EnvVar
	remove []string
}

func (c *cmd) parseEnv(specs []string) (*envEdit, error) {
	e := &envEdit{}
	for _, spec := range specs {
		name, value, pair := strings.Cut(spec, "=")
		switch {
		case spec == "-":
			lines, err := stdinEnv(c.stdin)
			if err != nil {
				return nil, err
			}
			e.set = append(e.set, lines...)
		case pair:
			if errs := validation.IsEnvVarName(name); len(errs) > 0 {
				return nil, fmt.Errorf("%q is not a valid key name: %s", name, strings.Join(errs, ";"))
			}
			e.set = append(e.set, corev1.EnvVar{Name: name, Value: value})
		case strings.HasSuffix(spec, "-"):
			e.remove = append(e.remove, spec[:len(spec)-1])
		default:
			return nil, fmt.Errorf("unknown environment variable: %v", spec)
		}
	}
	for _, v := range e.set {
		if slices.Contains(e.remove, v.Name) {
			return nil, errors.New("can not both modify and remove the same environment variable in the same command")
		}
	}
	return e, nil
}

// stdinEnv reads KEY=VALUE lines; "#" begins a comment.
func stdinEnv(text string) ([]corev1.EnvVar, error) {
	var out []corev1.EnvVar
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), "#")
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("invalid environment variable: %v", line)
		}
		out = append(out, corev1.EnvVar{Name: name, Value: value})
	}
	return out, nil
}

func (e *envEdit) prefix(p string) {
	for i := range e.set {
		e.set[i].Name = p + e.set[i].Name
	}
}

// importEnv adds a variable for each key of a ConfigMap or Secret; false for any other kind.
func (c *cmd) importEnv(e *envEdit, obj api.Object) bool {
	wanted := c.f.list("keys")
	add := func(key string, source corev1.EnvVarSource) {
		if len(wanted) > 0 && !slices.Contains(wanted, key) {
			return
		}
		name := strings.ToUpper(regexp.MustCompile("[^a-zA-Z0-9_]").ReplaceAllString(key, "_"))
		if name != key {
			c.errf("Warning: key %s transferred to %s\n", key, name)
		}
		e.set = append(e.set, corev1.EnvVar{Name: name, ValueFrom: &source})
	}
	named := corev1.LocalObjectReference{Name: obj.GetName()}
	switch o := obj.(type) {
	case *corev1.ConfigMap:
		for _, key := range sortedKeys(o.Data) {
			add(key, corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: named, Key: key}})
		}
	case *corev1.Secret:
		for _, key := range sortedKeys(o.Data) {
			add(key, corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: named, Key: key}})
		}
	default:
		return false
	}
	return true
}

func (c *cmd) changeEnv(e *envEdit, in *info, obj api.Object, list bool) error {
	spec, err := template(obj)
	if err != nil {
		return err
	}
	pattern := c.f.str("containers")
	containers := containersNamed(spec, pattern)
	if len(containers) == 0 {
		c.errf("Warning: %s/%s does not have any containers matching %q\n", in.res.Kind, in.name, pattern)
	}
	for _, container := range containers {
		if !c.f.bool("overwrite") {
			for _, v := range e.set {
				if i := indexEnv(container.Env, v.Name); i >= 0 && container.Env[i].Value != v.Value {
					return fmt.Errorf("'%s' already has a value (%s), and --overwrite is false", v.Name, container.Env[i].Value)
				}
			}
		}
		container.Env = e.apply(container.Env)
		if !list {
			continue
		}
		c.printf("# %s %s, container %s\n", in.res.Kind, in.name, container.Name)
		for _, v := range container.Env {
			if v.ValueFrom == nil {
				c.printf("%s=%s\n", v.Name, v.Value)
			} else {
				c.printf("# %s from %s\n", v.Name, envSource(v.ValueFrom))
			}
		}
	}
	return nil
}

func indexEnv(list []corev1.EnvVar, name string) int {
	return slices.IndexFunc(list, func(v corev1.EnvVar) bool { return v.Name == name })
}

// apply replaces variables where they stand and appends new ones.
func (e *envEdit) apply(old []corev1.EnvVar) []corev1.EnvVar {
	var out []corev1.EnvVar
	done := slices.Clone(e.remove)
	for _, v := range old {
		if slices.Contains(done, v.Name) {
			continue
		}
		if i := indexEnv(e.set, v.Name); i >= 0 {
			v = e.set[i]
			done = append(done, v.Name)
		}
		out = append(out, v)
	}
	for _, v := range e.set {
		if !slices.Contains(done, v.Name) {
			done = append(done, v.Name)
			out = append(out, v)
		}
	}
	return out
}

// envSource says where a variable's value comes from.
func envSource(from *corev1.EnvVarSource) string {
	switch {
	case from.ConfigMapKeyRef != nil:
		return fmt.Sprintf("configmap %s, key %s", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
	case from.SecretKeyRef != nil:
		return fmt.Sprintf("secret %s, key %s", from.SecretKeyRef.Name, from.SecretKeyRef.Key)
	case from.FieldRef != nil:
		return "field path " + from.FieldRef.FieldPath
	case from.ResourceFieldRef != nil:
		container := from.ResourceFieldRef.ContainerName
		if container != "" {
			container += "/"
		}
		return "resource field " + container + from.ResourceFieldRef.Resource
	}
	return "invalid valueFrom"
}
