package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Path is a template of -o jsonpath: text, and expressions in braces.
// Upstream: k8s.io/client-go/util/jsonpath, whose dialect this is.
type Path struct{ nodes []pathNode }

// pathNode is text, an expression, or a range with a body.
type pathNode struct {
	text  string
	steps []pathStep
	isPat bool
	body  []pathNode
	loop  bool
}

type stepKind byte

const (
	stepField stepKind = iota
	stepWildcard
	stepRecursive
	stepSlice
	stepUnion
	stepFilter
	stepRoot // $
)

// pathStep is one step along a path.
type pathStep struct {
	kind  stepKind
	name  string
	slice [3]*int // start, end, step; a lone index has end = start+1
	index bool
	union [][]pathStep
	left  operand
	op    string
	right operand
}

// operand is one side of a filter: a path from the element, or a constant.
type operand struct {
	steps    []pathStep
	constant any
	isConst  bool
}

type pathParser struct {
	in string
	i  int
}

// Parse reads a template; its errors are those kubectl prints.
func Parse(text string) (*Path, error) {
	p := &pathParser{in: text}
	nodes, ended, err := p.nodes()
	if err != nil {
		return nil, err
	}
	if ended {
		return nil, errors.New("not in range, nothing to end")
	}
	return &Path{nodes}, nil
}

// nodes reads up to {end} or the end of the text.
func (p *pathParser) nodes() (out []pathNode, ended bool, err error) {
	for p.i < len(p.in) {
		open := strings.IndexByte(p.in[p.i:], '{')
		if open < 0 {
			out = append(out, pathNode{text: p.in[p.i:]})
			p.i = len(p.in)
			break
		}
		if open > 0 {
			out = append(out, pathNode{text: p.in[p.i : p.i+open]})
		}
		p.i += open + 1
		for {
			p.space()
			if p.i >= len(p.in) {
				return nil, false, errors.New("unclosed action")
			}
			ch := p.in[p.i]
			if ch == '}' {
				p.i++
				break
			}
			switch {
			case ch == '"' || ch == '\'':
				s, err := p.quoted()
				if err != nil {
					return nil, false, err
				}
				out = append(out, pathNode{text: s})
			case p.keyword("range"):
				p.space()
				steps, err := p.path()
				if err != nil {
					return nil, false, err
				}
				p.space()
				if p.i >= len(p.in) || p.in[p.i] != '}' {
					return nil, false, errors.New("unclosed action")
				}
				p.i++
				body, ended, err := p.nodes()
				if err != nil {
					return nil, false, err
				}
				if !ended {
					return nil, false, errors.New("unclosed range")
				}
				out = append(out, pathNode{loop: true, steps: steps, body: body})
				goto outside
			case p.keyword("end"):
				p.space()
				if p.i >= len(p.in) || p.in[p.i] != '}' {
					return nil, false, errors.New("unclosed action")
				}
				p.i++
				return out, true, nil
			default:
				steps, err := p.path()
				if err != nil {
					return nil, false, err
				}
				out = append(out, pathNode{isPat: true, steps: steps})
			}
		}
	outside:
	}
	return out, false, nil
}

func (p *pathParser) space() {
	for p.i < len(p.in) && (p.in[p.i] == ' ' || p.in[p.i] == '\t' || p.in[p.i] == '\n') {
		p.i++
	}
}

func (p *pathParser) keyword(word string) bool {
	rest := p.in[p.i:]
	if strings.HasPrefix(rest, word) && len(rest) > len(word) && (rest[len(word)] == ' ' || rest[len(word)] == '}') {
		p.i += len(word)
		return true
	}
	return false
}

func (p *pathParser) quoted() (string, error) {
	quote := p.in[p.i]
	start := p.i + 1
	for i := start; i < len(p.in); i++ {
		switch p.in[i] {
		case '\\':
			i++
		case quote:
			body := p.in[start:i]
			p.i = i + 1
			if quote == '\'' {
				body = strings.ReplaceAll(strings.ReplaceAll(body, `\'`, `'`), `"`, `\"`)
			}
			s, err := strconv.Unquote(`"` + body + `"`)
			if err != nil {
				return "", fmt.Errorf("unquote string %s error %v", p.in[start-1:i+1], err)
			}
			return s, nil
		}
	}
	return "", errors.New("unterminated quoted string")
}

// path reads steps up to a blank, brace, or operator.
func (p *pathParser) path() ([]pathStep, error) {
	var steps []pathStep
	start := p.i
	for p.i < len(p.in) {
		switch ch := p.in[p.i]; {
		case ch == '@' && p.i == start:
			p.i++
		case ch == '$':
			p.i++
			steps = append(steps, pathStep{kind: stepRoot})
		case strings.HasPrefix(p.in[p.i:], ".."):
			p.i += 2
			steps = append(steps, pathStep{kind: stepRecursive})
			if p.i < len(p.in) && p.in[p.i] != '[' && p.in[p.i] != '*' {
				steps = append(steps, pathStep{kind: stepField, name: p.name()})
			}
		case ch == '.':
			p.i++
			if p.i < len(p.in) && p.in[p.i] == '[' {
				continue
			}
			if p.i < len(p.in) && p.in[p.i] == '*' {
				continue
			}
			if name := p.name(); name != "" {
				steps = append(steps, pathStep{kind: stepField, name: name})
			}
		case ch == '*':
			p.i++
			steps = append(steps, pathStep{kind: stepWildcard})
		case ch == '[':
			s, err := p.bracket()
			if err != nil {
				return nil, err
			}
			steps = append(steps, s)
		case p.i == start:
			name := p.name()
			if name == "" {
				return nil, fmt.Errorf("unrecognized character in action: %q", string(ch))
			}
			steps = append(steps, pathStep{kind: stepField, name: name})
		default:
			return steps, nil
		}
	}
	return steps, nil
}

// name reads a field's name; a backslash takes the next character as it is.
func (p *pathParser) name() string {
	var b strings.Builder
	for p.i < len(p.in) {
		ch := p.in[p.i]
		if ch == '\\' && p.i+1 < len(p.in) {
			b.WriteByte(p.in[p.i+1])
			p.i += 2
			continue
		}
		if strings.IndexByte(" \t\n.,[]$@{}()*'\"<>=!|&?:", ch) >= 0 {
			break
		}
		b.WriteByte(ch)
		p.i++
	}
	return b.String()
}

// bracket reads [...]: an index, slice, union, wildcard or filter.
func (p *pathParser) bracket() (pathStep, error) {
	p.i++
	if strings.HasPrefix(p.in[p.i:], "?(") {
		p.i += 2
		return p.filter()
	}
	end, quote := -1, byte(0)
	for i := p.i; i < len(p.in); i++ {
		ch := p.in[i]
		switch {
		case quote != 0:
			if ch == '\\' {
				i++
			} else if ch == quote {
				quote = 0
			}
		case ch == '\'' || ch == '"':
			quote = ch
		case ch == ']':
			end = i
		}
		if end >= 0 {
			break
		}
	}
	if end < 0 {
		return pathStep{}, errors.New("unterminated array")
	}
	text := strings.TrimSpace(p.in[p.i:end])
	p.i = end + 1
	var parts []string
	from, q := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case q != 0:
			if ch == q {
				q = 0
			}
		case ch == '\'' || ch == '"':
			q = ch
		case ch == ',':
			parts = append(parts, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	parts = append(parts, strings.TrimSpace(text[from:]))
	var union [][]pathStep
	for _, part := range parts {
		s, err := element(part)
		if err != nil {
			return pathStep{}, err
		}
		if len(parts) == 1 {
			return s, nil
		}
		union = append(union, []pathStep{s})
	}
	return pathStep{kind: stepUnion, union: union}, nil
}

// element reads what stands alone in brackets.
func element(text string) (pathStep, error) {
	if text == "*" || text == "" {
		return pathStep{kind: stepWildcard}, nil
	}
	if n := len(text); text[0] == '\'' && n > 1 && text[n-1] == '\'' {
		// What stands in single quotes is a path again: its dots divide unless they are escaped.
		q := &pathParser{in: "." + text[1:n-1]}
		steps, err := q.path()
		return pathStep{kind: stepUnion, union: [][]pathStep{steps}}, err
	}
	if text[0] == '"' {
		q := &pathParser{in: text}
		s, err := q.quoted()
		return pathStep{kind: stepField, name: s}, err
	}
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return pathStep{}, fmt.Errorf("invalid array index %s", text)
	}
	s := pathStep{kind: stepSlice, index: len(parts) == 1}
	for i, part := range parts {
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			if len(parts) == 1 {
				return pathStep{}, fmt.Errorf("invalid array index %s", text)
			}
			return pathStep{}, fmt.Errorf("array index %s is not a number", part)
		}
		s.slice[i] = &n
	}
	return s, nil
}
