package runtime

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

// logLines is how many lines of a container's log are kept: a real node rotates at 10 MiB.
const logLines = 1000

type logLine struct {
	at   sim.Time
	text string
}

// logBuffer keeps the newest lines; it costs nothing until the first.
type logBuffer struct {
	lines   []logLine
	head    int
	total   int
	partial string
}

func (b *logBuffer) add(at sim.Time, text string) {
	b.total++
	if len(b.lines) < logLines {
		b.lines = append(b.lines, logLine{at, text})
		return
	}
	b.lines[b.head] = logLine{at, text}
	b.head = (b.head + 1) % logLines
}

// Print writes to the container's standard output.
func (c *Container) Print(text string) { c.emit(text, false) }

// emit is what the container's program prints: it enters the log, and whoever is attached sees it. A log ends its lines
// plainly even if a terminal did not.
func (c *Container) emit(text string, stderr bool) {
	for _, at := range slices.Clone(c.attached) {
		at.io.Out(text, stderr)
	}
	if c.Spec.TTY {
		text = strings.ReplaceAll(text, "\r", "")
	}
	now := c.Sandbox.rt.a.Now()
	text = c.log.partial + text
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			c.log.partial = text
			return
		}
		c.log.add(now, line)
		text = rest
	}
}

func (c *Container) access(from, verb, path, agent string, status int) {
	at := c.Sandbox.rt.a.Wall().Format("02/Jan/2006:15:04:05 -0700")
	c.Print(from + " - - [" + at + "] \"" + verb + " " + path + " HTTP/1.1\" " + strconv.Itoa(status) + " 615 \"-\" \"" + agent + "\" \"-\"\n")
}

// LogLine is one line of a container's log.
type LogLine struct {
	At   sim.Time
	Text string
}

// Logs are the lines the container printed, oldest first. What an app prints at its start is worked out here, so that
// thousands of quiet containers keep no log at all.
func (c *Container) Logs() []LogLine {
	var out []LogLine
	if c.app != nil && c.app.StartLog != "" && c.State != Created && len(c.log.lines) < logLines {
		at := c.Started.Add(20 * time.Millisecond)
		for i, l := range strings.Split(c.app.StartLog, "\n") {
			t := at.Add(time.Duration(i) * 15 * time.Millisecond)
			if t > c.Sandbox.rt.a.Now() || c.State == Exited && t > c.Ended {
				break
			}
			out = append(out, LogLine{t, l})
		}
	}
	n := len(c.log.lines)
	for i := range n {
		l := c.log.lines[(c.log.head+i)%n]
		out = append(out, LogLine{l.at, l.text})
	}
	if c.log.partial != "" && c.State == Exited { // a line is written when it is whole
		out = append(out, LogLine{c.Sandbox.rt.a.Now(), c.log.partial})
	}
	return out
}

// LinesPrinted counts the lines of Logs since the start, including those that are kept no more.
func (c *Container) LinesPrinted() int {
	n := c.log.total
	if c.app != nil && c.app.StartLog != "" {
		n += len(c.Logs()) - len(c.log.lines)
	}
	return n
}
