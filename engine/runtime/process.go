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

// SetPrograms gives containers the programs of their host to run.
func (rt *Runtime) SetPrograms(p Programs) { rt.programs = p }

// Exited tells the runtime that a program of the host ended by itself, with a code: its container ends too.
func (rt *Runtime) Exited(program string, code int32) {
	for _, sb := range rt.Sandboxes() {
		for _, c := range sb.Containers {
			if c.State == Running && c.app != nil && c.app.Program == program {
				c.hosted.over = true
				c.exit(code)
			}
		}
	}
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

// hosted is the state of a container's program of the host.
type hosted struct {
	running bool
	over    bool // it ended before its container did
}

func (c *Container) startProgram() {
	if p := c.Sandbox.rt.programs; p != nil && c.app != nil && c.app.Program != "" {
		c.hosted.running = true
		p.Start(c.app.Program)
	}
}

func (c *Container) endProgram() {
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
			if p := c.Sandbox.rt.programs; p != nil {
				return p.Health(program, path)
			}
			return 200
		},
	}
}
