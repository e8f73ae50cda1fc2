package main

import (
	"fmt"

	"tabernetes/engine"
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
	since := engine.Moment{At: fromMs(r.Since.Ms), After: r.Since.After, Commands: r.Since.Commands}
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
	if l.Advance > 0 {
		var held func() bool
		if l.Settle {
			held = func() bool { return b.c.Settled() }
		}
		b.run(r.ID, l.Advance.Seconds(), held)
		return
	}
	b.act(r.ID, func() {
		if l.Service != "" {
			b.do(r.ID, engine.Command{Op: engine.OpTraffic, Name: l.Service, RPS: l.RPS})
			return
		}
		if r.Line, err = l.Expand(b.c); err != nil {
			b.fail(r.ID, err)
			return
		}
		b.h.post(answer{ID: r.ID, Type: "line", Text: r.Line})
		b.line(r)
		b.finish(r.ID, lesson.CommandLimit, func() {
			if p := b.running[r.ID]; p != nil {
				b.c.Cancel(p) // it goes on for ever
			}
		})
	})
}
