package kubelet

import (
	"errors"
	"fmt"

	"tabernetes/engine/api"
	"tabernetes/engine/runtime"
)

// Exec runs a command in a container that runs. Errors are those of the kubelet's server and, behind it, of containerd's
// streaming server, as clients get to see them.
func (s server) Exec(namespace, name string, opts api.ExecOptions, send func(text string, over bool, err error)) (input func(line string, end bool), stop func()) {
	none := func() {}
	noInput := func(string, bool) {}
	p := s.k.byKey[api.Key(namespace, name)]
	if p == nil {
		send("", true, errors.New("unable to upgrade connection: pod does not exist"))
		return noInput, none
	}
	c := p.find(opts.Container)
	if c == nil || c.run == nil || c.run.State != runtime.Running {
		send("", true, fmt.Errorf("unable to upgrade connection: container not found (%q)", opts.Container))
		return noInput, none
	}
	session, err := c.run.Attend(opts.Command, opts.Input, opts.Terminal, func(text string) { send(text, false, nil) }, func(code int) {
		if code == 0 {
			send("", true, nil)
			return
		}
		send("", true, &api.ExitError{Code: code})
	})
	if err != nil {
		// The streaming server tells an internal error, and the kubelet's translation of streams makes it another.
		send("", true, fmt.Errorf("Internal error occurred: Internal error occurred: error executing command in container: %w", err))
		return noInput, none
	}
	return session.Type, session.Kill
}
