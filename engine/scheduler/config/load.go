package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	v1 "tabernetes/engine/scheduler/config/v1"
	"tabernetes/engine/scheduler/framework"
)

// Config is a configuration with all its defaults, and the profiles made of it.
type Config struct {
	*v1.KubeSchedulerConfiguration
	Frameworks []*framework.Profile
}

// maxBytes bounds the file.
const maxBytes = 1 << 20

// Default is the configuration of a kube-scheduler without --config.
func Default() *Config {
	c, err := complete(&v1.KubeSchedulerConfiguration{})
	if err != nil {
		panic("scheduler: default configuration: " + err.Error())
	}
	return c
}

// Load reads a file. The error is what kube-scheduler would end with.
func Load(text string) (*Config, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("the configuration is %d bytes long; at most %d are allowed", len(text), maxBytes)
	}
	conf, err := decode([]byte(text))
	if err != nil {
		return nil, err
	}
	return complete(conf)
}

func complete(conf *v1.KubeSchedulerConfiguration) (*Config, error) {
	setDefaults(conf)
	if err := validate(conf); err != nil {
		return nil, err
	}
	c := &Config{KubeSchedulerConfiguration: conf}
	for i := range conf.Profiles {
		p, err := build(conf, &conf.Profiles[i])
		if err != nil {
			return nil, fmt.Errorf("initializing profiles: creating profile for scheduler name %s: %w", *conf.Profiles[i].SchedulerName, err)
		}
		c.Frameworks = append(c.Frameworks, p)
	}
	return c, nil
}

// Text writes the configuration out, as kube-scheduler --write-config-to does.
func (c *Config) Text() string {
	b, err := yaml.Marshal(c.KubeSchedulerConfiguration)
	if err != nil {
		panic("scheduler: configuration: " + err.Error())
	}
	return string(b)
}

const (
	kind = "KubeSchedulerConfiguration"
	// scheme is how upstream's scheme calls itself in errors.
	scheme = "pkg/runtime/scheme.go:111"
)

var group, version, _ = strings.Cut(v1.GroupVersion, "/")

// decode reads YAML or JSON strictly (runtime/serializer/json with EnableStrict).
func decode(text []byte) (*v1.KubeSchedulerConfiguration, error) {
	raw, strict, err := toJSON(text)
	if err != nil {
		return nil, err
	}
	gvk, err := kindOf(raw, schema.GroupVersionKind{}, text)
	if err != nil {
		return nil, err
	}
	if gvk.Kind != kind {
		return nil, fmt.Errorf("couldn't decode as KubeSchedulerConfiguration, got %s: ", gvk)
	}
	conf := &v1.KubeSchedulerConfiguration{}
	unknown, err := kjson.UnmarshalStrict(raw, conf)
	if err != nil {
		return nil, err
	}
	strict = append(strict, unknown...)
	for i := range conf.Profiles {
		for j := range conf.Profiles[i].PluginConfig {
			inner, err := decodeArgs(&conf.Profiles[i].PluginConfig[j])
			where := fmt.Sprintf("decoding .profiles[%d].pluginConfig[%d]: ", i, j)
			if err != nil {
				return nil, fmt.Errorf("%s%w", where, err)
			}
			if inner != nil {
				strict = append(strict, errors.New(where+inner.Error()))
			}
		}
	}
	if len(strict) > 0 {
		return nil, runtime.NewStrictDecodingError(strict)
	}
	return conf, nil
}

// toJSON converts the first document; duplicates are keys that are given twice.
func toJSON(text []byte) (raw []byte, duplicates []error, err error) {
	defer func() {
		// The YAML library recovers from its own errors only.
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	if raw, err = yaml.YAMLToJSON(text); err != nil {
		return nil, nil, err
	}
	if _, err := yaml.YAMLToJSONStrict(text); err != nil {
		duplicates = append(duplicates, err)
	}
	return raw, duplicates, nil
}

// kindOf reads version and kind, which fall back on what is implied, and refuses what is none of this group's.
func kindOf(raw []byte, implied schema.GroupVersionKind, text []byte) (schema.GroupVersionKind, error) {
	// This struct appears in error texts, with these fields and no others.
	head := struct {
		APIVersion string `json:"apiVersion,omitempty"`
		Kind       string `json:"kind,omitempty"`
	}{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &head); err != nil {
			return implied, fmt.Errorf("couldn't get version/kind; json parse error: %v", err)
		}
	}
	gv, err := schema.ParseGroupVersion(head.APIVersion)
	if err != nil {
		return implied, err
	}
	gvk := gv.WithKind(head.Kind)
	if gvk.Kind == "" {
		gvk.Kind = implied.Kind
	}
	if gvk.Version == "" {
		gvk.Group, gvk.Version = implied.Group, implied.Version
	}
	switch {
	case gvk.Kind == "":
		return gvk, runtime.NewMissingKindErr(string(text))
	case gvk.Version == "":
		return gvk, runtime.NewMissingVersionErr(string(text))
	case gvk.Group != group || gvk.Version != version || gvk.Kind != kind && newArgs(strings.TrimSuffix(gvk.Kind, "Args")) == nil:
		return gvk, runtime.NewNotRegisteredErrForKind(scheme, gvk)
	}
	return gvk, nil
}

// decodeArgs reads the arguments of a plugin that takes any. unknown is an error that strict decoding alone makes of it.
func decodeArgs(pc *v1.PluginConfig) (unknown, err error) {
	obj := newArgs(pc.Name)
	if obj == nil {
		return nil, nil
	}
	implied := schema.GroupVersionKind{Group: group, Version: version, Kind: pc.Name + "Args"}
	what := "decoding args for plugin " + pc.Name + ": "
	gvk, err := kindOf(pc.Args.Raw, implied, pc.Args.Raw)
	if err != nil {
		return nil, fmt.Errorf("%s%w", what, err)
	}
	if gvk.Kind != implied.Kind {
		return nil, fmt.Errorf("args for plugin %s were not of type %s, got %s", pc.Name, implied.GroupKind(), gvk.GroupKind())
	}
	pc.Args.Object = obj
	if len(pc.Args.Raw) == 0 {
		return nil, nil
	}
	strict, err := kjson.UnmarshalStrict(pc.Args.Raw, obj)
	if err != nil {
		return nil, fmt.Errorf("%s%w", what, err)
	}
	if len(strict) > 0 {
		return runtime.NewStrictDecodingError([]error{errors.New(what + runtime.NewStrictDecodingError(strict).Error())}), nil
	}
	return nil, nil
}
