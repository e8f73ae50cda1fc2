package lesson

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// pointsFile names the parts of the page that a step can point at. static/src/lessons/points.ts has its types from the same
// file: a part without an element does not compile there.
//
//go:embed points.json
var pointsFile []byte

// Points are the panels and buttons that a step can point at, as "panel:NAME" and "button:NAME", in order.
func Points() []string {
	var names map[string]map[string]bool
	if err := json.Unmarshal(pointsFile, &names); err != nil {
		panic(err) // it is embedded above
	}
	var out []string
	for _, what := range slices.Sorted(maps.Keys(names)) {
		for _, name := range slices.Sorted(maps.Keys(names[what])) {
			out = append(out, what+":"+name)
		}
	}
	return out
}

// badPoint says what is wrong with something pointed at; "" if nothing is.
func badPoint(text string) string {
	what, name, ok := strings.Cut(text, ":")
	switch {
	case ok && (what == "panel" || what == "button"):
		var all []string
		for _, p := range Points() {
			if p == text {
				return ""
			}
			if there, ok := strings.CutPrefix(p, what+":"); ok {
				all = append(all, there)
			}
		}
		return "there are " + strings.Join(all, ", ")
	case ok && what == "component":
		program, machine, at := strings.Cut(name, "@")
		if written(program, "-") && (!at || written(machine, "-")) {
			return ""
		}
	case !strings.Contains("/"+text+"/", "//") && written(strings.TrimSuffix(text, "*"), "./-"):
		if n := strings.Count(text, "/"); n == 1 || n == 2 {
			return ""
		}
	}
	return "write KIND/NAMESPACE/NAME, KIND/NAME, component:NAME, component:NAME@MACHINE, panel:NAME or button:NAME"
}
