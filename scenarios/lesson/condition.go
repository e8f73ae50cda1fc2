package lesson

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api/jsonpath"
)

// condition is what a check asks for. eval says whether it holds, and what is the case, as a sentence without its full
// stop: a condition that is negated tells the same.
type condition interface {
	eval(k *look) (bool, *Texts)
}

// event is a condition that some moment fulfils: what a sequence is made of.
type event interface {
	condition
	// next is the first of its occurrences at from or after; it returns the place behind it.
	next(k *look, from place) (place, bool)
	name() string
}

// Limits of conditions.
const (
	maxConditions = 40 // in a step
	maxNesting    = 6
	maxPattern    = 300 // bytes of a path, an expression, a selector
	maxWindow     = 10 * time.Minute
	maxElapsed    = 24 * time.Hour
)

// beside are the keys that may stand beside another.
func beside(key string) []string {
	switch key {
	case "object":
		return []string{"field", "condition", "is", "atLeast", "atMost", "matches"}
	case "field":
		return []string{"is", "atLeast", "atMost", "matches"}
	case "count":
		return []string{"namespace", "selector", "where", "is", "atLeast", "atMost"}
	case "traffic":
		return []string{"measure", "version", "window", "is", "atLeast", "atMost"}
	case "command", "happened":
		return []string{"is", "atLeast", "atMost"}
	}
	return nil
}

// Which of them may stand where.
var (
	anywhere = []string{"object", "count", "traffic", "command", "happened", "sequence", "elapsed", "all", "any", "not"}
	inWhere  = []string{"field", "condition"}
	inOrder  = []string{"command", "happened"}
)

// keys are the fields that are given, in the order in which they are looked at.
func (y *conditionYAML) keys() []string {
	var out []string
	put := func(name string, given bool) {
		if given {
			out = append(out, name)
		}
	}
	put("object", y.Object != "")
	put("count", y.Count != "")
	put("traffic", y.Traffic != "")
	put("command", y.Command != "")
	put("happened", y.Happened != nil)
	put("sequence", y.Sequence != nil)
	put("elapsed", y.Elapsed != "")
	put("all", y.All != nil)
	put("any", y.Any != nil)
	put("not", y.Not != nil)
	put("field", y.Field != "")
	put("condition", y.Condition != "")
	put("namespace", y.Namespace != "")
	put("selector", y.Selector != "")
	put("where", y.Where != nil)
	put("measure", y.Measure != "")
	put("version", y.Version != "")
	put("window", y.Window != "")
	put("is", y.Is != nil)
	put("atLeast", y.AtLeast != nil)
	put("atMost", y.AtMost != nil)
	put("matches", y.Matches != nil)
	return out
}

// compiler makes conditions from what scenario.yaml says.
type compiler struct {
	*report
	n int // conditions of the step so far
}

func (p *compiler) wrong(y *conditionYAML, format string, args ...any) condition {
	p.add(ScenarioFile, y.line, format, args...)
	return nil
}

// compile makes a condition; nil where something is wrong with it, which is reported. Only a condition of a step has an id.
func (p *compiler) compile(y *conditionYAML, depth int, allowed []string) condition {
	if p.n++; p.n > maxConditions {
		if p.n == maxConditions+1 {
			p.wrong(y, "more than %d conditions in a step", maxConditions)
		}
		return nil
	}
	if depth > maxNesting {
		return p.wrong(y, "conditions are nested more than %d deep", maxNesting)
	}
	if depth > 1 && y.ID != "" {
		return p.wrong(y, "only a check of a step has an id")
	}
	keys := y.keys()
	i := slices.IndexFunc(keys, func(k string) bool { return slices.Contains(allowed, k) })
	if i < 0 {
		return p.wrong(y, "a condition is missing: one of %s", strings.Join(allowed, ", "))
	}
	key := keys[i]
	for _, other := range keys {
		if other != key && !slices.Contains(beside(key), other) {
			return p.wrong(y, "%s does not go together with %s", quote(other), quote(key))
		}
	}
	for _, text := range []string{y.Field, y.Selector, y.Object, y.Command, y.Version, y.Condition, y.Count, y.Traffic} {
		if len(text) > maxPattern {
			return p.wrong(y, "a text of the condition has %d bytes; at most %d are allowed", len(text), maxPattern)
		}
	}
	t, ok := p.test(y)
	if !ok {
		return nil
	}
	switch key {
	case "object":
		return p.object(y, t)
	case "field", "condition":
		return p.ofObject(y, t)
	case "count":
		return p.count(y, t, depth)
	case "traffic":
		return p.traffic(y, t)
	case "command":
		return &commandGiven{words: commandWords(y.Command), text: strings.TrimSpace(y.Command), times: t}
	case "happened":
		return p.happened(y, t)
	case "sequence":
		s := &sequence{}
		for i := range y.Sequence {
			if e, ok := p.compile(&y.Sequence[i], depth+1, inOrder).(event); ok {
				s.events = append(s.events, e)
			}
		}
		if len(y.Sequence) < 2 {
			return p.wrong(y, "a sequence has two events or more")
		}
		return s
	case "elapsed":
		d, err := time.ParseDuration(y.Elapsed)
		if err != nil || d <= 0 || d > maxElapsed {
			return p.wrong(y, "%s is no time such as 30s or 5m, at most 24h", quote(y.Elapsed))
		}
		return elapsed(d)
	case "not":
		if c := p.compile(y.Not, depth+1, anywhere); c != nil {
			return &not{c}
		}
		return nil
	}
	list := y.All
	if key == "any" {
		list = y.Any
	}
	if len(list) == 0 {
		return p.wrong(y, "%s is empty", quote(key))
	}
	m := &several{any: key == "any"}
	for i := range list {
		if c := p.compile(&list[i], depth+1, anywhere); c != nil {
			m.conds = append(m.conds, c)
		}
	}
	return m
}

// object is a condition on one object.
func (p *compiler) object(y *conditionYAML, t test) condition {
	part := strings.Split(y.Object, "/")
	if len(part) < 2 || len(part) > 3 || slices.Contains(part, "") {
		return p.wrong(y, "%s is no object: write KIND/NAME or KIND/NAMESPACE/NAME", quote(y.Object))
	}
	o := &object{kind: part[0], name: part[len(part)-1]}
	if len(part) == 3 {
		o.namespace = part[1]
	}
	if y.Field == "" && y.Condition == "" {
		if t.given() {
			return p.wrong(y, "which field is compared? %s is missing", quote("field"))
		}
		return o
	}
	of, ok := p.ofObject(y, t).(quality)
	if !ok {
		return nil
	}
	o.of = of
	return o
}

// ofObject is a field or a condition of an object.
func (p *compiler) ofObject(y *conditionYAML, t test) condition {
	switch {
	case y.Field != "" && y.Condition != "":
		return p.wrong(y, "%s does not go together with %s", quote("field"), quote("condition"))
	case y.Condition != "":
		if t.given() {
			return p.wrong(y, "a condition is not compared: write condition: TYPE or condition: TYPE=STATUS")
		}
		name, status, ok := strings.Cut(y.Condition, "=")
		if !ok {
			status = "True"
		}
		return &conditionOf{strings.TrimSpace(name), strings.TrimSpace(status)}
	case !t.given():
		return p.wrong(y, "what should the field be? One of is, atLeast, atMost and matches is missing")
	case strings.Count(y.Field, "..") > 1:
		return p.wrong(y, "%s: at most one \"..\" in a path", quote(y.Field))
	}
	expr, err := jsonpath.Relaxed(y.Field)
	if err != nil {
		return p.wrong(y, "%s: %v", quote(y.Field), err)
	}
	path, err := jsonpath.Parse(expr)
	if err != nil {
		return p.wrong(y, "%s: %v", quote(y.Field), err)
	}
	return &field{text: y.Field, path: path, test: t}
}

func (p *compiler) count(y *conditionYAML, t test, depth int) condition {
	if !t.given() {
		return p.wrong(y, "how many? One of is, atLeast and atMost is missing")
	}
	c := &counted{kind: y.Count, namespace: y.Namespace, test: t}
	sel, err := labels.Parse(y.Selector)
	if err != nil {
		return p.wrong(y, "%s: %v", quote(y.Selector), err)
	}
	c.selector = sel
	for i := range y.Where {
		if q, ok := p.compile(&y.Where[i], depth+1, inWhere).(quality); ok {
			c.where = append(c.where, q)
		}
	}
	return c
}

func (p *compiler) traffic(y *conditionYAML, t test) condition {
	f := &traffic{service: y.Traffic, measure: y.Measure, version: y.Version, test: t}
	if !strings.Contains(f.service, "/") {
		f.service = "default/" + f.service
	}
	switch {
	case !slices.Contains(measures, y.Measure):
		return p.wrong(y, "%s measures nothing: there are %s", quote(y.Measure), strings.Join(measures, ", "))
	case !t.given():
		return p.wrong(y, "how much? One of is, atLeast and atMost is missing")
	case (y.Measure == "share") && y.Version == "":
		return p.wrong(y, "whose share? %s is missing", quote("version"))
	case y.Measure == "rps" && (y.Version != "" || y.Window != ""):
		return p.wrong(y, "rps is what is sent now, to all versions: it has no version and no window")
	}
	if y.Window != "" {
		d, err := time.ParseDuration(y.Window)
		if err != nil || d < time.Second || d > maxWindow {
			return p.wrong(y, "%s is no time between 1s and 10m", quote(y.Window))
		}
		f.window = d
	}
	return f
}

func (p *compiler) happened(y *conditionYAML, t test) condition {
	h := y.Happened
	if *h == (happenedYAML{}) {
		return p.wrong(y, "what happened? One of what, object, by, text and because is missing")
	}
	if n := len(h.Object) + len(h.By) + len(h.Text) + len(h.Because); n > maxPattern {
		return p.wrong(y, "what happened has %d bytes; at most %d are allowed", n, maxPattern)
	}
	e := &happened{what: h.What, object: reference(h.Object), by: h.By, text: h.Text, times: t}
	if h.What != "" && !slices.Contains(recordKinds, h.What) {
		return p.wrong(y, "%s never happens: there are %s", quote(h.What), strings.Join(recordKinds, ", "))
	}
	if h.Because != "" {
		e.because = commandWords(h.Because)
	}
	e.describe(h)
	return e
}

// test compares a value.
type test struct {
	is, atLeast, atMost *string
	matches             *regexp.Regexp
}

func (t *test) given() bool {
	return t.is != nil || t.atLeast != nil || t.atMost != nil || t.matches != nil
}

func (p *compiler) test(y *conditionYAML) (test, bool) {
	t := test{is: y.Is, atLeast: y.AtLeast, atMost: y.AtMost}
	fail := func(format string, args ...any) (test, bool) {
		p.wrong(y, format, args...)
		return t, false
	}
	for _, s := range []*string{y.Is, y.AtLeast, y.AtMost, y.Matches} {
		if s != nil && len(*s) > maxPattern {
			return fail("what a value is compared with has %d bytes; at most %d are allowed", len(*s), maxPattern)
		}
	}
	for _, s := range []*string{y.AtLeast, y.AtMost} {
		if s == nil {
			continue
		}
		if _, ok := number(*s); !ok {
			return fail("%s is neither a number nor a quantity such as 500m or 1Gi", quote(*s))
		}
	}
	if y.Is != nil && (y.AtLeast != nil || y.AtMost != nil || y.Matches != nil) {
		return fail("%s stands alone", quote("is"))
	}
	if y.Matches != nil {
		re, err := regexp.Compile(*y.Matches)
		if err != nil {
			return fail("%s: %v", quote(*y.Matches), err)
		}
		t.matches = re
	}
	return t, true
}
