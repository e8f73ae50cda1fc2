package engine

import "tabernetes/engine/sim"

// Moment is a place in a session: between two events, and between two commands.
type Moment struct {
	At       sim.Time // virtual time
	After    uint64   // events that had happened
	Commands int      // commands that had been given
}

// Moment is where the cluster stands in its session.
func (c *Cluster) Moment() Moment { return Moment{c.Sim.Now(), c.Sim.Executed(), len(c.log)} }
