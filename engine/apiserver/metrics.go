package apiserver

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/order"
)

// counters count the requests by what apiserver_request_total tells apart (endpoints/metrics/metrics.go).
type counters struct {
	done    map[countKey]*cell
	watches map[*api.Resource]int
}

type countKey struct {
	r    *api.Resource
	verb api.Verb
	sub  string
	dry  bool
}

// cell counts the answers to one kind of request: the usual ones by themselves, as every request pays for this.
type cell struct {
	ok, created uint64
	others      map[int]uint64
}

func (c *counters) count(req *api.Request, reply func(*api.Response)) func(*api.Response) {
	k := countKey{r: req.Resource, verb: req.Verb, sub: req.Subresource, dry: req.DryRun}
	x := c.done[k]
	if x == nil {
		if c.done == nil {
			c.done = map[countKey]*cell{}
		}
		x = &cell{}
		c.done[k] = x
	}
	return func(resp *api.Response) {
		switch {
		case resp.Err != nil:
			if x.others == nil {
				x.others = map[int]uint64{}
			}
			x.others[codeOf(resp.Err)]++
		case resp.Created:
			x.created++
		default:
			x.ok++
		}
		reply(resp)
	}
}

// codes lists what a cell has counted, by HTTP status.
func (x *cell) codes() (list []int, n map[int]uint64) {
	n = map[int]uint64{}
	maps.Copy(n, x.others)
	n[200] += x.ok
	n[201] += x.created
	maps.DeleteFunc(n, func(_ int, v uint64) bool { return v == 0 })
	return slices.Sorted(maps.Keys(n)), n
}

func codeOf(err error) int {
	var st apierrors.APIStatus
	if errors.As(err, &st) && st.Status().Code != 0 {
		return int(st.Status().Code)
	}
	return 500
}

// watching counts the watches under way of a resource.
func (c *counters) watching(r *api.Resource, n int) {
	if c.watches == nil {
		c.watches = map[*api.Resource]int{}
	}
	c.watches[r] += n
}

// metricVerbs are the names metrics use for verbs.
var metricVerbs = map[api.Verb]string{
	api.Get: "GET", api.List: "LIST", api.Create: "POST", api.Update: "PUT", api.Patch: "PATCH", api.Delete: "DELETE", api.DeleteCollection: "DELETECOLLECTION",
}

// metrics is /metrics in Prometheus' text format: what this server has really counted.
func (s *Server) metrics() string {
	var b strings.Builder
	head := func(name, typ, help string) {
		b.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + typ + "\n")
	}
	keys := make([]countKey, 0, len(s.counts.done))
	for k := range s.counts.done {
		keys = append(keys, k)
	}
	order.By(keys, func(a, b countKey) int {
		return cmp.Or(cmp.Compare(a.r.Qualified(), b.r.Qualified()), cmp.Compare(a.r.Version, b.r.Version), cmp.Compare(a.verb, b.verb),
			cmp.Compare(a.sub, b.sub), cmp.Compare(bit(a.dry), bit(b.dry)))
	})
	head("apiserver_request_total", "counter", "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.")
	for _, k := range keys {
		dry := ""
		if k.dry {
			dry = "All"
		}
		list, n := s.counts.done[k].codes()
		for _, code := range list {
			sample(&b, "apiserver_request_total", "code", strconv.Itoa(code), "component", "apiserver", "dry_run", dry, "group", k.r.Group,
				"resource", k.r.Name, "scope", scopeOf(k), "subresource", k.sub, "verb", cmp.Or(metricVerbs[k.verb], strings.ToUpper(string(k.verb))), "version", k.r.Version)
			b.WriteString(strconv.FormatUint(n[code], 10) + "\n")
		}
	}
	kinds := s.sortedKinds()
	head("apiserver_longrunning_requests", "gauge", "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.")
	for _, r := range kinds {
		if n := s.counts.watches[r]; n > 0 {
			sample(&b, "apiserver_longrunning_requests", "component", "apiserver", "group", r.Group, "resource", r.Name, "scope", "cluster", "subresource", "", "verb", "WATCH", "version", r.Version)
			b.WriteString(strconv.Itoa(n) + "\n")
		}
	}
	head("apiserver_resource_objects", "gauge", "[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.")
	for _, r := range kinds {
		sample(&b, "apiserver_resource_objects", "group", r.Group, "resource", r.Name)
		b.WriteString(strconv.Itoa(len(s.kinds[r].objects)) + "\n")
	}
	return b.String()
}

func (s *Server) sortedKinds() []*api.Resource {
	var out []*api.Resource
	for r := range s.kinds {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *api.Resource) int { return cmp.Compare(a.Qualified(), b.Qualified()) })
	return out
}

func scopeOf(k countKey) string {
	switch {
	case k.verb != api.List && k.verb != api.DeleteCollection && k.verb != api.Create:
		return "resource"
	case k.r.Namespaced:
		return "namespace"
	}
	return "cluster"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sample writes name{key="value",...} and a space; pairs are keys and values.
func sample(b *strings.Builder, name string, pairs ...string) {
	b.WriteString(name)
	for i := 0; i < len(pairs); i += 2 {
		if i == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(pairs[i] + `="` + pairs[i+1] + `"`)
	}
	b.WriteString("} ")
}
