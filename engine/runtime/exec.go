package runtime

import (
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// runnable reports that the container has a program to run.
func (c *Container) runnable(argv []string) (file string, ok bool) {
	if len(argv) == 0 {
		return "", false
	}
	return argv[0], c.appTool(argv) >= 0 || c.Image.Shell && knownTool(path.Base(argv[0]))
}

// execID names an exec as containerd does.
func (c *Container) execID() string {
	rng := c.Sandbox.rt.a.Rand()
	const hex = "0123456789abcdef"
	var b [64]byte
	for i := range b {
		b[i] = hex[rng.IntN(16)]
	}
	return string(b[:])
}

// Session is a command that runs in a container for somebody who watches it.
type Session struct {
	c    *Container
	p    *process
	over bool
	exit func(code int)

	bash     bool
	terminal bool     // an interactive shell: what is typed are its commands
	lines    []string // typed, while a command is under way
	busy     bool
	ending   bool // Ctrl-D was typed
}

// Attend runs a command whose output goes to out as it comes. in is its whole input; with a terminal, a shell reads
// lines from Type instead. exit is called once, unless the session is ended by Kill. An error is the runtime's.
func (c *Container) Attend(argv []string, in string, terminal bool, out func(string), exit func(code int)) (*Session, error) {
	if c.State != Running {
		return nil, runcError("container not running (" + c.ID + ")")
	}
	if file, ok := c.runnable(argv); !ok {
		return nil, runcError("failed to exec in container: failed to start exec " + strconv.Quote(c.execID()) +
			": OCI runtime exec failed: exec failed: unable to start container process: exec: " + strconv.Quote(file) + ": executable file not found in $PATH")
	}
	s := &Session{c: c, exit: exit}
	s.p = c.newProcess(s.end, out)
	c.onEnd = append(c.onEnd, func() { s.end(137) })
	switch path.Base(argv[0]) {
	case "sh", "bash", "ash", "dash":
		s.terminal = terminal && len(argv) == 1
	}
	if s.terminal {
		s.bash = path.Base(argv[0]) == "bash"
		s.prompt()
		return s, nil
	}
	s.p.exec(argv, in, func(flow) { s.end(s.p.status) })
	return s, nil
}

func (s *Session) end(code int) {
	if s.over {
		return
	}
	s.over = true
	s.p.dead = true
	s.p.wait.Stop()
	s.exit(code)
}

// Kill ends the command from outside; its exit is not told.
func (s *Session) Kill() {
	s.exit = func(int) {}
	s.end(137)
}

// prompt is BusyBox's, or bash's.
func (s *Session) prompt() {
	switch {
	case s.over:
	case s.bash:
		s.p.out("root@" + s.c.Sandbox.Hostname() + ":" + s.p.vars["PWD"] + "# ")
	default:
		s.p.out(s.p.vars["PWD"] + " # ")
	}
}

// Type gives a shell a line from the terminal, which echoes it. end is Ctrl-D: the shell exits when it has done what was
// typed before.
func (s *Session) Type(line string, end bool) {
	if s.over || !s.terminal {
		return
	}
	s.lines = append(s.lines, line)
	s.ending = s.ending || end
	s.next()
}

// next runs what was typed, line by line.
func (s *Session) next() {
	if s.busy || s.over || len(s.lines) == 0 {
		return
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if last := s.ending && len(s.lines) == 0; last && line == "" {
		if s.bash {
			s.p.out("exit")
		}
		s.p.out("\n")
		s.end(s.p.status)
		return
	}
	s.p.out(line + "\n")
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(line), "sh")
	if err != nil {
		s.p.out("sh: " + strings.TrimPrefix(err.Error(), "sh:") + "\n")
		s.p.status = 2
		s.prompt()
		s.next()
		return
	}
	s.busy = true
	s.p.steps = 0
	s.p.stmts(f.Stmts, 0, func(fl flow) {
		s.busy = false
		if fl.kind == 'x' {
			s.end(s.p.status)
			return
		}
		s.prompt()
		s.next()
	})
}
