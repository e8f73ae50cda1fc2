package lesson

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

const (
	// readyWithin is how much virtual time a cluster gets to have all nodes Ready before the setup.
	readyWithin = time.Minute
	// maxSolution is how much virtual time a solution may take, maxLesson a lesson.
	maxSolution = 30 * time.Minute
	maxLesson   = 2 * time.Hour
)

// Played is what a lesson took whose solutions were played.
type Played struct {
	Cluster *engine.Cluster
	Setup   time.Duration // of virtual time
	Steps   []PlayedStep
}

// PlayedStep is one step of it.
type PlayedStep struct {
	ID    string
	Took  time.Duration // of virtual time
	Since engine.Moment // where it began
}

// Play makes the lesson's cluster and carries out its setup and the solution of each step. Every check must fail before the
// solution of its step and hold after it; what does not is told in Problems.
func (l *Lesson) Play() (*Played, error) {
	c, err := engine.New(l.Config())
	if err != nil {
		return nil, Problems{{ScenarioFile, 0, err.Error()}}
	}
	c.RunTo(sim.Time(readyWithin), c.Ready, 0)
	r := &report{}
	p := &Played{Cluster: c}
	began := c.Now()
	for i := range l.setup {
		if err := l.run(c, l.setup[i]); err != nil {
			r.add(ScenarioFile, l.setup[i].number, "setup: %s: %v", l.setup[i].Text, err)
			return p, r.err()
		}
	}
	p.Setup = c.Now().Sub(began)
	for i := range l.Steps {
		s := l.Steps[i]
		at := c.Now()
		done := PlayedStep{ID: s.ID, Since: c.Moment()}
		if err := l.solve(c, i, done.Since, r); err != nil {
			return p, r.err() // the steps that follow build on it
		}
		done.Took = c.Now().Sub(at)
		if done.Took > maxSolution {
			r.add(ScenarioFile, s.line, "the solution of step %s takes %s of virtual time; at most %s are allowed", quote(s.ID), done.Took, maxSolution)
		}
		p.Steps = append(p.Steps, done)
	}
	if all := c.Now().Sub(began); all > maxLesson {
		r.add(ScenarioFile, 0, "the solutions take %s of virtual time; at most %s are allowed", all, maxLesson)
	}
	return p, r.err()
}

var errUnsolved = errors.New("unsolved")

// solve plays the solution of one step.
func (l *Lesson) solve(c *engine.Cluster, step int, since engine.Moment, r *report) error {
	s := l.Steps[step]
	before, err := l.Check(c, step, since)
	if err != nil {
		return err
	}
	for i, x := range before {
		if x.OK {
			r.add(ScenarioFile, s.checks[i].line, "check %s of step %s holds before anything is done", quote(s.Checks[i].ID), quote(s.ID))
		}
	}
	for i := range s.solution {
		if err := l.run(c, s.solution[i]); err != nil {
			r.add(ScenarioFile, s.solution[i].number, "%s: %v", s.solution[i].Text, err)
			return err
		}
	}
	after, err := l.Check(c, step, since)
	if err != nil {
		return err
	}
	for i, x := range after {
		if !x.OK {
			r.add(ScenarioFile, s.checks[i].line, "check %s of step %s does not hold after the solution: %s", quote(s.Checks[i].ID), quote(s.ID), x.Got.EN)
			err = errUnsolved
		}
	}
	return err
}

// run carries out one line to its end.
func (l *Lesson) run(c *engine.Cluster, line *Line) error {
	var text strings.Builder
	code := 0
	put := func(s string) { text.WriteString(s) }
	run, err := line.Start(c, l.files, engine.Output{Out: put, Err: put, Done: func(n int) { code = n }})
	if err != nil {
		return err
	}
	c.RunTo(run.Until, run.Held, 0)
	switch {
	case run.Process != nil && !run.Process.Done():
		return fmt.Errorf("it is not done after %s", CommandLimit)
	case code != 0:
		return fmt.Errorf("exit code %d: %s", code, clip(strings.TrimSpace(text.String())))
	}
	return nil
}
