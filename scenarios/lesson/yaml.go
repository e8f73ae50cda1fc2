package lesson

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"

	"tabernetes/engine/api/manifest"
)

// The shape of scenario.yaml. Everything that may be wrong later knows its line.

type scenarioYAML struct {
	ID      string      `yaml:"id"`
	Order   *int        `yaml:"order"`
	Minutes int         `yaml:"minutes"`
	Cluster clusterYAML `yaml:"cluster"`
	Setup   []textYAML  `yaml:"setup"`
	Steps   []stepYAML  `yaml:"steps"`
}

type clusterYAML struct {
	Nodes   *int    `yaml:"nodes"`
	Masters *int    `yaml:"masters"`
	Seed    *uint64 `yaml:"seed"`
	Addons  bool    `yaml:"addons"`
}

type stepYAML struct {
	line     int
	ID       string          `yaml:"id"`
	Speed    *float64        `yaml:"speed"`
	Point    []textYAML      `yaml:"point"`
	Checks   []conditionYAML `yaml:"checks"`
	Solution []textYAML      `yaml:"solution"`
}

type conditionYAML struct {
	line int
	ID   string `yaml:"id"`

	Object    string          `yaml:"object"`
	Field     string          `yaml:"field"`
	Condition string          `yaml:"condition"`
	Count     string          `yaml:"count"`
	Namespace string          `yaml:"namespace"`
	Selector  string          `yaml:"selector"`
	Where     []conditionYAML `yaml:"where"`
	Traffic   string          `yaml:"traffic"`
	Measure   string          `yaml:"measure"`
	Version   string          `yaml:"version"`
	Window    string          `yaml:"window"`
	Command   string          `yaml:"command"`
	Happened  *happenedYAML   `yaml:"happened"`
	Sequence  []conditionYAML `yaml:"sequence"`
	Elapsed   string          `yaml:"elapsed"`
	All       []conditionYAML `yaml:"all"`
	Any       []conditionYAML `yaml:"any"`
	Not       *conditionYAML  `yaml:"not"`

	Is      *string `yaml:"is"`
	AtLeast *string `yaml:"atLeast"`
	AtMost  *string `yaml:"atMost"`
	Matches *string `yaml:"matches"`
}

type happenedYAML struct {
	What    string `yaml:"what"`
	Object  string `yaml:"object"`
	By      string `yaml:"by"`
	Text    string `yaml:"text"`
	Because string `yaml:"because"`
}

// textYAML is a text that knows its line.
type textYAML struct {
	line int
	text string
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *textYAML) UnmarshalYAML(decode func(any) error) error {
	t.line = lineOf(decode)
	return decode(&t.text)
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *stepYAML) UnmarshalYAML(decode func(any) error) error {
	type step stepYAML
	s.line = lineOf(decode)
	return decode((*step)(s))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *conditionYAML) UnmarshalYAML(decode func(any) error) error {
	type check conditionYAML
	c.line = lineOf(decode)
	return decode((*check)(c))
}

// lineOf is the line of the node that decode decodes. The library tells lines in its errors only, so this asks for what no
// node can be decoded into. (Its third version has lines, and costs twenty times the bytes of this function in the page.)
func lineOf(decode func(any) error) int {
	var e *yaml.TypeError
	if err := decode(new(chan int)); errors.As(err, &e) && len(e.Errors) > 0 {
		n, _, _ := placed(e.Errors[0])
		return n
	}
	return 0
}

// placed takes the line off an error of the library.
func placed(text string) (line int, rest string, ok bool) {
	after, ok := strings.CutPrefix(text, "line ")
	if !ok {
		return 0, text, false
	}
	number, rest, ok := strings.Cut(after, ": ")
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0, text, false
	}
	return n, rest, true
}

// decodeScenario reads scenario.yaml; nil if it is not YAML at all.
func decodeScenario(text string, r *report) *scenarioYAML {
	if err := manifest.Syntax([]byte(text)); err != nil {
		var e *manifest.Error
		line := 1
		if errors.As(err, &e) {
			line = e.Line
		}
		r.add(ScenarioFile, line, "%v", withoutPlace(err))
		return nil
	}
	began := false
	for i, line := range strings.Split(text, "\n") {
		marker := strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
		if marker && began {
			r.add(ScenarioFile, i+1, "a second document begins here: a lesson is one")
			return nil
		}
		began = began || !marker && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#")
	}
	s := &scenarioYAML{}
	err := decodeStrictly(text, s)
	var e *yaml.TypeError
	switch {
	case errors.As(err, &e):
		for _, text := range e.Errors {
			line, rest, _ := placed(text)
			r.add(ScenarioFile, line, "%s", plainer(rest))
		}
	case err != nil:
		r.add(ScenarioFile, 1, "%v", withoutPlace(err))
	}
	return s
}

// decodeStrictly guards against the library, which recovers from its own errors only.
func decodeStrictly(text string, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return yaml.UnmarshalStrict([]byte(text), into)
}

// withoutPlace is an error of package manifest without the line, which stands before it anyway.
func withoutPlace(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(text, "line ") {
		return rest
	}
	return text
}

// plainer says what the library says in words of the format, not of Go.
func plainer(text string) string {
	if rest, ok := strings.CutPrefix(text, "field "); ok {
		if name, _, ok := strings.Cut(rest, " not found in type "); ok {
			return "unknown field " + quote(name)
		}
		if name, _, ok := strings.Cut(rest, " already set in type "); ok {
			return "field " + quote(name) + " is given twice"
		}
	}
	rest, ok := strings.CutPrefix(text, "cannot unmarshal ")
	i := strings.LastIndex(rest, " into ")
	if !ok || i < 0 {
		return text
	}
	is, kind := rest[:i], rest[i+len(" into "):]
	for _, w := range [][2]string{{"[]", "a list"}, {"int", "a whole number"}, {"uint64", "a whole number"}, {"float64", "a number"}, {"bool", "true or false"}, {"string", "a text"}, {"", "a mapping"}} {
		if strings.HasPrefix(kind, w[0]) {
			kind = w[1]
			break
		}
	}
	tag, value, _ := strings.Cut(is, " ")
	switch tag {
	case "!!map":
		is = "a mapping"
	case "!!seq":
		is = "a list"
	default:
		is = quote(strings.Trim(value, "`"))
	}
	return is + " stands where " + kind + " is wanted"
}
