package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"tabernetes/engine"
	"tabernetes/engine/api/portable"
)

// lines carries out what is typed on standard input: faults, and lines of etcdctl, kubectl and kube-scheduler, whose --config
// names a file of this machine; "export" and "import FILE" print manifests, "journal" what happened. Each is answered by one
// line, "ok: LINE" or "error: WHY", after whatever it printed. Empty lines and comments (#) are nothing.
func (c *cluster) lines(ctx context.Context, in io.Reader, out io.Writer) {
	sc := bufio.NewScanner(in)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		answer, ok := c.line(ctx, line, out)
		if !ok {
			return
		}
		fmt.Fprintln(out, answer)
	}
}

// line carries out one line to its end; ok is false when the cluster has ended before.
func (c *cluster) line(ctx context.Context, line string, out io.Writer) (answer string, ok bool) {
	if answer, ok, is := c.text(ctx, line, out); is {
		return answer, ok
	}
	files := map[string]string{}
	if name := engine.SchedulerFile(line); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return "error: " + err.Error(), true
		}
		files[name] = string(text)
	}
	cmd, err := engine.ParseLine(line, files)
	if err != nil {
		return "error: " + err.Error(), true
	}
	answers := make(chan string, 1)
	print := func(s string) { _, _ = io.WriteString(out, s) }
	ok = c.loop.do(ctx, func() {
		p, err := c.loop.c.Start(cmd, engine.Output{Out: print, Err: print, Done: func(code int) {
			if code != 0 {
				answers <- fmt.Sprintf("error: %s: exit code %d", line, code)
				return
			}
			answers <- "ok: " + line
		}})
		switch {
		case err != nil:
			answers <- "error: " + err.Error()
		case p == nil: // it takes no time
			answers <- "ok: " + line
		}
	})
	if !ok {
		return "", false
	}
	select {
	case answer = <-answers:
		return answer, true
	case <-ctx.Done():
		return "", false
	case <-c.loop.ended:
		return "", false
	}
}

// text carries out a line that only prints; is tells whether it is one.
func (c *cluster) text(ctx context.Context, line string, out io.Writer) (answer string, ok, is bool) {
	type said struct {
		text string
		left []portable.Left
		err  error
	}
	verb, name, _ := strings.Cut(line, " ")
	var say func() said
	switch {
	case line == "journal":
		say = func() said { return said{text: c.loop.c.JournalText()} }
	case line == "export":
		say = func() (s said) { s.text, s.left, s.err = c.loop.c.Export(); return s }
	case verb == "import" && name != "":
		file, err := os.ReadFile(strings.TrimSpace(name))
		if err != nil {
			return "error: " + err.Error(), true, true
		}
		say = func() (s said) { s.text, s.left, s.err = c.loop.c.Import(string(file)); return s }
	default:
		return "", false, false
	}
	done := make(chan said, 1)
	if !c.loop.do(ctx, func() { done <- say() }) {
		return "", false, true
	}
	select {
	case s := <-done:
		if s.err != nil {
			return "error: " + s.err.Error(), true, true
		}
		_, _ = io.WriteString(out, s.text)
		for _, l := range s.left {
			fmt.Fprintln(out, "# left out, "+l.Text())
		}
		return "ok: " + line, true, true
	case <-ctx.Done():
	case <-c.loop.ended:
	}
	return "", false, true
}

// shared lets several goroutines write to one place, a piece at a time.
type shared struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
