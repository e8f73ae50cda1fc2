package browsertest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type controlPlane struct {
	Leader   string
	Quorum   bool
	Revision int64
	Masters  []struct {
		Name     string
		Power    bool
		Endpoint bool
		Etcd     struct {
			Role    string
			Term    int
			Applied int
		}
	}
	Election struct {
		Term    int
		Leader  string
		Granted []string
	}
	Faults []struct{ Line, Undo string }
	Writes []struct {
		Line, State, Answer string
		Done                bool
		Code                int
		Revision            int64
	}
}

func (tb *tab) controlPlane() controlPlane {
	tb.t.Helper()
	return js[controlPlane](tb, "window.tabernetes.controlPlane()")
}

// line runs a line of the terminal that must succeed.
func (tb *tab) line(line string) {
	tb.t.Helper()
	r := js[struct {
		Stderr string
		Code   int
	}](tb, "window.tabernetes.run("+quote(line)+")")
	require.Zero(tb.t, r.Code, "%s: %s", line, r.Stderr)
}

// says waits until the page's list of the stage has a text: what a screen reader is told, and what is drawn.
func (tb *tab) says(text string) {
	tb.t.Helper()
	require.Eventually(tb.t, func() bool {
		return strings.Contains(js[string](tb, "document.querySelector('tab-tree').textContent"), text)
	}, 5*time.Second, 50*time.Millisecond, "the stage does not say %q", text)
}

func (tb *tab) advance(seconds float64) {
	tb.t.Helper()
	tb.do(fmt.Sprintf("window.tabernetes.clock.advance(%g)", seconds))
}

// others are the masters but one.
func (c *controlPlane) others(name string) (out []string) {
	for _, m := range c.Masters {
		if m.Name != name {
			out = append(out, m.Name)
		}
	}
	return out
}

// TestMastersFailAndReturn is a lesson: kill the leader under a write, see another elected, kill a second, see that
// nothing can be written, bring one back.
func TestMastersFailAndReturn(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?masters=3&seed=3&theme=light", 1440, 900)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.do("window.tabernetes.apply(" + quote(manifest(t, "own/canary-by-replicas.yaml")) + ")")
	tb.do("window.tabernetes.clock.settle(300)")
	tb.advance(30)
	tb.says("3 members agree")
	tb.do("window.tabernetes.traffic.start({service: 'hello', rps: 30})")
	tb.shot("masters-calm")

	// Under a write the leader's machine loses power.
	first := tb.controlPlane()
	require.NotEmpty(t, first.Leader)
	tb.do("(async () => { window.pending = window.tabernetes.run('kubectl scale deployment hello-stable --replicas=8'); await window.tabernetes.run('kill " + first.Leader + "') })()")
	tb.advance(4)
	c := tb.controlPlane()
	require.NotEqual(t, first.Leader, c.Leader)
	require.Greater(t, c.Election.Term, first.Election.Term)
	require.NotContains(t, c.Election.Granted, first.Leader)
	tb.says("Term " + fmt.Sprint(c.Election.Term) + ": " + c.Leader + " was elected by")
	tb.says("not heard: " + first.Leader)
	tb.shot("masters-election")
	tb.advance(60)
	tb.kubectl("scale deployment hello-stable --replicas=8")
	c = tb.controlPlane()
	require.Equal(t, "committed", c.Writes[len(c.Writes)-1].State)

	// A second one: no majority is left.
	second := c.Leader
	tb.line("kill " + second)
	tb.says("2 of 3 members are down: no quorum")
	tb.do("(async () => { window.pending = window.tabernetes.run('kubectl scale deployment hello-stable --replicas=9') })()")
	tb.advance(60)
	r := js[struct {
		Stderr string
		Code   int
	}](tb, "window.pending")
	require.NotZero(t, r.Code)
	c = tb.controlPlane()
	require.False(t, c.Quorum)
	w := c.Writes[len(c.Writes)-1]
	require.True(t, w.Done)
	require.NotEqual(t, "committed", w.State)
	require.NotEmpty(t, w.Answer)
	// What runs goes on.
	before := js[load](tb, "window.tabernetes.traffic.stats()")
	tb.advance(10)
	after := js[load](tb, "window.tabernetes.traffic.stats()")
	require.Greater(t, after.OK, before.OK+200)
	require.Equal(t, before.Failed, after.Failed)
	// The inspector of the headquarters tells it all.
	tb.do("(async () => document.querySelectorAll('tab-tree [role=treeitem]')[0].click())()")
	require.Eventually(t, func() bool {
		text := js[string](tb, "document.querySelector('tab-inspector').innerText")
		return strings.Contains(text, "no quorum") && strings.Contains(text, "hello-stable --replicas=9") && strings.Contains(text, "Members of etcd")
	}, 5*time.Second, 50*time.Millisecond)
	tb.shot("masters-no-quorum")

	// The list of faults mends one of them.
	require.Len(t, c.Faults, 2)
	tb.do("(async () => document.querySelector('tab-faults button[title=\"restart " + second + "\"]').click())()")
	tb.advance(90)
	c = tb.controlPlane()
	require.True(t, c.Quorum)
	require.Len(t, c.Faults, 1)
	tb.kubectl("scale deployment hello-stable --replicas=9")
	tb.do("window.tabernetes.clock.settle(120)")
	require.Regexp(t, `hello-stable\s+9/9`, tb.kubectl("get deployment hello-stable"))
	tb.shot("masters-back")
	tb.line(c.Faults[0].Undo)
	tb.advance(90)
	tb.says("3 members agree")
	require.Empty(t, tb.controlPlane().Faults)
	tb.noErrors()
}

// TestWriteInFlight holds a write up between the leader's log and its commit, and looks at what the page says of it.
func TestWriteInFlight(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?masters=3&seed=3&theme=light", 1440, 900)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.advance(40)
	c := tb.controlPlane()
	slow := c.others(c.Leader)
	for _, name := range slow {
		tb.line("disk " + name + " 3s")
	}
	tb.do("(async () => { window.pending = window.tabernetes.run('kubectl create configmap a --from-literal=a=b') })()")
	tb.advance(1)
	tb.says("not committed yet")
	tb.do("(async () => { const i = [...document.querySelectorAll('tab-tree [role=treeitem]')]; i.find(x => x.textContent.startsWith('" + c.Leader + "')).click(); await new Promise(r => setTimeout(r, 300)) })()")
	tb.shot("masters-in-flight")
	tb.advance(30)
	c = tb.controlPlane()
	w := c.Writes[len(c.Writes)-1]
	require.Equal(t, "committed", w.State, "%+v", w)
	for _, name := range slow {
		tb.line("disk " + name + " ok")
	}
	tb.noErrors()
}

// TestFaultsFromThePage breaks things with the page's own buttons, and looks at what a part says about itself.
func TestFaultsFromThePage(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "?masters=3&seed=5&theme=dark", 1280, 800)
	tb.ready()
	tb.do("window.tabernetes.clock.pause()")
	tb.advance(20)
	follower := func() string { c := tb.controlPlane(); return c.others(c.Leader)[0] }()
	choose := func(key string) {
		tb.do("(async () => { const app = document.querySelector('tab-tree'); const items = [...app.querySelectorAll('[role=treeitem]')]; const i = items.find(x => x.textContent.startsWith(" + quote(key) + ")); if (!i) throw new Error('no item " + key + ": ' + items.map(x => x.textContent).join('|')); i.click(); await new Promise(r => setTimeout(r, 200)) })()")
	}
	press := func(text string) {
		tb.do("(async () => { const b = [...document.querySelectorAll('tab-inspector button')].find(b => b.textContent.trim() === " + quote(text) + "); if (!b) throw new Error('no button'); b.click(); await new Promise(r => setTimeout(r, 300)) })()")
	}
	choose(follower)
	press("Pause")
	require.Equal(t, "pause "+follower, tb.controlPlane().Faults[0].Line)
	tb.advance(5)
	tb.shot("masters-paused")
	press("Continue")
	require.Empty(t, tb.controlPlane().Faults)
	tb.do("(async () => { document.querySelector('tab-inspector .breaker').open = true; await new Promise(r => setTimeout(r, 100)) })()")
	press("Do it")
	require.Equal(t, "cut "+follower+" * both", tb.controlPlane().Faults[0].Line)
	tb.advance(20)
	tb.shot("masters-cut")
	tb.do("(async () => document.querySelector('tab-faults li button').click())()")
	tb.advance(30)
	require.Empty(t, tb.controlPlane().Faults)
	r := js[struct {
		Stderr string
		Code   int
	}](tb, "window.tabernetes.run('cut "+follower+"')")
	require.Equal(t, 1, r.Code)
	require.Contains(t, r.Stderr, "cut: the other side is missing")
	tb.noErrors()
}

// TestManyMasters looks at the sizes there are, in both languages, with axe.
func TestManyMasters(t *testing.T) {
	needBrowser(t, env)
	axe, err := os.ReadFile("../../static/node_modules/axe-core/axe.min.js")
	require.NoError(t, err)
	for _, v := range []struct {
		name, query   string
		width, height int64
	}{
		{"five-dark", "?masters=5&theme=dark", 1440, 900}, {"seven-light", "?masters=7&theme=light", 1280, 800}, {"three-zh", "?masters=3&theme=light&lang=zh", 1920, 1000},
		{"three-phone", "?masters=3&theme=light&lang=zh", 390, 844}, {"seven-phone", "?masters=7&theme=dark", 390, 844},
	} {
		t.Run(v.name, func(t *testing.T) {
			tb := open(t, v.query, v.width, v.height)
			defer tb.close()
			tb.ready()
			tb.do("window.tabernetes.clock.pause()")
			tb.advance(30)
			c := tb.controlPlane()
			tb.line("kill " + c.others(c.Leader)[0])
			tb.line("pause kube-scheduler@" + c.Leader)
			tb.advance(5)
			tb.do("(async () => { document.querySelectorAll('tab-tree [role=treeitem]')[0].click(); await new Promise(r => setTimeout(r, 300)) })()")
			tb.do("window.tabernetes.idle()")
			tb.shot("masters-" + v.name)
			_ = js[any](tb, string(axe)+"; null")
			found := js[[]struct {
				ID    string
				Nodes []struct{ HTML string }
			}](tb, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({ID: v.id, Nodes: v.nodes.map(n => ({HTML: n.html}))})))`)
			require.Empty(t, found)
			tb.noErrors()
		})
	}
}
