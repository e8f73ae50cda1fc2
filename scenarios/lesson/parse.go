package lesson

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"tabernetes/engine/api/manifest"
)

// Limits of a lesson.
const (
	maxScenario   = 64 << 10 // bytes
	maxText       = 128 << 10
	maxManifest   = 256 << 10
	maxManifests  = 32
	maxTotal      = 1 << 20 // bytes of manifests
	maxSteps      = 40
	maxChecks     = 12 // of a step
	maxHints      = 8
	maxOptions    = 6
	maxLines      = 50 // of a setup or a solution
	maxPoints     = 8
	maxMinutes    = 120
	maxOrder      = 9999
	maxNodes      = 100
	maxSpeed      = 1000
	maxNameLength = 40
)

// goodID reports that a name is one of small letters and digits, with "-" between them.
func goodID(id string) bool {
	return len(id) <= maxNameLength && written(id, "-") && !strings.HasPrefix(id, "-") && !strings.HasSuffix(id, "-")
}

// written reports that a text is not empty and made of small letters, digits and others.
func written(text, others string) bool {
	for _, c := range []byte(text) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(others, c) >= 0) {
			return false
		}
	}
	return text != ""
}

// Parse reads the files of a lesson, by name. Its error is Problems: everything that is wrong; then there is no lesson.
func Parse(files map[string]string) (*Lesson, error) {
	r := &report{}
	l := &Lesson{Files: []string{}, Setup: []string{}, Steps: []*Step{}, files: map[string]string{}}
	if !l.takeFiles(files, r) {
		return nil, r.err()
	}
	y := decodeScenario(files[ScenarioFile], r)
	en, zh := readText(EnglishFile, files[EnglishFile], r), readText(ChineseFile, files[ChineseFile], r)
	if y != nil {
		l.head(y, r)
		l.steps(y, r)
		j := &joiner{r, l, en, zh}
		j.texts()
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return l, nil
}

// takeFiles looks at names and sizes, and at the manifests; false if it makes no sense to go on.
func (l *Lesson) takeFiles(files map[string]string, r *report) bool {
	ok, total := true, 0
	limit := func(name string, most int) {
		if n := len(files[name]); n > most {
			r.add(name, 0, "the file has %d bytes; at most %d are allowed", n, most)
			ok = false
		}
	}
	for _, name := range []string{ScenarioFile, EnglishFile, ChineseFile} {
		if _, there := files[name]; !there {
			r.add(name, 0, "the file is missing")
			ok = false
		}
	}
	limit(ScenarioFile, maxScenario)
	limit(EnglishFile, maxText)
	limit(ChineseFile, maxText)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch {
		case name == ScenarioFile || name == EnglishFile || name == ChineseFile:
			continue
		case name == "" || len(name) > maxNameLength || name[0] == '.' || !written(strings.ToLower(name), "._-") || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml"):
			r.add(clip(name), 0, "no file of a lesson: there are %s, %s, %s and manifests named *.yaml", ScenarioFile, EnglishFile, ChineseFile)
			ok = false
			continue
		}
		limit(name, maxManifest)
		total += len(files[name])
		l.Files = append(l.Files, name)
		l.files[name] = files[name]
	}
	if len(l.Files) > maxManifests || total > maxTotal {
		r.add(ScenarioFile, 0, "there are %d manifests with %d bytes; at most %d with %d are allowed", len(l.Files), total, maxManifests, maxTotal)
		ok = false
	}
	if !ok {
		return false
	}
	for _, name := range l.Files {
		docs, err := manifest.Split([]byte(files[name]))
		var e *manifest.Error
		switch {
		case errors.As(err, &e):
			r.add(name, e.Line, "%s", withoutPlace(err))
		case err == nil && len(docs) == 0:
			r.add(name, 0, "there is nothing in it")
		}
	}
	return true
}

// head reads what comes before the steps.
func (l *Lesson) head(y *scenarioYAML, r *report) {
	l.ID, l.Minutes = y.ID, y.Minutes
	if !goodID(y.ID) {
		r.add(ScenarioFile, 0, "id: %s is no name: small letters, digits and \"-\" between them, at most %d", quote(y.ID), maxNameLength)
	}
	switch {
	case y.Order == nil:
		r.add(ScenarioFile, 0, "order is missing: the lesson's place in the list")
	case *y.Order < 0 || *y.Order > maxOrder:
		r.add(ScenarioFile, 0, "order: %d is not between 0 and %d", *y.Order, maxOrder)
	default:
		l.Order = *y.Order
	}
	if y.Minutes < 1 || y.Minutes > maxMinutes {
		r.add(ScenarioFile, 0, "minutes: %d is not between 1 and %d", y.Minutes, maxMinutes)
	}
	l.Cluster = Cluster{Nodes: 3, Masters: 1, Seed: 1, Addons: y.Cluster.Addons}
	if n := y.Cluster.Nodes; n != nil {
		l.Cluster.Nodes = *n
	}
	if n := y.Cluster.Masters; n != nil {
		l.Cluster.Masters = *n
	}
	if n := y.Cluster.Seed; n != nil {
		l.Cluster.Seed = *n
	}
	if n := l.Cluster.Nodes; n < 0 || n > maxNodes {
		r.add(ScenarioFile, 0, "cluster: nodes: %d is not between 0 and %d", n, maxNodes)
	}
	if !slices.Contains([]int{1, 3, 5, 7}, l.Cluster.Masters) {
		r.add(ScenarioFile, 0, "cluster: masters: %d is not 1, 3, 5 or 7", l.Cluster.Masters)
	}
	// JavaScript, which carries it to the engine, has no whole numbers beyond.
	if l.Cluster.Seed > 1<<53 {
		r.add(ScenarioFile, 0, "cluster: seed: %d is more than 2^53", l.Cluster.Seed)
	}
	l.setup, l.Setup = l.lines("setup", y.Setup, r)
}

// lines reads a setup or a solution.
func (l *Lesson) lines(what string, in []textYAML, r *report) (lines []*Line, texts []string) {
	texts = []string{}
	if len(in) > maxLines {
		r.add(ScenarioFile, in[0].line, "%s has %d lines; at most %d are allowed", what, len(in), maxLines)
		return nil, texts
	}
	for _, t := range in {
		line, err := ParseLine(t.text)
		if err != nil {
			r.add(ScenarioFile, t.line, "%v", err)
			continue
		}
		line.number = t.line
		for _, name := range line.reads() {
			if _, ok := l.files[name]; !ok {
				r.add(ScenarioFile, t.line, "the lesson has no file %s", quote(name))
			}
		}
		lines, texts = append(lines, line), append(texts, line.Text)
	}
	return lines, texts
}

func (l *Lesson) steps(y *scenarioYAML, r *report) {
	switch {
	case len(y.Steps) == 0:
		r.add(ScenarioFile, 0, "there are no steps")
	case len(y.Steps) > maxSteps:
		r.add(ScenarioFile, y.Steps[maxSteps].line, "%d steps; at most %d are allowed", len(y.Steps), maxSteps)
		return
	}
	ids := map[string]bool{"end": true}
	for i := range y.Steps {
		l.step(&y.Steps[i], ids, r)
	}
}

func (l *Lesson) step(y *stepYAML, ids map[string]bool, r *report) {
	s := &Step{ID: y.ID, Hints: []Texts{}, Point: []string{}, Checks: []CheckLabel{}, Speed: -1, line: y.line}
	switch {
	case !goodID(y.ID):
		r.add(ScenarioFile, y.line, "id: %s is no name of a step: small letters, digits and \"-\" between them, at most %d", quote(y.ID), maxNameLength)
	case y.ID == "end":
		r.add(ScenarioFile, y.line, "id: \"end\" is the name of what comes after the last step")
	case ids[y.ID]:
		r.add(ScenarioFile, y.line, "a second step has the id %s", quote(y.ID))
	}
	ids[y.ID] = true
	if y.Speed != nil {
		s.Speed = *y.Speed
		if !(s.Speed >= 0 && s.Speed <= maxSpeed) {
			r.add(ScenarioFile, y.line, "speed: %v is not between 0 (paused) and %d", s.Speed, maxSpeed)
		}
	}
	if len(y.Point) > maxPoints {
		r.add(ScenarioFile, y.line, "the step points at %d things; at most %d are allowed", len(y.Point), maxPoints)
	}
	for _, p := range y.Point {
		if why := badPoint(p.text); why != "" {
			r.add(ScenarioFile, p.line, "%s points at nothing: %s", quote(p.text), why)
		}
		s.Point = append(s.Point, reference(p.text))
	}
	if len(y.Checks) > maxChecks {
		r.add(ScenarioFile, y.line, "the step has %d checks; at most %d are allowed", len(y.Checks), maxChecks)
		return
	}
	p := &compiler{report: r}
	seen := map[string]bool{}
	for i := range y.Checks {
		c := &y.Checks[i]
		switch {
		case !goodID(c.ID):
			r.add(ScenarioFile, c.line, "id: %s is no name of a check: small letters, digits and \"-\" between them, at most %d", quote(c.ID), maxNameLength)
		case seen[c.ID]:
			r.add(ScenarioFile, c.line, "a second check of the step has the id %s", quote(c.ID))
		}
		seen[c.ID] = true
		cond := p.compile(c, 1, anywhere)
		s.Checks = append(s.Checks, CheckLabel{ID: c.ID})
		s.checks = append(s.checks, check{c.line, cond})
	}
	s.solution, s.Solution = l.lines("the solution", y.Solution, r)
	s.Read = len(y.Checks) == 0
	switch {
	case s.Read && len(y.Solution) > 0:
		r.add(ScenarioFile, y.line, "step %s has a solution and no checks: nothing says when it is solved", quote(y.ID))
	case !s.Read && len(y.Solution) == 0:
		r.add(ScenarioFile, y.line, "step %s has checks and no solution", quote(y.ID))
	}
	l.Steps = append(l.Steps, s)
}

// The parts of the page that a step can point at.
var (
	panels  = []string{"stage", "terminal", "editor", "inspector", "events", "timeline", "traffic", "canary", "why"}
	buttons = []string{"play", "pause", "step", "speed", "undo", "apply"}
)

// badPoint says what is wrong with something pointed at; "" if nothing is.
func badPoint(text string) string {
	if len(text) > maxPattern {
		return "it is too long"
	}
	among := func(name string, all []string) string {
		if slices.Contains(all, name) {
			return ""
		}
		return "there are " + strings.Join(all, ", ")
	}
	if name, ok := strings.CutPrefix(text, "panel:"); ok {
		return among(name, panels)
	}
	if name, ok := strings.CutPrefix(text, "button:"); ok {
		return among(name, buttons)
	}
	if name, ok := strings.CutPrefix(text, "component:"); ok {
		program, machine, at := strings.Cut(name, "@")
		if !written(program, "-") || at && !written(machine, "-") {
			return "write component:NAME or component:NAME@MACHINE"
		}
		return ""
	}
	name, _ := strings.CutSuffix(text, "*")
	if n := strings.Count(text, "/"); n < 1 || n > 2 || strings.Contains(text, "//") || strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") || !written(name, "./-") {
		return "write KIND/NAMESPACE/NAME, KIND/NAME, component:NAME, panel:NAME or button:NAME"
	}
	return ""
}
