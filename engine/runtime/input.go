package runtime

import "strings"

// input is what a command reads: a text that is there, a pipe that somebody writes into, or a terminal. The nil input
// is /dev/null. Reading is in continuation style; one command reads at a time.
type input struct {
	buf    string
	eof    bool
	tty    bool   // the end of a terminal's input is one answer to one read, not the end of the terminal
	more   func() // whoever waits
	wanted func() // told when somebody begins to wait
}

// maxInput bounds what waits to be read.
const maxInput = 32 << 20

func given(text string) *input { return &input{buf: text, eof: true} }

// put adds what came. It reports false when there is no room.
func (in *input) put(text string) bool {
	if len(in.buf)+len(text) > maxInput {
		return false
	}
	in.buf += text
	in.wake()
	return true
}

func (in *input) end() {
	in.eof = true
	in.wake()
}

func (in *input) wake() {
	if more := in.more; more != nil {
		in.more = nil
		more()
	}
}

// read gives what is there, or the end, as soon as there is either.
func (in *input) read(k func(text string, end bool)) {
	switch {
	case in == nil:
		k("", true)
	case in.buf != "":
		text := in.buf
		in.buf = ""
		k(text, false)
	case in.eof:
		in.eof = !in.tty
		k("", true)
	default:
		in.more = func() { in.read(k) }
		if in.wanted != nil {
			in.wanted()
		}
	}
}

// line gives the next line without its end; ok is false at the end of the input.
func (in *input) line(k func(line string, ok bool)) {
	var got string
	var step func(text string, end bool)
	step = func(text string, end bool) {
		line, rest, whole := strings.Cut(text, "\n")
		got += line
		switch {
		case whole:
			in.buf = rest + in.buf
			k(got, true)
		case end:
			k(got, got != "")
		default:
			in.read(step)
		}
	}
	in.read(step)
}

// all gives everything up to the end.
func (in *input) all(k func(text string)) {
	var b strings.Builder
	var step func(text string, end bool)
	step = func(text string, end bool) {
		b.WriteString(text)
		if end {
			k(b.String())
			return
		}
		in.read(step)
	}
	in.read(step)
}

// alive makes a continuation of a process out of k: it does nothing when the process is dead.
func alive[T any](p *process, k func(T)) func(T) {
	return func(v T) {
		if !p.dead {
			p.steps = 0
			k(v)
		}
	}
}
