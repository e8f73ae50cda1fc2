package lesson

import (
	"slices"
	"strings"
	"unicode"
)

// texts puts both languages into the steps. What one text has and another has not is told where it is missing.
func (l *Lesson) texts(en, zh *document, r *report) {
	j := joiner{r, en, zh}
	l.Title = j.both("the title", en.title, zh.title, en.line, zh.line)
	l.Summary = j.need("the summary, the first paragraph below the title,", en.summary, zh.summary, en.line, zh.line)
	l.Intro = j.both("the introduction", en.intro, zh.intro, en.line, zh.line)
	l.Teacher = j.need("\":::teacher\", before the first step,", en.teacher, zh.teacher, en.line, zh.line)
	for _, d := range []*document{en, zh} {
		l.order(d, r)
	}
	for i := range l.Steps {
		s := &l.Steps[i]
		a, b := en.section(s.ID), zh.section(s.ID)
		if a != nil && b != nil {
			j.step(s, a, b)
		}
	}
	if a, b := en.section("end"), zh.section("end"); a != nil && b != nil {
		l.End = End{j.need("the heading", a.title, b.title, a.line, b.line), j.need("a text", a.text, b.text, a.line, b.line)}
		for _, of := range []struct {
			d *document
			s *section
		}{{en, a}, {zh, b}} {
			if s := of.s; len(s.hints)+len(s.checks) > 0 || s.predict != nil || s.ended || s.noted {
				r.add(of.d.file, s.line, "what comes after the last step has no parts of its own")
			}
		}
	}
}

func (d *document) section(id string) *section {
	if i := slices.IndexFunc(d.sections, func(s section) bool { return s.id == id }); i >= 0 {
		return &d.sections[i]
	}
	return nil
}

// order holds the sections of a text against the steps.
func (l *Lesson) order(d *document, r *report) {
	want := []string{}
	for i := range l.Steps {
		want = append(want, l.Steps[i].ID)
	}
	want = append(want, "end")
	have := []string{}
	for i := range d.sections {
		s := &d.sections[i]
		switch {
		case s.id == "": // told
			continue
		case !slices.Contains(want, s.id):
			r.add(d.file, s.line, "scenario.yaml has no step %s", quote(s.id))
		case slices.Contains(have, s.id):
			r.add(d.file, s.line, "step %s is there twice", quote(s.id))
		default:
			have = append(have, s.id)
		}
	}
	missing := false
	for _, id := range want {
		if !slices.Contains(have, id) {
			r.add(d.file, 0, "step %s is missing: no heading has {#%s}", quote(id), clip(id))
			missing = true
		}
	}
	if missing || slices.Equal(have, want) {
		return
	}
	for i := range have {
		if i < len(want) && have[i] != want[i] {
			r.add(d.file, d.section(have[i]).line, "step %s stands where step %s belongs", quote(have[i]), quote(want[i]))
			return
		}
	}
}

// joiner holds two texts against each other.
type joiner struct {
	*report
	en, zh *document
}

// both is a text in both languages; if one has it, so must the other.
func (j *joiner) both(what, en, zh string, enLine, zhLine int) Texts {
	switch {
	case en == "" && zh != "":
		j.add(EnglishFile, enLine, "%s is missing; %s has it", what, ChineseFile)
	case zh == "" && en != "":
		j.add(ChineseFile, zhLine, "%s is missing; %s has it", what, EnglishFile)
	case en == zh && letters(en) > 20:
		j.add(ChineseFile, zhLine, "%s is not translated", what)
	}
	return Texts{en, zh}
}

// need is both for what must be there.
func (j *joiner) need(what, en, zh string, enLine, zhLine int) Texts {
	if en == "" && zh == "" {
		j.add(EnglishFile, enLine, "%s is missing", what)
		j.add(ChineseFile, zhLine, "%s is missing", what)
	}
	return j.both(what, en, zh, enLine, zhLine)
}

// letters counts the letters outside code.
func letters(text string) int {
	n := 0
	for _, r := range codeSpan.ReplaceAllString(text, "") {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func (j *joiner) step(s *Step, en, zh *section) {
	s.Title = j.need("the heading", en.title, zh.title, en.line, zh.line)
	s.Text = j.need("the text of the step", en.text, zh.text, en.line, zh.line)
	s.After = j.both("\":::after\"", en.after, zh.after, en.line, zh.line)
	s.Teacher = j.both("\":::teacher\"", en.teacher, zh.teacher, en.line, zh.line)
	j.hints(s, en, zh)
	j.checks(s, j.en.file, en)
	j.checks(s, j.zh.file, zh)
	for i := range s.Checks {
		a, b := en.label(s.Checks[i].ID), zh.label(s.Checks[i].ID)
		if a != nil && b != nil {
			s.Checks[i].Text = j.both("the text of the check", a.text, b.text, a.line, b.line)
		}
	}
	j.predict(s, en, zh)
	if s.Read && s.After != (Texts{}) && s.Predict == nil {
		j.add(EnglishFile, en.line, "\":::after\" is shown when the checks hold, and the step has none")
	}
}

func (j *joiner) hints(s *Step, en, zh *section) {
	switch {
	case len(en.hints) != len(zh.hints):
		j.add(ChineseFile, zh.line, "step %s has %d hints; %s has %d", quote(s.ID), len(zh.hints), EnglishFile, len(en.hints))
		return
	case s.Read && len(en.hints) > 0:
		j.add(EnglishFile, en.line, "step %s has hints and no checks", quote(s.ID))
	case !s.Read && len(en.hints) == 0:
		j.add(EnglishFile, en.line, "step %s has no hint", quote(s.ID))
		j.add(ChineseFile, zh.line, "step %s has no hint", quote(s.ID))
	case len(en.hints) > maxHints:
		j.add(EnglishFile, en.line, "step %s has %d hints; at most %d are allowed", quote(s.ID), len(en.hints), maxHints)
	}
	for i := range en.hints {
		s.Hints = append(s.Hints, j.both("a hint", en.hints[i], zh.hints[i], en.line, zh.line))
	}
}

func (s *section) label(id string) *labelled {
	if i := slices.IndexFunc(s.checks, func(c labelled) bool { return c.id == id }); i >= 0 {
		return &s.checks[i]
	}
	return nil
}

// checks holds the texts of the checks against the checks.
func (j *joiner) checks(s *Step, file string, sec *section) {
	var have []string
	for _, c := range sec.checks {
		switch {
		case !slices.ContainsFunc(s.Checks, func(x CheckLabel) bool { return x.ID == c.id }):
			j.add(file, c.line, "step %s has no check %s", quote(s.ID), quote(c.id))
		case slices.Contains(have, c.id):
			j.add(file, c.line, "check %s has two texts", quote(c.id))
		}
		have = append(have, c.id)
	}
	for _, c := range s.Checks {
		if !slices.Contains(have, c.ID) {
			j.add(file, sec.line, "step %s: check %s has no text: write \":::check %s\"", quote(s.ID), quote(c.ID), clip(c.ID))
		}
	}
}

func (j *joiner) predict(s *Step, en, zh *section) {
	a, b := en.predict, zh.predict
	switch {
	case a == nil && b == nil:
		return
	case a == nil:
		j.add(EnglishFile, en.line, "step %s has no \":::predict\"; %s has one", quote(s.ID), ChineseFile)
		return
	case b == nil:
		j.add(ChineseFile, zh.line, "step %s has no \":::predict\"; %s has one", quote(s.ID), EnglishFile)
		return
	}
	if n := len(a.options); n < 2 || n > maxOptions {
		j.add(EnglishFile, a.line, "the prediction has %d options, written \"- [ ] text\" or \"- [x] text\"; there are 2 to %d", n, maxOptions)
	}
	if !slices.ContainsFunc(a.options, func(o option) bool { return o.right }) {
		j.add(EnglishFile, a.line, "no option of the prediction is right: write \"- [x] text\"")
	}
	p := &Prediction{Question: j.need("the question", a.question, b.question, a.line, b.line), Answer: j.need("the answer, below the options,", a.answer, b.answer, a.line, b.line)}
	if len(a.options) != len(b.options) {
		j.add(ChineseFile, b.line, "the prediction has %d options; %s has %d", len(b.options), EnglishFile, len(a.options))
		return
	}
	for i := range a.options {
		if a.options[i].right != b.options[i].right {
			j.add(ChineseFile, b.line, "option %d of the prediction is %s; in %s it is not", i+1, map[bool]string{true: "right", false: "wrong"}[b.options[i].right], EnglishFile)
		}
		p.Options = append(p.Options, Option{Texts{strings.TrimSpace(a.options[i].text), strings.TrimSpace(b.options[i].text)}, a.options[i].right})
	}
	s.Predict = p
}
