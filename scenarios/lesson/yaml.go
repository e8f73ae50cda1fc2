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
	Setup   []*textYAML `yaml:"setup"`
	Steps   []*stepYAML `yaml:"steps"`
}

type clusterYAML struct {
	Nodes   *int    `yaml:"nodes"`
	Masters *int    `yaml:"masters"`
	Seed    *uint64 `yaml:"seed"`
	Addons  bool    `yaml:"addons"`
}

type stepYAML struct {
	line     int
	ID       string       `yaml:"id"`
	Speed    *float64     `yaml:"speed"`
	Point    []*textYAML  `yaml:"point"`
	Checks   []*condition `yaml:"checks"`
	Solution []*textYAML  `yaml:"solution"`
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
func (c *condition) UnmarshalYAML(decode func(any) error) error {
	type check condition
	c.line = lineOf(decode)
	return decode((*check)(c))
}

// lineOf is the line of the node that decode decodes. The library tells lines in its errors only, so this asks for what no
// node can be decoded into. (Its third version has lines, and costs twenty times the bytes of this function in the page.)
func lineOf(decode func(any) error) int {
	var e *yaml.TypeError
	if err := decode(new(chan int)); errors.As(err, &e) && len(e.Errors) > 0 {
		n, _ := placed(e.Errors[0])
		return n
	}
	return 0
}

// placed takes the line off an error of the library.
func placed(text string) (line int, rest string) {
	if after, ok := strings.CutPrefix(text, "line "); ok {
		number, rest, _ := strings.Cut(after, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			return n, rest
		}
	}
	return 0, text
}

// decodeScenario reads scenario.yaml; nil if that makes no sense.
func decodeScenario(text string, r *report) *scenarioYAML {
	var syntax *manifest.Error
	if err := manifest.Syntax([]byte(text)); errors.As(err, &syntax) {
		r.add(ScenarioFile, syntax.Line, withoutPlace(err))
		return nil
	}
	began := false
	for i, line := range strings.Split(text, "\n") {
		marker := strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
		if marker && began {
			r.add(ScenarioFile, i+1, "a second document begins here: a lesson is one")
			return nil
		}
		began = began || !marker && strings.TrimSpace(line) != "" && line[0] != '#'
	}
	s := &scenarioYAML{}
	err := decodeStrictly(text, s)
	var types *yaml.TypeError
	switch {
	case errors.As(err, &types):
		for _, text := range types.Errors {
			line, rest := placed(text)
			r.add(ScenarioFile, line, plainer(rest))
		}
	case err != nil:
		r.add(ScenarioFile, 1, withoutPlace(err))
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

// kinds are what the library's errors call the types of the format, by how they begin.
var kinds = strings.NewReplacer("into []*lesson.", "where a list is wanted: ", "into []", "where a list is wanted: ", "into lesson.", "where a mapping is wanted: ",
	"into int", "where a whole number is wanted", "into uint64", "where a whole number is wanted", "into float64", "where a number is wanted",
	"into bool", "where true or false is wanted", "into string", "where a text is wanted",
	"cannot unmarshal ", "", "!!map", "a mapping", "!!seq", "a list", "!!", "", "not found in type lesson.", "is unknown in a ", "already set in type lesson.", "is given twice in a ")

// plainer says what the library says in words of the format, not of Go.
func plainer(text string) string {
	return strings.NewReplacer("scenarioYAML", "scenario", "clusterYAML", "cluster", "happenedYAML", "happened", "stepYAML", "step", "textYAML", "line").Replace(kinds.Replace(text))
}
