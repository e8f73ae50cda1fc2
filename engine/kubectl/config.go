package kubectl

import (
	"strings"
)

// The kubeconfig of the workstation: one cluster, one user, one context. Its namespace can be changed, and stays so
// for the lines that follow.

const configUser = "kubernetes-admin"

func configCommand() *command {
	return &command{name: "config", use: "SUBCOMMAND", short: "Modify kubeconfig files", subs: []*command{
		{name: "current-context", short: "Display the current-context", run: func(c *cmd) {
			c.printf("%s\n", c.sh.o.Context)
			c.end()
		}},
		{name: "get-contexts", use: "[(-o|--output=)name)]", short: "Describe one or many contexts", flags: "output/o:s no-headers:b", run: getContexts},
		{name: "get-clusters", short: "Display clusters defined in the kubeconfig", run: func(c *cmd) {
			c.printf("NAME\n%s\n", c.sh.o.Context)
			c.end()
		}},
		{name: "get-users", short: "Display users defined in the kubeconfig", run: func(c *cmd) {
			c.printf("NAME\n%s\n", configUser)
			c.end()
		}},
		{name: "set-context", use: "[NAME | --current] [--namespace=namespace]", short: "Set a context entry in kubeconfig", flags: "current:b", run: setContext},
		{name: "use-context", alias: "use", use: "CONTEXT_NAME", short: "Set the current-context in a kubeconfig file", run: useContext},
		{name: "view", short: "Display merged kubeconfig settings or a specified kubeconfig file", flags: "output/o:s=yaml minify:b raw:b flatten:b", run: viewConfig},
	}}
}

func getContexts(c *cmd) {
	o := c.sh.o
	for _, name := range c.args {
		if name != o.Context {
			c.failf("context %v not found", name)
			return
		}
	}
	switch c.f.str("output") {
	case "name":
		c.printf("%s\n", o.Context)
		c.end()
		return
	case "":
	default:
		c.failf("--output %v is not available in kubectl config get-contexts; resetting to default output format", c.f.str("output"))
		return
	}
	var rows [][]string
	if !c.f.bool("no-headers") {
		rows = append(rows, []string{"CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"})
	}
	rows = append(rows, []string{"*", o.Context, o.Context, configUser, c.sh.configNamespace()})
	c.out(alignRows(rows, nil))
	c.end()
}

// configNamespace is the namespace as the context has it: nothing for the default one.
func (sh *Shell) configNamespace() string {
	if sh.o.Namespace == "default" {
		return ""
	}
	return sh.o.Namespace
}

func setContext(c *cmd) {
	name := c.sh.o.Context
	switch {
	case c.f.bool("current") && len(c.args) > 0, !c.f.bool("current") && len(c.args) != 1:
		c.usageError("Unexpected args: %v", c.args)
		return
	case len(c.args) == 1 && c.args[0] != name:
		c.failf("this workstation knows one context, %q", name)
		return
	}
	if c.nsSet {
		c.sh.o.Namespace = c.ns
		if c.ns == "" {
			c.sh.o.Namespace = "default"
		}
	}
	c.printf("Context %q modified.\n", name)
	c.end()
}

func useContext(c *cmd) {
	switch {
	case len(c.args) != 1:
		c.usageError("Unexpected args: %v", c.args)
	case c.args[0] != c.sh.o.Context:
		c.failf("no context exists with the name: %q", c.args[0])
	default:
		c.printf("Switched to context %q.\n", c.args[0])
		c.end()
	}
}

func viewConfig(c *cmd) {
	o := c.sh.o
	context := map[string]any{"cluster": o.Context, "user": configUser}
	if ns := c.sh.configNamespace(); ns != "" {
		context["namespace"] = ns
	}
	m := map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": o.Context,
		"clusters": []any{map[string]any{"name": o.Context, "cluster": map[string]any{"certificate-authority-data": "DATA+OMITTED", "server": o.Server}}},
		"contexts": []any{map[string]any{"name": o.Context, "context": context}},
		"users":    []any{map[string]any{"name": configUser, "user": map[string]any{"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}},
	}
	f, err := c.format(objectFormats)
	if err == nil && f.name == "name" {
		c.failf("name output is not available in kubectl config view")
		return
	}
	if err == nil {
		if f.name == "" {
			f.name = "yaml"
		}
		err = f.print(m, c.out)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.end()
}

// notYet are commands of kubectl that this one does not have, with what to do in their place.
var notYet = [][2]string{
	{"proxy", "kubectl get --raw PATH asks the API server"},
	{"kustomize", "apply the manifests themselves"},
	{"completion", ""}, {"plugin", ""}, {"alpha", ""}, {"kuberc", ""}, {"options", ""},
}

// missing is the error of a command that is not there.
func (c *cmd) missing(name, instead string) {
	text := "kubectl " + name + " is not part of this kubectl"
	if instead != "" {
		text += ": " + instead
	}
	var have []string
	for _, cmd := range commandTable() {
		if cmd.run != nil || cmd.subs != nil {
			have = append(have, cmd.name)
		}
	}
	c.failf("%s\nIt has: %s", text, strings.Join(have, ", "))
}
