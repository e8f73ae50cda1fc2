package apiserver

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"tabernetes/engine/api"
)

// etcdCheckTimeout is how long a health check waits for etcd (--etcd-healthcheck-timeout).
const etcdCheckTimeout = 2 * time.Second

// servePath answers what is no resource: the health of the server and its metrics. Of other paths it says no more than
// that the user may ask, which was decided before.
func (s *Server) servePath(req *api.Request, reply func(*api.Response)) {
	path, query, _ := strings.Cut(req.Path, "?")
	parts := strings.SplitN(strings.Trim(path, "/"), "/", 2)
	switch {
	case parts[0] == "metrics" && len(parts) == 1:
		reply(&api.Response{Text: s.metrics()})
	case parts[0] == "healthz" || parts[0] == "livez" || parts[0] == "readyz":
		q, err := url.ParseQuery(query)
		if err != nil {
			q = url.Values{}
		}
		single := ""
		if len(parts) == 2 {
			single = parts[1]
		}
		s.health(parts[0], single, q, reply)
	default:
		reply(&api.Response{}) // allowed; the HTTP surface answers
	}
}

// check is one thing that health looks at; failed is nil unless it is already known.
type check struct {
	name   string
	failed bool
}

// checks are those of kube-apiserver that mean something here, in its order (server/healthz; the names of the hooks are
// those of pkg/controlplane and pkg/registry/*/rest).
func (s *Server) checks(endpoint string, etcdFailed bool) []check {
	synced := true
	for _, k := range s.kinds {
		synced = synced && k.ready
	}
	list := []check{{"ping", false}, {"log", false}, {"etcd", etcdFailed}}
	if endpoint == "readyz" {
		list = append(list, check{"etcd-readiness", etcdFailed}, check{"informer-sync", !synced})
	}
	list = append(list,
		check{"poststarthook/start-apiserver-admission-initializer", false},
		check{"poststarthook/generic-apiserver-start-informers", false},
		check{"poststarthook/crd-informer-synced", !synced},
		check{"poststarthook/start-system-namespaces-controller", false},
		check{"poststarthook/rbac/bootstrap-roles", !s.booted || !s.gate.ready},
		check{"poststarthook/scheduling/bootstrap-system-priority-classes", !s.booted},
		check{"poststarthook/bootstrap-controller", false},
	)
	if endpoint == "readyz" {
		list = append(list, check{"shutdown", false})
	}
	return list
}

// Booted reports that the server serves: its caches are loaded and what every cluster has is there.
func (s *Server) Booted() bool { return s.booted && s.gate.ready }

// health serves /healthz, /livez, /readyz and single checks below them (server/healthz/healthz.go).
func (s *Server) health(endpoint, single string, q url.Values, reply func(*api.Response)) {
	answer := func(etcdFailed bool) {
		list := s.checks(endpoint, etcdFailed)
		if single != "" {
			i := slices.IndexFunc(list, func(c check) bool { return c.name == single })
			if i < 0 {
				reply(&api.Response{Text: "404 page not found\n", Code: 404})
				return
			}
			if list[i].failed {
				reply(&api.Response{Text: "internal server error: " + reason(list[i].name) + "\n", Code: 500})
				return
			}
			reply(&api.Response{Text: "ok"})
			return
		}
		excluded := q["exclude"]
		var text strings.Builder
		bad := false
		for _, c := range list {
			i := slices.Index(excluded, c.name)
			switch {
			case i >= 0:
				excluded = slices.Delete(slices.Clone(excluded), i, i+1)
				text.WriteString("[+]" + c.name + " excluded: ok\n")
			case c.failed:
				bad = true
				text.WriteString("[-]" + c.name + " failed: reason withheld\n")
			default:
				text.WriteString("[+]" + c.name + " ok\n")
			}
		}
		if len(excluded) > 0 {
			text.WriteString("warn: some health checks cannot be excluded: no matches for " + quoted(excluded) + "\n")
		}
		switch {
		case bad:
			reply(&api.Response{Text: text.String() + endpoint + " check failed\n", Code: 500})
		case q.Has("verbose"):
			reply(&api.Response{Text: text.String() + endpoint + " check passed\n"})
		default:
			reply(&api.Response{Text: "ok"})
		}
	}
	over := false
	timer := s.a.After(etcdCheckTimeout, "health check of etcd", func() {
		over = true
		answer(true)
	})
	s.db.Revision(func(_ int64, err error) {
		if !over {
			timer.Stop()
			answer(err != nil)
		}
	})
}

// reason is why a single check failed.
func reason(name string) string {
	if strings.HasPrefix(name, "etcd") {
		return "etcd client connection not yet established"
	}
	return "not finished"
}

func quoted(list []string) string {
	for i, s := range list {
		list[i] = `"` + s + `"`
	}
	return strings.Join(list, ", ")
}
