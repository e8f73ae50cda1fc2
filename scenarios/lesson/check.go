package lesson

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/sim"
)

// CheckResult is whether a check holds; if not, Got says what is the case instead.
type CheckResult struct {
	OK  bool  `json:"ok"`
	Got Texts `json:"got"`
}

// Check asks whether the checks of a step hold now, where the step began at a moment of the same session.
func (l *Lesson) Check(c *engine.Cluster, step int, since engine.Moment) ([]CheckResult, error) {
	if step < 0 || step >= len(l.Steps) {
		return nil, errors.New("there is no such step")
	}
	l.seen.begin()
	out := []CheckResult{}
	for _, cond := range l.Steps[step].checks {
		k := &look{c: c, since: since, seen: &l.seen}
		ok, fact := k.eval(cond)
		if k.broken != nil {
			ok, fact = false, k.broken
		}
		r := CheckResult{OK: ok}
		if !ok {
			r.Got = Texts{fact.EN + ".", fact.ZH + "。"}
		}
		out = append(out, r)
	}
	return out, nil
}

// look is one look at a cluster.
type look struct {
	c     *engine.Cluster
	since engine.Moment
	seen  *contents
	// broken says why a condition can be neither true nor false, such as a kind that the cluster does not serve. It must not
	// make the contrary true.
	broken *Texts
}

// say is a fact in both languages; see insert.
func say(en, zh string, args ...string) *Texts { return &Texts{insert(en, args), insert(zh, args)} }

// insert puts texts into a text where it says $1, $2 and so on. (A call of fmt.Sprintf costs the page three times the bytes.)
func insert(text string, args []string) string {
	out := ""
	for {
		before, rest, ok := strings.Cut(text, "$")
		out += before
		if !ok || rest == "" {
			return out
		}
		if n := int(rest[0] - '1'); n < len(args) {
			out += args[n]
		}
		text = rest[1:]
	}
}

// clock is a moment as the page's clock shows it, in whole seconds.
func clock(t sim.Time) string {
	text, _, _ := strings.Cut(t.String(), ".")
	return text
}

// maxFacts is how many facts one sentence tells.
const maxFacts = 3

// eval says whether a condition holds, and what is the case, as a sentence without its full stop: a condition that is negated
// tells the same.
func (k *look) eval(c *condition) (bool, *Texts) {
	list := c.All
	switch c.key {
	case "object":
		return k.object(c)
	case "count":
		return k.count(c)
	case "traffic":
		return k.traffic(c)
	case "command":
		return k.command(c)
	case "happened":
		return k.happened(c)
	case "sequence":
		return k.sequence(c)
	case "elapsed":
		d := k.c.Now().Sub(k.since.At)
		return d >= c.span, say("$1 have passed since the step began", "这一步开始至今过去了 $1", d.Truncate(time.Second).String())
	case "not":
		ok, fact := k.eval(c.Not)
		return !ok, fact
	case "any":
		list = c.Any
	}
	var en, zh []string
	for _, x := range list {
		ok, fact := k.eval(x)
		if ok == (c.key == "any") {
			return ok, fact
		}
		if len(en) < maxFacts {
			en, zh = append(en, fact.EN), append(zh, fact.ZH)
		}
	}
	return c.key == "all", &Texts{strings.Join(en, "; "), strings.Join(zh, "；")}
}

// contents keeps objects as JSON values between looks: objects never change, so what was looked at before is as it was.
type contents struct {
	old, now map[api.Object]map[string]any
}

// begin forgets what the last look did not need.
func (s *contents) begin() {
	s.old, s.now = s.now, map[api.Object]map[string]any{}
}

func (s *contents) of(r *api.Resource, o api.Object) map[string]any {
	m := s.now[o]
	if m == nil {
		if m = s.old[o]; m == nil {
			m = api.Content(r, o)
		}
		s.now[o] = m
	}
	return m
}

// number reads a number or a quantity.
func number(text string) (float64, bool) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f, f == f // not NaN
	}
	if text == "" || len(text) > maxNameLength {
		return 0, false
	}
	q, err := resource.ParseQuantity(text)
	return q.AsApproximateFloat64(), err == nil
}

// holds compares a value.
func (c *condition) holds(value string) bool {
	if c.matches != nil && !c.matches.MatchString(value) {
		return false
	}
	n, numeric := number(value)
	for i, s := range []*string{c.Is, c.AtLeast, c.AtMost} {
		if s == nil || i == 0 && value == *s {
			continue
		}
		want, ok := number(*s)
		if !ok || !numeric || i == 0 && n != want || i == 1 && n < want || i == 2 && n > want {
			return false
		}
	}
	return true
}

// often compares how many times something was; once is enough if nothing else is said.
func (c *condition) often(n int) bool {
	if !c.compares() {
		return n > 0
	}
	return c.holds(strconv.Itoa(n))
}
