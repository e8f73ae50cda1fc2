package kubelet

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
)

// attended is a program that somebody watches.
type attended interface {
	Write(text string)
	CloseInput()
	Resize(width, height uint16)
	Kill()
}

var (
	_ attended = (*runtime.Session)(nil)
	_ attended = (*runtime.Attachment)(nil)
)

// Stream serves exec, attach and port-forward. Errors are those of the kubelet's server and, behind it, of containerd's
// streaming server (k8s.io/cri-streaming), as clients get to see them.
func (s server) Stream(subresource, namespace, name string, opts api.StreamOptions, send func(api.Frame)) (func(api.Frame), func()) {
	refuse := func(code int, text string) (func(api.Frame), func()) {
		send(api.Frame{Kind: api.Result, Err: &api.UpgradeError{Code: code, Text: text}})
		return func(api.Frame) {}, func() {}
	}
	p := s.k.byKey[api.Key(namespace, name)]
	if p == nil {
		return refuse(404, "pod does not exist")
	}
	if subresource == "portforward" {
		if p.sb == nil || !p.sb.Ready {
			return refuse(500, fmt.Sprintf("pod not found (%q)", name+"_"+namespace))
		}
		send(api.Frame{Kind: api.Opened})
		return s.k.forward(p.sb, send)
	}
	// Only containers that exist in the runtime are found; one that has ended is refused by the runtime itself.
	c := p.find(opts.Container)
	if c == nil || c.run == nil || c.run.State != runtime.Running {
		if subresource == "attach" {
			return refuse(500, fmt.Sprintf("container %s not found in pod %s", opts.Container, name+"_"+namespace))
		}
		return refuse(500, fmt.Sprintf("container not found (%q)", opts.Container))
	}
	if !opts.Stdin && !opts.Stdout && !opts.Stderr {
		return refuse(400, "you must specify at least 1 of stdin, stdout, stderr")
	}
	opts.Stderr = opts.Stderr && !opts.TTY // upstream passes over the request for both
	send(api.Frame{Kind: api.Opened})
	var tell func(error)
	stdio := runtime.Stdio{Stdin: opts.Stdin, TTY: opts.TTY, Out: func(text string, stderr bool) {
		switch {
		case stderr && opts.Stderr:
			send(api.Frame{Kind: api.Stderr, Data: text})
		case !stderr && opts.Stdout:
			send(api.Frame{Kind: api.Stdout, Data: text})
		}
	}, Exit: func(code int) {
		if code != 0 {
			tell(&api.ExitError{Code: code})
			return
		}
		tell(nil)
	}}
	tell = func(err error) { send(api.Frame{Kind: api.Result, Err: err}) }
	var at attended
	var err error
	if subresource == "attach" {
		if at, err = c.run.Attach(stdio); err != nil {
			err = fmt.Errorf("error attaching to container: %w", err)
		}
	} else if at, err = c.run.Attend(opts.Command, stdio); err != nil {
		err = fmt.Errorf("error executing command in container: %w", err)
	}
	if err != nil {
		tell(apierrors.NewInternalError(err))
		return func(api.Frame) {}, func() {}
	}
	return func(f api.Frame) {
		switch f.Kind {
		case api.Stdin:
			if f.Data != "" {
				at.Write(f.Data)
			}
			if f.End {
				at.CloseInput()
			}
		case api.Resize:
			at.Resize(f.Width, f.Height)
		}
	}, at.Kill
}
