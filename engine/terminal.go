package engine

import (
	"fmt"
	"strings"

	"tabernetes/engine/kubectl"
	"tabernetes/engine/order"
)

// Editor is an editor that a kubectl command has opened: kubectl edit, create --edit, apply edit-last-applied. The
// command waits for OpEdited.
type Editor struct {
	Of   int    `json:"of"`   // the number of the command
	Name string `json:"name"` // of the temporary file
	Text string `json:"text"`
}

// attach gives a command the terminal it was started at: what its user does there comes as commands of the session.
func (c *Cluster) attach(p *Process, cmd Command, out Output, env *kubectl.Env) {
	if cmd.Editor {
		env.Edit = func(name, text string, done func(saved string, ok bool)) {
			p.editor, p.edited = &Editor{Of: p.n, Name: name, Text: text}, done
			if out.Edit != nil {
				out.Edit(name, text)
			}
		}
	}
	if cmd.Keys {
		env.Keys = func(raw bool, typed func(keys string)) {
			p.typed = typed
			if out.Keys != nil {
				out.Keys(raw)
			}
		}
	}
}

// N is the command's number in the log: the Of of what is done to it.
func (p *Process) N() int { return p.n }

// Editor is the editor that the command waits for; nil if there is none.
func (p *Process) Editor() *Editor { return p.editor }

// Reads reports that the command reads from the terminal: OpInput reaches it.
func (p *Process) Reads() bool { return p.typed != nil && !p.over }

// Waits reports that the command has ended or that its user may have to do something.
func (p *Process) Waits() bool { return p.over || p.editor != nil || p.typed != nil }

// keysOf are the keys of an OpInput: a line and Enter, unless it ends with Ctrl-C or Ctrl-D.
func keysOf(line string) string {
	if strings.HasSuffix(line, "\x03") || strings.HasSuffix(line, "\x04") {
		return line
	}
	return line + "\r"
}

// Editors are the editors that are open, in the order of their commands: after Replay a terminal learns here what to
// show.
func (c *Cluster) Editors() []Editor {
	var open []Editor
	for _, p := range c.processes {
		if p.editor != nil && !p.over {
			open = append(open, *p.editor)
		}
	}
	order.By(open, func(a, b Editor) int { return a.Of - b.Of })
	return open
}

// terminal carries out what a user does in a command's terminal.
func (c *Cluster) terminal(cmd Command) (*Process, error) {
	p := c.processes[cmd.Of]
	if p == nil || p.over {
		return nil, fmt.Errorf("command %d is not running", cmd.Of)
	}
	if cmd.Op == OpInput {
		if p.typed == nil {
			return nil, fmt.Errorf("command %d does not read from the terminal", cmd.Of)
		}
		c.log = append(c.log, cmd)
		c.Sim.Do(func() { p.typed(keysOf(cmd.Line)) })
		return p, nil
	}
	if p.editor == nil {
		return nil, fmt.Errorf("command %d has no editor open", cmd.Of)
	}
	c.log = append(c.log, cmd)
	done := p.edited
	p.editor, p.edited = nil, nil
	text, saved := cmd.Files["-"]
	c.Sim.Do(func() { done(text, saved) })
	return p, nil
}
