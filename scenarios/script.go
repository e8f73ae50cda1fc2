package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/api/portable"
	"tabernetes/engine/sim"
)

// Script is a session written down.
type Script struct {
	Config engine.Config
	Steps  []Step
	// Files finds what `-f NAME` reads.
	Files func(name string) (string, error)

	last *session // the newest line of the terminal
}

// Step is one command and what it gave.
type Step struct {
	Line    int
	Comment []string // lines before it
	Text    string   // with its "$ " or "> "
	Want    string
}

// Parse reads a script.
func Parse(text string) (*Script, error) {
	s := &Script{Config: engine.Config{Nodes: 3, Masters: 1, Seed: 1}}
	var comment []string
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "$ ") || strings.HasPrefix(line, "> ") && strings.TrimSpace(line) != ">": // that is a shell asking for more
			s.Steps = append(s.Steps, Step{Line: i + 1, Comment: comment, Text: line})
			comment = nil
		case strings.HasPrefix(line, "#") || len(s.Steps) == 0:
			comment = append(comment, line)
			if err := s.setting(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		case line == "" && len(comment) > 0:
			comment = append(comment, line)
		default:
			last := &s.Steps[len(s.Steps)-1]
			last.Want += line + "\n"
		}
	}
	return s, nil
}

func (s *Script) setting(line string) error {
	key, val, ok := strings.Cut(line, ":")
	if !ok || strings.HasPrefix(line, "#") {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(val))
	if err != nil {
		return fmt.Errorf("%s: %q is not a number", key, strings.TrimSpace(val))
	}
	switch key {
	case "nodes":
		s.Config.Nodes = n
	case "masters":
		s.Config.Masters = n
	case "seed":
		s.Config.Seed = uint64(n)
	case "addons":
		s.Config.Addons = n != 0
	default:
		return fmt.Errorf("unknown setting %q", key)
	}
	return nil
}

// Play runs the script in a new cluster that is Ready, and returns it with what each step gave.
func (s *Script) Play() (*engine.Cluster, []string, error) {
	c, err := engine.New(s.Config)
	if err != nil {
		return nil, nil, err
	}
	c.RunTo(sim.Time(time.Minute), c.Ready, 0)
	var out []string
	for _, st := range s.Steps {
		got, err := s.step(c, st)
		if err != nil {
			return c, out, fmt.Errorf("line %d: %s: %w", st.Line, st.Text, err)
		}
		out = append(out, got)
	}
	return c, out, nil
}

func (s *Script) step(c *engine.Cluster, st Step) (string, error) {
	verb, rest := st.Text[:2], st.Text[2:]
	if verb == "$ " {
		return s.terminal(c, rest, 10*time.Minute)
	}
	f := strings.Fields(rest)
	switch {
	case f[0] == "advance" && len(f) == 2:
		d, err := time.ParseDuration(f[1])
		if err != nil {
			return "", err
		}
		c.RunTo(c.Now().Add(d), nil, 0)
	case f[0] == "settle" && len(f) == 2:
		d, err := time.ParseDuration(f[1])
		if err != nil {
			return "", err
		}
		c.RunTo(c.Now().Add(d), c.Settled, 0)
	case f[0] == "until" && len(f) > 2:
		d, err := time.ParseDuration(f[1])
		if err != nil {
			return "", err
		}
		line := strings.TrimSpace(strings.SplitN(rest, f[1], 2)[1])
		end := c.Now().Add(d)
		for {
			got, err := s.terminal(c, line, time.Minute)
			if err != nil || strings.TrimSpace(got) == strings.TrimSpace(st.Want) || c.Now() >= end {
				return got, err
			}
			c.RunTo(c.Now().Add(time.Second), nil, 0)
		}
	case engine.IsFault(rest):
		cmd, err := engine.ParseFault(rest)
		if err == nil {
			err = c.Do(cmd)
		}
		return "", err
	case f[0] == "control-plane" && len(f) == 1:
		return controlPlaneText(c), nil
	case f[0] == "load" && len(f) == 3:
		rps, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return "", err
		}
		return "", c.Do(engine.Command{Op: engine.OpTraffic, Name: f[1], RPS: rps})
	case f[0] == "type" && len(f) > 1:
		return s.typed(c, strings.TrimPrefix(rest, "type "))
	case f[0] == "edit":
		return s.edit(c, strings.TrimSpace(strings.TrimPrefix(rest, "edit")))
	case f[0] == "editor" && len(f) == 1 && s.last != nil && s.last.p.Editor() != nil:
		return comments(s.last.p.Editor().Text), nil
	case f[0] == "export" && len(f) == 1:
		return manifestsText(c.Export())
	case f[0] == "import" && len(f) == 2:
		text, err := s.Files(f[1])
		if err != nil {
			return "", err
		}
		return manifestsText(c.Import(text))
	case f[0] == "journal" && len(f) < 3:
		return journalText(c, f[1:])
	case f[0] == "stats":
		return loadText(c)
	case f[0] == "why" && len(f) == 2:
		ref := f[1]
		if ref == "failed-request" {
			ref = firstFailure(c)
		}
		w, err := c.Why(ref)
		if err != nil {
			return err.Error() + "\n", nil
		}
		var b strings.Builder
		for _, x := range w.Chain {
			fmt.Fprintf(&b, "%s %s: %s %s %s\n", sim.Time(x.At*1e6), x.Actor, x.Kind, x.Ref, x.Text)
		}
		for _, a := range w.Advice {
			fmt.Fprintf(&b, "advice: %s\n", a)
		}
		if w.Scheduler != nil {
			for i := range w.Scheduler.Remedies {
				fmt.Fprintf(&b, "remedy: %s\n", w.Scheduler.Remedies[i].Text())
			}
		}
		return b.String(), nil
	case f[0] == "scores" && len(f) == 2:
		return scoresText(c, f[1])
	case f[0] == "history" && len(f) == 2:
		w, err := c.Why(f[1])
		if err != nil {
			return err.Error() + "\n", nil
		}
		var b strings.Builder
		for i := len(w.History) - 1; i >= 0; i-- {
			x := w.History[i]
			fmt.Fprintf(&b, "%s %s: %s %s\n", sim.Time(x.At*1e6), x.Actor, x.Kind, x.Text)
		}
		return b.String(), nil
	default:
		return "", fmt.Errorf("unknown command")
	}
	return "", nil
}

// firstFailure is the first failed request that the journal tells of.
func firstFailure(c *engine.Cluster) string {
	j := &c.Sim.Journal
	for i := 1; i <= j.Len(); i++ {
		if r := j.Get(sim.RecordID(i)); r.Kind == sim.KindRequest {
			return j.Ref(r.Ref)
		}
	}
	return "requests/none"
}

var fileFlag = regexp.MustCompile(`-f[ =](\S+)`)

// terminal runs a line of kubectl or etcdctl to its end and returns stdout and stderr as a terminal would show
// them; if it opens an editor, until then.
func (s *Script) terminal(c *engine.Cluster, line string, limit time.Duration) (string, error) {
	files := map[string]string{}
	names := []string{}
	for _, m := range fileFlag.FindAllStringSubmatch(line, -1) {
		names = append(names, m[1])
	}
	if name := engine.SchedulerFile(line); name != "" {
		names = append(names, name)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "/tmp/") {
			continue // kubectl edit left it there
		}
		text, err := s.Files(name)
		if err != nil {
			return "", err
		}
		files[name] = text
	}
	cmd, err := engine.ParseLine(line, files)
	if err != nil {
		return "", err
	}
	t := &session{}
	t.p, err = c.Start(cmd, t.output())
	if cmd.Op == engine.OpScheduler {
		if err != nil {
			return "error: " + err.Error() + "\n", nil
		}
		return t.b.String(), nil
	}
	if err != nil {
		return "", err
	}
	s.last = t
	return t.run(c, limit)
}

func loadText(c *engine.Cluster) (string, error) {
	t := c.TrafficStats()
	type version struct{ OK, Failed int }
	v := map[string]version{}
	for k, x := range t.ByVersion {
		v[k] = version{x.OK, x.Failed}
	}
	b, err := json.MarshalIndent(struct {
		Sent, OK, Failed int
		ByVersion        map[string]version
		Reasons          map[string]int
	}{t.Sent, t.OK, t.Failed, v, t.Reasons}, "", "  ")
	return string(b) + "\n", err
}

// manifestsText is an export or import: what was left out stands below it, but for what all clusters have.
func manifestsText(text string, left []portable.Left, err error) (string, error) {
	if err != nil {
		return "error: " + err.Error() + "\n", nil
	}
	for strings.HasPrefix(text, "#") { // a comment of the script otherwise
		_, text, _ = strings.Cut(text, "\n")
	}
	for _, l := range left {
		if l.Why != portable.Cluster && l.Why != portable.Passing {
			text += "left out, " + l.Text() + "\n"
		}
	}
	return text, nil
}

// journalText are the lines of the journal about an object, or all.
func journalText(c *engine.Cluster, ref []string) (string, error) {
	var b strings.Builder
	for line := range strings.Lines(c.JournalText()) {
		if len(ref) == 0 || strings.Contains(line, "\t"+ref[0]+"\t") {
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// Text writes the script with new outputs.
func (s *Script) Text(outputs []string) string {
	var b strings.Builder
	for i, st := range s.Steps {
		for _, line := range st.Comment {
			b.WriteString(line + "\n")
		}
		b.WriteString(st.Text + "\n")
		if i < len(outputs) {
			b.WriteString(outputs[i])
		}
	}
	return b.String()
}

// DirFiles finds files below a folder.
func DirFiles(dir string) func(string) (string, error) {
	return func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(dir, filepath.Clean("/"+name)))
		return string(b), err
	}
}
