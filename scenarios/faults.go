package scenarios

import (
	"fmt"
	"strings"

	"tabernetes/engine"
)

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
