package paths

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"tabernetes/engine/api"
	"tabernetes/engine/order"
)

// Discovery are the documents that tell clients what is served, made from a table of kinds.
type Discovery struct {
	Groups    []metav1.APIGroup // without the core group, in the table's order
	Resources map[schema.GroupVersion]*metav1.APIResourceList
	Versions  []schema.GroupVersion
	Paths     []string
}

// NewDiscovery makes them from a table.
func NewDiscovery(table *api.Table) Discovery {
	d := Discovery{Resources: map[schema.GroupVersion]*metav1.APIResourceList{}}
	add := func(gv schema.GroupVersion) *metav1.APIResourceList {
		l := d.Resources[gv]
		if l == nil {
			l = &metav1.APIResourceList{
				TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv.String(), APIResources: []metav1.APIResource{},
			}
			d.Resources[gv] = l
			d.Versions = append(d.Versions, gv)
			d.addVersion(gv)
		}
		return l
	}
	for _, r := range table.All() {
		l := add(r.GVR().GroupVersion())
		l.APIResources = append(l.APIResources, describe(r)...)
	}
	core := d.Resources[schema.GroupVersion{Version: "v1"}]
	core.APIResources = append(core.APIResources, metav1.APIResource{Name: "bindings", SingularName: "binding", Namespaced: true, Kind: "Binding", Verbs: []string{"create"}})
	d.Paths = []string{"/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"}
	for _, c := range [...]string{"etcd", "log", "ping"} {
		d.Paths = append(d.Paths, "/healthz/"+c, "/livez/"+c, "/readyz/"+c)
	}
	d.order()
	for _, gv := range d.Versions {
		l := d.Resources[gv]
		order.By(l.APIResources, func(a, b metav1.APIResource) int { return cmp.Compare(a.Name, b.Name) })
		if gv.Group == "" {
			d.Paths = append(d.Paths, "/api/"+gv.Version, "/openapi/v3/api/"+gv.Version)
			continue
		}
		d.Paths = append(d.Paths, "/apis/"+gv.Group, "/apis/"+gv.String(), "/openapi/v3/apis/"+gv.String())
	}
	slices.Sort(d.Paths)
	return d
}

// order sorts groups and their versions by priority, as the aggregator does; of equal ones by name and age of version.
func (d *Discovery) order() {
	order.By(d.Groups, func(a, b metav1.APIGroup) int {
		x, _ := api.GroupPriority(schema.GroupVersion{Group: a.Name, Version: a.Versions[0].Version})
		y, _ := api.GroupPriority(schema.GroupVersion{Group: b.Name, Version: b.Versions[0].Version})
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.Name, b.Name))
	})
	for i := range d.Groups {
		g := &d.Groups[i]
		order.By(g.Versions, func(a, b metav1.GroupVersionForDiscovery) int {
			_, x := api.GroupPriority(schema.GroupVersion{Group: g.Name, Version: a.Version})
			_, y := api.GroupPriority(schema.GroupVersion{Group: g.Name, Version: b.Version})
			return cmp.Or(cmp.Compare(y, x), version.CompareKubeAwareVersionStrings(b.Version, a.Version))
		})
		g.PreferredVersion = g.Versions[0]
	}
}

func (d *Discovery) addVersion(gv schema.GroupVersion) {
	if gv.Group == "" {
		return
	}
	v := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
	for i := range d.Groups {
		if d.Groups[i].Name == gv.Group {
			d.Groups[i].Versions = append(d.Groups[i].Versions, v)
			return
		}
	}
	d.Groups = append(d.Groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v})
}

// describe is a resource with its subresources as the plain discovery lists them.
func describe(r *api.Resource) []metav1.APIResource {
	out := []metav1.APIResource{{
		Name: r.Name, SingularName: r.Singular, Namespaced: r.Namespaced, Kind: r.Kind, Verbs: r.ServedVerbs(),
		ShortNames: r.ShortNames, Categories: r.Categories, StorageVersionHash: storageHash(r),
	}}
	for _, name := range r.Subresources {
		sub, ok := SubresourceOf(name)
		if !ok {
			continue
		}
		a := metav1.APIResource{Name: r.Name + "/" + name, Namespaced: r.Namespaced, Kind: r.Kind, Verbs: sub.Verbs}
		if !sub.Kind.Empty() {
			a.Kind = sub.Kind.Kind
			if sub.Kind.Group != r.Group {
				a.Group, a.Version = sub.Kind.Group, sub.Kind.Version
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
