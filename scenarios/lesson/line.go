package lesson

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

const (
	maxLineBytes = 1000
	// maxAdvance is how long one line of the clock may last, maxRPS how much one may load a Service.
	maxAdvance = time.Hour
	maxRPS     = 1000
)

// CommandLimit is how much virtual time a command gets.
const CommandLimit = 10 * time.Minute

// Line is one line of a setup or a solution.
type Line struct {
	Text string

	number  int           // in scenario.yaml
	advance time.Duration // of the clock's lines
	settle  bool
	load    string // a Service under load
	rps     float64
}

// forms are how a line may begin, for errors.
const forms = "kubectl, etcdctl, kube-scheduler, a fault such as \"kill node-1\", advance, settle or load"

// ParseLine reads a line of a setup or a solution.
func ParseLine(text string) (*Line, error) {
	l := &Line{Text: strings.TrimSpace(text)}
	f := strings.Fields(text)
	switch {
	case len(text) > maxLineBytes:
		return l, fmt.Errorf("the line has %d bytes; at most %d are allowed", len(text), maxLineBytes)
	case strings.ContainsAny(text, "\n\r"):
		return l, fmt.Errorf("the line has a line break in it")
	case len(f) == 0:
		return l, fmt.Errorf("the line is empty")
	}
	if _, err := fill(text, func(inside string) (string, error) {
		_, _, _, err := parsePlaceholder(inside)
		return "", err
	}); err != nil {
		return l, err
	}
	switch {
	case f[0] == "advance" || f[0] == "settle":
		l.settle = f[0] == "settle"
		if len(f) != 2 {
			return l, fmt.Errorf("write: %s DURATION, as in %s 30s", f[0], f[0])
		}
		d, err := time.ParseDuration(f[1])
		if err != nil || d <= 0 || d > maxAdvance {
			return l, fmt.Errorf("%s is no time between 1ns and %s, such as 30s or 5m", quote(f[1]), maxAdvance)
		}
		l.advance = d
		return l, nil
	case f[0] == "load":
		if len(f) != 3 {
			return l, fmt.Errorf("write: load SERVICE RPS, as in load hello 20")
		}
		rps, err := strconv.ParseFloat(f[2], 64)
		if err != nil || !(rps >= 0 && rps <= maxRPS) {
			return l, fmt.Errorf("%s is not a number of requests a second between 0 and %d", quote(f[2]), maxRPS)
		}
		l.load, l.rps = f[1], rps
		return l, nil
	case engine.IsFault(text):
		_, err := engine.ParseFault(text)
		return l, err
	case f[0] == "kubectl" || f[0] == "etcdctl" || f[0] == "kube-scheduler":
		return l, nil
	}
	return l, fmt.Errorf("%s begins no line of a lesson: one begins with %s", quote(f[0]), forms)
}

// reads are the names of the files that a line reads.
func (l *Line) reads() []string {
	var names []string
	f := strings.Fields(l.Text)
	for i, word := range f {
		for _, flag := range []string{"-f", "--filename"} {
			name, ok := strings.CutPrefix(word, flag)
			switch {
			case !ok:
			case name == "" && i+1 < len(f):
				names = append(names, strings.Split(f[i+1], ",")...)
			case strings.HasPrefix(name, "="):
				names = append(names, strings.Split(name[1:], ",")...)
			}
		}
	}
	if name := engine.SchedulerFile(l.Text); name != "" {
		names = append(names, name)
	}
	return names
}

// Clock is how much time passes in a line of the clock, and whether only until the cluster has settled; 0 for other lines.
func (l *Line) Clock() (d time.Duration, settle bool) { return l.advance, l.settle }

// Load is the Service that the line puts under load; "" for other lines.
func (l *Line) Load() (service string, rps float64) { return l.load, l.rps }

// Running is a line under way: let the clock run until Held says so, or until Until.
type Running struct {
	Until sim.Time
	Held  func() bool // nil: all of the time
	// Process is a command of the terminal; nil for other lines.
	Process *engine.Process
}

// Over reports that the line is at its end, wherever the clock is.
func (r *Running) Over(now sim.Time) bool {
	return now >= r.Until || r.Held != nil && r.Held()
}

// Start begins a line; files are those that it may read. A command that goes on for ever ends after ten minutes.
func (l *Line) Start(c *engine.Cluster, files map[string]string, out engine.Output) (*Running, error) {
	now := c.Now()
	switch {
	case l.advance > 0 && l.settle:
		return &Running{Until: now.Add(l.advance), Held: c.Settled}, nil
	case l.advance > 0:
		return &Running{Until: now.Add(l.advance)}, nil
	case l.load != "":
		return &Running{Until: now}, c.Do(engine.Command{Op: engine.OpTraffic, Name: l.load, RPS: l.rps})
	}
	text, err := l.Expand(c)
	if err != nil {
		return nil, err
	}
	read := map[string]string{}
	for _, name := range l.reads() {
		content, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("the lesson has no file %s", quote(name))
		}
		read[name] = content
	}
	cmd, err := engine.ParseLine(text, read)
	if err != nil {
		return nil, err
	}
	p, err := c.Start(cmd, out)
	if err != nil || p == nil {
		return &Running{Until: now}, err
	}
	return &Running{Until: now.Add(CommandLimit), Held: p.Waits, Process: p}, nil
}

// parsePlaceholder reads what stands between braces: pod or node, labels, and a namespace.
func parsePlaceholder(text string) (what string, sel labels.Selector, namespace string, err error) {
	f := strings.Fields(text)
	namespace = "default"
	if n := len(f); n > 2 && f[n-2] == "-n" {
		namespace, f = f[n-1], f[:n-2]
	}
	if len(f) != 2 || f[0] != "pod" && f[0] != "node" {
		return "", nil, "", fmt.Errorf("%s: write {{pod LABELS}} or {{node LABELS}}, as in {{pod app=web}} or {{pod app=web -n shop}}", quote("{{"+text+"}}"))
	}
	sel, err = labels.Parse(f[1])
	if err != nil {
		return "", nil, "", fmt.Errorf("%s: %v", quote("{{"+text+"}}"), err)
	}
	return f[0], sel, namespace, nil
}

// fill replaces what stands between double braces in a line.
func fill(line string, by func(inside string) (string, error)) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(line, "{{")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		inside, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return "", fmt.Errorf("%s is not closed", quote("{{"+rest))
		}
		text, err := by(inside)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		line = after
	}
}

// Expand puts the names of pods and nodes into the line: {{pod app=web}}.
func (l *Line) Expand(c *engine.Cluster) (string, error) {
	return fill(l.Text, func(inside string) (string, error) {
		what, sel, namespace, err := parsePlaceholder(inside)
		if err != nil {
			return "", err
		}
		pod := oldestPod(c, sel, namespace)
		switch {
		case pod == nil:
			return "", fmt.Errorf("{{%s}}: no pod of namespace %s has these labels", inside, namespace)
		case what == "pod":
			return pod.Name, nil
		case pod.Spec.NodeName == "":
			return "", fmt.Errorf("{{%s}}: pod %s has no node yet", inside, pod.Name)
		}
		return pod.Spec.NodeName, nil
	})
}

// oldestPod is the oldest pod of a selector that is not being deleted; of several, the first by name.
func oldestPod(c *engine.Cluster, sel labels.Selector, namespace string) *corev1.Pod {
	var found []*corev1.Pod
	c.Each(api.Pods, func(_ string, o api.Object) {
		p, ok := o.(*corev1.Pod)
		if ok && p.Namespace == namespace && p.DeletionTimestamp == nil && sel.Matches(labels.Set(p.Labels)) {
			found = append(found, p)
		}
	})
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, func(a, b *corev1.Pod) int {
		if c := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return found[0]
}
