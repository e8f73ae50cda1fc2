package runtime

import "strings"

// Keys that a terminal takes for itself (termios, in the settings that containers start with).
const (
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyErase     = 0x7f
	keyBackspace = 0x08
	keyKillLine  = 0x15
	keyKillWord  = 0x17
	keyEscape    = 0x1b
)

// type_ takes keys. They wait until a program reads, as they do in a terminal whose shell redraws what was typed ahead;
// Ctrl-C works at once and throws away what waited.
func (s *Session) type_(keys string) {
	if i := strings.LastIndexByte(keys, keyInterrupt); i >= 0 {
		s.typed += keys[:i]
		s.pump()
		s.typed, s.line, s.escape = keys[i+1:], nil, 0
		s.io.Out("^C", false)
		if s.interrupt == nil {
			s.io.Out("\r\n", false)
			s.end(130)
			return
		}
		s.interrupt()
	} else {
		s.typed += keys
	}
	s.pump()
}

// pump feeds keys to whoever reads.
func (s *Session) pump() {
	if s.pumping {
		return
	}
	s.pumping = true
	for !s.over && s.typed != "" && s.in.more != nil {
		key := s.typed[0]
		s.typed = s.typed[1:]
		s.key(key)
	}
	s.pumping = false
}

// key is the line discipline: it edits a line, echoes it, and hands it over at its end.
func (s *Session) key(key byte) {
	switch {
	case s.escape == 1:
		if s.escape = 0; key == '[' || key == 'O' {
			s.escape = 2
		}
	case s.escape == 2:
		if key >= 0x40 && key <= 0x7e {
			s.escape = 0
		}
	case key == keyEscape:
		s.escape = 1
	case key == '\r' || key == '\n':
		s.io.Out("\r\n", false)
		line := string(s.line) + "\n"
		s.line = nil
		s.in.put(line)
	case key == keyEnd:
		line := string(s.line)
		s.line = nil
		if line != "" {
			s.in.put(line)
		} else {
			s.in.end()
		}
	case key == keyErase || key == keyBackspace:
		s.erase(1)
	case key == keyKillLine:
		s.erase(len(s.line))
	case key == keyKillWord:
		text := strings.TrimRight(string(s.line), " ")
		s.erase(len(s.line) - strings.LastIndexByte(text, ' ') - 1)
	case key == '\t' || key >= 0x20:
		s.line = append(s.line, key)
		s.io.Out(string([]byte{key}), false)
	}
}

// erase takes back n bytes of the line; what continues a character of UTF-8 goes with it.
func (s *Session) erase(n int) {
	for ; n > 0 && len(s.line) > 0; n-- {
		last := len(s.line) - 1
		for n == 1 && last > 0 && s.line[last]&0xc0 == 0x80 {
			last--
		}
		if s.line[last]&0xc0 != 0x80 {
			s.io.Out("\b \b", false)
		}
		s.line = s.line[:last]
	}
}

// repl is a shell that reads its commands: from a terminal with prompts, or from a pipe as they come.
func (p *process) repl(name string, in *input, k next) {
	tty := p.tty
	bash := name == "bash"
	if tty != nil && in == nil {
		tty = nil
	}
	var text string
	prompt := func() {
		if tty == nil {
			return
		}
		switch {
		case text != "":
			tty.prompt = "> "
		case bash:
			tty.prompt = "root@" + p.c.Sandbox.Hostname() + ":" + p.vars["PWD"] + "# "
		default:
			tty.prompt = p.vars["PWD"] + " # "
		}
		p.out(tty.prompt)
	}
	var outer func()
	leave := func() {
		if tty != nil {
			tty.interrupt, tty.prompt = outer, ""
		}
		k(flow{})
	}
	var read func()
	ran := func(f flow) {
		if f.kind == 'x' {
			leave()
			return
		}
		read()
	}
	read = func() {
		prompt()
		in.line(func(line string, ok bool) {
			if p.dead {
				return
			}
			if !ok {
				if tty != nil {
					if bash {
						p.out("exit")
					}
					p.out("\n")
				}
				leave()
				return
			}
			text += line + "\n"
			f, incomplete, err := parseShell(text)
			if incomplete {
				read()
				return
			}
			text = ""
			if err != nil {
				p.err("sh: " + strings.TrimPrefix(err.Error(), "sh:") + "\n")
				p.status = 2
				read()
				return
			}
			p.steps = 0
			if tty != nil {
				tty.prompt = ""
			}
			p.foreground(f, in, ran)
		})
	}
	if tty != nil {
		outer = tty.interrupt
		tty.interrupt = func() {
			text = ""
			in.buf, in.more = "", nil
			p.cancel()
			p.out("\n")
			p.status = 130
			read()
		}
	}
	read()
}
