package engine

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// maxInspectedLog is how much of a log an inspector shows, in lines.
const maxInspectedLog = 500

// logs are the ends of a pod's logs by container, as they lie on the node's disk.
func (c *Cluster) logs(p *corev1.Pod) map[string]string {
	rt := c.runtimes[p.Spec.NodeName]
	if rt == nil {
		return nil
	}
	sb := rt.Sandbox(p.UID)
	if sb == nil {
		return nil
	}
	out := map[string]string{}
	for i := range p.Spec.Containers {
		name := p.Spec.Containers[i].Name
		run := sb.Container(name)
		if run == nil {
			continue
		}
		lines := run.Logs()
		if len(lines) > maxInspectedLog {
			lines = lines[len(lines)-maxInspectedLog:]
		}
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(l.Text)
			b.WriteByte('\n')
		}
		out[name] = b.String()
	}
	return out
}
