package lesson

import (
	"regexp"
	"strings"
)

// document is one language's text as it is built up: sections by heading, with the parts that have a purpose of their own
// taken out of them.
type document struct {
	file     string
	title    string
	summary  string
	intro    string
	teacher  string
	sections []section // the steps and, last, the end
	line     int       // of the title
	noted    bool      // there are teacher's notes
}

// section is what stands below a heading with an id.
type section struct {
	id, title string
	line      int
	text      string
	after     string
	teacher   string
	hints     []string
	checks    []labelled
	predict   *prediction
	noted     bool
	ended     bool // there is an :::after
}

// labelled is the text of a check.
type labelled struct {
	id, text string
	line     int
}

// prediction is a question with its options and the answer.
type prediction struct {
	line             int
	question, answer string
	options          []option
}

type option struct {
	text  string
	right bool
}

// Limits of one text.
const (
	maxSections = maxSteps + 1
	maxTitle    = 200 // bytes
	maxLabel    = 1000
)

var (
	headingLine = regexp.MustCompile(`^(#{1,6})[ \t]+(.*?)[ \t]*$`)
	headingID   = regexp.MustCompile(`^(.*?)[ \t]*\{#([^{}]*)\}$`)
	partLine    = regexp.MustCompile(`^:::+[ \t]*(.*?)[ \t]*$`)
	fenceLine   = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	optionLine  = regexp.MustCompile(`^[-*] \[([ xX])\][ \t]+(.+)$`)
)

// reader goes through a text line by line.
type reader struct {
	*report
	doc   *document
	lines []string
	n     int    // number of the line
	fence string // of the code block it is in; "" is none
	sec   *section
	body  []string // of what is being read outside parts
	part  string   // the part it is in, as written; "" is none
	from  int      // where the part began
	inner []string
}

// readText takes a text apart. What is wrong is reported; what is left out is empty.
func readText(file, text string, r *report) *document {
	d := &reader{report: r, doc: &document{file: file}, lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
	for i, line := range d.lines {
		d.n = i + 1
		d.read(line)
	}
	if d.fence != "" {
		d.add(file, d.n, "a code block is not closed")
	}
	if d.part != "" {
		d.add(file, d.from, "%s is not closed: a line of three colons ends it", quote(":::"+d.part))
		d.close()
	}
	d.flush()
	if d.doc.title == "" {
		d.add(file, 1, "it has no title: it begins with a line such as \"# A title\"")
	}
	return d.doc
}

func (d *reader) read(line string) {
	if m := fenceLine.FindStringSubmatch(line); m != nil {
		switch {
		case d.fence == "":
			d.fence = m[1]
		case strings.HasPrefix(m[1], d.fence) && strings.TrimSpace(line) == m[1]:
			d.fence = ""
		}
		d.keep(line)
		return
	}
	if d.fence != "" {
		d.keep(line)
		return
	}
	if m := partLine.FindStringSubmatch(line); m != nil {
		d.marker(m[1])
		return
	}
	if m := headingLine.FindStringSubmatch(line); m != nil && len(m[1]) <= 2 {
		d.heading(len(m[1]), m[2])
		return
	}
	d.forbidden(line)
	d.keep(line)
}

func (d *reader) keep(line string) {
	if d.part != "" {
		d.inner = append(d.inner, line)
		return
	}
	d.body = append(d.body, line)
}

func (d *reader) heading(level int, text string) {
	if d.part != "" {
		d.add(d.doc.file, d.n, "a heading stands inside %s, which began in line %d: is its closing line of three colons missing?", quote(":::"+d.part), d.from)
		d.close()
	}
	if level == 1 {
		switch {
		case d.doc.title != "":
			d.add(d.doc.file, d.n, "a second title: steps begin with \"## Heading {#id}\", headings inside them with \"###\"")
		case strings.TrimSpace(strings.Join(d.body, "")) != "":
			d.add(d.doc.file, d.n, "something stands before the title")
		}
		d.doc.title, d.doc.line, d.body = limited(d, text, maxTitle, "the title"), d.n, nil
		return
	}
	d.flush()
	m := headingID.FindStringSubmatch(text)
	if m == nil {
		d.add(d.doc.file, d.n, "the heading has no id of a step: write \"## %s {#id}\"; headings inside a step begin with \"###\"", clip(text))
		m = []string{"", text, ""}
	}
	if len(d.doc.sections) >= maxSections {
		if len(d.doc.sections) == maxSections {
			d.add(d.doc.file, d.n, "more than %d steps", maxSteps)
		}
		d.sec = &section{} // goes nowhere
		return
	}
	d.doc.sections = append(d.doc.sections, section{id: m[2], title: limited(d, m[1], maxTitle, "the heading"), line: d.n})
	d.sec = &d.doc.sections[len(d.doc.sections)-1]
}

// flush gives what was read outside parts to the section it belongs to.
func (d *reader) flush() {
	text := d.body
	d.body = nil
	if d.sec != nil {
		d.sec.text = trimmed(text)
		return
	}
	// The first paragraph is the summary.
	from := 0
	for from < len(text) && strings.TrimSpace(text[from]) == "" {
		from++
	}
	to := from
	for to < len(text) && strings.TrimSpace(text[to]) != "" {
		to++
	}
	d.doc.summary = limited(d, trimmed(text[from:to]), maxLabel, "the summary")
	d.doc.intro = trimmed(text[to:])
}

// marker is a line of colons: the end of the part that is open, or the beginning of one.
func (d *reader) marker(name string) {
	if name == "" {
		if d.part == "" {
			d.add(d.doc.file, d.n, "these colons close nothing")
			return
		}
		d.close()
		return
	}
	if d.part != "" {
		d.add(d.doc.file, d.n, "%s begins inside %s, which began in line %d: close that one first", quote(":::"+name), quote(":::"+d.part), d.from)
		d.close()
	}
	d.part, d.from, d.inner = name, d.n, nil
}

func (d *reader) close() {
	name, argument, _ := strings.Cut(d.part, " ")
	argument = strings.TrimSpace(argument)
	text, written, from := trimmed(d.inner), d.part, d.from
	lines := d.inner
	d.part, d.inner = "", nil
	wrong := func(format string, args ...any) {
		d.add(d.doc.file, from, quote(":::"+written)+" "+format, args...)
	}
	switch name {
	case "hint", "after", "predict", "check", "teacher":
	default:
		wrong("is no part of a lesson: there are hint, check, predict, after and teacher")
		return
	}
	switch {
	case (argument != "") != (name == "check"):
		if name == "check" {
			wrong("names no check: write \":::check ID\"")
		} else {
			wrong("has a word too much: write \":::%s\"", name)
		}
		return
	case d.sec == nil && name != "teacher":
		wrong("belongs into a step, and none has begun")
		return
	case text == "":
		wrong("is empty")
		return
	}
	once := func(there bool) {
		if there {
			wrong("is there twice")
		}
	}
	switch {
	case name == "hint":
		d.sec.hints = append(d.sec.hints, text)
	case name == "after":
		once(d.sec.ended)
		d.sec.after, d.sec.ended = text, true
	case name == "check":
		if strings.Contains(text, "\n\n") {
			wrong("has more than one paragraph")
		}
		d.sec.checks = append(d.sec.checks, labelled{argument, limited(d, text, maxLabel, "the text of a check"), from})
	case name == "predict":
		once(d.sec.predict != nil)
		d.sec.predict = readPrediction(lines, from)
	case d.sec == nil:
		once(d.doc.noted)
		d.doc.teacher, d.doc.noted = text, true
	default:
		once(d.sec.noted)
		d.sec.teacher, d.sec.noted = text, true
	}
}

// readPrediction takes a question apart: text, a task list, text.
func readPrediction(lines []string, line int) *prediction {
	p := &prediction{line: line}
	var question, answer []string
	state := 0 // before the options, among them, after them
	for _, l := range lines {
		m := optionLine.FindStringSubmatch(l)
		blank, indented := strings.TrimSpace(l) == "", strings.HasPrefix(l, "  ")
		switch {
		case state < 2 && m != nil:
			state = 1
			p.options = append(p.options, option{m[2], m[1] != " "})
		case state == 0:
			question = append(question, l)
		case state == 1 && blank:
		case state == 1 && indented:
			last := &p.options[len(p.options)-1]
			last.text += "\n" + strings.TrimSpace(l)
		default:
			state = 2
			answer = append(answer, l)
		}
	}
	p.question, p.answer = trimmed(question), trimmed(answer)
	return p
}

// limited reports a text that is too long.
func limited(d *reader, text string, limit int, what string) string {
	if len(text) > limit {
		d.add(d.doc.file, d.n, "%s has %d bytes; at most %d are allowed", what, len(text), limit)
		return ""
	}
	return text
}

// trimmed joins lines without the blank ones around them.
func trimmed(lines []string) string {
	return strings.Trim(strings.Join(lines, "\n"), " \t\n")
}

// clip shortens a text that a problem repeats without quotes.
func clip(s string) string {
	q := quote(s)
	return q[1 : len(q)-1]
}

var (
	codeSpan   = regexp.MustCompile("`[^`]*`|``.*?``")
	tag        = regexp.MustCompile(`<[A-Za-z/!?]`)
	autolink   = regexp.MustCompile(`<https://[^<>\s]*>`)
	linkTarget = regexp.MustCompile(`(?:\]\(\s*<?|^ {0,3}\[[^\]]+\]:\s*<?)([^)\s>]+)`)
)

// forbidden reports what the page would not show: HTML, pictures, and links to anything but https.
func (d *reader) forbidden(line string) {
	if strings.HasPrefix(line, "    ") && d.part == "" && d.blankBefore() {
		return // indented code
	}
	line = autolink.ReplaceAllString(codeSpan.ReplaceAllString(line, "`"), "")
	if tag.MatchString(line) {
		d.add(d.doc.file, d.n, "HTML is not shown: put it between backticks, or write Markdown")
	}
	if strings.Contains(line, "![") {
		d.add(d.doc.file, d.n, "pictures are not shown: a lesson points at the cluster itself")
	}
	for _, m := range linkTarget.FindAllStringSubmatch(line, -1) {
		if !strings.HasPrefix(m[1], "https://") && !strings.HasPrefix(m[1], "#") {
			d.add(d.doc.file, d.n, "the link to %s is not https:", quote(m[1]))
		}
	}
}

// blankBefore reports that a paragraph does not go on in this line.
func (d *reader) blankBefore() bool { return d.n < 2 || strings.TrimSpace(d.lines[d.n-2]) == "" }
