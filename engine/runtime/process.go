package runtime

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Programs are the programs of a host that run in containers: the control plane's own components. What such a program
// does is not the catalogue's business; the container only is it: the program runs while the container does, and when
// it ends, so does the container.
type Programs interface {
	// Start boots a program of the host.
	Start(name string)
	// Stop ends it.
	Stop(name string)
	// Health answers a request of a probe with an HTTP status.
	Health(name, path string) int
}

// Guests are programs of the control plane that somebody runs in a pod of their own: a second scheduler. Start boots what
// a container of no static pod runs, if it is such a program; stop ends it, and is nil if nothing came of it.
type Guests interface {
	Start(c *Container) (stop func(), ok bool)
}

// SetGuests says who runs such programs.
func (rt *Runtime) SetGuests(g Guests) { rt.guests = g }

// SetPrograms gives containers the programs of their host to run.
func (rt *Runtime) SetPrograms(p Programs) { rt.programs = p }

// Exited tells the runtime that a program of the host ended by itself, with a code: its container ends too.
func (rt *Runtime) Exited(program string, code int32) {
	for _, sb := range rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == Running && !c.hosted.guest && c.app != nil && c.app.Program == program {
				c.hosted.over = true
				c.exit(code)
			}
		}
	}
}

// Runs reports that a container runs a program of the host.
func (rt *Runtime) Runs(program string) bool {
	for _, sb := range rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == Running && c.hosted.running && !c.hosted.over && c.app.Program == program {
				return true
			}
		}
	}
	return false
}

// Forgive asks the kubelet to start the container of a program now, whatever its back-off is: its administrator put
// right what was wrong.
func (rt *Runtime) Forgive(program string) {
	if rt.OnForgive != nil {
		rt.OnForgive(program)
	}
}

// Manifest tells the kubelet that somebody wrote a file in its manifest directory.
func (rt *Runtime) Manifest(m *corev1.Pod) {
	if rt.OnManifest != nil {
		rt.OnManifest(m)
	}
}

// Program is the program of the host that a container runs; "" for any other container.
func (c *Container) Program() string {
	if c.app == nil {
		return ""
	}
	return c.app.Program
}

// Argv is the command that the container runs, the program first.
func (c *Container) Argv() []string { return c.argv }

// Exit ends the container's program by itself, with a code.
func (c *Container) Exit(code int32) {
	if c.State == Running {
		c.exit(code)
	}
}

// hosted is the state of a container's program of the host.
type hosted struct {
	guest   bool   // not of the host, but of this container alone
	stop    func() // it
	running bool
	over    bool // it ended before its container did
}

func (c *Container) startProgram() {
	if c.app == nil || c.app.Program == "" {
		return
	}
	rt := c.Sandbox.rt
	if rt.guests != nil && !c.Sandbox.Static {
		if c.hosted.stop, c.hosted.guest = rt.guests.Start(c); c.hosted.guest {
			return
		}
	}
	if p := rt.programs; p != nil {
		c.hosted.running = true
		p.Start(c.app.Program)
	}
}

func (c *Container) endProgram() {
	if stop := c.hosted.stop; stop != nil {
		c.hosted.stop = nil
		stop()
	}
	if c.hosted.running {
		c.hosted.running = false
		if !c.hosted.over {
			c.Sandbox.rt.programs.Stop(c.app.Program)
		}
	}
}

// component is a program of the control plane.
func component(program string, port int32, mb int, cpu float64) *App {
	return &App{
		Name: program, Program: program, Binaries: program, Ports: []int32{port}, Listen: 100 * time.Millisecond, Serve: time.Millisecond,
		Stop: Stop{Signal: "SIGTERM", After: 20 * time.Millisecond}, MemoryMB: mb, IdleCPU: cpu,
		Respond: func(c *Container, path string, _ time.Duration) int {
			if p := c.Sandbox.rt.programs; p != nil && !c.hosted.guest {
				return p.Health(program, path)
			}
			return 200
		},
	}
}
