package lesson

import (
	"strconv"
	"strings"
)

// document is one language's text, taken apart: sections by heading, and in each of them parts by what they are for.
type document struct {
	file     string
	sections []*section // the first is what stands before the steps, and has no id
}

// section is what stands below a heading with an id.
type section struct {
	id    string
	line  int
	parts []*part
}

// part is a text with a purpose. Parts of both languages that have the same key belong together.
type part struct {
	key  string
	line int
	text string
}

// The keys of parts. Those of checks have an id behind them, those of hints and options a number.
const (
	keyTitle    = "the heading"
	keySummary  = "the summary, which is the first paragraph below the title"
	keyText     = "the text"
	keyTeacher  = ":::teacher"
	keyAfter    = ":::after"
	keyCheck    = ":::check "
	keyHint     = ":::hint, number "
	keyQuestion = "the question of :::predict"
	keyOption   = "an option of :::predict, number "
	keyAnswer   = "the answer below the options of :::predict"
)

// rightMark begins the text of an option that is right.
const rightMark = "\x00"

// endID is that of what comes after the last step.
const endID = "end"

func (d *document) section(id string) *section {
	for _, s := range d.sections {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (s *section) find(key string) *part {
	if s != nil {
		for _, p := range s.parts {
			if p.key == key {
				return p
			}
		}
	}
	return nil
}

func (d *document) text(id, key string) string {
	if p := d.section(id).find(key); p != nil {
		return p.text
	}
	return ""
}

// maxParts is how many parts a section has, and how many sections a text.
const maxParts = 64

// reader goes through a text line by line.
type reader struct {
	*report
	doc    *document
	sec    *section
	n      int    // number of the line
	fence  string // of the code block it is in; "" is none
	fenced int    // where that began
	body   []string
	open   string // the part it is in, as written behind the colons; "" is none
	from   int    // where that began
	inner  []string
}

// readText takes a text apart. What is wrong is reported; what is left out is not there.
func readText(file, text string, r *report) *document {
	d := &reader{report: r, doc: &document{file: file}}
	d.begin("", 1)
	for i, line := range strings.Split(text, "\n") {
		d.n = i + 1
		d.read(strings.TrimSuffix(line, "\r"))
	}
	if d.fence != "" {
		d.wrong(d.fenced, "a code block is not closed")
	}
	d.interrupted()
	d.flush()
	return d.doc
}

func (d *reader) wrong(line int, text string) { d.add(d.doc.file, line, text) }

// interrupted closes a part that something else ends than its colons.
func (d *reader) interrupted() {
	if d.open != "" {
		d.wrong(d.from, ":::"+clip(d.open)+" is not closed: a line of three colons ends it")
		d.close()
	}
}

// put adds a part to the section.
func (d *reader) put(key string, line int, lines []string) {
	text := trimmed(lines)
	switch {
	case text == "" && key != keyText && key != keySummary:
		d.wrong(line, key+" is empty")
	case len(d.sec.parts) >= maxParts || d.sec.find(key) != nil:
		d.wrong(line, key+" is there twice, or the step has too many parts")
	case text != "":
		d.sec.parts = append(d.sec.parts, &part{key, line, text})
	}
}

func (d *reader) begin(id string, line int) {
	d.sec = &section{id: id, line: line}
	if len(d.doc.sections) < maxParts {
		d.doc.sections = append(d.doc.sections, d.sec)
	}
}

func (d *reader) read(line string) {
	if mark := fenceOf(line); mark != "" {
		if d.fence == "" {
			d.fence, d.fenced = mark, d.n
		} else if strings.HasPrefix(mark, d.fence) && strings.TrimSpace(line) == mark {
			d.fence = ""
		}
	} else if d.fence == "" {
		if name, ok := strings.CutPrefix(line, ":::"); ok {
			d.marker(strings.TrimSpace(name))
			return
		}
		if text, ok := strings.CutPrefix(line, "# "); ok {
			d.interrupted()
			if trimmed(d.body) != "" || d.sec.find(keyTitle) != nil {
				d.wrong(d.n, "the title is the first line, and the only one with one \"#\": steps begin with \"## Heading {#id}\"")
			} else {
				d.put(keyTitle, d.n, []string{text})
			}
			return
		}
		if text, ok := strings.CutPrefix(line, "## "); ok {
			d.interrupted()
			d.flush()
			name, id, _ := strings.Cut(text, "{#")
			id, ok := strings.CutSuffix(strings.TrimSpace(id), "}")
			if !ok || id == "" {
				d.wrong(d.n, "the heading has no id of a step: write \"## Heading {#id}\"; headings inside a step begin with \"###\"")
			}
			d.begin(id, d.n)
			d.put(keyTitle, d.n, []string{name})
			return
		}
	}
	if d.open != "" {
		d.inner = append(d.inner, line)
	} else {
		d.body = append(d.body, line)
	}
}

// fenceOf is the mark that a line begins or ends a code block with; "" if it is no such line.
func fenceOf(line string) string {
	text := strings.TrimLeft(line, " ")
	n := len(text) - len(strings.TrimLeft(text, "`"))
	if n == 0 {
		n = len(text) - len(strings.TrimLeft(text, "~"))
	}
	if n < 3 || len(line)-len(text) > 3 {
		return ""
	}
	return text[:n]
}

// flush gives what was read outside parts to the section.
func (d *reader) flush() {
	body := strings.Split(trimmed(d.body), "\n")
	d.body = nil
	if len(d.doc.sections) == 1 {
		n := 0
		for n < len(body) && body[n] != "" {
			n++
		}
		d.put(keySummary, d.sec.line, body[:n])
		body = body[n:]
	}
	d.put(keyText, d.sec.line, body)
}

// marker is a line of colons: the end of the part that is open, or the beginning of one.
func (d *reader) marker(name string) {
	switch {
	case name != "":
		d.interrupted()
		d.open, d.from, d.inner = name, d.n, nil
	case d.open == "":
		d.wrong(d.n, "these colons close nothing")
	default:
		d.close()
	}
}

// close ends a part.
func (d *reader) close() {
	name := d.open
	d.open = ""
	key := ":::" + name
	switch {
	case name == "predict":
		d.prediction()
		return
	case name == "hint":
		for n := 1; ; n++ {
			if key = keyHint + strconv.Itoa(n); d.sec.find(key) == nil {
				break
			}
		}
	case key != keyTeacher && key != keyAfter && !strings.HasPrefix(key, keyCheck):
		d.wrong(d.from, ":::"+clip(name)+" is no part of a lesson: there are hint, check ID, predict, after and teacher")
		return
	}
	d.put(key, d.from, d.inner)
}

// prediction takes a question apart: a text, a task list, a text.
func (d *reader) prediction() {
	key, n := keyQuestion, 0
	var text []string
	for _, line := range append(d.inner, "") {
		if len(line) > 6 && (line[0] == '-' || line[0] == '*') && line[1:3] == " [" && line[4:6] == "] " && key != keyAnswer {
			d.put(key, d.from, text)
			n++
			key, text = keyOption+strconv.Itoa(n), []string{line[6:]}
			if line[3] != ' ' {
				text[0] = rightMark + text[0]
			}
			continue
		}
		if n > 0 && key != keyAnswer && line != "" && line[0] != ' ' {
			d.put(key, d.from, text)
			key, text = keyAnswer, nil
		}
		if key != keyAnswer {
			line = strings.TrimSpace(line) // of an option that goes on
		}
		text = append(text, line)
	}
	d.put(key, d.from, text)
}

// trimmed joins lines without the blank ones around them.
func trimmed(lines []string) string {
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			lines[i] = ""
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), " \n")
}
