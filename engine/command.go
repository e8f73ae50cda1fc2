package engine

import (
	"errors"
	"fmt"
	"strings"

	"tabernetes/engine/kubectl"
	"tabernetes/engine/sim"
)

// The operations of a Command.
const (
	OpKubectl   = "kubectl"          // Line, Files
	OpEtcdctl   = "etcdctl"          // Line
	OpCancel    = "cancel"           // Of: the number of a kubectl or etcdctl command in the log
	OpEdited    = "edited"           // Of: as above, a command with an editor open; Files: "-" is what was saved, none: left without saving
	OpInput     = "input"            // Of: as above, a command that reads from the terminal; Line: what was typed before Enter, or up to Ctrl-C ("\x03") or Ctrl-D ("\x04")
	OpTraffic   = "traffic"          // Name: a Service; RPS
	OpScheduler = "scheduler-config" // Line: see schedulerconfig.go; Files
)

// The faults; see faults.go. Where Name is a machine or a component, a component is written "etcd@control-plane-1"; where
// Name and To are machines, they may be several, separated by commas, and To may be "*": all machines but those of Name.
const (
	OpKill     = "kill"     // Name: a machine loses power, a component's process ends
	OpRestart  = "restart"  // Name: a machine gets power, a component is started
	OpPause    = "pause"    // Name: everything on a machine, or a component, stops where it is (SIGSTOP)
	OpContinue = "continue" // Name: and goes on
	OpCut      = "cut"      // Name, To: machines; nothing travels from the one to the other any more; Both: nor back
	OpHeal     = "heal"     // Name, To, Both: the links are whole again
	OpLink     = "link"     // Name, To, Both: the links take Ms and lose Share of their packets; 0: as they were
	OpDisk     = "disk"     // Name: a machine whose disk takes Ms longer for a write, or is Full; neither: as it was
	OpClock    = "clock"    // Name: a machine whose clock is off by Ms
)

// Command is one input of a session. At and After say when it came: at which virtual time, after how many events.
type Command struct {
	At    sim.Time          `json:"at"`
	After uint64            `json:"after"`
	Op    string            `json:"op"`
	Line  string            `json:"line,omitempty"`
	Files map[string]string `json:"files,omitempty"`
	// Editor says that the terminal of a kubectl command has an editor; Start sets it when Output.Edit is there.
	Editor bool `json:"editor,omitempty"`
	// Keys says that somebody types at the terminal; Start sets it when Output.Keys is there.
	Keys  bool    `json:"keys,omitempty"`
	Name  string  `json:"name,omitempty"`
	To    string  `json:"to,omitempty"`
	RPS   float64 `json:"rps,omitempty"`
	Of    int     `json:"of,omitempty"`
	Both  bool    `json:"both,omitempty"`
	Ms    float64 `json:"ms,omitempty"`    // milliseconds
	Share float64 `json:"share,omitempty"` // 0 to 1
	Full  bool    `json:"full,omitempty"`
}

// Output is where a kubectl or etcdctl command prints, and what learns its exit code.
type Output struct {
	Out, Err func(string)
	Done     func(code int)
	// Edit shows a text in an editor, under the name of a temporary file. The command waits for OpEdited. Nil: the
	// terminal has no editor, and kubectl edit says so.
	Edit func(name, text string)
	// Keys tells that the command reads from the terminal from now on, until it ends: kubectl exec -it. What is typed
	// comes as OpInput. raw says that Ctrl-C does too: it is for a program in a container, and does not end the command.
	// Nil: nobody types.
	Keys func(raw bool)
}

// Process is a kubectl or etcdctl command under way.
type Process struct {
	cancel func()
	n      int // its number in the log
	over   bool
	line   *kubectl.Process // nil: it is of etcdctl

	editor *Editor
	edited func(saved string, ok bool)
	typed  func(keys string)
}

// Done reports that the command has ended.
func (p *Process) Done() bool { return p.over }

// Pending is kubectl.Process.Pending: whether the command is at work, not waiting for others, and since when.
func (p *Process) Pending() (since sim.Time, pending bool) {
	if p.line == nil {
		return 0, false
	}
	return p.line.Pending()
}

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
	if (cmd.Op == OpKubectl || cmd.Op == OpEtcdctl) && (c.shell == nil || c.etcdctl == nil) {
		return nil, errors.New("the workstation has not started yet: let time pass first")
	}
	var p *Process
	switch cmd.Op {
	case OpKubectl:
		cmd.Editor, cmd.Keys = cmd.Editor || out.Edit != nil, cmd.Keys || out.Keys != nil
		c.log = append(c.log, cmd)
		return c.startKubectl(cmd, out), nil
	case OpCancel:
		p = c.processes[cmd.Of]
		if p == nil || p.over {
			return nil, fmt.Errorf("command %d is not running", cmd.Of)
		}
		c.log = append(c.log, cmd)
		c.Sim.Do(p.cancel)
		return p, nil
	case OpEdited, OpInput:
		return c.terminal(cmd)
	case OpEtcdctl:
		c.log = append(c.log, cmd)
		return c.startEtcdctl(cmd, out), nil
	case OpKill, OpRestart, OpPause, OpContinue, OpCut, OpHeal, OpLink, OpDisk, OpClock:
		return nil, c.fault(cmd)
	case OpTraffic:
		return nil, c.traffic(cmd)
	case OpScheduler:
		return nil, c.configureScheduler(cmd, out)
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
	return c.run(cmd, out, func(p *Process, out Output) (cancel func()) {
		line, terminal := strings.TrimSpace(cmd.Line), out
		if changes(line) {
			text := "kubectl " + strings.TrimPrefix(line, "kubectl ")
			out = c.follow(text, c.Sim.Record(sim.KindCommand, "", text).ID, out)
			c.writes[len(c.writes)-1].by = p
		}
		env := kubectl.Env{Files: cmd.Files, Stdin: cmd.Files["-"], Out: out.Out, Err: out.Err}
		c.attach(p, cmd, terminal, &env)
		p.line = c.shell.Run(line, env, out.Done)
		return p.line.Cancel
	})
}

// run starts a process on the workstation; start gets an output that knows when it is over.
func (c *Cluster) run(cmd Command, out Output, start func(*Process, Output) (cancel func())) *Process {
	p := &Process{n: len(c.log) - 1}
	c.processes[p.n] = p
	quiet := func(string) {}
	if out.Out == nil {
		out.Out = quiet
	}
	if out.Err == nil {
		out.Err = quiet
	}
	done := out.Done
	out.Done = func(code int) {
		p.over = true
		delete(c.processes, p.n)
		if done != nil {
			done(code)
		}
	}
	c.Sim.Do(func() { p.cancel = start(p, out) })
	return p
}

// Changes reports whether a command may change the cluster. What is typed at one that runs, and ending it, belongs to it.
func (cmd Command) Changes() bool {
	switch cmd.Op {
	case OpKubectl:
		return changes(cmd.Line)
	case OpCancel, OpEdited, OpInput:
		return false
	case OpEtcdctl:
		return etcdctlChanges(cmd.Line)
	case OpScheduler:
		return !strings.Contains(cmd.Line, "--write-config-to")
	}
	return true
}

// Text is the command as a line of the terminal, or as near to one as there is.
func (cmd Command) Text() string {
	switch cmd.Op {
	case OpKubectl, OpEtcdctl, OpScheduler:
		return cmd.Line
	case OpTraffic:
		return fmt.Sprintf("load %s %g", strings.TrimPrefix(cmd.Name, "default/"), cmd.RPS)
	case OpCancel:
		return "Ctrl-C"
	case OpEdited:
		return "the editor was left"
	case OpInput:
		return "typed: " + strings.Trim(cmd.Line, "\x03\x04")
	}
	return FaultLine(cmd)
}

// etcdctlChanges reports whether a line of etcdctl may change the members or what they hold.
func etcdctlChanges(line string) bool {
	f := strings.Fields(line)
	for _, word := range f[min(1, len(f)):] {
		switch word {
		case "get", "watch", "status", "health", "hashkv", "list", "version", "save", "help":
			return false
		case "put", "del", "add", "remove", "promote", "update", "move-leader", "compaction", "defrag", "restore", "disarm", "txn":
			return true
		}
	}
	return true
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

// Log is the session's commands so far. The slice must not be changed.
func (c *Cluster) Log() []Command { return c.log }
