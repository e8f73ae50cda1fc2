package runtime

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// filter runs a program that turns its input, or files, into output.
func (p *process) filter(name string, args []string, in *input, k next) {
	var opts, files []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-n" && (name == "head" || name == "tail") && i+1 < len(args):
			i++
			opts = append(opts, "-"+args[i])
		case a == "-c" && (name == "head" || name == "tail") && i+1 < len(args):
			i++
			opts = append(opts, "-c"+args[i])
		case (a == "-d" || a == "-f") && name == "cut" && i+1 < len(args):
			i++
			opts = append(opts, a+args[i])
		case a == "-": // the input, which it reads as it is
		case strings.HasPrefix(a, "-"):
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
	}
	p.status = 0
	switch {
	case name == "tee":
		sinks := []func(string){p.out}
		for _, f := range files {
			sinks = append(sinks, p.sink(f, slices.Contains(opts, "-a")))
		}
		p.copy(in, sinks, k)
		return
	case len(files) == 0 && name == "cat":
		p.copy(in, []func(string){p.out}, k)
		return
	case len(files) == 0:
		in.all(alive(p, func(text string) { p.filterText(name, opts, pattern, pair, text, k) }))
		return
	}
	text := ""
	for _, f := range files {
		s, ok := p.c.ReadFile(p.path(f))
		if !ok {
			p.err(name + ": can't open '" + f + "': No such file or directory\n")
			p.status = 1
			continue
		}
		text += s
	}
	p.filterText(name, opts, pattern, pair, text, k)
}

// copy hands on what comes, as it comes.
func (p *process) copy(in *input, to []func(string), k next) {
	in.read(func(text string, end bool) {
		switch {
		case p.dead:
		case end:
			k(flow{})
		default:
			for _, out := range to {
				out(text)
			}
			p.steps = 0
			p.copy(in, to, k)
		}
	})
}

// someBytes is head -c and tail -c: so many bytes, or for tail from the byte "+N" on.
func someBytes(name, count, text string) string {
	n, _ := strconv.Atoi(count)
	switch {
	case strings.HasPrefix(count, "+"):
		return text[min(max(n-1, 0), len(text)):]
	case name == "tail":
		return text[max(len(text)-n, 0):]
	}
	return text[:min(max(n, 0), len(text))]
}

// filterText is what filters other than cat and tee make of a text.
func (p *process) filterText(name string, opts []string, pattern string, pair []string, text string, k next) {
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
	if name == "head" || name == "tail" {
		for _, o := range opts {
			if n, ok := strings.CutPrefix(o, "-c"); ok {
				p.out(someBytes(name, n, text))
				k(flow{})
				return
			}
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
		case has("w"):
			p.out(strconv.Itoa(len(strings.Fields(text))) + "\n")
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
