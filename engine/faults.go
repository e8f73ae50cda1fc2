package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

// components are the programs of a machine that a fault may hit one at a time.
var components = [...]string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager", "kubelet", "kube-proxy"}

// Limits of what a fault may do: beyond them the simulated world would say nothing new.
const (
	maxLinkMs  = 60_000
	maxShare   = 0.95
	maxDiskMs  = 60_000
	maxClockMs = 7 * 24 * 3600 * 1000
)

// notice is how long after a fault somebody may still find out about it: leases, dial timeouts, health checks.
const notice = 65 * time.Second

func (c *Cluster) fault(cmd Command) error {
	var do func()
	var err error
	switch cmd.Op {
	case OpCut, OpHeal, OpLink:
		do, err = c.links(cmd)
	case OpDisk, OpClock:
		do, err = c.degrade(cmd)
	default:
		if program, host, ok := strings.Cut(cmd.Name, "@"); ok {
			do, err = c.process(cmd.Op, program, host)
		} else {
			do, err = c.power(cmd)
		}
	}
	if err != nil {
		return err
	}
	c.log = append(c.log, cmd)
	c.Sim.Do(do)
	return nil
}

// tell writes the fault's record; what follows, follows from it.
func (c *Cluster) tell(host, format string, args ...any) {
	c.Sim.Record(sim.KindFault, "nodes/"+host, fmt.Sprintf(format, args...))
}

func (c *Cluster) machine(name string) (*sim.Host, error) {
	h := c.Sim.Host(name)
	if h == nil || !c.machines[name] {
		return nil, fmt.Errorf("there is no machine %q", name)
	}
	return h, nil
}

// power switches a machine off and on, or suspends it.
func (c *Cluster) power(cmd Command) (func(), error) {
	h, err := c.machine(cmd.Name)
	if err != nil {
		return nil, err
	}
	name, paused := cmd.Name, false
	for _, p := range h.Programs() {
		paused = paused || p.Paused
	}
	if !h.Up() && cmd.Op != OpRestart {
		return nil, fmt.Errorf("%s has no power%s", name, map[bool]string{true: " already"}[cmd.Op == OpKill])
	}
	switch cmd.Op {
	case OpKill:
		return func() {
			c.tell(name, "%s lost power", name)
			h.Stop()
		}, nil
	case OpRestart:
		if h.Up() {
			return nil, fmt.Errorf("%s is running already", name)
		}
		return func() {
			c.tell(name, "%s has power again", name)
			h.Start()
		}, nil
	case OpPause:
		if h.Suspended() {
			return nil, fmt.Errorf("%s is paused already", name)
		}
		return func() {
			c.tell(name, "%s was suspended: nothing on it moves", name)
			h.Pause()
		}, nil
	}
	if !paused {
		return nil, fmt.Errorf("%s is not paused", name)
	}
	return func() {
		c.tell(name, "%s goes on", name)
		h.Resume()
	}, nil
}

// process ends, starts, pauses or continues one component.
func (c *Cluster) process(op, program, host string) (func(), error) {
	h, err := c.machine(host)
	if err != nil {
		return nil, err
	}
	what := program + "@" + host
	var st *sim.ProgramStatus
	var has []string
	programs := h.Programs()
	for i := range programs {
		if p := &programs[i]; slices.Contains(components[:], p.Name) {
			has = append(has, p.Name)
			if p.Name == program {
				st = p
			}
		}
	}
	switch {
	case st == nil:
		return nil, fmt.Errorf("there is no component %q on %s; there are %s", program, host, strings.Join(has, ", "))
	case !h.Up():
		return nil, fmt.Errorf("%s has no power", host)
	}
	switch op {
	case OpKill:
		if !st.Up && c.held(h, program) {
			return nil, fmt.Errorf("%s is stopped already", what)
		}
		return func() {
			c.tell(host, "%s was stopped", what)
			c.hold(h, program)
			c.Sim.Expect(notice)
		}, nil
	case OpRestart:
		if c.static[h.Name] != nil && manages(program) && !running(programs, "kubelet") {
			return nil, fmt.Errorf("kubelet@%s is stopped: nobody would start %s", host, what)
		}
		return func() {
			if st.Up {
				c.tell(host, "%s was restarted", what)
			} else {
				c.tell(host, "%s was started", what)
			}
			c.release(h, program)
			c.Sim.Expect(notice)
		}, nil
	case OpPause:
		if !st.Up || st.Paused {
			return nil, fmt.Errorf("%s is %s", what, map[bool]string{true: "paused already", false: "stopped"}[st.Paused])
		}
		return func() {
			c.tell(host, "%s was paused", what)
			h.PauseProgram(program)
		}, nil
	}
	if !st.Paused {
		return nil, fmt.Errorf("%s is not paused", what)
	}
	return func() {
		c.tell(host, "%s goes on", what)
		h.ResumeProgram(program)
	}, nil
}

func running(programs []sim.ProgramStatus, name string) bool {
	return slices.ContainsFunc(programs, func(p sim.ProgramStatus) bool { return p.Name == name && p.Up })
}

// hosts reads one side of a link command: machines, the workstation, the load balancer, the world outside.
func (c *Cluster) hosts(list string, but []*sim.Host) ([]*sim.Host, error) {
	if list == "*" && but != nil {
		var rest []*sim.Host
		for _, h := range c.Sim.Hosts() {
			if c.machines[h.Name] && !slices.Contains(but, h) {
				rest = append(rest, h)
			}
		}
		return rest, nil
	}
	var out []*sim.Host
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		h := c.Sim.Host(name)
		if h == nil {
			return nil, fmt.Errorf("there is no machine %q", name)
		}
		if slices.Contains(but, h) {
			return nil, fmt.Errorf("%s is on both sides", name)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// links cuts, heals or degrades the links from some hosts to others, one way or both.
func (c *Cluster) links(cmd Command) (func(), error) {
	from, err := c.hosts(cmd.Name, nil)
	if err != nil {
		return nil, err
	}
	to, err := c.hosts(cmd.To, from)
	if err != nil {
		return nil, err
	}
	if cmd.Op == OpLink {
		if !(cmd.Ms >= 0 && cmd.Ms <= maxLinkMs) {
			return nil, fmt.Errorf("ms: %v is not between 0 and %d", cmd.Ms, maxLinkMs)
		}
		if !(cmd.Share >= 0 && cmd.Share <= maxShare) {
			return nil, fmt.Errorf("share: %v is not between 0 and %v", cmd.Share, maxShare)
		}
	}
	each := func(fn func(a, b *sim.Host)) {
		for _, a := range from {
			for _, b := range to {
				fn(a, b)
				if cmd.Both {
					fn(b, a)
				}
			}
		}
	}
	links := fmt.Sprintf("the link from %s to %s", cmd.Name, cmd.To)
	is, was := "is", "was"
	if cmd.Both {
		links = fmt.Sprintf("the links between %s and %s", cmd.Name, cmd.To)
		is, was = "are", "were"
	} else if len(from)*len(to) > 1 {
		links = fmt.Sprintf("the links from %s to %s", cmd.Name, cmd.To)
		is, was = "are", "were"
	}
	return func() {
		host := from[0].Name
		switch cmd.Op {
		case OpCut:
			c.tell(host, "%s %s cut", links, was)
			each(c.Sim.Cut)
		case OpHeal:
			c.tell(host, "%s %s whole again", links, is)
			each(c.Sim.Heal)
		case OpLink:
			latency := sim.LinkLatency
			if cmd.Ms > 0 {
				latency = time.Duration(cmd.Ms * float64(time.Millisecond))
			}
			if cmd.Ms == 0 && cmd.Share == 0 {
				c.tell(host, "%s %s as good as ever", links, is)
			} else {
				c.tell(host, "%s %s bad: %s one way, %s%% of packets lost", links, is, latency, strconv.FormatFloat(cmd.Share*100, 'g', 4, 64))
			}
			each(func(a, b *sim.Host) {
				c.Sim.SetLatency(a, b, latency)
				c.Sim.SetLoss(a, b, cmd.Share)
			})
		}
	}, nil
}

// degrade makes a machine's disk slow or full, or its clock wrong.
func (c *Cluster) degrade(cmd Command) (func(), error) {
	h, err := c.machine(cmd.Name)
	if err != nil {
		return nil, err
	}
	d := time.Duration(cmd.Ms * float64(time.Millisecond))
	if cmd.Op == OpClock {
		if !(cmd.Ms >= -maxClockMs && cmd.Ms <= maxClockMs) {
			return nil, fmt.Errorf("ms: %v is not between %d and %d", cmd.Ms, -maxClockMs, maxClockMs)
		}
		return func() {
			switch {
			case d > 0:
				c.tell(cmd.Name, "the clock of %s is %s fast", cmd.Name, d)
			case d < 0:
				c.tell(cmd.Name, "the clock of %s is %s slow", cmd.Name, -d)
			default:
				c.tell(cmd.Name, "the clock of %s is right", cmd.Name)
			}
			h.SetSkew(d)
			c.Sim.Expect(notice)
		}, nil
	}
	if !(cmd.Ms >= 0 && cmd.Ms <= maxDiskMs) {
		return nil, fmt.Errorf("ms: %v is not between 0 and %d", cmd.Ms, maxDiskMs)
	}
	return func() {
		var how []string
		if d > 0 {
			how = append(how, "takes "+d.String()+" longer for each write")
		}
		if cmd.Full {
			how = append(how, "is full")
		}
		if len(how) == 0 {
			how = []string{"is as good as ever"}
		}
		c.tell(cmd.Name, "the disk of %s %s", cmd.Name, strings.Join(how, " and "))
		h.DiskDelay, h.DiskFull = d, cmd.Full
		c.Sim.Expect(notice)
	}, nil
}
