package runtime

import "slices"

// Attachment is somebody who watches the container's own program (containerd's internal/cri/io, ContainerIO.Attach).
type Attachment struct {
	c    *Container
	io   Stdio
	over bool
}

// Attach shows what the container's program prints from now on, and lets io.Stdin write to it if it has an input. Whether
// the program has a terminal is the container's affair: io.TTY is ignored. Exit is called with 0 when the program has
// ended, or when its input has and nothing more is wanted.
func (c *Container) Attach(io Stdio) (*Attachment, error) {
	if c.State != Running {
		return nil, runcError("container is in " + [...]string{"CONTAINER_CREATED", "CONTAINER_RUNNING", "CONTAINER_EXITED"}[c.State] + " state")
	}
	at := &Attachment{c: c, io: io}
	c.attached = append(c.attached, at)
	return at, nil
}

// Write is what the watcher sends to the program's standard input.
func (at *Attachment) Write(text string) {
	if !at.over && at.io.Stdin && at.c.main != nil {
		at.c.main.Write(text)
	}
}

// CloseInput says that the watcher sends no more. A program whose input is given once reads its end; else the watcher
// has seen enough.
func (at *Attachment) CloseInput() {
	switch {
	case at.over || !at.io.Stdin:
	case at.c.Spec.StdinOnce && !at.c.Spec.TTY:
		if at.c.main != nil {
			at.c.main.CloseInput()
		}
	default:
		at.end()
	}
}

// Resize tells the size of the watcher's window, in characters.
func (at *Attachment) Resize(width, height uint16) {
	if at.c.main != nil {
		at.c.main.Resize(width, height)
	}
}

// Kill ends the watching; its end is not told.
func (at *Attachment) Kill() {
	at.io.Exit = func(int) {}
	if at.c.Spec.StdinOnce && at.io.Stdin && !at.c.Spec.TTY && at.c.main != nil {
		at.c.main.CloseInput()
	}
	at.end()
}

func (at *Attachment) end() {
	if at.over {
		return
	}
	at.over = true
	if i := slices.Index(at.c.attached, at); i >= 0 {
		at.c.attached = slices.Delete(at.c.attached, i, i+1)
	}
	at.io.Exit(0)
}
