package kubectl

import (
	"slices"
	"strings"

	"tabernetes/engine/api"
	"tabernetes/engine/api/apiextensions"
	"tabernetes/engine/api/manifest"
)

// table is what this workstation believes the server to serve. As real kubectl does, it remembers what it discovered and
// asks again when it meets a type that it does not know; besides, it asks after it changed a definition itself.
func (c *cmd) table() *api.Table {
	if c.sh.table == nil {
		return api.BuiltinTable()
	}
	return c.sh.table
}

// begin runs the command, after a discovery if it names what is not known or must not be out of date.
func (c *cmd) begin(run func()) {
	if !c.outdated() {
		run()
		return
	}
	c.do(&api.Request{Verb: api.Discover, Resource: api.Discovery}, func(r *api.Response) {
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		c.sh.table, c.sh.stale = r.Table, false
		run()
	})
}

func (c *cmd) outdated() bool {
	words := strings.Fields(c.path)
	if len(words) < 2 {
		return false
	}
	switch words[1] {
	case "api-resources", "api-versions", "top":
		return true
	case "run", "config", "version", "help", "logs", "exec", "port-forward", "cluster-info", "completion", "options", "cordon", "uncordon", "drain", "taint":
		return false
	}
	if c.sh.stale {
		return true
	}
	t := c.table()
	for i, arg := range c.args {
		types, _, slash := strings.Cut(arg, "/")
		at := i == 0 || words[1] == "auth" && i == 1
		if words[1] == "create" || strings.Contains(arg, "=") || !slash && !at || words[1] == "auth" && i == 0 {
			continue
		}
		if words[1] == "explain" {
			types, _, _ = strings.Cut(arg, ".")
		}
		for _, name := range strings.Split(types, ",") {
			if name != "" && t.ByName(name) == nil && len(t.ByCategory(name)) == 0 {
				return true
			}
		}
	}
	if about := c.f.str("for"); about != "" {
		if kind, _, _ := strings.Cut(about, "/"); t.ByName(kind) == nil {
			return true
		}
	}
	return c.unknownKinds(t)
}

// unknownKinds reports that a manifest has a kind that the table does not.
func (c *cmd) unknownKinds(t *api.Table) bool {
	if c.f.byLong("filename") == nil {
		return false
	}
	var errs []error
	for _, name := range c.expand(c.f.list("filename"), &errs) {
		text := c.files[name]
		if name == "-" {
			text = c.stdin
		}
		docs, _ := manifest.Split([]byte(text)) // what is wrong with it the command says
		if slices.ContainsFunc(docs, func(d manifest.Document) bool { return t.ByGVK(d.GVK) == nil }) {
			return true
		}
	}
	return false
}

// noticed notes that this workstation changed what is served.
func (c *cmd) noticed(req *api.Request) {
	if (req.Resource == api.CustomResourceDefinitions || req.Resource == api.APIServices) && req.Verb != api.Get && req.Verb != api.List {
		c.sh.stale = true
	}
	if crd, ok := req.Object.(*apiextensions.CustomResourceDefinition); ok && crd != nil {
		c.sh.stale = true
	}
}
