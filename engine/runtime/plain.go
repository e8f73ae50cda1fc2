package runtime

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// plain runs the programs that read, compute and print, and neither wait nor change the flow.
func (p *process) plain(name string, args []string, in *input, k next) {
	p.status = 0
	switch name {
	case "echo":
		p.echo(args)
	case "printf":
		p.printf(args)
	case "cat", "head", "wc", "grep", "sort", "tee", "rev", "tr", "cut":
		p.filter(name, args, in, k)
		return
	case "date":
		p.date(args)
	case "touch":
		for _, f := range args {
			if p.c.exists(p.path(f)) {
				continue
			}
			if why := p.c.refuses(p.path(f)); why != "" {
				p.fails("touch: " + f + ": " + why)
			}
			p.c.WriteFile(p.path(f), "", false)
		}
	case "rm":
		p.rm(args)
	case "mkdir":
		for i, d := range args {
			if strings.HasPrefix(d, "-") || i > 0 && args[i-1] == "-m" {
				continue
			}
			switch why := p.c.refuses(p.path(d)); {
			case p.c.exists(p.path(d)):
				if !slices.Contains(args, "-p") || !p.c.isDir(p.path(d)) {
					p.fails("mkdir: can't create directory '" + d + "': File exists")
				}
			case why != "":
				p.fails("mkdir: can't create directory '" + d + "': " + why)
			default:
				p.c.WriteFile(p.path(d), dirMark, false)
			}
		}
	case "cp", "mv":
		if n := len(args); n >= 2 {
			from, to := p.path(args[n-2]), p.path(args[n-1])
			text, ok := p.c.ReadFile(from)
			if !ok {
				p.err(name + ": can't stat '" + args[n-2] + "': No such file or directory\n")
				p.status = 1
				break
			}
			if p.c.isDir(to) {
				to = path.Join(to, path.Base(from))
			}
			if why := p.c.refuses(to); why != "" {
				p.fails(name + ": can't create '" + args[n-1] + "': " + why)
				break
			}
			p.c.WriteFile(to, text, false)
			if name == "mv" {
				p.c.remove(from, false)
			}
		}
	case "ls":
		p.ls(args)
	case "find":
		p.findFiles(args)
	case "dd", "fallocate", "truncate":
		p.zeros(name, args)
	case "pwd":
		p.out(p.vars["PWD"] + "\n")
	case "hostname":
		if slices.Contains(args, "-i") {
			p.out(p.c.Sandbox.IP() + "\n")
		} else {
			p.out(p.c.Sandbox.Hostname() + "\n")
		}
	case "env", "printenv":
		if len(args) > 0 && name == "printenv" {
			v, ok := p.vars[args[0]]
			p.status = b2i(!ok)
			if ok {
				p.out(v + "\n")
			}
			break
		}
		for _, n := range slices.Sorted(maps.Keys(p.vars)) {
			p.out(n + "=" + p.vars[n] + "\n")
		}
	case "seq":
		p.seq(args)
	case "uname":
		if slices.Contains(args, "-a") {
			p.out("Linux " + p.c.Sandbox.Hostname() + " 6.12.48-cloud-amd64 #1 SMP x86_64 GNU/Linux\n")
		} else {
			p.out("Linux\n")
		}
	case "id":
		p.out("uid=0(root) gid=0(root) groups=0(root)\n")
	case "whoami":
		p.out("root\n")
	case "nproc":
		p.out("4\n")
	case "basename":
		if len(args) > 0 {
			p.out(path.Base(args[0]) + "\n")
		}
	case "dirname":
		if len(args) > 0 {
			p.out(path.Dir(args[0]) + "\n")
		}
	case "expr":
		if len(args) == 3 {
			a, _ := strconv.Atoi(args[0])
			b, _ := strconv.Atoi(args[2])
			switch args[1] {
			case "+":
				a += b
			case "-":
				a -= b
			case "*":
				a *= b
			}
			p.out(strconv.Itoa(a) + "\n")
		}
	case "stty":
		if p.tty != nil && slices.Contains(args, "size") {
			p.out(strconv.Itoa(int(p.tty.height)) + " " + strconv.Itoa(int(p.tty.width)) + "\n")
		}
	case "tty":
		if p.tty != nil {
			p.out("/dev/pts/0\n")
			break
		}
		p.out("not a tty\n")
		p.status = 1
	case "kill", "ps", "nc", "ping", "free", "df", "source", ".":
	default:
		p.err("sh: " + name + ": not found\n")
		p.status = 127
	}
	k(flow{})
}

// fails prints why a program did not do one thing; it goes on with the next.
func (p *process) fails(text string) {
	p.out(text + "\n")
	p.status = 1
}

func (p *process) echo(args []string) {
	end, esc := "\n", false
	for len(args) > 0 && (args[0] == "-n" || args[0] == "-e" || args[0] == "-ne" || args[0] == "-en") {
		if strings.Contains(args[0], "n") {
			end = ""
		}
		esc = esc || strings.Contains(args[0], "e")
		args = args[1:]
	}
	s := strings.Join(args, " ")
	if esc {
		s = ansi(s)
	}
	p.out(s + end)
}

func (p *process) printf(args []string) {
	if len(args) == 0 {
		return
	}
	format, rest := ansi(args[0]), args[1:]
	for first := true; first || len(rest) > 0; first = false {
		before := len(rest)
		var b strings.Builder
		for i := 0; i < len(format); i++ {
			if format[i] != '%' || i+1 == len(format) {
				b.WriteByte(format[i])
				continue
			}
			i++
			for i < len(format)-1 && strings.IndexByte("0123456789.-", format[i]) >= 0 {
				i++
			}
			if format[i] == '%' {
				b.WriteByte('%')
			} else if len(rest) > 0 {
				b.WriteString(rest[0])
				rest = rest[1:]
			}
		}
		p.out(b.String())
		if len(rest) == before {
			return
		}
	}
}

func (p *process) date(args []string) {
	now := p.c.Sandbox.rt.a.Wall()
	for _, a := range args {
		if f, ok := strings.CutPrefix(a, "+"); ok {
			p.out(strings.NewReplacer("%Y", now.Format("2006"), "%m", now.Format("01"), "%d", now.Format("02"), "%H", now.Format("15"),
				"%M", now.Format("04"), "%S", now.Format("05"), "%s", strconv.FormatInt(now.Unix(), 10), "%F", now.Format("2006-01-02"),
				"%T", now.Format("15:04:05")).Replace(f) + "\n")
			return
		}
	}
	p.out(now.Format("Mon Jan _2 15:04:05 UTC 2006") + "\n")
}

func (p *process) rm(args []string) {
	recursive, force := false, false
	for _, f := range args {
		if strings.HasPrefix(f, "-") {
			recursive = recursive || strings.ContainsAny(f, "rR")
			force = force || strings.Contains(f, "f")
			continue
		}
		if strings.HasSuffix(f, "/*") {
			f, recursive, force = f[:len(f)-2], true, true
		}
		if why := p.c.refuses(p.path(f)); why != "" && p.c.exists(p.path(f)) {
			p.fails("rm: can't remove '" + f + "': " + why)
			continue
		}
		if !p.c.remove(p.path(f), recursive) && !force {
			p.err("rm: can't remove '" + f + "': No such file or directory\n")
			p.status = 1
		}
	}
}

func (p *process) ls(args []string) {
	dir := p.vars["PWD"]
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			dir = p.path(a)
		}
	}
	if _, ok := p.c.ReadFile(dir); ok {
		p.out(dir + "\n")
		return
	}
	if !p.c.isDir(dir) {
		p.err("ls: " + dir + ": No such file or directory\n")
		p.status = 1
		return
	}
	for _, n := range p.c.list(dir) {
		p.out(n + "\n")
	}
}

func (p *process) seq(args []string) {
	from, to, by := 1, 0, 1
	n := make([]int, len(args))
	for i, a := range args {
		n[i], _ = strconv.Atoi(a)
	}
	switch len(n) {
	case 1:
		to = n[0]
	case 2:
		from, to = n[0], n[1]
	case 3:
		from, by, to = n[0], max(n[1], 1), n[2]
	}
	for i, c := from, 0; i <= to && c < 10000; i, c = i+by, c+1 {
		p.out(strconv.Itoa(i) + "\n")
	}
}
