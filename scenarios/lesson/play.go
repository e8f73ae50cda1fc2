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
	if l.carryOut(c, l.setup, r) != nil {
		return p, r.err()
	}
	p.Setup = c.Now().Sub(began)
	for i, s := range l.Steps {
		at := c.Now()
		done := PlayedStep{ID: s.ID, Since: c.Moment()}
		if l.solve(c, i, done.Since, r) != nil {
			return p, r.err() // the steps that follow build on it
		}
		done.Took = c.Now().Sub(at)
		if done.Took > maxSolution {
			r.add(ScenarioFile, s.line, insert("the solution of step $1 takes $2 of virtual time; at most $3 are allowed", []string{quote(s.ID), done.Took.String(), maxSolution.String()}))
		}
		p.Steps = append(p.Steps, done)
	}
	if all := c.Now().Sub(began); all > maxLesson {
		r.add(ScenarioFile, 0, insert("the lesson takes $1 of virtual time; at most $2 are allowed", []string{all.String(), maxLesson.String()}))
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
			r.add(ScenarioFile, s.checks[i].line, insert("check $1 of step $2 holds before anything is done", []string{quote(s.Checks[i].ID), quote(s.ID)}))
		}
	}
	if err := l.carryOut(c, s.solution, r); err != nil {
		return err
	}
	after, err := l.Check(c, step, since)
	if err != nil {
		return err
	}
	for i, x := range after {
		if !x.OK {
			r.add(ScenarioFile, s.checks[i].line, insert("check $1 of step $2 does not hold after the solution: $3", []string{quote(s.Checks[i].ID), quote(s.ID), x.Got.EN}))
			err = errUnsolved
		}
	}
	return err
}

// carryOut runs lines one after the other.
func (l *Lesson) carryOut(c *engine.Cluster, lines []*Line, r *report) error {
	for _, line := range lines {
		if err := l.run(c, line); err != nil {
			r.add(ScenarioFile, line.number, insert("$1: $2", []string{line.Text, err.Error()}))
			return err
		}
	}
	return nil
}

// run carries out one line to its end.
func (l *Lesson) run(c *engine.Cluster, line *Line) error {
	switch {
	case line.Advance > 0:
		var held func() bool
		if line.Settle {
			held = c.Settled
		}
		c.RunTo(c.Now().Add(line.Advance), held, 0)
		return nil
	case line.Service != "":
		return c.Do(engine.Command{Op: engine.OpTraffic, Name: line.Service, RPS: line.RPS})
	}
	text, err := line.Expand(c)
	if err != nil {
		return err
	}
	files := map[string]string{}
	for _, name := range line.reads() {
		files[name] = l.files[name]
	}
	cmd, err := engine.ParseLine(text, files)
	if err != nil {
		return err
	}
	var out strings.Builder
	code := 0
	put := func(s string) { out.WriteString(s) }
	p, err := c.Start(cmd, engine.Output{Out: put, Err: put, Done: func(n int) { code = n }})
	if err != nil || p == nil {
		return err
	}
	c.RunTo(c.Now().Add(CommandLimit), p.Waits, 0)
	switch {
	case !p.Done():
		return fmt.Errorf("it is not done after %s", CommandLimit)
	case code != 0:
		return fmt.Errorf("exit code %d: %s", code, clip(strings.TrimSpace(out.String())))
	}
	return nil
}

// reads are the names of the files that a line reads.
func (l *Line) reads() []string {
	var names []string
	f := strings.Fields(l.Text)
	for i, word := range f {
		for _, flag := range []string{"-f", "--filename"} {
			name, ok := strings.CutPrefix(word, flag)
			switch {
			case !ok || f[0] != "kubectl":
			case name == "" && i+1 < len(f):
				names = append(names, strings.Split(f[i+1], ",")...)
			case strings.HasPrefix(name, "="):
				names = append(names, strings.Split(name[1:], ",")...)
			}
		}
	}
	if name := engine.SchedulerFile(l.Text); name != "" {
		names = append(names, name)
	}
	return names
}
