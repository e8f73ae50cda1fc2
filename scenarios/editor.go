package scenarios

import (
	"fmt"
	"strings"
	"time"

	"tabernetes/engine"
)

// session is a line under way: what it has printed since somebody last looked, and its exit code.
type session struct {
	p    *engine.Process
	b    strings.Builder
	code int
}

func (t *session) output() engine.Output {
	put := func(text string) { t.b.WriteString(text) }
	return engine.Output{Out: put, Err: put, Done: func(code int) { t.code = code }, Edit: func(string, string) {}, Keys: func(bool) {}}
}

// run goes on until the line is over or waits for its user, and returns what it printed.
func (t *session) run(c *engine.Cluster, limit time.Duration) (string, error) {
	c.RunTo(c.Now().Add(limit), t.p.Waits, 0)
	if !t.p.Waits() {
		return "", fmt.Errorf("not done after %s; so far:\n%s", limit, t.b.String())
	}
	if t.p.Reads() {
		c.RunTo(c.Now().Add(time.Second), t.p.Done, 0) // for what it prints
	}
	text := t.b.String()
	t.b.Reset()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n" // jsonpath prints none, nor does a prompt
	}
	if t.p.Done() && t.code != 0 {
		text += fmt.Sprintf("[exit %d]\n", t.code)
	}
	return text, nil
}

// typed gives the last line, which reads from the terminal, something to read; ^C and ^D are keys.
func (s *Script) typed(c *engine.Cluster, line string) (string, error) {
	if s.last == nil || !s.last.p.Reads() {
		return "", fmt.Errorf("nothing reads from the terminal")
	}
	for name, key := range map[string]string{"^C": "\x03", "^D": "\x04"} {
		if rest, ok := strings.CutSuffix(line, name); ok {
			line = rest + key
		}
	}
	if err := c.Do(engine.Command{Op: engine.OpInput, Of: s.last.p.N(), Line: line}); err != nil {
		return "", err
	}
	return s.last.run(c, 10*time.Minute)
}

// edit answers the editor that the last line opened: "" leaves it, "s/old/new/" replaces and saves; \n is a new line.
func (s *Script) edit(c *engine.Cluster, how string) (string, error) {
	if s.last == nil || s.last.p.Editor() == nil {
		return "", fmt.Errorf("no editor is open")
	}
	e := s.last.p.Editor()
	cmd := engine.Command{Op: engine.OpEdited, Of: e.Of}
	if how != "" {
		if len(how) < 2 || how[0] != 's' || strings.Count(how, how[1:2]) != 3 {
			return "", fmt.Errorf("what to do is written s/old/new/")
		}
		part := strings.Split(strings.ReplaceAll(how, `\n`, "\n"), how[1:2])
		if !strings.Contains(e.Text, part[1]) {
			return "", fmt.Errorf("the text has no %q:\n%s", part[1], e.Text)
		}
		cmd.Files = map[string]string{"-": strings.Replace(e.Text, part[1], part[2], 1)}
	}
	if err := c.Do(cmd); err != nil {
		return "", err
	}
	return s.last.run(c, 10*time.Minute)
}

// comments are what an editor's text says above the object, which has UIDs and revisions that change with every script.
func comments(text string) string {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "#") {
			break
		}
		b.WriteString("| " + line + "\n")
	}
	return b.String()
}
