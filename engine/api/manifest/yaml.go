package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml2 "go.yaml.in/yaml/v2"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// toJSON converts a YAML document. Repeated keys are no error here: the last
// one counts, as in kubectl, and what strict decoding says of them is returned.
func toJSON(c chunk) (raw []byte, duplicates []error, fault *Error) {
	defer func() {
		// The YAML library recovers from its own errors only.
		if r := recover(); r != nil {
			raw, duplicates, fault = nil, nil, &Error{Line: c.line, Err: fmt.Errorf("yaml: %v", r)}
		}
	}()
	if line, column := badCharacter(c.text); line > 0 {
		return nil, nil, place(c.line+line-1, column, "control characters are not allowed")
	}
	// The library gives no line for what is wrong in the first one; one empty
	// line in front makes it the second.
	shifted := append([]byte("\n"), c.text...)
	raw, err := yaml.YAMLToJSONStrict(shifted)
	if err == nil {
		return raw, nil, nil
	}
	raw, lenientErr := yaml.YAMLToJSON(shifted)
	if lenientErr != nil {
		return nil, nil, locate(c, lenientErr)
	}
	return raw, []error{errors.New(renumber(err.Error(), c.line-2))}, nil
}

var (
	lineNumber = regexp.MustCompile(`\bline (\d+): `)
	syntaxLine = regexp.MustCompile(`(?s)^yaml: line (\d+): (.*)$`)
)

// renumber adds delta to the line numbers of a text.
func renumber(text string, delta int) string {
	return lineNumber.ReplaceAllStringFunc(text, func(m string) string {
		n, err := strconv.Atoi(lineNumber.FindStringSubmatch(m)[1])
		if err != nil {
			return m
		}
		return fmt.Sprintf("line %d: ", n+delta)
	})
}

// parserMessages are the problems that the library's parser finds. It gives
// the line before the one it is at; the scanner below it counts right.
var parserMessages = []string{
	"did not find expected node content",
	"did not find expected key",
	"did not find expected '-' indicator",
	"did not find expected ',' or ']'",
	"did not find expected ',' or '}'",
	"did not find expected <document start>",
	"found undefined tag handle",
}

// locate finds out where in the text a syntax error is.
func locate(c chunk, err error) *Error {
	m := syntaxLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &Error{Line: c.line + max(firstContent(c.text), 0), Err: err}
	}
	line, convErr := strconv.Atoi(m[1])
	if convErr != nil {
		return &Error{Line: c.line, Err: err}
	}
	problem := m[2]
	if !slices.Contains(parserMessages, problem) {
		// One less for the line put in front.
		line--
	}
	lines := bytes.Split(c.text, []byte("\n"))
	line = min(max(line, 1), len(lines))
	return place(c.line+line-1, columnOf(string(lines[line-1]), problem), problem)
}

func place(line, column int, problem string) *Error {
	where := fmt.Sprintf("line %d", line)
	if column > 0 {
		where += fmt.Sprintf(", column %d", column)
	}
	return &Error{Line: line, Column: column, Err: fmt.Errorf("yaml: %s: %s", where, problem)}
}

// columnOf finds the column, counted in characters, for those problems that
// have an obvious culprit in their line; 0 for others.
func columnOf(line, problem string) int {
	at := -1
	switch {
	case problem == "found character that cannot start any token" || strings.Contains(problem, "tab character"):
		at = strings.IndexAny(line, "\t@`%")
	case problem == "mapping values are not allowed in this context":
		if at = strings.LastIndex(line, ": "); at < 0 && strings.HasSuffix(strings.TrimSpace(line), ":") {
			at = strings.LastIndex(line, ":")
		}
	case strings.HasPrefix(problem, "did not find expected"):
		at = strings.IndexFunc(line, func(r rune) bool { return r != ' ' && r != '\t' && r != '\r' })
	}
	if at < 0 {
		return 0
	}
	return utf8.RuneCountInString(line[:at]) + 1
}

// badCharacter finds the first byte that YAML does not allow, which the
// library reports without a place. Line and column count from 1.
func badCharacter(text []byte) (line, column int) {
	line, column = 1, 1
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1,
			r < 0x20 && r != '\t' && r != '\n' && r != '\r',
			r == 0x7f, r >= 0x80 && r < 0xa0 && r != 0x85,
			r == 0xfffe, r == 0xffff:
			return line, column
		case r == '\n':
			line, column = line+1, 0
		}
		i += size
		column++
	}
	return 0, 0
}

// YAML writes an object, or JSON values, as kubectl does. It goes through JSON, and a text that YAML cannot hold unless it is
// escaped (U+FFFE, control characters) is lost on that way in kubectl, with an error: here it is escaped.
func YAML(v any) ([]byte, error) {
	text, err := yaml.Marshal(v)
	if err == nil {
		return text, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var m any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &m); err != nil {
		return nil, err
	}
	return yaml2.Marshal(m)
}
