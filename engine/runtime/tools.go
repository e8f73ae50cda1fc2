package runtime

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// toolNames are the programs that images with a shell have, beside those of their app.

const toolNames = " sh bash ash dash /bin/sh echo printf sleep exit true false : cat date touch rm mkdir ls find dd fallocate truncate test [ hostname env printenv " +
	"export set unset trap wait exec cd pwd seq wget curl nslookup tail head wc grep sort uname id whoami shift return break continue read " +
	"local readonly source . eval perl python python3 node rev tee sync chmod chown cp mv ln kill ps nc ping redis-cli mysqladmin mysql pg_isready " +
	"mongo mongosh nproc top free df mount basename dirname expr yes tr sed awk cut stty tty tar zookeeper-ready java go stress apk apt-get apt yum pip npm "

func knownTool(name string) bool {
	return name != "" && !strings.Contains(name, " ") && strings.Contains(toolNames, " "+name+" ")
}

// appTool is the exit code of a client tool that asks the container's own server; -1 if the command is none.
func (c *Container) appTool(argv []string) int {
	if c.app == nil || len(argv) == 0 {
		return -1
	}
	switch path.Base(argv[0]) {
	case "redis-cli", "mysqladmin", "mysql", "pg_isready", "mongo", "mongosh", "zookeeper-ready", "nodetool", "cqlsh":
		return b2i(!c.Listening())
	case "agnhost", "nginx", "httpd":
		return 0
	}
	return -1
}

// call runs a simple command: assignments, then a function, a builtin or a program.
func (p *process) call(x *syntax.CallExpr, in *input, k next) {
	if len(x.Args) == 0 {
		p.status = 0
		p.assigns(x.Assigns, 0, func() { k(flow{}) })
		return
	}
	p.assigns(x.Assigns, 0, func() {
		p.words(x.Args, func(argv []string) {
			if len(argv) == 0 {
				k(flow{})
				return
			}
			if f := p.funcs[argv[0]]; f != nil {
				if p.calls++; p.calls > maxCalls {
					p.perish(139, "Segmentation fault")
					return
				}
				saved := p.params
				p.params = argv
				p.stmt(f, in, func(f flow) {
					p.params = saved
					p.calls--
					if f.kind == 'r' {
						f = flow{}
					}
					k(f)
				})
				return
			}
			p.exec(argv, in, k)
		})
	})
}

// exec runs a program with arguments.
func (p *process) exec(argv []string, in *input, k next) {
	args := argv[1:]
	ok := func() { p.status = 0; k(flow{}) }
	fail := func(code int, text string) {
		if text != "" {
			p.err(text + "\n")
		}
		p.status = code
		k(flow{})
	}
	name := path.Base(argv[0])
	p.c.work(costOf(name))
	if code := p.c.appTool(argv); code >= 0 {
		switch {
		case code != 0:
			fail(code, "Could not connect: Connection refused")
		case name == "redis-cli":
			p.out("PONG\n")
			ok()
		case name == "mysqladmin":
			p.out("mysqld is alive\n")
			ok()
		default:
			ok()
		}
		return
	}
	if p.become(argv, k) {
		return
	}
	switch name {
	case "sh", "bash", "ash", "dash":
		p.shell(name, args, in, k)
	case "exit":
		if len(args) > 0 {
			p.status, _ = strconv.Atoi(args[0])
			p.status &= 255
		}
		k(flow{kind: 'x'})
	case "return", "break", "continue":
		n := 1
		if len(args) > 0 {
			n, _ = strconv.Atoi(args[0])
		}
		if name == "return" && len(args) > 0 {
			p.status = n
		}
		k(flow{name[0], n})
	case "true", ":", "wait", "sync", "chmod", "chown", "ln", "local", "readonly", "mount", "unset", "apk", "apt-get", "apt", "yum", "pip", "npm":
		ok()
	case "false":
		fail(1, "")
	case "read":
		p.read(args, in, k)
	case "sleep":
		d, valid := duration(args)
		if !valid {
			fail(1, "sleep: invalid number '"+strings.Join(args, " ")+"'")
			return
		}
		p.sleep(max(d, minSleep), ok)
	case "exec":
		if len(args) == 0 {
			ok()
			return
		}
		p.exec(args, in, func(f flow) { k(flow{kind: 'x'}) })
	case "eval":
		p.script(strings.Join(args, " "), "eval", k)
	case "trap":
		p.trap(args)
		ok()
	case "set":
		for _, a := range args {
			if strings.HasPrefix(a, "-") && strings.Contains(a, "e") {
				p.errexit = true
			}
		}
		ok()
	case "export":
		for _, a := range args {
			if n, v, found := strings.Cut(a, "="); found {
				if !p.assign(n, v) {
					return
				}
			}
		}
		ok()
	case "cd":
		if len(args) > 0 {
			p.vars["PWD"] = p.path(args[0])
		}
		ok()
	case "shift":
		if len(p.params) > 1 {
			p.params = append(p.params[:1:1], p.params[2:]...)
		}
		ok()
	case "test", "[":
		if name == "[" && len(args) > 0 {
			args = args[:len(args)-1]
		}
		p.status = b2i(!p.testArgs(args))
		k(flow{})
	case "tar":
		p.tar(args, in, k)
	case "tail":
		if slices.ContainsFunc(args, func(a string) bool { return a == "-f" || a == "-F" }) {
			p.follow(args[len(args)-1], 0)
			return
		}
		p.filter(name, args, in, k)
	case "wget", "curl":
		p.http(name, args, k)
	case "nslookup":
		p.nslookup(args, k)
	case "top":
		p.loops++
		p.sleep(365*24*time.Hour, ok)
	case "yes", "stress":
		p.burn(name, args, ok)
	case "python", "python3", "perl", "node", "java", "go", "awk", "sed":
		// Interpreters of other languages are not here: their programs take a moment and succeed.
		p.sleep(400*time.Millisecond, ok)
	default:
		p.plain(name, args, in, k)
	}
}

// costOf is the CPU time that a program of the tools takes to start and run; what the shell does itself costs nothing to
// speak of.
func costOf(name string) time.Duration {
	switch name {
	case "exit", "return", "break", "continue", "true", ":", "false", "wait", "local", "readonly", "unset", "read", "exec", "eval", "trap", "set",
		"export", "cd", "shift", "test", "[", "echo", "printf":
		return 0
	case "wget", "curl", "nslookup":
		return 3 * time.Millisecond
	}
	return time.Millisecond
}

// burn is yes and stress: programs that use all the CPU they get, on one core or on as many as they are told, until they
// are stopped or the time that stress is given is over.
func (p *process) burn(name string, args []string, ok func()) {
	cores, d := 1, 365*24*time.Hour
	if name == "stress" {
		cores = 0
		for i := 0; i+1 < len(args); i++ {
			n, _ := strconv.Atoi(args[i+1])
			switch args[i] {
			case "-c", "--cpu", "-m", "--vm":
				cores += n
			case "-t", "--timeout":
				d, _ = duration(args[i+1 : i+2])
			}
		}
	}
	p.loops++
	p.c.runEndless(int32(1000 * cores))
	p.sleep(d, func() {
		p.c.runEndless(int32(-1000 * cores))
		ok()
	})
}

// shell runs sh with its options: -c text, a script file, or its input.
func (p *process) shell(name string, args []string, in *input, k next) {
	errexit := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		opt := args[0]
		args = args[1:]
		if strings.Contains(opt, "e") {
			errexit = true
		}
		if !strings.HasPrefix(opt, "--") && strings.Contains(opt, "c") {
			if len(args) == 0 {
				p.err("sh: -c requires an argument\n")
				p.status = 2
				k(flow{})
				return
			}
			saved := p.params
			p.params = append([]string{"sh"}, args[1:]...)
			if len(args) > 1 {
				p.params = args[1:]
			}
			p.errexit = errexit
			around := p.in
			p.in = in
			p.script(args[0], "sh", func(flow) {
				p.params, p.in = saved, around
				p.errexit = false
				k(flow{})
			})
			return
		}
	}
	if len(args) > 0 {
		text, found := p.c.ReadFile(p.path(args[0]))
		if !found {
			p.err("sh: can't open '" + args[0] + "': No such file or directory\n")
			p.status = 2
			k(flow{})
			return
		}
		p.params = args
		p.script(text, args[0], func(flow) { k(flow{}) })
		return
	}
	p.status = 0
	p.repl(name, in, k)
}

// read takes a line apart into variables.
func (p *process) read(args []string, in *input, k next) {
	var names []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-p" && i+1 < len(args):
			i++
			if p.tty != nil {
				p.err(args[i])
			}
		case !strings.HasPrefix(a, "-"):
			names = append(names, a)
		}
	}
	if len(names) == 0 {
		names = []string{"REPLY"}
	}
	in.line(func(line string, ok bool) {
		if p.dead {
			return
		}
		p.steps = 0
		p.status = b2i(!ok)
		line = strings.TrimSpace(line)
		for i, n := range names {
			word, rest, _ := strings.Cut(line, " ")
			if i == len(names)-1 {
				word = line
			}
			p.vars[n], line = word, strings.TrimLeft(rest, " ")
		}
		k(flow{})
	})
}

func (p *process) trap(args []string) {
	if len(args) < 2 {
		return
	}
	f, err := syntax.NewParser().Parse(strings.NewReader(args[0]), "trap")
	if err != nil {
		return
	}
	if p.traps == nil {
		p.traps = map[string]*syntax.File{}
	}
	for _, sig := range args[1:] {
		sig = strings.TrimPrefix(strings.ToUpper(sig), "SIG")
		if sig == "15" {
			sig = "TERM"
		}
		p.traps[sig] = f
	}
}

// duration adds up sleep's arguments: seconds, or a number with s, m, h or d.
func duration(args []string) (time.Duration, bool) {
	var d time.Duration
	for _, a := range args {
		unit := time.Second
		switch {
		case a == "infinity" || a == "inf":
			return 365 * 24 * time.Hour, true
		case strings.HasSuffix(a, "s"):
			a = a[:len(a)-1]
		case strings.HasSuffix(a, "m"):
			a, unit = a[:len(a)-1], time.Minute
		case strings.HasSuffix(a, "h"):
			a, unit = a[:len(a)-1], time.Hour
		case strings.HasSuffix(a, "d"):
			a, unit = a[:len(a)-1], 24*time.Hour
		}
		f, err := strconv.ParseFloat(a, 64)
		if err != nil || f < 0 || f > 1e9 {
			return 0, false
		}
		d += time.Duration(f * float64(unit))
	}
	return d, len(args) > 0
}

func (p *process) testArgs(args []string) bool {
	for i, a := range args {
		if i > 0 && a == "-o" {
			return p.testArgs(args[:i]) || p.testArgs(args[i+1:])
		}
	}
	for i, a := range args {
		if i > 0 && a == "-a" {
			return p.testArgs(args[:i]) && p.testArgs(args[i+1:])
		}
	}
	switch {
	case len(args) == 0:
		return false
	case args[0] == "!":
		return !p.testArgs(args[1:])
	case len(args) == 1:
		return args[0] != ""
	case len(args) == 2:
		return p.unary(args[0], args[1])
	}
	return compare(args[0], args[1], args[2])
}

// follow is tail -f: it prints what is added to a file, for ever.
func (p *process) follow(file string, seen int) {
	if text, ok := p.c.ReadFile(p.path(file)); ok && len(text) != seen {
		if len(text) < seen {
			seen = 0
		}
		p.out(text[seen:])
		seen = len(text)
	}
	p.loops++
	d := time.Second
	if file == "/dev/null" {
		d = 365 * 24 * time.Hour
	}
	p.sleep(d, func() { p.follow(file, seen) })
}
