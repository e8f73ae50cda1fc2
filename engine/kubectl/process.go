package kubectl

import (
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// Options describe the workstation.
type Options struct {
	Namespace string // of the current context; "" is "default"
	Context   string // name of the current context; "" is "tabernetes"
	Server    string // the API server's address as cluster-info and errors print it; "" is "https://cp-1:6443"
	// RecordCommands writes every line into the journal as a command; without it that is the caller's business.
	RecordCommands bool
}

// Shell runs command lines on an actor.
type Shell struct {
	a *sim.Actor
	c *client.Client
	o Options

	table *api.Table // what was discovered last
	stale bool       // and may be out of date

	ports map[int32]*forwarder // that kubectl port-forward listens on
	kept  map[string]string    // temporary files of kubectl edit, by name
}

// New makes a shell for an actor and its client.
func New(a *sim.Actor, c *client.Client, o Options) *Shell {
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Context == "" {
		o.Context = "tabernetes"
	}
	if o.Server == "" {
		o.Server = "https://cp-1:6443"
	}
	return &Shell{a: a, c: c, o: o}
}

// Env is what a line runs in. Out and Err get text in pieces, not lines; either may be nil.
type Env struct {
	Files map[string]string // what -f NAME and cat NAME read
	Stdin string
	Out   func(string)
	Err   func(string)
	// Edit opens the user's editor with a text, under the name of a temporary file; done gets what was saved, or false
	// if the editor was left without saving. Only the first call of done counts, and it may come much later. Nil: the
	// terminal has no editor, and what needs one says so.
	Edit func(name, text string, done func(saved string, ok bool))
	// Keys asks for what the user types: typed gets keys as a terminal sends them, "\r" for Enter and "\x04" for Ctrl-D. raw
	// says that Ctrl-C is such a key too, instead of the end of the line under way. Nil: nobody types at the terminal.
	Keys func(raw bool, typed func(keys string))
}

// Process is a line under way.
type Process struct {
	sh      *Shell
	env     Env
	list    []pipeline
	done    func(int)
	over    bool
	running []*running // the commands of the current pipeline
	pending int        // of its own steps: see Pending
	since   sim.Time   // the newest of them began
}

// Pending reports whether the line is at work and waits for nobody: a request of its own is not answered yet, or its next
// command begins. since is when the newest of that began. A watch or a stream is no such request: who listens there waits
// for what others do.
func (p *Process) Pending() (since sim.Time, pending bool) { return p.since, !p.over && p.pending > 0 }

// pend begins a step of the line's own; done ends it.
func (p *Process) pend() (done func()) {
	p.pending++
	p.since = p.sh.a.Sim().Now()
	return func() { p.pending-- }
}

// Run starts a line. done gets the exit code of its last command, once, unless the actor ends first; it may be called
// before Run returns.
func (sh *Shell) Run(line string, env Env, done func(code int)) *Process {
	p := &Process{sh: sh, env: env, done: done}
	if p.env.Out == nil {
		p.env.Out = func(string) {}
	}
	if p.env.Err == nil {
		p.env.Err = func(string) {}
	}
	list, err := parse(line)
	if err != nil {
		p.env.Err("sh: " + err.Error() + "\n")
		p.finish(2)
		return p
	}
	p.list = list
	start := func() {
		if sh.o.RecordCommands {
			sh.a.Record(sim.KindCommand, "", "$ "+line)
		}
		p.next(0, 0)
	}
	sh.a.Sim().In(sh.a.Sim().Context(), start)
	return p
}

// Cancel is Ctrl-C: the line ends with exit code 130. It does nothing when the line is over.
func (p *Process) Cancel() {
	if p.over {
		return
	}
	p.kill()
	p.finish(130)
}

// Over reports that the line has ended.
func (p *Process) Over() bool { return p.over }

func (p *Process) kill() {
	for _, r := range p.running {
		r.stop()
	}
	p.running = nil
}

func (p *Process) finish(code int) {
	if p.over {
		return
	}
	p.over = true
	if p.done != nil {
		p.done(code)
	}
}

// startup is how long a program takes to begin after the one before it on the line: kubectl loads its configuration
// and discovers the API. Controllers get that much time between two commands of a script.
const startup = 100 * time.Millisecond

// next runs pipeline i, given the exit code of the one before.
func (p *Process) next(i, code int) {
	if p.over {
		return
	}
	for ; i < len(p.list); i++ {
		join := p.list[i].join
		if join == "&&" && code != 0 || join == "||" && code == 0 {
			continue
		}
		run := func() { p.start(p.list[i], func(code int) { p.next(i+1, code) }) }
		if join == "" {
			run()
			return
		}
		begun := p.pend()
		p.sh.a.After(startup, "next command", func() {
			begun()
			if !p.over {
				run()
			}
		})
		return
	}
	p.finish(code)
}

// program is a command of a pipeline: it gets its input by write and closeInput, and calls exit once.
type program interface {
	write(text string)
	closeInput()
	// stop ends it from outside; it must not call exit after.
	stop()
}

// running is a program in its pipeline.
type running struct {
	program
	over bool
}

func (r *running) stop() {
	if !r.over {
		r.over = true
		r.program.stop()
	}
}

// start connects the commands of a pipeline and starts the first.
func (p *Process) start(pl pipeline, done func(int)) {
	n := len(pl.commands)
	p.running = make([]*running, n)
	ended := false
	out := p.env.Out
	for i := n - 1; i >= 0; i-- {
		r := &running{}
		p.running[i] = r
		stages, write := p.running, out
		exit := func(code int) {
			if r.over || p.over {
				return
			}
			r.over = true
			if i+1 < n {
				stages[i+1].closeInput()
				return
			}
			// The last one decides; whoever still writes has nobody to write to.
			for _, other := range stages {
				other.stop()
			}
			if !ended {
				ended = true
				done(code)
			}
		}
		guarded := func(text string) {
			if !r.over && !p.over && text != "" {
				write(text)
			}
		}
		r.program = p.load(pl.commands[i], i == 0, guarded, exit)
		out = func(text string) {
			if !r.over {
				r.write(text)
			}
		}
	}
	first := p.running[0]
	if doc := pl.commands[0].heredoc; doc != nil {
		first.write(*doc)
	} else if p.env.Stdin != "" {
		first.write(p.env.Stdin)
	}
	first.closeInput()
}

// load finds the program of a command.
func (p *Process) load(s simple, first bool, out func(string), exit func(int)) program {
	args := s.args
	if s.heredoc != nil && !first {
		// A here-document takes the place of the pipe.
		inner := p.load(simple{args: args}, true, out, exit)
		return &redirected{inner, *s.heredoc}
	}
	switch args[0] {
	case "kubectl", "k":
		return &kubectlProgram{p: p, args: args[1:], out: out, exit: exit}
	}
	if f := newFilter(p, args, out, exit); f != nil {
		return f
	}
	if first && isCommand(args[0]) {
		return &kubectlProgram{p: p, args: args, out: out, exit: exit}
	}
	return &simpleProgram{run: func(string) {
		p.env.Err("sh: " + args[0] + ": command not found (this workstation has kubectl, " + filterNames + ")\n")
		exit(127)
	}}
}

// redirected is a program whose input is a fixed text.
type redirected struct {
	program
	text string
}

func (r *redirected) write(string) {}

func (r *redirected) closeInput() {
	r.program.write(r.text)
	r.program.closeInput()
}

// simpleProgram gathers its input and runs at its end.
type simpleProgram struct {
	in  []byte
	run func(stdin string)
}

func (s *simpleProgram) write(text string) { s.in = append(s.in, text...) }
func (s *simpleProgram) closeInput()       { s.run(string(s.in)) }
func (s *simpleProgram) stop()             {}

// kubectlProgram is kubectl in a pipeline.
type kubectlProgram struct {
	p    *Process
	args []string
	in   []byte
	out  func(string)
	exit func(int)
	c    *cmd
}

func (k *kubectlProgram) write(text string) { k.in = append(k.in, text...) }

func (k *kubectlProgram) closeInput() {
	k.c = &cmd{sh: k.p.sh, pend: k.p.pend, env: k.p.env, out: k.out, errOut: k.p.env.Err, files: k.p.sh.with(k.p.env.Files), editor: k.p.env.Edit, keys: k.p.env.Keys, stdin: string(k.in), exitFn: k.exit}
	k.c.main(k.args)
}

func (k *kubectlProgram) stop() {
	if k.c != nil {
		k.c.abort()
	}
}
