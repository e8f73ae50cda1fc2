package rest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	discoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api"
)

// discovery are the documents that tell clients what is served, made from a table of kinds.
type discovery struct {
	groups    []metav1.APIGroup // without the core group, in the table's order
	resources map[schema.GroupVersion]*metav1.APIResourceList
	versions  []schema.GroupVersion
	paths     []string
}

func newDiscovery(table *api.Table) discovery {
	d := discovery{resources: map[schema.GroupVersion]*metav1.APIResourceList{}}
	add := func(gv schema.GroupVersion) *metav1.APIResourceList {
		l := d.resources[gv]
		if l == nil {
			l = &metav1.APIResourceList{
				TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv.String(), APIResources: []metav1.APIResource{},
			}
			d.resources[gv] = l
			d.versions = append(d.versions, gv)
			d.addVersion(gv)
		}
		return l
	}
	for _, r := range table.All() {
		l := add(r.GVR().GroupVersion())
		l.APIResources = append(l.APIResources, describe(r)...)
	}
	core := d.resources[schema.GroupVersion{Version: "v1"}]
	core.APIResources = append(core.APIResources, metav1.APIResource{Name: "bindings", SingularName: "binding", Namespaced: true, Kind: "Binding", Verbs: []string{"create"}})
	d.paths = []string{"/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"}
	for _, c := range [...]string{"etcd", "log", "ping"} {
		d.paths = append(d.paths, "/healthz/"+c, "/livez/"+c, "/readyz/"+c)
	}
	d.order()
	for _, gv := range d.versions {
		l := d.resources[gv]
		slices.SortFunc(l.APIResources, func(a, b metav1.APIResource) int { return cmp.Compare(a.Name, b.Name) })
		if gv.Group == "" {
			d.paths = append(d.paths, "/api/"+gv.Version, "/openapi/v3/api/"+gv.Version)
			continue
		}
		d.paths = append(d.paths, "/apis/"+gv.Group, "/apis/"+gv.String(), "/openapi/v3/apis/"+gv.String())
	}
	slices.Sort(d.paths)
	return d
}

// order sorts groups and their versions by priority, as the aggregator does; of equal ones by name and age of version.
func (d *discovery) order() {
	slices.SortStableFunc(d.groups, func(a, b metav1.APIGroup) int {
		x, _ := api.GroupPriority(schema.GroupVersion{Group: a.Name, Version: a.Versions[0].Version})
		y, _ := api.GroupPriority(schema.GroupVersion{Group: b.Name, Version: b.Versions[0].Version})
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.Name, b.Name))
	})
	for i := range d.groups {
		g := &d.groups[i]
		slices.SortStableFunc(g.Versions, func(a, b metav1.GroupVersionForDiscovery) int {
			_, x := api.GroupPriority(schema.GroupVersion{Group: g.Name, Version: a.Version})
			_, y := api.GroupPriority(schema.GroupVersion{Group: g.Name, Version: b.Version})
			return cmp.Or(cmp.Compare(y, x), version.CompareKubeAwareVersionStrings(b.Version, a.Version))
		})
		g.PreferredVersion = g.Versions[0]
	}
}

func (d *discovery) addVersion(gv schema.GroupVersion) {
	if gv.Group == "" {
		return
	}
	v := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
	for i := range d.groups {
		if d.groups[i].Name == gv.Group {
			d.groups[i].Versions = append(d.groups[i].Versions, v)
			return
		}
	}
	d.groups = append(d.groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v})
}

// describe is a resource with its subresources as the plain discovery lists them.
func describe(r *api.Resource) []metav1.APIResource {
	out := []metav1.APIResource{{
		Name: r.Name, SingularName: r.Singular, Namespaced: r.Namespaced, Kind: r.Kind, Verbs: verbsOf(r),
		ShortNames: r.ShortNames, Categories: r.Categories, StorageVersionHash: storageHash(r),
	}}
	for _, name := range r.Subresources {
		sub, ok := subresourceOf(name)
		if !ok {
			continue
		}
		a := metav1.APIResource{Name: r.Name + "/" + name, Namespaced: r.Namespaced, Kind: r.Kind, Verbs: sub.verbs}
		if !sub.kind.Empty() {
			a.Kind = sub.kind.Kind
			if sub.kind.Group != r.Group {
				a.Group, a.Version = sub.kind.Group, sub.kind.Version
			}
		}
		out = append(out, a)
	}
	return out
}

// storageHash is discovery/storageversionhash.go's.
func storageHash(r *api.Resource) string {
	if r = r.Stored(); r.Verbs != nil {
		return ""
	}
	h := sha256.Sum256([]byte(r.Group + "/" + r.Version + "/" + r.Kind))
	return base64.StdEncoding.EncodeToString(h[:8])
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
