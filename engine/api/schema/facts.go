package schema

import (
	"reflect"
	"strings"
)

// Fact is what a comment says about a field or a type. The words are those of OpenAPI's x-kubernetes-list-type,
// x-kubernetes-list-map-keys and x-kubernetes-map-type.
type Fact struct {
	ListType string   // atomic, set, map; "": not said
	MapKeys  []string // of ListType map
	MapType  string   // atomic, granular; "": not said
	Default  *string  // what an absent key field of a list's element means; nil: nothing
}

// Facts are the facts of all types that the kinds of the resource table are made of.
type Facts map[string]Fact // "package.Type" or "package.Type.field"

// own are the facts of our own types of apiextensions.k8s.io and apiregistration.k8s.io, where upstream's markers say
// more than the default.
const own = `tabernetes/engine/api/apiextensions
CustomResourceDefinitionStatus conditions=map:type
tabernetes/engine/api/apiregistration
APIServiceStatus conditions=map:type
`

// Load reads the table.
func Load() Facts {
	out := Facts{}
	pkg := ""
	for line := range strings.Lines(table + "\n" + own) {
		line = strings.TrimSuffix(line, "\n")
		name, rest, ok := strings.Cut(line, " ")
		if !ok {
			pkg = line
			continue
		}
		for word := range strings.SplitSeq(rest, " ") {
			field, fact, _ := strings.Cut(word, "=")
			key := pkg + "." + name
			if field != "" {
				key += "." + field
			}
			out[key] = parseFact(fact)
		}
	}
	return out
}

// parseFact reads "atomic", "set", "map:name,protocol", "{atomic}", "{granular}" or "default:TCP".
func parseFact(s string) Fact {
	switch {
	case strings.HasPrefix(s, "{"):
		return Fact{MapType: s[1 : len(s)-1]}
	case strings.HasPrefix(s, "default:"):
		v := s[len("default:"):]
		return Fact{Default: &v}
	}
	t, keys, ok := strings.Cut(s, ":")
	f := Fact{ListType: t}
	if ok {
		f.MapKeys = strings.Split(keys, ",")
	}
	return f
}

// OfType is what is said of a type itself.
func (f Facts) OfType(t reflect.Type) Fact { return f[t.PkgPath()+"."+t.Name()] }

// OfField is what is said of a struct's own field, by its JSON name; the fields of embedded structs belong to those.
func (f Facts) OfField(owner reflect.Type, name string) Fact {
	return f[owner.PkgPath()+"."+owner.Name()+"."+name]
}
