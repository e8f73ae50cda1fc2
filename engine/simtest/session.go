package simtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"tabernetes/engine"
	"tabernetes/engine/sim"
)

// Outcome is what became of a session.
type Outcome struct {
	Config engine.Config
	Log    []engine.Command
	End    sim.Time
	Hash   string // of the journal
	Events uint64
	Faults []string // violated invariants; none is as it should be
}

// Error describes a failed session so that it can be made again; nil for one that went well.
func (o *Outcome) Error() error {
	if len(o.Faults) == 0 {
		return nil
	}
	b, err := json.Marshal(o.Log)
	if err != nil {
		return err
	}
	return fmt.Errorf("seed %d, %d nodes, %d masters, after %s and %d events:\n%s\nthe command log:\n%s", o.Config.Seed, o.Config.Nodes, o.Config.Masters, o.End, o.Events, strings.Join(o.Faults, "\n"), b)
}

// Options of a session.
type Options struct {
	Steps  int  // commands before the faults end; 0 is 40
	Faults bool // machines and links fail
	Sets   bool // StatefulSets and CronJobs come and go as well
	Batch  bool // and Jobs, DaemonSets and disruption budgets
}

// Run makes the session of a seed.
func Run(seed uint64, opt Options) (*Outcome, error) {
	if opt.Steps == 0 {
		opt.Steps = 40
	}
	rng := rand.New(rand.NewPCG(seed, 0x7461626572))
	conf := engine.Config{Nodes: 3 + rng.IntN(6), Masters: 1, Seed: seed}
	if seed%3 == 1 {
		conf.Masters = []int{3, 5, 3, 7}[seed/3%4]
	}
	conf.Addons = seed%4 == 2 // these sessions need the storage provisioner
	c, err := engine.New(conf)
	if err != nil {
		return nil, err
	}
	j := newJudge(c)
	u := &user{j: j, rng: rng, faults: opt.Faults}
	setsRng := rand.New(rand.NewPCG(seed, 0x73657473))
	batchRng := rand.New(rand.NewPCG(seed, 0x6261746368))
	if conf.Addons {
		u.storage = rand.New(rand.NewPCG(seed, 0x766f6c756d65))
	}
	j.run(30*time.Second, c.Ready)
	for i := 0; i < opt.Steps && len(j.faults) == 0; i++ {
		if opt.Sets && setsRng.IntN(2) == 0 {
			u.sets(setsRng)
		}
		if opt.Batch && batchRng.IntN(2) == 0 {
			u.batch(batchRng)
		}
		u.act()
		if u.storage != nil && u.storage.IntN(4) > 0 {
			u.store()
		}
		j.run(u.pause(), nil)
	}
	u.repair()
	if opt.Batch {
		u.repairBatch()
	}
	if opt.Sets {
		u.repairSets()
	}
	if len(j.faults) == 0 {
		j.run(patience, func() bool { return j.calm() && j.missing() == "" })
		if why := j.missing(); len(j.faults) == 0 && (why != "" || !j.calm()) {
			if why == "" {
				why = "something goes on for good"
			}
			j.fault("liveness", "%s after the last fault:\n%s", patience, why)
		}
	}
	return &Outcome{Config: conf, Log: c.Log(), End: c.Now(), Hash: c.Stats().JournalHash, Events: c.Sim.Executed(), Faults: j.faults}, nil
}

// Replay makes the session again from its log, unjudged, and returns the journal's hash.
func (o *Outcome) Replay() (string, error) {
	c, err := engine.Replay(o.Config, o.Log, 0)
	if err != nil {
		return "", err
	}
	for c.Sim.Executed() < o.Events {
		if _, ok := c.Sim.Step(); !ok {
			break
		}
	}
	return c.Stats().JournalHash, nil
}
