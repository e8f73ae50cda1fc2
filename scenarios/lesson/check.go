package lesson

import (
	"fmt"
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
		return nil, fmt.Errorf("step %d: the lesson has %d", step, len(l.Steps))
	}
	l.seen.begin()
	out := []CheckResult{}
	for i := range l.Steps[step].checks {
		k := &look{c: c, since: since, seen: &l.seen}
		ok, fact := l.Steps[step].checks[i].cond.eval(k)
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

// cannot marks the check as one that cannot be judged.
func (k *look) cannot(t *Texts) (bool, *Texts) {
	k.broken = t
	return false, t
}

// say is a fact in both languages; verbs with an index where the order of words differs.
func say(en, zh string, args ...any) *Texts {
	return &Texts{fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)}
}

// clock is a moment as the page's clock shows it, in whole seconds.
func clock(t sim.Time) string {
	text, _, _ := strings.Cut(t.String(), ".")
	return text
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
	if text == "" || len(text) > 40 {
		return 0, false
	}
	q, err := resource.ParseQuantity(text)
	return q.AsApproximateFloat64(), err == nil
}

// holds compares a value; without a test it is how often something was, and once is enough.
func (t *test) holds(value string) bool {
	n, numeric := number(value)
	switch {
	case t.matches != nil && !t.matches.MatchString(value):
		return false
	case t.is != nil && value != *t.is:
		want, ok := number(*t.is)
		return ok && numeric && n == want
	}
	if t.atLeast != nil {
		if want, _ := number(*t.atLeast); !numeric || n < want {
			return false
		}
	}
	if t.atMost != nil {
		if want, _ := number(*t.atMost); !numeric || n > want {
			return false
		}
	}
	return true
}

// often compares a number of times.
func (t *test) often(n int) bool {
	if !t.given() {
		return n > 0
	}
	return t.holds(strconv.Itoa(n))
}

// elapsed holds when so much virtual time has passed.
type elapsed time.Duration

func (e elapsed) eval(k *look) (bool, *Texts) {
	d := k.c.Now().Sub(k.since.At)
	return d >= time.Duration(e), say("%s have passed since the step began", "这一步开始至今过去了 %s", d.Truncate(time.Second))
}

// not holds when the other does not.
type not struct{ cond condition }

func (n *not) eval(k *look) (bool, *Texts) {
	ok, fact := n.cond.eval(k)
	return !ok, fact
}

// several holds when all do, or any.
type several struct {
	any   bool
	conds []condition
}

// maxFacts is how many facts one sentence tells.
const maxFacts = 3

func (s *several) eval(k *look) (bool, *Texts) {
	var en, zh []string
	for _, c := range s.conds {
		ok, fact := c.eval(k)
		if ok == s.any {
			return ok, fact
		}
		if len(en) < maxFacts {
			en, zh = append(en, fact.EN), append(zh, fact.ZH)
		}
	}
	return !s.any, &Texts{strings.Join(en, "; "), strings.Join(zh, "；")}
}
