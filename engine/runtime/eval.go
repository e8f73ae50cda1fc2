package runtime

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// stmts runs statements from index i on.
func (p *process) stmts(list []*syntax.Stmt, i int, k next) {
	if p.dead {
		return
	}
	if i >= len(list) {
		k(flow{})
		return
	}
	p.stmt(list[i], p.in, func(f flow) {
		if f.kind == 0 && p.errexit && p.status != 0 && checked(list[i]) {
			f = flow{kind: 'x'}
		}
		if f.kind != 0 {
			k(f)
			return
		}
		p.stmts(list, i+1, k)
	})
}

// checked reports whether set -e looks at a statement's status.
func checked(s *syntax.Stmt) bool {
	if s.Negated {
		return false
	}
	if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.AndStmt || b.Op == syntax.OrStmt) {
		return false
	}
	return true
}

func (p *process) stmt(s *syntax.Stmt, in *input, k next) {
	p.step(func() {
		done := k
		if s.Negated {
			done = func(f flow) {
				if f.kind == 0 {
					p.status = b2i(p.status == 0)
				}
				k(f)
			}
		}
		if s.Cmd == nil {
			p.status = 0
			p.redirect(s, in, func(*input, next) {}, done)
			return
		}
		if len(s.Redirs) == 0 {
			p.command(s.Cmd, in, done)
			return
		}
		p.redirect(s, in, func(in *input, after next) { p.command(s.Cmd, in, after) }, done)
	})
}

// redirect runs a command with its outputs going into files, or into each other, and its input taken from them.
func (p *process) redirect(s *syntax.Stmt, in *input, body func(in *input, after next), k next) {
	out, err := p.out, p.err
	restore := func(f flow) { p.out, p.err = out, err; k(f) }
	var i int
	var step func()
	step = func() {
		if i == len(s.Redirs) {
			if s.Cmd == nil {
				restore(flow{})
				return
			}
			body(in, restore)
			return
		}
		r := s.Redirs[i]
		i++
		fd := ""
		if r.N != nil {
			fd = r.N.Value
		}
		if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
			if r.Hdoc == nil {
				in = given("")
				step()
				return
			}
			if _, plain := r.Word.Parts[0].(*syntax.Lit); !plain {
				in = given(literal(r.Hdoc)) // a quoted delimiter: the text stands for itself
				step()
				return
			}
			p.parts(r.Hdoc.Parts, true, func(t string) { in = given(t); step() })
			return
		}
		p.word(r.Word, func(t string) {
			switch r.Op {
			case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.AppAll, syntax.RdrClob:
				if why := p.c.refuses(p.path(t)); why != "" && !strings.HasPrefix(t, "/dev/") && !strings.HasPrefix(t, "/proc/") {
					p.err("sh: can't create " + t + ": " + why + "\n")
					p.status = 1
					restore(flow{})
					return
				}
				sink := p.sink(t, r.Op == syntax.AppOut || r.Op == syntax.AppAll)
				if fd != "2" {
					p.out = sink
				}
				if fd == "2" || r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
					p.err = sink
				}
			case syntax.DplOut:
				switch {
				case t == "1" && fd == "2":
					p.err = p.out
				case t == "2" && fd != "2":
					p.out = p.err
				}
			case syntax.RdrIn:
				content, ok := p.c.ReadFile(p.path(t))
				if !ok {
					p.err("sh: can't open " + t + ": no such file\n")
					p.status = 1
					restore(flow{})
					return
				}
				in = given(content)
			case syntax.WordHdoc:
				in = given(t + "\n")
			}
			step()
		})
	}
	step()
}

// sink is where output goes that is redirected to a name. Files are written as it comes: whoever follows one sees it while
// the program goes on.
func (p *process) sink(name string, add bool) func(string) {
	switch name {
	case "/dev/null":
		return func(string) {}
	case "/dev/stdout":
		return p.out
	case "/dev/stderr":
		return p.err
	case "/proc/1/fd/1", "/proc/1/fd/2":
		return p.c.Print
	}
	file := p.path(name)
	limit := maxFile
	if !add {
		limit = maxWhole
		p.c.WriteFile(file, "", false)
	}
	return func(t string) { p.c.writeFile(file, t, true, limit) }
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *process) command(cmd syntax.Command, in *input, k next) {
	if _, simple := cmd.(*syntax.CallExpr); !simple && in != p.in {
		// What stands inside reads what the whole reads.
		saved, then := p.in, k
		p.in = in
		k = func(f flow) { p.in = saved; then(f) }
	}
	switch x := cmd.(type) {
	case *syntax.CallExpr:
		p.call(x, in, k)
	case *syntax.Block:
		p.stmts(x.Stmts, 0, k)
	case *syntax.Subshell:
		vars := make(map[string]string, len(p.vars))
		for n, v := range p.vars {
			vars[n] = v
		}
		p.stmts(x.Stmts, 0, func(f flow) {
			p.vars = vars
			k(flow{})
		})
	case *syntax.BinaryCmd:
		p.binary(x, in, k)
	case *syntax.IfClause:
		p.ifClause(x, k)
	case *syntax.WhileClause:
		p.while(x, k)
	case *syntax.ForClause:
		p.forClause(x, k)
	case *syntax.CaseClause:
		p.caseClause(x, k)
	case *syntax.FuncDecl:
		if p.funcs == nil {
			p.funcs = map[string]*syntax.Stmt{}
		}
		p.funcs[x.Name.Value] = x.Body
		p.status = 0
		k(flow{})
	case *syntax.DeclClause:
		p.assigns(x.Args, 0, func() { p.status = 0; k(flow{}) })
	case *syntax.TestClause:
		p.test(x.X, func(ok bool) { p.status = b2i(!ok); k(flow{}) })
	case *syntax.ArithmCmd:
		p.status = b2i(p.arith(x.X) == 0)
		k(flow{})
	default:
		p.err("sh: this construct is not supported here\n")
		p.status = 2
		k(flow{})
	}
}

func (p *process) binary(x *syntax.BinaryCmd, in *input, k next) {
	switch x.Op {
	case syntax.Pipe, syntax.PipeAll:
		// The left side's whole output is the right side's input: right for what ends, and what does not end has no
		// right side that anybody waits for.
		saved := p.out
		var b strings.Builder
		p.out = func(t string) {
			if b.Len() < maxWhole {
				b.WriteString(t)
			}
		}
		p.stmt(x.X, in, func(f flow) {
			p.out = saved
			p.stmt(x.Y, given(b.String()), k)
		})
		return
	}
	p.stmt(x.X, in, func(f flow) {
		if f.kind != 0 || (p.status == 0) != (x.Op == syntax.AndStmt) {
			k(f)
			return
		}
		p.stmt(x.Y, in, k)
	})
}

func (p *process) ifClause(x *syntax.IfClause, k next) {
	if len(x.Cond) == 0 { // else
		p.stmts(x.Then, 0, k)
		return
	}
	p.cond(x.Cond, func(f flow) {
		switch {
		case f.kind != 0:
			k(f)
		case p.status == 0:
			p.stmts(x.Then, 0, k)
		case x.Else != nil:
			p.ifClause(x.Else, k)
		default:
			p.status = 0
			k(flow{})
		}
	})
}

// cond runs a condition, of which set -e takes no notice.
func (p *process) cond(list []*syntax.Stmt, k next) {
	saved := p.errexit
	p.errexit = false
	p.stmts(list, 0, func(f flow) { p.errexit = saved; k(f) })
}

// loop handles break and continue around a body; more is called to go on.
func (p *process) loop(body []*syntax.Stmt, k next, more func()) {
	p.loops++
	p.stmts(body, 0, func(f flow) {
		switch {
		case f.kind == 'b' || f.kind == 'c':
			if f.level > 1 {
				k(flow{f.kind, f.level - 1})
			} else if f.kind == 'b' {
				p.status = 0
				k(flow{})
			} else {
				more()
			}
		case f.kind != 0:
			k(f)
		default:
			p.step(more)
		}
	})
}

func (p *process) while(x *syntax.WhileClause, k next) {
	var again func()
	again = func() {
		p.cond(x.Cond, func(f flow) {
			if f.kind != 0 {
				k(f)
				return
			}
			if (p.status == 0) == x.Until {
				p.status = 0
				k(flow{})
				return
			}
			p.loop(x.Do, k, again)
		})
	}
	again()
}

func (p *process) forClause(x *syntax.ForClause, k next) {
	switch l := x.Loop.(type) {
	case *syntax.WordIter:
		p.words(l.Items, func(items []string) {
			if l.Items == nil && len(p.params) > 1 {
				items = p.params[1:]
			}
			i := 0
			var again func()
			again = func() {
				if i == len(items) {
					k(flow{})
					return
				}
				p.vars[l.Name.Value] = items[i]
				i++
				p.loop(x.Do, k, again)
			}
			again()
		})
	case *syntax.CStyleLoop:
		if l.Init != nil {
			p.arith(l.Init)
		}
		var again func()
		again = func() {
			if l.Cond != nil && p.arith(l.Cond) == 0 {
				k(flow{})
				return
			}
			p.loop(x.Do, k, func() {
				if l.Post != nil {
					p.arith(l.Post)
				}
				again()
			})
		}
		again()
	default:
		k(flow{})
	}
}

func (p *process) caseClause(x *syntax.CaseClause, k next) {
	p.word(x.Word, func(v string) {
		for _, item := range x.Items {
			for _, pat := range item.Patterns {
				if globMatch(literal(pat), v) {
					p.stmts(item.Stmts, 0, k)
					return
				}
			}
		}
		p.status = 0
		k(flow{})
	})
}
