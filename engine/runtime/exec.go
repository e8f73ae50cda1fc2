package runtime

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// Stdio is what somebody outside gives a program.
type Stdio struct {
	Stdin bool // what is written to the session reaches the program; else it reads /dev/null
	TTY   bool // a terminal: it echoes, edits lines, and knows Ctrl-C and Ctrl-D
	// Out gets the output as it comes.
	Out func(text string, stderr bool)
	// Exit is called once when the program ends, unless the session is left by Kill or Detach.
	Exit func(code int)
}

// Session is a program in a container with somebody who watches it: one run by Attend, or the container's own.
type Session struct {
	c    *Container
	p    *process
	in   *input
	io   Stdio
	over bool

	typed         string // bytes from the terminal that nobody has read yet
	line          []byte // being edited
	pumping       bool
	escape        int // of a sequence of a function key: 1 after ESC, 2 inside
	interrupt     func()
	prompt        string // of the shell that reads now
	width, height uint16
}

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

// Attend runs a command. An error is the runtime's.
func (c *Container) Attend(argv []string, io Stdio) (*Session, error) {
	if c.State != Running {
		return nil, runcError("container not running (" + c.ID + ")")
	}
	if file, ok := c.runnable(argv); !ok {
		return nil, runcError("failed to exec in container: failed to start exec " + strconv.Quote(c.execID()) +
			": OCI runtime exec failed: exec failed: unable to start container process: exec: " + strconv.Quote(file) + ": executable file not found in $PATH")
	}
	s := c.newSession(io)
	c.sessions = append(c.sessions, s)
	s.start(argv)
	return s, nil
}

func (c *Container) newSession(io Stdio) *Session {
	s := &Session{c: c, io: io}
	s.p = c.newProcess(s.end, func(text string) { s.out(text, false) })
	s.p.err = func(text string) { s.out(text, true) }
	if io.Stdin {
		s.in = &input{tty: io.TTY}
	}
	if io.TTY {
		s.p.tty = s
		if s.in != nil {
			s.in.wanted = s.pump
		}
	}
	return s
}

func (s *Session) start(argv []string) {
	s.p.exec(argv, s.in, func(flow) { s.end(s.p.status) })
}

// out carries the program's output; a terminal knows one stream only, and ends lines as terminals do.
func (s *Session) out(text string, stderr bool) {
	if text == "" {
		return
	}
	if s.io.TTY {
		text, stderr = crlf(text), false
	}
	s.io.Out(text, stderr)
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func (s *Session) end(code int) {
	if s.over {
		return
	}
	s.over = true
	if i := slices.Index(s.c.sessions, s); i >= 0 {
		s.c.sessions = slices.Delete(s.c.sessions, i, i+1)
	}
	s.p.die()
	s.io.Exit(code)
}

// Kill ends the program from outside; its exit is not told.
func (s *Session) Kill() {
	s.io.Exit = func(int) {}
	s.end(137)
}

// Write is what the watcher sends to the program's standard input.
func (s *Session) Write(text string) {
	switch {
	case s.over || s.in == nil:
	case s.io.TTY:
		s.type_(text)
	case !s.in.put(text):
		s.out("write error: No space left on device\n", true)
		s.end(1)
	}
}

// CloseInput ends the program's standard input.
func (s *Session) CloseInput() {
	if !s.over && s.in != nil && !s.in.eof {
		s.in.tty = false
		s.in.end()
	}
}

// Resize tells the size of the watcher's window, in characters.
func (s *Session) Resize(width, height uint16) {
	changed := s.width != 0 && (s.width != width || s.height != height)
	s.width, s.height = width, height
	// A shell that reads a line draws it again.
	if changed && !s.over && s.in != nil && s.in.more != nil && s.prompt != "" {
		text := "\r" + s.prompt + string(s.line)
		if s != s.c.main {
			s.io.Out(text, false)
			return
		}
		for _, at := range slices.Clone(s.c.attached) { // a log has no screen to draw again
			at.io.Out(text, false)
		}
	}
}
