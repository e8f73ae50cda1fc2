package kubectl

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api"
)

// Version is the release this command line and its cluster follow.
const Version = "v1.37.2"

func versionCommand() *command {
	return &command{name: "version", short: "Print the client and server version information", flags: "client:b output/o:s", run: func(c *cmd) {
		show := func(server bool) {
			switch c.f.str("output") {
			case "":
				c.printf("Client Version: %s\nKustomize Version: v5.8.1\n", Version)
				if server {
					c.printf("Server Version: %s\n", Version)
				}
			case "json", "yaml":
				m := map[string]any{"clientVersion": versionInfo(), "kustomizeVersion": "v5.8.1"}
				if server {
					m["serverVersion"] = serverVersion()
				}
				text, err := (&format{name: c.f.str("output")}).text(m)
				if err != nil {
					c.fail(err)
					return
				}
				c.out(text)
			default:
				c.failf(`--output must be 'yaml' or 'json'`)
				return
			}
			c.end()
		}
		if c.f.bool("client") {
			show(false)
			return
		}
		c.do(&api.Request{Verb: api.Get, Resource: api.Namespaces, Name: "default"}, func(r *api.Response) {
			if r.Err != nil && !isNotFound(r.Err) {
				c.fail(r.Err)
				return
			}
			show(true)
		})
	}}
}

func versionInfo() map[string]any {
	return map[string]any{"major": "1", "minor": "37", "gitVersion": Version, "compiler": "gc", "platform": "js/wasm"}
}

// serverVersion is what the server says of itself at /version.
func serverVersion() version.Info {
	return version.Info{Major: "1", Minor: "37", EmulationMajor: "1", EmulationMinor: "37", MinCompatibilityMajor: "1", MinCompatibilityMinor: "36",
		GitVersion: Version, GitCommit: "tabernetes", GitTreeState: "clean", BuildDate: "1970-01-01T00:00:00Z", GoVersion: "go1.26", Compiler: "gc", Platform: "linux/amd64"}
}

func apiResourcesCommand() *command {
	return &command{name: "api-resources", short: "Print the supported API resources on the server",
		flags: "output/o:s api-group:s namespaced:b no-headers:b verbs:l sort-by:s categories:l cached:b", run: runAPIResources}
}

// bindings are listed although they are no kind of their own here: pods are bound through their subresource.
func bindings() *api.Resource {
	return &api.Resource{Version: "v1", Kind: "Binding", Name: "bindings", Singular: "binding", Namespaced: true, Verbs: []api.Verb{api.Create}}
}

func runAPIResources(c *cmd) {
	if len(c.args) > 0 {
		c.usageError("unexpected arguments: %v", c.args)
		return
	}
	if by := c.f.str("sort-by"); by != "" && by != "name" && by != "kind" {
		c.failf("--sort-by accepts only name or kind")
		return
	}
	list := append(slices.Clone(c.table().Preferred()), bindings())
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		switch c.f.str("sort-by") {
		case "name":
			return a.Name < b.Name
		case "kind":
			return a.Kind < b.Kind
		}
		if a.Group != b.Group {
			return a.Group < b.Group
		}
		return a.Name < b.Name
	})
	wide := c.f.str("output") == "wide"
	header := []string{"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"}
	if wide {
		header = append(header, "VERBS", "CATEGORIES")
	}
	var rows [][]string
	if !c.f.bool("no-headers") {
		rows = append(rows, header)
	}
	for _, r := range list {
		switch {
		case c.f.changed("api-group") && r.Group != c.f.str("api-group"),
			c.f.changed("namespaced") && r.Namespaced != c.f.bool("namespaced"):
			continue
		}
		skip := false
		for _, want := range c.f.list("categories") {
			skip = skip || !slices.Contains(r.Categories, want)
		}
		for _, verb := range c.f.list("verbs") {
			skip = skip || !slices.Contains(r.ServedVerbs(), verb)
		}
		if skip {
			continue
		}
		if c.f.str("output") == "name" {
			c.printf("%s\n", r.Qualified())
			continue
		}
		row := []string{r.Name, strings.Join(r.ShortNames, ","), r.APIVersion(), fmt.Sprint(r.Namespaced), r.Kind}
		if wide {
			row = append(row, strings.Join(r.ServedVerbs(), ","), strings.Join(r.Categories, ","))
		}
		rows = append(rows, row)
	}
	switch c.f.str("output") {
	case "name":
	case "", "wide":
		c.out(alignRows(rows, nil))
	default:
		c.failf("--output %v is not available", c.f.str("output"))
		return
	}
	c.end()
}

func apiVersionsCommand() *command {
	return &command{name: "api-versions", short: "Print the supported API versions on the server, in the form of \"group/version\"", run: func(c *cmd) {
		if len(c.args) > 0 {
			c.usageError("unexpected arguments: %v", c.args)
			return
		}
		seen := map[string]bool{}
		for _, r := range c.table().All() {
			seen[r.APIVersion()] = true
		}
		for _, v := range sortedKeys(seen) {
			c.printf("%s\n", v)
		}
		c.end()
	}}
}

func clusterInfoCommand() *command {
	return &command{name: "cluster-info", short: "Display cluster information", run: func(c *cmd) {
		if len(c.args) > 0 {
			c.failf("cluster-info %s is not part of this kubectl", c.args[0])
			return
		}
		sel := labels.SelectorFromSet(labels.Set{"kubernetes.io/cluster-service": "true"})
		c.do(&api.Request{Verb: api.List, Resource: api.Services, Namespace: "kube-system", LabelSelector: sel}, func(r *api.Response) {
			if r.Err != nil {
				c.fail(r.Err)
				return
			}
			c.printf("Kubernetes control plane is running at %s\n", c.sh.o.Server)
			for _, s := range typed[*corev1.Service](r.Items) {
				name, target := s.Labels["kubernetes.io/name"], s.Name
				if name == "" {
					name = s.Name
				}
				if len(s.Spec.Ports) > 0 {
					if port := s.Spec.Ports[0]; port.Name == "https" || port.Port == 443 {
						target = "https:" + target + ":" + port.Name
					} else if port.Name != "" {
						target += ":" + port.Name
					}
				}
				c.printf("%s is running at %s/api/v1/namespaces/%s/services/%s/proxy\n", name, c.sh.o.Server, s.Namespace, target)
			}
			c.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
			c.end()
		})
	}}
}
