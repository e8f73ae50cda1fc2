package engine

import (
	"fmt"
	"strings"

	"tabernetes/engine/kubectl"
	"tabernetes/engine/sim"
)

// The operations of a Command.
const (
	OpKubectl = "kubectl" // Line, Files
	OpCancel  = "cancel"  // Of: the number of a kubectl command in the log
	OpKill    = "kill"    // Name: a machine loses power
	OpRestart = "restart" // Name: a machine gets power
	OpTraffic = "traffic" // Name: a Service; RPS
	OpCut     = "cut"     // Name, To: machines; nothing travels from one to the other any more
	OpHeal    = "heal"    // Name, To: the link is whole again
)

// Command is one input of a session. At and After say when it came: at which virtual time, after how many events.
type Command struct {
	At    sim.Time          `json:"at"`
	After uint64            `json:"after"`
	Op    string            `json:"op"`
	Line  string            `json:"line,omitempty"`
	Files map[string]string `json:"files,omitempty"`
	Name  string            `json:"name,omitempty"`
	To    string            `json:"to,omitempty"`
	RPS   float64           `json:"rps,omitempty"`
	Of    int               `json:"of,omitempty"`
}

// Output is where a kubectl command prints, and what learns its exit code.
type Output struct {
	Out, Err func(string)
	Done     func(code int)
}

// Process is a kubectl command under way.
type Process struct {
	p    *kubectl.Process
	n    int // its number in the log
	over bool
}

// Done reports that the command has ended.
func (p *Process) Done() bool { return p.over }

// limits of input: a session must stay shareable, and a page must not be frozen by what is pasted into it.
const (
	maxLine  = 64 << 10
	maxFiles = 4 << 20
)

func (c *Cluster) accept(cmd Command) error {
	if len(cmd.Line) > maxLine {
		return fmt.Errorf("the line is %d bytes long; at most %d are allowed", len(cmd.Line), maxLine)
	}
	n := 0
	for _, f := range cmd.Files {
		n += len(f)
	}
	if n > maxFiles {
		return fmt.Errorf("the files are %d bytes long; at most %d are allowed", n, maxFiles)
	}
	return nil
}

// Do carries out a command. An error says why it was refused; it is then not part of the session.
func (c *Cluster) Do(cmd Command) error {
	_, err := c.Start(cmd, Output{})
	return err
}

// Start is Do for commands that print and take time.
func (c *Cluster) Start(cmd Command, out Output) (*Process, error) {
	if err := c.accept(cmd); err != nil {
		return nil, err
	}
	cmd.At, cmd.After = c.Sim.Now(), c.Sim.Executed()
	var p *Process
	switch cmd.Op {
	case OpKubectl:
		c.log = append(c.log, cmd)
		return c.startKubectl(cmd, out), nil
	case OpCancel:
		p = c.processes[cmd.Of]
		if p == nil || p.over {
			return nil, fmt.Errorf("command %d is not running", cmd.Of)
		}
		c.log = append(c.log, cmd)
		c.Sim.Do(func() { p.p.Cancel() })
		return p, nil
	case OpKill, OpRestart:
		return nil, c.power(cmd)
	case OpCut, OpHeal:
		return nil, c.link(cmd)
	case OpTraffic:
		return nil, c.traffic(cmd)
	}
	return nil, fmt.Errorf("unknown command %q", cmd.Op)
}

// Cancel ends a command, as Ctrl-C does.
func (c *Cluster) Cancel(p *Process) {
	if !p.over {
		_ = c.Do(Command{Op: OpCancel, Of: p.n})
	}
}

func (c *Cluster) startKubectl(cmd Command, out Output) *Process {
	p := &Process{n: len(c.log) - 1}
	c.processes[p.n] = p
	quiet := func(string) {}
	if out.Out == nil {
		out.Out = quiet
	}
	if out.Err == nil {
		out.Err = quiet
	}
	c.Sim.Do(func() {
		line := strings.TrimSpace(cmd.Line)
		if changes(line) {
			c.Sim.Record(sim.KindCommand, "", "kubectl "+strings.TrimPrefix(line, "kubectl "))
		}
		env := kubectl.Env{Files: cmd.Files, Stdin: cmd.Files["-"], Out: out.Out, Err: out.Err}
		p.p = c.shell.Run(line, env, func(code int) {
			p.over = true
			delete(c.processes, p.n)
			if out.Done != nil {
				out.Done(code)
			}
		})
	})
	return p
}

// changes reports whether a line may change the cluster: reading is no cause of anything.
func changes(line string) bool {
	f := strings.Fields(strings.TrimPrefix(line, "kubectl "))
	if len(f) == 0 {
		return false
	}
	switch f[0] {
	case "get", "describe", "logs", "explain", "events", "version", "help", "wait", "api-resources", "api-versions", "cluster-info", "config", "top", "diff", "auth":
		return false
	case "rollout":
		return len(f) > 1 && f[1] != "status" && f[1] != "history"
	}
	return true
}

func (c *Cluster) power(cmd Command) error {
	h := c.Sim.Host(cmd.Name)
	if h == nil || !c.machines[cmd.Name] {
		return fmt.Errorf("there is no machine %q", cmd.Name)
	}
	if h.Up() == (cmd.Op == OpRestart) {
		if h.Up() {
			return fmt.Errorf("%s is running already", cmd.Name)
		}
		return fmt.Errorf("%s has no power already", cmd.Name)
	}
	c.log = append(c.log, cmd)
	c.Sim.Do(func() {
		if cmd.Op == OpKill {
			r := c.Sim.Record(sim.KindFault, "nodes/"+cmd.Name, cmd.Name+" lost power")
			c.faults[cmd.Name] = r.ID
			h.Stop()
		} else {
			c.Sim.Record(sim.KindFault, "nodes/"+cmd.Name, cmd.Name+" has power again")
			delete(c.faults, cmd.Name)
			h.Start()
		}
	})
	return nil
}

// link cuts or heals a link in one direction.
func (c *Cluster) link(cmd Command) error {
	for _, name := range []string{cmd.Name, cmd.To} {
		if !c.machines[name] {
			return fmt.Errorf("there is no machine %q", name)
		}
	}
	c.log = append(c.log, cmd)
	c.Sim.Do(func() {
		from, to := c.Sim.Host(cmd.Name), c.Sim.Host(cmd.To)
		if cmd.Op == OpCut {
			c.Sim.Record(sim.KindFault, "nodes/"+cmd.Name, "the link from "+cmd.Name+" to "+cmd.To+" was cut")
			c.Sim.Cut(from, to)
		} else {
			c.Sim.Record(sim.KindFault, "nodes/"+cmd.Name, "the link from "+cmd.Name+" to "+cmd.To+" is whole again")
			c.Sim.Heal(from, to)
		}
	})
	return nil
}

// Log is the session's commands so far. The slice must not be changed.
func (c *Cluster) Log() []Command { return c.log }

// Replay makes a session again: the commands of a log, each at its moment, and then on to a time.
func Replay(conf Config, log []Command, until sim.Time) (*Cluster, error) {
	c, err := New(conf)
	if err != nil {
		return nil, err
	}
	for i, cmd := range log {
		for c.Sim.Executed() < cmd.After {
			if _, ok := c.Sim.Step(); !ok {
				return nil, fmt.Errorf("command %d of the log came after %d events, but only %d happened: it was recorded by another version", i, cmd.After, c.Sim.Executed())
			}
		}
		c.Sim.SetNow(cmd.At)
		if _, err := c.Start(cmd, Output{}); err != nil {
			return nil, fmt.Errorf("command %d of the log: %w", i, err)
		}
	}
	if until > c.Sim.Now() {
		c.Sim.RunUntil(until, 0)
	}
	return c, nil
}
