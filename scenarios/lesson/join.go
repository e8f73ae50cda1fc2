package lesson

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// joiner holds two texts against each other and against the steps.
type joiner struct {
	*report
	l      *Lesson
	en, zh *document
}

// texts puts both languages into the lesson. What one text has and another has not is told where it is missing.
func (j *joiner) texts() {
	for _, d := range []*document{j.en, j.zh} {
		j.order(d)
	}
	head := j.pair("")
	j.l.Title, j.l.Summary, j.l.Teacher = head.must(keyTitle), head.must(keySummary), head.must(keyTeacher)
	j.l.Intro = head.may(keyText)
	for _, s := range j.l.Steps {
		if p := j.pair(s.ID); p != nil {
			p.step(s)
		}
	}
	if p := j.pair("end"); p != nil {
		j.l.End = End{p.must(keyTitle), p.must(keyText)}
		p.rest("after the last step there is only text")
	}
}

// order holds the sections of a text against the steps.
func (j *joiner) order(d *document) {
	want := []string{""}
	for _, s := range j.l.Steps {
		want = append(want, s.ID)
	}
	want = append(want, "end")
	n := 0 // of want that were found
	for _, s := range d.sections {
		i := slices.Index(want, s.id)
		switch {
		case i < 0 && s.id != "?":
			j.add(d.file, s.line, "scenario.yaml has no step %s", quote(s.id))
		case i >= 0 && i < n:
			j.add(d.file, s.line, "step %s stands after a step that comes after it, or is there twice", quote(s.id))
		}
		n = max(n, i+1)
	}
	for _, id := range want {
		if !slices.ContainsFunc(d.sections, func(s *section) bool { return s.id == id }) {
			j.add(d.file, 0, "step %s is missing: no heading has {#%s}", quote(id), clip(id))
		}
	}
}

// pair is a section in both languages; nil if one has none.
func (j *joiner) pair(id string) *pair {
	p := &pair{joiner: j}
	for i, d := range []*document{j.en, j.zh} {
		for _, s := range d.sections {
			if s.id == id && p.of[i] == nil {
				p.of[i] = s
			}
		}
	}
	if p.of[0] == nil || p.of[1] == nil {
		return nil
	}
	return p
}

// pair is a section of both texts.
type pair struct {
	*joiner
	of    [2]*section
	taken []string
}

// may is a part in both languages, or in none.
func (p *pair) may(key string) Texts {
	p.taken = append(p.taken, key)
	en, zh := p.of[0].find(key), p.of[1].find(key)
	switch {
	case en == nil && zh == nil:
		return Texts{}
	case en == nil:
		p.add(EnglishFile, p.of[0].line, "%s is missing; %s has it in line %d", key, ChineseFile, zh.line)
		return Texts{}
	case zh == nil:
		p.add(ChineseFile, p.of[1].line, "%s is missing; %s has it in line %d", key, EnglishFile, en.line)
		return Texts{}
	case en.text == zh.text && letters(en.text) > 20:
		p.add(ChineseFile, zh.line, "%s is not translated", key)
	}
	return Texts{en.text, zh.text}
}

// must is may for what has to be there.
func (p *pair) must(key string) Texts {
	if p.of[0].find(key) == nil && p.of[1].find(key) == nil {
		p.add(EnglishFile, p.of[0].line, "%s is missing", key)
		p.add(ChineseFile, p.of[1].line, "%s is missing", key)
	}
	return p.may(key)
}

// list are the parts whose keys are numbered from 1.
func (p *pair) list(keys ...string) (texts []Texts, key []string) {
	for n := 1; ; n++ {
		i := slices.IndexFunc(keys, func(k string) bool {
			k += strconv.Itoa(n)
			return p.of[0].find(k) != nil || p.of[1].find(k) != nil
		})
		if i < 0 {
			return texts, key
		}
		texts, key = append(texts, p.may(keys[i]+strconv.Itoa(n))), append(key, keys[i])
	}
}

// rest reports the parts that nobody took.
func (p *pair) rest(why string) {
	for i, file := range []string{EnglishFile, ChineseFile} {
		for _, x := range p.of[i].parts {
			if !slices.Contains(p.taken, x.key) {
				p.add(file, x.line, "%s: %s", x.key, why)
			}
		}
	}
}

func (p *pair) step(s *Step) {
	s.Title, s.Text, s.After, s.Teacher = p.must(keyTitle), p.must(keyText), p.may(keyAfter), p.may(keyTeacher)
	for i := range s.Checks {
		s.Checks[i].Text = p.must(keyCheck + s.Checks[i].ID)
	}
	s.Hints, _ = p.list(keyHint)
	switch {
	case s.Read && (len(s.Hints) > 0 || s.After != Texts{} && p.of[0].find(keyQuestion) == nil):
		p.add(EnglishFile, p.of[0].line, "nothing is to be done in step %s: it has no hints, and nothing that is shown after it", quote(s.ID))
	case !s.Read:
		p.must(keyHint + "1")
	}
	if len(s.Hints) > maxHints {
		p.add(EnglishFile, p.of[0].line, "step %s has %d hints; at most %d are allowed", quote(s.ID), len(s.Hints), maxHints)
	}
	if question := p.may(keyQuestion); question != (Texts{}) {
		s.Predict = &Prediction{Question: question, Answer: p.must(keyAnswer)}
		texts, keys := p.list(keyRight, keyWrong)
		for i := range texts {
			s.Predict.Options = append(s.Predict.Options, Option{texts[i], keys[i] == keyRight})
		}
	}
	p.rest("scenario.yaml has no such check in step " + quote(s.ID))
	if s.Hints == nil {
		s.Hints = []Texts{}
	}
}

// letters counts the letters outside code.
func letters(text string) int {
	n := 0
	for _, r := range strings.Join(strings.Fields(withoutCode(text)), "") {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
