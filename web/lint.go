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

// lint tells what is wrong with lessons, a line a problem, and how long their solutions take if nothing is. A folder of
// lessons stands for all of them.
func lint(dirs []string, out io.Writer) error {
	if len(dirs) == 0 {
		return errors.New("lint: which folder? web lint DIR...; how a lesson is written stands in scenarios/AUTHORING.md")
	}
	bad := false
	for _, dir := range dirs {
		lessons := lessonsIn(dir)
		many := len(lessons) > 0
		if !many {
			lessons = []string{dir}
		}
		wrong := 0
		for _, l := range lessons {
			switch err := lintOne(l, out); {
			case errors.Is(err, errLint):
				wrong++
			case err != nil:
				return err
			}
		}
		if bad = bad || wrong > 0; many {
			fmt.Fprintf(out, "%s: lessons: %d, with problems: %d\n", dir, len(lessons), wrong)
		}
	}
	if bad {
		return errLint
	}
	return nil
}

// lessonsIn are the folders of the lessons in a folder; none: it is a lesson itself, or has nothing to do with lessons.
func lessonsIn(dir string) []string {
	if isLesson(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // lintOne says why
	}
	var out []string
	for _, e := range entries {
		if l := filepath.Join(dir, e.Name()); e.IsDir() && isLesson(l) {
			out = append(out, l)
		}
	}
	return out
}

// isLesson reports that a folder has the scenario or the texts of a lesson: who has forgotten one of them wants to hear it.
func isLesson(dir string) bool {
	for _, name := range []string{lesson.ScenarioFile, lesson.EnglishFile, lesson.ChineseFile} {
		if s, err := os.Stat(filepath.Join(dir, name)); err == nil && !s.IsDir() {
			return true
		}
	}
	return false
}

// lintOne is lint for one lesson.
func lintOne(dir string, out io.Writer) error {
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
	if !errors.As(err, &problems) {
		if err == nil {
			took(out, dir, l, played)
		}
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(out, dir+string(filepath.Separator)+p.String())
	}
	return errLint
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
