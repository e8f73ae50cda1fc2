package podsecurity

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Result is what the checks of a standard say of a pod.
type Result struct{ reasons, details []string }

// Allowed reports that nothing is against the standard.
func (r *Result) Allowed() bool { return len(r.reasons) == 0 }

// Reason lists what is wrong, without saying where.
func (r *Result) Reason() string { return strings.Join(r.reasons, ", ") }

// Detail lists what is wrong and what would be right.
func (r *Result) Detail() string {
	var b strings.Builder
	for i, s := range r.reasons {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
		if r.details[i] != "" {
			b.WriteString(" (" + r.details[i] + ")")
		}
	}
	return b.String()
}

// subject is the pod under examination.
type subject struct {
	annotations map[string]string
	spec        *corev1.PodSpec
	version     Version
	containers  []named // init, normal, ephemeral
}

type named struct {
	name string
	sc   *corev1.SecurityContext
	c    *corev1.Container
}

// check is one control of the standards. It has something to say from version since on. A stricter check of the
// restricted level stands in for a replaced one from version from on.
type check struct {
	since    Version
	replaced bool
	from     Version
	run      func(s *subject) (reason, detail string)
}

// Evaluate judges a pod, or a pod template, by a standard. Baseline checks come first, each group by upstream's names of
// the checks, which is the order of the message.
func Evaluate(lv LevelVersion, annotations map[string]string, spec *corev1.PodSpec) Result {
	var r Result
	if lv.Level == Privileged {
		return r
	}
	s := &subject{annotations: annotations, spec: spec, version: lv.Version}
	for i := range spec.InitContainers {
		s.add(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		s.add(&spec.Containers[i])
	}
	for i := range spec.EphemeralContainers {
		s.add((*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	apply := func(list []check) {
		for i := range list {
			c := &list[i]
			if lv.Version < c.since || lv.Level == Restricted && c.replaced && lv.Version >= c.from {
				continue
			}
			if reason, detail := c.run(s); reason != "" {
				r.reasons, r.details = append(r.reasons, reason), append(r.details, detail)
			}
		}
	}
	apply(baseline[:])
	if lv.Level == Restricted {
		apply(restricted[:])
	}
	return r
}

func (s *subject) add(c *corev1.Container) {
	s.containers = append(s.containers, named{c.Name, c.SecurityContext, c})
}

func (s *subject) windows() bool { return s.spec.OS != nil && s.spec.OS.Name == corev1.Windows }

// ownUsers: root inside the pod is nobody on its node.
func (s *subject) ownUsers() bool { return s.spec.HostUsers != nil && !*s.spec.HostUsers }

// bad names the containers that a test finds at fault.
func (s *subject) bad(test func(c named) bool) []string {
	var out []string
	for _, c := range s.containers {
		if test(c) {
			out = append(out, c.name)
		}
	}
	return out
}

func plural(one, many string, n int) string {
	if n == 1 {
		return one
	}
	return many
}

func quoted(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return `"` + strings.Join(items, `", "`) + `"`
}

// theContainers is `container "a"` or `containers "a", "b"`.
func theContainers(names []string) string {
	return plural("container", "containers", len(names)) + " " + quoted(names)
}

// setters joins the pod, if it is at fault itself, and its containers at fault.
func setters(pod bool, containers []string) string {
	var out []string
	if pod {
		out = append(out, "pod")
	}
	if len(containers) > 0 {
		out = append(out, theContainers(containers))
	}
	return strings.Join(out, " and ")
}

// set is a sorted list without repetition.
type set []string

func (s *set) add(v string) {
	if i, found := slices.BinarySearch(*s, v); !found {
		*s = slices.Insert(*s, i, v)
	}
}
