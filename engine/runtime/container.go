package runtime

import (
	"path"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/sim"
)

// State of a container, as the CRI has it.
type State uint8

// The states.
const (
	Created State = iota
	Running
	Exited
)

// Container is one run of a container of a pod.
type Container struct {
	Spec    *corev1.Container // shared with the pod
	Image   *Image
	Sandbox *Sandbox
	ID      string // 64 hexadecimal digits
	Attempt int32
	State   State
	Reason  string // once exited: Completed, Error, OOMKilled, Unknown, StartError
	Message string

	ExitCode                             int32
	Created, Started, Ended              sim.Time
	StartRecord, SignalRecord, EndRecord sim.RecordID

	// Prev is the run before this one, its own Prev cut off.
	Prev *Container

	app      *App
	argv     []string
	env      []string
	sh       *process
	main     *Session // of a program that is no app
	attached []*Attachment
	sessions []*Session        // that Attend began
	fs       map[string]string // files of the container's own layer
	mounts   []mount
	docs     bool // a volume is where the program's documents are
	listenAt sim.Time
	closed   bool // the listener is closed: the program is on its way out
	stopping bool
	onEnd    []func()
	kill     sim.Timer
	log      logBuffer
	hosted   hosted
	meter    meter
}

// Config is what a container is created from, beside its spec.
type Config struct {
	Spec    *corev1.Container
	Image   *Image
	Attempt int32
	Env     []string // NAME=value
	Command []string // with variables expanded
	Args    []string
	// SubPaths are the subPathExpr of the spec's mounts, expanded; "" where there is none.
	SubPaths []string
}

// Create makes a container of the sandbox. done gets it, in state Created.
func (sb *Sandbox) Create(conf Config, done func(*Container)) {
	a := sb.rt.a
	a.After(createTime, "create container", func() {
		c := &Container{Spec: conf.Spec, Image: conf.Image, Sandbox: sb, Attempt: conf.Attempt, Created: a.Now(), env: conf.Env}
		c.ID = Hex(a.Rand().Uint64())
		c.argv = append(append([]string(nil), conf.Command...), conf.Args...)
		c.app = c.program(len(conf.Command) > 0).inEnv(conf.Env)
		c.mountAll(&conf)
		for i, old := range sb.Containers {
			if old.Spec.Name == conf.Spec.Name {
				old.Prev, old.env, old.sh, old.fs = nil, nil, nil, nil
				c.Prev = old
				sb.Containers[i] = c
				done(c)
				return
			}
		}
		sb.Containers = append(sb.Containers, c)
		done(c)
	})
}

// program decides what runs: an app of the catalogue, or (nil) a command for the evaluator.
func (c *Container) program(command bool) *App {
	app := c.Image.App
	if !command && len(c.argv) == 0 {
		if app != nil && app.Args != nil {
			return app.Args(nil)
		}
		return app
	}
	if app == nil {
		return nil
	}
	first := ""
	if len(c.argv) > 0 {
		first = path.Base(c.argv[0])
	}
	if command || hasWord(app.Binaries, first) {
		if !hasWord(app.Binaries, first) {
			return nil
		}
		if app.Args != nil {
			return app.Args(c.argv[1:])
		}
		return app
	}
	// Arguments to the image's own entrypoint: an entrypoint script runs a command it does not know as it is.
	if app.Args != nil {
		return app.Args(c.argv)
	}
	if c.Image.Shell && first != "" && first[0] != '-' && knownTool(first) {
		return nil
	}
	return app
}

// Start runs the container's program. err is containerd's when there is no such program.
func (c *Container) Start(done func(err error)) {
	a := c.Sandbox.rt.a
	d := startTime*4/5 + time.Duration(a.Rand().Int64N(int64(startTime*2/5)))
	a.After(d, "start container", func() {
		if c.State != Created {
			return
		}
		if c.app == nil && len(c.argv) == 0 && !c.Image.Shell {
			c.app = &App{Name: "none", Stop: stopGo}
		}
		c.Started = a.Now()
		if c.app == nil && len(c.argv) > 0 && !knownTool(path.Base(c.argv[0])) && !c.exists(c.argv[0]) || c.app == nil && len(c.argv) > 0 && !c.Image.Shell {
			err := startError(c.argv[0])
			c.Message = err.Error()
			c.ended(128, "StartError")
			done(err)
			return
		}
		c.State = Running
		c.startMeter()
		if c.app != nil {
			c.listenAt = a.Now().Add(c.app.listenDelay(a))
		}
		done(nil)
		if c.app == nil {
			c.run()
			return
		}
		if c.app.Files != nil {
			if why := c.app.Files.missing(c); why != "" {
				c.Print(c.fatal(c.app.Files.Source, why))
				c.exit(255) // klog.Fatal
				return
			}
		}
		c.startProgram()
	})
}

type runcError string

func (e runcError) Error() string { return string(e) }

func startError(file string) error {
	why := "executable file not found in $PATH"
	if file[0] == '/' {
		why = "no such file or directory"
		return runcError("failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: " + strconv.Quote(file) + ": stat " + file + ": " + why)
	}
	return runcError("failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: " + strconv.Quote(file) + ": " + why)
}

// opens reports whether the program is one that opens the port, sooner or later.
func (c *Container) opens(port int32) bool {
	if c.app == nil {
		return false
	}
	for _, p := range c.app.ports(c.argv) {
		if p == port {
			return true
		}
	}
	return false
}

// Listening reports whether the program accepts connections now.
func (c *Container) Listening() bool {
	return c.State == Running && !c.closed && c.Sandbox.rt.host.Up() && c.Sandbox.rt.a.Now() >= c.listenAt
}

// ListenAt is when the program opens its ports, for a container that runs an app.
func (c *Container) ListenAt() sim.Time { return c.listenAt }

// Signalled reports that the program was told to stop.
func (c *Container) Signalled() bool { return c.stopping }

// Drains reports that the program answers, after its stop signal, what it had accepted before.
func (c *Container) Drains() bool { return c.app != nil && c.app.Stop.Drain }

// Stop sends the container's stop signal, and SIGKILL after the grace period. done is called when it has ended.
func (c *Container) Stop(grace time.Duration, done func()) {
	if c.State == Exited {
		done()
		return
	}
	c.onEnd = append(c.onEnd, done)
	a := c.Sandbox.rt.a
	if c.State == Created {
		c.exit(137)
		return
	}
	if c.kill.Pending() {
		c.kill.Stop()
	}
	c.kill = a.After(grace, "SIGKILL", func() {
		c.SignalRecord = a.Record(sim.KindAct, c.Sandbox.Ref(), "sent SIGKILL to container "+c.Spec.Name+": grace period over").ID
		c.exit(137)
	})
	if c.stopping {
		return
	}
	c.stopping = true
	if c.app == nil {
		if c.sh != nil {
			c.sh.signal("TERM")
		}
		return
	}
	s := c.app.Stop
	if s.Deaf {
		return
	}
	obey := func() {
		if s.Drain {
			c.closed = true
		}
		a.After(s.After, "exit", func() { c.exit(s.Code) })
	}
	if d := c.Sandbox.rt.reg.ShutdownDelay; d > 0 && len(c.app.Ports) > 0 {
		a.After(d, "shutdown delay", obey)
		return
	}
	obey()
}

// StopSignal is the name of the signal that Stop sends.
func (c *Container) StopSignal() string {
	if c.app != nil && c.app.Stop.Signal != "" {
		return c.app.Stop.Signal
	}
	return "SIGTERM"
}

// Kill ends the container at once with an exit code and reason, as the kernel's OOM killer does.
func (c *Container) Kill(code int32, reason string) {
	if c.State == Running {
		c.Reason = reason
		c.exit(code)
	}
}

// exit ends the program.
func (c *Container) exit(code int32) {
	if c.State == Exited {
		return
	}
	reason := c.Reason
	if reason == "" {
		reason = "Error"
		if code == 0 {
			reason = "Completed"
		}
	}
	c.EndRecord = c.Sandbox.rt.a.Record(sim.KindAct, c.Sandbox.Ref(), "container "+c.Spec.Name+" exited with code "+strconv.Itoa(int(code))).ID
	c.ended(code, reason)
	c.Sandbox.changed()
}

func (c *Container) ended(code int32, reason string) {
	c.State, c.ExitCode, c.Reason = Exited, code, reason
	c.Ended = c.Sandbox.rt.a.Now()
	c.closed = true
	c.endProgram()
	c.kill.Stop()
	if c.sh != nil {
		c.sh.die()
	}
	for _, s := range slices.Clone(c.sessions) {
		s.end(137)
	}
	for _, at := range slices.Clone(c.attached) {
		at.end()
	}
	fns := c.onEnd
	c.onEnd = nil
	for _, fn := range fns {
		fn()
	}
}
