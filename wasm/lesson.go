package main

import (
	"fmt"
	"math"

	"tabernetes/engine"
	"tabernetes/engine/sim"
	"tabernetes/scenarios/lesson"
)

// readLesson reads a lesson's files and keeps it for checks. One that cannot be read leaves the last as it was.
func (b *bridge) readLesson(r request) {
	l, err := lesson.Parse(r.Files)
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	b.lesson = l
	b.reply(r.ID, l)
}

// checks tells how far a step of the lesson is.
func (b *bridge) checks(r request) {
	if b.lesson == nil {
		b.fail(r.ID, fmt.Errorf("no lesson was read"))
		return
	}
	since := engine.Moment{At: sim.Time(math.Round(r.Since.Ms * 1e6)), After: r.Since.After}
	results, err := b.lesson.Check(b.c, r.Step, since)
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	b.reply(r.ID, results)
}

// lessonLine runs one line of a setup or a solution; the clock runs as fast as it can until its end.
func (b *bridge) lessonLine(r request) {
	l, err := lesson.ParseLine(r.Line)
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	var stdout, stderr []byte
	out := engine.Output{
		Out: func(s string) {
			stdout = append(stdout, s...)
			b.h.post(answer{ID: r.ID, Type: "output", Stream: "stdout", Text: s})
		},
		Err: func(s string) {
			stderr = append(stderr, s...)
			b.h.post(answer{ID: r.ID, Type: "output", Stream: "stderr", Text: s})
		},
	}
	code := 0
	out.Done = func(n int) { code = n }
	run, err := l.Start(b.c, r.Files, out)
	if err != nil {
		b.fail(r.ID, err)
		return
	}
	b.jobs = append(b.jobs, &job{id: r.ID, until: run.Until, held: run.Held, done: func() {
		if p := run.Process; p != nil && !p.Done() {
			b.c.Cancel(p)
			b.fail(r.ID, fmt.Errorf("%s: it goes on for ever, or waits for somebody", r.Line))
			return
		}
		b.reply(r.ID, lineResult{string(stdout), string(stderr), code})
	}})
}
