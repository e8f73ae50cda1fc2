package lesson

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tabernetes/engine"
	"tabernetes/engine/api"
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
	Text    string
	Advance time.Duration // how much time passes in a line of the clock; 0 for other lines
	Settle  bool          // and that only until the cluster has settled
	Service string        // a Service that is put under load; "" for other lines
	RPS     float64

	number int // in scenario.yaml
}

// ParseLine reads a line of a setup or a solution.
func ParseLine(text string) (*Line, error) {
	l := &Line{Text: strings.TrimSpace(text)}
	f := strings.Fields(text)
	if len(f) == 0 || len(text) > maxLineBytes || strings.ContainsAny(text, "\n\r") {
		return l, errors.New("a line has something in it, no line break, and at most 1,000 bytes")
	}
	if _, err := fill(text, func(what string, _ labels.Selector, _ string) (string, error) { return what, nil }); err != nil {
		return l, err
	}
	var err error
	switch f[0] {
	case "advance", "settle":
		l.Settle = f[0] == "settle"
		if len(f) == 2 {
			l.Advance, err = time.ParseDuration(f[1])
		}
		if err != nil || l.Advance <= 0 || l.Advance > maxAdvance {
			return l, errors.New("write: advance DURATION or settle DURATION, as in settle 30s; at most an hour")
		}
	case "load":
		if len(f) == 3 {
			l.Service = f[1]
			l.RPS, err = strconv.ParseFloat(f[2], 64)
		}
		if l.Service == "" || err != nil || !(l.RPS >= 0 && l.RPS <= maxRPS) {
			return l, errors.New("write: load SERVICE RPS, as in load hello 20; at most 1,000")
		}
	case "kubectl", "etcdctl", "kube-scheduler":
	default:
		if !engine.IsFault(text) {
			return l, errors.New("a line begins with kubectl, etcdctl, kube-scheduler, a fault such as kill node-1, advance, settle or load")
		}
		_, err = engine.ParseFault(text)
	}
	return l, err
}

// fill replaces what stands between double braces in a line: pod or node, labels, and perhaps a namespace.
func fill(line string, by func(what string, sel labels.Selector, namespace string) (string, error)) (string, error) {
	out := ""
	for {
		before, rest, ok := strings.Cut(line, "{{")
		out += before
		if !ok {
			return out, nil
		}
		inside, after, ok := strings.Cut(rest, "}}")
		f := strings.Fields(inside)
		namespace := "default"
		if n := len(f); n == 4 && f[2] == "-n" {
			namespace, f = f[3], f[:2]
		}
		if !ok || len(f) != 2 || f[0] != "pod" && f[0] != "node" {
			return "", errors.New("between double braces stands pod LABELS or node LABELS, as in {{pod app=web}} or {{pod app=web -n shop}}")
		}
		sel, err := labels.Parse(f[1])
		if err != nil {
			return "", err
		}
		text, err := by(f[0], sel, namespace)
		if err != nil {
			return "", err
		}
		out += text
		line = after
	}
}

// Expand puts the names of pods and nodes into the line: {{pod app=web}}.
func (l *Line) Expand(c *engine.Cluster) (string, error) {
	return fill(l.Text, func(what string, sel labels.Selector, namespace string) (string, error) {
		pod := oldestPod(c, sel, namespace)
		switch {
		case pod == nil:
			return "", errors.New("no pod has the labels in " + l.Text)
		case what == "pod":
			return pod.Name, nil
		case pod.Spec.NodeName == "":
			return "", errors.New("pod " + pod.Name + " has no node yet")
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
