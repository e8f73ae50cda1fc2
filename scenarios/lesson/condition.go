package lesson

import (
	"reflect"
	"regexp"
	"strconv"
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
	maxConditions = 40 // in a step
	maxNesting    = 6
	maxPattern    = 300 // bytes of each text
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

// listed is a list of words as a person reads it.
func listed(words string) string { return strings.ReplaceAll(strings.TrimSpace(words), " ", ", ") }

// compiler makes ready what scenario.yaml says; what is wrong with it is reported.
type compiler struct {
	*report
	n int // conditions of the step so far
}

// compile makes a condition ready. Only a check of a step has an id.
func (p *compiler) compile(c *condition, depth int, allowed string) {
	if why := p.ready(c, depth, allowed); why != nil {
		p.add(ScenarioFile, c.line, "$1", why.Error())
	}
}

func (p *compiler) ready(c *condition, depth int, allowed string) error {
	p.n++
	switch {
	case p.n > maxConditions:
		return wrong("more than $1 conditions in a step", strconv.Itoa(maxConditions))
	case depth > maxNesting:
		return wrong("conditions are nested more than $1 deep", strconv.Itoa(maxNesting))
	case depth > 1 && c.ID != "":
		return wrong("only a check of a step has an id")
	}
	given, err := c.given()
	if err != nil {
		return err
	}
	for _, key := range given {
		if has(allowed, key) && c.key == "" {
			c.key = key
		}
	}
	if c.key == "" {
		return wrong("a condition is missing: one of $1", listed(allowed))
	}
	for _, key := range given {
		if key != c.key && !has(beside(c.key), key) {
			return wrong("$1 does not go together with $2", key, c.key)
		}
	}
	if err := c.comparison(); err != nil {
		return err
	}
	lists := [][]*condition{c.All, c.Any, c.Sequence, c.Where}
	for i, list := range lists {
		allowed := []string{anywhere, anywhere, inOrder, inWhere}[i]
		for _, x := range list {
			if x == nil {
				return wrong("an entry of a list is empty")
			}
			p.compile(x, depth+1, allowed)
		}
	}
	if c.Not != nil {
		p.compile(c.Not, depth+1, anywhere)
	}
	return c.check()
}

// given are the keys that are there, in the order of the fields above.
func (c *condition) given() ([]string, error) {
	var keys []string
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" || name == "id" || f.IsZero() {
			continue
		}
		if f.Kind() == reflect.String && f.Len() > maxPattern {
			return nil, wrong("$1 has more than $2 bytes", name, strconv.Itoa(maxPattern))
		}
		keys = append(keys, name)
	}
	return keys, nil
}

// comparison makes ready what a value is compared with.
func (c *condition) comparison() error {
	for _, s := range []*string{c.Is, c.AtLeast, c.AtMost, c.Matches} {
		if s == nil {
			continue
		}
		if len(*s) > maxPattern {
			return wrong("what a value is compared with has more than $1 bytes", strconv.Itoa(maxPattern))
		}
		if _, ok := number(*s); !ok && (s == c.AtLeast || s == c.AtMost) {
			return wrong("$1 is neither a number nor a quantity such as 500m or 1Gi", quote(*s))
		}
	}
	if c.Is != nil && (c.AtLeast != nil || c.AtMost != nil || c.Matches != nil) {
		return wrong("is stands alone")
	}
	if c.Matches != nil {
		var err error
		c.matches, err = regexp.Compile(*c.Matches)
		return err
	}
	return nil
}

// compares reports that there is something a value is compared with.
func (c *condition) compares() bool {
	return c.Is != nil || c.AtLeast != nil || c.AtMost != nil || c.Matches != nil
}

// check looks at what belongs to the key, and makes it ready.
func (c *condition) check() (err error) {
	ofObject := c.Field != "" || c.Condition != ""
	switch {
	case (c.key == "count" || c.key == "traffic" || c.Field != "") && !c.compares():
		return wrong("what should it be? One of is, atLeast, atMost or (of a field) matches is missing")
	case c.Field != "" && c.Condition != "":
		return wrong("field does not go together with condition")
	case c.Condition != "" && c.compares():
		return wrong("a condition is not compared: write condition: TYPE or condition: TYPE=STATUS")
	case c.key == "object" && !ofObject && c.compares():
		return wrong("which field is compared?")
	}
	if c.Field != "" {
		// Several would take long in a big object.
		if strings.Count(c.Field, "..") > 1 {
			return wrong("$1: at most one \"..\" in a path", quote(c.Field))
		}
		expr, err := jsonpath.Relaxed(c.Field)
		if err == nil {
			c.path, err = jsonpath.Parse(expr)
		}
		if err != nil {
			return wrong("$1: $2", quote(c.Field), err.Error())
		}
	}
	switch c.key {
	case "object":
		if n := strings.Count(c.Object, "/"); n < 1 || n > 2 || strings.Contains("/"+c.Object+"/", "//") {
			return wrong("$1 is no object: write KIND/NAME or KIND/NAMESPACE/NAME", quote(c.Object))
		}
	case "count":
		c.selector, err = labels.Parse(c.Selector)
		return err
	case "traffic":
		switch {
		case !has(measures, c.Measure):
			return wrong("$1 measures nothing: there are $2", quote(c.Measure), listed(measures))
		case c.Measure == "share" && c.Version == "":
			return wrong("whose share? version is missing")
		case c.Measure == "rps" && c.Version+c.Window != "":
			return wrong("rps is what is sent now, to all versions: it has no version and no window")
		}
		return c.time(c.Window, maxWindow)
	case "elapsed":
		return c.time(c.Elapsed, maxElapsed)
	case "command":
		c.words = commandWords(c.Command)
	case "happened":
		h := c.Happened
		all := h.label()
		switch {
		case all == "":
			return wrong("what happened? One of what, object, by, text and because is missing")
		case len(all) > maxPattern:
			return wrong("what happened has more than $1 bytes", strconv.Itoa(maxPattern))
		case h.What != "" && !has(recordKinds, h.What):
			return wrong("$1 never happens: there are $2", quote(h.What), listed(recordKinds))
		}
		c.words = commandWords(h.Because)
	case "sequence":
		if len(c.Sequence) < 2 {
			return wrong("a sequence has two events or more")
		}
	case "all", "any":
		if len(c.All)+len(c.Any) == 0 {
			return wrong("$1 is empty", c.key)
		}
	}
	return nil
}

// time reads the span of a condition.
func (c *condition) time(text string, most time.Duration) (err error) {
	if text == "" {
		return nil
	}
	c.span, err = time.ParseDuration(text)
	if err != nil || c.span < time.Second || c.span > most {
		return wrong("$1 is no time between 1s and $2", quote(text), most.String())
	}
	return nil
}
