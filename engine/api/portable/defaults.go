package portable

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/manifest"
)

// pruner takes away what an object gets by itself: fields that equal their defaults. It knows no defaults; it takes fields
// away and looks at what comes back.
type pruner struct {
	r      *api.Resource
	author author
}

// withDefaults is an object as the API server would have it, without what is not pruned; nil if it is none of the kind.
func (p *pruner) withDefaults(doc map[string]any) map[string]any {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil
	}
	obj := p.r.New()
	if _, err := manifest.Decode(manifest.Document{Raw: text}, obj, false); err != nil {
		return nil
	}
	defaults.Set(obj)
	return content(valuesOf(obj))
}

// content is a document without what every object has, but for its labels: that is not pruned.
func content(doc map[string]any) map[string]any {
	out := make(map[string]any, len(doc))
	for k, v := range doc {
		if k != "apiVersion" && k != "kind" && k != "metadata" && k != "status" {
			out[k] = v
		}
	}
	if labels := mapAt(doc, "metadata", "labels"); len(labels) > 0 {
		out["metadata"] = map[string]any{"labels": labels}
	}
	return out
}

// Bounds: how often fields are put back; how many fields an object may have for them to be tried one by one, which takes
// the square of it.
const (
	rounds  = 6
	singles = 250
)

// prune is doc without its defaults; doc itself where that cannot be done.
func (p *pruner) prune(doc map[string]any) map[string]any {
	whole := content(doc)
	want := p.withDefaults(doc)
	bare := p.withDefaults(p.with(doc, less(whole, nil, nil)))
	if want == nil || bare == nil {
		return doc
	}
	// What comes back as it was is not needed, unless its author wrote it.
	kept := less(whole, bare, p.author)
	for round := 0; ; round++ {
		got := p.withDefaults(p.with(doc, kept))
		if got == nil || round == rounds {
			return doc
		}
		if reflect.DeepEqual(got, want) {
			break
		}
		// One default hangs on another field: what came out differently goes back.
		back := less(whole, got, p.author)
		next := both(kept, back, whole)
		if reflect.DeepEqual(next, kept) {
			return doc
		}
		kept = next.(map[string]any)
	}
	// A default that hangs on another field, such as a pull policy on the image's tag or requests on limits, came back
	// otherwise or not at all while that was missing.
	candidates := append(leaves(kept, nil), lists(whole)...)
	if len(candidates) > singles {
		return p.with(doc, kept)
	}
	for _, path := range candidates {
		if p.author.names(path, whole) {
			continue
		}
		without := copied(kept, true)
		if !cut(without, path) {
			continue
		}
		if reflect.DeepEqual(p.withDefaults(p.with(doc, without)), want) {
			kept = without
		}
	}
	return p.with(doc, kept)
}

// with is a document with other content.
func (p *pruner) with(doc map[string]any, c any) map[string]any {
	out := copied(c, true).(map[string]any)
	meta := map[string]any{}
	maps.Copy(meta, mapAt(doc, "metadata"))
	delete(meta, "labels")
	maps.Copy(meta, mapAt(out, "metadata"))
	out["apiVersion"], out["kind"], out["metadata"] = doc["apiVersion"], doc["kind"], meta
	return out
}

// staying are fields that are never taken away: manifests have them though they could do without.
func staying(key string, v any) bool {
	m, isMap := v.(map[string]any)
	return key == "apiGroup" || isMap && len(m) == 0 && (key == "emptyDir" || key == "podSelector" || key == "selector")
}

// less is v without the leaves that other has as well, or, if other is nil, without all. Items of lists stay, be they
// empty; lists of scalars are leaves. a tells what stays anyway.
func less(v, other any, a author) any {
	out, _ := lessAt("", v, other, other == nil, a)
	return out
}

func lessAt(key string, v, other any, all bool, a author) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			o, ok := other.(map[string]any)
			return v, staying(key, v) || len(a) > 0 || !all && !(ok && len(o) == 0)
		}
		o, _ := other.(map[string]any)
		out := map[string]any{}
		for k, x := range v {
			below := a.at(k)
			if part, keep := lessAt(k, x, o[k], all, below); keep {
				out[k] = part
			}
		}
		// A map without its leaves is still there, with defaults of its own.
		return out, len(out) > 0 || key == "" || all
	case []any:
		if !slices.ContainsFunc(v, isMap) {
			break
		}
		o, _ := other.([]any)
		out := make([]any, len(v))
		for i, x := range v {
			var like any
			if len(o) == len(v) {
				like = o[i]
			}
			part, keep := lessAt("", x, like, all, a.item(x, i))
			if !keep && part == nil {
				part = x
			}
			out[i] = part
		}
		return out, true
	}
	return v, staying(key, v) || len(a) > 0 || !all && !reflect.DeepEqual(v, other)
}

func isMap(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// lists are the paths of the lists of a spec that have maps for items: some are there by default, as an autoscaler's metrics.
func lists(whole map[string]any) [][]any {
	var out [][]any
	spec := mapAt(whole, "spec")
	for _, k := range slices.Sorted(maps.Keys(spec)) {
		if list, ok := spec[k].([]any); ok && slices.ContainsFunc(list, isMap) {
			out = append(out, []any{"spec", k})
		}
	}
	return out
}

// both is what either of two parts of whole has.
func both(a, b, whole any) any {
	switch w := whole.(type) {
	case map[string]any:
		x, okX := a.(map[string]any)
		y, okY := b.(map[string]any)
		if !okX || !okY {
			break
		}
		out := map[string]any{}
		for k := range w {
			p, inA := x[k]
			q, inB := y[k]
			switch {
			case inA && inB:
				out[k] = both(p, q, w[k])
			case inA:
				out[k] = p
			case inB:
				out[k] = q
			}
		}
		return out
	case []any:
		x, okX := a.([]any)
		y, okY := b.([]any)
		if !okX || !okY || len(x) != len(w) || len(y) != len(w) {
			break
		}
		out := make([]any, len(w))
		for i := range w {
			out[i] = both(x[i], y[i], w[i])
		}
		return out
	}
	return a
}

// leaves are the paths of the fields that may be taken away, in order.
func leaves(v any, path []any) [][]any {
	var out [][]any
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, leaves(v[k], append(path[:len(path):len(path)], k))...)
		}
		if len(v) > 0 {
			return out
		}
	case []any:
		if slices.ContainsFunc(v, isMap) {
			for i := range v {
				out = append(out, leaves(v[i], append(path[:len(path):len(path)], i))...)
			}
			return out
		}
	}
	if len(path) == 0 || staying(lastName(path), v) {
		return nil
	}
	return [][]any{path}
}

func lastName(path []any) string {
	s, _ := path[len(path)-1].(string)
	return s
}

// cut removes a leaf, and maps that nothing is left in; it reports whether it was there.
func cut(v any, path []any) bool {
	switch step := path[0].(type) {
	case string:
		m, ok := v.(map[string]any)
		if _, has := m[step]; !ok || !has {
			return false
		}
		if len(path) == 1 {
			delete(m, step)
			return true
		}
		done := cut(m[step], path[1:])
		if below, ok := m[step].(map[string]any); ok && len(below) == 0 {
			delete(m, step)
		}
		return done
	case int:
		list, ok := v.([]any)
		return ok && step < len(list) && len(path) > 1 && cut(list[step], path[1:])
	}
	return false
}
