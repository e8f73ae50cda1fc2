package lesson

import (
	"strconv"
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
	return p.File + ":" + strconv.Itoa(p.Line) + ": " + p.Text
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

// maxQuoted is how much of a lesson's text a problem repeats, in characters.
const maxQuoted = 80

// report collects problems.
type report struct{ found Problems }

func (r *report) add(file string, line int, text string) {
	if len(r.found) < maxProblems {
		r.found = append(r.found, Problem{file, line, text})
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

// tooMany is said of every list.
const tooMany = "there are too many of them: the limits stand in scenarios/AUTHORING.md"

// quote is a text of the lesson for a problem.
func quote(s string) string {
	if r := []rune(s); len(r) > maxQuoted {
		s = string(r[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}

// clip is quote without the quotes.
func clip(s string) string {
	q := quote(s)
	return q[1 : len(q)-1]
}
