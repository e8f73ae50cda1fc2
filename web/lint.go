package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tabernetes/scenarios/lesson"
)

// errLint says that there were problems, which have been printed.
var errLint = errors.New("the lesson has problems")

// lint tells what is wrong with lessons, a line a problem, and how long their solutions take if nothing is.
func lint(dirs []string, out io.Writer) error {
	if len(dirs) == 0 {
		return errors.New("lint: which folder? web lint DIR...; how a lesson is written stands in scenarios/AUTHORING.md")
	}
	bad := false
	for _, dir := range dirs {
		path, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		l, _, err := lesson.ReadDir(os.DirFS(filepath.Dir(path)), filepath.Base(path))
		var played *lesson.Played
		if err == nil {
			played, err = l.Play()
		}
		var problems lesson.Problems
		switch {
		case errors.As(err, &problems):
			bad = true
			for _, p := range problems {
				fmt.Fprintln(out, dir+string(filepath.Separator)+p.String())
			}
		case err != nil:
			return err
		default:
			took(out, dir, l, played)
		}
	}
	if bad {
		return errLint
	}
	return nil
}

// took prints what playing a lesson took, in virtual time.
func took(out io.Writer, dir string, l *lesson.Lesson, p *lesson.Played) {
	all := p.Setup
	checks := 0
	for i, s := range p.Steps {
		all += s.Took
		checks += len(l.Steps[i].Checks)
	}
	fmt.Fprintf(out, "%s: %d steps, %d checks, %s of virtual time (setup %s)\n", dir, len(l.Steps), checks, short(all), short(p.Setup))
	for i, s := range p.Steps {
		what := "to read"
		if !l.Steps[i].Read {
			what = short(s.Took)
		}
		fmt.Fprintf(out, "  %-20s %s\n", s.ID, what)
	}
}

func short(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
