package jsonpath

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// filter reads the inside of [?(...)].
func (p *pathParser) filter() (pathStep, error) {
	s := pathStep{kind: stepFilter, op: "exists"}
	var err error
	if s.left, err = p.operand(); err != nil {
		return s, err
	}
	p.space()
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if strings.HasPrefix(p.in[p.i:], op) {
			s.op = op
			p.i += len(op)
			p.space()
			if s.right, err = p.operand(); err != nil {
				return s, err
			}
			break
		}
	}
	p.space()
	if !strings.HasPrefix(p.in[p.i:], ")]") {
		return s, errors.New("unterminated filter")
	}
	p.i += 2
	return s, nil
}

func (p *pathParser) operand() (operand, error) {
	p.space()
	if p.i >= len(p.in) {
		return operand{}, errors.New("unterminated filter")
	}
	ch := p.in[p.i]
	if ch == '"' || ch == '\'' {
		s, err := p.quoted()
		return operand{constant: s, isConst: true}, err
	}
	if ch == '-' || ch >= '0' && ch <= '9' {
		start := p.i
		for p.i < len(p.in) && strings.IndexByte("+-.0123456789eE", p.in[p.i]) >= 0 {
			p.i++
		}
		text := p.in[start:p.i]
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return operand{constant: n, isConst: true}, nil
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return operand{}, fmt.Errorf("cannot parse number %s", text)
		}
		return operand{constant: f, isConst: true}, nil
	}
	for _, word := range []string{"true", "false"} {
		if strings.HasPrefix(p.in[p.i:], word) {
			p.i += len(word)
			return operand{constant: word == "true", isConst: true}, nil
		}
	}
	steps, err := p.path()
	return operand{steps: steps}, err
}
