package lesson

import (
	"strconv"
	"strings"
)

// document is one language's text, taken apart: sections by heading, and in each of them parts by what they are for.
type document struct {
	file     string
	sections []*section // the first is what stands before the steps
}

// section is what stands below a heading with an id.
type section struct {
	id    string
	line  int
	parts []*part
}

// part is a text with a purpose. Parts of both languages that have the same key belong together.
type part struct {
	key  string // see the keys below
	line int
	text string
}

// The keys of parts. Those of checks, hints and options have a name or a number behind them.
const (
	keyTitle    = "the heading"
	keySummary  = "the summary, which is the first paragraph below the title,"
	keyText     = "the text"
	keyTeacher  = ":::teacher"
	keyAfter    = ":::after"
	keyCheck    = ":::check "
	keyHint     = ":::hint number "
	keyQuestion = "the question of :::predict"
	keyRight    = "a right option (\"- [x]\") of :::predict, number "
	keyWrong    = "a wrong option (\"- [ ]\") of :::predict, number "
	keyAnswer   = "the answer below the options of :::predict"
)

func (s *section) find(key string) *part {
	for _, p := range s.parts {
		if p.key == key {
			return p
		}
	}
	return nil
}

// Limits of one text.
const (
	maxSections = maxSteps + 2
	maxParts    = 64 // of a section
	maxTitle    = 200
)

// reader goes through a text line by line.
type reader struct {
	*report
	doc   *document
	sec   *section
	n     int    // number of the line
	fence string // of the code block it is in; "" is none
	body  []string
	open  string // the part it is in, as written behind the colons; "" is none
	from  int    // where that began
	inner []string
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
		d.wrong(d.n, "a code block is not closed")
	}
	if d.open != "" {
		d.wrong(d.from, "%s is not closed: a line of three colons ends it", ":::"+clip(d.open))
		d.close()
	}
	d.flush()
	if d.doc.sections[0].find(keyTitle) == nil {
		d.wrong(1, "it has no title: it begins with a line such as \"# A title\"")
	}
	return d.doc
}

func (d *reader) wrong(line int, format string, args ...any) {
	d.add(d.doc.file, line, format, args...)
}

// put adds a part to the section.
func (d *reader) put(key string, line int, text string) {
	switch {
	case len(d.sec.parts) >= maxParts:
		d.wrong(line, "a step has more than %d parts", maxParts)
	case d.sec.find(key) != nil:
		d.wrong(line, "%s is there twice", key)
	case text == "":
		d.wrong(line, "%s is empty", key)
	default:
		d.sec.parts = append(d.sec.parts, &part{key, line, text})
	}
}

func (d *reader) begin(id string, line int) {
	d.sec = &section{id: id, line: line}
	if len(d.doc.sections) < maxSections {
		d.doc.sections = append(d.doc.sections, d.sec)
	} else {
		d.wrong(line, "more than %d steps", maxSteps)
	}
}

func (d *reader) read(line string) {
	if mark := fenceOf(line); mark != "" {
		switch {
		case d.fence == "":
			d.fence = mark
		case strings.HasPrefix(mark, d.fence) && strings.TrimSpace(line) == mark:
			d.fence = ""
		}
	} else if d.fence == "" {
		if name, ok := strings.CutPrefix(line, ":::"); ok {
			d.marker(strings.TrimSpace(strings.TrimLeft(name, ":")))
			return
		}
		if level := len(line) - len(strings.TrimLeft(line, "#")); level == 1 || level == 2 {
			if text := line[level:]; text == "" || text[0] == ' ' || text[0] == '\t' {
				d.heading(level, strings.TrimSpace(text))
				return
			}
		}
		d.forbidden(line)
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
	if len(line)-len(text) > 3 {
		return ""
	}
	for _, c := range []string{"`", "~"} {
		if n := len(text) - len(strings.TrimLeft(text, c)); n >= 3 {
			return text[:n]
		}
	}
	return ""
}

func (d *reader) heading(level int, text string) {
	if d.open != "" {
		d.wrong(d.n, "a heading stands inside %s, which began in line %d: is its closing line of three colons missing?", ":::"+clip(d.open), d.from)
		d.close()
	}
	if level == 1 {
		if strings.TrimSpace(strings.Join(d.body, "")) != "" || d.sec.find(keyTitle) != nil {
			d.wrong(d.n, "the title is the first line, and the only one with one \"#\": steps begin with \"## Heading {#id}\"")
		}
		d.title(text)
		return
	}
	d.flush()
	name, id, ok := strings.Cut(text, "{#")
	if id, ok = strings.CutSuffix(id, "}"); !ok {
		d.wrong(d.n, "the heading has no id of a step: write \"## %s {#id}\"; headings inside a step begin with \"###\"", clip(text))
		id = "?"
	}
	d.begin(id, d.n)
	d.title(strings.TrimSpace(name))
}

func (d *reader) title(text string) {
	if len(text) > maxTitle {
		d.wrong(d.n, "the heading has %d bytes; at most %d are allowed", len(text), maxTitle)
	}
	d.put(keyTitle, d.n, text)
}

// flush gives what was read outside parts to the section.
func (d *reader) flush() {
	text := trimmed(d.body)
	d.body = nil
	if d.sec.id == "" {
		summary, rest, _ := strings.Cut(text, "\n\n")
		if summary != "" {
			d.put(keySummary, d.sec.line, summary)
		}
		text = strings.TrimSpace(rest)
	}
	if text != "" {
		d.put(keyText, d.sec.line, text)
	}
}

// marker is a line of colons: the end of the part that is open, or the beginning of one.
func (d *reader) marker(name string) {
	switch {
	case name != "" && d.open != "":
		d.wrong(d.n, "%s begins inside %s, which began in line %d: close that one first", ":::"+clip(name), ":::"+clip(d.open), d.from)
		d.close()
	case name == "" && d.open == "":
		d.wrong(d.n, "these colons close nothing")
	case name == "":
		d.close()
	}
	if name != "" {
		d.open, d.from, d.inner = name, d.n, nil
	}
}

// close ends a part.
func (d *reader) close() {
	name, text := d.open, trimmed(d.inner)
	d.open = ""
	key := ":::" + name
	word, argument, _ := strings.Cut(name, " ")
	switch {
	case word == "check" && goodID(argument):
		if strings.Contains(text, "\n\n") {
			d.wrong(d.from, "%s has more than one paragraph", key)
		}
	case name == "hint":
		n := 1
		for d.sec.find(keyHint+strconv.Itoa(n)) != nil {
			n++
		}
		key = keyHint + strconv.Itoa(n)
	case name != "teacher" && name != "after" && name != "predict":
		d.wrong(d.from, "%s is no part of a lesson: there are hint, check ID, predict, after and teacher", ":::"+clip(name))
		return
	}
	if d.sec.id == "" && name != "teacher" {
		d.wrong(d.from, "%s belongs into a step, and none has begun", ":::"+name)
		return
	}
	if name == "predict" {
		d.prediction()
		return
	}
	d.put(key, d.from, text)
}

// prediction takes a question apart: a text, a task list, a text.
func (d *reader) prediction() {
	var question, answer, options, keys []string
	for _, line := range d.inner {
		text, box := "", false
		for _, mark := range []string{"- [ ] ", "* [ ] ", "- [x] ", "* [x] ", "- [X] ", "* [X] "} {
			if rest, ok := strings.CutPrefix(line, mark); ok && answer == nil {
				text, box = rest, true
				key := keyWrong
				if mark[3] != ' ' {
					key = keyRight
				}
				keys = append(keys, key+strconv.Itoa(len(keys)+1))
			}
		}
		switch {
		case box:
			options = append(options, text)
		case options == nil:
			question = append(question, line)
		case answer == nil && strings.TrimSpace(line) == "":
		case answer == nil && strings.HasPrefix(line, "  "):
			options[len(options)-1] += "\n" + strings.TrimSpace(line)
		default:
			answer = append(answer, line)
		}
	}
	if len(options) < 2 || len(options) > maxOptions {
		d.wrong(d.from, "there are %d options, written \"- [ ] text\" or \"- [x] text\"; a prediction has 2 to %d", len(options), maxOptions)
	}
	if !strings.Contains(strings.Join(keys, ""), keyRight) {
		d.wrong(d.from, "no option is right: write \"- [x] text\"")
	}
	d.put(keyQuestion, d.from, trimmed(question))
	for i, key := range keys {
		d.put(key, d.from, strings.TrimSpace(options[i]))
	}
	d.put(keyAnswer, d.from, trimmed(answer))
}

// trimmed joins lines without the blank ones around them.
func trimmed(lines []string) string {
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			lines[i] = ""
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// forbidden reports what the page would not show: HTML, pictures, and links to anything but https.
func (d *reader) forbidden(line string) {
	if strings.HasPrefix(line, "    ") {
		return // code, or inside a list, where the page does what it does
	}
	line = withoutCode(line)
	for i := 0; i+1 < len(line); i++ {
		switch line[i : i+2] {
		case "![":
			d.wrong(d.n, "pictures are not shown: a lesson points at the cluster itself")
		case "](", "]:":
			target := strings.TrimLeft(line[i+2:], " <")
			target, _, _ = strings.Cut(target, ")")
			definition := line[i:i+2] == "]:"
			if definition && (line[0] != '[' || target == "") || strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "#") {
				continue
			}
			d.wrong(d.n, "the link to %s is not https:", quote(target))
		default:
			if c := line[i+1] | 0x20; line[i] == '<' && (c >= 'a' && c <= 'z' || line[i+1] == '/' || line[i+1] == '!' || line[i+1] == '?') && !strings.HasPrefix(line[i:], "<https://") {
				d.wrong(d.n, "HTML is not shown: put it between backticks, or write Markdown")
				return
			}
		}
	}
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
