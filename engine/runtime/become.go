package runtime

import (
	"path"
	"slices"
	"strings"
)

// become makes the server of the image out of the container's own shell, where a script comes to call it: `sh -c "echo
// hi > index.html && nginx -g 'daemon off;'"`. From then on the container is that server, and stops as it does; what
// the script has after the call never comes. A call that only asks (`nginx -t`) is none. It reports whether the command
// was the server's.
func (p *process) become(argv []string, k next) bool {
	c, app := p.c, p.c.Image.App
	if p != c.sh || c.app != nil || app == nil || !hasWord(app.Binaries, path.Base(argv[0])) {
		return false
	}
	if slices.ContainsFunc(argv[1:], func(a string) bool { return slices.Contains([]string{"-t", "-s", "-v", "-V", "--version"}, a) }) {
		p.status = 0
		k(flow{})
		return true
	}
	if app.Args != nil {
		app = app.Args(argv[1:])
	}
	// The server begins to tell of itself now, after what the script printed.
	told := *app
	told.StartLog = ""
	if app.StartLog != "" {
		p.out(strings.TrimSuffix(app.StartLog, "\n") + "\n")
	}
	a := c.Sandbox.rt.a
	c.app, c.argv = &told, argv
	c.listenAt = a.Now().Add(app.listenDelay(a))
	c.startMeter()
	return true
}
