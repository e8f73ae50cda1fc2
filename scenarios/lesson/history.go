package lesson

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// place is a place in the history: what comes at it or after it is at this time or later, and has these numbers or higher
// ones.
type place struct {
	at      sim.Time
	command int // of the session's log
	record  int // of the journal
}

// start is where the step began. Records carry no more than their time. Those of the very moment belong to what came before;
// only what was done from outside just then belongs to the step.
func (k *look) start() place {
	j := &k.c.Sim.Journal
	n := sort.Search(j.Len(), func(i int) bool { return j.Get(sim.RecordID(i+1)).At >= k.since.At })
	return place{k.since.At, k.since.Commands, n}
}

// records calls fn for the records from a place on, until it returns false.
func (k *look) records(from place, fn func(i int, r *sim.Record) bool) {
	j := &k.c.Sim.Journal
	acted := false // something was done at the very moment
	k.commands(place{k.since.At, k.since.Commands, 0}, func(_ int, cmd *engine.Command) bool {
		acted = cmd.At == k.since.At
		return false
	})
	for i := from.record; i < j.Len(); i++ {
		r := j.Get(sim.RecordID(i + 1))
		if r.At < from.at || r.At == k.since.At && !(acted && (r.Kind == sim.KindFault || r.Kind == sim.KindCommand)) {
			continue
		}
		if !fn(i, r) {
			return
		}
	}
}

// commands calls fn for the commands from a place on, until it returns false.
func (k *look) commands(from place, fn func(i int, cmd *engine.Command) bool) {
	log := k.c.Log()
	for i := from.command; i < len(log); i++ {
		if log[i].At < from.at || log[i].After < k.since.After {
			continue
		}
		if !fn(i, &log[i]) {
			return
		}
	}
}

// words are those of a command line: flags apart, kinds by their plural.
type words struct{ plain, flags []string }

func commandWords(line string) words {
	var w words
	for i, word := range strings.Fields(line) {
		switch {
		case i == 0 && word == "kubectl":
		case strings.HasPrefix(word, "-") && len(word) > 1 && (word[1] < '0' || word[1] > '9'):
			w.flags = append(w.flags, word)
		default:
			for part := range strings.SplitSeq(word, "/") {
				if r := api.ByName(part); r != nil {
					part = r.Name
				}
				w.plain = append(w.plain, part)
			}
		}
	}
	return w
}

// in reports whether a line has all the words in their order, and all the flags.
func (w *words) in(line string) bool {
	have := commandWords(line)
	rest := have.plain
	for _, word := range w.plain {
		i := slices.Index(rest, word)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	for _, flag := range w.flags {
		name, value, _ := strings.Cut(flag, "=")
		if !slices.Contains(have.flags, flag) && !(slices.Contains(have.flags, name) && slices.Contains(have.plain, value)) {
			return false
		}
	}
	return true
}

// commandGiven counts commands with certain words.
type commandGiven struct {
	words words
	text  string
	times test
}

func (c *commandGiven) eval(k *look) (bool, *Texts) {
	n, first := 0, (*engine.Command)(nil)
	k.commands(k.start(), func(_ int, cmd *engine.Command) bool {
		if c.words.in(cmd.Text()) {
			if n++; first == nil {
				first = cmd
			}
		}
		return true
	})
	ok := c.times.often(n)
	if n == 0 {
		return ok, say("nobody has run %s yet", "还没有执行过 %s", quote(c.text))
	}
	line := clip(first.Text())
	if n == 1 {
		return ok, say("%s was run at %s", "%[2]s 执行过 %[1]s", `"`+line+`"`, clock(first.At))
	}
	return ok, say("%s was run %d times, first at %s", "%[1]s 执行过 %[2]d 次，第一次在 %[3]s", `"`+line+`"`, n, clock(first.At))
}

func (c *commandGiven) name() string { return quote(c.text) }

func (c *commandGiven) next(k *look, from place) (at place, ok bool) {
	k.commands(from, func(i int, cmd *engine.Command) bool {
		if ok = c.words.in(cmd.Text()); ok {
			at = place{cmd.At, i + 1, from.record}
		}
		return !ok
	})
	return at, ok
}

// recordKinds are the kinds of record that a lesson may ask for.
var recordKinds = []string{"create", "update", "delete", "decision", "act", "fault", "request"}

// happened counts records of the journal.
type happened struct {
	what, object, by, text string
	because                words
	times                  test
	label                  string
}

// describe makes the label by which facts name what was looked for.
func (h *happened) describe(y *happenedYAML) {
	var part []string
	for _, p := range []struct{ before, text string }{{"", y.What}, {"", y.Object}, {"by ", y.By}, {"", y.Text}, {"because of ", y.Because}} {
		if p.text != "" {
			part = append(part, p.before+clip(p.text))
		}
	}
	h.label = strings.Join(part, ", ")
}

// reference is an object's reference with the plural of its kind and its namespace.
func reference(text string) string {
	kind, rest, ok := strings.Cut(text, "/")
	r := api.ByName(kind)
	if !ok || r == nil {
		return text
	}
	if r.Namespaced && !strings.Contains(rest, "/") {
		rest = "default/" + rest
	}
	return r.Name + "/" + rest
}

// glob matches a text with a pattern in which "*" is any text.
func glob(pattern, text string) bool {
	part := strings.Split(pattern, "*")
	if len(part) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, part[0])
	if !ok {
		return false
	}
	for _, p := range part[1 : len(part)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, part[len(part)-1])
}

func (h *happened) matches(k *look, r *sim.Record) bool {
	j := &k.c.Sim.Journal
	switch {
	case h.what != "" && r.Kind.String() != h.what,
		h.text != "" && !strings.Contains(r.Text, h.text),
		h.object != "" && !glob(h.object, j.Ref(r.Ref)),
		h.by != "" && !glob(h.by, k.c.Sim.ActorName(r.Actor)):
		return false
	case h.what == "" && r.Kind == sim.KindCommand: // a command is no consequence of itself
		return false
	}
	return len(h.because.plain)+len(h.because.flags) == 0 || h.follows(j, r)
}

// follows looks for the command among the causes of a record.
func (h *happened) follows(j *sim.Journal, r *sim.Record) bool {
	for ; r != nil; r = j.Get(r.Cause) {
		if r.Kind == sim.KindCommand && h.because.in(strings.TrimPrefix(r.Text, "$ ")) {
			return true
		}
	}
	return false
}

func (h *happened) eval(k *look) (bool, *Texts) {
	n, first := 0, (*sim.Record)(nil)
	k.records(k.start(), func(_ int, r *sim.Record) bool {
		if h.matches(k, r) {
			if n++; first == nil {
				first = r
			}
		}
		return true
	})
	ok := h.times.often(n)
	if n == 0 {
		return ok, say("this has not happened yet: %s", "还没有发生：%s", h.label)
	}
	what := fmt.Sprintf("%s %s", first.Kind, k.c.Sim.Journal.Ref(first.Ref))
	if first.Text != "" {
		what += " (" + clip(first.Text) + ")"
	}
	if n == 1 {
		return ok, say("at %s: %s", "%s：%s", clock(first.At), what)
	}
	return ok, say("%d times, first at %s: %s", "%d 次，第一次在 %s：%s", n, clock(first.At), what)
}

func (h *happened) name() string { return "[" + h.label + "]" }

func (h *happened) next(k *look, from place) (at place, ok bool) {
	k.records(from, func(i int, r *sim.Record) bool {
		if ok = h.matches(k, r); ok {
			at = place{r.At, from.command, i + 1}
		}
		return !ok
	})
	return at, ok
}

// sequence holds when events came one after the other.
type sequence struct{ events []event }

func (s *sequence) eval(k *look) (bool, *Texts) {
	at := k.start()
	for i, e := range s.events {
		next, ok := e.next(k, at)
		if ok {
			at = next
			continue
		}
		if i == 0 {
			return false, say("this has not happened yet: %s", "还没有发生：%s", e.name())
		}
		return false, say("%s has not come after %s", "在 %[2]s 之后还没有出现 %[1]s", e.name(), s.events[i-1].name())
	}
	return true, say("the last of it was at %s", "最后一件发生在 %s", clock(at.at))
}
