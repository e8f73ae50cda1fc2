package api

import (
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Table is the resource table: what a cluster serves, in discovery's order. A table never changes; custom resources
// make a new one.
type Table struct{ rows []*Resource }

// builtin is what every cluster serves, by group in discovery's order.
var builtin = &Table{slicesOf(coreRows, eventsRows, appsRows, authRows, autoscalingRows, batchRows, certificateRows, networkingRows, policyRows,
	rbacRows, storageRows, admissionRows, extensionRows, schedulingRows, coordinationRows, nodeRows, discoveryRows)}

func slicesOf(groups ...[]*Resource) []*Resource {
	var out []*Resource
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

// BuiltinTable is the table of a cluster without custom resources.
func BuiltinTable() *Table { return builtin }

// With is the table with more rows, behind those it has.
func (t *Table) With(more ...*Resource) *Table {
	return &Table{append(t.rows[:len(t.rows):len(t.rows)], more...)}
}

// All lists the rows. The slice must not be changed.
func (t *Table) All() []*Resource { return t.rows }

// Builtin lists the rows every cluster has, in discovery's order. The slice must not be changed.
func Builtin() []*Resource { return builtin.rows }

// empty makes empty objects of a kind.
func empty[T any, P interface {
	*T
	Object
}]() func() Object {
	return func() Object { return P(new(T)) }
}

// listOf wraps items into a kind's list type. Lists are made only for clients outside, so reflection may do it.
func listOf[L any, P interface {
	*L
	runtime.Object
}]() func(items []Object) runtime.Object {
	return func(items []Object) runtime.Object {
		list := P(new(L))
		field := reflect.ValueOf(list).Elem().FieldByName("Items")
		out := reflect.MakeSlice(field.Type(), len(items), len(items))
		for i, o := range items {
			out.Index(i).Set(reflect.ValueOf(o).Elem())
		}
		field.Set(out)
		return list
	}
}

// ByGVR finds a resource by group, version and plural name; an empty version matches any. Nil if there is none.
func (t *Table) ByGVR(gvr schema.GroupVersionResource) *Resource {
	for _, r := range t.rows {
		if r.Group == gvr.Group && (gvr.Version == "" || r.Version == gvr.Version) && r.Name == gvr.Resource {
			return r
		}
	}
	return nil
}

// ByGVK finds a resource by its kind; nil if the cluster does not serve it.
func (t *Table) ByGVK(gvk schema.GroupVersionKind) *Resource {
	for _, r := range t.rows {
		if r.Group == gvk.Group && (gvk.Version == "" || r.Version == gvk.Version) && r.Kind == gvk.Kind {
			return r
		}
	}
	return nil
}

// ByOwner finds the resource an owner reference points at; nil if the cluster does not serve it.
func (t *Table) ByOwner(ref *metav1.OwnerReference) *Resource {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return nil
	}
	return t.ByGVK(gv.WithKind(ref.Kind))
}

// ByName finds a resource by what people type: plural, singular, short name, kind, with or without group
// ("deploy", "Pod", "deployments.apps", "deployments.v1.apps"). Nil if nothing matches.
func (t *Table) ByName(name string) *Resource {
	name = strings.ToLower(name)
	base, group, qualified := strings.Cut(name, ".")
	for _, r := range t.rows {
		if qualified && group != r.Group && group != r.Version+"."+r.Group && !(r.Group == "" && group == r.Version) {
			continue
		}
		if base == r.Name || base == r.Singular || base == strings.ToLower(r.Kind) {
			return r
		}
		for _, s := range r.ShortNames {
			if base == s {
				return r
			}
		}
	}
	return nil
}

// ByCategory lists the resources of a category such as "all", in the order kubectl prints them.
func (t *Table) ByCategory(category string) []*Resource {
	var out []*Resource
	for _, r := range t.rows {
		for _, c := range r.Categories {
			if c == category {
				out = append(out, r)
			}
		}
	}
	return out
}

// ByGVR is Table.ByGVR among the rows every cluster has.
func ByGVR(gvr schema.GroupVersionResource) *Resource { return builtin.ByGVR(gvr) }

// ByGVK is Table.ByGVK among the rows every cluster has.
func ByGVK(gvk schema.GroupVersionKind) *Resource { return builtin.ByGVK(gvk) }

// ByName is Table.ByName among the rows every cluster has.
func ByName(name string) *Resource { return builtin.ByName(name) }

// byType finds the row of a Go type; of several versions of a kind each has its own type.
var byType = func() map[reflect.Type]*Resource {
	m := make(map[reflect.Type]*Resource, len(builtin.rows))
	for _, r := range append(builtin.rows[:len(builtin.rows):len(builtin.rows)], Remotes...) {
		m[reflect.TypeOf(r.New())] = r
	}
	return m
}()

// ResourceOf is the resource of a typed object; nil if the table has no such kind.
func ResourceOf(obj runtime.Object) *Resource {
	if c, ok := obj.(*Custom); ok {
		return c.Resource
	}
	return byType[reflect.TypeOf(obj)]
}
