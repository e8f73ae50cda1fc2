package kubectl

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

const filterNames = "echo, cat, grep, head, tail, wc, sort, uniq, sleep, curl, wget, true, false"

// newFilter makes one of the small programs that stand around kubectl in tutorials; nil if there is none of that name.
func newFilter(p *Process, args []string, out func(string), exit func(int)) program {
	fail := func(code int, format string, a ...any) program {
		return &simpleProgram{run: func(string) {
			p.env.Err(args[0] + ": " + fmt.Sprintf(format, a...) + "\n")
			exit(code)
		}}
	}
	switch args[0] {
	case "curl", "wget":
		return newCurl(p, args, out, exit)
	case "true":
		return &simpleProgram{run: func(string) { exit(0) }}
	case "false":
		return &simpleProgram{run: func(string) { exit(1) }}
	case "echo":
		rest, newline := args[1:], "\n"
		if len(rest) > 0 && rest[0] == "-n" {
			rest, newline = rest[1:], ""
		}
		return &simpleProgram{run: func(string) { out(strings.Join(rest, " ") + newline); exit(0) }}
	case "cat":
		if len(args) == 1 || args[1] == "-" {
			return &lineFilter{raw: out, end: func() { exit(0) }}
		}
		return &simpleProgram{run: func(string) {
			code := 0
			files := p.sh.with(p.env.Files)
			for _, name := range args[1:] {
				if text, ok := files[name]; ok {
					out(text)
				} else {
					p.env.Err("cat: " + name + ": No such file or directory\n")
					code = 1
				}
			}
			exit(code)
		}}
	case "sleep":
		if len(args) != 2 {
			return fail(1, "missing operand")
		}
		text := args[1]
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			text += "s"
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fail(1, "invalid time interval '%s'", args[1])
		}
		return &sleeper{p: p, d: d, exit: exit}
	case "grep":
		return newGrep(args, out, exit, fail)
	case "head", "tail":
		return newHeadTail(args, out, exit, fail)
	case "wc":
		return newWc(args, out, exit, fail)
	case "sort":
		return newSort(args, out, exit, fail)
	case "uniq":
		f := &lineFilter{end: func() { exit(0) }}
		last, any := "", false
		f.line = func(s string) {
			if !any || s != last {
				out(s + "\n")
			}
			last, any = s, true
		}
		return f
	}
	return nil
}

// lineFilter gives its input on line by line, or raw as it comes.
type lineFilter struct {
	rest string
	raw  func(string)
	line func(string)
	end  func()
}

func (f *lineFilter) write(text string) {
	if f.raw != nil {
		f.raw(text)
		return
	}
	f.rest += text
	for {
		line, rest, ok := strings.Cut(f.rest, "\n")
		if !ok {
			return
		}
		f.rest = rest
		f.line(line)
	}
}

func (f *lineFilter) closeInput() {
	if f.rest != "" {
		line := f.rest
		f.rest = ""
		f.line(line)
	}
	f.end()
}

func (f *lineFilter) stop() {}

// sleeper waits in virtual time.
type sleeper struct {
	p    *Process
	d    time.Duration
	t    sim.Timer
	exit func(int)
}

func (s *sleeper) write(string) {}
func (s *sleeper) closeInput()  { s.t = s.p.sh.a.After(s.d, "sleep", func() { s.exit(0) }) }
func (s *sleeper) stop()        { s.t.Stop() }

type failer func(code int, format string, a ...any) program

// shortOptions splits clustered one-letter options from operands; letters in withValue take the next text.
func shortOptions(args []string, withValue string) (opts map[byte]string, rest []string) {
	opts = map[byte]string{}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		for j := 1; j < len(a); j++ {
			if strings.IndexByte(withValue, a[j]) < 0 {
				opts[a[j]] = "true"
				continue
			}
			if j+1 < len(a) {
				opts[a[j]] = a[j+1:]
			} else if i+1 < len(args) {
				i++
				opts[a[j]] = args[i]
			} else {
				opts[a[j]] = ""
			}
			break
		}
	}
	return opts, rest
}

func newGrep(args []string, out func(string), exit func(int), fail failer) program {
	opts, rest := shortOptions(args[1:], "eABC")
	pattern, ok := opts['e']
	if !ok {
		if len(rest) == 0 {
			return fail(2, "usage: grep [-Evicnqo] PATTERN")
		}
		pattern, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return fail(2, "%s: only standard input can be read here", rest[0])
	}
	expr := pattern
	switch {
	case opts['F'] != "":
		expr = regexp.QuoteMeta(pattern)
	case opts['E'] == "" && opts['P'] == "":
		expr = basicRegexp(pattern)
	}
	if opts['w'] != "" {
		expr = `\b(?:` + expr + `)\b`
	}
	if opts['i'] != "" {
		expr = "(?i)" + expr
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return fail(2, "invalid pattern %q", pattern)
	}
	num := func(k byte) int { n, _ := strconv.Atoi(opts[k]); return n }
	before, after := max(num('B'), num('C')), max(num('A'), num('C'))
	n, line, follow := 0, 0, 0
	var held []string
	return &lineFilter{line: func(s string) {
		line++
		prefix := ""
		if opts['n'] != "" {
			prefix = strconv.Itoa(line) + ":"
		}
		if re.MatchString(s) == (opts['v'] != "") {
			if follow > 0 {
				follow--
				out(s + "\n")
			} else if before > 0 {
				held = append(held, s)
				held = held[max(0, len(held)-before):]
			}
			return
		}
		n++
		if opts['c'] != "" || opts['q'] != "" {
			return
		}
		for _, h := range held {
			out(h + "\n")
		}
		held, follow = nil, after
		if opts['o'] != "" {
			for _, m := range re.FindAllString(s, -1) {
				out(prefix + m + "\n")
			}
			return
		}
		out(prefix + s + "\n")
	}, end: func() {
		if opts['c'] != "" {
			out(strconv.Itoa(n) + "\n")
		}
		if n == 0 {
			exit(1)
			return
		}
		exit(0)
	}}
}

// basicRegexp turns a POSIX basic regular expression into Go's syntax: there, the operators are the escaped ones.
func basicRegexp(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch ch := s[i]; ch {
		case '\\':
			if i+1 < len(s) {
				i++
				if strings.IndexByte("+?|(){}", s[i]) >= 0 {
					b.WriteByte(s[i])
				} else {
					b.WriteByte('\\')
					b.WriteByte(s[i])
				}
			}
		case '+', '?', '|', '(', ')', '{', '}':
			b.WriteByte('\\')
			b.WriteByte(ch)
		default:
			b.WriteByte(ch)
		}
	}
	return b.String()
}

func newHeadTail(args []string, out func(string), exit func(int), fail failer) program {
	n := 10
	for i := 1; i < len(args); i++ {
		text := strings.TrimPrefix(args[i], "--lines=")
		if args[i] == "-n" && i+1 < len(args) {
			i++
			text = args[i]
		}
		text = strings.TrimPrefix(strings.TrimPrefix(text, "-n"), "-")
		v, err := strconv.Atoi(text)
		if err != nil {
			return fail(1, "invalid number of lines: '%s'", text)
		}
		n = v
	}
	if args[0] == "tail" {
		var last []string
		return &lineFilter{line: func(s string) {
			last = append(last, s)
			last = last[max(0, len(last)-n):]
		}, end: func() {
			for _, s := range last {
				out(s + "\n")
			}
			exit(0)
		}}
	}
	return &lineFilter{line: func(s string) {
		if n > 0 {
			out(s + "\n")
			n--
		}
		if n <= 0 {
			exit(0)
		}
	}, end: func() { exit(0) }}
}

func newWc(args []string, out func(string), exit func(int), fail failer) program {
	opts, rest := shortOptions(args[1:], "")
	if len(rest) > 0 {
		return fail(1, "%s: only standard input can be read here", rest[0])
	}
	lines, words, bytes := 0, 0, 0
	s := &simpleProgram{}
	s.run = func(in string) {
		lines, words, bytes = strings.Count(in, "\n"), len(strings.Fields(in)), len(in)
		switch {
		case opts['l'] != "":
			out(strconv.Itoa(lines) + "\n")
		case opts['w'] != "":
			out(strconv.Itoa(words) + "\n")
		case opts['c'] != "":
			out(strconv.Itoa(bytes) + "\n")
		default:
			out(fmt.Sprintf("%7d %7d %7d\n", lines, words, bytes))
		}
		exit(0)
	}
	return s
}

func newSort(args []string, out func(string), exit func(int), fail failer) program {
	opts, rest := shortOptions(args[1:], "kt")
	if len(rest) > 0 {
		return fail(2, "cannot read: %s: only standard input can be read here", rest[0])
	}
	column := 0
	if k := opts['k']; k != "" {
		k, _, _ = strings.Cut(strings.TrimRight(k, "nr"), ",")
		n, err := strconv.Atoi(k)
		if err != nil || n < 1 {
			return fail(2, "invalid number at field start: '%s'", opts['k'])
		}
		column = n
	}
	numeric := opts['n'] != "" || strings.Contains(opts['k'], "n")
	reverse := opts['r'] != "" || strings.Contains(opts['k'], "r")
	key := func(s string) string {
		if column == 0 {
			return s
		}
		if f := strings.Fields(s); column <= len(f) {
			return strings.Join(f[column-1:], " ")
		}
		return ""
	}
	var all []string
	return &lineFilter{line: func(s string) { all = append(all, s) }, end: func() {
		sort.SliceStable(all, func(i, j int) bool {
			a, b := key(all[i]), key(all[j])
			if reverse {
				a, b = b, a
			}
			if numeric {
				x, y := leadingNumber(a), leadingNumber(b)
				if x != y {
					return x < y
				}
			}
			return a < b
		})
		for i, s := range all {
			if opts['u'] == "" || i == 0 || all[i-1] != s {
				out(s + "\n")
			}
		}
		exit(0)
	}}
}

func leadingNumber(s string) float64 {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && s[end] == '-') {
		end++
	}
	f, _ := strconv.ParseFloat(s[:end], 64)
	return f
}
