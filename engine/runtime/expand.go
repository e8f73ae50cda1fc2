package runtime

import (
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (p *process) path(s string) string {
	if !path.IsAbs(s) {
		return path.Join(p.vars["PWD"], s)
	}
	return s
}

// words expands words into fields, splitting what is not quoted.
func (p *process) words(list []*syntax.Word, k func([]string)) {
	var out []string
	size := 0
	var next func(i int)
	next = func(i int) {
		if i == len(list) {
			k(out)
			return
		}
		p.fields(list[i], func(f []string) {
			out = append(out, f...)
			for _, s := range f {
				size += len(s)
			}
			if p.fits(size) {
				next(i + 1)
			}
		})
	}
	next(0)
}

func (p *process) fields(w *syntax.Word, k func([]string)) {
	var fields []string
	var cur strings.Builder
	has := false
	var next func(i int)
	next = func(i int) {
		if i == len(w.Parts) {
			if has {
				fields = append(fields, cur.String())
			}
			k(fields)
			return
		}
		_, lit := w.Parts[i].(*syntax.Lit)
		_, sgl := w.Parts[i].(*syntax.SglQuoted)
		_, dbl := w.Parts[i].(*syntax.DblQuoted)
		p.part(w.Parts[i], false, func(s string) {
			if !p.fits(cur.Len() + len(s)) {
				return
			}
			if lit || sgl || dbl {
				cur.WriteString(s)
				has = true
				next(i + 1)
				return
			}
			for j, f := range strings.FieldsFunc(s, isSpace) {
				if j > 0 || s != "" && isSpace(rune(s[0])) && has {
					fields = append(fields, cur.String())
					cur.Reset()
				}
				cur.WriteString(f)
				has = true
			}
			next(i + 1)
		})
	}
	next(0)
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }

// word expands a word into one string.
func (p *process) word(w *syntax.Word, k func(string)) {
	if w == nil {
		k("")
		return
	}
	p.parts(w.Parts, false, k)
}

func (p *process) parts(list []syntax.WordPart, quoted bool, k func(string)) {
	var b strings.Builder
	var next func(i int)
	next = func(i int) {
		if i == len(list) {
			k(b.String())
			return
		}
		p.part(list[i], quoted, func(s string) {
			if p.fits(b.Len() + len(s)) {
				b.WriteString(s)
				next(i + 1)
			}
		})
	}
	next(0)
}

func (p *process) part(part syntax.WordPart, quoted bool, k func(string)) {
	switch x := part.(type) {
	case *syntax.Lit:
		k(unescape(x.Value, quoted))
	case *syntax.SglQuoted:
		if x.Dollar {
			k(ansi(x.Value))
			return
		}
		k(x.Value)
	case *syntax.DblQuoted:
		p.parts(x.Parts, true, k)
	case *syntax.ParamExp:
		p.param(x, k)
	case *syntax.CmdSubst:
		saved := p.out
		var b strings.Builder
		p.out = func(s string) {
			if b.Len() < maxWhole {
				b.WriteString(s)
			}
		}
		p.stmts(x.Stmts, 0, func(flow) {
			p.out = saved
			k(strings.TrimRight(b.String(), "\n"))
		})
	case *syntax.ArithmExp:
		k(strconv.Itoa(p.arith(x.X)))
	default:
		k("")
	}
}

// unescape takes the backslashes away that quote; inside double quotes only these do.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, "\\") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ansi undoes the escapes of echo -e, printf and $'...'.
func ansi(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\r`, "\r", `\"`, `"`, `\'`, "'").Replace(s)
}

func (p *process) param(x *syntax.ParamExp, k func(string)) {
	name := x.Param.Value
	v, set := p.get(name)
	if x.Length {
		k(strconv.Itoa(len(v)))
		return
	}
	if x.Exp == nil {
		k(v)
		return
	}
	p.word(x.Exp.Word, func(w string) {
		switch x.Exp.Op {
		case syntax.DefaultUnsetOrNull:
			if v == "" {
				v = w
			}
		case syntax.DefaultUnset:
			if !set {
				v = w
			}
		case syntax.AssignUnsetOrNull, syntax.AssignUnset:
			if v == "" {
				v = w
				p.vars[name] = w
			}
		case syntax.AlternateUnsetOrNull, syntax.AlternateUnset:
			if v != "" {
				v = w
			}
		case syntax.RemSmallPrefix, syntax.RemLargePrefix:
			v = trimGlob(v, w, true, x.Exp.Op == syntax.RemLargePrefix)
		case syntax.RemSmallSuffix, syntax.RemLargeSuffix:
			v = trimGlob(v, w, false, x.Exp.Op == syntax.RemLargeSuffix)
		}
		k(v)
	})
}

func trimGlob(v, pat string, prefix, large bool) string {
	n := len(v)
	for i := 0; i <= n; i++ {
		j := i
		if large {
			j = n - i
		}
		if prefix && globMatch(pat, v[:j]) {
			return v[j:]
		}
		if !prefix && globMatch(pat, v[n-j:]) {
			return v[:n-j]
		}
	}
	return v
}

func (p *process) assigns(list []*syntax.Assign, i int, k func()) {
	if i == len(list) {
		k()
		return
	}
	as := list[i]
	if as.Name == nil || as.Naked {
		p.assigns(list, i+1, k)
		return
	}
	p.word(as.Value, func(v string) {
		if as.Append {
			v = p.vars[as.Name.Value] + v
		}
		if p.assign(as.Name.Value, v) {
			p.assigns(list, i+1, k)
		}
	})
}

// arith is integer arithmetic; what is not a number counts as 0.
func (p *process) arith(x syntax.ArithmExpr) int {
	switch e := x.(type) {
	case *syntax.Word:
		s := ""
		p.word(e, func(v string) { s = v }) // no command in it may sleep: arithmetic does not wait
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
		v, _ := p.get(s)
		n, _ := strconv.Atoi(v)
		return n
	case *syntax.ParenArithm:
		return p.arith(e.X)
	case *syntax.UnaryArithm:
		name := ""
		if w, ok := e.X.(*syntax.Word); ok {
			name = literal(w)
		}
		v := p.arith(e.X)
		switch e.Op {
		case syntax.Inc, syntax.Dec:
			d := 1
			if e.Op == syntax.Dec {
				d = -1
			}
			p.vars[name] = strconv.Itoa(v + d)
			if e.Post {
				return v
			}
			return v + d
		case syntax.Not:
			return b2i(v == 0)
		case syntax.Minus:
			return -v
		}
		return v
	case *syntax.BinaryArithm:
		a, b := p.arith(e.X), p.arith(e.Y)
		name := ""
		if w, ok := e.X.(*syntax.Word); ok {
			name = literal(w)
		}
		set := func(v int) int { p.vars[name] = strconv.Itoa(v); return v }
		switch e.Op {
		case syntax.Add:
			return a + b
		case syntax.Sub:
			return a - b
		case syntax.Mul:
			return a * b
		case syntax.Quo:
			if b != 0 {
				return a / b
			}
		case syntax.Rem:
			if b != 0 {
				return a % b
			}
		case syntax.Eql:
			return b2i(a == b)
		case syntax.Neq:
			return b2i(a != b)
		case syntax.Lss:
			return b2i(a < b)
		case syntax.Leq:
			return b2i(a <= b)
		case syntax.Gtr:
			return b2i(a > b)
		case syntax.Geq:
			return b2i(a >= b)
		case syntax.AndArit:
			return b2i(a != 0 && b != 0)
		case syntax.OrArit:
			return b2i(a != 0 || b != 0)
		case syntax.Assgn:
			return set(b)
		case syntax.AddAssgn:
			return set(a + b)
		case syntax.SubAssgn:
			return set(a - b)
		}
	}
	return 0
}
