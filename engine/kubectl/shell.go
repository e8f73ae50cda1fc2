package kubectl

import (
	"errors"
	"fmt"
	"strings"
)

// errUnterminated is what a shell says of a quote that does not end.
var errUnterminated = errors.New("unterminated quote")

// word is one token of a line: an argument or an operator (| ; && ||).
type word struct {
	text string
	op   bool
}

// pipeline is commands connected by pipes, and how it is joined to what came before: "", ";", "&&" or "||".
type pipeline struct {
	join     string
	commands []simple
}

// simple is one command with its arguments; heredoc replaces its standard input.
type simple struct {
	args    []string
	heredoc *string
}

// lexer splits a script as a POSIX shell does (XCU 2.2 Quoting, 2.3 Token Recognition), without expansions.
type lexer struct {
	in      string
	i       int
	words   []word
	waiting []waitingDoc // here-documents whose text begins after the next newline
	docs    map[int]string
}

type waitingDoc struct {
	at        int // index of the word it belongs to
	delimiter string
	stripTabs bool
}

func lex(line string) (*lexer, error) {
	l := &lexer{in: line, docs: map[int]string{}}
	for l.i < len(l.in) {
		ch := l.in[l.i]
		switch {
		case ch == ' ' || ch == '\t' || ch == '\r':
			l.i++
		case ch == '\n':
			l.i++
			l.readDocs()
			l.operator(";")
		case ch == '\\' && strings.HasPrefix(l.in[l.i:], "\\\n"):
			l.i += 2
		case ch == '#':
			for l.i < len(l.in) && l.in[l.i] != '\n' {
				l.i++
			}
		case strings.HasPrefix(l.in[l.i:], "&&"), strings.HasPrefix(l.in[l.i:], "||"):
			l.operator(l.in[l.i : l.i+2])
			l.i += 2
		case strings.HasPrefix(l.in[l.i:], "<<"):
			if err := l.heredoc(); err != nil {
				return nil, err
			}
		case ch == '|' || ch == ';':
			l.operator(string(ch))
			l.i++
		case ch == '&' || ch == '<' || ch == '>' || ch == '(' || ch == ')' || ch == '`':
			return nil, fmt.Errorf("%q is not supported by this shell: it knows quotes, pipes, here-documents, ;, && and ||", string(ch))
		default:
			w, err := l.word()
			if err != nil {
				return nil, err
			}
			if w == "2" && l.i < len(l.in) && l.in[l.i] == '>' {
				// Both streams end at the same screen, so joining them changes nothing.
				if rest := l.in[l.i:]; strings.HasPrefix(rest, ">&1") {
					l.i += 3
					continue
				}
			}
			l.words = append(l.words, word{text: w})
		}
	}
	return l, nil
}

func (l *lexer) operator(op string) {
	if op == ";" && (len(l.words) == 0 || l.words[len(l.words)-1].op) {
		if n := len(l.words); n == 0 || l.words[n-1].text != ";" || l.in[l.i-1] == '\n' {
			return // an empty line, or one after | and &&, continues
		}
	}
	l.words = append(l.words, word{text: op, op: true})
}

// word reads one argument with its quotes.
func (l *lexer) word() (string, error) {
	var b strings.Builder
	for l.i < len(l.in) {
		ch := l.in[l.i]
		switch ch {
		case ' ', '\t', '\n', '\r', '|', ';', '&', '<', '>', '(', ')', '`':
			return b.String(), nil
		case '\'':
			end := strings.IndexByte(l.in[l.i+1:], '\'')
			if end < 0 {
				return "", errUnterminated
			}
			b.WriteString(l.in[l.i+1 : l.i+1+end])
			l.i += end + 2
		case '"':
			l.i++
			for {
				if l.i >= len(l.in) {
					return "", errUnterminated
				}
				if l.in[l.i] == '"' {
					l.i++
					break
				}
				if l.in[l.i] == '\\' && l.i+1 < len(l.in) {
					// Only these lose their backslash inside double quotes.
					next := l.in[l.i+1]
					switch next {
					case '"', '\\', '$', '`':
						b.WriteByte(next)
					case '\n':
					default:
						b.WriteByte('\\')
						b.WriteByte(next)
					}
					l.i += 2
					continue
				}
				b.WriteByte(l.in[l.i])
				l.i++
			}
		case '\\':
			if l.i+1 < len(l.in) {
				if l.in[l.i+1] != '\n' {
					b.WriteByte(l.in[l.i+1])
				}
				l.i += 2
			} else {
				l.i++
			}
		default:
			b.WriteByte(ch)
			l.i++
		}
	}
	return b.String(), nil
}

func (l *lexer) heredoc() error {
	l.i += 2
	d := waitingDoc{at: len(l.words)}
	if l.i < len(l.in) && l.in[l.i] == '-' {
		d.stripTabs = true
		l.i++
	}
	for l.i < len(l.in) && l.in[l.i] == ' ' {
		l.i++
	}
	w, err := l.word()
	if err != nil {
		return err
	}
	if w == "" {
		return errors.New("syntax error: a here-document needs a delimiter")
	}
	d.delimiter = w
	l.waiting = append(l.waiting, d)
	return nil
}

// readDocs takes the here-documents that begin at this line.
func (l *lexer) readDocs() {
	for _, d := range l.waiting {
		var b strings.Builder
		for l.i < len(l.in) {
			end := strings.IndexByte(l.in[l.i:], '\n')
			line := l.in[l.i:]
			if end >= 0 {
				line = l.in[l.i : l.i+end]
				l.i += end + 1
			} else {
				l.i = len(l.in)
			}
			if d.stripTabs {
				line = strings.TrimLeft(line, "\t")
			}
			if strings.TrimRight(line, "\r") == d.delimiter {
				break
			}
			b.WriteString(line + "\n")
		}
		l.docs[d.at] = b.String()
	}
	l.waiting = nil
}

// parse splits a line into pipelines.
func parse(line string) ([]pipeline, error) {
	l, err := lex(line)
	if err != nil {
		return nil, err
	}
	var list []pipeline
	cur := pipeline{}
	var cmd simple
	flush := func(op string) error {
		if len(cmd.args) == 0 {
			return fmt.Errorf("syntax error near unexpected token `%s'", op)
		}
		cur.commands = append(cur.commands, cmd)
		cmd = simple{}
		return nil
	}
	doc := func(i int) {
		if text, ok := l.docs[i]; ok {
			cmd.heredoc = &text
		}
	}
	for i, w := range l.words {
		doc(i)
		if !w.op {
			cmd.args = append(cmd.args, w.text)
			continue
		}
		if err := flush(w.text); err != nil {
			return nil, err
		}
		if w.text != "|" {
			list = append(list, cur)
			cur = pipeline{join: w.text}
		}
	}
	doc(len(l.words))
	if len(cmd.args) > 0 {
		cur.commands = append(cur.commands, cmd)
	} else if n := len(l.words); n > 0 && l.words[n-1].text != ";" {
		return nil, errors.New("syntax error: unexpected end of line")
	}
	if len(cur.commands) > 0 {
		list = append(list, cur)
	}
	return list, nil
}
