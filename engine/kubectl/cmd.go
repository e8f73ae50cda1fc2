package kubectl

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// cmd is one invocation of kubectl.
type cmd struct {
	sh     *Shell
	pend   func() (done func())
	out    func(string)
	errOut func(string)
	files  map[string]string
	stdin  string
	editor func(name, text string, done func(saved string, ok bool))
	env    Env
	keys   func(raw bool, typed func(keys string))
	exitFn func(int)

	spec  *command
	path  string // "kubectl rollout status"
	f     *flagSet
	args  []string
	dash  int // index of the first argument after "--", or -1
	ns    string
	nsSet bool

	over  bool
	stops []func()

	printed bool     // a YAML document was printed: the next one needs a separator
	warned  []string // the server's warnings so far: each is shown once
}

// command is a row of the command table.
type command struct {
	name  string
	use   string // what follows the path in the usage line
	short string
	flags string // see parseDefs
	alias string // words
	raw   bool   // arguments are not parsed for flags
	// suggestFor are words people type for it.
	suggestFor string
	run        func(*cmd)
	subs       []*command
}

// main finds the command and runs it.
func (c *cmd) main(args []string) {
	c.path = "kubectl"
	// Flags may come before the command; the command's own are known only once it is found.
	table := commandTable()
	root := &command{subs: table}
	spec := root
	var flagsSeen, rest []string
	i := 0
	for ; i < len(args); i++ {
		a := args[i]
		if len(a) > 1 && a[0] == '-' {
			if a == "--" {
				break
			}
			flagsSeen = append(flagsSeen, a)
			if name := strings.TrimLeft(a, "-"); !strings.Contains(a, "=") && i+1 < len(args) && takesValue(name, strings.HasPrefix(a, "--"), spec) {
				i++
				flagsSeen = append(flagsSeen, args[i])
			}
			continue
		}
		sub := findCommand(spec.subs, a)
		if sub == nil {
			break
		}
		spec = sub
		c.path += " " + sub.name
	}
	rest = append(flagsSeen, args[i:]...)
	c.spec = spec
	if spec == root && len(rest) > 0 && rest[0] != "--help" && rest[0] != "-h" && i < len(args) {
		c.unknownCommand(table, args[i])
		return
	}
	if spec.raw {
		c.f = &flagSet{}
		c.args, c.dash = rest, -1
	} else {
		f, positional, dash, err := parseFlags(parseDefs(spec.flags, globalFlags), rest)
		c.f = f
		if err != nil {
			c.fail(fmt.Errorf("%v\nSee '%s --help' for usage.", err, c.path))
			return
		}
		c.args, c.dash = positional, dash
	}
	if c.f.values["help"] != nil && c.f.bool("help") {
		c.help()
		return
	}
	c.ns = c.sh.o.Namespace
	if c.f.changed("namespace") {
		c.ns, c.nsSet = c.f.str("namespace"), true
	}
	if ctx := c.f.str("context"); ctx != "" && ctx != c.sh.o.Context {
		c.fail(fmt.Errorf("context %q does not exist", ctx))
		return
	}
	if spec.run == nil {
		if len(c.args) > 0 && spec != root {
			c.usageError("unknown command %q", strings.Join(c.args, " "))
			return
		}
		c.help()
		return
	}
	c.begin(func() { spec.run(c) })
}

// takesValue tells whether a flag before the command's name eats the next argument.
func takesValue(name string, long bool, spec *command) bool {
	f := &flagSet{defs: parseDefs(spec.flags, globalFlags)}
	d := f.byLong(name)
	if !long {
		if len(name) != 1 {
			return false
		}
		d = f.byShort(name)
	}
	return d != nil && !d.noValue
}

func findCommand(table []*command, name string) *command {
	for _, c := range table {
		if c.name == name || slices.Contains(strings.Fields(c.alias), name) {
			return c
		}
	}
	return nil
}

// exit ends the invocation.
func (c *cmd) exit(code int) {
	if c.over {
		return
	}
	c.abort()
	c.exitFn(code)
}

// abort ends it without an exit code.
func (c *cmd) abort() {
	c.over = true
	for _, stop := range c.stops {
		stop()
	}
	c.stops = nil
}

// end exits with 1 and the errors, if there are any, else with 0.
func (c *cmd) end(errs ...error) {
	if text := errorText(aggregate(errs), c.sh.o.Server); text != "" {
		c.errOut(text)
		c.exit(1)
		return
	}
	c.exit(0)
}

// fail prints an error and exits with 1.
func (c *cmd) fail(err error) { c.end(err) }

func (c *cmd) failf(format string, a ...any) { c.end(fmt.Errorf(format, a...)) }

// usageError is an error that points at the help.
func (c *cmd) usageError(format string, a ...any) {
	c.end(fmt.Errorf("%s\nSee '%s -h' for help and examples", fmt.Sprintf(format, a...), c.path))
}

func (c *cmd) printf(format string, a ...any) { c.out(fmt.Sprintf(format, a...)) }

func (c *cmd) errf(format string, a ...any) { c.errOut(fmt.Sprintf(format, a...)) }

// do sends a request. The answer is dropped if the command is over by then.
func (c *cmd) do(req *api.Request, then func(*api.Response)) {
	c.sign(req)
	c.noticed(req)
	if req.FieldManager == "" {
		req.FieldManager = "kubectl" // what its user agent begins with
	}
	answered := c.pend()
	c.sh.c.Do(req, func(r *api.Response) {
		answered()
		if c.over {
			return
		}
		for _, w := range r.Warnings {
			if !slices.Contains(c.warned, w) {
				c.warned = append(c.warned, w)
				c.errf("Warning: %s\n", w)
			}
		}
		then(r)
	})
}

// after waits in virtual time.
func (c *cmd) after(d time.Duration, what string, fn func()) sim.Timer {
	t := c.sh.a.After(d, what, func() {
		if !c.over {
			fn()
		}
	})
	c.stops = append(c.stops, func() { t.Stop() })
	return t
}

// watch streams changes until the command ends or the returned function is called.
func (c *cmd) watch(req *api.Request, onEvent func(api.WatchEvent), onEnd func(error)) (stop func()) {
	c.sign(req)
	stopped := false
	var w *client.Watch
	w = c.sh.c.Watch(req, func(events []api.WatchEvent) {
		for _, e := range events {
			if c.over || stopped {
				return
			}
			onEvent(e)
		}
	}, func(err error) {
		if !c.over && !stopped {
			stopped = true
			onEnd(err)
		}
	})
	stop = func() {
		if !stopped {
			stopped = true
			w.Stop()
		}
	}
	c.stops = append(c.stops, stop)
	return stop
}

// each calls fn for 0 to n-1, one after the other's next, and then done.
func each(n int, fn func(i int, next func()), done func()) {
	var step func(i int)
	step = func(i int) {
		if i >= n {
			done()
			return
		}
		fn(i, func() { step(i + 1) })
	}
	step(0)
}

// dryRun is the value of --dry-run: "none", "client" or "server".
func (c *cmd) dryRun() (string, error) {
	if c.f.byLong("dry-run") == nil {
		return "none", nil
	}
	switch v := c.f.str("dry-run"); v {
	case "none", "client", "server":
		return v, nil
	case "unchanged":
		return "", fmt.Errorf(`Invalid dry-run value (%v). Must be "none", "server", or "client".`, v)
	default:
		return "", fmt.Errorf(`Invalid dry-run value (%v). Must be "none", "server", or "client".`, v)
	}
}

// dryRunSuffix is what messages end with in a dry run.
func dryRunSuffix(mode string) string {
	switch mode {
	case "client":
		return " (dry run)"
	case "server":
		return " (server dry run)"
	}
	return ""
}
