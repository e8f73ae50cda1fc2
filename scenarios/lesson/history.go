package lesson

import (
	"slices"
	"sort"
	"strconv"
	"strings"

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

// start is where the step began. A record carries no more than its time. Those of the very moment belong to what came before,
// but for what was done from outside just then.
func (k *look) start() place {
	j := &k.c.Sim.Journal
	n := sort.Search(j.Len(), func(i int) bool { return j.Get(sim.RecordID(i+1)).At >= k.since.At })
	return place{k.since.At, k.since.Commands, n}
}

// next finds the first event from a place on that a condition asks for; behind is the place after it. what is told of it is
// its time and its text.
func (k *look) next(c *condition, from place) (behind place, text string, ok bool) {
	log := k.c.Log()
	if c.key == "command" {
		for i := from.command; i < len(log); i++ {
			cmd := &log[i]
			if line := cmd.Text(); cmd.At >= from.at && cmd.After >= k.since.After && c.words.in(line) {
				return place{cmd.At, i + 1, from.record}, line, true
			}
		}
		return from, "", false
	}
	now := k.since.Commands < len(log) && log[k.since.Commands].At == k.since.At // something was done at the very moment
	j := &k.c.Sim.Journal
	for i := from.record; i < j.Len(); i++ {
		r := j.Get(sim.RecordID(i + 1))
		if r.At >= from.at && (r.At > k.since.At || now && r.Kind == sim.KindFault) && k.matches(c, r) {
			text := r.Kind.String() + " " + j.Ref(r.Ref)
			if r.Text != "" {
				text += ": " + r.Text
			}
			return place{r.At, from.command, i + 1}, text, true
		}
	}
	return from, "", false
}

// times counts the events that a condition asks for.
func (k *look) times(c *condition) (n int, first place, text string) {
	at := k.start()
	for {
		behind, what, ok := k.next(c, at)
		if !ok {
			return n, first, text
		}
		if n++; n == 1 {
			first, text = behind, what
		}
		at = behind
	}
}

// command holds when a command was given so often.
func (k *look) command(c *condition) (bool, *Texts) {
	n, first, line := k.times(c)
	if n == 0 {
		return c.often(n), say("nobody has run $1 yet", "还没有执行过 $1", quote(c.Command))
	}
	return c.often(n), say("$1 was run at $3 ($2 in all)", "$1 在 $3 执行过（共 $2 次）", quote(line), strconv.Itoa(n), clock(first.at))
}

// happened holds when something happened so often.
func (k *look) happened(c *condition) (bool, *Texts) {
	n, first, text := k.times(c)
	if n == 0 {
		return c.often(n), say("this has not happened yet: $1", "还没有发生：$1", c.label())
	}
	return c.often(n), say("this happened at $3 ($2 in all): $1", "$3 发生过（共 $2 次）：$1", clip(text), strconv.Itoa(n), clock(first.at))
}

// sequence holds when events came one after the other.
func (k *look) sequence(c *condition) (bool, *Texts) {
	at := k.start()
	for i, x := range c.Sequence {
		behind, _, ok := k.next(x, at)
		switch {
		case ok:
			at = behind
		case i == 0:
			return false, say("this has not happened yet: $1", "还没有发生：$1", x.label())
		default:
			return false, say("this has not happened: $1, after: $2", "在 $2 之后还没有发生：$1", x.label(), c.Sequence[i-1].label())
		}
	}
	return true, say("the last of it was at $1", "最后一件发生在 $1", clock(at.at))
}

// label names an event.
func (c *condition) label() string {
	if c.key == "command" {
		return quote(c.Command)
	}
	return c.Happened.label()
}

func (h *happenedYAML) label() string {
	label := h.What + " " + h.Object + " " + h.By + " " + h.Text
	if h.Because != "" {
		label += " ← " + h.Because
	}
	return strings.Join(strings.Fields(label), " ")
}

// words are those of a command line: flags apart, kinds by their plural.
type words struct{ plain, flags []string }

func commandWords(line string) words {
	var w words
	for i, word := range strings.Fields(line) {
		switch {
		case i == 0 && word == "kubectl":
		case len(word) > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9'):
			w.flags = append(w.flags, word)
		default:
			for _, part := range strings.Split(word, "/") {
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

// recordKinds are the kinds of record that a lesson may ask for.
const recordKinds = " create update delete decision act fault request "

// matches reports that a record is one that is looked for.
func (k *look) matches(c *condition, r *sim.Record) bool {
	j, h := &k.c.Sim.Journal, c.Happened
	kind := r.Kind.String()
	if h.What != "" && h.What != kind || !has(recordKinds, kind) || !strings.Contains(r.Text, h.Text) ||
		h.Object != "" && !glob(reference(h.Object), j.Ref(r.Ref)) || h.By != "" && !glob(h.By, k.c.Sim.ActorName(r.Actor)) {
		return false
	}
	if h.Because == "" {
		return true
	}
	for ; r != nil; r = j.Get(r.Cause) {
		if r.Kind == sim.KindCommand && c.words.in(strings.TrimPrefix(r.Text, "$ ")) {
			return true
		}
	}
	return false
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
	first, rest, any := strings.Cut(pattern, "*")
	text, ok := strings.CutPrefix(text, first)
	if !ok || !any {
		return ok && text == ""
	}
	// The text may go on anywhere; the first place is as good as any, but for the end.
	for {
		part, more, any := strings.Cut(rest, "*")
		if !any {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], more
	}
}
