package scenarios

import (
	"fmt"
	"strings"

	"tabernetes/engine"
)

// scoresText is how the scheduler scored the nodes for a pod, a node a line.
func scoresText(c *engine.Cluster, ref string) (string, error) {
	w, err := c.Why(ref)
	if err != nil || w.Scheduler == nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "profile %s: %s\n", w.Scheduler.Profile, w.Scheduler.Message)
	for _, r := range w.Scheduler.Rows {
		if r.Verdict != "feasible" {
			fmt.Fprintf(&b, "%s: %s: %s\n", r.Node, r.Plugin, r.Verdict)
			continue
		}
		fmt.Fprintf(&b, "%s: %d", r.Node, r.Total)
		for i, s := range r.Scores {
			fmt.Fprintf(&b, "%s %s %d×%d", map[bool]string{true: " =", false: " +"}[i == 0], s.Plugin, s.Weight, s.Normalized)
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// controlPlaneText is the control plane in a few lines: a master a line, then elections.
func controlPlaneText(c *engine.Cluster) string {
	v := c.ControlPlane()
	var b strings.Builder
	for _, m := range v.Masters {
		e := m.Etcd
		fmt.Fprintf(&b, "%s: etcd %s", m.Name, e.Role)
		if e.Vote != "" {
			fmt.Fprintf(&b, " (term %d, voted for %s)", e.Term, e.Vote)
		}
		lag := ""
		if e.Last > e.Applied {
			lag = fmt.Sprintf(", %d entries in flight", e.Last-e.Applied)
		}
		fmt.Fprintf(&b, ", revision %d behind%s", v.Revision-e.Revision, lag)
		if !m.Power {
			b.WriteString("; no power")
		}
		for _, p := range m.Components {
			switch {
			case !m.Power:
			case p.Paused:
				fmt.Fprintf(&b, "; %s is paused", p.Name)
			case !p.Up:
				fmt.Fprintf(&b, "; %s is stopped", p.Name)
			case p.Leader && strings.HasSuffix(p.Name, "scheduler") || p.Leader && strings.HasSuffix(p.Name, "manager"):
				fmt.Fprintf(&b, "; %s leads", p.Name)
			}
		}
		if !m.Endpoint {
			b.WriteString("; the load balancer sends nothing here")
		}
		b.WriteString("\n")
	}
	if e := v.Election; e != nil {
		fmt.Fprintf(&b, "election of term %d: %s with the votes of %s\n", e.Term, e.Leader, strings.Join(e.Granted, ", "))
	}
	if !v.Quorum {
		b.WriteString("no quorum\n")
	}
	return b.String()
}
