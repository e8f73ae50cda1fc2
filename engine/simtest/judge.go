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

	mirror   map[*api.Resource]map[string]api.Object
	newest   int64    // revision of the last commit
	newestOf []string // what was written at newest
	caches   []*audited

	// What is broken, with the command that mends it, and when something was broken or mended last.
	broken   map[string]engine.Command
	lastHurt sim.Time

	onChange []func(r *api.Resource, old, new api.Object)
	onSent   []func(a *sim.Actor, req *api.Request)
	onAnswer []func(a *sim.Actor, req *api.Request, resp *api.Response)
	onEvent  []func(actor string)
	onCalm   []func() // nothing is broken or under way
}

func newJudge(c *engine.Cluster) *judge {
	j := &judge{c: c, mirror: map[*api.Resource]map[string]api.Object{}, broken: map[string]engine.Command{}}
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
	jobs(j)
	order(j)
	budgets(j)
	durable(j)
	volumes(j)
	picture(j)
	storm(j)
	sets(j)
	return j
}

func (j *judge) fault(invariant, format string, args ...any) {
	if len(j.faults) < maxFaults {
		j.faults = append(j.faults, fmt.Sprintf("%s %s: %s", j.c.Now(), invariant, fmt.Sprintf(format, args...)))
	}
}

// committed keeps the mirror: every write is heard of once, in the order of revisions.
func (j *judge) committed(r *api.Resource, old, new api.Object) {
	o := new
	if o == nil {
		o = old
	}
	key := api.KeyOf(o)
	was := j.mirror[r][key]
	if was != old {
		j.fault("store", "%s %s: the write is over a version that is not the last", r.Name, key)
	}
	if new != nil {
		// A transaction may write several objects: a Service and the IPAddresses of its cluster addresses.
		rev, object := api.Revision(new), r.Name+" "+key
		if rev > j.newest {
			j.newest, j.newestOf = rev, j.newestOf[:0]
		} else if rev < j.newest || slices.Contains(j.newestOf, object) {
			j.fault("store", "%s of revision %d was committed after %d", object, rev, j.newest)
		}
		j.newestOf = append(j.newestOf, object)
		if was != nil && was.GetUID() != new.GetUID() {
			j.fault("store", "%s %s became another object without a delete", r.Name, key)
		}
	}
	j.change(r, key, new)
}

func (j *judge) change(r *api.Resource, key string, new api.Object) {
	if j.mirror[r] == nil {
		j.mirror[r] = map[string]api.Object{} // a custom resource
	}
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

// step handles one event and looks at what came of it.
func (j *judge) step() bool {
	st, ok := j.c.Sim.Step()
	if !ok {
		return false
	}
	actor := j.c.Sim.ActorName(st.Actor)
	for _, fn := range j.onEvent {
		fn(actor)
	}
	return true
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
	return len(j.faults) == 0 && len(j.broken) == 0 && j.c.Now().Sub(j.lastHurt) > recovery && j.c.Settled() && j.c.Now() > sim.Time(time.Minute) && j.led()
}

// led reports that somebody schedules and somebody controls.
func (j *judge) led() bool {
	v := j.c.ControlPlane()
	for _, l := range v.Leases {
		if j.c.Now().Duration().Seconds()*1000-l.Renewed > 10_000 {
			return false
		}
		for _, m := range v.Masters {
			for _, p := range m.Components {
				if m.Name == l.Host && p.Name == l.Name && !p.Up {
					return false
				}
			}
		}
	}
	return len(v.Leases) == 3 // scheduler, controller manager, cloud controller manager
}

// do carries out a command of the session, and knows what it breaks.
func (j *judge) do(cmd engine.Command) bool {
	if err := j.c.Do(cmd); err != nil {
		return false
	}
	fix := cmd
	switch cmd.Op {
	case engine.OpKill:
		fix.Op = engine.OpRestart
	case engine.OpPause:
		fix.Op = engine.OpContinue
	case engine.OpCut:
		fix.Op = engine.OpHeal
	case engine.OpLink, engine.OpDisk, engine.OpClock:
		fix.Ms, fix.Share, fix.Full = 0, 0, false
	default:
		return true
	}
	what := cmd.Op + " " + cmd.Name + " " + cmd.To
	fix.Both = fix.Both || j.broken[what].Both
	j.broken[what] = fix
	j.lastHurt = j.c.Now()
	return true
}

// mend undoes a fault.
func (j *judge) mend(what string) {
	fix, ok := j.broken[what]
	if !ok {
		return
	}
	if err := j.c.Do(fix); err != nil && fix.Op == engine.OpRestart && !j.up(fix.Name) {
		return // the machine first
	}
	delete(j.broken, what)
	j.lastHurt = j.c.Now()
}

// up reports whether the machine of a component has power.
func (j *judge) up(name string) bool {
	if _, host, ok := strings.Cut(name, "@"); ok {
		name = host
	}
	h := j.c.Sim.Host(name)
	return h != nil && h.Up()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
