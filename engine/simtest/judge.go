package simtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/api"
	"tabernetes/engine/client"
	"tabernetes/engine/sim"
)

// maxFaults is how many violations a session collects before it gives up: the first ones tell the story.
const maxFaults = 5

// judge holds one cluster to all invariants.
type judge struct {
	c      *engine.Cluster
	faults []string

	server  any // the API server the mirror follows
	loading []*api.Resource
	mirror  map[*api.Resource]map[string]api.Object
	caches  []*audited

	// What was cut or without power, and when the last of it ended.
	broken   map[string]bool
	lastHurt sim.Time

	onChange []func(r *api.Resource, old, new api.Object)
	onReload []func(r *api.Resource)
	onSent   []func(a *sim.Actor, req *api.Request)
	onAnswer []func(a *sim.Actor, req *api.Request, resp *api.Response)
	onEvent  []func(actor string)
	onCalm   []func() // nothing is broken or under way
}

func newJudge(c *engine.Cluster) *judge {
	j := &judge{c: c, mirror: map[*api.Resource]map[string]api.Object{}, broken: map[string]bool{}}
	for _, r := range api.Builtin() {
		j.mirror[r] = map[string]api.Object{}
	}
	c.OnCommitted(j.committed)
	c.Audit(&client.Audit{
		Cache: j.addCache,
		Sent: func(a *sim.Actor, req *api.Request) {
			for _, fn := range j.onSent {
				fn(a, req)
			}
		},
		Answered: func(a *sim.Actor, req *api.Request, resp *api.Response) {
			for _, fn := range j.onAnswer {
				fn(a, req, resp)
			}
		},
	})
	overcommit(j)
	oneNode(j)
	caches(j)
	rollout(j)
	endpoints(j)
	node(j)
	durable(j)
	picture(j)
	storm(j)
	return j
}

func (j *judge) fault(invariant, format string, args ...any) {
	if len(j.faults) < maxFaults {
		j.faults = append(j.faults, fmt.Sprintf("%s %s: %s", j.c.Now(), invariant, fmt.Sprintf(format, args...)))
	}
}

// committed keeps the mirror. An API server that starts tells everything anew: what the mirror has is no change.
func (j *judge) committed(r *api.Resource, old, new api.Object) {
	j.newServer()
	if new == nil {
		if key := api.KeyOf(old); j.mirror[r][key] != nil {
			j.change(r, key, nil)
		}
		return
	}
	m := j.mirror[r]
	key := api.KeyOf(new)
	if was := m[key]; was != nil {
		if was.GetResourceVersion() == new.GetResourceVersion() {
			return
		}
		if api.Revision(new) < api.Revision(was) {
			j.fault("store", "%s %s went from revision %s to %s", r.Name, key, was.GetResourceVersion(), new.GetResourceVersion())
		}
		if was.GetUID() != new.GetUID() {
			j.change(r, key, nil) // only a server that was off can have missed the end of it
		}
	}
	j.change(r, key, new)
}

func (j *judge) change(r *api.Resource, key string, new api.Object) {
	old := j.mirror[r][key]
	if new != nil {
		j.mirror[r][key] = new
	} else {
		delete(j.mirror[r], key)
	}
	for _, fn := range j.onChange {
		fn(r, old, new)
	}
}

func (j *judge) newServer() {
	if s := j.c.Server(); s != nil && j.server != any(s) {
		first := j.server == nil
		j.server = s
		if !first {
			j.loading = slices.Clone(api.Builtin())
		}
	}
}

// step handles one event and looks at what came of it.
func (j *judge) step() bool {
	st, ok := j.c.Sim.Step()
	if !ok {
		return false
	}
	j.newServer()
	for i := 0; i < len(j.loading); i++ {
		r := j.loading[i]
		if !j.c.Server().Loaded(r) {
			continue
		}
		j.loading = slices.Delete(j.loading, i, i+1)
		i--
		j.sweep(r)
		for _, fn := range j.onReload {
			fn(r)
		}
	}
	actor := j.c.Sim.ActorName(st.Actor)
	for _, fn := range j.onEvent {
		fn(actor)
	}
	return true
}

// sweep drops from the mirror what a new server does not have.
func (j *judge) sweep(r *api.Resource) {
	for _, key := range sortedKeys(j.mirror[r]) {
		if j.c.Server().Peek(r, key) == nil {
			j.change(r, key, nil)
		}
	}
}

// run lets time pass until a moment or a condition, or the first violations.
func (j *judge) run(d time.Duration, held func() bool) {
	until := j.c.Now().Add(d)
	for len(j.faults) == 0 {
		if held != nil && held() {
			return
		}
		at, ok := j.c.Sim.Next()
		if !ok || at > until {
			j.c.Sim.RunUntil(until, 1)
			break
		}
		j.step()
	}
	if j.calm() {
		for _, fn := range j.onCalm {
			fn()
		}
	}
}

// recovery is how long after a fault somebody may still not have noticed that it is over: connections are given up
// after 45 s, dialled for 30 s, and tried again after up to a minute.
const recovery = 150 * time.Second

func (j *judge) calm() bool {
	return len(j.faults) == 0 && len(j.broken) == 0 && j.c.Now().Sub(j.lastHurt) > recovery && j.c.Settled() && j.c.Now() > sim.Time(time.Minute)
}

// do carries out a command of the session, and knows what it breaks.
func (j *judge) do(cmd engine.Command) bool {
	if err := j.c.Do(cmd); err != nil {
		return false
	}
	what := cmd.Name + ">" + cmd.To
	switch cmd.Op {
	case engine.OpKill, engine.OpCut:
		j.broken[what] = true
		j.lastHurt = j.c.Now()
	case engine.OpRestart, engine.OpHeal:
		delete(j.broken, what)
		j.lastHurt = j.c.Now()
	}
	return true
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
