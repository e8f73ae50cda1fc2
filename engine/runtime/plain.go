package runtime

import (
	"maps"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// plain runs the programs that read, compute and print, and neither wait nor change the flow.
func (p *process) plain(name string, args []string, in string, k next) {
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
				p.out(name + ": can't stat '" + args[n-2] + "': No such file or directory\n")
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
			p.out(p.c.Sandbox.IP + "\n")
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
	case "kill", "ps", "nc", "ping", "free", "df", "source", ".":
	default:
		p.out("sh: " + name + ": not found\n")
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
			p.out("rm: can't remove '" + f + "': No such file or directory\n")
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
		p.out("ls: " + dir + ": No such file or directory\n")
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

// filter runs a program that turns its input, or files, into output.
func (p *process) filter(name string, args []string, in string, k next) {
	var opts, files []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-n" && (name == "head" || name == "tail") && i+1 < len(args):
			i++
			opts = append(opts, "-"+args[i])
		case (a == "-d" || a == "-f") && name == "cut" && i+1 < len(args):
			i++
			opts = append(opts, a+args[i])
		case strings.HasPrefix(a, "-") && len(a) > 1:
			opts = append(opts, a)
		default:
			files = append(files, a)
		}
	}
	pattern := ""
	var pair []string
	switch name {
	case "grep":
		if len(files) > 0 {
			pattern, files = files[0], files[1:]
		}
	case "tr":
		pair, files = files, nil
	case "tee":
		for _, f := range files {
			if why := p.c.refuses(p.path(f)); why != "" {
				p.out("tee: " + f + ": " + why + "\n")
			}
			p.c.WriteFile(p.path(f), in, slices.Contains(opts, "-a"))
		}
		files = nil
	}
	p.status = 0
	text := in
	if len(files) > 0 {
		text = ""
		for _, f := range files {
			s, ok := p.c.ReadFile(p.path(f))
			if !ok {
				p.out(name + ": can't open '" + f + "': No such file or directory\n")
				p.status = 1
				continue
			}
			text += s
		}
	}
	has := func(o string) bool {
		return slices.ContainsFunc(opts, func(s string) bool { return !strings.HasPrefix(s, "--") && strings.Contains(s, o) })
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		lines = nil
	}
	count := 10
	for _, o := range opts {
		if n, err := strconv.Atoi(strings.TrimLeft(o, "-n")); err == nil {
			count = n
		}
	}
	print := func(list []string) {
		if len(list) > 0 {
			p.out(strings.Join(list, "\n") + "\n")
		}
	}
	switch name {
	case "head":
		print(lines[:min(count, len(lines))])
	case "tail":
		print(lines[max(len(lines)-count, 0):])
	case "wc":
		switch {
		case has("l"):
			p.out(strconv.Itoa(strings.Count(text, "\n")) + "\n")
		case has("c"):
			p.out(strconv.Itoa(len(text)) + "\n")
		default:
			p.out(strconv.Itoa(strings.Count(text, "\n")) + " " + strconv.Itoa(len(strings.Fields(text))) + " " + strconv.Itoa(len(text)) + "\n")
		}
	case "grep":
		var found []string
		for _, l := range lines {
			if strings.Contains(l, pattern) != has("v") {
				found = append(found, l)
			}
		}
		p.status = b2i(len(found) == 0)
		if has("c") {
			p.out(strconv.Itoa(len(found)) + "\n")
		} else if !has("q") {
			print(found)
		}
	case "sort":
		sort.Strings(lines)
		print(lines)
	case "rev":
		for i, l := range lines {
			r := []rune(l)
			slices.Reverse(r)
			lines[i] = string(r)
		}
		print(lines)
	case "tr":
		if has("d") && len(pair) > 0 {
			text = strings.Map(func(r rune) rune {
				if strings.ContainsRune(ansi(pair[0]), r) {
					return -1
				}
				return r
			}, text)
		} else if len(pair) == 2 && len(ansi(pair[0])) == len(ansi(pair[1])) {
			a, b := ansi(pair[0]), ansi(pair[1])
			text = strings.Map(func(r rune) rune {
				if i := strings.IndexRune(a, r); i >= 0 {
					return rune(b[i])
				}
				return r
			}, text)
		}
		p.out(text)
	case "cut":
		d, f := "\t", 1
		for _, o := range opts {
			if v, ok := strings.CutPrefix(o, "-d"); ok {
				d = v
			} else if v, ok := strings.CutPrefix(o, "-f"); ok {
				f, _ = strconv.Atoi(v)
			}
		}
		for i, l := range lines {
			if parts := strings.Split(l, d); f >= 1 && f <= len(parts) {
				lines[i] = parts[f-1]
			}
		}
		print(lines)
	default:
		p.out(text)
	}
	k(flow{})
}
