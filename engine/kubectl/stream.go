package kubectl

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
)

// remote is a program in a container that this command is connected with (client-go/tools/remotecommand).
type remote struct {
	c       *cmd
	st      *client.Stream
	opts    api.StreamOptions
	opened  bool
	onOpen  func()
	onFrame func(api.Frame) // what is neither output nor the end
	out     func(string)
	err     func(string)
	shown   bool // something came
	onEnd   func(error)
}

// connect opens exec or attach. Input is what came through the pipe, or what is typed from now on. onEnd gets nil, an
// *api.ExitError, or what went wrong.
func (c *cmd) connect(sub, namespace, name string, opts api.StreamOptions, onEnd func(error)) *remote {
	r := &remote{c: c, opts: opts, out: c.out, err: c.errOut, onEnd: onEnd}
	// kubectl asks for a WebSocket, a GET, and falls back to SPDY, a POST, when it may not get: create decides.
	req := &api.Request{Verb: api.Create, Resource: api.Pods, Subresource: sub, Namespace: namespace, Name: name, Stream: &opts}
	c.sign(req)
	r.st = c.sh.c.Connect(req, r.frame)
	c.stops = append(c.stops, r.st.Close)
	return r
}

func (r *remote) frame(f api.Frame) {
	if r.c.over {
		return
	}
	switch f.Kind {
	case api.Opened:
		r.opened = true
		if r.onOpen != nil {
			r.onOpen()
		}
	case api.Stdout:
		if r.opts.TTY {
			// The terminal's doing: a line's end is one, and the line's beginning is where it is at first.
			f.Data = strings.ReplaceAll(f.Data, "\r\n", "\n")
			if !r.shown {
				f.Data = strings.TrimPrefix(f.Data, "\r")
			}
			r.shown = true
		}
		r.out(f.Data)
	case api.Stderr:
		r.err(f.Data)
	default:
		if r.onFrame != nil {
			r.onFrame(f)
		}
	case api.Result:
		err := f.Err
		var exit *api.ExitError
		var st apierrors.APIStatus
		if !r.opened && errors.As(err, &st) {
			err = &api.UpgradeError{Text: err.Error()}
		}
		if err != nil && r.opened && !errors.As(err, &exit) && err != api.ErrStreamLost {
			// The streaming server tells an internal error, and the translation of its streams to WebSockets wraps what it
			// reads in another (apiserver/pkg/util/proxy/streamtranslator.go): real kubectl prints both.
			err = errors.New("Internal error occurred: " + err.Error())
		}
		r.onEnd(err)
	}
}

// input sends the whole standard input.
func (r *remote) input(text string) {
	r.st.Send(api.Frame{Kind: api.Stdin, Data: text, End: true})
}

// feed connects the standard input: the pipe, or the terminal.
func (r *remote) feed() {
	c := r.c
	if !r.opts.Stdin {
		return
	}
	if !c.atTerminal() {
		r.input(c.stdin)
		return
	}
	if r.opts.TTY {
		r.resize(terminalWidth, terminalHeight)
	}
	ctx := c.sh.a.Sim().Context()
	c.keys(r.opts.TTY, func(keys string) {
		if c.over {
			return
		}
		c.sh.a.Sim().In(ctx, func() {
			c.after(0, "typed", func() { r.typed(keys) })
		})
	})
}

func (r *remote) resize(width, height uint16) {
	r.st.Send(api.Frame{Kind: api.Resize, Width: width, Height: height})
}

// typed sends keys as they are to a terminal in the container; else the terminal here makes lines of them.
func (r *remote) typed(keys string) {
	if r.opts.TTY {
		r.st.Send(api.Frame{Kind: api.Stdin, Data: keys})
		return
	}
	text, end := strings.CutSuffix(keys, "\x04")
	text = strings.ReplaceAll(text, "\r", "\n")
	r.c.out(text)
	r.st.Send(api.Frame{Kind: api.Stdin, Data: text, End: end})
}

// atTerminal reports that the standard input is a terminal at which somebody types.
func (c *cmd) atTerminal() bool { return c.keys != nil && c.stdin == "" }

// wantsTTY decides whether a command gets a terminal in the container: it takes one here (cmd/exec, SetupTTY).
func (c *cmd) wantsTTY(stdin, tty bool) bool {
	switch {
	case !stdin || !tty:
		return false
	case !c.atTerminal():
		if !c.f.bool("quiet") {
			c.errf("Unable to use a TTY - input is not a terminal or the right kind of file\n")
		}
		return false
	}
	return true
}

// terminalSize is that of the terminal at the workstation, as it is told to a terminal in a container.
const terminalWidth, terminalHeight = 80, 24

// left ends the command as exec and attach end.
func (c *cmd) left(err error) {
	var exit *api.ExitError
	switch {
	case err == nil:
		c.exit(0)
	case errors.As(err, &exit):
		c.errf("%v\n", exit)
		c.exit(exit.Code)
	default:
		c.fail(err)
	}
}
