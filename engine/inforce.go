package engine

import (
	"strings"

	"tabernetes/engine/sim"
)

// FaultInForce is a fault that somebody asked for and that has not been undone: neither by its undoing, nor by a later
// one, nor by the machine's being switched off and on.
type FaultInForce struct {
	Line string  `json:"line"` // as FaultLine writes it
	Undo string  `json:"undo"`
	At   float64 `json:"at"` // milliseconds of virtual time
	Op   string  `json:"op"`
	Name string  `json:"name"`         // the machine or machines it is about, as written
	To   string  `json:"to,omitempty"` // of links: the other side
}

// Faults are the faults in force, oldest first. What was asked for is in the log, what is so is in the world: a fault is
// in force if both say so.
func (c *Cluster) Faults() []FaultInForce {
	type pair struct{ from, to string }
	one := map[string]int{}    // by machine or component and what ails it: its newest command
	cut := map[pair]int{}      // by link
	degraded := map[pair]int{} // by link
	pairs := func(cmd *Command, set func(pair)) {
		from := strings.Split(cmd.Name, ",")
		to := strings.Split(cmd.To, ",")
		if cmd.To == "*" {
			to = to[:0]
			for _, h := range c.Sim.Hosts() {
				if c.machines[h.Name] && !strings.Contains(","+cmd.Name+",", ","+h.Name+",") {
					to = append(to, h.Name)
				}
			}
		}
		for _, a := range from {
			for _, b := range to {
				set(pair{a, b})
				if cmd.Both {
					set(pair{b, a})
				}
			}
		}
	}
	any := false
	for i := range c.log {
		cmd := &c.log[i]
		switch cmd.Op {
		case OpKill, OpPause, OpDisk, OpClock:
			one[cmd.Op+" "+cmd.Name], any = i, true
		case OpCut:
			pairs(cmd, func(p pair) { cut[p] = i })
			any = true
		case OpHeal:
			pairs(cmd, func(p pair) { delete(cut, p) })
		case OpLink:
			pairs(cmd, func(p pair) {
				if delete(degraded, p); cmd.Ms != 0 || cmd.Share != 0 {
					degraded[p] = i
				}
			})
			any = true
		}
	}
	out := []FaultInForce{}
	if !any {
		return out
	}
	open := map[int]bool{}
	for _, i := range one {
		open[i] = c.ails(&c.log[i])
	}
	for _, i := range cut {
		open[i] = true
	}
	for _, i := range degraded {
		open[i] = true
	}
	for i := range c.log {
		if !open[i] {
			continue
		}
		cmd := c.log[i]
		undo := Command{Op: cmd.Op, Name: cmd.Name, To: cmd.To, Both: cmd.Both}
		switch cmd.Op {
		case OpKill:
			undo.Op = OpRestart
		case OpPause:
			undo.Op = OpContinue
		case OpCut:
			undo.Op = OpHeal
		}
		out = append(out, FaultInForce{Line: FaultLine(cmd), Undo: FaultLine(undo), At: float64(cmd.At) / 1e6, Op: cmd.Op, Name: cmd.Name, To: cmd.To})
	}
	return out
}

// ails reports whether the world is still as a command about one machine left it.
func (c *Cluster) ails(cmd *Command) bool {
	program, host, component := strings.Cut(cmd.Name, "@")
	if !component {
		program, host = "", cmd.Name
	}
	h := c.Sim.Host(host)
	if h == nil {
		return false
	}
	switch cmd.Op {
	case OpDisk:
		return h.DiskDelay > 0 || h.DiskFull
	case OpClock:
		return h.Skew() != 0
	case OpPause:
		for _, p := range h.Programs() {
			if p.Paused && (!component || p.Name == program) {
				return true
			}
		}
		return false
	}
	return component && h.Up() && !runs(h, program) || !component && !h.Up()
}

func runs(h *sim.Host, program string) bool {
	for _, p := range h.Programs() {
		if p.Name == program {
			return p.Up
		}
	}
	return false
}
