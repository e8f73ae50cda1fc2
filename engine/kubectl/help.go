package kubectl

import (
	"fmt"
	"slices"
	"strings"
)

// commandTable lists the commands in the order of kubectl's help.
func commandTable() []*command {
	return []*command{
		createCommand(), exposeCommand(), runCommand(), setCommand(),
		explainCommand(), getCommand(), editCommand(), deleteCommand(),
		rolloutCommand(), scaleCommand(), autoscaleCommand(),
		certificateCommand(), clusterInfoCommand(), topCommand(), cordonCommand(), uncordonCommand(), drainCommand(), taintCommand(),
		describeCommand(), logsCommand(), attachCommand(), execCommand(), portForwardCommand(), cpCommand(), debugCommand(), authCommand(), eventsCommand(),
		applyCommand(), diffCommand(), patchCommand(), replaceCommand(), waitCommand(),
		labelCommand(), annotateCommand(),
		apiResourcesCommand(), apiVersionsCommand(), configCommand(), versionCommand(),
		{name: "help", use: "[command]", short: "Help about any command", raw: true, run: helpFor},
	}
}

// groups are the headings of kubectl's help.
var groups = []struct{ title, commands string }{
	{"Basic Commands (Beginner)", "create expose run set"},
	{"Basic Commands (Intermediate)", "explain get edit delete"},
	{"Deploy Commands", "rollout scale autoscale"},
	{"Cluster Management Commands", "certificate cluster-info top cordon uncordon drain taint"},
	{"Troubleshooting and Debugging Commands", "describe logs attach exec port-forward cp debug auth events"},
	{"Advanced Commands", "diff apply patch replace wait"},
	{"Settings Commands", "label annotate"},
	{"Other Commands", "api-resources api-versions config version"},
}

// minNameWidth is what the shortest column of names is wide.
const minNameWidth = 11

// help prints how the command is used. Asked for it is no error; a command that only has subcommands exits with 1.
func (c *cmd) help() {
	asked := c.f != nil && c.f.bool("help") || c.path == "kubectl"
	text := helpText(c.path, c.spec)
	if asked {
		c.out(text)
		c.exit(0)
		return
	}
	c.errOut(text)
	c.exit(1)
}

func helpFor(c *cmd) {
	spec, path := &command{subs: commandTable()}, "kubectl"
	for _, a := range c.args {
		if strings.HasPrefix(a, "-") {
			continue
		}
		sub := findCommand(spec.subs, a)
		if sub == nil {
			c.printf("Unknown help topic [`%s`]\n", strings.Join(c.args, " "))
			break
		}
		spec = sub
		path += " " + sub.name
	}
	c.out(helpText(path, spec))
	c.exit(0)
}

func helpText(path string, spec *command) string {
	var b strings.Builder
	if path == "kubectl" {
		b.WriteString("kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n")
		for _, g := range groups {
			b.WriteString("\n" + g.title + ":\n")
			for _, name := range strings.Fields(g.commands) {
				if sub := findCommand(spec.subs, name); sub != nil {
					fmt.Fprintf(&b, "  %-15s %s\n", sub.name, sub.short)
				}
			}
		}
		b.WriteString("\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n")
		return b.String()
	}
	b.WriteString(spec.short + ".\n")
	if len(spec.subs) > 0 {
		b.WriteString("\nAvailable Commands:\n")
		// Sorted, and the names padded to the longest, as cobra does.
		subs := slices.SortedFunc(slices.Values(spec.subs), func(a, b *command) int { return strings.Compare(a.name, b.name) })
		width := minNameWidth
		for _, sub := range subs {
			width = max(width, len(sub.name))
		}
		for _, sub := range subs {
			fmt.Fprintf(&b, "  %-*s   %s\n", width, sub.name, sub.short)
		}
	}
	if flags := parseDefs(spec.flags); len(flags) > 0 {
		b.WriteString("\nOptions:\n")
		for _, d := range flags {
			name := "    --" + d.long
			if d.short != "" {
				name = "-" + d.short + ", --" + d.long
			}
			b.WriteString("    " + name + "=" + defaultText(d) + "\n")
		}
	}
	use := spec.use
	if use != "" {
		use = " " + use
	}
	b.WriteString("\nUsage:\n  " + path + use + " [options]\n")
	if len(spec.subs) > 0 {
		fmt.Fprintf(&b, "\nUse \"%s <command> --help\" for more information about a given command.\n", path)
	}
	return b.String()
}

func defaultText(d flagDef) string {
	switch d.kind {
	case 's':
		return "'" + d.def + "'"
	case 'l', 'a':
		return "[]"
	}
	return d.def
}

// unknownCommand is the error of a word that is no command, with what may have been meant.
// Upstream: github.com/spf13/cobra, SuggestionsFor with a distance of 2.
func (c *cmd) unknownCommand(table []*command, name string) {
	for _, m := range notYet {
		if m[0] == name {
			c.missing(m[0], m[1])
			return
		}
	}
	var near []string
	for _, cmd := range table {
		similar := distance(strings.ToLower(name), cmd.name) <= 2 || strings.HasPrefix(cmd.name, strings.ToLower(name))
		for _, s := range strings.Fields(cmd.suggestFor) {
			similar = similar || strings.EqualFold(s, name)
		}
		if similar {
			near = append(near, "\t"+cmd.name+"\n")
		}
	}
	text := fmt.Sprintf("unknown command %q for \"kubectl\"", name)
	if len(near) > 0 {
		text += "\n\nDid you mean this?\n" + strings.Join(near, "")
	}
	c.fail(fmt.Errorf("%s", text))
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// isCommand reports that a word is a command of kubectl, this one's or one it refuses: the word kubectl may be left
// out.
func isCommand(word string) bool {
	if findCommand(commandTable(), word) != nil {
		return true
	}
	for _, m := range notYet {
		if m[0] == word {
			return true
		}
	}
	return false
}
