package lesson

import (
	"cmp"
	"fmt"
	"regexp"
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
	// commandLimit is how much virtual time a command gets.
	commandLimit = 10 * time.Minute
)

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
func ParseLine(text string) (Line, error) {
	l := Line{Text: strings.TrimSpace(text)}
	f := strings.Fields(text)
	switch {
	case len(text) > maxLineBytes:
		return l, fmt.Errorf("the line has %d bytes; at most %d are allowed", len(text), maxLineBytes)
	case strings.ContainsAny(text, "\n\r"):
		return l, fmt.Errorf("the line has a line break in it")
	case len(f) == 0:
		return l, fmt.Errorf("the line is empty")
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if _, _, _, err := parsePlaceholder(m[1]); err != nil {
			return l, err
		}
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

var fileFlag = regexp.MustCompile(`(?:^|\s)(?:-f|--filename)(?:[ =]\s*)(\S+)`)

// reads are the names of the files that a line reads.
func (l *Line) reads() []string {
	var names []string
	for _, m := range fileFlag.FindAllStringSubmatch(l.Text, -1) {
		names = append(names, strings.Split(m[1], ",")...)
	}
	if name := engine.SchedulerFile(l.Text); name != "" {
		names = append(names, name)
	}
	return names
}

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
	text, err := expand(c, l.Text)
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
	return &Running{Until: now.Add(commandLimit), Held: p.Waits, Process: p}, nil
}

var placeholder = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

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

// expand puts the names of pods and nodes into a line.
func expand(c *engine.Cluster, line string) (string, error) {
	var failed error
	out := placeholder.ReplaceAllStringFunc(line, func(m string) string {
		what, sel, namespace, err := parsePlaceholder(m[2 : len(m)-2])
		var pod *corev1.Pod
		if err == nil {
			if pod = oldestPod(c, sel, namespace); pod == nil {
				err = fmt.Errorf("%s: no pod of namespace %s has these labels", m, namespace)
			}
		}
		if err == nil && what == "node" && pod.Spec.NodeName == "" {
			err = fmt.Errorf("%s: pod %s has no node yet", m, pod.Name)
		}
		switch {
		case err != nil:
			failed = cmp.Or(failed, err)
			return m
		case what == "node":
			return pod.Spec.NodeName
		}
		return pod.Name
	})
	return out, failed
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
	return slices.MinFunc(found, func(a, b *corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
	})
}
