package kubectl

import (
	"fmt"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/printers"
)

func eventsCommand() *command {
	return &command{name: "events", use: "[(-o|--output=)json|yaml|name|jsonpath] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]", short: "List events",
		flags: printFlags + "for:s types:l all-namespaces/A:b watch/w:b no-headers:b chunk-size:i=500", run: runEvents}
}

// eventLister is one run of events.
type eventLister struct {
	c       *cmd
	f       *format
	types   []string
	headers bool
	widths  []int
}

func runEvents(c *cmd) {
	f, err := c.format(objectFormats)
	if err != nil {
		c.fail(err)
		return
	}
	e := &eventLister{c: c, f: f, types: c.f.list("types"), headers: !c.f.bool("no-headers")}
	for _, t := range e.types {
		if !strings.EqualFold(t, "Normal") && !strings.EqualFold(t, "Warning") {
			c.failf("valid --types are Normal or Warning")
			return
		}
	}
	ns := c.ns
	if c.f.bool("all-namespaces") {
		ns = ""
	}
	req := &api.Request{Verb: api.List, Resource: api.Events, Namespace: ns}
	if about := c.f.str("for"); about != "" {
		kind, name, ok := strings.Cut(about, "/")
		if !ok {
			c.failf("--for must be in resource/name form")
			return
		}
		r := c.table().ByName(kind)
		if r == nil {
			c.fail(errNoResourceType(kind))
			return
		}
		req.FieldSelector = fields.Set{"involvedObject.kind": r.Kind, "involvedObject.apiVersion": r.APIVersion(), "involvedObject.name": name}.AsSelector()
	}
	c.do(req, func(r *api.Response) {
		if r.Err != nil {
			c.fail(r.Err)
			return
		}
		if c.f.bool("watch") {
			c.watch(&api.Request{Resource: api.Events, Namespace: ns, FieldSelector: req.FieldSelector, ResourceVersion: r.ResourceVersion}, func(ev api.WatchEvent) {
				if o, ok := ev.Object.(*corev1.Event); ok && ev.Type != watch.Deleted && ev.Type != watch.Bookmark && e.wants(o) {
					e.print([]*corev1.Event{o})
				}
			}, func(err error) { c.fail(err) })
		}
		var list []*corev1.Event
		for _, o := range typed[*corev1.Event](r.Items) {
			if e.wants(o) {
				list = append(list, o)
			}
		}
		switch {
		case len(list) > 0:
			sort.SliceStable(list, func(i, j int) bool { return eventMoment(list[i]).Before(eventMoment(list[j])) })
			e.print(list)
		case c.f.bool("watch"):
		case ns == "":
			c.errf("No events found.\n")
		default:
			c.errf("No events found in %s namespace.\n", ns)
		}
		if !c.f.bool("watch") {
			c.end()
		}
	})
}

func (e *eventLister) wants(o *corev1.Event) bool {
	if len(e.types) == 0 {
		return true
	}
	for _, t := range e.types {
		if strings.EqualFold(t, o.Type) {
			return true
		}
	}
	return false
}

func eventMoment(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	}
	return e.EventTime.Time
}

func (e *eventLister) print(list []*corev1.Event) {
	c := e.c
	if e.f.name != "" {
		if e.f.name == "name" {
			for _, o := range list {
				c.printf("%s\n", qualifiedName(api.Events, o.Name))
			}
			return
		}
		var items []any
		for _, o := range list {
			items = append(items, e.f.content(api.Events, o))
		}
		m := map[string]any{"apiVersion": "v1", "kind": "EventList", "metadata": map[string]any{}, "items": items}
		if c.f.bool("watch") && len(items) == 1 {
			m = items[0].(map[string]any)
		}
		if err := e.f.print(m, c.out); err != nil {
			c.errOut(errorText(err, c.sh.o.Server))
		}
		return
	}
	all := c.f.bool("all-namespaces")
	var rows [][]string
	row := func(ns string, cells ...string) {
		if all {
			cells = append([]string{ns}, cells...)
		}
		for i := range cells {
			cells[i] = printers.Escaped(cells[i])
		}
		rows = append(rows, cells)
	}
	if e.headers {
		row("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")
		e.headers = false
	}
	p := &page{now: c.sh.a.Wall()}
	for _, o := range list {
		row(o.Namespace, p.interval(o), o.Type, o.Reason, o.InvolvedObject.Kind+"/"+o.InvolvedObject.Name, strings.TrimSpace(o.Message))
	}
	c.out(alignRows(rows, &e.widths))
}

// interval is when an event was seen: "3s", or "3s (x4 over 2m)".
func (p *page) interval(e *corev1.Event) string {
	first := p.since(e.FirstTimestamp)
	if !e.EventTime.IsZero() {
		first = p.since(metav1.Time(e.EventTime))
	}
	switch {
	case e.Series != nil:
		return fmt.Sprintf("%s (x%d over %s)", p.since(metav1.Time(e.Series.LastObservedTime)), e.Series.Count, first)
	case e.Count > 1:
		return fmt.Sprintf("%s (x%d over %s)", p.since(e.LastTimestamp), e.Count, first)
	}
	return first
}
