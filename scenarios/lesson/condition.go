package lesson

import (
	"reflect"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine/api/jsonpath"
)

// condition is what a check asks for, as scenario.yaml has it and, below, as it is worked with.
type condition struct {
	line int
	ID   string `yaml:"id"`

	Object    string        `yaml:"object"`
	Count     string        `yaml:"count"`
	Traffic   string        `yaml:"traffic"`
	Command   string        `yaml:"command"`
	Happened  *happenedYAML `yaml:"happened"`
	Sequence  []*condition  `yaml:"sequence"`
	Elapsed   string        `yaml:"elapsed"`
	All       []*condition  `yaml:"all"`
	Any       []*condition  `yaml:"any"`
	Not       *condition    `yaml:"not"`
	Field     string        `yaml:"field"`
	Condition string        `yaml:"condition"`
	Namespace string        `yaml:"namespace"`
	Selector  string        `yaml:"selector"`
	Where     []*condition  `yaml:"where"`
	Measure   string        `yaml:"measure"`
	Version   string        `yaml:"version"`
	Window    string        `yaml:"window"`
	Is        *string       `yaml:"is"`
	AtLeast   *string       `yaml:"atLeast"`
	AtMost    *string       `yaml:"atMost"`
	Matches   *string       `yaml:"matches"`

	key      string // the one that makes the condition
	path     *jsonpath.Path
	matches  *regexp.Regexp
	selector labels.Selector
	span     time.Duration // of elapsed and window
	words    words         // of command, and of because
}

// happenedYAML says which records are looked for.
type happenedYAML struct {
	What    string `yaml:"what"`
	Object  string `yaml:"object"`
	By      string `yaml:"by"`
	Text    string `yaml:"text"`
	Because string `yaml:"because"`
}

// Limits of conditions.
const (
	maxConditions = 40  // in a step
	maxPattern    = 200 // bytes of a field or an expression
	maxNesting    = 6
	maxWindow     = 10 * time.Minute
	maxElapsed    = 24 * time.Hour
)

// Which keys make a condition, by where it stands. Each list begins and ends with a space, as those below.
const (
	anywhere = " object count traffic command happened sequence elapsed all any not "
	inWhere  = " field condition "
	inOrder  = " command happened "
)

// beside are the keys that may stand beside the one that makes the condition.
func beside(key string) string {
	const amount = " is atLeast atMost "
	switch key {
	case "object":
		return " field condition matches" + amount
	case "field":
		return " matches" + amount
	case "count":
		return " namespace selector where" + amount
	case "traffic":
		return " measure version window" + amount
	case "command", "happened":
		return amount
	}
	return ""
}

// has reports that a list of words has one.
func has(list, word string) bool { return strings.Contains(list, " "+word+" ") }

// compiler makes ready what scenario.yaml says; what is wrong with it is reported.
type compiler struct {
	*report
	n int // conditions of the step so far
}

// compile makes a condition ready. Only a check of a step has an id.
func (p *compiler) compile(c *condition, depth int, allowed string) {
	if why := p.ready(c, depth, allowed); why != "" {
		p.add(ScenarioFile, c.line, why)
	}
}

// ready is compile; it returns what is wrong.
func (p *compiler) ready(c *condition, depth int, allowed string) string {
	p.n++
	switch {
	case p.n > maxConditions:
		return tooMany
	case depth > maxNesting:
		return "conditions are nested too deep"
	case depth > 1 && c.ID != "":
		return "only a check of a step has an id"
	}
	given := c.given()
	for _, key := range given {
		if has(allowed, key) && c.key == "" {
			c.key = key
		}
	}
	for _, key := range given {
		if key != c.key && !has(beside(c.key), key) {
			return key + " does not go together with " + c.key
		}
	}
	lists := [][]*condition{c.All, c.Any, c.Sequence, c.Where, {c.Not}}
	for i, list := range lists {
		for _, x := range list {
			if x != nil {
				p.compile(x, depth+1, [5]string{anywhere, anywhere, inOrder, inWhere, anywhere}[i])
			} else if i < 4 {
				return "an entry of a list is empty"
			}
		}
	}
	why := c.comparison()
	if why == "" {
		why = c.check(allowed)
	}
	return why
}

// given are the keys that are there, in the order of the fields above.
func (c *condition) given() []string {
	var keys []string
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if name := v.Type().Field(i).Tag.Get("yaml"); name != "" && name != "id" && !f.IsZero() {
			keys = append(keys, name)
		}
	}
	return keys
}

// comparison makes ready what a value is compared with, and tells what is wrong.
func (c *condition) comparison() (why string) {
	for _, s := range []*string{c.AtLeast, c.AtMost} {
		if s != nil {
			if _, ok := number(*s); !ok {
				return "atLeast and atMost are numbers, or quantities such as 500m or 1Gi"
			}
		}
	}
	if c.Is != nil && (c.AtLeast != nil || c.AtMost != nil || c.Matches != nil) {
		return "is stands alone"
	}
	if c.Matches != nil {
		if len(*c.Matches) > maxPattern {
			return "a regular expression has at most 200 bytes"
		}
		re, err := regexp.Compile(*c.Matches)
		if err != nil {
			return err.Error()
		}
		c.matches = re
	}
	return ""
}

// compares reports that there is something a value is compared with.
func (c *condition) compares() bool {
	return c.Is != nil || c.AtLeast != nil || c.AtMost != nil || c.Matches != nil
}

// check looks at what belongs to the key, makes it ready, and tells what is wrong.
func (c *condition) check(allowed string) (why string) {
	switch {
	case c.key == "":
		return "a condition is missing: one of" + allowed
	case (c.key == "count" || c.key == "traffic" || c.Field != "") && !c.compares():
		return "what should it be? One of is, atLeast, atMost or (of a field) matches is missing"
	case c.Field != "" && c.Condition != "", c.Field == "" && (c.key == "object" || c.Condition != "") && c.compares():
		return "what is compared is a field; a condition is written TYPE or TYPE=STATUS, and stands without a field"
	}
	var err error
	if c.Field != "" {
		var path string
		if path, err = jsonpath.Relaxed(c.Field); err == nil {
			c.path, err = jsonpath.Parse(path)
		}
		// Each of these finds more than one value, and they multiply.
		if len(c.Field) > maxPattern || strings.Count(c.Field, "..") > 1 || strings.Count(c.Field, ",") > 4 {
			return "a field has at most 200 bytes, one \"..\" and four commas"
		}
	}
	switch c.key {
	case "object":
		if n := strings.Count(c.Object, "/"); n < 1 || n > 2 || strings.Contains("/"+c.Object+"/", "//") {
			return "an object is written KIND/NAME or KIND/NAMESPACE/NAME"
		}
	case "count":
		c.selector, err = labels.Parse(c.Selector)
	case "traffic":
		if !has(measures, c.Measure) {
			return "measure is one of" + measures
		}
		if (c.Measure == "share") != (c.Version != "") && (c.Version == "" || c.Measure == "rps") || c.Measure == "rps" && c.Window != "" {
			return "share needs a version; rps, which is what is sent now, has neither version nor window"
		}
		if c.Window != "" {
			return c.time(c.Window, maxWindow)
		}
	case "elapsed":
		return c.time(c.Elapsed, maxElapsed)
	case "command":
		c.words = commandWords(c.Command)
	case "happened":
		h := c.Happened
		if h.label() == "" || h.What != "" && !has(recordKinds, h.What) {
			return "what happened? One of what, object, by, text and because; what is one of" + recordKinds
		}
		c.words = commandWords(h.Because)
	case "sequence":
		if len(c.Sequence) < 2 {
			return "a sequence has two events or more"
		}
	case "all", "any":
		if len(c.All)+len(c.Any) == 0 {
			return c.key + " is empty"
		}
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// time reads the span of a condition.
func (c *condition) time(text string, most time.Duration) (why string) {
	var err error
	if c.span, err = time.ParseDuration(text); err != nil || c.span < time.Second || c.span > most {
		return "a time is written 30s or 5m; here it is between 1s and " + most.String()
	}
	return ""
}
