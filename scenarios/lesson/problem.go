package lesson

import (
	"fmt"
	"strings"

	"tabernetes/engine/order"
)

// Problem is something wrong with a lesson, and where.
type Problem struct {
	File string
	Line int // from 1; 0: the file as a whole
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems are all that was found, by file and line.
type Problems []Problem

func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// maxProblems is how many are told: whoever pastes something else than a lesson need not read thousands.
const maxProblems = 100

// maxQuoted is how much of a lesson's text a problem repeats.
const maxQuoted = 80

// report collects problems.
type report struct{ found Problems }

func (r *report) add(file string, line int, format string, args ...any) {
	if len(r.found) < maxProblems {
		r.found = append(r.found, Problem{file, line, fmt.Sprintf(format, args...)})
	}
}

func (r *report) err() error {
	if len(r.found) == 0 {
		return nil
	}
	order.By(r.found, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return r.found
}

// quote is a text of the lesson for a problem.
func quote(s string) string { return fmt.Sprintf("%q", shortened(s)) }

// clip is quote without the quotes.
func clip(s string) string {
	q := quote(s)
	return q[1 : len(q)-1]
}

func shortened(s string) string {
	if r := []rune(s); len(r) > maxQuoted {
		return string(r[:maxQuoted]) + "…"
	}
	return s
}
