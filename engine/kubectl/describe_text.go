package kubectl

import (
	"fmt"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"tabernetes/engine/api/printers"
)

// page is the text of describe before its tabs are aligned.
type page struct {
	b    strings.Builder
	now  time.Time
	base int // levels by which all lines are indented: what is written stands inside of something
}

// line writes at a level of indentation, two spaces each.
func (p *page) line(level int, format string, a ...any) {
	p.b.WriteString(strings.Repeat("  ", p.base+level))
	p.b.WriteString(printers.Escaped(fmt.Sprintf(format, a...)))
	p.b.WriteByte('\n')
}

// breakColumns ends the block of aligned columns, as a flush of upstream's writer does.
func (p *page) breakColumns() {
	text := aligned(p.b.String())
	p.b.Reset()
	p.b.WriteString(text)
}

// aligned lays text with tabs out in columns two spaces apart.
func aligned(text string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	if _, err := w.Write([]byte(text)); err != nil {
		return text
	}
	if err := w.Flush(); err != nil {
		return text
	}
	return b.String()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// maxAnnotationLen is upstream's limit for one line of an annotation.
const maxAnnotationLen = 140

func (p *page) labels(title string, m map[string]string) {
	if len(m) == 0 {
		p.line(0, "%s:\t<none>", title)
		return
	}
	for i, k := range sortedKeys(m) {
		if i == 0 {
			p.line(0, "%s:\t%s=%s", title, k, m[k])
		} else {
			p.line(0, "\t%s=%s", k, m[k])
		}
	}
}

func (p *page) annotations(title string, m map[string]string) {
	first := title + ":\t"
	for _, k := range sortedKeys(m) {
		if k == corev1.LastAppliedConfigAnnotation {
			continue
		}
		value := strings.TrimSuffix(m[k], "\n")
		if len(value)+len(k)+2 > maxAnnotationLen || strings.Contains(value, "\n") {
			p.line(0, "%s%s:", first, k)
			for _, s := range strings.Split(value, "\n") {
				p.line(0, "\t  %s", shorten(s, maxAnnotationLen-2))
			}
		} else {
			p.line(0, "%s%s: %s", first, k, value)
		}
		first = "\t"
	}
	if first != "\t" {
		p.line(0, "%s<none>", first)
	}
}

func shorten(s string, limit int) string {
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}

func (p *page) tolerations(title string, list []corev1.Toleration) {
	if len(list) == 0 {
		p.line(0, "%s:\t<none>", title)
		return
	}
	list = append([]corev1.Toleration(nil), list...)
	sort.SliceStable(list, func(i, j int) bool { return list[i].Key < list[j].Key })
	first := title + ":\t"
	for _, t := range list {
		text := t.Key
		if t.Value != "" {
			text += "=" + t.Value
		}
		if t.Effect != "" {
			text += ":" + string(t.Effect)
		}
		if t.Operator == corev1.TolerationOpExists && t.Value == "" {
			if t.Key != "" || t.Effect != "" {
				text += " "
			}
			text += "op=Exists"
		}
		if t.TolerationSeconds != nil {
			text += fmt.Sprintf(" for %ds", *t.TolerationSeconds)
		}
		p.line(0, "%s%s", first, text)
		first = "\t"
	}
}

func (p *page) since(t metav1.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(p.now.Sub(t.Time))
}

func stamp(t metav1.Time) string { return t.Time.Format(time.RFC1123Z) }

func orNone(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}

// events writes the table of events at the end of a page. nil means that none were asked for.
func (p *page) events(list []*corev1.Event) {
	if list == nil {
		return
	}
	if len(list) == 0 {
		p.line(0, "Events:\t<none>")
		return
	}
	p.breakColumns()
	sort.SliceStable(list, func(i, j int) bool { return list[i].LastTimestamp.Before(&list[j].LastTimestamp) })
	p.line(0, "Events:")
	p.line(1, "Type\tReason\tAge\tFrom\tMessage")
	p.line(1, "----\t------\t----\t----\t-------")
	for _, e := range list {
		source := e.Source.Component
		if source == "" {
			source = e.ReportingController
		}
		message := strings.TrimSpace(e.Message)
		if e.InvolvedObject.FieldPath != "" {
			message = e.InvolvedObject.FieldPath + ": " + message
		}
		p.line(1, "%s\t%s\t%s\t%s\t%s", e.Type, e.Reason, p.interval(e), source, message)
	}
}
