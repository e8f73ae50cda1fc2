package runtime

import (
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"tabernetes/engine/sim"
)

// process is a run of commands in virtual time: what a container without an app does, or an exec in a container.
// Evaluation is in continuation style, so that a sleep can be a timer and nothing ever blocks.
type process struct {
	c       *Container
	dead    bool
	vars    map[string]string
	params  []string // $0, $1, ...
	in      *input   // of whatever stands inside a compound command
	out     func(string)
	err     func(string)
	tty     *Session // the terminal it runs at, or nil
	fg      *process // what a shell runs in the foreground
	status  int
	traps   map[string]*syntax.File
	funcs   map[string]*syntax.Stmt
	loops   int // how often a loop's body ran: a program that loops is periodic work
	steps   int // since the last yield
	held    int // bytes in variables that it set
	calls   int // functions under way
	errexit bool
	exit    func(int)
	begun   sim.Time
	wait    sim.Timer // the sleep under way
}

// stepsPerYield bounds what a program does in one event; spinning programs burn virtual time, not the page's.
const (
	stepsPerYield = 200
	spinTime      = 10 * time.Millisecond
	maxSteady     = time.Minute
)

// flow says how a command left: normally, or by break, continue, return or exit.
type flow struct {
	kind  byte // 0, 'b', 'c', 'r', 'x'
	level int
}

type next func(flow)

func (c *Container) newProcess(exit func(int), out func(string)) *process {
	p := &process{c: c, vars: map[string]string{}, out: out, err: out, exit: exit, begun: c.Sandbox.rt.a.Now()}
	p.vars["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	p.vars["HOSTNAME"] = c.Sandbox.Hostname()
	p.vars["HOME"] = "/root"
	p.vars["PWD"] = "/"
	if c.Spec.WorkingDir != "" {
		p.vars["PWD"] = c.Spec.WorkingDir
	}
	for _, e := range c.env {
		k, v, _ := strings.Cut(e, "=")
		p.vars[k] = v
	}
	return p
}

// run starts the container's command. The program is PID 1: a signal it has no trap for does nothing to it.
func (c *Container) run() {
	argv := c.argv
	if len(argv) == 0 {
		argv = []string{"sh"} // an interactive shell without a terminal reads the end of its input
	}
	s := c.newSession(Stdio{Stdin: c.Spec.Stdin, TTY: c.Spec.TTY, Out: c.emit, Exit: func(code int) { c.exit(int32(code)) }})
	c.main, c.sh = s, s.p
	s.start(argv)
}

func (p *process) start(argv []string) {
	p.exec(argv, nil, func(f flow) {
		if !p.dead {
			p.dead = true
			p.exit(p.status)
		}
	})
}

// Exec runs a command in the container. timeout 0 is none. err is the runtime's: no such program, or out of time.
func (c *Container) Exec(argv []string, timeout time.Duration, done func(out string, code int, err error)) {
	a := c.Sandbox.rt.a
	if c.State != Running {
		done("", 0, runcError("container not running ("+c.ID+")"))
		return
	}
	if file, ok := c.runnable(argv); !ok {
		done("", 0, runcError("rpc error: code = Unknown desc = failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "+strconv.Quote(file)+": executable file not found in $PATH"))
		return
	}
	var b strings.Builder
	over := false
	var limit sim.Timer
	p := c.newProcess(func(code int) {
		if !over {
			over = true
			limit.Stop()
			done(b.String(), code, nil)
		}
	}, func(s string) {
		if b.Len() < 10<<10 {
			b.WriteString(s)
		}
	})
	p.start(argv)
	if !over && timeout > 0 {
		limit = a.After(timeout, "exec timeout", func() {
			if !over {
				over = true
				p.dead = true
				p.wait.Stop()
				done("", 0, runcError("command timed out: "+strconv.Quote(strings.Join(argv, " "))+" timed out after "+timeout.String()))
			}
		})
	}
}

// signal delivers a signal: to the trap the program set, else to nobody.
func (p *process) signal(name string) {
	f := p.traps[name]
	if f == nil || p.dead {
		return
	}
	// A shell runs the trap when the command under way has ended; `sleep & wait` returns at once, and so does this.
	p.wait.Stop()
	p.stmts(f.Stmts, 0, func(fl flow) {
		if fl.kind == 'x' && !p.dead {
			p.dead = true
			p.exit(p.status)
		}
	})
}

// sleep goes on after d. Waiting keeps the world unsettled only while it looks like a step on the way to something: a
// program that loops, or sleeps long, is periodic work.
func (p *process) sleep(d time.Duration, k func()) {
	a := p.c.Sandbox.rt.a
	s := a.Sim()
	cause := p.c.StartRecord
	bg := p.loops > 0 || d > maxSteady || a.Now().Add(d).Sub(p.begun) > 2*maxSteady
	s.In(sim.Context{Cause: cause, Background: bg}, func() {
		p.wait = a.After(d, "process", func() {
			if !p.dead {
				p.steps = 0
				k()
			}
		})
	})
}

// die ends a process, and what it runs.
func (p *process) die() {
	for ; p != nil; p = p.fg {
		p.dead = true
		p.wait.Stop()
	}
}

// cancel ends what a shell runs, and not the shell.
func (p *process) cancel() {
	p.fg.die()
	p.fg = nil
}

// foreground runs a program of a shell so that it can be cancelled: as a copy of the shell, which becomes the shell
// when it has ended.
func (p *process) foreground(f *syntax.File, in *input, k next) {
	q := *p
	q.in = in
	p.fg = &q
	q.stmts(f.Stmts, 0, func(fl flow) {
		in, dead := p.in, p.dead
		*p = q
		p.in, p.dead, p.fg = in, dead, nil
		if !dead {
			k(fl)
		}
	})
}

// parseShell parses what was read so far; incomplete says that more lines belong to it.
func parseShell(text string) (f *syntax.File, incomplete bool, err error) {
	f, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "sh")
	return f, err != nil && syntax.IsIncomplete(err), err
}

// step counts work; a program that has worked for long yields.
func (p *process) step(k func()) {
	if p.dead {
		return
	}
	if p.steps++; p.steps < stepsPerYield {
		k()
		return
	}
	p.sleep(max(p.c.work(spinTime), spinTime), k)
}

func (p *process) get(name string) (string, bool) {
	switch name {
	case "?":
		return strconv.Itoa(p.status), true
	case "$":
		return "1", true
	case "#":
		return strconv.Itoa(max(len(p.params)-1, 0)), true
	case "@", "*":
		if len(p.params) > 1 {
			return strings.Join(p.params[1:], " "), true
		}
		return "", true
	case "RANDOM":
		return strconv.Itoa(p.c.Sandbox.rt.a.Rand().IntN(32768)), true
	case "SECONDS":
		return strconv.Itoa(int(p.c.Sandbox.rt.a.Now().Sub(p.begun) / time.Second)), true
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < len(p.params) {
			return p.params[n], true
		}
		return "", false
	}
	v, ok := p.vars[name]
	return v, ok
}

// script parses and runs a program text.
func (p *process) script(text, name string, k next) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), name)
	if err != nil {
		p.err("sh: " + err.Error() + "\n")
		p.status = 2
		k(flow{})
		return
	}
	p.stmts(f.Stmts, 0, k)
}
