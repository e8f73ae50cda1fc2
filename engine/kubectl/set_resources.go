package kubectl

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

const setFlags = printFlags + fileFlags + "all:b local:b dry-run:s=none?unchanged field-manager:s record:b "

func setResourcesCommand() *command {
	return &command{name: "resources", use: "(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]", short: "Update resource requests/limits on objects with pod templates",
		flags: setFlags + selectorFlags + "containers/c:s=* limits:s requests:s", run: setResources}
}

func setResources(c *cmd) {
	s, ok := c.newSetter("resource requirements updated", "failed to patch resources update to pod template")
	if !ok {
		return
	}
	limits, requests, pattern := c.f.str("limits"), c.f.str("requests"), c.f.str("containers")
	var err error
	switch {
	case c.f.bool("local") && s.dry == "server":
		err = errLocalServer
	case c.f.bool("all") && c.f.str("selector") != "":
		err = errors.New("cannot set --all and --selector at the same time")
	case limits == "" && requests == "":
		err = errors.New("you must specify an update to requests or limits (in the form of --requests/--limits)")
	}
	var most, least corev1.ResourceList
	if err == nil {
		most, err = resourceAmounts(limits)
	}
	if err == nil {
		least, err = resourceAmounts(requests)
	}
	if err != nil {
		c.fail(err)
		return
	}
	s.edit = func(_ *info, obj api.Object) (bool, error) {
		spec, err := template(obj)
		if err != nil {
			return false, err
		}
		list := containersNamed(spec, pattern)
		if len(list) == 0 {
			s.problems = append(s.problems, fmt.Errorf("error: unable to find container named %s", pattern))
		}
		for _, container := range list {
			put(&container.Resources.Limits, most)
			put(&container.Resources.Requests, least)
		}
		return len(list) > 0, nil
	}
	s.run(c.args)
}

func put(to *corev1.ResourceList, from corev1.ResourceList) {
	if *to == nil && len(from) > 0 {
		*to = corev1.ResourceList{}
	}
	for name, q := range from {
		(*to)[name] = q
	}
}

// resourceAmounts reads "cpu=100m,memory=256Mi".
func resourceAmounts(text string) (corev1.ResourceList, error) {
	if text == "" {
		return nil, nil
	}
	out := corev1.ResourceList{}
	for _, statement := range strings.Split(text, ",") {
		parts := strings.Split(statement, "=")
		if len(parts) != 2 {
			return nil, fmt.Errorf("invalid argument syntax %v, expected <resource>=<value>", statement)
		}
		q, err := resource.ParseQuantity(parts[1])
		if err != nil {
			return nil, err
		}
		out[corev1.ResourceName(parts[0])] = q
	}
	return out, nil
}

func setServiceAccountCommand() *command {
	return &command{name: "serviceaccount", alias: "sa", use: "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT", short: "Update the service account of a resource",
		flags: setFlags, run: setServiceAccount}
}

func setServiceAccount(c *cmd) {
	s, ok := c.newSetter("serviceaccount updated", "failed to patch ServiceAccountName")
	if !ok {
		return
	}
	switch {
	case c.f.bool("local") && s.dry == "server":
		c.fail(errLocalServer)
		return
	case len(c.args) == 0:
		c.failf("serviceaccount is required")
		return
	}
	last := len(c.args) - 1
	s.always = true
	s.edit = func(_ *info, obj api.Object) (bool, error) {
		spec, err := template(obj)
		if err == nil {
			spec.ServiceAccountName = c.args[last]
		}
		return true, err
	}
	s.run(c.args[:last])
}

func setSelectorCommand() *command {
	return &command{name: "selector", use: "(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]", short: "Set the selector on a resource",
		flags: setFlags + "resource-version:s", run: setSelector}
}

func setSelector(c *cmd) {
	s, ok := c.newSetter("selector updated", "")
	if !ok {
		return
	}
	if len(c.args) == 0 {
		c.failf("one selector is required")
		return
	}
	last := len(c.args) - 1
	selector, err := metav1.ParseToLabelSelector(c.args[last])
	if err != nil {
		c.fail(err)
		return
	}
	s.always = true
	s.edit = func(_ *info, obj api.Object) (bool, error) {
		service, ok := obj.(*corev1.Service)
		switch {
		case !ok:
			return false, errors.New("setting a selector is only supported for Services")
		case len(selector.MatchExpressions) > 0:
			return false, errors.New("match expressions are not supported on this object")
		}
		service.Spec.Selector = selector.MatchLabels
		if rv := c.f.str("resource-version"); rv != "" {
			service.ResourceVersion = rv
		}
		return true, nil
	}
	s.run(c.args[:last])
}
