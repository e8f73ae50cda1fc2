package runtime

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// literal is a word's text without expansion, enough for patterns.
func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		switch x := part.(type) {
		case *syntax.Lit:
			b.WriteString(x.Value)
		case *syntax.SglQuoted:
			b.WriteString(x.Value)
		case *syntax.DblQuoted:
			b.WriteString(literal(&syntax.Word{Parts: x.Parts}))
		}
	}
	return b.String()
}

func globMatch(pat, s string) bool {
	for pat != "" {
		switch pat[0] {
		case '*':
			for i := 0; i <= len(s); i++ {
				if globMatch(pat[1:], s[i:]) {
					return true
				}
			}
			return false
		case '?':
			if s == "" {
				return false
			}
		default:
			if s == "" || s[0] != pat[0] {
				return false
			}
		}
		pat, s = pat[1:], s[1:]
	}
	return s == ""
}

// test is [[ ... ]].
func (p *process) test(x syntax.TestExpr, k func(bool)) {
	switch t := x.(type) {
	case *syntax.Word:
		p.word(t, func(s string) { k(s != "") })
	case *syntax.ParenTest:
		p.test(t.X, k)
	case *syntax.UnaryTest:
		if t.Op == syntax.TsNot {
			p.test(t.X, func(ok bool) { k(!ok) })
			return
		}
		if w, ok := t.X.(*syntax.Word); ok {
			p.word(w, func(s string) { k(p.unary(t.Op.String(), s)) })
			return
		}
		k(false)
	case *syntax.BinaryTest:
		switch t.Op {
		case syntax.AndTest:
			p.test(t.X, func(ok bool) {
				if !ok {
					k(false)
					return
				}
				p.test(t.Y, k)
			})
			return
		case syntax.OrTest:
			p.test(t.X, func(ok bool) {
				if ok {
					k(true)
					return
				}
				p.test(t.Y, k)
			})
			return
		}
		wx, ok1 := t.X.(*syntax.Word)
		wy, ok2 := t.Y.(*syntax.Word)
		if !ok1 || !ok2 {
			k(false)
			return
		}
		p.word(wx, func(a string) {
			p.word(wy, func(b string) {
				switch t.Op {
				case syntax.TsMatch, syntax.TsMatchShort:
					k(globMatch(b, a))
				case syntax.TsNoMatch:
					k(!globMatch(b, a))
				default:
					k(compare(a, t.Op.String(), b))
				}
			})
		})
	default:
		k(false)
	}
}

func (p *process) unary(op, s string) bool {
	switch op {
	case "-z":
		return s == ""
	case "-n":
		return s != ""
	case "-e", "-a", "-r", "-w", "-x":
		return p.c.exists(p.path(s))
	case "-f", "-s":
		t, ok := p.c.ReadFile(p.path(s))
		return ok && (op == "-f" || t != "")
	case "-d":
		return p.c.isDir(p.path(s))
	}
	return false
}

func compare(a, op, b string) bool {
	switch op {
	case "=", "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case ">":
		return a > b
	}
	x, _ := strconv.Atoi(strings.TrimSpace(a))
	y, _ := strconv.Atoi(strings.TrimSpace(b))
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	case "-ge":
		return x >= y
	}
	return false
}
