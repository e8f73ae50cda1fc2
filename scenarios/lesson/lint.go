package lesson

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tabernetes/engine/api/manifest"
)

// More limits, which are for good lessons rather than against bad ones.
const (
	maxMinutes = 120
	maxOrder   = 9999
	maxSpeed   = 1000
	maxHints   = 8
	maxOptions = 6
	maxTitle   = 200 // bytes
	maxLabel   = 1000
)

// Lint is Parse for authors: every part must be there in both languages, and everything must mean something.
func Lint(files map[string]string) (*Lesson, error) {
	r := &report{}
	for _, name := range []string{EnglishFile, ChineseFile} {
		if files[name] == "" {
			r.add(name, 0, "the file is missing, or empty")
		}
	}
	l, src := parse(files, r)
	if src != nil {
		lint := &linter{r, l, src}
		lint.manifests()
		lint.scenario()
		for _, d := range src.docs {
			lint.forbidden(d.file, files[d.file])
			lint.order(d)
		}
		lint.texts()
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return l, nil
}

type linter struct {
	*report
	l   *Lesson
	src *source
}

func (t *linter) wrong(line int, format string, args ...any) {
	t.add(ScenarioFile, line, fmt.Sprintf(format, args...))
}

func (t *linter) manifests() {
	for _, name := range t.l.Files {
		docs, err := manifest.Split([]byte(t.l.files[name]))
		var e *manifest.Error
		switch {
		case errors.As(err, &e):
			t.add(name, e.Line, withoutPlace(err))
		case len(docs) == 0:
			t.add(name, 0, "there is nothing in it")
		}
	}
}

// goodID reports that a name is one of small letters and digits, with "-" between them.
func goodID(id string) bool {
	return len(id) <= maxNameLength && written(id, "-") && !strings.HasPrefix(id, "-") && !strings.HasSuffix(id, "-")
}

// id reports a name that is none, or is there twice.
func (t *linter) id(what, id string, line int, seen map[string]bool) {
	switch {
	case !goodID(id):
		t.wrong(line, "id: %s is no name of a %s: small letters, digits and \"-\" between them, at most %d", quote(id), what, maxNameLength)
	case seen[id]:
		t.wrong(line, "id: there is another %s %s", what, quote(id))
	}
	seen[id] = true
}

func (t *linter) scenario() {
	y, l := t.src.scenario, t.l
	t.id("lesson", y.ID, 0, map[string]bool{})
	if y.Order == nil || l.Order < 0 || l.Order > maxOrder {
		t.wrong(0, "order, the lesson's place in the list, is a number between 0 and %d", maxOrder)
	}
	if l.Minutes < 1 || l.Minutes > maxMinutes {
		t.wrong(0, "minutes is a number between 1 and %d", maxMinutes)
	}
	if !slices.Contains([]int{1, 3, 5, 7}, l.Cluster.Masters) {
		t.wrong(0, "cluster: there are 1, 3, 5 or 7 masters")
	}
	if l.Cluster.Seed > 1<<53 {
		t.wrong(0, "cluster: the seed is more than 2^53, which a page cannot count to")
	}
	t.reads(l.setup)
	seen := map[string]bool{endID: true}
	for i, s := range l.Steps {
		t.id("step", s.ID, s.line, seen)
		t.step(s, y.Steps[i])
	}
}

func (t *linter) step(s *Step, y *stepYAML) {
	if y.Speed != nil && !(s.Speed >= 0 && s.Speed <= maxSpeed) {
		t.wrong(s.line, "speed is a number between 0 (paused) and %d", maxSpeed)
	}
	if len(y.Point) > maxPoints {
		t.wrong(s.line, "the step points at %d things; at most %d are allowed", len(y.Point), maxPoints)
	}
	for _, p := range y.Point {
		if p == nil {
			continue
		}
		if why := badPoint(p.text); why != "" {
			t.wrong(p.line, "%s points at nothing: %s", quote(p.text), why)
		}
	}
	seen := map[string]bool{}
	for _, c := range s.checks {
		t.id("check", c.ID, c.line, seen)
	}
	switch {
	case s.Read && len(s.Solution) > 0:
		t.wrong(s.line, "step %s has a solution and no checks: nothing says when it is solved", quote(s.ID))
	case !s.Read && len(s.Solution) == 0:
		t.wrong(s.line, "step %s has checks and no solution", quote(s.ID))
	}
	t.reads(s.solution)
}

// reads holds the lines against the lesson's files.
func (t *linter) reads(lines []*Line) {
	for _, line := range lines {
		for _, name := range line.reads() {
			if _, ok := t.l.files[name]; !ok {
				t.wrong(line.number, "the lesson has no file %s", quote(name))
			}
		}
	}
}

// order holds the sections of a text against the steps.
func (t *linter) order(d *document) {
	want := []string{""}
	for _, s := range t.l.Steps {
		want = append(want, s.ID)
	}
	want = append(want, endID)
	n := 0 // of want that were passed
	for _, s := range d.sections {
		i := slices.Index(want, s.id)
		switch {
		case i < 0:
			t.add(d.file, s.line, insert("scenario.yaml has no step $1", []string{quote(s.id)}))
		case i < n && s.id != "":
			t.add(d.file, s.line, insert("step $1 stands after one that comes after it, or is there twice", []string{quote(s.id)}))
		}
		n = max(n, i+1)
	}
	for _, id := range want {
		if d.section(id) == nil {
			t.add(d.file, 0, insert("step $1 is missing: no heading has {#$2}", []string{quote(id), clip(id)}))
		}
	}
}

// texts holds both languages against each other and against the steps.
func (t *linter) texts() {
	t.pair("", []string{keyTitle, keySummary, keyTeacher}, []string{keyText})
	t.pair(endID, []string{keyTitle, keyText}, nil)
	for _, s := range t.l.Steps {
		must := []string{keyTitle, keyText}
		may := []string{keyAfter, keyTeacher}
		for _, c := range s.checks {
			must = append(must, keyCheck+c.ID)
		}
		if !s.Read {
			must = append(must, keyHint+"1")
			for n := range maxHints {
				may = append(may, keyHint+strconv.Itoa(n+1))
			}
		}
		if s.Predict != nil {
			must = append(must, keyQuestion, keyOption+"1", keyOption+"2", keyAnswer)
			for n := range maxOptions {
				may = append(may, keyOption+strconv.Itoa(n+1))
			}
			t.options(s)
		}
		t.pair(s.ID, must, may)
		if s.Read && s.After.EN != "" && s.Predict == nil {
			t.wrong(s.line, "step %s has no checks, so its :::after is never shown", quote(s.ID))
		}
	}
}

// options wants the same options to be right in both languages.
func (t *linter) options(s *Step) {
	right := false
	for n := 1; n <= len(s.Predict.Options); n++ {
		right = right || s.Predict.Options[n-1].Right
		key := keyOption + strconv.Itoa(n)
		en, zh := t.src.docs[0].section(s.ID).find(key), t.src.docs[1].section(s.ID).find(key)
		if en != nil && zh != nil && strings.HasPrefix(en.text, rightMark) != strings.HasPrefix(zh.text, rightMark) {
			t.add(ChineseFile, zh.line, insert("$1 is right in one language and wrong in the other", []string{key}))
		}
	}
	if !right {
		t.wrong(s.line, "the prediction of step %s has no right option: write \"- [x] text\"", quote(s.ID))
	}
}

// pair holds a section of both texts against each other.
func (t *linter) pair(id string, must, may []string) {
	docs := t.src.docs
	for i, d := range docs {
		s, other := d.section(id), docs[1-i].section(id)
		if s == nil {
			continue
		}
		for _, key := range must {
			if s.find(key) == nil {
				t.add(d.file, s.line, insert("$1 is missing", []string{key}))
			}
		}
		for _, p := range s.parts {
			switch q := other.find(p.key); {
			case !slices.Contains(must, p.key) && !slices.Contains(may, p.key):
				t.add(d.file, p.line, insert("$1 does not belong here: there is no such check, nothing to do, or too many", []string{p.key}))
			case other != nil && q == nil && !slices.Contains(must, p.key):
				t.add(docs[1-i].file, other.line, insert("$1 is missing; $2 has it in line $3", []string{p.key, d.file, strconv.Itoa(p.line)}))
			case i == 1 && q != nil && p.text == q.text && letters(p.text) > 20:
				t.add(d.file, p.line, insert("$1 is not translated", []string{p.key}))
			}
			limit := map[bool]int{true: maxTitle, false: maxLabel}[p.key == keyTitle]
			if (p.key == keyTitle || p.key == keySummary || strings.HasPrefix(p.key, keyCheck)) && (len(p.text) > limit || strings.Contains(p.text, "\n\n")) {
				t.add(d.file, p.line, insert("$1 is one paragraph of at most $2 bytes", []string{p.key, strconv.Itoa(limit)}))
			}
		}
	}
}

// letters counts the letters outside code.
func letters(text string) int {
	n := 0
	for _, r := range withoutCode(text) {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// withoutCode is a line without what stands between backticks.
func withoutCode(line string) string {
	piece := strings.Split(line, "`")
	out := ""
	for i := 0; i < len(piece); i += 2 {
		out += piece[i]
	}
	return out
}

// forbidden reports what the page would not show: HTML, pictures, and links to anything but https.
func (t *linter) forbidden(file, text string) {
	fence, before := "", ""
	for n, line := range strings.Split(text, "\n") {
		if headless(before, line) {
			t.add(file, n, "a column of the table has no heading, which those who cannot see it need")
		}
		before = line
		if mark := fenceOf(line); mark != "" {
			if fence == "" {
				fence = mark
			} else if strings.HasPrefix(mark, fence) {
				fence = ""
			}
			continue
		}
		if fence != "" || strings.HasPrefix(line, "    ") {
			continue
		}
		if why := unshown(withoutCode(line)); why != "" {
			t.add(file, n+1, why)
		}
	}
}

// headless reports that two lines begin a table with an empty cell.
func headless(head, rule string) bool {
	rule = strings.TrimSpace(rule)
	if !strings.HasPrefix(rule, "|-") || strings.Trim(rule, "|-: ") != "" {
		return false
	}
	cells := strings.Split(strings.Trim(strings.TrimSpace(head), "|"), "|")
	return slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "" })
}

func unshown(line string) string {
	for i := 0; i+1 < len(line); i++ {
		rest := line[i:]
		target := ""
		switch {
		case strings.HasPrefix(rest, "!["):
			return "pictures are not shown: a lesson points at the cluster itself"
		case strings.HasPrefix(rest, "]("), strings.HasPrefix(rest, "]:") && line[0] == '[':
			target = strings.TrimLeft(rest[2:], " <")
		case rest[0] == '<' && !strings.HasPrefix(rest, "<https://"):
			if c := rest[1]; unicode.IsLetter(rune(c)) || c == '/' || c == '!' || c == '?' {
				return "HTML is not shown: put it between backticks, or write Markdown"
			}
		}
		if target, _, _ = strings.Cut(target, ")"); target != "" && !strings.HasPrefix(target, "https://") && !strings.HasPrefix(target, "#") {
			return "the link to " + quote(target) + " is not https:"
		}
	}
	return ""
}
