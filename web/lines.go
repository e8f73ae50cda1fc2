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
	verb, name, _ := strings.Cut(line, " ")
	var text string
	var left []portable.Left
	var err error
	switch {
	case line == "journal":
		ok = c.loop.do(ctx, func() { text = c.loop.c.JournalText() })
	case line == "export":
		ok = c.loop.do(ctx, func() { text, left, err = c.loop.c.Export() })
	case verb == "import" && name != "":
		var file []byte
		if file, err = os.ReadFile(strings.TrimSpace(name)); err != nil {
			return "error: " + err.Error(), true, true
		}
		ok = c.loop.do(ctx, func() { text, left, err = c.loop.c.Import(string(file)) })
	default:
		return "", false, false
	}
	if err != nil {
		return "error: " + err.Error(), ok, true
	}
	_, _ = io.WriteString(out, text)
	for _, l := range left {
		fmt.Fprintln(out, "# left out, "+l.Text())
	}
	return "ok: " + line, ok, true
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
