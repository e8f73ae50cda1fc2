package engine

import (
	"fmt"
	"slices"

	"tabernetes/engine/kubectl"
)

// Editor is an editor that a kubectl command has opened: kubectl edit, create --edit, apply edit-last-applied. The
// command waits for OpEdited.
type Editor struct {
	Of   int    `json:"of"`   // the number of the command
	Name string `json:"name"` // of the temporary file
	Text string `json:"text"`
}

// attach gives a command the terminal it was started at: what its user does there comes as commands of the session.
func (c *Cluster) attach(p *Process, cmd Command, show func(name, text string), env *kubectl.Env) {
	if cmd.Editor {
		env.Edit = func(name, text string, done func(saved string, ok bool)) {
			p.editor, p.edited = &Editor{Of: p.n, Name: name, Text: text}, done
			if show != nil {
				show(name, text)
			}
		}
	}
}

// Editor is the editor that the command waits for; nil if there is none.
func (p *Process) Editor() *Editor { return p.editor }

// Waits reports that the command has ended or can do nothing before its user does something.
func (p *Process) Waits() bool { return p.over || p.editor != nil }

// Editors are the editors that are open, in the order of their commands: after Replay a terminal learns here what to
// show.
func (c *Cluster) Editors() []Editor {
	var open []Editor
	for _, p := range c.processes {
		if p.editor != nil && !p.over {
			open = append(open, *p.editor)
		}
	}
	slices.SortFunc(open, func(a, b Editor) int { return a.Of - b.Of })
	return open
}

// terminal carries out what a user does in a command's terminal.
func (c *Cluster) terminal(cmd Command) (*Process, error) {
	p := c.processes[cmd.Of]
	if p == nil || p.over {
		return nil, fmt.Errorf("command %d is not running", cmd.Of)
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
