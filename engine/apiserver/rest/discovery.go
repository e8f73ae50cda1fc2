package rest

import (
	"crypto/sha256"
	"net/http"
	"strings"

	discoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tabernetes/engine/api"
	"tabernetes/engine/api/paths"
)

// discovery are the documents that tell clients what is served, made from a table of kinds.
type discovery struct {
	groups    []metav1.APIGroup // without the core group, in the table's order
	resources map[schema.GroupVersion]*metav1.APIResourceList
	versions  []schema.GroupVersion
	paths     []string
}

func newDiscovery(table *api.Table) discovery {
	d := paths.NewDiscovery(table)
	return discovery{d.Groups, d.Resources, d.Versions, d.Paths}
}

func (d *discovery) hasGroup(name string) bool { return d.find(name) != nil }

func (d *discovery) find(name string) *metav1.APIGroup {
	for i := range d.groups {
		if d.groups[i].Name == name {
			return &d.groups[i]
		}
	}
	return nil
}

func (d *discovery) group(name string) metav1.APIGroup {
	g := *d.find(name)
	g.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
	return g
}

// aggregatedType is the media type of aggregated discovery (KEP-3352).
const aggregatedType = jsonType + ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// wantsAggregated: the client prefers the aggregated form. v2beta1, which had the same form, is served no more.
func wantsAggregated(r *http.Request) bool {
	for _, c := range parseAccept(strings.Join(r.Header.Values("Accept"), ",")) {
		if c.typ != jsonType && c.typ != "*/*" && c.typ != "application/*" {
			continue
		}
		if c.params["as"] == "" {
			return false
		}
		if c.params["as"] == "APIGroupDiscoveryList" && c.params["g"] == "apidiscovery.k8s.io" && c.params["v"] == "v2" {
			return true
		}
	}
	return false
}

func (s *server) discoverCore(w http.ResponseWriter, r *http.Request) {
	if wantsAggregated(r) {
		s.aggregated(w, r, s.newest(r), []metav1.APIGroup{{Versions: []metav1.GroupVersionForDiscovery{{GroupVersion: "v1", Version: "v1"}}}})
		return
	}
	s.writeJSON(w, r, http.StatusOK, metav1.APIVersions{
		TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"},
		ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{{ClientCIDR: "0.0.0.0/0", ServerAddress: r.Host}},
	})
}

func (s *server) discoverGroups(w http.ResponseWriter, r *http.Request) {
	if wantsAggregated(r) {
		cat := s.newest(r)
		s.aggregated(w, r, cat, cat.groups)
		return
	}
	s.writeJSON(w, r, http.StatusOK, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}, Groups: s.newest(r).groups})
}

func (s *server) aggregated(w http.ResponseWriter, r *http.Request, cat *catalog, groups []metav1.APIGroup) {
	l := discoveryv2.APIGroupDiscoveryList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"}}
	for _, g := range groups {
		item := discoveryv2.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: g.Name}}
		for _, v := range g.Versions {
			item.Versions = append(item.Versions, discoveryv2.APIVersionDiscovery{
				Version: v.Version, Freshness: discoveryv2.DiscoveryFreshnessCurrent,
				Resources: aggregate(schema.GroupVersion{Group: g.Name, Version: v.Version}, cat.resources[schema.GroupVersion{Group: g.Name, Version: v.Version}]),
			})
		}
		l.Items = append(l.Items, item)
	}
	b, err := encode(l, output{pretty: pretty(r)})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h := sha256.Sum256(b)
	etag := `"` + strings.ToUpper(hexOf(h[:])) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Cache-Control", "public")
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.send(w, aggregatedType, http.StatusOK, b)
}

func aggregate(gv schema.GroupVersion, list *metav1.APIResourceList) []discoveryv2.APIResourceDiscovery {
	var out []discoveryv2.APIResourceDiscovery
	for _, a := range list.APIResources {
		kind := metav1.GroupVersionKind{Group: gv.Group, Version: gv.Version, Kind: a.Kind}
		if a.Version != "" {
			kind.Group, kind.Version = a.Group, a.Version
		}
		base, sub, isSub := strings.Cut(a.Name, "/")
		if isSub {
			// The list is sorted: the resource itself has just been added.
			if n := len(out); n > 0 && out[n-1].Resource == base {
				out[n-1].Subresources = append(out[n-1].Subresources, discoveryv2.APISubresourceDiscovery{Subresource: sub, ResponseKind: &kind, Verbs: a.Verbs})
			}
			continue
		}
		scope := discoveryv2.ScopeCluster
		if a.Namespaced {
			scope = discoveryv2.ScopeNamespace
		}
		out = append(out, discoveryv2.APIResourceDiscovery{
			Resource: a.Name, ResponseKind: &kind, Scope: scope, SingularResource: a.SingularName, Verbs: a.Verbs, ShortNames: a.ShortNames, Categories: a.Categories,
		})
	}
	return out
}
