package lesson

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits of a lesson.
const (
	maxScenario   = 64 << 10 // bytes
	maxText       = 128 << 10
	maxManifest   = 256 << 10
	maxTotal      = 1 << 20 // of all files
	maxManifests  = 32
	maxSteps      = 40
	maxChecks     = 12 // of a step
	maxLines      = 50 // of a setup or a solution
	maxPoints     = 8
	maxNodes      = 100
	maxNameLength = 40 // bytes
)

// Parse reads the files of a lesson, by name. It is strict about what is carried out, and patient with texts: what one
// language lacks is taken from the other. (Lint is strict about everything.) Its error is Problems; then there is no lesson.
func Parse(files map[string]string) (*Lesson, error) {
	r := &report{}
	l, _ := parse(files, r)
	return l, r.err()
}

// parse is Parse, with what it was made from; nil where it made no sense to go on.
func parse(files map[string]string, r *report) (*Lesson, *source) {
	l := &Lesson{Files: []string{}, Steps: []*Step{}, files: files}
	if !l.takeFiles(r) {
		return nil, nil
	}
	y := decodeScenario(files[ScenarioFile], r)
	if y == nil {
		return nil, nil
	}
	src := &source{y, [2]*document{readText(EnglishFile, files[EnglishFile], r), readText(ChineseFile, files[ChineseFile], r)}}
	if files[EnglishFile]+files[ChineseFile] == "" {
		r.add(EnglishFile, 0, "the file is missing, and so is zh.md")
	}
	l.head(y, r)
	if n := len(y.Steps); n == 0 || n > maxSteps {
		r.add(ScenarioFile, 0, "steps: there are none, or "+tooMany)
	} else {
		for _, s := range y.Steps {
			if s == nil {
				r.add(ScenarioFile, 0, "a step is empty")
				return nil, nil
			}
			l.step(s, r)
		}
	}
	src.into(l)
	return l, src
}

// source is what a lesson was made from.
type source struct {
	scenario *scenarioYAML
	docs     [2]*document // English, Chinese
}

// takeFiles looks at names and sizes; false if it makes no sense to go on.
func (l *Lesson) takeFiles(r *report) bool {
	total := 0
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		most := maxManifest
		switch name {
		case ScenarioFile:
			most = maxScenario
		case EnglishFile, ChineseFile:
			most = maxText
		default:
			if !goodFile(name) {
				r.add(clip(name), 0, "no file of a lesson: there are scenario.yaml, en.md, zh.md and manifests named *.yaml")
			}
			l.Files = append(l.Files, name)
		}
		n := len(l.files[name])
		total += n
		if n > most || total > maxTotal {
			r.add(clip(name), 0, "the file is too big, or all together are")
		}
	}
	if l.files[ScenarioFile] == "" {
		r.add(ScenarioFile, 0, "the file is missing, or empty")
	}
	if len(l.Files) > maxManifests {
		r.add(ScenarioFile, 0, "manifests: "+tooMany)
	}
	return len(r.found) == 0
}

func goodFile(name string) bool {
	stem, ok := strings.CutSuffix(name, ".yaml")
	return ok && len(name) <= maxNameLength && written(strings.ToLower(stem), "._-") && stem[0] != '.'
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

// head reads what comes before the steps.
func (l *Lesson) head(y *scenarioYAML, r *report) {
	l.ID, l.Minutes = y.ID, y.Minutes
	if y.Order != nil {
		l.Order = *y.Order
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
		r.add(ScenarioFile, 0, "cluster: nodes is a number between 0 and 100")
	}
	l.setup, l.Setup = l.lines(y.Setup, r)
}

// lines reads a setup or a solution.
func (l *Lesson) lines(in []*textYAML, r *report) (lines []*Line, texts []string) {
	texts = []string{}
	for i, t := range in {
		if i == maxLines || t == nil {
			r.add(ScenarioFile, 0, "lines of a setup or a solution: one is empty, or "+tooMany)
			break
		}
		line, err := ParseLine(t.text)
		if err != nil {
			r.add(ScenarioFile, t.line, err.Error())
		}
		line.number = t.line
		lines, texts = append(lines, line), append(texts, line.Text)
	}
	return lines, texts
}

func (l *Lesson) step(y *stepYAML, r *report) {
	s := &Step{ID: y.ID, Point: []string{}, Checks: []*CheckLabel{}, Speed: -1, Read: len(y.Checks) == 0, line: y.line, checks: y.Checks}
	if y.Speed != nil {
		s.Speed = *y.Speed
	}
	for _, p := range y.Point {
		if p != nil && len(s.Point) < maxPoints {
			s.Point = append(s.Point, reference(p.text))
		}
	}
	p := &compiler{report: r}
	for i, c := range y.Checks {
		if i == maxChecks || c == nil {
			r.add(ScenarioFile, y.line, "checks: one is empty, or "+tooMany)
			break
		}
		p.compile(c, 1, anywhere)
		s.Checks = append(s.Checks, &CheckLabel{ID: c.ID})
	}
	s.solution, s.Solution = l.lines(y.Solution, r)
	l.Steps = append(l.Steps, s)
}

// text is a part of both languages; what one lacks is taken from the other.
func (src *source) text(id, key string) *Texts {
	t := &Texts{src.docs[0].text(id, key), src.docs[1].text(id, key)}
	if t.EN == "" {
		t.EN = t.ZH
	}
	if t.ZH == "" {
		t.ZH = t.EN
	}
	return t
}

// list are the parts that are numbered from 1.
func (src *source) list(id, key string) []*Texts {
	out := []*Texts{}
	for {
		t := src.text(id, key+strconv.Itoa(len(out)+1))
		if t.EN == "" {
			return out
		}
		out = append(out, t)
	}
}

// into puts the texts into the lesson.
func (src *source) into(l *Lesson) {
	l.Title, l.Summary, l.Intro, l.Teacher = src.text("", keyTitle), src.text("", keySummary), src.text("", keyText), src.text("", keyTeacher)
	l.End = &End{src.text(endID, keyTitle), src.text(endID, keyText)}
	for _, s := range l.Steps {
		s.Title, s.Text, s.After, s.Teacher = src.text(s.ID, keyTitle), src.text(s.ID, keyText), src.text(s.ID, keyAfter), src.text(s.ID, keyTeacher)
		s.Hints = src.list(s.ID, keyHint)
		for _, c := range s.Checks {
			c.Text = src.text(s.ID, keyCheck+c.ID)
		}
		if question := src.text(s.ID, keyQuestion); question.EN != "" {
			s.Predict = &Prediction{Question: question, Answer: src.text(s.ID, keyAnswer)}
			for _, t := range src.list(s.ID, keyOption) {
				o := &Option{Text: t}
				t.EN, o.Right = strings.CutPrefix(t.EN, rightMark)
				t.ZH, _ = strings.CutPrefix(t.ZH, rightMark)
				s.Predict.Options = append(s.Predict.Options, o)
			}
		}
	}
}
